"""Preferences survive, and never keep the program from starting."""

from __future__ import annotations

from pathlib import Path

import pytest

from crf_app.settings import Preferences, read_preferences, write_preferences
from crf_app.settings.preferences import default_preferences


def test_preferences_come_back(tmp_path: Path) -> None:
    chosen = Preferences("zh", "dark", 125)
    write_preferences(tmp_path, chosen)
    assert read_preferences(tmp_path) == chosen


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_preferences(tmp_path) == default_preferences()


@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_an_unreadable_file_costs_only_the_choices(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "settings.json").write_text(text)
    assert read_preferences(tmp_path) == default_preferences()
    assert "defaults" in caplog.text


def test_an_unknown_choice_takes_its_default(tmp_path: Path) -> None:
    text = '{"language": "xx", "theme": ["dark"], "scale": true, "later": 1}'
    (tmp_path / "settings.json").write_text(text)
    assert read_preferences(tmp_path) == default_preferences()
    (tmp_path / "settings.json").write_text('{"language": "xx", "theme": "dark", "scale": 110}')
    assert read_preferences(tmp_path).theme == "dark"
    assert read_preferences(tmp_path).scale == 110
