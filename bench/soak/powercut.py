"""R04: the power fails between any two calls; what was not synced is there, in part, or not at all.

The calls of one act are recorded with their data (`fault.c`) and played again without the program: after each
call the disk as it would be if everything had reached it, and before each sync, after each answer and at the
end the disk that lacks all that was not synced, and the disks that lack one call of it.  The real program
opens each of them.  A write or a cut is safe with the next sync of its file; a new name with that of its file
or folder; a rename and a removal with that of the folder.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.soak.forked import Ended
from bench.soak.outcome import Outcome
from bench.soak.recorded import Call, calls_of
from bench.soak.site import ACTS, Place, bench, judged
from bench.soak.tally import Tally

_CHANGES = ("create", "write", "truncate", "rename", "unlink")
_SHARED = "-shm"  # shared memory, made anew by whoever opens first
Files = dict[str, bytes]  # path below the place → content


def exercise(name: str) -> str:
    return f"power fails during {name}"


def powercut_shard(name: str, most: int) -> Outcome:
    """Every disk of one act, or `most` of them spread over all."""
    act, tally, began = next(one for one in ACTS if one.name == name), Tally(), time.monotonic()
    shared = bench()
    history = History(calls_of(shared.site, shared.folder, shared.program, act), shared.folder / "try")
    disks = list(history.disks(_files(shared.site.place.folder)))
    for disk in _spread(disks, most):
        place = shared.site.copy(shared.folder / "try")
        _lay_out(place, disk.files)
        ended = Ended(-9, disk.said, "", 0.0)
        tally.add(f"{name}, {disk.words}", judged(shared.site, place, act, ended, halves=True))
    notes = {f"calls that change a file ({name})": float(history.changes)}
    tried = min(most, len(disks))
    return tally.outcome(exercise(name), tried, tried, began, notes)


def _spread(disks: list[Disk], most: int) -> list[Disk]:
    if most >= len(disks):
        return disks
    return [disks[(2 * n + 1) * len(disks) // (2 * most)] for n in range(most)]


def _files(folder: Path) -> Files:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in ("home", "out") for path in (folder / part).rglob("*") if path.is_file()
    }  # fmt: skip


def _lay_out(place: Place, files: Files) -> None:
    for part in (place.home, place.out):
        shutil.rmtree(part)
        part.mkdir()
    for name, data in files.items():
        path = place.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@dataclass(frozen=True, slots=True)
class Disk:
    """What a power cut leaves: the files, and what the program had answered by then."""

    words: str
    files: Files
    said: bytes


@dataclass
class History:
    """The calls of one run; a file keeps its number when it is renamed."""

    calls: Sequence[Call]
    root: Path
    numbers: list[int] = field(default_factory=list)  # of the file that each call is about

    @property
    def changes(self) -> int:
        return sum(one.kind in _CHANGES for one in self.calls)

    def disks(self, before: Files) -> Iterator[Disk]:
        """Each different disk once."""
        self._number(before)
        seen: set[tuple[object, ...]] = set()
        for end, lacking, words in self._cuts():
            files = self._played(before, end, lacking)
            said = b"".join(one.data for one in self.calls[:end] if one.kind == "say")
            shape = (hash(tuple(sorted(files.items()))), said)
            if shape not in seen:
                seen.add(shape)
                yield Disk(words, files, said)

    def _cuts(self) -> Iterator[tuple[int, frozenset[int], str]]:
        """(calls that were made, those of them that did not reach the disk, words)."""
        for end in range(len(self.calls) + 1):
            last = self.calls[end - 1].kind if end else ""
            if not end or last in (*_CHANGES, "say"):
                yield end, frozenset(), f"after call {end}"
            at_end = end == len(self.calls)
            if at_end or last == "say" or self.calls[end].kind == "sync":
                loose = self._unsynced(end)
                yield end, frozenset(loose), f"after call {end}, without all that was not synced"
                for one in loose:
                    yield end, frozenset([one]), f"after call {end}, without call {one + 1}"

    def _unsynced(self, end: int) -> list[int]:
        """The changes among the first `end` calls that no sync has brought to disk."""
        return [
            n
            for n, one in enumerate(self.calls[:end])
            if one.kind in _CHANGES and not self._safe(n, one, end)
        ]

    def _safe(self, n: int, change: Call, end: int) -> bool:
        folder = str(Path(change.to or change.path).parent)
        for later in range(n + 1, end):
            if self.calls[later].kind != "sync":
                continue
            if change.kind in ("create", "rename", "unlink") and self.calls[later].path == folder:
                return True
            if change.kind in ("create", "write", "truncate") and self.numbers[later] == self.numbers[n]:
                return True
        return False

    def _number(self, before: Files) -> None:
        """Which file each call is about: names change, files do not."""
        here = {name: number for number, name in enumerate(before)}
        fresh = len(before)
        self.numbers = []
        for one in self.calls:
            name = self._name(one.path)
            if one.kind == "create":
                here[name], fresh = fresh, fresh + 1
            self.numbers.append(here.get(name, -1))
            if one.kind == "rename":
                here[self._name(one.to)] = here.pop(name)
            elif one.kind == "unlink":
                here.pop(name, None)

    def _played(self, before: Files, end: int, lacking: frozenset[int]) -> Files:
        names = {name: number for number, name in enumerate(before)}
        contents = {number: bytearray(data) for number, data in enumerate(before.values())}
        for n, one in enumerate(self.calls[:end]):
            if one.kind not in _CHANGES or n in lacking or self.numbers[n] < 0:
                continue
            number, name = self.numbers[n], self._name(one.path)
            content = contents.setdefault(number, bytearray())
            if one.kind == "create":
                names[name] = number
            elif one.kind == "write":
                content.extend(bytes(max(0, one.at - len(content))))
                content[one.at : one.at + len(one.data)] = one.data
            elif one.kind == "truncate":
                content.extend(bytes(max(0, one.at - len(content))))
                del content[one.at :]
            elif names.get(name) == number:
                del names[name]
            if one.kind == "rename":
                names[self._name(one.to)] = number
        return {name: bytes(contents[at]) for name, at in names.items() if not name.endswith(_SHARED)}

    def _name(self, path: str) -> str:
        return path.removeprefix(f"{self.root}/")
