"""The folded tables: kept in the same transaction as the ledger, rebuilt from it at any time.

Usually a record touches one cell, and folding that cell's records is enough.  A form that is signed or
closed is *special*: any record folds the whole form again, because a judgement may change.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final

from crf_app.model.record import json_of_ids
from crf_app.rules.fold import fold, fold_answer, fold_thread, heads_of, unit_of
from crf_app.rules.unit_state import ANSWER_KINDS, QUERY_STEP, Cell, Entry, FormUnit, HeaderUnit, Thread
from crf_app.store.migrations import FOLDED


def fold_touched(conn: Any, entries: Sequence[Entry]) -> None:
    """Fold again whatever `entries`, already in the ledger, touch."""
    units: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        units[unit_of(one.record)].append(one)
    for unit, some in units.items():
        row = conn.execute("SELECT special FROM form_data WHERE cell_unit = ?", (unit,)).fetchone()
        if row is None and _count(conn, unit) == len(some):
            write_unit(conn, unit, fold(unit, some), some)  # its first records: none need be read
        elif row is None or row[0] or not all(map(_of_one_cell, some)):
            _fold_unit(conn, unit)
        else:
            _fold_cells(conn, unit, some)


def _count(conn: Any, unit: str) -> int:
    return int(conn.execute("SELECT count(*) FROM audit_record WHERE cell_unit = ?", (unit,)).fetchone()[0])


def _of_one_cell(one: Entry) -> bool:
    return one.record.kind in ANSWER_KINDS or one.record.kind in QUERY_STEP


def rebuild(conn: Any) -> None:
    """All folded tables from nothing; the caller holds the transaction."""
    for table in FOLDED:
        conn.execute(f"DELETE FROM {table}")
    units = [row[0] for row in conn.execute("SELECT DISTINCT cell_unit FROM audit_record")]
    for unit in units:
        _fold_unit(conn, unit)


def _fold_unit(conn: Any, unit: str) -> None:
    records = _records(conn, "cell_unit = ?", (unit,))
    write_unit(conn, unit, fold(unit, records), records)


def _records(conn: Any, where: str, values: Sequence[Any]) -> list[Entry]:
    from crf_app.store.ledger import entries

    return list(entries(conn, where, values))


def _fold_cells(conn: Any, unit: str, entries: Sequence[Entry]) -> None:
    answers: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        if one.record.kind in ANSWER_KINDS:
            answers[one.record.key or ""].append(one)
    if all(len(some) == 1 for some in answers.values()) and _all_follow(
        conn, unit, [some[0] for some in answers.values()]
    ):
        answers = {}
    for key in answers:
        of_key = _records(conn, 'cell_unit = ? AND "key" = ?', (unit, key))
        cell = fold_answer(key, [one for one in of_key if one.record.kind in ANSWER_KINDS])
        write_answer(conn, unit, cell, sum(one.record.kind in ANSWER_KINDS for one in of_key))
    for thread, key in {
        (one.record.thread or "", one.record.key or "") for one in entries if one.record.kind in QUERY_STEP
    }:
        steps = [
            one
            for one in _records(conn, 'cell_unit = ? AND "key" = ?', (unit, key))
            if one.record.thread == thread
        ]
        write_query(conn, unit, fold_thread(thread, steps))


def _all_follow(conn: Any, unit: str, entries: Sequence[Entry]) -> bool:
    """Write each record that starts its cell or names its one clean head: then it is the value.

    False when that holds for some only; those that were written are right all the same.
    """
    first = [_answer_row(unit, _clean(one), 1) for one in entries if not one.record.parents]
    next_ = [_next_row(one) for one in entries if len(one.record.parents) == 1]
    written = _rows_written(conn, f"{_ANSWER} ON CONFLICT DO NOTHING", first)
    written += _rows_written(conn, _NEXT, next_)
    return written == len(entries)


def _clean(one: Entry) -> Cell:
    return Cell(one.record.key or "", "clean", one, (one,))


def _rows_written(conn: Any, sql: str, rows: Sequence[tuple[Any, ...]]) -> int:
    return int(conn.executemany(sql, rows).rowcount) if rows else 0


def write_unit(conn: Any, unit: str, state: FormUnit | HeaderUnit, entries: Sequence[Entry]) -> None:
    """Replace what the tables say about one unit, folded from `entries`."""
    if isinstance(state, FormUnit):
        for table, rows in form_rows(unit, state, entries).items():
            conn.execute(f"DELETE FROM {table} WHERE cell_unit = ?", (unit,))
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                conn.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    elif unit == "G":
        _write_study(conn, state)
    else:
        _write_subject(conn, unit[2:], state)


def form_rows(unit: str, state: FormUnit, entries: Sequence[Entry]) -> dict[str, list[tuple[Any, ...]]]:
    """table → the rows that it must hold for one form, with their columns in the table's order."""
    _, subject, path = unit.split("|", 2)
    event, form = path.split("/")
    special = bool(state.rows or state.signatures or state.status in ("frozen", "locked"))
    heads = _ids(state.status_heads)
    steps = Counter(one.record.key or "" for one in entries if one.record.kind in ANSWER_KINDS)
    return {
        "form_data": [
            (unit, subject, event, form, state.status, heads, int(special), json.dumps(state.unknown))
        ],
        "item_data": [_answer_row(unit, cell, steps[key]) for key, cell in state.answers.items()],
        "row_data": [
            (subject, row.key, unit, row.state, row.n, _ids(row.heads)) for row in state.rows.values()
        ],
        "query": [_query_row(unit, thread) for thread in state.queries.values()],
        "signature": [(one.id, unit, int(one.valid), one.broken_by) for one in state.signatures],
    }


