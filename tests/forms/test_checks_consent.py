"""The check of the consent form's version: it fires, it does not, it is silent without an operand."""

from __future__ import annotations

from typing import Any

import pytest

Case = dict[str, Any]
IN_FORCE = {"VERSION": "V3.0", "FROM": "2026-11-01"}


def case(version: str, again: tuple[str, ...] = (), **outside: Any) -> Case:
    rows = {"IC.RE": [{"X_ICREVER": one} for one in again]}
    return {"form": "F.IC", "values": {"IC.X_ICVER": version}, "rows": rows, "consent": IN_FORCE} | outside


#: (check, condition, number of the list, fires, does not fire, an operand is missing)
CHECKS: list[tuple[str, str, Case, Case, Case]] = [
    ("C.IC.RECONSENT", "", case("V2.0"), case("V3.0"), case("V2.0", consent={})),
    (
        "C.IC.RECONSENT",
        "",
        case("V2.0", subject={"SURV": "ALIVE", "SCRFAIL": "N"}),
        case("V2.0", subject={"DSDECOD": "COMPLETED"}),
        case("!UNK", subject={"SURV": "ALIVE"}),
    ),
    ("C.IC.RECONSENT", "", case("V1.0", ("V2.0",)), case("V1.0", ("V2.0", "V3.0")), case("!UNK")),
]


@pytest.mark.parametrize(
    "over",
    [{"DEATH": "2026-10"}, {"SURV": "DEAD"}, {"SURV": "WITHDRAWN"}, {"SURV": "LTFU"}, {"SCRFAIL": "Y"}],
)
def test_nobody_signs_again_whose_study_is_over(fill: Any, over: dict[str, str]) -> None:
    assert "C.IC.RECONSENT" not in {one.check for one in fill(**case("V2.0", subject=over)).findings}


@pytest.mark.parametrize(("oid", "number", "fires", "quiet", "missing"), CHECKS)
def test_check_fires_is_quiet_and_is_silent_without_an_operand(
    fill: Any, oid: str, number: str, fires: Case, quiet: Case, missing: Case
) -> None:
    found = [{finding.check for finding in fill(**one).findings} for one in (fires, quiet, missing)]
    assert [oid in one for one in found] == [True, False, False]
    (finding,) = [one for one in fill(**fires).findings if one.check == oid]
    assert finding.severity == "soft"
    assert "V3.0" in finding.texts["en"] and "2026-11-01" in finding.texts["zh"]
