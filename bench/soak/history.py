"""One history of several devices and a central, all of it drawn from one seed, and the laws at its end.

Two to four devices answer, correct, lock, sign, query and meet; copies of a device go on by themselves (a
restored back-up, a cloned laptop), a device that lost its chain begins a new epoch; bundles come twice, late,
in another order, cut anywhere, damaged or never.  At the end everyone sends everything once more.  The laws
are those of docs/architecture.md; the evidence of each failure is a sentence, its seed plays it again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from ledger_simulator import Device

from bench.soak.centrals import Center
from crf_app.errors import CrfError
from crf_app.model.record import conflict_id
from crf_app.rules.fold import fold, unit_of
from crf_app.rules.state_hash import state_hash
from crf_app.rules.unit_state import ANSWER_KINDS, Entry, FormUnit

NAMES = ("D07", "D12", "D31", "D40")
VALUES = ("1", "2", "3", "<3", 'x"\\\t血\n压')
MOST_LIVES = 8
#: weights of the steps, by mode; a history has the mode of its seed
MODES: dict[str, dict[str, int]] = {
    "mixed": {"answer": 8, "meet": 2, "lock": 1, "sign": 1, "row": 2, "query": 2, "head": 1, "send": 5},
    "dense": {"answer": 20, "meet": 1, "send": 4},
    "fork": {"answer": 8, "meet": 1, "row": 1, "send": 5, "copy": 2, "epoch": 1},
    "lock": {"answer": 8, "meet": 2, "lock": 4, "sign": 3, "row": 2, "send": 3},
    "talk": {"answer": 3, "meet": 3, "query": 8, "lock": 1, "send": 3},
}


@dataclass
class Told:
    """What happened: counts, and every law that did not hold."""

    seed: int
    records: int = 0
    bundles: int = 0
    damaged: int = 0
    lost: int = 0
    broken: list[str] = field(default_factory=list)


def play(seed: int, center: Center) -> Told:
    """Play the history of `seed` into `center` and hold it against the laws."""
    history = History(seed, center)
    history.live()
    history.send_everything()
    return history.judged()


class History:
    """The devices that live, what they did, and what is still on its way."""

    def __init__(self, seed: int, center: Center) -> None:
        self.chance, self.center, self.told = random.Random(seed), center, Told(seed)
        self.mode = tuple(MODES)[seed % len(MODES)]
        self.devices: list[Device] = []
        self.late: list[bytes] = []
        for name in NAMES[: self.chance.randint(2, len(NAMES))]:
            self._enrol(name, 1)

    def _enrol(self, name: str, epoch: int) -> Device:
        device = Device(name, epoch)
        self.center.enrol(device)
        self.devices.append(device)
        return device

    # living

    def live(self) -> None:
        steps = self.chance.choices(
            list(MODES[self.mode]), list(MODES[self.mode].values()), k=self.chance.randint(40, 119)
        )
        ways: dict[str, Callable[[Device], None]] = {
            "answer": self._answer, "meet": self._meet, "lock": self._lock, "sign": self._sign,
            "row": self._row, "query": self._query, "head": self._head, "send": self._send,
            "copy": self._copy, "epoch": self._epoch,
        }  # fmt: skip
        for step in steps:
            ways[step](self.chance.choice(self.devices))

    def _answer(self, device: Device) -> None:
        device.at = f"2026-11-{self.chance.randint(1, 28):02d}T08:00:00.000Z"  # clocks say anything
        device.answer(self.chance.randrange(4), self.chance.choice(VALUES), f"reason of {len(device.own)}")

    def _meet(self, device: Device) -> None:
        device.see(self.chance.choice(self.devices))

    def _lock(self, device: Device) -> None:
        device.lock(self.chance.choice(("open", "complete", "frozen", "locked")))

    def _sign(self, device: Device) -> None:
        made = device.signature()
        state = next(one for one in device.form().signatures if one.id == made.id)
        self._law(8, state.valid, f"signature {made.id[:16]} is not valid when it is fresh")

    def _row(self, device: Device) -> None:
        device.row(self.chance.choice(("aaaaaaaaaa", "bbbbbbbbbb")))

    def _query(self, device: Device) -> None:
        kind = self.chance.choice(("query.open", "query.answer", "query.close", "query.reopen"))
        device.query(kind, self.chance.randrange(2))

    def _head(self, device: Device) -> None:
        subject = f"001-{self.chance.randrange(3):010d}"
        device.make(
            "subject.label", subject=subject, key="SE.SCR", value=self.chance.choice(("001-0001", "001-0002"))
        )

    def _copy(self, device: Device) -> None:
        """A copy goes on beside the first: both write the same places."""
        if len(self.devices) < MOST_LIVES:
            self.devices.append(device.clone())

    def _epoch(self, device: Device) -> None:
        """A declared restore: the same device begins a new chain and knows what it saw."""
        epoch = 1 + max(one.epoch for one in self.devices if one.name == device.name)
        if len(self.devices) < MOST_LIVES and epoch <= 3:
            self._enrol(device.name, epoch).see(device)

    # sending

    def _send(self, device: Device) -> None:
        first = max(1, len(device.own) - self.chance.randint(0, 8))
        data = device.bundle(first, None, [self.center.public()]).data
        how = self.chance.choice(("once", "once", "twice", "late", "lost", "damaged"))
        if how == "late":
            self.late.append(data)
        elif how == "damaged":
            self._damage(data)
        elif how != "lost":
            for _ in range(2 if how == "twice" else 1):
                self._deliver(data)

    def _deliver(self, data: bytes) -> None:
        self.told.bundles += 1
        try:
            self.center.receive(data)
        except CrfError as refusal:
            self.told.broken.append(f"law 3: a sound bundle is refused: {refusal.sentence('en')}")

    def _damage(self, data: bytes) -> None:
        """Law 9: one bit changed, or cut, is refused and changes nothing."""
        self.told.damaged += 1
        at = self.chance.randrange(len(data))
        bit = bytes([data[at] ^ (1 << self.chance.randrange(8))])
        spoilt = data[:at] if self.chance.random() < 0.3 else data[:at] + bit + data[at + 1 :]
        before = self.center.held()
        try:
            self.center.receive(spoilt)
        except CrfError:
            self._law(9, self.center.held() == before, "a refused file changed something")
        else:
            self._law(9, False, f"a file changed at byte {at} of {len(data)} was taken")

    def send_everything(self) -> None:
        """What was late comes in any order; then each device sends its whole chain in overlapping pieces."""
        pieces = list(self.late)
        for device in self.devices:
            last = len(device.own)
            cuts = sorted({1, *(self.chance.randint(1, last) for _ in range(self.chance.randint(0, 3)))})
            for start, stop in zip(cuts, [*cuts[1:], last + 1], strict=True):
                first = max(1, start - self.chance.randint(0, 2))
                pieces.append(device.bundle(first, stop - 1, [self.center.public()]).data)
        self.chance.shuffle(pieces)
        for data in pieces:
            self._deliver(data)

    # the laws

    def judged(self) -> Told:
        truth = {one.id: one for device in self.devices for one in device.entries}
        held = self.center.held()
        self.told.records, self.told.lost = len(truth), len(truth.keys() - held)
        self._law(3, not truth.keys() - held, f"{self.told.lost} of {len(truth)} records are not at central")
        self._law(3, not held - truth.keys(), "central holds a record that nobody made")
        self._law(12, self.center.waiting() == 0, "bundles wait though everything was sent")
        again = (
            list(truth.values()) + self.chance.choices(list(truth.values()), k=len(truth)) if truth else []
        )
        self.chance.shuffle(again)
        self._law(
            1, self.center.state_hash() == state_hash(again), "central and the devices fold to other states"
        )
        for problem in self.center.problems():
            self.told.broken.append(f"laws 2, 10, 11, 13: {problem}")
        self._every_answer_is_somewhere(list(truth.values()))
        return self.told

    def _every_answer_is_somewhere(self, entries: list[Entry]) -> None:
        """Laws 4 and 6: shown, listed, or named by what replaced it; a conflict has the id of its place."""
        replaced = {parent for one in entries for parent in one.record.parents}
        units = {unit_of(one.record) for one in entries}
        for unit in sorted(unit for unit in units if unit.startswith("F|")):
            mine = [one for one in entries if unit_of(one.record) == unit]
            state = fold(unit, mine)
            assert isinstance(state, FormUnit)
            listed = {one.id for cell in state.answers.values() for one in (*cell.heads, *cell.late)}
            answers = {one.id for one in mine if one.record.kind in ANSWER_KINDS}
            self._law(4, answers <= listed | replaced, f"an answer of {unit} is nowhere")
            subject = unit.split("|")[1]
            sound = all(id_ == conflict_id(subject, key) for id_, key in state.conflicts.items())
            self._law(6, sound, f"a conflict of {unit} has another id")

    def _law(self, number: int, holds: bool, words: str) -> None:
        if not holds:
            self.told.broken.append(f"law {number}: {words}")
