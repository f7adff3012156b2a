"""SELECTs behind "my day": counts over many subjects, some at a time, so that no one statement is long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from crf_app.model.keys import FormKey
from crf_app.model.record import ChainIdentity

#: statuses after which a form asks nothing of the person who enters
FINISHED = ("complete", "frozen", "locked", "not_done")

#: what happened in the same second stands by subject number, place and check: the same on every device
_SAME_SECOND = '(SELECT label FROM subject s WHERE s.uid = query.subject), "key", "check", thread'
#: a subject that was made by mistake is of no account here
_COUNTS = "subject NOT IN (SELECT uid FROM subject WHERE status = 'entered_in_error')"


class FormLine(NamedTuple):
    """A begun form of one subject."""

    event: str
    form: str
    status: str


class LastAnswer(NamedTuple):
    """The answer of a subject that was stored last: where, and when (UTC)."""

    path: str
    at: str


class ToSign(NamedTuple):
    """A complete form without a valid signature; `again`: it had one, and something changed since."""

    key: FormKey
    again: bool


class OpenQuery(NamedTuple):
    """`check`: OID of the check that asks, empty where a person does."""

    thread: str
    subject: str
    check: str
    last_at: str


def forms_begun(conn: Any, subjects: Sequence[str]) -> dict[str, list[FormLine]]:
    """subject uid → its begun forms."""
    out: dict[str, list[FormLine]] = {}
    sql = f"SELECT subject, event, form, status FROM form_data WHERE subject IN ({_marks(subjects)})"
    for subject, *rest in conn.execute(sql, tuple(subjects)):
        out.setdefault(subject, []).append(FormLine(*rest))
    return out


def answers_entered(conn: Any, subjects: Sequence[str]) -> int:
    """Answers that people entered, of these subjects; what is calculated is not counted."""
    sql = (
        f"SELECT count(*) FROM item_data WHERE subject IN ({_marks(subjects)}) "
        "AND kind IN ('item.set', 'item.resolve') AND (value IS NOT NULL OR missing IS NOT NULL)"
    )
    return int(conn.execute(sql, tuple(subjects)).fetchone()[0])


def last_answer(conn: Any, subject: str, event: str) -> LastAnswer | None:
    """The answer of one visit that was stored last; None where nothing is entered."""
    row = conn.execute(
        'SELECT "key", at FROM item_data WHERE subject = ? AND "key" >= ? AND "key" < ? '
        "AND kind IN ('item.set', 'item.resolve') ORDER BY at DESC, rowid DESC LIMIT 1",
        (subject, f"{event}/", f"{event}0"),  # "0" follows "/"
    ).fetchone()
    return LastAnswer(*row) if row else None


def rows_waiting(conn: Any, subjects: Sequence[str], rows: str, since: str, until: str) -> set[str]:
    """Of these subjects, those with a row (`rows`: a piece of its key) that has `since` and not `until`."""
    sql = (
        "SELECT DISTINCT r.subject FROM row_data r JOIN item_data s ON s.subject = r.subject "
        f'AND s."key" = r."key" || \'/\' || ? WHERE r.subject IN ({_marks(subjects)}) '
        "AND r.state <> 'deleted' AND instr(r.\"key\", ?) > 0 AND s.value IS NOT NULL AND NOT EXISTS "
        '(SELECT 1 FROM item_data u WHERE u.subject = r.subject AND u."key" = r."key" || \'/\' || ? '
        "AND (u.value IS NOT NULL OR u.missing IS NOT NULL))"
    )
    return {row[0] for row in conn.execute(sql, (since, *subjects, rows, until))}


def forms_answered_since(
    conn: Any, subjects: Sequence[str], form: str, locals_: Sequence[str], since: str
) -> list[FormKey]:
    """Forms `form` of these subjects with an answer to one of the items `locals_` since then (UTC)."""
    sql = (
        "SELECT DISTINCT f.subject, f.event, f.form FROM form_data f "
        "JOIN item_data i ON i.subject = f.subject "
        f"AND i.\"key\" = f.event || '/' || f.form || '/' || ? WHERE f.subject IN ({_marks(subjects)}) "
        "AND f.form = ? AND i.value IS NOT NULL AND i.at >= ?"
    )
    found = {FormKey(*row) for local in locals_ for row in conn.execute(sql, (local, *subjects, form, since))}
    return sorted(found, key=str)


def forms_to_sign(conn: Any) -> list[ToSign]:
    """Complete forms without a valid signature, of everybody."""
    signed = "EXISTS (SELECT 1 FROM signature s WHERE s.cell_unit = f.cell_unit"
    rows = conn.execute(
        f"SELECT f.subject, f.event, f.form, {signed}) FROM form_data f "
        f"WHERE f.status = 'complete' AND {_COUNTS} AND NOT {signed} AND s.valid)"
    )
    return [ToSign(FormKey(*row[:3]), bool(row[3])) for row in rows]


def open_queries(conn: Any) -> list[OpenQuery]:
    """Queries that wait for an answer, the newest first."""
    rows = conn.execute(
        "SELECT thread, subject, \"check\", last_at FROM query WHERE status = 'Open' "
        f"AND {_COUNTS} "
        f"ORDER BY last_at DESC, {_SAME_SECOND}"
    )
    return [OpenQuery(*row) for row in rows]


def open_query_count(conn: Any) -> int:
    """How many queries wait for an answer."""
    return int(conn.execute("SELECT count(*) FROM query WHERE status = 'Open'").fetchone()[0])


def answered_queries(conn: Any) -> list[OpenQuery]:
    """Queries that were answered and are not closed, the newest first."""
    rows = conn.execute(
        "SELECT thread, subject, \"check\", last_at FROM query WHERE status = 'Answered' "
        f"AND {_COUNTS} "
        f"ORDER BY last_at DESC, {_SAME_SECOND}"
    )
    return [OpenQuery(*row) for row in rows]


def first_answer_after(conn: Any, identity: ChainIdentity, seq: int) -> str:
    """Time (UTC) of this device's first answer behind a place of its chain; "" where there is none."""
    return _time(conn, identity, seq, "seq")


def last_answer_at(conn: Any, identity: ChainIdentity) -> str:
    """Time (UTC) of this device's last answer; "" where there is none."""
    return _time(conn, identity, 0, "seq DESC")


def _time(conn: Any, identity: ChainIdentity, seq: int, order: str) -> str:
    row = conn.execute(
        "SELECT at FROM audit_record WHERE device = ? AND epoch = ? AND seq > ? "
        f"AND kind IN ('item.set', 'item.resolve') ORDER BY {order} LIMIT 1",
        (identity.device, identity.epoch, seq),
    ).fetchone()
    return str(row[0]) if row else ""


def last_receipt_at(conn: Any) -> str:
    """When central issued the last receipt (UTC); "" before any."""
    row = conn.execute("SELECT issued_at FROM receipt ORDER BY cepoch DESC, n DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
