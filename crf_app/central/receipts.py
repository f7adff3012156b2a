"""Receipts: one more for each bundle that brought something new; (cepoch, n) only grows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from crf_app.central.chains import Chain
from crf_app.central.database import Study
from crf_app.central.standing import Number
from crf_app.sync.lines import End, Receipt

if TYPE_CHECKING:
    from psycopg import Cursor


#: the tips are the chain ends of the other devices of the site
_ISSUE: Final = """
INSERT INTO receipt (site, device, cepoch, n, ends, issued_at, tips)
SELECT %s, %s, %s, %s, %s, %s, coalesce(
  jsonb_agg(jsonb_build_array(device, epoch, one.value -> 0, one.value -> 1)
            ORDER BY device, epoch, one.key::integer), '[]')
FROM chain, jsonb_each(ends) AS one WHERE site = %s AND device <> %s"""


def issue(
    cur: Cursor[Any], study: Study, chain: Chain, held: Iterable[End], now: str, latest: Number | None,
    *, is_new: bool,
) -> Number:  # fmt: skip
    """The number of the receipt that covers what is `held` now; a new one when something is new."""
    if latest is not None and not is_new and latest[0] == study.cepoch:
        return latest
    n = latest[1] + 1 if latest else 1
    ends = [list(end) for end in held]
    place = (chain.site, chain.device)
    cur.execute(_ISSUE, (*place, study.cepoch, n, json.dumps(ends), now, *place))
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
