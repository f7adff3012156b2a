"""Every SELECT over the folded tables, one function per question.

Functions take the connection, so that a worker thread may ask over its own.  They return plain tuples
and model objects; nothing here judges.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any, Final, NamedTuple

from crf_app.model.keys import Answer, FormKey
from crf_app.model.record import AuditRecord, ChainIdentity
from crf_app.rules.fold import fold_header
from crf_app.rules.unit_state import Entry
from crf_app.store.ledger import entries, placed

_OF_STUDY: Final = ("user.", "key.", "vault.", "def.", "device.", "session.", "central.", "receipt.", "lab.")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One folded answer: its place, content, heads, and who last touched it."""

    key: str
    answer: Answer
    state: str
    head: str
    heads: tuple[str, ...]
    late: tuple[str, ...]
    kind: str
    user: str
    at: str
    steps: int


@dataclass(frozen=True, slots=True)
class QueryRow:
    thread: str
    subject: str
    key: str
    status: str
    check: str
    heads: tuple[str, ...]
    opened_at: str
    last_at: str
    steps: tuple[str, ...]


class SubjectName(NamedTuple):
    """One of thousands."""

    uid: str
    label: str
    status: str


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    uid: str
    label: str
    status: str
    heads: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class FormRow:
    """A started form: its status, the heads of it, and whether a judgement stands on it."""

    key: FormKey
    status: str
    heads: tuple[str, ...]


def form_unit(key: FormKey) -> str:
    return f"F|{key.subject}|{key.path}"


def items_of_form(conn: Any, key: FormKey) -> list[ItemRow]:
    return _items(conn, "cell_unit = ?", (form_unit(key),))


def items_at(conn: Any, key: FormKey, locals_: Iterable[str]) -> list[ItemRow]:
    """A few answers of one form, by their places in it."""
    found = []
    for local in locals_:
        found += _items(conn, 'subject = ? AND "key" = ?', (key.subject, f"{key.path}/{local}"))
    return found


def items_of_subject(conn: Any, subject: str) -> list[ItemRow]:
    return _items(conn, "subject = ?", (subject,))


def _items(conn: Any, where: str, values: Sequence[Any]) -> list[ItemRow]:
    rows = conn.execute(
        'SELECT "key", value, missing, unit, state, head, heads, late, kind, "user", at, steps '
        f"FROM item_data WHERE {where}",
        tuple(values),
    )
    return [
        ItemRow(
            r[0],
            Answer(r[1], r[2], r[3]),
            r[4],
            r[5],
            (r[5],) if r[6] == f'["{r[5]}"]' else tuple(json.loads(r[6])),
            () if r[7] == "[]" else tuple(json.loads(r[7])),
            *r[8:],
        )
        for r in rows
    ]


def uids_of_subjects(conn: Any) -> list[str]:
    """All subjects by number, for exports."""
    return [row[0] for row in conn.execute("SELECT uid FROM subject ORDER BY label, uid")]


def conflicts(conn: Any) -> list[tuple[str, ItemRow]]:
    """(subject, row) of each answer with several values of which none stands, by subject and place."""
    found = conn.execute(
        'SELECT subject, "key" FROM item_data WHERE state = \'conflict\' ORDER BY subject, "key"'
    ).fetchall()
    return [
        (subject, row)
        for subject, key in found
        for row in _items(conn, 'subject = ? AND "key" = ?', (subject, key))
    ]


def rows_of_form(conn: Any, key: FormKey) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """(group with row uid, state, n, heads) of each row, in the order they were added."""
    rows = conn.execute('SELECT "key", state, n, heads FROM row_data WHERE cell_unit = ?', (form_unit(key),))
    found = [(r[0].split("/")[2], r[1], r[2], tuple(json.loads(r[3]))) for r in rows]
    return sorted(found, key=lambda one: (int(one[2]) if one[2].isdigit() else 0, one[0]))


def rows_of_subject(conn: Any, subject: str) -> dict[FormKey, list[tuple[str, str, str]]]:
    """(group with row uid, state, n) of each row of each form of a subject."""
    out: dict[FormKey, list[tuple[str, str, str]]] = {}
    for key, state, n in conn.execute('SELECT "key", state, n FROM row_data WHERE subject = ?', (subject,)):
        event, form, group = key.split("/")
        out.setdefault(FormKey(subject, event, form), []).append((group, state, n))
    for some in out.values():
        some.sort(key=lambda one: (int(one[2]) if one[2].isdigit() else 0, one[0]))
    return out


