"""What the program wrote by itself, in the language of the screen; what a person wrote stays as it is."""

from __future__ import annotations

from crf_app.actions.proposals import cell_of_reason
from crf_app.model.definition import Study
from crf_app.model.program_reasons import PROGRAM_REASONS
from crf_app.ui.day.day_words import open_visit
from crf_app.ui.words import pick, say

_PROGRAM = "system"


def who(user: str, name: str) -> str:
    """Who made a record, by `user` or role."""
    return say("role.system") if user == _PROGRAM else name


def proposed_from(study: Study, reason: str) -> str:
    """The result that proposed a row, in words; "" for any other reason."""
    cell = cell_of_reason(study, "", reason)
    if cell is None:
        return ""
    item = study.form_of_item[cell.item].items[cell.item]
    visit = open_visit(study.events[cell.form_key.event_oid])
    return say("program.proposed_from", item=pick(item.question), visit=visit)


def why(user: str, reason: str) -> str:
    """The reason of a record, by `user` or role."""
    known = user == _PROGRAM and reason in PROGRAM_REASONS
    return say(f"program.{reason.replace(' ', '_')}") if known else reason
