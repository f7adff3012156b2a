"""Nothing that changes goes unsaid, and it is said for whom."""

from __future__ import annotations

from typing import Any

import pytest
from amendment_strategy import demo_vitals, random_amendment, with_form, with_item, with_list
from hypothesis import given, settings
from hypothesis import strategies as st

from crf_app.actions.study.definitions import load_study
from crf_app.model.amending import amended
from crf_app.model.def_base import Alias, Text
from crf_app.model.definition import Fact, Reason, Study
from crf_app.model.difference import BEGUN, EVERYBODY, NO_MORE, NOBODY, Difference
from crf_app.model.differences import differences
from crf_app.model.item_def import CodeListItem, RangeCheck
from crf_app.model.load_expand import changed
from crf_app.settings.shipped import forms_folder

DEMO = demo_vitals()


def leaves(piece: Any, path: str = "") -> dict[str, object]:
    """Every field of canonical JSON, by the path to it; what has a name is named by it, not by its place."""
    if isinstance(piece, dict):
        found: dict[str, object] = {}
        for key, value in piece.items():
            found |= leaves(value, f"{path}/{key}")
        return found
    if isinstance(piece, list):
        named = [next((one[k] for k in ("oid", "coded_value", "code", "form") if k in one), None)
                 if isinstance(one, dict) else None for one in piece]  # fmt: skip
        if piece and all(named):
            return {path + "/order": named} | {
                key: value
                for name, one in zip(named, piece, strict=True)
                for key, value in leaves(one, f"{path}[{name}]").items()
            }
    return {path: piece}


def named_in(path: str) -> set[str]:
    return {part.partition("]")[0] for part in path.split("[")[1:]}


