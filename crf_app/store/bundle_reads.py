"""What the sync page counts: kinds of records in a piece of a chain, receipts, answers after a lock."""

from __future__ import annotations

from typing import Any

from crf_app.model.record import ChainIdentity


def kinds_between(conn: Any, identity: ChainIdentity, first: int, last: int) -> dict[str, int]:
    """kind → records of this device from `first` to `last`."""
    sql = (
        "SELECT kind, count(*) FROM audit_record WHERE device = ? AND epoch = ? AND seq BETWEEN ? AND ? "
        "GROUP BY kind"
    )
    return dict(conn.execute(sql, (identity.device, identity.epoch, first, last)).fetchall())


def receipts(conn: Any, identity: ChainIdentity) -> list[tuple[int, int, str, str]]:
    """(central's number, our last place, issued, applied; UTC) of receipts for this chain, newest first."""
    sql = (
        "SELECT n, seq, issued_at, applied_at FROM receipt WHERE device = ? AND epoch = ? "
        "ORDER BY cepoch DESC, n DESC"
    )
    return [tuple(row) for row in conn.execute(sql, (identity.device, identity.epoch))]


def answers_after_lock(conn: Any) -> list[tuple[str, str]]:
    """(subject, address) of answers that wait because their form was locked elsewhere before."""
    sql = 'SELECT subject, "key" FROM item_data WHERE late <> \'[]\' ORDER BY subject, "key"'
    return [tuple(row) for row in conn.execute(sql)]
