"""A clock that was set while somebody works is said over the page, in the language of the screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from crf_app.actions.enter_data import enter_form
from crf_app.actions.safekeeping.clock_watch import ClockWatch, jumps
from crf_app.model.clock import Clock
from crf_app.ui import words

from .conftest import Desk


class Still:
    """The wall clock of the window; its monotonic clock stands."""

    def __init__(self, clock: Clock) -> None:
        self.now = clock.now

    def monotonic(self) -> float:
        return 0.0


def save(at: Desk, name: str, text: str) -> None:
    item = f"I.VS.{name}"
    group = at.session.study.forms["F.VS"].group_of[item].oid
    at.window.say_saved(enter_form(at.session, at.key("F.VS"), {f"{group}/{item}": text}))


def test_a_jump_of_the_clock_is_said_once_and_is_in_the_ledger(desk: Callable[[str], Desk]) -> None:
    at = desk("made.nurse")
    at.session.watch = ClockWatch(Still(at.window.clock), "")
    save(at, "VSPERF", "Y")
    notice = at.window.shell.notice
    assert notice.isHidden()
    at.window.clock.at -= timedelta(hours=3)
    save(at, "PULSE", "72")
    assert not notice.isHidden()
    assert "it shows 2026-10-06 11:02" in notice.words.text() and "2026-10-06 14:02" in notice.words.text()
    words.set_language("zh")
    assert notice.words.text().startswith("本机时钟被改动")
    words.set_language("en")
    assert [one.source for one in jumps(at.session.store.conn, at.session.identity)] == ["monotonic"]
    notice.clear()
    save(at, "RESP", "16")
    assert notice.isHidden()
