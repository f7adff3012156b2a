"""Made-up data for tests and benchmarks, from a seed, into the home that is open.

Profiles (sizes are answers and records per device): W0 the seed trial, 24 subjects; W1 a device of a
phase III trial, 25 subjects; W2 subject after subject until ten million records, or `most`.  Each has the
shape of a made-up study that fits it; any other study can be filled as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from crf_app.actions.demo.made_up import maker
from crf_app.actions.demo.made_up_study import Shape
from crf_app.actions.demo.made_up_subject import MadeUpSubject, Plan, WalkingClock
from crf_app.actions.session import Session
from crf_app.errors import NotFound, WrongState
from crf_app.model.workflow import Step


@dataclass(frozen=True, slots=True)
class Profile:
    """How many subjects, the records after which to stop, and the study that `gen` can write for it."""

    subjects: int
    most: int | None
    shape: Shape


PROFILES: Final = {
    "W0": Profile(24, None, Shape(12, (60, 60, 60, 60, 60))),
    "W1": Profile(25, None, Shape(40, (60, 40))),
    "W2": Profile(10**6, 10**7, Shape(12, (60, 60, 60, 60, 60))),
}


@dataclass(frozen=True, slots=True)
class Generated:
    subjects: int
    records: int


def generate(
    session: Session,
    profile: str,
    seed: int,
    folder: Path | None = None,
    subjects: int | None = None,
    most: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Generated:
    """Add made-up subjects; `folder` is the study's folder, for its table of made-up values.

    Raises NotFound (profile), WrongState outside the environment `test`, NotAllowed.
    """
    if profile not in PROFILES:
        raise NotFound(
            f"There is no profile {profile}. Known: {', '.join(PROFILES)}.",
            f"没有配置 {profile}，可用：{'、'.join(PROFILES)}。",
            where=profile,
        )
    if session.env != "test":
        raise WrongState("Made-up data go into the environment test only.", "虚构数据只能写入 test 环境。")
    session.require(Step.ADD_SUBJECT)
    wanted, limit = subjects or PROFILES[profile].subjects, most or PROFILES[profile].most
    real, first = session.clock, session.store.end.seq
    today = real.now()
    clock = WalkingClock(today - timedelta(days=420))
    session.clock = clock
    done = 0
    try:
        made = maker(session.study, folder, seed)
        for n in range(1, wanted + 1):
            MadeUpSubject(session, made, clock, today, Plan(n, 400)).fill()
            done = n
            say(f"made-up subject {n}: {session.store.end.seq} records")
            if limit is not None and session.store.end.seq - first >= limit:
                break
    finally:
        session.clock = real
        session.forget()
    return Generated(done, session.store.end.seq - first)
