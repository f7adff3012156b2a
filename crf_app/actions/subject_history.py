"""Everything that was recorded of one subject, newest first, as pieces that a page puts into words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.model.clock import local_text
from crf_app.model.def_base import Text
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.model.workflow import Step
from crf_app.store import reads
from crf_app.store.trail import TrailRow, records_of_subject


@dataclass(frozen=True, slots=True)
class Entry:
    """One record.  `visit`, `form`, `item`: where, as far as it goes; `item` also says how `answer` is read.

    `value`: of a record that is no answer (a status, a number).
    """

    at: str
    user: str
    name: str
    kind: str
    visit: Text | None
    form: Text | None
    item: ItemDef | None
    answer: Answer
    value: str
    reason: str


class SubjectHistory:
    """The records of a subject, read once; `entries` makes a few of them at a time.  Raises NotAllowed."""

    def __init__(self, session: Session, uid: str) -> None:
        session.require(Step.READ, uid)
        conn = session.store.conn
        self._data: SubjectData = session.subject(uid)
        self._rows = records_of_subject(conn, uid)
        self._rows.reverse()
        self._names = {user: said.get("name", user) for user, (said, _) in reads.people(conn).items()}

    def __len__(self) -> int:
        return len(self._rows)

    def entries(self, first: int, most: int) -> Iterator[Entry]:
        """`most` of them from the place `first` on, newest first."""
        for plain in self._rows[first : first + most]:
            yield self._entry(TrailRow._make(plain))

    def _entry(self, row: TrailRow) -> Entry:
        event, _, rest = row.key.partition("/")
        form, _, local = rest.partition("/")
        definition = self._data.study.events.get(event.partition("~")[0])
        asked = self._data.study.forms.get(form.partition("~")[0])
        item = asked.items.get(local.rpartition("/")[2]) if asked is not None and "/" in local else None
        said = row.kind.startswith("item.")
        return Entry(
            local_text(row.at, row.offset),
            row.user,
            self._names.get(row.user, row.user),
            row.kind,
            definition.name if definition is not None else None,
            asked.name if asked is not None else None,
            item,
            Answer(row.value, row.missing, row.unit) if said else Answer(missing=row.missing),
            "" if said else row.value or "",
            row.reason or "",
        )
