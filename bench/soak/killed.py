"""R02: kill -9 while a form is signed, a PDF, a backup or a bundle is written: all of it or nothing.

Half of the kills come at a random moment, half at a random call to the file system, where it hurts.  Each try
has a copy of the site; afterwards a final name holds a complete, valid file or none, the signature is in the
ledger with its document or nothing of it, nothing lies in the temporary folder, and the same act succeeds and
takes the half file away.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from bench.soak.forked import Program
from bench.soak.outcome import Outcome
from bench.soak.recorded import timed_calls_of
from bench.soak.site import ACTS, Act, Place, Site, bench, judged
from bench.soak.tally import Tally

NAMES = ("sign", "export", "backup", "bundle", "rotate")
_MOST = 10  # tries for each kill that is asked for: some end before it


def exercise(name: str) -> str:
    return f"kill -9 during {name}"


def killed_shard(name: str, kills: int, seed: int) -> Outcome:
    """`kills` kills during one of `NAMES`."""
    act, chance, tally = next(one for one in ACTS if one.name == name), random.Random(seed), Tally()
    shared = bench()
    began, killed, early = time.monotonic(), 0, 0
    site, program, folder = shared.site, shared.program, shared.folder
    seconds, calls = _usual(site, folder, program, act)
    for n in range(_MOST * kills):
        if killed == kills:
            break
        place = site.copy(folder / "try")
        wait = chance.uniform(0.02, seconds) if n % 2 else None
        at = {} if n % 2 else _at_call(place, chance.randint(1, calls))
        ended = place.run(program, act, at, kill_after=wait)
        killed, early = (killed + 1, early) if ended.code == -9 else (killed, early + 1)
        where = f"seed {seed}, try {n}"
        tally.add(where, judged(site, place, act, ended, halves=True, again=program if n % 4 == 0 else None))
    notes = {f"ended before the kill ({name})": float(early)}
    return tally.outcome(exercise(name), kills, killed, began, notes)


def _at_call(place: Place, number: int) -> dict[str, str]:
    under = f"{place.home}:{place.out}"
    return {"SOAK_UNDER": under, "SOAK_OP": "any", "SOAK_K": str(number), "SOAK_ERRNO": "0"}


def _usual(site: Site, folder: Path, program: Program, act: Act) -> tuple[float, int]:
    """Seconds that the act takes without a kill, and its calls to the file system."""
    calls, seconds = timed_calls_of(site, folder, program, act)
    return seconds, sum(one.kind not in ("read", "say") for one in calls)
