"""The one door: append records, each hashed with its predecessor, and fold what they touch.

One call is one durable transaction: records, folded tables and the device's seal stand together or not
at all, and it returns only after the commit.  Reading back and checking the chain is here as well.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64
from crf_app.model.keys import ItemKey
from crf_app.model.record import (
    FIELD_NAMES,
    RECORD_VERSION,
    AuditRecord,
    ChainIdentity,
    Draft,
    Stamp,
    chain_hash,
    cover,
    json_of_ids,
    record_id,
    seal_bytes,
    user_seal_bytes,
)
from crf_app.model.record_reading import bytes_to_keep, record_from, record_of
from crf_app.rules.fold import unit_of
from crf_app.rules.unit_state import Entry
from crf_app.store import damage, projections
from crf_app.store import drafts as typed
from crf_app.store.spelled import CANONICAL, UNSEALED
from crf_app.store.store import ChainEnd, Sign, Store, refusals, transaction

_LISTS: Final = ("parents", "covers")
ABOUT_PEOPLE: Final = ("vault.create", "vault.recover", "user.add", "user.role", "user.reset", "key.request")
HASH: Final = re.compile("[0-9a-f]{64}")
_SELECT: Final = ", ".join(f'"{name}"' for name in FIELD_NAMES)
_OTHERS: Final = tuple(name for name in FIELD_NAMES if name != "device")
_INSERT: Final = (
    "INSERT INTO audit_record (device, epoch, seq, hash, id, cell_unit, "
    f"{', '.join(chr(34) + name + chr(34) for name in _OTHERS)}) "
    f"VALUES ({', '.join('?' * (len(_OTHERS) + 6))})"
)


def append(
    store: Store,
    drafts: Sequence[Draft],
    stamp: Stamp,
    blobs: Mapping[str, bytes] | None = None,
    settles: ItemKey | None = None,
    sealers: Mapping[str, Sign] = MappingProxyType({}),
) -> list[Entry]:
    """Append `drafts` in one durable transaction; return them as records.

    `blobs` (SHA-256 → bytes) are documents that a draft names; they are stored in the same transaction.
    `settles`: a field whose typed text (`store/drafts.py`) is done when one of the records answers it.
    `sealers`: user → signature by that person's own key; each seals her last record, and who acts seals
    the end of the transaction.

    Raises StorageFull, StorageError or StoreDamaged, and ValueRejected or LimitExceeded for a text that
    cannot be kept, with the ledger as it was.
    """
    if not drafts:
        return []
    damage.refuse_writing(store.path)
    end = ChainEnd(store.end.seq, store.end.hash, store.end.tick)
    with refusals(store.path), transaction(store.conn):
        entries = _insert(store, end, drafts, stamp, sealers)
        projections.fold_touched(store.conn, entries)
        for name, data in (blobs or {}).items():
            store.conn.execute("INSERT OR IGNORE INTO blob VALUES (?, ?)", (name, data))
        if settles is not None and any(_answers(one, settles) for one in entries):
            typed.settle(store.conn, stamp.user, [settles])
        _seal(store, end)
    store.end = end
    return entries


def _answers(entry: Entry, key: ItemKey) -> bool:
    record = entry.record
    return record.kind == "item.set" and (record.subject, record.key) == (key.subject, key.path)


def _insert(
    store: Store, end: ChainEnd, drafts: Sequence[Draft], stamp: Stamp, sealers: Mapping[str, Sign]
) -> list[Entry]:
    """Chain the drafts to `end`, which moves on, and write them."""
    entries: list[Entry] = []
    rows = []
    sealed = _sealed(drafts, stamp, sealers)
    for number, draft in enumerate(drafts):
        end.tick += 1
        if draft.back or draft.seen:
            draft = _with_names(draft, entries)
        raw = _fields(draft, stamp, store.identity.device, end.tick)
        data = bytes_to_keep(raw)
        if (user := sealed.get(number)) is not None:
            raw["seal"] = f"{user}:{b64(sealers[user](user_seal_bytes(end.hash, data)))}"
            data = canonical(raw)
        record, name = record_from(raw), record_id(data)
        end.seq += 1
        end.hash = chain_hash(end.hash, name)
        place = (record.device, store.identity.epoch, end.seq, end.hash.hex(), name.hex(), unit_of(record))
        for list_ in _LISTS:
            if list_ in raw:
                raw[list_] = json_of_ids(raw[list_])
        rows.append(place + tuple(map(raw.get, _OTHERS)))
        entries.append(Entry(place[4], record))
    store.conn.executemany(_INSERT, rows)
    return entries


def _sealed(drafts: Sequence[Draft], stamp: Stamp, sealers: Mapping[str, Sign]) -> dict[int, str]:
    """Place in the transaction → who seals there: each person's last record, and the end."""
    last = {draft.user or stamp.user: number for number, draft in enumerate(drafts)}
    out = {number: user for user, number in last.items() if user in sealers}
    if stamp.user in sealers:
        out.setdefault(len(drafts) - 1, stamp.user)
    return out


