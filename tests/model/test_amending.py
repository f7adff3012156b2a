"""An amended definition knows everything that was ever asked, and refuses what would reinterpret data."""

from __future__ import annotations

from typing import Any

import pytest
from amendment_strategy import (
    demo_vitals,
    random_amendment,
    remove_form,
    remove_item,
    with_form,
    with_group,
    with_item,
    with_list,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.errors import AmendmentRefused
from crf_app.model.amending import amended
from crf_app.model.def_base import Text
from crf_app.model.definition import Study, StudyEventDef, study_from_bytes
from crf_app.model.item_def import CodeList, ItemDef, MeasurementUnit
from crf_app.model.load_expand import changed
from crf_app.rules.expression import compile_study

DEMO = demo_vitals()
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def chooser(data: st.DataObject) -> Any:
    return lambda options: data.draw(st.sampled_from(list(options)))


def versions(data: st.DataObject, count: int) -> list[Study]:
    """What the author wrote, version by version."""
    found = [DEMO]
    for number in range(2, count + 2):
        found.append(random_amendment(chooser(data), found[-1], str(number)))
    return found


def in_force(written: list[Study]) -> list[Study]:
    """The amended definition of each version."""
    found = [written[0]]
    for one in written[1:]:
        found.append(amended(found[-1], one))
    return found


def pieces(study: Study) -> dict[str, str | None]:
    """Path of everything that can be asked or chosen → its mark."""
    found: dict[str, str | None] = {}
    for event in study.event:
        found[event.oid] = event.until
        found |= {f"{event.oid}/{ref.form}": ref.until for ref in event.forms}
    for form in study.form:
        found[form.oid] = form.until
        for group in form.item_group:
            found[f"{form.oid}/{group.oid}"] = group.until
            found |= {f"{form.oid}/{group.oid}/{item.oid}": item.until for item in group.item}
    for one in study.code_list:
        found |= {f"{one.oid}={code.coded_value}": code.until for code in one.items}
    return found


@QUICK
@given(st.data())
def test_the_newest_definition_knows_everything_that_was_ever_asked(data: st.DataObject) -> None:
    written = versions(data, 3)
    newest = pieces(in_force(written)[-1])
    last = {path: study.version for study in written for path in pieces(study)}
    assert newest == {
        path: None if version == written[-1].version else version for path, version in last.items()
    }


@settings(QUICK, max_examples=25)
@given(st.data())
def test_an_amended_definition_compiles_and_is_read_back_as_it_was(data: st.DataObject) -> None:
    for study in in_force(versions(data, 2)):
        compile_study(study)
        assert study_from_bytes(study.canonical_bytes()) == study


@QUICK
@given(st.data())
def test_amending_with_the_same_definition_again_changes_nothing(data: st.DataObject) -> None:
    written = versions(data, 2)
    study = in_force(written)[-1]
    assert amended(study, study) == study
    assert amended(study, written[-1]) == study


@QUICK
@given(st.data())
def test_what_the_new_definition_asks_stands_in_its_own_order_and_words(data: st.DataObject) -> None:
    written = versions(data, 2)
    study = in_force(written)[-1]
    for form in written[-1].form:
        for group in form.item_group:
            there = next(one for one in study.forms[form.oid].item_group if one.oid == group.oid)
            assert tuple(item for item in there.item if item.until is None) == group.item


def test_a_retired_item_stands_after_its_old_neighbour_and_has_no_rule() -> None:
    new = changed(remove_item(lambda some: item_in(some, "I.VS.BMI"), DEMO), version="2")
    form = amended(DEMO, new).forms["F.VS"]
    assert list(form.items)[-2:] == ["I.VS.WEIGHT", "I.VS.BMI"]
    gone = form.items["I.VS.BMI"]
    assert (gone.until, gone.method, gone.unit, gone.significant_digits) == ("1", None, "kg/m2", 1)


def item_in(some: Any, oid: str) -> Any:
    """The item of this OID out of what can be chosen."""
    return next(one for one in some if one.oid == oid)


def test_a_form_that_is_back_has_no_mark_and_one_that_left_keeps_its_first() -> None:
    without = changed(remove_form(lambda some: item_in(some, "F.SYM"), DEMO), version="2")
    second = amended(DEMO, without)
    third = amended(second, changed(without, version="3"))
    assert third.forms["F.SYM"].until == "1"
    assert {item.until for item in third.forms["F.SYM"].items.values()} == {"1"}
    assert not third.forms["F.SYM"].condition
    assert amended(third, changed(DEMO, version="4")) == changed(DEMO, version="4")


def vital(study: Study, oid: str = "I.VS.WEIGHT") -> ItemDef:
    return study.form_of_item[oid].items[oid]


def item_with(**fields: object) -> Study:
    return with_item(DEMO, vital(DEMO), **fields)


def moved_item() -> Study:
    """Weight stands in the group of the visit's date."""
    form, group = DEMO.forms["F.VS"], DEMO.forms["F.VS"].item_group[0]
    study = with_group(DEMO, form, group, item=tuple(one for one in group.item if one.oid != "I.VS.WEIGHT"))
    other = DEMO.forms["F.SV"].item_group[0]
    return with_group(study, study.forms["F.SV"], other, item=(*other.item, vital(DEMO)))


def moved_group() -> Study:
    form = DEMO.forms["F.SYM"]
    study = with_form(DEMO, form, item_group=form.item_group[:1])
    other = DEMO.forms["F.SV"]
    return with_form(study, other, item_group=(*other.item_group, form.item_group[1]))


def repeated_visit() -> Study:
    event: StudyEventDef = changed(DEMO.event[0], repeating=True)
    return changed(DEMO, event=(event,))


def group_with(**fields: object) -> Study:
    form = DEMO.forms["F.SYM"]
    return with_group(DEMO, form, form.item_group[1], **fields)


REFUSED = [
    (item_with(data_type="integer"), "data type"),
    (item_with(unit="[lb_av]"), "standard unit"),
    (item_with(lab=True), "`lab`"),
    (item_with(link="IG.SYM"), "link"),
    (item_with(multiple=True), "`multiple`"),
    (item_with(method="M.VS.BMI"), "would be calculated"),
    (with_item(DEMO, vital(DEMO, "I.SYM.TERM"), code_list="CL.NY"), "code list"),
    (with_item(DEMO, vital(DEMO, "I.SYM.TERM"), code_list=None), "code list"),
    (moved_item(), "moves from IG.VS to IG.SV"),
    (moved_group(), "moves from F.SYM to F.SV"),
    (repeated_visit(), "would be repeated"),
    (group_with(repeating=False), "would stand once"),
    (group_with(repeating=False, rows="CL.NY"), "fixed rows"),
    (changed(DEMO, oid="OTHER"), "Set up another site"),
    (changed(DEMO, missing_reasons=DEMO.missing_reasons[:1]), "The reason UNK"),
]


@pytest.mark.parametrize(("new", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_would_read_data_as_something_else_is_refused(new: Study, words: str) -> None:
    with pytest.raises(AmendmentRefused) as refusal:
        amended(DEMO, changed(new, version="2"))
    problems = refusal.value.details["problems"]
    assert isinstance(problems, list)
    assert [one for one in problems if words in one["message"] and one["message_zh"]]
    assert refusal.value.exit_code == 3


def test_every_reason_is_listed_not_only_the_first() -> None:
    new = with_item(item_with(unit="g"), vital(DEMO, "I.VS.HEIGHT"), unit="m")
    with pytest.raises(AmendmentRefused) as refusal:
        amended(DEMO, changed(new, version="2"))
    assert refusal.value.details["count"] == 2


@pytest.mark.parametrize("units", [(), (MeasurementUnit(unit="[lb_av]", factor="0.5"),)])
def test_a_unit_that_answers_may_be_typed_in_stays_as_it_is(units: tuple[MeasurementUnit, ...]) -> None:
    old = item_with(units=(MeasurementUnit(unit="[lb_av]", factor="0.45"),))
    with pytest.raises(AmendmentRefused, match=r"\[lb_av\]"):
        amended(old, with_item(changed(old, version="2"), vital(old), units=units))


def test_a_conversion_may_be_written_in_another_way() -> None:
    old = item_with(units=(MeasurementUnit(unit="g", factor="0.001"),))
    same = with_item(
        changed(old, version="2"), vital(old), units=(MeasurementUnit(unit="g", divisor="1000"),)
    )
    assert vital(amended(old, same)).units == vital(same).units


def test_integers_may_become_decimals() -> None:
    new = with_item(changed(DEMO, version="2"), vital(DEMO, "I.VS.SYSBP"), data_type="decimal")
    assert vital(amended(DEMO, new), "I.VS.SYSBP").data_type == "decimal"


def test_a_longer_code_list_may_take_the_place_of_one() -> None:
    """Every code that answers may hold stands in the other list too."""
    name = Text(en="Longer", zh="更长")
    longer = CodeList(
        oid="CL.LONGER",
        name=name,
        items=(*DEMO.code_lists["CL.SYMPTOM"].items, DEMO.code_lists["CL.NY"].items[0]),
    )
    study = changed(DEMO, version="2", code_list=(*DEMO.code_list, longer))
    new = with_item(study, vital(DEMO, "I.SYM.TERM"), code_list="CL.LONGER")
    assert vital(amended(DEMO, new), "I.SYM.TERM").code_list == "CL.LONGER"


def test_a_version_stands_for_one_definition() -> None:
    sitting = with_list(DEMO, DEMO.code_list[0], DEMO.code_list[0].items[:1])
    with pytest.raises(AmendmentRefused, match="Version 1 stands for another definition"):
        amended(DEMO, sitting)
    second = amended(DEMO, changed(sitting, version="2"))
    with pytest.raises(AmendmentRefused, match="Version 1 stands for another definition"):
        amended(second, changed(sitting, version="1"))


def test_an_item_is_not_answered_from_a_list_where_its_codes_mean_something_else() -> None:
    sexes = DEMO.code_lists["CL.SEX"]
    first, last = sexes.items
    for items, fits in (
        ((first, last), True),
        ((changed(first, decode=last.decode), changed(last, decode=first.decode)), False),
    ):
        other = CodeList(oid="CL.SEX_2", name=sexes.name, items=items)
        new = changed(DEMO, version="2", code_list=(*DEMO.code_list, other))
        new = with_item(new, new.forms["F.SV"].items["I.SV.SEX"], code_list="CL.SEX_2")
        if fits:
            amended(DEMO, new)
            continue
        with pytest.raises(AmendmentRefused, match="another code list"):
            amended(DEMO, new)