def form_row(conn: Any, key: FormKey) -> FormRow | None:
    row = conn.execute(
        "SELECT status, heads FROM form_data WHERE cell_unit = ?", (form_unit(key),)
    ).fetchone()
    return FormRow(key, row[0], tuple(json.loads(row[1]))) if row else None


def forms_of_subject(conn: Any, subject: str) -> dict[FormKey, FormRow]:
    rows = conn.execute("SELECT event, form, status, heads FROM form_data WHERE subject = ?", (subject,))
    out = [FormRow(FormKey(subject, r[0], r[1]), r[2], tuple(json.loads(r[3]))) for r in rows]
    return {one.key: one for one in out}


def form_versions(conn: Any, subject: str) -> dict[FormKey, str]:
    """The version of the definition by which each started form of a subject is read.

    The one under which its first record was made, or the one to which it was moved last.
    """
    units = _units_of(subject)
    first = conn.execute(
        "SELECT cell_unit, def, min(printf('%016d', tick) || id) FROM audit_record "
        "WHERE cell_unit > ? AND cell_unit < ? AND def IS NOT NULL GROUP BY cell_unit",
        units,
    )
    found = {row[0]: row[1] for row in first}
    moved = conn.execute(
        "SELECT cell_unit, value FROM audit_record WHERE cell_unit > ? AND cell_unit < ? "
        "AND kind = 'form.migrate' ORDER BY tick, id",
        units,
    )
    found |= dict(moved)
    return {FormKey(subject, *unit.split("|", 2)[2].split("/")): version for unit, version in found.items()}


def signatures_of_form(conn: Any, key: FormKey) -> list[tuple[Entry, bool, str | None]]:
    """(record, valid, id of the record that broke it), oldest first."""
    states = {
        r[0]: (bool(r[1]), r[2])
        for r in conn.execute(
            "SELECT id, valid, broken_by FROM signature WHERE cell_unit = ?", (form_unit(key),)
        )
    }
    found = [
        (one, *states[one.id])
        for one in entries(conn, "cell_unit = ? AND kind = 'sign.make'", (form_unit(key),))
        if one.id in states
    ]
    return sorted(found, key=lambda each: each[0].order)


def forms_signed(conn: Any, subject: str) -> set[FormKey]:
    """Forms of a subject that have a signature, valid or broken."""
    sql = "SELECT DISTINCT cell_unit FROM signature WHERE cell_unit > ? AND cell_unit < ?"
    found = conn.execute(sql, _units_of(subject))
    return {FormKey(subject, *unit.split("|", 2)[2].split("/")) for (unit,) in found}


def signature_states(conn: Any, subject: str) -> dict[str, list[tuple[str, bool]]]:
    """form unit → (signature id, valid) in the order of making, for a casebook."""
    out: dict[str, list[tuple[str, bool]]] = {}
    sql = (
        "SELECT s.cell_unit, s.id, s.valid FROM signature s "
        "JOIN audit_record r ON r.cell_unit = s.cell_unit AND r.id = s.id "
        "WHERE s.cell_unit LIKE ? ORDER BY r.tick, r.id"
    )
    for unit, id_, valid in conn.execute(sql, (f"F|{subject}|%",)):
        out.setdefault(unit, []).append((id_, bool(valid)))
    return out


def waiting_for_signature(conn: Any, subjects: Sequence[str]) -> dict[str, int]:
    """subject uid → complete forms without a valid signature."""
    sql = (
        f"SELECT f.subject, count(*) FROM form_data f WHERE f.subject IN ({_marks(subjects)}) "
        "AND f.status = 'complete' AND NOT EXISTS "
        "(SELECT 1 FROM signature s WHERE s.cell_unit = f.cell_unit AND s.valid) GROUP BY f.subject"
    )
    return dict(conn.execute(sql, tuple(subjects)).fetchall())


def queries(conn: Any, subject: str | None = None, status: str | None = None) -> list[QueryRow]:
    where, values = ["1"], []
    if subject is not None:
        where.append("subject = ?")
        values.append(subject)
    if status is not None:
        where.append("status = ?")
        values.append(status)
    return _queries(conn, " AND ".join(where), values)


def queries_of_subject(conn: Any, subject: str) -> list[QueryRow]:
    """Queries on the forms of one subject; `queries` finds those on the subject itself too."""
    return _queries(conn, "cell_unit > ? AND cell_unit < ?", _units_of(subject))


def _units_of(subject: str) -> tuple[str, str]:
    """Between these two lie the names of the units of a subject's forms, whatever the forms are."""
    return f"F|{subject}|", f"F|{subject}}}"


