"""What a run of the program asked of the file system, call by call, with the data (`fault.c` writes it)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.soak.forked import Program
from bench.soak.site import Act, Site


@dataclass(frozen=True, slots=True)
class Call:
    """`at`: offset or new length; `to`: the new name; `data`: what was written or said."""

    kind: str
    path: str
    at: int = 0
    to: str = ""
    data: bytes = b""


def calls_of(site: Site, folder: Path, program: Program, act: Act) -> list[Call]:
    """The calls of one run of `act` without a fault, on a copy of the site at `folder / "try"`."""
    return timed_calls_of(site, folder, program, act)[0]


@cache
def timed_calls_of(site: Site, folder: Path, program: Program, act: Act) -> tuple[list[Call], float]:
    """As `calls_of`, with the seconds that the run took; recorded once a process."""
    log = folder / "calls"
    log.unlink(missing_ok=True)
    place = site.copy(folder / "try")
    ended = place.run(program, act, {"SOAK_UNDER": f"{place.home}:{place.out}", "SOAK_LOG": str(log)})
    assert ended.code == 0, ended.said
    return read_calls(log.read_bytes()), ended.seconds


def read_calls(log: bytes) -> list[Call]:
    """The calls of a log; see `fault.c` for its shape."""
    calls, place = [], 0
    while place < len(log):
        end = log.index(b"\n", place)
        kind, path, more, length = log[place:end].decode("utf-8").split("\t")
        place = end + 1 + int(length)
        data = log[end + 1 : place]
        renamed = kind == "rename"
        calls.append(Call(kind, path, 0 if renamed else int(more), more if renamed else "", data))
    return calls
