"""Subject, visit, language, person and program change while a field has the cursor: each value lands right.

A few seeds here; `CRF_FUZZ_SEEDS=500` plays as many, as `make soak` does.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from crf_app.ui import style, words
from crf_app.ui.typed.drafts import Drafts

sys.path.insert(0, str(Path(__file__).parent))
from right_record import Work, two_nurses

PASSWORD = "made up for a test 1"
SEEDS = int(os.environ.get("CRF_FUZZ_SEEDS", "3"))
STEPS = 50


@pytest.fixture(scope="module")
def ward(site: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, str]]:
    """Two subjects and two nurses."""
    home = tmp_path_factory.mktemp("ward") / "home"
    shutil.copytree(site, home)
    return home, two_nurses(home, "made.nurse", "made.admin", PASSWORD)


def played(ward: tuple[Path, tuple[str, str]], folder: Path, app: Any, seed: int, steps: int) -> Work:
    home, people = ward
    shutil.copytree(home, folder / "home")
    style.load_font()
    if not app.styleSheet():
        style.apply(app, "light", 1.0)
    words.set_language("en")
    work = Work(folder / "home", people, PASSWORD, seed)
    try:
        work.play(steps)
    finally:
        work.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        words.set_language("en")
    return work


@pytest.mark.parametrize("seed", range(SEEDS))
def test_each_value_lands_in_the_record_on_screen_under_its_person(
    ward: tuple[Path, tuple[str, str]], tmp_path: Path, qapp: Any, seed: int
) -> None:
    work = played(ward, tmp_path, qapp, seed, STEPS)
    assert not work.problems, (seed, work.done[-12:], work.problems)
    assert work.keys


def test_the_exercise_finds_a_window_that_forgets(
    ward: tuple[Path, tuple[str, str]], tmp_path: Path, qapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Drafts, "write", lambda self: None)
    found = (played(ward, tmp_path / str(seed), qapp, seed, 40).problems for seed in range(3, 9))
    assert any("is lost" in problem for problems in found for problem in problems)
