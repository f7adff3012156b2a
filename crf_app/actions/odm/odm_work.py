"""One subject of an ODM file being worked out: what the file said so far and the records made of it.

Statements are first put in the order of the file (`order`), then made records (`drafts`), each naming the one
before it at the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from crf_app.actions.lab.report_line import ReportLine
from crf_app.actions.odm.odm_names import origin_text
from crf_app.actions.odm.odm_places import Places
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.crypto.canonical import canonical
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.model.typed import shown
from crf_app.rules.unit_state import QUERY_STEP
from crf_app.store import reads, trail

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Audit, Item, Subject

Tell = Callable[[ReportLine], None]
NOTHING: Final = Answer()
_LOCKED: Final = {"en": "The form is locked here.", "zh": "该表单在此已锁定。"}
_HIDDEN: Final = {
    "en": "This item is not asked here now, and the file does not say who entered it.",
    "zh": "此项目当前无需填写，且文件未说明录入人。",
}


@dataclass(slots=True)
class Cell:
    """What the file says of one answer, in order."""

    key: ItemKey
    item: ItemDef
    said: list[tuple[Answer, Item]] = field(default_factory=list)

    @property
    def last(self) -> Answer:
        return self.said[-1][0]


@dataclass(slots=True)
class Thread:
    """A query that the file brings: where its last record stands among the drafts, and what it says."""

    path: str
    at: int = -1
    status: str = ""
    operands: object = None
    by_person: bool = False
    system: bool = False


class Work:
    """What is shared by those who work out a subject.  Nothing is written here."""

    def __init__(
        self,
        session: Session,
        places: Places,
        subject: Subject,
        data: SubjectData,
        tell: Tell,
        *,
        lose: Callable[[str], None],
        new: bool,
        reason: str = "",
    ) -> None:
        self.session, self.places, self.subject, self.data = session, places, subject, data
        self.tell, self.lose, self.new, self.reason = tell, lose, new, reason
        self.uid, self.conn = data.uid, session.store.conn
        self.drafts: list[Draft] = []
        self.cells: dict[str, Cell] = {}
        self.order: list[tuple[str, Any]] = []
        self.last: dict[str, int] = {}  # path → index of its last draft here
        self.in_row: dict[str, list[int]] = {}
        self.threads: dict[str, Thread] = {}
        self.forms = {} if new else reads.forms_of_subject(self.conn, self.uid)
        self._known = frozenset() if new else self._marks()

    def line(self, outcome: str, texts: Any, one: Any, what: str) -> None:
        self.tell(ReportLine(one.line, outcome, dict(texts), f"{shown(self.subject.key)} {what}"))

    def locked(self, key: FormKey, one: Any, what: str) -> bool:
        row = self.forms.get(key)
        if row is None or row.status not in ("frozen", "locked"):
            return False
        self.line("refused", _LOCKED, one, what)
        return True

    def put(self, path: str, draft: Draft) -> None:
        """Append a draft; it replaces the one before it at the same place."""
        before = self.last.get(path)
        at = len(self.drafts)
        self.drafts.append(draft if before is None else replace(draft, back=(at - before,)))
        self.last[path] = at

    def _marks(self) -> frozenset[tuple[str | None, ...]]:
        kinds = ("import.make", *QUERY_STEP)
        rows = trail.records_of_kinds(self.conn, self.uid, *kinds)
        return frozenset(map(_mark, rows))

    def is_known(self, draft: Draft) -> bool:
        return _mark(draft) in self._known


def _mark(one: Draft | trail.TrailRow) -> tuple[str | None, ...]:
    """By what a query's step or a statement is known again."""
    value = one.value if one.origin is None or one.kind == "import.make" else None
    return QUERY_STEP.get(one.kind, one.kind), one.key, one.thread, one.origin, value


def origin(audit: Audit | None, **more: str) -> str | None:
    if audit is not None:
        return origin_text(audit, **more)
    return canonical(more).decode() if more else None
