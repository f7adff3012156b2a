"""`not-done` and `mistake` at the command line, and back again."""

from __future__ import annotations

from typing import Any

import pytest

WHY = ("--reason", "made-up reason")


@pytest.fixture
def said(run: Any, home: Any) -> Any:
    """said("not-done", "ZN001", …) → the JSON line of the nurse's call; `code` is the exit code expected."""

    def call(*words: str, code: int = 0) -> Any:
        done = run("--json", *words, home=home, as_="nia")
        assert done.code == code, done.err
        return done.row

    return call


def test_a_form_a_visit_and_back_again(said: Any) -> None:
    assert said("not-done", "ZN001", "V1", "LBC", "--code", "UNUSABLE")["status"] == "not_done"
    assert "not done" in said("put", "ZN001", "V1", "LBC", "ALT=20", code=3)["message"]
    assert said("not-done", "ZN001", "V1", "LBC", "--undo", *WHY)["status"] == "open"
    assert said("not-done", "ZN001", "V2", "--code", "REFUSED", *WHY)["records"] > 3
    assert said("not-done", "ZN001", "V2", "--undo", *WHY)["status"] == "open"
    assert "Why" in said("not-done", "ZN001", "V2", code=3)["message"]


def test_a_mistake_and_back_again(said: Any) -> None:
    event = said("visit", "add", "ZN001", "UNS", "--date", "2026-01-06", *WHY)["event"]
    assert said("mistake", "ZN001", event, *WHY)["status"] == "entered_in_error"
    assert said("mistake", "ZN001", event, "--undo", *WHY)["status"] == "open"
    assert said("mistake", "ZN001", *WHY)["status"] == "entered_in_error"
    assert said("subject", "add")["subject"] == "ZN002"
    assert said("mistake", "ZN001", "--undo", *WHY)["status"] == "open"