def came_or_went(before: object, after: object) -> set[str]:
    """The names that only one of two orders has: taking out a form says that its visits lose it."""
    one, other = (
        {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()
        for names in (before, after)
    )
    return one ^ other


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_changed_field_leads_to_a_difference(data: st.DataObject) -> None:
    new = random_amendment(lambda options: data.draw(st.sampled_from(list(options))), DEMO, "2")
    told = {part for one in differences(DEMO, new) for part in (*one.oid.split("/"), one.form)} | {DEMO.oid}
    before, after = (leaves(one.model_dump(mode="json", exclude_defaults=True)) for one in (DEMO, new))
    for path in before.keys() | after.keys():
        if before.get(path) != after.get(path):
            names = named_in(path) | came_or_went(before.get(path), after.get(path))
            assert not names or names & told, path


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_same_definition_has_no_difference_and_an_amended_one_only_what_its_author_changed(
    data: st.DataObject,
) -> None:
    new = random_amendment(lambda options: data.draw(st.sampled_from(list(options))), DEMO, "2")
    assert differences(new, new) == ()
    said = differences(DEMO, new)
    assert {one.text.en for one in said} == {one.text.en for one in differences(DEMO, amended(DEMO, new))}
    assert differences(amended(DEMO, new), changed(new, version="3"))[0].text.en == "Study: version: 2 → 3."
    assert len(differences(amended(DEMO, new), changed(new, version="3"))) == 1


def other_values(study: Study) -> list[tuple[str, Study]]:
    """The study with each plain field of one of its pieces changed, one at a time."""
    form = study.forms["F.VS"]
    item, check, event = form.items["I.VS.SYSBP"], form.condition[0], study.event[0]
    text = Text(en="Changed", zh="已改")
    found = [(f"item.{name}", with_item(study, item, **{name: value})) for name, value in {
        "question": text, "length": 5, "significant_digits": 1, "pattern": "x", "mandatory": False,
        "mandatory_when": "true", "collect_when": "true", "locked_when": "true", "range_check": (),
        "default": "1", "sensitive": True, "help": text, "alias": (Alias(context="a", name="b"),),
        "source": "A", "odm_oid": "X", "conversion": "x",
    }.items()]  # fmt: skip
    found += [(f"check.{name}", with_form(study, form, condition=(changed(check, **{name: value}),)))
              for name, value in {"expression": "false", "severity": "info", "item": "I.VS.DIABP",
                                  "message": text, "source": "R", "check": "EC1"}.items()]  # fmt: skip
    found += [(f"event.{name}", changed(study, event=(changed(event, **{name: value}),)))
              for name, value in {"name": text, "short_name": "X", "type": "Common", "number": "9", "day": 3,
                                  "month": 3, "before": 1, "after": 1, "from_day": 1, "to_day": 2,
                                  "setting": text, "source": "R", "odm_oid": "X"}.items()]  # fmt: skip
    found += [(f"form.{name}", with_form(study, form, **{name: value}))
              for name, value in {"name": text, "short_name": text, "signature": ("investigator",),
                                  "layout": "steps", "source": "R", "odm_oid": "X"}.items()]  # fmt: skip
    found += [(f"study.{name}", changed(study, **{name: value})) for name, value in {
        "name": text, "title": text, "protocol": "X", "sponsor": text, "languages": ("en",),
        "subject_pattern": "X", "subject_format": "X", "planned_subjects": 3, "header": (),
        "visit_date": None, "visit_occurred": "I.VS.SYSBP", "conversion_version": "2", "odm_oid": "X",
        "query_days": 14,
        "alias": (Alias(context="a", name="b"),), "facts": (Fact(key="k", value=text, source="A"),),
        "status": study.status[:1], "subject_facts": study.subject_facts[:1], "meanings": study.meanings[:1],
        "change_reasons": study.change_reasons[:1],
        "finding_reasons": (Reason(code="SAME", text=text),),
    }.items()]  # fmt: skip
    return found


OTHERS = other_values(DEMO)


@pytest.mark.parametrize(("field", "new"), OTHERS, ids=[field for field, _ in OTHERS])
def test_a_changed_field_is_said_once_in_both_languages(field: str, new: Study) -> None:
    (one,) = (each for each in differences(DEMO, new) if each.kind != "refused")
    assert one.text.en.endswith(".") and one.text.zh.endswith("。")
    assert one.text.en != one.text.zh


def only(new: Study) -> Difference:
    found = [one for one in differences(DEMO, changed(new, version="1")) if one.kind != "refused"]
    assert len(found) == 1
    return found[0]


def test_a_narrower_range_says_the_limit_that_changes_and_for_whom() -> None:
    item = DEMO.forms["F.VS"].items["I.VS.WEIGHT"]
    limits = (item.range_check[0], RangeCheck(comparator="LE", value="120", soft_hard="Soft"))
    one = only(with_item(DEMO, item, range_check=limits))
    assert one.text.en == "“Weight”: range: ≤ 130 (asks) → ≤ 120 (asks)."
    assert one.text.zh == "“体重”：范围：≤ 130 (询问) → ≤ 120 (询问)。"
    assert (one.what, one.form, one.whom) == ("range", "F.VS", BEGUN)


def test_another_decode_of_a_code_that_stays_is_marked_to_be_looked_at() -> None:
    sex = DEMO.code_lists["CL.SEX"]
    man = CodeListItem(coded_value="M", decode=Text(en="Man", zh="男"))
    one = only(with_list(DEMO, sex, (man, sex.items[1])))
    assert one.look
    assert (
        one.text.en
        == "M of “Sex” reads “Man” in place of “Male”; data entered under the old words are read so."
    )


def test_a_window_is_for_every_subject_and_a_name_for_nobody() -> None:
    event = DEMO.event[0]
    assert only(changed(DEMO, event=(changed(event, after=2),))).whom == EVERYBODY
    assert only(changed(DEMO, event=(changed(event, name=Text(en="A", zh="甲")),))).whom == NOBODY


def test_a_form_that_is_taken_out_is_said_once_and_what_is_begun_is_finished() -> None:
    without = changed(DEMO.event[0], forms=DEMO.event[0].forms[:2])
    one = only(changed(DEMO, event=(without,), form=DEMO.form[:2]))
    assert (one.kind, one.what, one.oid, one.whom) == ("removed", "form", "F.SYM", NO_MORE)


def test_words_that_change_in_one_language_are_said_in_both() -> None:
    item = DEMO.forms["F.VS"].items["I.VS.WEIGHT"]
    one = only(with_item(DEMO, item, question=Text(en="Weight", zh="体重（脱鞋）")))
    assert "体重（脱鞋）" in one.text.en


def test_a_question_that_comes_back_is_said_so() -> None:
    group = DEMO.forms["F.SYM"].item_group[1]
    form = changed(DEMO.forms["F.SYM"], item_group=(
        DEMO.forms["F.SYM"].item_group[0], changed(group, item=group.item[:1])))  # fmt: skip
    second = amended(DEMO, changed(with_form(DEMO, form), version="2"))
    back = [one for one in differences(second, changed(DEMO, version="3")) if one.kind == "back"]
    assert [one.oid for one in back] == ["I.SYM.STDAT"]


def test_what_the_program_writes_out_is_said_once() -> None:
    """A date check stands at each date of the study, a result has two companions."""
    study, _ = load_study(forms_folder() / "hucmsc")
    check = study.date_checks[0]
    checks = (changed(check, severity="info"), *study.date_checks[1:])
    forms = []
    for form in study.form:
        made = [one.oid.startswith(f"{check.oid}.") for one in form.condition]
        conditions = (changed(one, severity="info") if its else one
                      for one, its in zip(form.condition, made, strict=True))  # fmt: skip
        forms.append(changed(form, condition=tuple(conditions)))
    other = changed(study, date_checks=checks, form=tuple(forms))
    assert [one.oid for one in differences(study, other) if one.kind != "refused"] == [check.oid]


def test_a_refusal_stands_first_and_says_what_to_do() -> None:
    item = DEMO.forms["F.VS"].items["I.VS.WEIGHT"]
    first = differences(DEMO, changed(with_item(DEMO, item, unit="g"), version="2"))[0]
    assert (first.kind, first.oid, first.form) == ("refused", "I.VS.WEIGHT", "F.VS")
    assert "Give it a new OID" in first.text.en and "新的 OID" in first.text.zh


def test_what_comes_back_in_other_words_is_told_with_both() -> None:
    """The data that it still has are read by the new words."""
    sexes = DEMO.code_lists["CL.SEX"]
    first, last = sexes.items
    without = amended(DEMO, changed(with_list(DEMO, sexes, (first,)), version="2"))
    other = changed(last, decode=Text(en="Fluid", zh="液体"))
    back = changed(with_list(DEMO, sexes, (first, other)), version="3")
    told = [one for one in differences(without, back) if one.what == "code"]
    assert [one.kind for one in told] == ["back", "changed"]
    assert "in place of" in told[1].text.en and "Fluid" in told[1].text.en and "Female" in told[1].text.en
    assert told[1].look
