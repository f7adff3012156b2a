"""The state hash of central: equal to a device's that holds the same records.

Forms come from what is stored (`form_data`, `item_data`; `verify` holds it equal to the ledger); subjects'
and the study's own cells are folded here, because duplicate numbers need their records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from crf_app.central import current_values
from crf_app.central.current_values import Item, Unit, simple_state
from crf_app.central.database import refusals
from crf_app.rules.fold import fold
from crf_app.rules.state_hash import duplicate_labels, state_hash_of
from crf_app.rules.unit_state import FormUnit, HeaderUnit

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

_ITEMS = 'SELECT site, cell_unit, "key", subject, head, value, missing, unit, state, late FROM item_data'


def state_hash(conn: Connection[Any]) -> str:
    """One hash over current values, the set of records and open conflicts (64 hex digits)."""
    with refusals(), conn.transaction(), conn.cursor() as cur:
        cur.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        headers = dict(_headers(cur))
        units = {name: state.as_json() for name, state in headers.items()} | dict(stored_forms(cur))
        ids = {row[0].hex() for row in cur.execute("SELECT id FROM audit_record").fetchall()}
    return state_hash_of(units, ids, duplicate_labels(headers))


def stored_forms(cur: Cursor[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(unit, state) of each form, as stored."""
    simple: dict[Unit, list[Item]] = {}
    special = _special(cur)
    for site, unit, *item in cur.execute(_ITEMS).fetchall():
        if (site, unit) not in special:
            simple.setdefault((site, unit), []).append(Item(*item))
    yield from ((unit, state) for (_, unit), state in special.items())
    yield from ((unit, simple_state(items)) for (_, unit), items in simple.items())


def _special(cur: Cursor[Any]) -> dict[Unit, dict[str, Any]]:
    rows = cur.execute("SELECT site, cell_unit, state FROM form_data WHERE special AND cell_unit LIKE 'F|%'")
    return {(site, unit): state for site, unit, state in rows.fetchall()}


def _headers(cur: Cursor[Any]) -> Iterator[tuple[str, FormUnit | HeaderUnit]]:
    study = current_values.study_state(cur)
    if study is not None:
        yield current_values.STUDY_UNIT, study
    units = cur.execute("SELECT site, cell_unit FROM form_data WHERE cell_unit LIKE 'S|%'").fetchall()
    for site, unit in units:
        yield unit, fold(unit, current_values.entries(cur, (site, unit)))
