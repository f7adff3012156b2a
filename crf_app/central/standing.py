"""Where things stand before a bundle is read: asked in two questions, one before the lock and one under it.

A small bundle costs what its statements cost, so what belongs together is asked together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crf_app.central.database import ROLE, Study, not_central
from crf_app.sync.bundle import Author

if TYPE_CHECKING:
    from psycopg import Cursor

_BEGIN: Final = """
SELECT set_config('role', %s, true), c.study, c.env, c.cepoch,
       i.device, i.epoch, i.first, i.last, i.cepoch, i.receipt
FROM central c LEFT JOIN inbox i ON i.bundle = %s AND i.state = 'applied'"""
_DEVICE: Final = """
SELECT d.sign_public, d.revoked_at, r.cepoch, r.n,
       EXISTS (SELECT 1 FROM inbox i WHERE i.device = d.device AND i.state = 'gap')
FROM device d
LEFT JOIN LATERAL (SELECT cepoch, n FROM receipt WHERE device = d.device ORDER BY n DESC LIMIT 1) r ON true
WHERE d.device = %s AND d.epoch = %s"""

Number = tuple[int, int]  # (cepoch, n) of a receipt


@dataclass(frozen=True, slots=True)
class Earlier:
    """A file that was applied before, with the receipt it got then."""

    device: str
    epoch: int
    first: int
    last: int
    receipt: Number


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a device whose chain is locked: whose signature counts, its newest receipt, whether bundles wait."""

    author: Author
    receipt: Number | None
    waiting: bool


def begin(cur: Cursor[Any], bundle: str) -> tuple[Study, Earlier | None]:
    """Give up every right but those of ingest until the transaction ends; the study, and what was known.

    Raises WrongState when `central init` was not run.
    """
    row = cur.execute(_BEGIN, (ROLE, bundle)).fetchone()
    if row is None:
        raise not_central()
    _, study, env, cepoch, device, epoch, first, last, *receipt = row
    earlier = Earlier(device, epoch, first, last, (receipt[0], receipt[1])) if device is not None else None
    return Study(study, env, cepoch), earlier


def of_device(cur: Cursor[Any], device: str, epoch: int) -> Standing | None:
    """None for a device that is not enrolled.  Ask it when the device's chain is locked."""
    row = cur.execute(_DEVICE, (device, epoch)).fetchone()
    if row is None:
        return None
    public, revoked_at, cepoch, n, waiting = row
    return Standing(Author(public, revoked_at), None if n is None else (cepoch, n), waiting)
