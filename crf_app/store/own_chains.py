"""The chains of this device, one an epoch: the present one grows, the earlier ones are closed.

A restored device (ADR-0025) brings its earlier chain along.  What central does not hold of it still has to go
there, under the keys of that epoch.  And what central holds of this device but this store does not was
written on another computer that went on as this device: it is kept there, and said here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from crf_app.model.record import ChainIdentity
from crf_app.store.reads import meta, safe_end
from crf_app.store.store import Store
from crf_app.store.vault import Device
from crf_app.sync.lines import End

_ELSEWHERE: Final = "written elsewhere"


@dataclass(frozen=True, slots=True)
class OwnChain:
    """One epoch: its last place, and the last place that central holds by its hash (0: none)."""

    identity: ChainIdentity
    end: int
    safe: int

    @property
    def waiting(self) -> int:
        return self.end - self.safe


def own_chains(store: Store) -> list[OwnChain]:
    """Oldest first; the last one is the chain that grows, also before its first record."""
    conn, present = store.conn, store.identity
    sql = "SELECT epoch, seq FROM seal WHERE device = ? AND epoch < ? ORDER BY epoch"
    ends = [*conn.execute(sql, (present.device, present.epoch)).fetchall(), (present.epoch, store.end.seq)]
    chains = []
    for epoch, end in ends:
        identity = replace(present, epoch=epoch)
        chains.append(OwnChain(identity, end, safe_end(conn, identity)))
    return chains


def keys_of(device: Device, epoch: int) -> Device:
    """The keys under which a chain of this device is sealed; the newest where none of that epoch are kept."""
    return next((one for one in device.earlier if one.epoch == epoch), device)


def held_first(conn: Any, ends: Iterable[End]) -> list[End]:
    """A receipt's ends in the order in which they count here: those that are held, the latest first."""
    return sorted(ends, key=lambda one: (not _held(conn, one), -one.seq))


def note_elsewhere(store: Store, ends: Iterable[End]) -> None:
    """Keep which ends of this device's chains are not in this store.  The caller holds the transaction."""
    mine = [one for one in ends if one.device == store.identity.device and not _held(store.conn, one)]
    said = json.dumps([[one.epoch, one.seq] for one in mine])
    store.conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_ELSEWHERE, said))


def elsewhere(conn: Any) -> list[tuple[int, int]]:
    """(epoch, place) up to which another computer wrote as this device, by central's last receipt."""
    return [(epoch, seq) for epoch, seq in json.loads(meta(conn, _ELSEWHERE) or "[]")]


def _held(conn: Any, end: End) -> bool:
    sql = "SELECT 1 FROM audit_record WHERE device = ? AND epoch = ? AND seq = ? AND hash = ?"
    return conn.execute(sql, (end.device, end.epoch, end.seq, end.hash)).fetchone() is not None