def queries_of_form(conn: Any, key: FormKey) -> list[QueryRow]:
    return _queries(conn, "cell_unit = ?", (form_unit(key),))


def query_of_thread(conn: Any, thread: str) -> QueryRow | None:
    found = _queries(conn, "thread = ?", (thread,))
    return found[0] if found else None


def _queries(conn: Any, where: str, values: Sequence[Any]) -> list[QueryRow]:
    rows = conn.execute(
        'SELECT thread, subject, "key", status, "check", heads, opened_at, last_at, steps FROM query '
        f"WHERE {where} ORDER BY last_at, thread",
        tuple(values),
    )
    return [
        QueryRow(r[0], r[1], r[2], r[3], r[4], tuple(json.loads(r[5])), r[6], r[7], tuple(json.loads(r[8])))
        for r in rows
    ]


def query_counts(conn: Any, subjects: Sequence[str]) -> dict[str, int]:
    """subject uid → queries that are open."""
    sql = (
        f"SELECT subject, count(*) FROM query WHERE status = 'Open' AND subject IN ({_marks(subjects)}) "
        "GROUP BY subject"
    )
    return dict(conn.execute(sql, tuple(subjects)).fetchall())


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def subject_names(conn: Any) -> list[SubjectName]:
    """Everybody by number."""
    return list(
        starmap(SubjectName, conn.execute("SELECT uid, label, status FROM subject ORDER BY label, uid"))
    )


def subjects(conn: Any) -> list[SubjectRecord]:
    rows = conn.execute("SELECT uid, label, status, heads FROM subject ORDER BY label, uid")
    return [SubjectRecord(r[0], r[1], r[2], json.loads(r[3])) for r in rows]


def subject_of_uid(conn: Any, uid: str) -> SubjectRecord | None:
    row = conn.execute("SELECT uid, label, status, heads FROM subject WHERE uid = ?", (uid,)).fetchone()
    return SubjectRecord(row[0], row[1], row[2], json.loads(row[3])) if row else None


def events_of_subject(conn: Any, subject: str) -> list[tuple[str, str]]:
    """(event key, reason) of the visits that were added by hand."""
    return list(
        conn.execute("SELECT event, reason FROM event_data WHERE subject = ? ORDER BY rowid", (subject,))
    )


def people(conn: Any) -> dict[str, tuple[dict[str, Any], str]]:
    """user id → (what the ledger says of the person, state)."""
    rows = conn.execute('SELECT "user", value, state FROM person')
    return {r[0]: (json.loads(r[1]), r[2]) for r in rows}


def records_of_kind(conn: Any, *kinds: str) -> list[Entry]:
    """All records of some kinds.  Those of the study lie together; others need the whole ledger."""
    of_study = all(kind.startswith(_OF_STUDY) for kind in kinds)
    where = "cell_unit = 'G' AND kind" if of_study else "kind"
    return list(entries(conn, f"{where} IN ({', '.join('?' * len(kinds))})", kinds))


def own_of_kind(conn: Any, identity: ChainIdentity, kind: str) -> list[tuple[int, AuditRecord]]:
    """(place, record) of one kind of the study's records in this device's chain, in their order."""
    where = "cell_unit = 'G' AND kind = ? AND device = ? AND epoch = ?"
    found = placed(conn, where, (kind, identity.device, identity.epoch))
    return sorted(((place[2], entry.record) for place, entry in found), key=lambda one: one[0])


def own_end_at(conn: Any, identity: ChainIdentity) -> str:
    """Time (UTC) of the last record of this device's chain; "" where there is none."""
    sql = "SELECT at FROM audit_record WHERE device = ? AND epoch = ? ORDER BY seq DESC LIMIT 1"
    found = conn.execute(sql, (identity.device, identity.epoch)).fetchone()
    return str(found[0]) if found else ""


def last_record_at(conn: Any, user: str) -> str:
    """Time (UTC) of the record of this person that was stored last; "" where there is none."""
    found = conn.execute(
        'SELECT at FROM audit_record WHERE "user" = ? ORDER BY rowid DESC LIMIT 1', (user,)
    ).fetchone()
    return str(found[0]) if found else ""


def entered_under(conn: Any, version: str, after: str) -> bool:
    """Whether data of a subject were entered under this version, after the record `after`."""
    found = conn.execute(
        "SELECT 1 FROM audit_record WHERE rowid > (SELECT rowid FROM audit_record WHERE id = ?) "
        "AND def = ? AND subject IS NOT NULL LIMIT 1",
        (after, version),
    )
    return found.fetchone() is not None


