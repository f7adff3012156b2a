"""The AuditRecord: one thing that happened.  Never changed, never deleted; everything else is folded from it.

A record is named by the hash of its canonical bytes; it names the records it replaces (`parents`), and a
judgement names what it has seen (`covers`, `digest`).  A chain binds each record to its study, environment,
device and place.  Reading bytes that somebody else wrote is in `record_reading.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Final

from crf_app.crypto.canonical import canonical

RECORD_VERSION: Final = 2  # 2: people seal what they write (`seal`)

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
        "form.migrate",
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
        "user.role",
        "user.reset",
        "key.request",
        "key.certify",
        "key.witness",
        "key.revoke",
        "vault.create",
        "vault.password",
        "vault.rotate",
        "vault.cards",
        "vault.recover",
        "def.activate",
        "device.enrol",
        "device.revoke",
        "device.epoch",
        "session.start",
        "session.refuse",
        "session.fail",
        "clock.jump",
        "attempts.rollback",
        "witness.missing",
        "bundle.release",
        "receipt.apply",
        "central.add",
        "print.make",
        "export.make",
        "import.make",
        "lab.range",
        "lab.mapping",
    ]
)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One thing that happened.  A field that is absent is None here and left out of the bytes.

    `at` is UTC `YYYY-MM-DDThh:mm:ss.mmmZ`; `tick` is 1 + the highest tick this device has seen.  `seal` is
    `user:signature`, made with that person's key (`user_seal_bytes`).
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
    seal: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields that are present, by their names in the bytes (`def`, `from`)."""
        out = {
            name: value
            for name, value in zip(FIELD_NAMES, _VALUES(self), strict=True)
            if value is not None and value != ()
        }
        for name in ("parents", "covers"):
            if name in out:
                out[name] = list(out[name])
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

    `user` and `role` are set only for records that the program makes by itself ("system").  `back` and `seen`
    name drafts of the same transaction that this one replaces or covers: 1 is the one before it.
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
    origin: str | None = None
    back: tuple[int, ...] = ()
    seen: tuple[int, ...] = ()


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
_VALUES: Final = attrgetter(*_FIELDS)


def json_of_ids(ids: Iterable[str]) -> str:
    """Hex digits as `json.dumps` writes a list of them."""
    joined = '", "'.join(ids)
    return f'["{joined}"]' if joined else "[]"


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


def user_seal_bytes(previous: bytes, unsealed: bytes) -> bytes:
    """What a person's P-256 key signs: the chain's end before the record, and its bytes without the seal."""
    return b"crf-seal/1\0" + previous + unsealed


def recovery_bytes(said: Mapping[str, Any]) -> bytes:
    """What the site's key signs when two custodian cards let an administrator in: vault, user, key, cards."""
    return b"crf-recover/1\0" + canonical(dict(said))


def conflict_id(subject: str, key: str) -> str:
    """The id of a conflict's query: the same on every device."""
    return "C-" + hashlib.sha256(f"{subject}\n{key}".encode()).hexdigest()[:16]


def cover(ids: Iterable[str]) -> tuple[str, ...]:
    """The first 16 digits of each id seen, sorted."""
    return tuple(sorted({id_[:16] for id_ in ids}))


def cover_digest(form: str, ids: Iterable[str]) -> str:
    """SHA-256 of the form's key and all full ids, sorted, one a line."""
    return hashlib.sha256("\n".join([form, *sorted(ids)]).encode()).hexdigest()
