"""Wrong passwords are counted on disk before each check, and make the next try wait.

`attempts.json` lies beside the vault and apart from `witness.json`: the counter must reach the disk at
every try, the witness is written at lock, log-out, bundle and backup only.  For each user id it holds
`total` (tries ever, never falls; the ledger mirrors it), `run` (tries since the last right one) and
`mono` (the monotonic clock at the last try).  A clock that went back means a restart of the computer:
the wait begins again.  It guards the keyboard; against a copied disk only Argon2id stands.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from crf_app.errors import AccountLocked, WrongPassword
from crf_app.settings.files import one_at_a_time, storage_refusal, write_file

FREE_TRIES: Final = 5  # the fifth wrong one begins to wait
LOCK_AT: Final = 10
WAITS: Final = (30, 60, 120, 240, 480, 900)  # seconds after the 5th, 6th … 10th and later

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Attempts:
    total: int = 0
    run: int = 0
    mono: float = 0.0

    @property
    def wait(self) -> int:
        """Seconds to wait after these tries, all wrong."""
        return 0 if self.run < FREE_TRIES else WAITS[min(self.run - FREE_TRIES, len(WAITS) - 1)]

    @property
    def used_up(self) -> bool:
        return self.run >= LOCK_AT


def read_attempts(home: Path) -> dict[str, Attempts]:
    """Tries by user id; someone who never tried is absent."""
    return _read(home)[0]


def begin(home: Path, user: str, *, may_lock: bool, clock: Clock = time.monotonic) -> Attempts:
    """Count one try of `user`, durably, before the password is looked at.

    `may_lock`: False for the last active administrator, who is only slowed.  Raises AccountLocked
    after the tenth wrong try, WrongPassword while the wait runs (neither counts as a try).
    """
    with one_at_a_time(home / "attempts.lock"):
        now, (every, others) = clock(), _read(home)
        mine = every.get(user, others)
        if mine.used_up and may_lock:
            raise account_locked()
        if left := _seconds_left(mine, now):
            if now < mine.mono:
                _write(home, every, user, replace(mine, mono=now))
            raise _too_early(mine, left, may_lock)
        mine = Attempts(mine.total + 1, mine.run + 1, now)
        _write(home, every, user, mine)
        return mine


def forget_run(home: Path, user: str) -> None:
    """The password was right, or an administrator unlocked: the run ends, the total stays."""
    with one_at_a_time(home / "attempts.lock"):
        every, others = _read(home)
        mine = every.get(user, others)
        if mine.run:
            _write(home, every, user, replace(mine, run=0))


def keep_totals(home: Path, totals: dict[str, int]) -> None:
    """Totals that the file lost (it was deleted, damaged or an older one) are raised again; runs stay."""
    with one_at_a_time(home / "attempts.lock"):
        for user, total in totals.items():
            every, others = _read(home)
            mine = every.get(user, others)
            _write(home, every, user, replace(mine, total=max(mine.total, total)))


def wrong_password(tries: Attempts, *, may_lock: bool) -> WrongPassword | AccountLocked:
    """The refusal after a wrong try, with `tries_left` (before the lock) and `wait_seconds`."""
    if tries.used_up and may_lock:
        return account_locked()
    left = LOCK_AT - tries.run if may_lock else 0
    if not tries.wait:
        free = FREE_TRIES - tries.run
        en = f"Not the password. {_tries(free)} left, then a wait of {WAITS[0]} seconds."
        zh = f"密码不正确。还可尝试{free}次，之后需等待{WAITS[0]}秒。"
    else:
        en = f"Not the password. Wait {_span(tries.wait)[0]}, then try again.{_until_lock(left)[0]}"
        zh = f"密码不正确。请等待{_span(tries.wait)[1]}后再试。{_until_lock(left)[1]}"
    return WrongPassword(en, zh, tries_left=left, wait_seconds=tries.wait)


def account_locked() -> AccountLocked:
    return AccountLocked(
        "This account is locked. Ask an administrator to unlock it.",
        "该账户已锁定。请管理员解锁。",
        tries_left=0,
        wait_seconds=0,
    )


def _too_early(tries: Attempts, seconds: int, may_lock: bool) -> WrongPassword:
    left = LOCK_AT - tries.run if may_lock else 0
    return WrongPassword(
        f"Too many wrong passwords. Wait {_span(seconds)[0]}, then try again.",
        f"密码错误次数过多。请等待{_span(seconds)[1]}后再试。",
        tries_left=left,
        wait_seconds=seconds,
    )


def _seconds_left(tries: Attempts, now: float) -> int:
    passed = now - tries.mono if now >= tries.mono else 0.0
    return max(0, math.ceil(tries.wait - passed))


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _span(seconds: int) -> tuple[str, str]:
    """Seconds up to a minute, then minutes rounded up."""
    if seconds <= 60:
        return f"{seconds} seconds", f"{seconds}秒"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minutes", f"{minutes}分钟"


def _until_lock(left: int) -> tuple[str, str]:
    if not left:
        return "", ""
    return f" {_tries(left)} left until this account is locked.", f"再错{left}次将锁定该账户。"


def _read(home: Path) -> tuple[dict[str, Attempts], Attempts]:
    """Tries by user id, and what counts for somebody who is absent: nothing, or, when the file cannot
    be read, a full wait (it makes everybody wait once and locks nobody out)."""
    path = home / "attempts.json"
    try:
        found = json.loads(path.read_text("utf-8"))
        return {user: _entry(entry) for user, entry in found.items()}, Attempts()
    except FileNotFoundError:
        return {}, Attempts()
    except OSError as reason:
        raise storage_refusal(reason, path) from reason
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}, Attempts(total=0, run=FREE_TRIES, mono=math.inf)


def _entry(entry: dict[str, object]) -> Attempts:
    total, run, mono = entry["total"], entry["run"], entry["mono"]
    if (
        type(total) is not int
        or type(run) is not int
        or not isinstance(mono, int | float)
        or not math.isfinite(mono)
    ):
        raise TypeError
    return Attempts(total, run, float(mono))


def _write(home: Path, every: dict[str, Attempts], user: str, mine: Attempts) -> None:
    every = dict(every) | {user: mine}
    rows = {name: {"total": a.total, "run": a.run, "mono": a.mono} for name, a in every.items()}
    write_file(home / "attempts.json", json.dumps(rows, sort_keys=True).encode(), own=True)
