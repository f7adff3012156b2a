"""What was typed and is not saved: kept for the person who typed it, told to others as waiting only.

The window says what was typed; here it gets its person, time and device.  Where a text can go, or why it
cannot go anywhere now, is worked out when its person is back.  Nothing here is a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from crf_app.actions.form_page import FormPage, Line, form_page
from crf_app.actions.people.people_here import people
from crf_app.actions.session import Session
from crf_app.errors import CrfError
from crf_app.model.clock import local_text, offset_text, utc_text
from crf_app.model.def_base import Text
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import drafts, reads
from crf_app.store.drafts import Kept

__all__ = [
    "Kept",
    "Others",
    "Typing",
    "Waiting",
    "end",
    "mine",
    "others",
    "saved_by",
    "settling",
    "waiting",
    "write",
]

_GONE: Final = Text(en="This form does not ask this field any more.", zh="此表单已不再询问该字段。")
_HIDDEN: Final = Text(
    en="By what else is answered, this field is not asked now.", zh="根据其他答案，该字段目前无需填写。"
)
_FIXED: Final = Text(en="Nothing can be entered here now.", zh="此处目前不能录入。")


@dataclass(frozen=True, slots=True)
class Typing:
    """A field and what is typed in it; `pending` and `base` as in `store.drafts.Kept`."""

    key: ItemKey
    text: str
    unit: str | None
    pending: str
    base: str


@dataclass(frozen=True, slots=True)
class Others:
    """Somebody else's text waits in a field: whose, and since when (local time); not what it says."""

    name: str
    since: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A kept text with the words around it.  `why`: why it cannot go back into its field now.

    `since`: local time of the last key, `2026-10-06 14:02:31 +08:00`.  `stopped`: the program ended without
    the person leaving.  Where the definition in force does not know a
    thing any more, its OID stands for its name.
    """

    kept: Kept
    subject: str
    visit: Text
    form: Text
    item: Text
    since: str
    stopped: bool
    why: Text | None


def write(session: Session, put: Iterable[Typing], drop: Iterable[ItemKey]) -> list[Kept]:
    """On disk when it returns.  Raises StorageFull, StorageError, Busy, and then nothing changed."""
    now = session.clock.now()
    rows = [
        Kept(
            session.user, one.key, one.text, one.unit, one.pending, one.base,
            utc_text(now), offset_text(now), session.device,
        )
        for one in put
    ]  # fmt: skip
    drafts.write(session.store, rows, [(session.user, key) for key in drop])
    return rows


def end(session: Session) -> None:
    """The person leaves in order: what waits was not interrupted by the program."""
    drafts.end(session.store, session.user, utc_text(session.clock.now()))


def mine(session: Session) -> list[Kept]:
    """What waits for this person, the latest first."""
    return drafts.of_user(session.store.conn, session.user)


def others(session: Session, form: FormKey) -> dict[ItemKey, Others]:
    """The fields of a form in which somebody else's text waits."""
    found = drafts.of_others(session.store.conn, session.user, form)
    if not found:
        return {}
    names = {one.user: one.name for one in people(session.home)}
    return {
        key: Others(names.get(one.user, one.user), local_text(one.at, one.offset))
        for key, one in found.items()
    }


@contextmanager
def settling(session: Session, key: ItemKey) -> Iterator[None]:
    """Around the entry of a value: the transaction that stores it takes its typed text away."""
    session.settles = key
    try:
        yield
    finally:
        session.settles = None


def saved_by(session: Session, key: ItemKey) -> str:
    """Who stored what stands in a field now, by name; "" where nothing was ever stored."""
    row = session.subject(key.subject).items.get(key.path)
    if row is None:
        return ""
    return next((one.name for one in people(session.home) if one.user == row.user), row.user)


def waiting(session: Session, kept: Kept) -> Waiting:
    """Where it was typed, in words, and whether it can go back there."""
    key = kept.key
    row = reads.subject_of_uid(session.store.conn, key.subject)
    page, why = _page(session, key.form_key)
    line = _line(page, key)
    form = page.form if page is not None else session.study.forms.get(key.form_key.form_oid)
    event = session.study.events.get(key.form_key.event_oid)
    item = line.state.item if line is not None else form.items.get(key.item) if form is not None else None
    return Waiting(
        kept,
        row.label if row is not None else key.subject,
        event.name if event is not None else _said(key.form_key.event),
        (form.short_name or form.name) if form is not None else _said(key.form_key.form),
        item.question if item is not None else _said(key.item),
        local_text(kept.at, kept.offset),
        not kept.ended,
        why or _why_not(page, line),
    )


def _page(session: Session, key: FormKey) -> tuple[FormPage | None, Text | None]:
    try:
        return form_page(session, key), None
    except CrfError as refusal:
        return None, Text(en=refusal.texts["en"], zh=refusal.texts["zh"])


def _line(page: FormPage | None, key: ItemKey) -> Line | None:
    return next((one for one in page.lines if one.key == key), None) if page is not None else None


def _why_not(page: FormPage | None, line: Line | None) -> Text | None:
    if page is None or line is None:
        return _GONE
    if "enter" not in page.may:
        return page.closed or _FIXED
    if not line.state.collected:
        return _HIDDEN
    return _FIXED if line.state.item.derived or line.alternatives else None


def _said(oid: str) -> Text:
    return Text(en=oid, zh=oid)
