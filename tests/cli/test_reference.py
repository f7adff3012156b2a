"""The page about the command line says what the program says."""

from __future__ import annotations

from pathlib import Path

from crf_app.cli.reference import command_line_page
from crf_app.cli.verbs import VERBS

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"


def test_the_page_is_made_from_this_program() -> None:
    assert PAGE.read_text("utf-8") == command_line_page(), f"run: python -m crf_app.cli.reference {PAGE.name}"


def test_every_verb_stands_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    assert [verb for verb in VERBS if f"## crf-app {verb}" not in text] == []
