"""The list of all bundles that came: applied, waiting for an earlier one, or refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crf_app.errors import CrfError
from crf_app.sync import container
from crf_app.sync.container import Header
from crf_app.sync.lines import End

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

_PUT = """
INSERT INTO inbox (bundle, site, device, epoch, first, last, made_at, arrived_at, state, reason, new_records,
                   cepoch, receipt, size, have, file)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (bundle) DO UPDATE SET site = excluded.site, state = excluded.state, reason = excluded.reason,
  new_records = excluded.new_records, cepoch = excluded.cepoch, receipt = excluded.receipt,
  have = excluded.have, file = excluded.file"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One bundle that came, with what became of it."""

    bundle: str
    site: str
    header: Header
    arrived_at: str
    state: str
    reason: str = ""
    new_records: int = 0
    cepoch: int | None = None
    receipt: int | None = None
    have: Sequence[End] = ()


def put(cur: Cursor[Any], one: Arrived, size: int, file: bytes | None) -> None:
    """Note a bundle; a later state of the same file replaces the earlier one."""
    h = one.header
    place = (one.bundle, one.site, h.device, h.epoch, h.first, h.last, h.made_at, one.arrived_at)
    outcome = (one.state, one.reason, one.new_records, one.cepoch, one.receipt)
    cur.execute(_PUT, (*place, *outcome, size, json.dumps([list(end) for end in one.have]), file))


def waiting(conn: Connection[Any], device: str) -> list[bytes]:
    """The files of a device that wait for an earlier one, in their order."""
    rows = conn.execute(
        "SELECT file FROM inbox WHERE device = %s AND state = 'gap' ORDER BY epoch, first, bundle", (device,)
    ).fetchall()
    return [row[0] for row in rows]


def refuse(cur: Cursor[Any], data: bytes, refusal: CrfError, now: str) -> None:
    """Note a refused file with its reason.  The file itself stays where it came from."""
    header = _header_or_none(data) or Header("", "", "", 0, 0, 0, 0, 0, 0, "", ())
    reason = f"{refusal.code}: {refusal.where}"
    put(cur, Arrived(container.bundle_name(data), "", header, now, "refused", reason), len(data), None)


def _header_or_none(data: bytes) -> Header | None:
    """What the file says of itself; a name in a refused file proves nothing."""
    try:
        return container.read(data).header
    except CrfError:
        return None
