"""The participant flow of the study, counted from the data: each line the study defines, whole and by group.

A reading: nothing is stored.  Subjects entered in error do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crf_app.actions.session import Session
from crf_app.model.def_base import Text
from crf_app.model.workflow import Step
from crf_app.rules.subject_facts import read_facts
from crf_app.rules.subject_status import flow_lines_failed, flow_lines_of
from crf_app.store import reads

_NOBODY: Final = "entered_in_error"
_ARM: Final = "ARM"
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class FlowCount:
    """One line: how many subjects, and how many of them in each group by its code.

    `name` says of how many subjects it is not known: the line's rule could not run with their data.
    """

    code: str
    name: Text
    subjects: int
    by_arm: Mapping[str, int]


def flow(session: Session) -> tuple[FlowCount, ...]:
    """The study's flow lines in their order, each counted over everybody on this device.

    Raises NotAllowed for the administrator.
    """
    session.require(Step.READ)
    total: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    by_arm: dict[str, Counter[str]] = {}
    today = session.clock.now().date().isoformat()
    for facts in _facts_of_all(session):
        failed.update(flow_lines_failed(session.rules, facts, today))
        for code in flow_lines_of(session.rules, facts, today):
            total[code] += 1
            by_arm.setdefault(code, Counter())[facts.get(_ARM, "")] += 1
    return tuple(
        FlowCount(
            line.code,
            _said(line.name, failed[line.code]),
            total[line.code],
            _known(by_arm.get(line.code, Counter())),
        )
        for line in session.study.flow
    )


def _said(name: Text, failed: int) -> Text:
    """The line's name, with the number of subjects whose data its rule could not judge."""
    if not failed:
        return name
    return Text(en=f"{name.en} (not known: {failed})", zh=f"{name.zh}（无法判断：{failed}）")


def _known(counts: Mapping[str, int]) -> dict[str, int]:
    return {arm: n for arm, n in counts.items() if arm}


def _facts_of_all(session: Session) -> Iterator[dict[str, str]]:
    """The facts that the lines and the group need, of each subject; a few hundred are read at once."""
    wanted = session.rules.subject.flow_facts | {_ARM}
    readers = {name: one for name, one in session.rules.fact_readers.items() if name in wanted}
    paths = sorted({place.path for one in readers.values() for place in one.places})
    conn = session.store.conn
    uids = [one.uid for one in reads.subject_names(conn) if one.status != _NOBODY]
    for first in range(0, len(uids), _AT_ONCE):
        some = uids[first : first + _AT_ONCE]
        values = reads.values_at(conn, some, paths)
        for uid in some:
            mine = values.get(uid, {})
            yield read_facts(readers, lambda place, mine=mine: mine.get(place.path))  # type: ignore[misc]
