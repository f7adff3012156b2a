"""Which histories of a device part: two computers went on as one, from a backup or from a copy.

A restored device begins a new epoch whose first record, `device.epoch`, names the chain end it continues.
Where the earlier epoch goes on behind that place, or one epoch has two branches, somebody kept writing on a
second computer.  All of it stays and is folded; people are told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crf_app.central.chains import Chain
from crf_app.sync.lines import End

if TYPE_CHECKING:
    from psycopg import Cursor

_FIRST: Final = (
    'SELECT epoch, value, "from" FROM audit_record '
    "WHERE site = %s AND device = %s AND epoch = ANY(%s) AND seq = 1 AND kind = 'device.epoch' ORDER BY epoch"
)
_HELD: Final = (
    "SELECT 1 FROM audit_record WHERE site = %s AND device = %s AND epoch = %s AND seq = %s AND hash = %s"
)


@dataclass(frozen=True, slots=True)
class Joint:
    """Epoch `epoch` goes on from place `seq` of epoch `earlier`; `held`: that very record is here."""

    epoch: int
    earlier: int
    seq: int
    hash: str
    held: bool


def joints(cur: Cursor[Any], known: Mapping[int, Chain]) -> list[Joint]:
    """Of one device, whose chains are locked; nothing is asked while it has one epoch."""
    if len(known) < 2:
        return []
    one = next(iter(known.values()))
    place = (one.site, one.device)
    out = []
    for epoch, value, hash_ in cur.execute(_FIRST, (*place, sorted(known))).fetchall():
        earlier, seq = _continues(value)
        if earlier in known and hash_ is not None:
            asked = (*place, earlier, seq, _bytes(hash_))
            held = cur.execute(_HELD, asked).fetchone() is not None
            out.append(Joint(epoch, earlier, seq, hash_, held))
    return out


def parted(known: Mapping[int, Chain], found: Iterable[Joint]) -> bool:
    """Whether two histories of this device are here."""
    if any(one.forked for one in known.values()):
        return True
    return any(end.seq > one.seq for one in found for end in known[one.earlier].positions())


def ends(known: Mapping[int, Chain], found: Iterable[Joint]) -> list[End]:
    """All chain ends that central holds, and the places from which a later epoch goes on.

    A restored device knows its earlier chain only up to such a place: it finds there that central has it.
    """
    out = [end for _, one in sorted(known.items()) for end in one.positions()]
    for one in found:
        chain = known[one.earlier]
        joint = End(chain.device, one.earlier, one.seq, one.hash)
        if one.held and joint not in out:
            out.append(joint)
    return out


def _continues(value: str | None) -> tuple[int, int]:
    """(epoch, place) that the record names; (0, 0) where it says something else."""
    try:
        said = json.loads(value or "")
    except ValueError:
        return 0, 0
    named = said.get("continues") if isinstance(said, dict) else None
    if not isinstance(named, dict) or {type(named.get(name)) for name in ("epoch", "seq")} != {int}:
        return 0, 0
    return named["epoch"], named["seq"]


def _bytes(hash_: str) -> bytes:
    try:
        return bytes.fromhex(hash_)
    except ValueError:
        return b""
