"""The table says missed where a goal is missed, and a group that breaks off is never a silent gap."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bench.__main__ as program
from bench.measure import Pair, Row, rate_row, time_row
from bench.table import printed, write_between_marks


def test_a_missed_goal_is_printed_as_missed() -> None:
    slow = time_row("P4", "one value", "one commit", 2.5, Pair(0.003, 0.001, 5))
    quick = rate_row("P11", "make", "plain pipeline", 0.7, Pair(0.001, 0.001, 5), 1000)
    lines = printed([slow, quick]).splitlines()
    assert "MISSED" in lines[2]
    assert "MISSED" not in lines[3] and "met" in lines[3]


@pytest.mark.parametrize(
    ("sense", "goal", "value", "met"),
    [
        ("at most", 1.5, 1.5, True),
        ("at most", 1.5, 1.51, False),
        ("at least", 0.7, 0.7, True),
        ("at least", 0.7, 0.69, False),
        ("exactly", 1, 1, True),
        ("exactly", 1, 0, False),
    ],
)
def test_a_goal_is_a_limit(sense: str, goal: float, value: float, met: bool) -> None:
    assert Row("P0", "", "", value, sense, goal).met is met  # type: ignore[arg-type]


def test_a_group_that_breaks_off_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "GROUPS", {"no_such_group": ("P0",)})
    out = tmp_path / "bench.json"
    assert program.main(["--json", str(out)]) == 1
    assert "NOT MEASURED: no_such_group" in capsys.readouterr().out
    assert json.loads(out.read_text())["not_measured"] == ["no_such_group"]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(SystemExit, match="unknown: P99"):
        program.main(["--only", "P99"])


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table -->\nold\n<!-- end of table -->\nafter\n", "utf-8")
    write_between_marks(page, "| new |", "today")
    assert page.read_text("utf-8").split("\n") == [
        "before",
        "<!-- table -->",
        "today",
        "",
        "| new |",
        "<!-- end of table -->",
        "after",
        "",
    ]
    page.write_text("no marks", "utf-8")
    with pytest.raises(ValueError, match="no place"):
        write_between_marks(page, "", "")