def study_cells(conn: Any, kind: str) -> dict[str, tuple[Entry, ...]]:
    """key → heads, oldest first, of one kind of the study's cells (`lab.range`)."""
    cells = fold_header(sorted(records_of_kind(conn, kind), key=lambda one: one.order)).cells
    return {name.partition(":")[2]: heads for name, heads in cells.items()}


def records_at(conn: Any, key: FormKey, path: str) -> list[Entry]:
    """All records of one cell, in order."""
    found = entries(conn, 'cell_unit = ? AND "key" = ?', (form_unit(key), path))
    return sorted(found, key=lambda one: one.order)


def placed_at(conn: Any, key: FormKey, path: str) -> list[tuple[tuple[str, int, int], Entry]]:
    """As `records_at`, each with its place: device, epoch, number."""
    found = placed(conn, 'cell_unit = ? AND "key" = ?', (form_unit(key), path))
    return sorted(found, key=lambda one: one[1].order)


def records_of_form(conn: Any, key: FormKey) -> list[Entry]:
    return sorted(entries(conn, "cell_unit = ?", (form_unit(key),)), key=lambda one: one.order)


def record(conn: Any, subject: str, path: str, id_: str) -> AuditRecord | None:
    """A record by its id, among those of its cell (`SE.V1/F.VS/IG.VS/I.VS.SYSBP`)."""
    where = 'cell_unit = ? AND "key" = ? AND id = ?'
    found = next(entries(conn, where, (_unit_of_path(subject, path), path, id_)), None)
    return found.record if found else None


def places(conn: Any, key: FormKey, path: str) -> dict[str, tuple[str, int, int]]:
    """id → (device, epoch, seq) of each record of one cell."""
    rows = conn.execute(
        'SELECT id, device, epoch, seq FROM audit_record WHERE cell_unit = ? AND "key" = ?',
        (form_unit(key), path),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def around(conn: Any, place: tuple[str, int, int], most: int) -> list[tuple[tuple[str, int, int], Entry]]:
    """Records of one chain from `most` places before `place` to `most` behind it, in their order."""
    device, epoch, seq = place
    where = "device = ? AND epoch = ? AND seq BETWEEN ? AND ?"
    return list(placed(conn, where, (device, epoch, seq - most, seq + most)))


def broken_by(conn: Any, ids: Iterable[str]) -> list[str]:
    """Forms (`subject|SE.V1/F.VS`) whose signature one of these records broke."""
    found = conn.execute("SELECT cell_unit, broken_by FROM signature WHERE broken_by IS NOT NULL")
    wanted = set(ids)
    return [row[0].removeprefix("F|") for row in found if row[1] in wanted]


def _unit_of_path(subject: str, path: str) -> str:
    event, form = path.split("/")[:2]
    return f"F|{subject}|{event}/{form}"


def safe_end(conn: Any, identity: ChainIdentity) -> int:
    """The last place of this device's chain that central holds by its hash; 0 before any receipt."""
    sql = (
        "SELECT max(r.seq) FROM receipt r JOIN audit_record a ON a.device = r.device AND a.epoch = r.epoch "
        "AND a.seq = r.seq AND a.hash = r.hash WHERE r.device = ? AND r.epoch = ?"
    )
    return conn.execute(sql, (identity.device, identity.epoch)).fetchone()[0] or 0


def answers_after_by_subject(conn: Any, identity: ChainIdentity, seq: int) -> dict[str, int]:
    """uid → entered answers of this device behind `seq` in its chain."""
    sql = (
        "SELECT subject, count(*) FROM audit_record WHERE device = ? AND epoch = ? AND seq > ? "
        "AND kind IN ('item.set', 'item.resolve') GROUP BY subject"
    )
    return dict(conn.execute(sql, (identity.device, identity.epoch, seq)).fetchall())


def blob(conn: Any, sha256: str) -> bytes | None:
    row = conn.execute("SELECT bytes FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
    return bytes(row[0]) if row else None


def meta(conn: Any, name: str) -> str | None:
    row = conn.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def values_at(conn: Any, subjects: Sequence[str], paths: Sequence[str]) -> dict[str, dict[str, str]]:
    """uid → {path: value} of a few answers of a few subjects, for lists."""
    sql = (
        f'SELECT subject, "key", value FROM item_data WHERE subject IN ({_marks(subjects)}) '
        f'AND "key" IN ({_marks(paths)}) AND value IS NOT NULL'
    )
    out: dict[str, dict[str, str]] = {}
    for subject, key, value in conn.execute(sql, (*subjects, *paths)):
        out.setdefault(subject, {})[key] = value
    return out
