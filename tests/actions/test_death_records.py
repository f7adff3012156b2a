"""A death and its report through the ledger: what one log says opens and ends questions in the others."""

from __future__ import annotations

from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.rows import add_row
from crf_app.store import reads


def status(session: Any, check: str) -> list[str]:
    """Statuses of the system's queries of one check."""
    return [one.status for one in reads.queries(session.store.conn) if one.check == check]


def prompted(session: Any, at: Any) -> set[str]:
    """Checks that speak now in the log of events; a prompt is no query."""
    return {one.check for one in session.subject(at.uid).state(at.form("SE.LOG", "F.AE")).findings}


@pytest.fixture
def consented(nurse: Any, at: Any) -> Any:
    for variable, text in (
        ("DSSTDAT_IC", "2026-09-01"),
        ("X_ICVER", "V2.0"),
        ("X_ICSIGN", "SUBJ"),
        ("X_ICCOPY", "Y"),
    ):
        enter_value(nurse, at("SE.SCR", f"IC.{variable}"), text)
    return at


@pytest.fixture
def event(nurse: Any, consented: Any) -> str:
    """The row of a serious event of which the participant died."""
    at = consented
    enter_value(nurse, at("SE.LOG", "AE.AEYN"), "Y")
    row = str(add_row(nurse, at.form("SE.LOG", "F.AE"), "IG.AE").row.partition("~")[2])
    values = {
        "AETERM": "liver failure (made up)", "AESTDAT": "2026-10-06", "AETOXGR": "5", "AESER": "Y",
        "AESDTH": "Y", "AESLIFE": "Y", "AESHOSP": "Y", "X_AEEXP": "N", "AEREL": "POSS", "AEONGO": "N",
        "AEENDAT": "2026-10-20", "AEOUT": "FATAL",
    }  # fmt: skip
    for name, text in values.items():
        enter_value(nurse, at("SE.LOG", f"AE.{name}", row), text)
    return row


def test_one_death_is_told_alike_everywhere(nurse: Any, consented: Any, event: str) -> None:
    at = consented
    assert "C.AE.DD" in prompted(nurse, at)
    enter_value(nurse, at("SE.LOG", "DD.DTHDAT"), "2026-10-19")
    assert "C.AE.DD" not in prompted(nurse, at)
    assert (status(nurse, "C.DD.DEATH"), status(nurse, "C.AE.RECORDS")) == (["Open"], ["Open"])
    assert status(nurse, "C.EC061.AE.AEENDAT") == ["Open"]
    enter_value(nurse, at("SE.LOG", "DD.DTHDAT"), "2026-10-20", reason="Typing error")
    for check in ("C.DD.DEATH", "C.AE.RECORDS", "C.EC061.AE.AEENDAT"):
        assert status(nurse, check) == ["Closed"], check
    enter_value(nurse, at("SE.LOG", "DSS.DSDECOD"), "COMPLETED")
    assert (status(nurse, "C.DSS.DEATH"), status(nurse, "C.DD.DEATH")) == (["Open"], ["Open"])


def test_a_report_follows_its_event(nurse: Any, consented: Any, event: str) -> None:
    at = consented
    assert "C.AE.SAE" in prompted(nurse, at)
    report = add_row(nurse, at.form("SE.LOG", "F.SAE"), "IG.SAE").row.partition("~")[2]
    enter_value(nurse, at("SE.LOG", "SAE.X_SAEAE", report), event)
    assert "C.AE.SAE" not in prompted(nurse, at)
    clock = at("SE.LOG", "SAE.X_SUSAR", report)
    assert nurse.subject(at.uid).items[clock.path].answer.value == "7"
    enter_value(nurse, at("SE.LOG", "AE.AEREL", event), "NOT", reason="Typing error")
    assert nurse.subject(at.uid).items[clock.path].answer.value == "N"
