"""What an answer is: keys, the AuditRecord and its one spelling, values of a cell.

`AuditRecord` is the only thing that is ever stored; `sync.md`-style rules (docs/architecture.md) hold:
a record is named by the hash of its canonical bytes, it names the records it replaces (`parents`), and a
judgement names what it has seen (`covers`, `digest`).  A reader refuses any spelling but the canonical one.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from crf_app.crypto.canonical import canonical
from crf_app.errors import LimitExceeded, ValueRejected

RECORD_VERSION: Final = 1
MAX_TICK: Final = 2**53 - 1
MAX_PARENTS: Final = 64
MAX_COVERS: Final = 5000
MAX_LINE: Final = 1 << 20

#: every kind a program of this version writes; a newer program's kinds are kept, listed and change nothing
KINDS: Final = frozenset(
    [
        "item.set",
        "item.derive",
        "item.resolve",
        "row.add",
        "row.delete",
        "row.restore",
        "form.status",
        "sign.make",
        "query.open",
        "query.answer",
        "query.close",
        "query.reopen",
        "query.cancel",
        "subject.add",
        "subject.label",
        "subject.status",
        "event.add",
        "event.status",
        "user.add",
        "user.grant",
        "key.request",
        "key.certify",
        "key.witness",
        "key.revoke",
        "vault.create",
        "vault.password",
        "def.activate",
        "device.enrol",
        "device.revoke",
        "device.epoch",
        "session.start",
        "session.refuse",
        "session.fail",
        "clock.jump",
        "bundle.release",
        "receipt.apply",
        "print.make",
        "export.make",
    ]
)

_OID = r"[A-Za-z0-9._-]+"
_PART = rf"{_OID}(~{_OID})?"
KEY_PATTERN: Final = re.compile(rf"{_PART}(/{_PART}){{0,3}}\Z")
_AT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z\Z", re.ASCII)
_OFFSET: Final = re.compile(r"[+-]([01]\d):[0-5]\d\Z", re.ASCII)
_HEX32: Final = re.compile(r"[0-9a-f]{32}\Z")
_HEX64: Final = re.compile(r"[0-9a-f]{64}\Z")
_HEX16: Final = re.compile(r"[0-9a-f]{16}\Z")
_KIND: Final = re.compile(r"[a-z]+\.[a-z]+\Z")
_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_uid(length: int = 10) -> str:
    """Random characters for a subject, a row or a repeated visit: never a running number."""
    return "".join(secrets.choice(_BASE36) for _ in range(length))


@dataclass(frozen=True, slots=True, order=True)
class FormKey:
    """One form instance: subject uid / event[~n] / form."""

    subject: str
    event: str
    form: str

    @property
    def path(self) -> str:
        return f"{self.event}/{self.form}"

    @property
    def event_oid(self) -> str:
        return self.event.partition("~")[0]

    @property
    def form_oid(self) -> str:
        return self.form.partition("~")[0]

    def __str__(self) -> str:
        return f"{self.subject}/{self.event}/{self.form}"


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """The address of one answer.  `group` carries the row: `IG.AE~k3j9x0q2mz`."""

    form_key: FormKey
    group: str
    item: str

    @property
    def subject(self) -> str:
        return self.form_key.subject

    @property
    def path(self) -> str:
        """The address under the subject, as a record's `key` holds it."""
        return f"{self.form_key.path}/{self.group}/{self.item}"

    @property
    def group_oid(self) -> str:
        return self.group.partition("~")[0]

    @property
    def row(self) -> str:
        """The row's uid or fixed code; empty for a group that does not repeat."""
        return self.group.partition("~")[2]

    @property
    def local(self) -> str:
        """The address within its form: `IG.VS/I.VS.SYSBP`."""
        return f"{self.group}/{self.item}"

    def __str__(self) -> str:
        return f"{self.subject}/{self.path}"


def form_key_of(subject: str, path: str) -> FormKey:
    """The form that a record's key lies in (`SE.V1/F.VS/…`)."""
    event, form = path.split("/")[:2]
    return FormKey(subject, event, form)


