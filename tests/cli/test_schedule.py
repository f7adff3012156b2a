"""`subject schedule`: the visits with plan, window and state, as a table and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_the_schedule_of_a_subject(home: Path, run: Any) -> None:
    for where, value in (("IC", "DSSTDAT_IC=2026-02-10"), ("SV", "SVOCCUR=Y"), ("SV", "SVSTDAT=2026-02-20")):
        assert run("put", "ZN001", "SCR", where, value, home=home, as_="nia").code == 0
    assert run("put", "ZN001", "V1", "EX", "ECYN=Y", home=home, as_="nia").code == 0
    assert run("put", "ZN001", "V1", "EX", "ECSTDAT=2026-03-02", home=home, as_="nia").code == 0
    assert run("put", "ZN001", "V4", "SV", "SVOCCUR=N", home=home, as_="nia").code == 0
    assert run("visit", "add", "ZN001", "UNS", "--reason", "made-up fall", home=home, as_="nia").code == 0
    rows = run("--json", "subject", "schedule", "ZN001", home=home, as_="nia").rows
    by = {one["event"].partition("~")[0]: one for one in rows}
    assert by["SE.SCR"]["state"] == "in" and by["SE.SCR"]["day"] == -10
    v4 = by["SE.V4"]
    assert (v4["planned"], v4["earliest"], v4["latest"], v4["state"]) == (
        "2026-03-23", "2026-03-21", "2026-03-25", "missed",
    )  # fmt: skip
    assert by["SE.S3"]["planned"] == "2028-03-02"
    assert by["SE.UNS"]["reason"] == "made-up fall"
    table = run("subject", "schedule", "ZN001", home=home, as_="nia").out
    assert "2026-03-23  2026-03-21..2026-03-25" in table and "missed" in table
    assert "缺访" in run("--lang", "zh", "subject", "schedule", "ZN001", home=home, as_="nia").out


def test_visits_after_a_death_are_closed_not_overdue(home: Path, run: Any) -> None:
    for event, form, value in (
        ("V1", "EX", "ECSTDAT=2026-03-02"),
        ("LOG", "DD", "DTHDAT=2026-03-12"),
    ):
        assert run("put", "ZN001", event, form, value, home=home, as_="nia").code == 0
    by = {
        one["event"]: one for one in run("--json", "subject", "schedule", "ZN001", home=home, as_="nia").rows
    }
    assert [by[one]["closed"] for one in ("SE.V1", "SE.V2", "SE.V3", "SE.S3")] == [False, False, True, True]
    v3 = next(
        line
        for line in run("subject", "schedule", "ZN001", home=home, as_="nia").out.splitlines()
        if line.startswith("SE.V3")
    )
    assert v3.endswith("closed")
    refused = run("put", "ZN001", "V3", "SV", "SVOCCUR=N", home=home, as_="nia")
    assert refused.code == 3 and refused.err.startswith("ZN001/SE.V3/F.SV: ")
