"""An answer that names a row, on the command line: put by its number, printed in words, refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def _event(run: Any, home: Path) -> None:
    for row, value in ((None, "AEYN=Y"), ("AE[new]", "AETERM=made-up headache")):
        chosen = ["--row", row] if row else []
        said = run("put", *chosen, "ZN001", "LOG", "AE", value, home=home, as_="nia")
        assert said.code == 0, said


def test_a_row_is_put_by_number_and_printed_in_words(home: Path, run: Any) -> None:
    consent = run("put", "ZN001", "SCR", "IC", "DSSTDAT_IC=2026-08-20", home=home, as_="nia")
    assert consent.code == 0, consent
    _event(run, home)
    link = ("ZN001", "LOG", "SAE", "X_SAEAE=#1")
    refused = run("put", "--row", "SAE[new]", *link[:3], "X_SAEAE=#7", home=home, as_="nia")
    assert refused.code == 3
    assert '"#7" is not a row of Adverse events. Rows: #1 · made-up headache' in refused.err
    put = run("put", "--row", "SAE[1]", *link, home=home, as_="nia")
    assert put.code == 0, put
    assert "(1 · made-up headache)" in run("get", *link[:3], home=home, as_="nia").out
    rows = run("--json", "get", *link[:3], home=home, as_="nia").rows
    found = next(one for one in rows if one["item"] == "I.SAE.X_SAEAE")
    assert len(found["value"]) == 10
    assert found["names"] == {"en": "1 · made-up headache", "zh": "1 · made-up headache"}
