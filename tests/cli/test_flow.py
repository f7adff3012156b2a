"""The flow, the state and the gate on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_the_flow_is_a_table_and_json(run: Run, home: Path) -> None:
    said = run("study", "flow", home=home, as_="nia")
    assert said.code == 0 and "Consented and screened" in said.out and "Low" in said.out
    rows = run("study", "flow", "--json", home=home, as_="nia").rows
    assert rows[0] == {"line": "SCREENED", "name": "Consented and screened", "subjects": 1, "by_arm": {}}
    zh = run("--lang", "zh", "study", "flow", home=home, as_="nia").out
    assert "签署知情同意并筛选" in zh


def test_the_list_names_the_state(run: Run, home: Path) -> None:
    assert run("subject", "list", "--json", home=home, as_="nia").row["state"] == "In screening"
    assert "筛选中" in run("--lang", "zh", "subject", "list", home=home, as_="nia").out


def test_a_form_that_is_closed_is_refused_with_the_exit_code_of_a_rule(run: Run, home: Path) -> None:
    assert run("subject", "add", "ZN002", home=home, as_="nia").code == 0
    said = run("--lang", "zh", "put", "ZN002", "SCR", "VS", "SYSBP=128", home=home, as_="nia")
    assert said.code == 3 and "知情同意" in said.out + said.err
    row = run("--json", "put", "ZN002", "SCR", "VS", "SYSBP=128", home=home, as_="nia").row
    assert (row["error"], row["status"], row["stored"]) == ("wrong_state", "PRECONSENT", [])
    assert run("put", "ZN002", "SCR", "IC", "DSSTDAT_IC=2026-01-05", home=home, as_="nia").code == 0
    assert run("put", "ZN002", "SCR", "VS", "SYSBP=128", home=home, as_="nia").code == 0
