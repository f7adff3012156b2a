"""Prove the database against itself: bytes, hashes, chains, seals, attachments, folded tables, triggers.

Every record is spelled again from its columns and hashed, every chain is followed to its sealed ends, every
unit is folded again.  What does not agree is listed in words; nothing is ever mended here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from crf_app.central import columns
from crf_app.central.columns import FIELDS, QUOTED_FIELDS
from crf_app.central.current_values import Item, items_of, simple_state
from crf_app.central.database import APPEND_ONLY, read_study, refusals
from crf_app.crypto.keys import verify_ed25519
from crf_app.errors import ValueRejected
from crf_app.model.record import chain_hash, genesis, record_id, seal_bytes
from crf_app.model.record_reading import record_of
from crf_app.rules.fold import fold
from crf_app.rules.unit_state import Entry, FormUnit

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

_MOST: Final = 100  # problems listed; a broken database has one cause and many effects
_CHAINS: Final = f"""SELECT device, epoch, seq, branch, site, id, hash, cell_unit, {QUOTED_FIELDS}
FROM audit_record ORDER BY device, epoch, seq, branch"""
_UNITS: Final = f"""SELECT site, cell_unit, id, {QUOTED_FIELDS}
FROM audit_record WHERE cell_unit <> 'G' ORDER BY site, cell_unit"""
_KEY: Final = FIELDS.index("key")
_SUBJECT: Final = FIELDS.index("subject")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and every problem as (en, zh); `ok` when there is none."""

    records: int
    chains: int
    units: int
    problems: tuple[tuple[str, str], ...]
    texts: dict[str, str] = field(hash=False)

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass
class _Report:
    problems: list[tuple[str, str]] = field(default_factory=list)
    records: int = 0
    units: int = 0

    def add(self, en: str, zh: str) -> None:
        if len(self.problems) < _MOST:
            self.problems.append((en, zh))


def verify(conn: Connection[Any]) -> Verified:
    """Look at everything.  Reads the whole ledger once by chain and once by unit."""
    study = read_study(conn)
    report = _Report()
    with refusals(), conn.transaction(), conn.cursor() as cur:
        cur.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _check_triggers(cur, report)
        sites, ends = _devices(cur)
        positions = _check_chains(conn, report, (study.study, study.env), sites, ends)
        _check_seals(cur, report, (study.study, study.env), positions)
        _check_blobs(cur, report)
        _check_units(conn, cur, report)
    return _verified(report, len(ends))


_Chain = tuple[str, int]
_Ends = dict[_Chain, dict[int, tuple[int, bytes]]]
_Positions = set[tuple[str, int, int, bytes]]


def _devices(cur: Cursor[Any]) -> tuple[dict[str, str], _Ends]:
    sites = dict(cur.execute("SELECT device, site FROM device").fetchall())
    rows = cur.execute("SELECT device, epoch, ends FROM chain").fetchall()
    ends = {
        (device, epoch): {int(branch): (seq, bytes.fromhex(hash_)) for branch, (seq, hash_) in raw.items()}
        for device, epoch, raw in rows
    }
    return sites, ends


def _check_chains(
    conn: Connection[Any], report: _Report, study: tuple[str, str], sites: dict[str, str], ends: _Ends
) -> _Positions:
    """Follow every chain; the positions of its ends that were found."""
    found: _Positions = set()
    with conn.cursor("chains") as rows:
        rows.itersize = 5000
        rows.execute(_CHAINS)
        for chain, stretch in groupby(rows, key=lambda row: (row[0], row[1])):
            reached = _follow(report, study, chain, stretch, sites.get(chain[0], ""))
            if reached != ends.get(chain, {}):
                _broken(report, chain, max((seq for seq, _ in reached.values()), default=0))
            found.update((*chain, seq, hash_) for seq, hash_ in reached.values())
    for chain in ends:
        if ends[chain] and not any(one[:2] == chain for one in found):
            _broken(report, chain, 0)
    return found


def _follow(
    report: _Report, study: tuple[str, str], chain: _Chain, rows: Iterator[Any], site: str
) -> dict[int, tuple[int, bytes]]:
    """The end of each branch.  A branch starts behind any record of the place before."""
    ends: dict[int, tuple[int, bytes]] = {}
    before: dict[int, bytes] = {0: genesis(*study, *chain)}
    here: dict[int, bytes] = {}
    place = 1
    for _, _, seq, branch, row_site, id_, hash_, unit, *fields in rows:
        report.records += 1
        if seq != place:
            before, here, place = here if seq == place + 1 else {}, {}, seq
        if not _is_record(fields, id_, unit, row_site, site):
            _altered(report, chain, seq)
        previous = [before[branch]] if branch in before else list(before.values())
        if not any(chain_hash(one, id_) == hash_ for one in previous):
            _broken(report, chain, seq)
        here[branch] = hash_
        ends[branch] = (seq, hash_)
    return ends


def _is_record(fields: list[Any], id_: bytes, unit: str, row_site: str, site: str) -> bool:
    """Whether the columns give back the bytes whose hash is the id, and the derived columns agree."""
    try:
        record = record_of(columns.raw_of_columns(fields))
    except ValueRejected:
        return False
    subject, key = fields[_SUBJECT], fields[_KEY]
    place = (columns.cell_unit(subject, key), columns.home_site(subject, site))
    return record_id(record.canonical()) == id_ and place == (unit, row_site)


