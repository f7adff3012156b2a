"""R07, R08, R18: a damaged, cut or empty file is found and left as it is; a second program is refused.

One byte of the data file, of its write-ahead log or of the key file is flipped, or the file is cut, emptied,
filled with other bytes or taken away, and the real program verifies.  It may end with a refusal or with a
report; both name the damage, and neither changes a byte of what it was given.  Of the log
a damaged end may be gone: what stands then is a whole past, and a receipt or a backup tells that it is one.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import time
from collections import Counter
from pathlib import Path

from bench.soak.faulty import in_words
from bench.soak.forked import Ended
from bench.soak.outcome import Outcome
from bench.soak.site import ACTS, Act, Bench, Judged, Place, bench, judged, opened
from bench.soak.tally import Tally
from crf_app.errors import CrfError
from crf_app.store.store import DATABASE

EXERCISE = "damaged, cut and empty files"
LOG = "a damaged write-ahead log"
SECOND = "a second program, a lock that was left"
_VERIFY = Act("verify", "nurse", ("verify",))
_KINDS = ("flip", "flip", "flip", "flip", "cut", "empty", "other", "gone")
_FILES = (DATABASE, DATABASE, DATABASE, "vault.json")
_DAMAGE, _REFUSED = 4, (3, 4, 8)  # exit codes; 3: there is no study here
_PUT = ACTS[0]


def damaged_shard(count: int, seed: int) -> Outcome:
    """`count` damaged homes."""
    tally, began, codes = Tally(), time.monotonic(), Counter[str]()
    shared = bench()
    for n in range(count):
        chance = random.Random(seed + n)
        name, kind = chance.choice(_FILES), chance.choice(_KINDS)
        place = shared.site.copy(shared.folder / "try")
        _spoil(place.home / name, kind, chance)
        found, code = _verified(shared, place, name)
        codes[f"ended with {code} (damaged)"] += 1
        tally.add(f"seed {seed + n}, {kind} {name}", found)
    return tally.outcome(EXERCISE, count, count, began, {k: float(v) for k, v in sorted(codes.items())})


def _spoil(path: Path, kind: str, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    if kind == "gone":
        path.unlink()
        return
    if kind == "flip":
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del data[chance.randrange(1, len(data)) :]
    elif kind == "other":
        at = chance.randrange(len(data))
        data[at : at + 4096] = chance.randbytes(min(4096, len(data) - at))
    path.write_bytes(b"" if kind == "empty" else data)


def _verified(shared: Bench, place: Place, name: str) -> tuple[Judged, int]:
    """Found, in words that say what to do, and not overwritten: not by `verify`, not by storing after it."""
    before = _sum(place.home / name)
    ended = place.run(shared.program, _VERIFY)
    wrong = [] if ended.code in _REFUSED else [f"not found: {ended.code} {ended.said}"]
    if any("problems" in row and row.get("ok") is False for row in ended.rows):
        wrong += [] if _named(ended) else ["the damage is not named"]
    else:
        wrong += in_words(ended)
        wrong += [] if _says_what_to_do(ended) else [f"no way out is said: {ended.said}"]
    after = place.run(shared.program, _PUT)
    if not any(row.get("error") for row in after.rows):
        wrong.append(f"values are stored into it: {after.code} {after.said}")
    if _sum(place.home / name) != before:
        wrong.append(f"{name} was overwritten")
    return Judged((), tuple(wrong)), ended.code


def _named(ended: Ended) -> bool:
    return all(one["where"] and one["en"] and one["zh"] for row in ended.rows for one in row["problems"])


def _says_what_to_do(ended: Ended) -> bool:
    said = ended.said.lower()
    return "restore" in said or "name the folder that holds it" in said


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def log_shard(count: int, seed: int) -> Outcome:
    """`count` kills, then a damaged write-ahead log: a whole past stands, or it is refused in words."""
    tally, began, refused = Tally(), time.monotonic(), 0
    shared = bench()
    for n in range(count):
        chance = random.Random(seed + n)
        place = shared.site.copy(shared.folder / "try")
        op, k = ("unlink", 1) if n % 2 else ("sync", chance.randint(4, 7))  # after or before it is folded in
        under = {"SOAK_UNDER": str(place.home), "SOAK_OP": op, "SOAK_K": str(k), "SOAK_ERRNO": "0"}
        place.run(shared.program, _PUT, under)
        log = place.home / f"{DATABASE}-wal"
        if log.exists() and log.stat().st_size:
            _spoil(log, chance.choice(("flip", "cut", "other", "gone")), chance)
        found = judged(shared.site, place, _PUT, Ended(-9, b"", "", 0.0))
        in_words_only = [one for one in found.wrong if one.startswith("the next start is refused: store_dam")]
        refused += len(in_words_only)
        rest = tuple(one for one in found.wrong if one not in in_words_only)
        tally.add(f"seed {seed + n}, log", Judged(found.lost, rest))
    return tally.outcome(LOG, count, count, began, {"refused in words (log)": float(refused)})


def second_shard(count: int) -> Outcome:
    """`count` times: a second program while one is at work, then one after a kill."""
    tally, began, slowest = Tally(), time.monotonic(), 0.0
    shared = bench()
    place = shared.site.copy(shared.folder / "try")
    for n in range(count):
        wrong: list[str] = []
        with opened(place):
            ended = place.run(shared.program, _PUT)
            said = [row.get("error") for row in ended.rows]
            if ended.code != 7 or said != ["locked_by_another"]:
                wrong.append(f"the second program ends with {ended.code}: {ended.said}")
            slowest = max(slowest, ended.seconds)
        killed = place.run(shared.program, _PUT, {
            "SOAK_UNDER": str(place.home), "SOAK_OP": "sync", "SOAK_K": "3", "SOAK_ERRNO": "0"
        })  # fmt: skip
        if killed.code != -9:
            wrong.append(f"it was not killed but ended with {killed.code}")
        try:
            with opened(place):
                pass
        except CrfError as refusal:
            wrong.append(f"after a kill: {refusal.code}")
        tally.add(f"try {n}", Judged((), tuple(wrong)))
    shutil.rmtree(place.folder)
    return tally.outcome(SECOND, count, count, began, {"most seconds to be refused": round(slowest, 2)})