_ANSWER: Final = "INSERT INTO item_data VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_CONTENT: Final = (
    "value",
    "missing",
    "unit",
    "state",
    "head",
    "heads",
    "late",
    "kind",
    '"user"',
    "at",
    "steps",
)
_REPLACE: Final = " ON CONFLICT DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _CONTENT)
_NEXT: Final = (
    "UPDATE item_data SET value = ?, missing = ?, unit = ?, head = ?, heads = ?, kind = ?, "
    '"user" = ?, at = ?, steps = steps + 1 '
    "WHERE subject = ? AND \"key\" = ? AND state = 'clean' AND late = '[]' AND heads = ?"
)


def write_answer(conn: Any, unit: str, cell: Cell, steps: int) -> None:
    """In place where the cell stands already: its row keeps its page and its index entries."""
    conn.execute(_ANSWER + _REPLACE, _answer_row(unit, cell, steps))


def _answer_row(unit: str, cell: Cell, steps: int) -> tuple[Any, ...]:
    record = cell.shown.record
    return (
        record.subject,
        cell.key,
        unit,
        record.value,
        record.missing,
        record.unit,
        cell.state,
        cell.shown.id,
        _ids(cell.heads),
        _ids(cell.late),
        record.kind,
        record.user,
        record.at,
        steps,
    )


def _next_row(one: Entry) -> tuple[Any, ...]:
    """The values of `_NEXT`."""
    record, heads = one.record, json_of_ids((one.id,))
    content = (record.value, record.missing, record.unit, one.id, heads, record.kind, record.user, record.at)
    return (*content, record.subject, record.key, json_of_ids(record.parents))


def write_query(conn: Any, unit: str, thread: Thread) -> None:
    conn.execute(
        "INSERT INTO query VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        '"key" = excluded."key", status = excluded.status, heads = excluded.heads, '
        '"check" = excluded."check", opened_at = excluded.opened_at, last_at = excluded.last_at, '
        "steps = excluded.steps",
        _query_row(unit, thread),
    )


def _query_row(unit: str, thread: Thread) -> tuple[Any, ...]:
    first, last = thread.steps[0].record, thread.steps[-1].record
    check = json.loads(first.value).get("check", "") if first.value and first.role == "system" else ""
    return (
        thread.thread,
        first.subject,
        thread.key,
        unit,
        thread.status,
        _ids(heads_of(thread.steps)),
        check,
        first.at,
        last.at,
        json_of_ids(one.id for one in thread.steps),
    )


def _write_subject(conn: Any, uid: str, state: HeaderUnit) -> None:
    conn.execute("DELETE FROM subject WHERE uid = ?", (uid,))
    conn.execute("DELETE FROM event_data WHERE subject = ?", (uid,))
    label, status = state.shown("label"), state.shown("status")
    heads = {
        name: [one.id for one in some] for name, some in state.cells.items() if name in ("label", "status")
    }
    if label is not None:
        conn.execute(
            "INSERT INTO subject VALUES (?, ?, ?, ?)",
            (uid, label.value or "", (status.value if status else None) or "screening", json.dumps(heads)),
        )
    for name in state.cells:
        record = state.shown(name)
        if record is not None and record.kind == "event.add":
            conn.execute("INSERT INTO event_data VALUES (?, ?, ?)", (uid, record.key, record.reason or ""))


def _write_study(conn: Any, state: HeaderUnit) -> None:
    """Each person's name and role, as changed last, and whether she may sign in."""
    conn.execute("DELETE FROM person")
    grants, roles = (
        {name[len(kind) :]: state.shown(name) for name in state.cells if name.startswith(kind)}
        for kind in ("user.grant:", "user.role:")
    )
    for name in state.cells:
        record = state.shown(name)
        if record is not None and record.kind == "user.add":
            grant, role = grants.get(record.key or ""), roles.get(record.key or "") or record
            conn.execute(
                "INSERT OR REPLACE INTO person VALUES (?, ?, ?)",
                (record.key, role.value or "{}", (grant.value if grant else None) or "active"),
            )


def _ids(entries: Sequence[Entry]) -> str:
    return json_of_ids(sorted(one.id for one in entries))
