"""The clock of a report runs from one stored answer to another, whoever looks, and after a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crf_app.actions.clocks import running_clocks
from crf_app.actions.enter_data import enter_value
from crf_app.actions.rows import add_row, remove_row
from crf_app.model.keys import FormKey, ItemKey


class Report:
    def __init__(self, nurse: Any, at: Any) -> None:
        self.session, self.uid = nurse, at.uid
        self.key = FormKey(at.uid, "SE.LOG", "F.SAE")
        self.part = add_row(nurse, self.key, "IG.SAE").row
        self.aware = nurse.clock.now().replace(tzinfo=None, second=0, microsecond=0) - timedelta(hours=3)

    def enter(self, name: str, hours: int) -> None:
        text = f"{self.aware + timedelta(hours=hours):%Y-%m-%dT%H:%M}"
        enter_value(self.session, ItemKey(self.key, self.part, f"I.SAE.{name}"), text)

    def left(self) -> list[timedelta]:
        return [one.left(self.aware + timedelta(hours=3)) for one in running_clocks(self.session, self.uid)]


@pytest.fixture
def report(nurse: Any, at: Any) -> Report:
    return Report(nurse, at)


def test_no_clock_runs_before_anybody_is_aware(report: Report) -> None:
    assert report.left() == []


def test_a_day_runs_from_the_moment_of_awareness(report: Report) -> None:
    report.enter("X_SAEAWR", 0)
    assert report.left() == [timedelta(hours=21)]
    one = running_clocks(report.session, report.uid)[0]
    assert (one.part, one.n, one.hours, one.due - one.since) == (report.part, "1", 24, timedelta(hours=24))


def test_it_stops_when_the_report_is_made(report: Report) -> None:
    report.enter("X_SAEAWR", 0)
    report.enter("X_SAERPT", 2)
    assert report.left() == []


def test_it_is_read_from_the_ledger_again(report: Report) -> None:
    report.enter("X_SAEAWR", 0)
    report.session.forget()
    assert report.left() == [timedelta(hours=21)]


def test_overdue_is_negative(report: Report) -> None:
    report.enter("X_SAEAWR", 0)
    one = running_clocks(report.session, report.uid)[0]
    assert one.left(report.aware + timedelta(hours=25)) == timedelta(hours=-1)


def test_a_struck_report_has_no_clock(report: Report) -> None:
    report.enter("X_SAEAWR", 0)
    remove_row(report.session, report.key, report.part, "made-up reason")
    assert report.left() == []
