"""Where a segment attaches: the ends and branches of a device's chains, and what is known already.

A chain position is (device, epoch, seq, hash).  A restored or cloned device writes a second record at a place
that is taken: both branches stay, the new one gets the next number, and a branch keeps its predecessor's
number as long as it is the first to continue.  The chain's row is the lock of the device.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from crf_app.model.record import genesis
from crf_app.sync.lines import End

if TYPE_CHECKING:
    from psycopg import Cursor

Position = tuple[int, bytes]  # (seq, hash)


@dataclass
class Chain:
    """One (device, epoch): `ends` maps branch → its last position."""

    site: str
    device: str
    epoch: int
    ends: dict[int, Position]
    forked: bool

    def positions(self) -> list[End]:
        return [
            End(self.device, self.epoch, seq, hash_.hex()) for _, (seq, hash_) in sorted(self.ends.items())
        ]


@dataclass
class Attachment:
    """Where new records go on.  `known` holds the positions that are in the ledger already, by branch."""

    chain: Chain
    last: Position
    branch: int | None  # None before the first record of a chain
    known: dict[Position, int] = field(default_factory=dict)

    def knows(self, position: Position) -> bool:
        """Whether this record is in the ledger; if so, the segment goes on behind it."""
        branch = self.known.get(position)
        if branch is None:
            return False
        self.last, self.branch = position, branch
        return True

    def branch_for_new(self) -> int:
        """The branch of the first new record; marks the chain as forked when the place is taken."""
        if self.branch is None and not self.chain.ends:
            return 0
        if self.branch is not None and self.chain.ends.get(self.branch) == self.last:
            return self.branch
        self.chain.forked = True
        return max(self.chain.ends) + 1


def lock(cur: Cursor[Any], device: str) -> dict[int, Chain]:
    """All chains of a device by epoch, locked until the transaction ends."""
    rows = cur.execute(
        "SELECT site, epoch, ends, forked FROM chain WHERE device = %s ORDER BY epoch FOR UPDATE", (device,)
    ).fetchall()
    return {epoch: Chain(site, device, epoch, _ends(ends), forked) for site, epoch, ends, forked in rows}


def attach(
    cur: Cursor[Any], chain: Chain, study: tuple[str, str], first: int, prev: bytes, n: int
) -> Attachment | None:
    """Where a segment of `n` records from `first` on attaches, or None when its predecessor is not here."""
    start = (first - 1, prev)
    if first == 1 and prev != genesis(*study, chain.device, chain.epoch):
        return None
    for branch, end in chain.ends.items():
        if end == start and len(chain.ends) == 1:
            return Attachment(chain, start, branch)
    if first == 1 and not chain.ends:
        return Attachment(chain, start, None)
    known = _known(cur, chain, first - 1, first + n - 1)
    if first > 1 and start not in known:
        return None
    return Attachment(chain, start, known.get(start), known)


def tick_at(cur: Cursor[Any], chain: Chain, position: Position) -> int:
    """The tick of the record at `position`; 0 before the first."""
    row = cur.execute(
        "SELECT tick FROM audit_record WHERE device = %s AND epoch = %s AND seq = %s AND hash = %s",
        (chain.device, chain.epoch, *position),
    ).fetchone()
    return row[0] if row else 0


_SAVE: Final = """
WITH sealed AS (INSERT INTO seal (site, device, epoch, seq, hash, signature)
                VALUES (%(site)s, %(device)s, %(epoch)s, %(seq)s, %(hash)s, %(seal)s) ON CONFLICT DO NOTHING)
UPDATE chain SET ends = %(ends)s, forked = %(forked)s WHERE device = %(device)s AND epoch = %(epoch)s"""


def save(cur: Cursor[Any], chain: Chain, sealed: Position, seal: bytes) -> None:
    """Where the chain ends now, and the author's seal at the place that the bundle reached."""
    ends = {str(branch): [seq, hash_.hex()] for branch, (seq, hash_) in chain.ends.items()}
    place = {"site": chain.site, "device": chain.device, "epoch": chain.epoch}
    at = {"seq": sealed[0], "hash": sealed[1], "seal": seal}
    cur.execute(_SAVE, place | at | {"ends": json.dumps(ends), "forked": chain.forked})


def _known(cur: Cursor[Any], chain: Chain, first: int, last: int) -> dict[Position, int]:
    rows = cur.execute(
        "SELECT seq, hash, branch FROM audit_record"
        " WHERE device = %s AND epoch = %s AND seq BETWEEN %s AND %s",
        (chain.device, chain.epoch, first, last),
    ).fetchall()
    return {(seq, hash_): branch for seq, hash_, branch in rows}


def _ends(raw: dict[str, Any]) -> dict[int, Position]:
    return {int(branch): (seq, bytes.fromhex(hash_)) for branch, (seq, hash_) in raw.items()}
