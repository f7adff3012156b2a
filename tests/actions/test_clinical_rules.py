"""Rules of the clinical forms on a real store: what is typed elsewhere reaches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crf_app.actions import rows
from crf_app.actions.enter_data import enter_value
from crf_app.actions.subjects import add_visit
from crf_app.model.keys import FormKey, ItemKey

CONSENT = ("SE.SCR", "IC.DSSTDAT_IC"), "2026-11-01"


def typed(session: Any, at: Any, *answers: tuple[tuple[str, str], str]) -> None:
    for (event, variable), text in answers:
        enter_value(session, at(event, variable), text)


def row(session: Any, key: FormKey, group: str, **values: str) -> str:
    """The uid of a new row with these answers."""
    part: str = rows.add_row(session, key, group).row
    form = key.form.removeprefix("F.")
    for name, text in values.items():
        enter_value(session, ItemKey(key, part, f"I.{form}.{name}"), text)
    return part.partition("~")[2]


def checks(session: Any, key: FormKey) -> set[str]:
    return {finding.check for finding in session.subject(key.subject).state(key).findings}


def suggestion(session: Any, at: Any, criterion: str) -> str | None:
    group = "IG.IE.INCL" if criterion.startswith("INCL") else "IG.IE.EXCL"
    values = session.subject(at.uid).values(at.form("SE.SCR", "F.IE"))
    found: str | None = values[f"{group}/I.IE.X_SUG_{criterion}"].value
    return found


def test_eligibility_is_suggested_again_when_its_data_come_or_change(nurse: Any, at: Any) -> None:
    typed(nurse, at, CONSENT, (("SE.SCR", "IE.IEORRES_EXCL02"), "N"), (("SE.SCR", "IE.IEORRES_INCL06"), "N"))
    assert suggestion(nurse, at, "INCL01") == "Y"
    typed(nurse, at, (("SE.SCR", "IMU.X_LESION"), "NONE"))
    assert suggestion(nurse, at, "EXCL02") == "N"
    enter_value(nurse, at("SE.SCR", "IMU.X_LESION"), "HCC", reason="Typing error")
    assert suggestion(nurse, at, "EXCL02") == "Y"
    assert "C.IE.EXCL02" in checks(nurse, at.form("SE.SCR", "F.IE"))
    log = at.form("SE.LOG", "F.CM")
    typed(nurse, at, (("SE.LOG", "CM.CMYN"), "Y"))
    row(nurse, log, "IG.CM", CMCAT="ANTIVIRAL", X_CMAV="ETV", CMSTDAT="2020", CMONGO="Y")
    assert suggestion(nurse, at, "INCL06") == "Y"
    assert "C.IE.INCL06" in checks(nurse, at.form("SE.SCR", "F.IE"))


def test_a_suggestion_never_answers(nurse: Any, at: Any) -> None:
    typed(nurse, at, CONSENT, (("SE.SCR", "IE.IEORRES_EXCL02"), "N"), (("SE.SCR", "IMU.X_LESION"), "HCC"))
    answers = nurse.subject(at.uid).values(at.form("SE.SCR", "F.IE"))
    assert answers["IG.IE.EXCL/I.IE.IEORRES_EXCL02"].value == "N"
    assert "IG.IE.EXCL/I.IE.IEORRES_EXCL03" not in answers


def test_a_visit_before_an_earlier_one_is_found_from_either_side(nurse: Any, at: Any) -> None:
    typed(
        nurse, at, CONSENT, (("SE.SCR", "SV.SVSTDAT"), "2026-11-05"), (("SE.V1", "SV.SVSTDAT"), "2026-11-06")
    )
    first_day = at.form("SE.V1", "F.SV")
    assert "C.SV.ORDER" not in checks(nurse, first_day)
    enter_value(nurse, at("SE.SCR", "SV.SVSTDAT"), "2026-11-06", reason="Typing error")
    assert "C.SV.ORDER" in checks(nurse, first_day)
    enter_value(nurse, at("SE.V1", "SV.SVSTDAT"), "2026-11-07", reason="Typing error")
    assert "C.SV.ORDER" not in checks(nurse, first_day)


def test_an_unscheduled_visit_stands_in_no_order(nurse: Any, at: Any) -> None:
    typed(nurse, at, CONSENT, (("SE.V1", "SV.SVSTDAT"), "2026-11-06"))
    extra = add_visit(nurse, at.uid, "SE.UNS", "made-up fall").row
    typed(nurse, at, ((extra, "SV.SVSTDAT"), "2026-11-04"))
    assert "C.SV.ORDER" not in checks(nurse, at.form(extra, "F.SV"))


def test_forms_nobody_began_are_asked_for_when_the_next_visit_took_place(nurse: Any, at: Any) -> None:
    typed(nurse, at, CONSENT, (("SE.SCR", "SV.SVOCCUR"), "Y"), (("SE.SCR", "SV.SVSTDAT"), "2026-11-02"))
    screening = at.form("SE.SCR", "F.SV")
    assert "C.SV.MISSING" not in checks(nurse, screening)
    typed(nurse, at, (("SE.V1", "SV.SVSTDAT"), "2026-11-06"))
    state = nurse.subject(at.uid).state(screening)
    (finding,) = [one for one in state.findings if one.check == "C.SV.MISSING"]
    assert "2026-11-06" in finding.texts["en"]


def test_a_bag_or_an_order_number_belongs_to_one_place(
    nurse: Any, at: Any, new_subject: Callable[..., str]
) -> None:
    other = type(at)(nurse.study, new_subject(nurse))
    typed(nurse, at, CONSENT, (("SE.V1", "EX.ECREFID"), "BAG-1"), (("SE.V1", "GA.X_ENRNO"), "1"))
    typed(nurse, other, CONSENT, (("SE.V1", "EX.ECREFID"), "BAG-1"), (("SE.V1", "GA.X_ENRNO"), "1"))
    assert "C.EX.BAG" in checks(nurse, other.form("SE.V1", "F.EX"))
    assert "C.GA.ENRNO" in checks(nurse, other.form("SE.V1", "F.GA"))
    enter_value(nurse, other("SE.V1", "GA.X_ENRNO"), "2", reason="Typing error")
    assert "C.GA.ENRNO" not in checks(nurse, other.form("SE.V1", "F.GA"))
    typed(nurse, at, (("SE.V2", "EX.ECREFID"), "BAG-1"))
    assert "C.EX.BAG" in checks(nurse, at.form("SE.V2", "F.EX"))


def test_who_does_not_meet_the_criteria_is_not_treated_without_a_waiver(nurse: Any, at: Any) -> None:
    typed(nurse, at, CONSENT, (("SE.V1", "EX.ECYN"), "Y"))
    infusion = at.form("SE.V1", "F.EX")
    assert "C.EX.INELIGIBLE" not in checks(nurse, infusion)
    typed(nurse, at, (("SE.SCR", "IE.IEYN"), "N"))
    assert "C.EX.INELIGIBLE" in checks(nurse, infusion)
    typed(nurse, at, (("SE.SCR", "IE.X_IEWAIV"), "Made-up waiver"))
    assert "C.EX.INELIGIBLE" not in checks(nurse, infusion)


def test_a_reaction_names_its_adverse_events(nurse: Any, at: Any) -> None:
    typed(nurse, at, CONSENT, (("SE.V1", "EX.ECYN"), "Y"), (("SE.V1", "EX.X_REACT"), "Y"))
    infusion = at.form("SE.V1", "F.EX")
    assert "C.EX.AELINK" in checks(nurse, infusion)
    typed(nurse, at, (("SE.LOG", "AE.AEYN"), "Y"))
    event = row(nurse, at.form("SE.LOG", "F.AE"), "IG.AE", AETERM="Fever (made up)")
    row(nurse, infusion, "IG.EX.AE", X_AELINK=event)
    assert "C.EX.AELINK" not in checks(nurse, infusion)


def test_fever_is_asked_about_until_it_is_an_event(nurse: Any, at: Any) -> None:
    typed(nurse, at, CONSENT, (("SE.V1", "VS.VSDAT"), "2026-11-10"), (("SE.V1", "VS.TEMP"), "38.4"))
    signs = at.form("SE.V1", "F.VS")
    assert "C.VS.FEVER" in checks(nurse, signs)
    typed(nurse, at, (("SE.LOG", "AE.AEYN"), "Y"))
    row(nurse, at.form("SE.LOG", "F.AE"), "IG.AE", X_AEPRESP="FEVER", AESTDAT="2026-11-11")
    assert "C.VS.FEVER" not in checks(nurse, signs)