def item_key_of(subject: str, path: str) -> ItemKey:
    event, form, group, item = path.split("/")
    return ItemKey(FormKey(subject, event, form), group, item)


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands in one cell: canonical text, or a missing code, with the unit that was typed."""

    value: str | None = None
    missing: str | None = None
    unit: str | None = None

    @property
    def empty(self) -> bool:
        return self.value is None and self.missing is None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One thing that happened.  A field that is absent is None here and left out of the bytes.

    `at` is UTC `YYYY-MM-DDThh:mm:ss.mmmZ`; `tick` is 1 + the highest tick this device has seen.
    """

    kind: str
    device: str
    user: str
    role: str
    at: str
    offset: str
    app: str
    tick: int
    salt: str
    v: int = RECORD_VERSION
    def_: str | None = None
    subject: str | None = None
    key: str | None = None
    parents: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    digest: str | None = None
    value: str | None = None
    missing: str | None = None
    unit: str | None = None
    reason: str | None = None
    thread: str | None = None
    target: str | None = None
    meaning: str | None = None
    n: str | None = None
    from_: str | None = None
    clock: str | None = None
    origin: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields that are present, by their names in the bytes (`def`, `from`)."""
        out: dict[str, Any] = {}
        for name in _FIELDS:
            value = getattr(self, name)
            if value is None or value == ():
                continue
            out[name.rstrip("_")] = list(value) if isinstance(value, tuple) else value
        return out

    def canonical(self) -> bytes:
        return canonical(self.as_json())

    @property
    def id(self) -> str:
        """SHA-256 over 0x00 "crf1" and the canonical bytes: the record's name everywhere."""
        return record_id(self.canonical()).hex()

    @property
    def order(self) -> tuple[int, str]:
        return (self.tick, self.id)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an action wants to append; the ledger adds place, tick, salt and time.

    `user` and `role` are set only for records that the program makes by itself ("system").
    """

    kind: str
    subject: str | None = None
    key: str | None = None
    parents: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    digest: str | None = None
    value: str | None = None
    missing: str | None = None
    unit: str | None = None
    reason: str | None = None
    thread: str | None = None
    target: str | None = None
    meaning: str | None = None
    n: str | None = None
    from_: str | None = None
    user: str | None = None
    role: str | None = None
    def_: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who, when and under which definition: the same for all records of one transaction."""

    user: str
    role: str
    at: str
    offset: str
    app: str
    def_: str | None


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """Which chain a device writes: its genesis is bound to study, environment, device and epoch."""

    study: str
    env: str
    site: str
    device: str
    epoch: int

    def genesis(self) -> bytes:
        return genesis(self.study, self.env, self.device, self.epoch)


_FIELDS: Final = tuple(f.name for f in fields(AuditRecord))
FIELD_NAMES: Final = tuple(name.rstrip("_") for name in _FIELDS)


