"""Reports that are due: a limit of time that runs from one stored answer of a row until another is given.

The definition names both (`log.clock`).  Nothing is started or stopped by hand and nothing is kept in memory:
the clock is read from the answers, so it is the same after a restart and on another computer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.model.def_base import Text
from crf_app.model.form_def import FormDef, ItemGroupDef, LogClock
from crf_app.model.keys import Answer, FormKey
from crf_app.model.workflow import Step
from crf_app.store import day_reads


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A report that is due at `due`; times are those of the clock on the wall, without offset.

    `part` is the row's group part, `n` its number, `name` the form's name.
    """

    key: FormKey
    part: str
    n: str
    name: Text
    hours: int
    since: datetime
    due: datetime

    def left(self, now: datetime) -> timedelta:
        """Time that is left; negative when it is overdue."""
        return self.due - now.replace(tzinfo=None)


def running_clocks(session: Session, uid: str) -> list[RunningClock]:
    """The clocks that run for a subject, the one that is due first at the beginning.  Raises NotAllowed."""
    session.require(Step.READ, uid)
    data = session.subject(uid)
    if data.mistake is not None:
        return []
    found = [one for form, group in _clocked(session) for one in _of_group(data, form, group)]
    return sorted(found, key=lambda one: (one.due, str(one.key), one.part))


def subjects_with_clocks(session: Session, uids: Sequence[str]) -> list[str]:
    """Those of some subjects for whom a clock may run: a row began it and has not ended it.

    Reads rows and two answers of each, no whole subject; `running_clocks` then says which do.
    """
    found: set[str] = set()
    for form, group in _clocked(session):
        assert group.log is not None and group.log.clock is not None
        clock, conn = group.log.clock, session.store.conn
        found |= day_reads.rows_waiting(conn, uids, f"/{form.oid}/{group.oid}~", clock.since, clock.until)
    return [uid for uid in uids if uid in found]


def _clocked(session: Session) -> Iterator[tuple[FormDef, ItemGroupDef]]:
    for form in session.study.form:
        for group in form.item_group:
            if group.log is not None and group.log.clock is not None:
                yield form, group


def _of_group(data: SubjectData, form: FormDef, group: ItemGroupDef) -> Iterator[RunningClock]:
    assert group.log is not None and group.log.clock is not None
    clock = group.log.clock
    for key in [one for one in data.rows if one.form == form.oid and one.event not in data.mistaken]:
        values = data.values(key)
        for part, state, n in data.rows[key]:
            if part.partition("~")[0] != group.oid or state in ("deleted", "late"):
                continue
            since = _since(values.get(f"{part}/{clock.since}", Answer()))
            if since is not None and values.get(f"{part}/{clock.until}", Answer()).empty:
                yield _running(key, part, n, form.name, since, clock)


def _running(key: FormKey, part: str, n: str, name: Text, since: datetime, clock: LogClock) -> RunningClock:
    return RunningClock(key, part, n, name, clock.hours, since, since + timedelta(hours=clock.hours))


def _since(answer: Answer) -> datetime | None:
    return datetime.fromisoformat(answer.value) if answer.value else None
