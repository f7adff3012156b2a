"""States of the casebook as icon, word and sentence: what a cell shows and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crf_app.ui import words
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.actions.casebook import Cell, Visit

#: state → (icon, colour, ground); loud states are filled
LOOKS = {
    "todo": ("todo", "text", ""),
    "optional": ("optional", "text2", ""),
    "closed": ("closed", "quiet", ""),
    "started": ("started", "accent", ""),
    "done": ("done", "ok", ""),
    "soft": ("soft", "soft", "soft_bg"),
    "hard": ("hard", "hard", "hard_bg"),
    "not_done": ("not_done", "quiet", ""),
    "query": ("query", "query", "query_bg"),
    "answered": ("answered", "query", ""),
    "conflict": ("conflict", "soft", "soft_bg"),
    "signed": ("signed", "ok", ""),
    "resign": ("resign", "hard", "hard_bg"),
    "locked": ("locked", "quiet", ""),
    "reading": ("reading", "quiet", ""),
}
_COUNTED = frozenset({"soft", "hard", "query"})
_QUIET = frozenset({"done", "signed", "locked", "not_done", "optional", "closed"})  # fine: words in grey
_AHEAD = frozenset({"upcoming", "unplanned", "missed"})


def word_of(cell: Cell) -> str:
    """The status word beside the icon."""
    if cell.state in _COUNTED and cell.count:
        return words.say(f"state.{cell.state}_n", n=cell.count)
    return words.say(f"state.{cell.state}", None, answered=cell.answered, asked=cell.asked)


def sentence_of(cell: Cell, form: str, visit: str) -> str:
    """The cell in one sentence, for the line below the matrix and for a screen reader."""
    if cell.note is not None:
        why = words.pick(cell.note)
        return words.say("casebook_rows.not_done", form=form, visit=visit, why=why)
    said = words.say(
        f"casebook.cell_{cell.state}", None, n=cell.count, answered=cell.answered, asked=cell.asked
    )
    return words.say("casebook.cell", form=form, visit=visit, state=said)


def waiting_look(form: str, visit: Visit, *, today: bool) -> Look:
    """A form that nobody types into, as long as what it is calculated from is not there."""
    said = words.say("casebook_rows.cell_waits")
    said = words.say("casebook.cell", form=form, visit=visit.definition.short_name, state=said)
    tint = "accent_soft" if today else ""
    return Look(words.say("casebook_rows.waits"), "derived", "text2", tint=tint, said=said)


def look_of(cell: Cell, form: str, visit: Visit, *, today: bool) -> Look:
    """How a cell looks; in a visit that lies ahead, or was missed, the ring alone says to do.

    A form that is still being read shows no state: three dots, without a word.
    """
    icon, colour, ground = LOOKS[cell.state]
    if visit.mistake is not None:
        ground, colour = "", "quiet"
    ahead = visit.window.state in _AHEAD and visit.window.actual is None
    quiet = cell.state == "reading" or (ahead and cell.state in ("todo", "optional", "closed"))
    text = "" if quiet else word_of(cell)
    loud = bool(ground)
    return Look(
        text,
        icon,
        colour,
        loud,
        ground,
        "accent_soft" if today else "",
        said=sentence_of(cell, form, visit.definition.short_name),
        struck=visit.mistake is not None,
        ink="text2" if cell.state in _QUIET else "",
    )
