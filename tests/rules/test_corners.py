"""Rules tried with corner values: what never or always holds is said, sound rules are not doubted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crf_app.actions.study.definitions import load_study
from crf_app.model.definition import Study
from crf_app.rules.corner_values import Compared, corner_texts
from crf_app.rules.definition_doubts import definition_doubts
from crf_app.rules.doubts import rule_doubts
from crf_app.rules.expression import compile_study
from crf_app.rules.expression_parts import conjuncts, parts_of

FORMS = Path(__file__).parents[2] / "forms"
LIMITS = [
    {"comparator": "GE", "value": "35.5", "soft_hard": "Soft"},
    {"comparator": "LE", "value": "45.0", "soft_hard": "Hard"},
]


def one(make: SimpleNamespace, expression: str = "VS.TEMP > 38.0", **item: Any) -> Study:
    """A performed gate, a temperature, two dates and a code; the check stands at the temperature."""
    performed = make.group("IG.PERF", make.item("I.VS.PERF", "text", code_list="CL.NY"))
    temp = make.item("I.VS.TEMP", **({"range_check": LIMITS, "significant_digits": 1} | item))
    dates = (make.item("I.VS.DAT", "date"), make.item("I.VS.END", "partialDate"))
    group = make.group("IG.VS", temp, *dates, collect_when="VS.PERF == 'Y'")
    return study(
        make, make.form("F.VS", performed, group, condition=[make.condition("C.X", expression, "I.VS.TEMP")])
    )


def study(make: SimpleNamespace, *forms: dict[str, Any], **more: Any) -> Study:
    made: Study = make.study(*forms, **more)
    return made


def doubts(defined: Study, most: int = 20_000) -> dict[str, str]:
    """OID → kind of doubt and its sentence."""
    found = rule_doubts(compile_study(defined), most)
    return {doubt.oid: f"{doubt.kind}: {doubt.message.en} {doubt.hint.en}" for doubt in found}


SOUND = [
    "VS.TEMP > 38.0",
    "VS.TEMP > 44.9 && known.VS.DAT",
    "VS.TEMP < 35.5",
    "known.VS.TEMP && !known.VS.DAT",
    "before(partial.VS.END, VS.DAT)",
    "days(VS.DAT, VS.END) > 30.0 && days(VS.DAT, VS.END) < 32.0",
    "VS.DAT == today && VS.TEMP == 36.6",
    "size(partial.VS.END) == 7",
    "prev.VS.TEMP > VS.TEMP && base.VS.TEMP < VS.TEMP",
    "years(VS.END, VS.DAT) >= 18.0",
    "event.OID == 'SE.V1' && event.DAY > 7.0 && event.OUTSIDE > 2.0",
    "known.event.MISSING && VS.TEMP > 0.0",
    "event.NEXT < VS.DAT",
    "taken.VS.TEMP && subjects.VS.TEMP > 8.0",
    "round(abs(VS.TEMP - prev.VS.TEMP), 1) >= 3.0",
]


@pytest.mark.parametrize("expression", SOUND)
def test_a_sound_check_is_not_doubted(make: SimpleNamespace, expression: str) -> None:
    assert doubts(one(make, expression)) == {}


SILENT = {
    "VS.TEMP > 38.0 && VS.TEMP < 37.0": "its parts are true, but never together",
    "VS.TEMP > 38.0 && after(VS.DAT, VS.DAT)": "never true by itself: `after(VS.DAT, VS.DAT)`",
    "known.VS.DAT && VS.PERF == 'N'": "its parts are true, but never together",
    "known.prev.VS.TEMP && VS.PERF == 'N'": "holds only where I.VS.TEMP is not asked",
    "round(abs(VS.TEMP), 1) < -1.0": "No firing found in",
    "event.OID == 'SE.V2'": "No firing found in",
}


@pytest.mark.parametrize("expression", SILENT)
def test_a_check_that_never_fires_is_named_with_what_stands_in_its_way(
    make: SimpleNamespace, expression: str
) -> None:
    assert SILENT[expression] in doubts(one(make, expression))["C.X"]


@pytest.mark.parametrize("expression", ["VS.TEMP > 38.0 || VS.TEMP <= 38.0", "VS.PERF in ['Y', 'N']"])
def test_a_check_that_always_fires_is_named(make: SimpleNamespace, expression: str) -> None:
    assert doubts(one(make, expression))["C.X"].startswith("condition_always: It fired in all ")


def test_at_most_so_many_tries_are_made_and_their_number_is_said(make: SimpleNamespace) -> None:
    many = "known.VS.END && VS.DAT < VS.END && prev.VS.TEMP > 40.0 && base.VS.TEMP > 40.0"
    silent = f"{many} && VS.TEMP > 40.0 && VS.TEMP < 39.0"
    assert "No firing found in 20000 tries." in doubts(one(make, silent))["C.X"]
    assert "No firing found in 500 tries." in doubts(one(make, silent), 500)["C.X"]


def test_a_long_conjunction_is_still_found(make: SimpleNamespace) -> None:
    """Eight codes of ten at once: 1 in 100,000,000 at random."""
    codes = make.code_list("CL.TEN", *(f"K{n}" for n in range(10)))
    items = [make.item(f"I.A.Q{n}", "text", code_list="CL.TEN") for n in range(8)]
    all_at_once = " && ".join(f"A.Q{n} == 'K7'" for n in range(8))
    form = make.form(
        "F.A", make.group("IG.A", *items), condition=[make.condition("C.A", all_at_once, "I.A.Q0")]
    )
    assert doubts(study(make, form, code_list=[codes])) == {}


def gated(make: SimpleNamespace, **item: Any) -> Study:
    """A question, and one that follows from it."""
    first = make.item("I.A.YN", "text", code_list="CL.NY")
    return study(make, make.form("F.A", make.group("IG.A", first, make.item("I.A.B", "text", **item))))


def test_a_required_field_that_its_own_condition_always_hides_is_named(make: SimpleNamespace) -> None:
    hidden = gated(make, collect_when="A.YN == 'Y'", mandatory_when="A.YN == 'N'")
    assert doubts(hidden)["I.A.B"].startswith("required_hidden: I.A.B is required only where it is not asked")
    asked = gated(make, collect_when="A.YN == 'Y'", mandatory_when="A.YN == 'Y'")
    assert doubts(asked) == {}


def test_a_mandatory_field_that_is_never_asked_is_named(make: SimpleNamespace) -> None:
    never = gated(make, collect_when="A.YN == 'Y' && A.YN == 'N'", mandatory=True)
    assert doubts(never)["I.A.B"].startswith("gate_never: It is mandatory, but it is never asked")


def test_a_field_asked_only_where_its_group_is_not_is_named(make: SimpleNamespace) -> None:
    first = make.group("IG.A", make.item("I.A.YN", "text", code_list="CL.NY"))
    items = (make.item("I.A.B", "text", collect_when="A.YN == 'N'"), make.item("I.A.C", "text"))
    second = make.group("IG.B", *items, collect_when="A.YN == 'Y'")
    found = doubts(study(make, make.form("F.A", first, second)))
    assert "true only where its group is not asked" in found["I.A.B"]


def test_gates_and_requirements_that_always_hold_are_named(make: SimpleNamespace) -> None:
    always = gated(
        make, collect_when="known.A.YN || !known.A.YN", mandatory_when="!known.A.YN || A.YN in ['Y', 'N']"
    )
    kinds = [doubt.kind for doubt in rule_doubts(compile_study(always))]
    assert kinds == ["gate_always", "required_always"]


def test_a_method_that_never_gives_a_value_is_named(make: SimpleNamespace) -> None:
    def derived(expression: str) -> Study:
        items = (make.item("I.A.X"), make.item("I.A.Y", significant_digits=1, method="M.A.Y"))
        return study(
            make, make.form("F.A", make.group("IG.A", *items), method=[make.method("M.A.Y", expression)])
        )

    assert "The method gave no value" in doubts(derived("A.X < 0.0 && A.X > 1.0 ? A.X : nothing()"))["M.A.Y"]
    assert doubts(derived("A.X > 12.5 && A.X < 12.7 ? A.X : nothing()")) == {}


def rows(make: SimpleNamespace, expression: str) -> Study:
    """Vital signs beside a log of events."""
    vitals = make.form("F.VS", make.group("IG.VS", make.item("I.VS.TEMP"), make.item("I.VS.DAT", "date")),
                       condition=[make.condition("C.X", expression, "I.VS.TEMP")])  # fmt: skip
    columns = (make.item("I.AE.KIND", "text", code_list="CL.KIND"), make.item("I.AE.STDAT", "partialDate"))
    log = make.form("F.AE", make.group("IG.AE", *columns, repeating=True))
    return study(make, vitals, log, code_list=[make.code_list("CL.KIND", "FEVER", "CHILLS")])


LISTS = [
    "!rows.AE.exists(r, r.KIND == 'FEVER' && within(r.STDAT, VS.DAT, 1.0))",
    "rows.AE.filter(r, r.KIND == 'CHILLS').size() >= 4",
    "size(rows.AE) == 0",
    "rows.AE.exists(r, r.ROW == 'r2' && before(r.STDAT, VS.DAT))",
    "visits.VS.exists(v, v.WHEN == 'earlier' && v.TEMP != '' && number(v.TEMP) > 38.0)",
    "visits.VS.exists(v, v.TYPE == 'Unscheduled' && v.DATE > VS.DAT)",
]


@pytest.mark.parametrize("expression", LISTS)
def test_rules_over_rows_and_visits_are_tried_with_none_one_and_several(
    make: SimpleNamespace, expression: str
) -> None:
    assert doubts(rows(make, expression)) == {}


@pytest.mark.parametrize(
    "expression", ["rows.AE.exists(r, r.KIND == 'FEVER' && r.KIND == 'CHILLS')", "size(rows.AE) < 0"]
)
def test_a_rule_over_rows_that_never_fires_is_named(make: SimpleNamespace, expression: str) -> None:
    assert "No firing found" in doubts(rows(make, expression))["C.X"]


def test_a_laboratory_result_is_tried_around_its_range(make: SimpleNamespace) -> None:
    def lab(expression: str) -> Study:
        alt = make.item(
            "I.LB.ALT", lab=True, unit="U/L", significant_digits=0, reference=[{"low": "9", "high": "50"}]
        )
        form = make.form(
            "F.LB", make.group("IG.LB", alt), condition=[make.condition("C.X", expression, "I.LB.ALT")]
        )
        return study(make, form)

    for sound in ("flag.LB.ALT == 'H'", "flag.LB.ALT == 'L'", "LB.ALT > round(3.0 * uln.LB.ALT, 6)",
                  "LB.ALT == uln.LB.ALT"):  # fmt: skip
        assert doubts(lab(sound)) == {}
    assert "No firing" in doubts(lab("flag.LB.ALT == 'H' && LB.ALT < uln.LB.ALT"))["C.X"]


def test_states_and_flow_lines_that_hold_for_nobody_are_named(make: SimpleNamespace) -> None:
    base = one(make)
    never = "known.subject.SEEN && !known.subject.SEEN"
    status = [{"code": "DEAD", "name": make.words("dead"), "when": never},
              {"code": "IN", "name": make.words("in"), "when": "true"}]  # fmt: skip
    flow = [{"code": "SEEN", "name": make.words("seen"), "when": "known.subject.SEEN"}]
    facts = [{"name": "SEEN", "item": "I.VS.DAT"}]
    more = {"status": status, "flow": flow, "subject_facts": facts}
    assert list(doubts(Study.model_validate(base.model_dump() | more))) == ["status.DEAD"]


def test_corner_values_stand_one_step_beside_each_line(make: SimpleNamespace) -> None:
    item = one(make).forms["F.VS"].items["I.VS.TEMP"]
    found = corner_texts(item, Compared((38.0,)), {})
    assert {"38", "37.9", "38.1", "35.4", "35.6", "44.9", "45.1", "0"} <= set(found)


def test_an_expression_is_taken_apart_outside_of_brackets_and_quotes() -> None:
    assert conjuncts("A == 'x && y' && (B || C) && (D && E)") == ["A == 'x && y'", "B || C", "D", "E"]
    assert conjuncts("A || B && C") == ["A || B && C"]
    assert parts_of("(A || B) && !(C && D)") == ["A || B", "A", "B", "!(C && D)"]
    assert parts_of("A ? B : C") == []


def kinds(defined: Study) -> list[tuple[str, str]]:
    return [(doubt.kind, doubt.oid) for doubt in definition_doubts(defined)]


def plain(make: SimpleNamespace, **more: Any) -> Study:
    """One number on one form; both languages of every text are the same letters without a word in them."""
    form = make.form("F.A", make.group("IG.A", make.item("I.A.X", question=make.words("X"), **more)))
    return study(
        make, form, code_list=[], name=make.words("X"), title=make.words("X"), sponsor=make.words("X")
    )


DOUBTFUL: Mapping[str, dict[str, Any]] = {
    "soft above hard": {"range_check": [{"comparator": "LE", "value": "11", "soft_hard": "Soft"},
                                        {"comparator": "LE", "value": "10", "soft_hard": "Hard"}]},
    "soft below hard": {"range_check": [{"comparator": "GE", "value": "1", "soft_hard": "Soft"},
                                        {"comparator": "GE", "value": "2", "soft_hard": "Hard"}]},
    "reference above hard": {"reference": [{"low": "1", "high": "12"}],
                             "range_check": [{"comparator": "LE", "value": "10", "soft_hard": "Hard"}]},
    "reference upside down": {"reference": [{"low": "5", "high": "4"}]},
    "ages upside down": {"reference": [{"high": "4", "age_from": 60, "age_to": 18}]},
}  # fmt: skip


@pytest.mark.parametrize("what", DOUBTFUL)
def test_limits_that_contradict_each_other_are_named(make: SimpleNamespace, what: str) -> None:
    assert kinds(plain(make, **DOUBTFUL[what])) == [("limits_contradict", "I.A.X")]


def test_a_default_outside_the_limits_is_named(make: SimpleNamespace) -> None:
    limit = [{"comparator": "LE", "value": "10", "soft_hard": "Soft"}]
    assert kinds(plain(make, default="11", range_check=limit)) == [("default_outside", "I.A.X")]
    assert kinds(plain(make, default="eleven")) == [("default_outside", "I.A.X")]
    assert kinds(plain(make, default="10", range_check=limit)) == []


def test_unused_code_lists_are_named(make: SimpleNamespace) -> None:
    base = plain(make)
    lists = [make.code_list("CL.NY", "Y", "N")]
    with_list = Study.model_validate(base.model_dump() | {"code_list": lists})
    assert ("code_list_unused", "CL.NY") in kinds(with_list)


@pytest.mark.parametrize(
    ("en", "zh", "doubtful"),
    [
        ("Temperature", "Temperature", True), ("Temperature", "体温", False), ("体温", "体温", True),
        ("ALT", "ALT", False), ("HBV DNA", "HBV DNA", False), ("mmol/L", "mmol/L", False),
        ("{I.A.X} is high", "{I.A.X} is high", True), ("10.4240/wjgs.v17", "10.4240/wjgs.v17", False),
    ],
)  # fmt: skip
def test_a_text_in_one_language_only_is_named(
    make: SimpleNamespace, en: str, zh: str, doubtful: bool
) -> None:
    base = plain(make).model_dump() | {"title": {"en": en, "zh": zh}}
    found = kinds(Study.model_validate(base))
    assert found == ([("text_one_language", "demo")] if doubtful else [])


@pytest.mark.parametrize(
    ("later", "overlap"),
    [({"day": 9, "before": 4}, True), ({"day": 9, "before": 3}, False), ({"month": 1, "before": 27}, True),
     ({"month": 1, "before": 3}, False), ({}, False)],
)  # fmt: skip
def test_windows_of_scheduled_visits_that_overlap_are_named(
    make: SimpleNamespace, later: dict[str, Any], overlap: bool
) -> None:
    visits = [make.visit("SE.V1", "F.A", day=1, after=4), make.visit("SE.V2", "F.A", **later)]
    base = plain(make).model_dump() | {"event": visits}
    found = [oid for kind, oid in kinds(Study.model_validate(base)) if kind == "windows_overlap"]
    assert found == (["SE.V2"] if overlap else [])


def test_equal_messages_of_two_checks_are_named(make: SimpleNamespace) -> None:
    def said(first: dict[str, str], second: dict[str, str], forms: int) -> list[str]:
        checks = [make.condition("C.A", "A.X > 1.0", "I.A.X", message=first)]
        at = "A.X" if forms == 1 else "B.X"
        other = make.condition("C.B", f"{at} > 2.0", f"I.{at}", message=second)
        form = make.form(
            "F.A", make.group("IG.A", make.item("I.A.X")), condition=checks + [other] * (forms == 1)
        )
        beside = make.form("F.B", make.group("IG.B", make.item("I.B.X")), condition=[other] * (forms == 2))
        return [oid for kind, oid in kinds(study(make, form, beside)) if kind == "messages_equal"]

    high, low = {"en": "Too high", "zh": "过高"}, {"en": "Too low", "zh": "过低"}
    half = {"en": "Too high", "zh": "过低"}
    assert said(high, low, 1) == []
    assert said(high, high, 1) == ["C.B", "C.B"]
    assert said(high, half, 1) == ["C.B"]
    assert said(high, half, 2) == ["C.B"]
    assert said(high, high, 2) == []


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in FORMS.glob("*/study.toml")))
def test_the_studies_that_come_with_the_program_leave_nothing_to_doubt(folder: str) -> None:
    defined, rules = load_study(FORMS / folder)
    found = [*definition_doubts(defined), *rule_doubts(rules)]
    assert [(doubt.oid, doubt.message.en, doubt.hint.en) for doubt in found] == []