def _with_names(draft: Draft, entries: Sequence[Entry]) -> Draft:
    """The draft with the ids of the records of this transaction that it replaces or covers."""
    parents = (*draft.parents, *(entries[-n].id for n in draft.back))
    seen = cover(entries[-n].id for n in draft.seen)
    return replace(draft, parents=parents, covers=tuple(sorted({*draft.covers, *seen})))


def _fields(draft: Draft, stamp: Stamp, device: str, tick: int) -> dict[str, Any]:
    """The fields of the record that are present, by their names in its bytes."""
    said = {
        "v": RECORD_VERSION,
        "kind": draft.kind,
        "device": device,
        "user": draft.user or stamp.user,
        "role": draft.role or stamp.role,
        "at": stamp.at,
        "offset": stamp.offset,
        "app": stamp.app,
        "tick": tick,
        "salt": secrets.token_hex(16),
        "def": draft.def_ or (stamp.def_ if draft.subject else None),
        "subject": draft.subject,
        "key": draft.key,
        "parents": list(draft.parents) or None,
        "covers": list(draft.covers) or None,
        "digest": draft.digest,
        "value": draft.value,
        "missing": draft.missing,
        "unit": draft.unit,
        "reason": draft.reason,
        "thread": draft.thread,
        "target": draft.target,
        "meaning": draft.meaning,
        "n": draft.n,
        "from": draft.from_,
        "origin": draft.origin,
    }
    return {name: value for name, value in said.items() if value is not None}


def _seal(store: Store, end: ChainEnd) -> None:
    i = store.identity
    signature = store.sign(seal_bytes(i.study, i.env, i.device, i.epoch, end.seq, end.hash))
    store.conn.execute(
        "INSERT INTO seal VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "seq = excluded.seq, hash = excluded.hash, signature = excluded.signature",
        (i.device, i.epoch, end.seq, end.hash.hex(), signature),
    )


class Sealed(NamedTuple):
    """What the check of people's seals reads of a record.

    `unsealed`: its bytes without `seal`, empty where there is none; `about`, `value`: of records on people.
    """

    device: str
    epoch: int
    seq: int
    hash: bytes
    v: int
    at: str
    user: str
    kind: str
    seal: str
    unsealed: bytes
    about: str
    value: str


def sealed_rows(conn: Any, device: str, after: tuple[int, int] = (0, 0)) -> Iterator[Sealed]:
    """The chains of a device, one behind the other, each from its beginning or `after` (epoch, seq)."""
    spelled = f"CASE WHEN seal IS NOT NULL THEN CAST({UNSEALED} AS BLOB) END"
    sql = (
        f'SELECT device, epoch, seq, hash, v, at, "user", kind, seal, {spelled}, "key", '
        f"CASE WHEN kind IN ({', '.join('?' * len(ABOUT_PEOPLE))}) THEN value END FROM audit_record "
        "WHERE device = ? AND (epoch, seq) > (?, ?) ORDER BY epoch, seq"
    )
    for row in conn.execute(sql, (*ABOUT_PEOPLE, device, *after)):
        hash_, v, at, user, kind, seal, data, about, value = row[3:]
        end = bytes.fromhex(hash_) if HASH.fullmatch(hash_) else b""
        said = (v or 0, at, user, kind, seal or "", data or b"", about or "", value or "")
        yield Sealed._make((*row[:3], end, *said))


