"""R05-R07: the k-th open, write, sync, rename, removal, cut and read is refused, one after the other.

Each act of the site is run with each call refused once with EIO, and with a disk that is full from that call
on (ENOSPC), on a disk that takes no file for writing (EROFS), and where the system lets no file grow beyond a
size.  The program ends with a sentence and its exit code, or does without what was refused; what it
acknowledged is there, no half file is left, and the same act succeeds once the disk is sound again.
"""

from __future__ import annotations

import errno
import time
from collections import Counter
from pathlib import Path

from bench.soak.forked import Ended, Program
from bench.soak.outcome import Outcome
from bench.soak.recorded import Call, calls_of
from bench.soak.site import ACTS, Act, Judged, Site, bench, judged
from bench.soak.tally import Tally

REFUSALS = {3, 4, 7, 8}
_SIZES = (1 << 12, 1 << 16, 1 << 18)  # bytes
_READS = 12  # of the reads of an act: they are many and alike
Fault = tuple[str, int, int]  # operation, k, errno


def exercise(name: str) -> str:
    return f"refused calls during {name}"


def faulty_shard(name: str, most: int) -> Outcome:
    """All faults of one act, or `most` of them spread over all."""
    act, tally, began = next(one for one in ACTS if one.name == name), Tally(), time.monotonic()
    shared = bench()
    codes: Counter[int] = Counter()
    site, program, folder = shared.site, shared.program, shared.folder
    faults = spread(_faults(calls_of(site, folder, program, act)), most)
    for fault in faults:
        code, found = _tried(site, folder, program, act, fault)
        codes[code] += 1
        tally.add(f"{name}, {fault[0]} {fault[1]}, {errno.errorcode[fault[2]]}", found)
    notes = {f"ended with {code} ({name})": float(count) for code, count in sorted(codes.items())}
    return tally.outcome(exercise(name), len(faults), len(faults), began, notes)


def spread(faults: list[Fault], most: int) -> list[Fault]:
    """`most` of them, evenly; all where there are no more."""
    if most >= len(faults):
        return faults
    return [faults[(2 * n + 1) * len(faults) // (2 * most)] for n in range(most)]


def _faults(calls: list[Call]) -> list[Fault]:
    kinds = Counter("open" if one.kind == "create" else one.kind for one in calls)
    faults: list[Fault] = []
    for kind in ("open", "write", "sync", "rename", "unlink", "truncate", "read"):
        step = max(1, kinds[kind] // _READS) if kind == "read" else 1
        faults += [(kind, k, errno.EIO) for k in range(1, kinds[kind] + 1, step)]
    full = ("write", "sync", "truncate")
    faults += [("make", 1, errno.EROFS), *(("size", size, errno.EFBIG) for size in _SIZES)]
    return faults + [(kind, k, errno.ENOSPC) for kind in full for k in range(1, kinds[kind] + 1)]


def _tried(site: Site, folder: Path, program: Program, act: Act, fault: Fault) -> tuple[int, Judged]:
    place = site.copy(folder / "try")
    kind, k, number = fault
    if kind == "size":
        ended = place.run(program, act, most_bytes=k)
        found = judged(site, place, act, ended, again=program)
        return ended.code, Judged(found.lost, found.wrong + in_words(ended))
    under = {"SOAK_UNDER": f"{place.home}:{place.out}", "SOAK_OP": kind, "SOAK_K": str(k)}
    more = {"SOAK_ERRNO": str(number)} | ({"SOAK_REST": "1"} if number in (errno.ENOSPC, errno.EROFS) else {})
    ended = place.run(program, act, under | more)
    found = judged(site, place, act, ended, halves=kind == "unlink", again=program)
    return ended.code, Judged(found.lost, found.wrong + in_words(ended))


def in_words(ended: Ended) -> tuple[str, ...]:
    """Nothing for an end in order or a refusal with its sentence, else what is wrong with it."""
    if ended.code == 0:
        return ()
    if ended.code not in REFUSALS:
        return (f"ended with {ended.code}: {ended.said}",)
    said = [one for one in ended.rows if one.get("error") and one.get("message")]
    return () if said and not ended.err else (f"{ended.code} without a sentence: {ended.said}",)
