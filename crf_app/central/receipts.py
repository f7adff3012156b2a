"""Receipts: one more for each bundle that brought something new; (cepoch, n) only grows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from crf_app.central import chains
from crf_app.central.chains import Chain
from crf_app.central.database import Study
from crf_app.sync.lines import End, Receipt

if TYPE_CHECKING:
    from psycopg import Cursor


def issue(
    cur: Cursor[Any], study: Study, chain: Chain, known: Mapping[int, Chain], now: str, *, is_new: bool
) -> tuple[int, int]:
    """The number of the receipt that covers what is held now; a new one when something is new."""
    latest = latest_of(cur, chain.device)
    if latest is not None and not is_new and latest.cepoch == study.cepoch:
        return latest.number
    n = latest.n + 1 if latest else 1
    ends = [end for _, one in sorted(known.items()) for end in one.positions()]
    others = [one for one in chains.read_site(cur, chain.site) if one.device != chain.device]
    tips = [end for one in others for end in one.positions()]
    cur.execute(
        "INSERT INTO receipt VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (chain.site, chain.device, study.cepoch, n, _json(tips), _json(ends), now),
    )
    return study.cepoch, n


def latest_of(cur: Cursor[Any], device: str) -> Receipt | None:
    """The newest receipt of a device."""
    row = cur.execute(
        "SELECT cepoch, n, tips, ends, issued_at FROM receipt WHERE device = %s ORDER BY n DESC LIMIT 1",
        (device,),
    ).fetchone()
    if row is None:
        return None
    cepoch, n, tips, ends, issued_at = row
    return Receipt(device, cepoch, n, _ends(tips), _ends(ends), issued_at)


def _ends(raw: Iterable[Any]) -> tuple[End, ...]:
    return tuple(End(*one) for one in raw)


def _json(ends: Iterable[End]) -> str:
    return json.dumps([list(end) for end in ends])
