"""Made-up data: a demo site that opens the window, and `gen` in a test home only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crf_app.actions.demo.demo_site import PASSWORD

Run = Callable[..., Any]


def test_demo_makes_a_site_once_and_opens_the_window(run: Run, window: list[Any], tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    said = run("--json", "demo", str(folder), "--subjects", "4")
    assert said.code == 0, said.err
    assert json.loads(said.out)["made_up"] is True
    again = run("demo", str(folder), "--subjects", "4")
    assert (again.code, again.err) == (0, "")
    assert "made up" in again.out
    assert window == [(folder / "home", folder)] * 2
    listed = run("--json", "subject", "list", home=folder / "home", as_="nurse", secret=PASSWORD)
    assert len(listed.rows) == 4
    assert run("verify", home=folder / "home", as_="nurse", secret=PASSWORD).code == 0


def test_gen_makes_the_same_answers_from_the_same_seed(run: Run, home_made: Path, tmp_path: Path) -> None:
    answers = []
    for name in ("one", "two"):
        home = Path(shutil.copytree(home_made, tmp_path / name))
        made = run("--json", "gen", "--subjects", "1", "--seed", "7", home=home, as_="nia")
        assert made.code == 0 and made.row["records"] > 100
        rows = run("--json", "get", "ZN002", "V1", home=home, as_="nia").rows
        answers.append([(one["form"], one["row"], one["item"], one["value"]) for one in rows])
    assert answers[0] == answers[1]
    assert any(value for *_, value in answers[0])
