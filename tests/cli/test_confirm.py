"""`confirm`: two people check a dose, each with her own password."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import INVESTIGATOR, NURSE

EX = ("ZN001", "V1", "EX")


@pytest.fixture
def confirm(run: Any, home: Any) -> Any:
    """confirm(item, person, password, …): what the nurse's call says."""
    assert run("put", "ZN001", "V1", "GA", "ARMCD=MED", home=home, as_="nia").code == 0
    assert run("put", *EX, "ECYN=Y", home=home, as_="nia").code == 0

    def call(item: str, person: str, password: str, *more: str) -> Any:
        secret = f"{NURSE}\n{password}"
        return run("--json", "confirm", *EX, item, "--by", person, *more, home=home, as_="nia", secret=secret)

    return call


def test_each_person_confirms_with_her_own_password(run: Any, home: Any, confirm: Any) -> None:
    assert confirm("X_IDCHK1", "nia", NURSE).row["value"] == "nia"
    assert confirm("X_IDCHK2", "ivo", INVESTIGATOR).row["value"] == "ivo"
    trail = run("--json", "audit", "ZN001", home=home, as_="nia").rows
    records = [one["record"] for one in trail]
    people = [one["user"] for one in records if str(one["key"]).endswith(("X_IDCHK1", "X_IDCHK2"))]
    assert people == ["nia", "ivo"]


def test_the_same_person_does_not_confirm_twice(confirm: Any) -> None:
    assert confirm("X_IDCHK1", "nia", NURSE).code == 0
    twice = confirm("X_IDCHK2", "nia", NURSE)
    assert twice.code == 5, twice.row
    assert "another person" in twice.row["message"]


def test_a_wrong_password_confirms_nothing(run: Any, home: Any, confirm: Any) -> None:
    assert confirm("X_IDCHK1", "ivo", "not the password").code != 0
    got = run("--json", "get", *EX, home=home, as_="nia").rows
    assert not any(str(one.get("where", "")).endswith("X_IDCHK1") and one.get("value") for one in got)


def test_an_item_that_is_typed_is_not_confirmed(confirm: Any) -> None:
    assert "Nobody confirms" in confirm("ECLOT", "nia", NURSE).row["message"]
