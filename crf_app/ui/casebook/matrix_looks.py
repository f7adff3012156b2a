"""What the matrix shows: names of rows, heads of visits, looks of cells and of sets, the corner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crf_app.model.clock import offset_text
from crf_app.model.schedule import study_day
from crf_app.ui import words
from crf_app.ui.casebook.cell_looks import LOOKS, look_of, waiting_look, word_of
from crf_app.ui.casebook.matrix_rows import MatrixRow, state_of_set
from crf_app.ui.casebook.visit_header import VisitHead
from crf_app.ui.casebook.visit_words import date_line, day_line
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.actions.casebook import Visit
    from crf_app.model.form_def import FormDef
    from crf_app.ui.pages.casebook import CasebookPage


class MatrixLooks:
    """Reads a casebook page; keeps nothing."""

    def __init__(self, page: CasebookPage) -> None:
        self._page = page
        self._study = page.window_.session.study

    def all(self) -> list[list[Look]]:
        return [[self.look(one, visit) for visit in self._page.visits] for one in self._page.rows]

    def name(self, one: MatrixRow) -> str:
        if one.members:
            visit = words.pick(self._study.events[one.event].name)
            return words.say("casebook_rows.set", visit=visit, n=len(one.members))
        assert one.form is not None
        name = words.pick(one.form.short_name or one.form.name)
        return f"    {name}" if one.inside else name

    def head(self, visit: Visit) -> VisitHead:
        page = self._page
        date_ = date_line(visit, page.now())
        name, struck = visit.definition.short_name, visit.mistake is not None
        return VisitHead(
            name, day_line(visit), date_, visit.window, page.is_today(visit) and not struck, struck
        )

    def look(self, one: MatrixRow, visit: Visit) -> Look:
        today = self._page.is_today(visit) and visit.mistake is None
        if one.members:
            return self._of_set(one, visit, today=today)
        cell = self._page.cells.get((visit.event, one.form.oid)) if one.form is not None else None
        if cell is None or one.form is None:
            return Look(tint="accent_soft" if today else "", empty=True)
        if cell.state == "todo" and today and _derived(one.form):
            return waiting_look(words.pick(one.form.name), visit, today=today)
        return look_of(cell, words.pick(one.form.name), visit, today=today)

    def _of_set(self, one: MatrixRow, visit: Visit, *, today: bool) -> Look:
        """One word for all forms of the set, the loudest, or how many are done."""
        found = [self._page.cells.get((visit.event, form.oid)) for form in one.members]
        cells = [cell for cell in found if cell is not None]
        tint = "accent_soft" if today else ""
        if not cells:
            return Look(tint=tint, empty=True)
        state, done = state_of_set(cells)
        icon, colour, ground = LOOKS[state]
        if state in ("soft", "hard", "query"):
            text = word_of(next(cell for cell in cells if cell.state == state))
        elif state == "started":
            text = words.say("casebook_rows.set_count", None, done=done, n=len(cells))
        else:
            text = "" if state == "reading" else words.say(f"state.{state}")
        name = self.name(one)
        said = words.say("casebook_rows.set_said", None, set=name, done=done, n=len(cells))
        return Look(text, icon, colour, bool(ground), ground, tint, said=said, ink="" if ground else "text2")

    def corner(self) -> tuple[str, str, str]:
        """Day of the study, how windows count, and in which zone times are said."""
        page = self._page
        times = words.say("casebook_rows.times", offset=offset_text(page.window_.clock.now()))
        if not any(fact.name == "DAY1" for fact in self._study.subject_facts):
            return "", "", times  # nothing is counted from a day 1
        day1 = next((one.window.actual for one in page.visits if one.definition.day == 1), None)
        known = page.window_.session.subject(page.uid).day1() or day1
        if known is None:
            return words.say("casebook.no_day1"), words.say("casebook.follow"), times
        last = max((event.day for event in self._study.event if event.day is not None), default=0)
        day = study_day(page.now(), known)
        title = words.say("casebook_rows.of_days", day=day, last=last)
        return title, words.say("casebook.follow"), times


def _derived(form: FormDef) -> bool:
    """Whether nobody types into it."""
    return all(item.derived for item in form.items.values())