def record_of_row(row: Sequence[Any]) -> AuditRecord:
    """A record from the columns of `FIELD_NAMES`; raises ValueRejected when they are no record."""
    raw = {name: value for name, value in zip(FIELD_NAMES, row, strict=True) if value is not None}
    for name in _LISTS:
        if name in raw:
            raw[name] = json.loads(raw[name])
    return record_of(raw)


def entries(conn: Any, where: str = "1", values: Sequence[Any] = ()) -> Iterator[Entry]:
    """Records with their stored ids, in the order of arrival."""
    for _, entry in placed(conn, where, values):
        yield entry


def placed(
    conn: Any, where: str = "1", values: Sequence[Any] = ()
) -> Iterator[tuple[tuple[str, int, int], Entry]]:
    """((device, epoch, seq), record) in the order of arrival."""
    sql = f"SELECT device, epoch, seq, id, {_SELECT} FROM audit_record WHERE {where} ORDER BY rowid"
    for row in conn.execute(sql, tuple(values)):
        yield tuple(row[:3]), Entry(row[3], _trusted(row[4:]))


def _trusted(row: Sequence[Any]) -> AuditRecord:
    """As `record_of_row`, without checking again what this program wrote itself (verify does check)."""
    values = dict(
        zip((name + "_" if name in ("def", "from") else name for name in FIELD_NAMES), row, strict=True)
    )
    for name in _LISTS:
        values[name] = tuple(json.loads(values[name])) if values[name] else ()
    return AuditRecord(**values)


def segment(conn: Any, identity: ChainIdentity, first: int, most: int) -> Iterator[tuple[int, bytes]]:
    """(seq, canonical bytes) of this device's chain from `first` on, at most `most` records.

    A device appends to its chain in order, so the table's own order is the chain's: it is read through once.
    """
    place = (identity.device, identity.epoch)
    begin = "SELECT rowid FROM audit_record WHERE device = ? AND epoch = ? AND seq = ?"
    sql = (
        f"SELECT seq, {CANONICAL} FROM audit_record NOT INDEXED "
        f"WHERE rowid >= ({begin}) AND device = ? AND epoch = ? ORDER BY rowid LIMIT ?"
    )
    for seq, text in conn.execute(sql, (*place, first, *place, most)):
        yield seq, text.encode("utf-8")


def unit_rows(conn: Any) -> Iterable[tuple[Any, ...]]:
    """cell_unit, device, epoch, seq, id, then the record's columns, unit by unit."""
    result: Iterable[tuple[Any, ...]] = conn.execute(
        f"SELECT cell_unit, device, epoch, seq, id, {_SELECT} FROM audit_record ORDER BY cell_unit"
    )
    return result


def rows_of_unit(conn: Any, unit: str) -> Iterable[tuple[Any, ...]]:
    """As `unit_rows`, of one unit."""
    result: Iterable[tuple[Any, ...]] = conn.execute(
        f"SELECT cell_unit, device, epoch, seq, id, {_SELECT} FROM audit_record WHERE cell_unit = ?", (unit,)
    )
    return result


def units_after(conn: Any, device: str, epoch: int, seq: int) -> list[str]:
    """The units that a chain's records behind `seq` belong to."""
    sql = "SELECT DISTINCT cell_unit FROM audit_record WHERE device = ? AND epoch = ? AND seq > ?"
    return [unit for (unit,) in conn.execute(sql, (device, epoch, seq))]


def chain_rows(conn: Any) -> Iterable[tuple[Any, ...]]:
    """device, epoch, seq, hash, id, cell_unit, then the record's columns, chain by chain."""
    result: Iterable[tuple[Any, ...]] = conn.execute(
        f"SELECT device, epoch, seq, hash, id, cell_unit, {_SELECT} FROM audit_record "
        "ORDER BY device, epoch, seq"
    )
    return result
