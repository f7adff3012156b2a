"""Two centrals that take the same bundles: one in memory, one in the real PostgreSQL.

The one in memory is made of the same parts below the database (opening, chain, seal, strict reading, fold);
it costs a millisecond a history, so that ten thousand can be played.  Both answer the same questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from central_simulator import NOW, Databases, embedded_server, request_of
from central_simulator import Central as Database
from ledger_simulator import CENTRAL_BOX, ENV, STUDY, Device

from crf_app.central import devices, state, verify
from crf_app.crypto.keys import verify_ed25519
from crf_app.errors import BundleRefused
from crf_app.model.record import AuditRecord, chain_hash, genesis, record_id, seal_bytes
from crf_app.model.record_reading import parse_record
from crf_app.rules.state_hash import state_hash
from crf_app.rules.unit_state import Entry
from crf_app.sync.bundle import Author, OpenBundle, open_bundle
from crf_app.sync.lines import Segment

Place = tuple[str, int]  # device, epoch
Position = tuple[int, bytes]  # seq, chain hash


class Center(Protocol):
    """What a history needs of a central.  `receive` raises CrfError for a file that is refused."""

    def enrol(self, device: Device) -> None:
        """Take it up; its chain begins with the record of that."""

    def public(self) -> bytes: ...
    def receive(self, data: bytes) -> None: ...
    def held(self) -> set[str]: ...
    def waiting(self) -> int: ...
    def state_hash(self) -> str: ...
    def problems(self) -> list[str]: ...


class InMemory:
    """Holds the lines of the records by place and position.  Subclasses in the tests do it wrongly."""

    def __init__(self) -> None:
        self._box = CENTRAL_BOX
        self._authors: dict[Place, Author] = {}
        self._chains: dict[Place, dict[Position, tuple[Position, bytes]]] = {}
        self._late: dict[str, bytes] = {}

    def enrol(self, device: Device) -> None:
        device.make("device.enrol", subject=None, def_=None, key=device.name, value="{}")
        place = (device.name, device.epoch)
        self._authors[place] = Author(device.sign.public)
        self._chains[place] = {}

    def public(self) -> bytes:
        return self._box.public

    def receive(self, data: bytes) -> None:
        """One bundle, whole or not at all; what came too early waits until it attaches."""
        if self._apply(data):
            while sum(self._apply(late) for late in list(self._late.values())):
                pass  # what was attached may let the next one attach

    def _apply(self, data: bytes) -> bool:
        """Whether something new was taken over."""
        opened = open_bundle(data, study=STUDY, env=ENV, lookup=self._author, mine=self._box)
        place = (opened.header.device, opened.header.epoch)
        new = self._read(opened, place)
        if new is None:
            self._late[opened.name] = data
            return False
        self._late.pop(opened.name, None)
        self._keep(place, new)
        return bool(new)

    def _author(self, name: str, epoch: int) -> Author | None:
        return self._authors.get((name, epoch))

    def _read(self, opened: OpenBundle, place: Place) -> dict[Position, tuple[Position, bytes]] | None:
        """The records that are new, by position; None when their predecessor is not here yet."""
        new: dict[Position, tuple[Position, bytes]] = {}
        attached = True
        for part in opened.parts():
            if not isinstance(part, Segment):
                continue
            at = (part.first - 1, part.prev)
            start = (0, genesis(STUDY, ENV, *place))
            attached = attached and (at == start or at in self._chains[place])
            for line in part.records():
                before, at = at, (at[0] + 1, chain_hash(at[1], record_id(line)))
                if at not in self._chains[place]:
                    new[at] = (before, line)
            sealed = seal_bytes(STUDY, ENV, *place, *at)
            if not verify_ed25519(opened.author.sign_public, part.seal(), sealed):
                raise BundleRefused("The seal is not that of the chain.", "封印与记录链不符。")
        return new if attached else None

    def _keep(self, place: Place, new: dict[Position, tuple[Position, bytes]]) -> None:
        self._chains[place] |= new

    def _lines(self) -> Iterator[bytes]:
        return (line for chain in self._chains.values() for _, line in chain.values())

    def _records(self) -> Iterator[AuditRecord]:
        return map(parse_record, self._lines())

    def held(self) -> set[str]:
        return {record_id(line).hex() for line in self._lines()}

    def waiting(self) -> int:
        return len(self._late)

    def state_hash(self) -> str:
        """From the bytes that came, in the order in which they came."""
        return state_hash(Entry(one.id, one) for one in self._records())

    def problems(self) -> list[str]:
        """Laws 10 and 11: each record has one spelling, each chain closes back to its beginning."""
        found = [
            f"spelled twice: {line!r}" for line in self._lines() if parse_record(line).canonical() != line
        ]
        for place, chain in self._chains.items():
            ends = {(0, genesis(STUDY, ENV, *place)), *chain}
            found += [
                f"chain of {place} is open at {at[0]}"
                for at, (before, _) in chain.items()
                if before not in ends
            ]
        return found


class InPostgres:
    """The real central: `crf_app.central` on a database of its own."""

    def __init__(self, central: Database) -> None:
        self._central = central
        self._numbers: dict[str, tuple[int, int]] = {}
        self._backwards: list[str] = []

    def enrol(self, device: Device) -> None:
        devices.device_add(self._central.conn, request_of(device), now=NOW)

    def public(self) -> bytes:
        return bytes(self._central.keys.box.public)

    def receive(self, data: bytes) -> None:
        """Law 13 is watched on the way: the number of a device's receipt never goes back."""
        outcome = self._central.ingest(data)
        if outcome.state == "applied" and outcome.receipt:
            last = self._numbers.get(outcome.device, (0, 0))
            if outcome.receipt < last:
                self._backwards.append(f"receipt {outcome.receipt} of {outcome.device} after {last}")
            self._numbers[outcome.device] = max(last, outcome.receipt)

    def held(self) -> set[str]:
        rows = self._central.conn.execute("SELECT encode(id, 'hex') FROM audit_record").fetchall()
        return {id_ for (id_,) in rows}

    def waiting(self) -> int:
        return int(self._central.one("SELECT count(*) FROM inbox WHERE state = 'gap'"))

    def state_hash(self) -> str:
        return state.state_hash(self._central.conn)

    def problems(self) -> list[str]:
        return self._backwards + [en for en, _ in verify.verify(self._central.conn).problems]


@contextmanager
def postgres() -> Iterator[Databases]:
    """Makes centrals on an embedded server: `databases.new()` and `databases.drop(central)`."""
    with embedded_server() as server:
        yield Databases(server)