def record_id(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00crf1" + data).digest()


def chain_hash(previous: bytes, id_: bytes) -> bytes:
    return hashlib.sha256(b"\x01crf1" + previous + id_).digest()


def genesis(study: str, env: str, device: str, epoch: int) -> bytes:
    """The `prev` of the first record of a chain: no record can move to another study or device."""
    place = {"study": study, "env": env, "device": device, "epoch": epoch}
    return hashlib.sha256(b"\x02crf1" + canonical(place)).digest()


def seal_bytes(study: str, env: str, device: str, epoch: int, seq: int, hash_: bytes) -> bytes:
    """What the device's Ed25519 key signs at a chain end."""
    return canonical([study, env, device, epoch, seq, hash_.hex()])


def conflict_id(subject: str, key: str) -> str:
    """The id of a conflict's query: the same on every device."""
    return "C-" + hashlib.sha256(f"{subject}\n{key}".encode()).hexdigest()[:16]


def cover(ids: Iterable[str]) -> tuple[str, ...]:
    """The first 16 digits of each id seen, sorted."""
    return tuple(sorted({id_[:16] for id_ in ids}))


def cover_digest(form: str, ids: Iterable[str]) -> str:
    """SHA-256 of the form's key and all full ids, sorted, one a line."""
    return hashlib.sha256("\n".join([form, *sorted(ids)]).encode()).hexdigest()


def parse_record(data: bytes) -> AuditRecord:
    """The record from its canonical bytes.

    Raises ValueRejected for any other spelling, an unknown field, a wrong type, an impossible time,
    U+0000 or a lone surrogate; LimitExceeded for a line over 1 MiB.
    """
    if len(data) > MAX_LINE:
        raise LimitExceeded("A record is larger than 1 MiB.", "一条记录超过 1 MiB。")
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refused("not JSON") from error
    if not isinstance(raw, dict):
        raise _refused("not an object")
    record = record_of(raw)
    try:
        same = record.canonical() == data
    except UnicodeEncodeError as error:
        raise _refused("lone surrogate") from error
    if not same:
        raise _refused("another spelling")
    return record


def bytes_to_keep(record: AuditRecord) -> bytes:
    """The canonical bytes of a record about to be written, if every reader will take them.

    Raises ValueRejected (U+0000, half a character, a field not as agreed), LimitExceeded (over 1 MiB).
    """
    try:
        data = record.canonical()
    except UnicodeEncodeError as error:
        raise _unkept() from error
    if b"\\u0000" in data and "\x00" in "".join(
        text for text in record.as_json().values() if type(text) is str
    ):
        raise _unkept()
    if len(data) > MAX_LINE:
        raise LimitExceeded(
            "This is too long to be kept. Shorten the text.", "内容过长，无法保存，请缩短文字。"
        )
    record_of(record.as_json())
    return data


def _unkept() -> ValueRejected:
    return ValueRejected(
        "The text holds a character that cannot be kept. Type it again without it.",
        "文字中含有无法保存的字符，请删去后重新输入。",
    )


def record_of(raw: Mapping[str, Any]) -> AuditRecord:
    """The record of a decoded object, every field checked.  Raises ValueRejected."""
    unknown = set(raw) - set(FIELD_NAMES)
    if unknown:
        raise _refused(f"unknown field {sorted(unknown)[0]}")
    values: dict[str, Any] = {}
    for name in _FIELDS:
        public = name.rstrip("_")
        if public in raw:
            values[name] = _checked(public, raw[public])
    for name in ("v", "kind", "device", "user", "role", "at", "offset", "app", "tick", "salt"):
        if name not in values:
            raise _refused(f"{name} is missing")
    return AuditRecord(**values)


def _checked(name: str, value: object) -> object:
    if name in ("v", "tick"):
        if type(value) is not int or not 1 <= value <= MAX_TICK:
            raise _refused(f"{name} is not a number of its range")
        return value
    if name in ("parents", "covers"):
        return _checked_list(name, value)
    if not isinstance(value, str) or "\x00" in value:
        raise _refused(f"{name} is not text")
    rule = _PATTERNS.get(name)
    if rule is not None and not rule.match(value):
        raise _refused(f"{name} is not spelled as agreed")
    if name == "at":
        _check_date(value[:10])
    return value


def _checked_list(name: str, value: object) -> tuple[str, ...]:
    limit, rule = (MAX_PARENTS, _HEX64) if name == "parents" else (MAX_COVERS, _HEX16)
    if not isinstance(value, list) or not value or len(value) > limit:
        raise _refused(f"{name} is not a list of its size")
    if not all(isinstance(one, str) and rule.match(one) for one in value):
        raise _refused(f"{name} holds something else than hashes")
    if name == "covers" and value != sorted(set(value)):
        raise _refused("covers is not sorted")
    if len(set(value)) != len(value):
        raise _refused(f"{name} names one record twice")
    return tuple(value)


def _check_date(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise _refused("at is not a date of the calendar") from error


_PATTERNS: Final = {
    "kind": _KIND,
    "at": _AT,
    "offset": _OFFSET,
    "salt": _HEX32,
    "digest": _HEX64,
    "subject": re.compile(rf"{_OID}\Z"),  # a part of unit names: never holds "|" or "/"
    "key": KEY_PATTERN,
}


def _refused(what: str) -> ValueRejected:
    return ValueRejected(
        f"This is not a record of the agreed spelling: {what}.", f"记录格式不符合约定：{what}。", where=what
    )
