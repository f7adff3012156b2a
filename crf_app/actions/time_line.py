"""The rows of a log over the study days, for `model/time_line.py`: its own, the doses, other logs with ends.

Which items are start, end and "ongoing" says the definition (`log`).  A row without a start is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.actions.trends import dose_days, dose_name
from crf_app.model.datatype import show
from crf_app.model.form_def import FormDef, ItemGroupDef, LogDef
from crf_app.model.keys import Answer, FormKey
from crf_app.model.time_line import Span, TimeLine, few, partial
from crf_app.model.workflow import Step

#: rows of other logs that are drawn; more are counted
BESIDE: Final = 6
_YES: Final = "Y"


def time_line(session: Session, key: FormKey, group_oid: str, language: str) -> TimeLine | None:
    """The time line of one log; None where its definition names no start.  Raises NotAllowed."""
    session.require(Step.READ, str(key))
    data = session.subject(key.subject)
    form = data.form_def(key)
    group = next(one for one in form.item_group if one.oid == group_oid)
    if group.log is None or group.log.start is None:
        return None
    rows = list(_spans(data, key, group, group.log, language))
    own = tuple(one for one in rows if one is not None)
    name, (day1, doses) = dose_name(session.study), dose_days(session, key.subject)
    called = "" if name is None else name.in_language(language)
    line = TimeLine(session.clock.now().date(), day1, own, doses, called, len(rows) - len(own))
    others = [one for one in _others(data, key, form, language) if one is not None and line.holds(one)]
    kept, more = few(others, BESIDE)
    return replace(line, spans=(*own, *kept), more=more)


def _others(data: SubjectData, key: FormKey, form: FormDef, language: str) -> Iterator[Span | None]:
    """Rows of the other logs of the same visit whose rows have an end: what lasts beside it."""
    for oid in data.event_def(key.event).form_oids:
        other = FormKey(key.subject, key.event, oid)
        for group in data.form_def(other).item_group if oid != form.oid else ():
            if group.log is not None and group.log.start is not None and group.log.end is not None:
                yield from _spans(data, other, group, group.log, language, beside=True)


def _spans(
    data: SubjectData, key: FormKey, group: ItemGroupDef, log: LogDef, language: str, *, beside: bool = False
) -> Iterator[Span | None]:
    """Each row that stands; None for one without a start."""
    values = data.values(key)
    for part, state, n in data.rows.get(key, ()):
        if part.partition("~")[0] != group.oid or state in ("deleted", "late"):
            continue
        at = {item.oid: values.get(f"{part}/{item.oid}", Answer()).value or "" for item in group.item}
        begin = partial(at[log.start or ""], end=False)
        if begin is None:
            yield None
            continue
        end = partial(at[log.end], end=True) if log.end is not None and at[log.end] else None
        if log.end is None:
            end = partial(at[log.start or ""], end=True)
        yield Span(
            part,
            _name(data, group, log, at, language) or n,
            begin[0],
            None if end is None else max(end[0], begin[0]),
            ongoing=log.ongoing is not None and at[log.ongoing] == _YES,
            vague=begin[1] or (end is not None and end[1]),
            beside=beside,
            waits=log.grade is not None and not at[log.grade],
        )


def _name(data: SubjectData, group: ItemGroupDef, log: LogDef, at: dict[str, str], language: str) -> str:
    """The first of the items that name the row, as people read it."""
    items = {item.oid: item for item in group.item}
    for oid in log.name:
        if at[oid] and items[oid].link is None:
            return show(items[oid], at[oid], data.study.code_lists, language).partition("\n")[0]
    return ""