def _check_seals(
    cur: Cursor[Any],
    report: _Report,
    study: tuple[str, str],
    positions: _Positions,
) -> None:
    """Every seal verifies and stands at a record; every chain end is sealed."""
    rows = cur.execute(
        "SELECT s.device, s.epoch, s.seq, s.hash, s.signature, d.sign_public, EXISTS ("
        "SELECT 1 FROM audit_record a"
        " WHERE (a.device, a.epoch, a.seq, a.hash) = (s.device, s.epoch, s.seq, s.hash))"
        " FROM seal s LEFT JOIN device d USING (device, epoch)"
    ).fetchall()
    sealed = set()
    for device, epoch, seq, hash_, signature, public, is_record in rows:
        signed = seal_bytes(*study, device, epoch, seq, hash_)
        if is_record and public is not None and verify_ed25519(public, signature, signed):
            sealed.add((device, epoch, seq, hash_))
        else:
            _unsealed(report, (device, epoch), seq)
    for device, epoch, seq, _ in sorted(positions - sealed):
        _unsealed(report, (device, epoch), seq)


def _check_blobs(cur: Cursor[Any], report: _Report) -> None:
    rows = cur.execute("SELECT sha256 FROM blob WHERE encode(sha256(bytes), 'hex') <> blob.sha256 ORDER BY 1")
    for (name,) in rows.fetchall():
        report.add(
            f"Attachment {name[:16]} was changed. Restore the last backup.",
            f"附件 {name[:16]} 已被改动。请恢复最近的备份。",
        )


def _check_units(conn: Connection[Any], cur: Cursor[Any], report: _Report) -> None:
    """Fold every unit again and compare with what is stored."""
    stored = {
        (site, unit): (count, special, state)
        for site, unit, count, special, state in cur.execute(
            "SELECT site, cell_unit, count, special, state FROM form_data"
        ).fetchall()
    }
    items = _stored_items(cur)
    with conn.cursor("units", binary=True) as rows:
        rows.itersize = 5000
        rows.execute(_UNITS)
        for unit, records in groupby(rows, key=lambda row: (row[0], row[1])):
            report.units += 1
            entries = [Entry(row[2].hex(), columns.record_of_columns(row[3:])) for row in records]
            if not _agrees(unit[1], entries, stored.pop(unit, None), items.pop(unit, [])):
                _unfolded(report, unit[1])
    for _, unit in sorted({*stored, *items}):
        _unfolded(report, unit)


def _agrees(unit: str, entries: list[Entry], stored: tuple[int, bool, Any] | None, items: list[Item]) -> bool:
    if stored is None:
        return False
    count, special, state = stored
    folded = fold(unit, entries)
    expected = sorted(items_of(unit, folded)) if isinstance(folded, FormUnit) else []
    kept = state if special else simple_state(items)
    return count == len(entries) and kept == folded.as_json() and sorted(items) == expected


def _stored_items(cur: Cursor[Any]) -> dict[tuple[str, str], list[Item]]:
    out: dict[tuple[str, str], list[Item]] = {}
    for site, unit, *item in cur.execute(
        'SELECT site, cell_unit, "key", subject, head, value, missing, unit, state, late FROM item_data'
    ).fetchall():
        out.setdefault((site, unit), []).append(Item(*item))
    return out


def _check_triggers(cur: Cursor[Any], report: _Report) -> None:
    rows = cur.execute(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgname = 'append_only' AND t.tgenabled = 'A' AND c.oid = to_regclass(c.relname)"
    ).fetchall()
    for table in sorted(set(APPEND_ONLY) - {row[0] for row in rows}):
        report.add(
            f"The table {table} is not protected against change. Find out who removed its trigger.",
            f"表 {table} 没有防改动保护。请查明是谁移除了触发器。",
        )


def _altered(report: _Report, chain: _Chain, seq: int) -> None:
    report.add(
        f"Record {seq} of {chain[0]} epoch {chain[1]} was changed. Restore the last backup.",
        f"{chain[0]} 第 {chain[1]} 代的记录 {seq} 已被改动。请恢复最近的备份。",
    )


def _broken(report: _Report, chain: _Chain, seq: int) -> None:
    report.add(
        f"The chain of {chain[0]} epoch {chain[1]} does not close at record {seq}. Restore the last backup.",
        f"{chain[0]} 第 {chain[1]} 代的记录链在记录 {seq} 处中断。请恢复最近的备份。",
    )


def _unsealed(report: _Report, chain: _Chain, seq: int) -> None:
    report.add(
        f"The seal of {chain[0]} epoch {chain[1]} at record {seq} is missing or not its own.",
        f"{chain[0]} 第 {chain[1]} 代在记录 {seq} 处的封签缺失或不属于该设备。",
    )


def _unfolded(report: _Report, unit: str) -> None:
    report.add(
        f"The stored state of {unit} is not what its records say. Rebuild it from the ledger.",
        f"{unit} 的存储状态与其记录不一致。请从记录重建。",
    )


def _verified(report: _Report, chains: int) -> Verified:
    en = f"{report.records} records in {chains} chains and {report.units} units were checked"
    zh = f"已核验 {chains} 条链、{report.units} 个单元的 {report.records} 条记录"
    if report.problems:
        texts = {
            "en": f"{en}: {len(report.problems)} points do not agree.",
            "zh": f"{zh}：{len(report.problems)} 处不一致。",
        }
    else:
        texts = {"en": f"{en}. Everything agrees.", "zh": f"{zh}，全部一致。"}
    return Verified(report.records, chains, report.units, tuple(report.problems), texts)
