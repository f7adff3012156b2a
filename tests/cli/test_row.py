"""`row copy`, `row remove` and `row restore`: a log's rows from the command line."""

from __future__ import annotations

from typing import Any

import pytest

AE = ("ZN001", "LOG", "AE")


@pytest.fixture
def said(run: Any, home: Any) -> Any:
    """said("row", "copy", …) → the JSON line of the nurse's call; `code` is the exit code expected."""

    def call(*words: str, code: int = 0) -> Any:
        done = run("--json", *words, home=home, as_="nia")
        assert done.code == code, done.err
        return done.row

    return call


@pytest.fixture
def fever(said: Any) -> None:
    """One row."""
    said("put", *AE, "AEYN=Y")
    said("put", *AE, "--row", "AE[new]", "AETERM=Fever (made up)")


def test_a_copy_has_the_term_and_not_the_date(said: Any, fever: None) -> None:
    said("put", *AE, "--row", "AE[1]", "AESTDAT=2026-01-05")
    made = said("row", "copy", *AE, "AE[1]")
    assert made["state"] == "live"
    assert said("put", *AE, "--row", "AE[2]", "AESTDAT=2026-01-06")["ok"]  # empty before: no reason is asked
    changed = said("put", *AE, "--row", made["row"], "AETERM=Cough (made up)", "--reason", "made up")
    assert changed["ok"]


def test_a_row_is_removed_and_restored_with_a_reason(said: Any, fever: None) -> None:
    assert "Why" in said("row", "remove", *AE, "AE[1]", code=3)["message"]
    gone = said("row", "remove", *AE, "AE[1]", "--reason", "made up: twice")
    assert gone["state"] == "deleted"
    assert "0 rows" in said("row", "copy", *AE, "AE[1]", code=3)["message"]
    assert "Why" in said("row", "restore", *AE, gone["row"], code=3)["message"]
    assert said("row", "restore", *AE, gone["row"], "--reason", "made up: not twice")["state"] == "live"
    assert said("row", "copy", *AE, "AE[1]")["state"] == "live"


def test_a_row_that_never_was_is_not_restored(said: Any, fever: None) -> None:
    answer = said("row", "restore", *AE, "IG.AE~aaaaaaaaaa", "--reason", "made up", code=3)
    assert "no removed row" in answer["message"]
