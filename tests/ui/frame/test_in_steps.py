"""Work between events: in short steps, one at a time, never again after it broke off."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject

from crf_app.ui.in_steps import STEP, InSteps


def work(done: list[int], many: int, seconds: float = 0.0) -> Iterator[None]:
    for n in range(many):
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            pass
        done.append(n)
        yield


@pytest.fixture
def steps(qapp: object) -> Iterator[InSteps]:
    parent = QObject()
    yield InSteps(parent)
    parent.deleteLater()


def test_a_step_ends_when_its_time_is_over_and_the_rest_follows_in_order(steps: InSteps, qtbot) -> None:
    done: list[int] = []
    ended: list[int] = []
    steps.begin(work(done, 5, STEP), lambda: ended.append(len(done)))
    assert done == [] and steps.working
    steps.step()
    assert done == [0] and not ended
    qtbot.waitUntil(lambda: not steps.working)
    assert done == [0, 1, 2, 3, 4] and ended == [5]


def test_other_work_takes_the_place_of_what_is_left(steps: InSteps) -> None:
    first: list[int] = []
    second: list[int] = []
    steps.begin(work(first, 3, STEP))
    steps.step()
    steps.begin(work(second, 2))
    steps.finish()
    assert (first, second, steps.working) == ([0], [0, 1], False)


def test_stopped_work_does_nothing_more(steps: InSteps, qtbot) -> None:
    done: list[int] = []
    steps.begin(work(done, 3), lambda: done.append(99))
    steps.stop()
    steps.finish()
    qtbot.wait(1)
    assert done == [] and not steps.working


def test_what_breaks_off_is_not_tried_again(steps: InSteps) -> None:
    def breaks() -> Iterator[None]:
        yield
        raise ValueError("made up")

    steps.begin(breaks(), lambda: pytest.fail("it did not end"))
    with pytest.raises(ValueError, match="made up"):
        steps.finish()
    assert not steps.working
