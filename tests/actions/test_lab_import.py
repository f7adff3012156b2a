"""A laboratory's report pasted into a form, and a file of many results: every line comes back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.actions.enter_data import enter_value
from crf_app.actions.lab.lab_import import import_results
from crf_app.actions.lab.lab_mapping import list_mappings, mapping_named, mapping_of, save_mapping
from crf_app.actions.lab.lab_names import LabNames, all_lab_items, find_unit
from crf_app.actions.lab.lab_paste import enter_paste, plan_paste
from crf_app.actions.lab.lab_text import cells_of, read_line
from crf_app.actions.lab.report_line import ReportLine, report_csv
from crf_app.actions.subjects import add_subject
from crf_app.errors import CrfError, LimitExceeded, NotAllowed, ValueRejected, WrongState
from crf_app.model.keys import Answer, FormKey

REPORT = """检验报告单 (made up)

1\t丙氨酸氨基转移酶(ALT)\t268\t↑\tU/L\t9-50
2  ★天门冬氨酸氨基转移酶  ＜5  U/L  15~40
3\t总胆红素\t1.2 mg/dL\tH
4\tALB\t38.5↓\tg/l\t40--55
5\tGLOBUL\t28\tg/L
6\tMade-up test\t5\tg/L
7\tALP\t45\tmg/L
8\tGGT\tnegative
9\tUREA\t5.5
10\tALT\t268\tU/L
11\tALP\t45\tU/L\t<125
12\tALP\t46\tU/L
"""


def _value(person: Any, key: Any) -> Answer:
    return person.subject(key.subject).state(key.form_key).items[key.local].answer


def test_plan_says_what_becomes_of_every_line(nurse: Any, at: Any) -> None:
    end = nurse.store.end.seq
    plan = plan_paste(nurse, at.form("SE.V1", "F.LBC"), REPORT)
    assert nurse.store.end.seq == end, "nothing is stored"
    assert [one.line for one in plan] == list(range(1, 15))
    seen = {one.line: (one.outcome, one.item.variable if one.item else "", one.answer.value, one.answer.unit)
            for one in plan}  # fmt: skip
    assert seen == {
        1: ("unknown", "", None, None), 2: ("empty", "", None, None),
        3: ("new", "LBC.ALT", "268", "U/L"), 4: ("new", "LBC.AST", "<5", "U/L"),
        5: ("new", "LBC.BILI", "1.2", "mg/dL"), 6: ("new", "LBC.ALB", "38.5", "g/L"),
        7: ("refused", "LBC.GLOBUL", None, None), 8: ("unknown", "", None, None),
        9: ("refused", "", None, None), 10: ("refused", "", None, None),
        11: ("new", "LBC.UREA", "5.5", "mmol/L"), 12: ("same", "LBC.ALT", "268", "U/L"),
        13: ("new", "LBC.ALP", "45", "U/L"), 14: ("refused", "LBC.ALP", "46", "U/L"),
    }  # fmt: skip
    assert "No unit is written: mmol/L is taken" in plan[10].texts["en"]
    assert "mg/L" in plan[8].texts["en"] and all(one.texts["zh"] != one.texts["en"] for one in plan)


def test_accepted_lines_are_entered_one_commit_each_and_all_are_reported(
    nurse: Any, at: Any, records: Any
) -> None:
    key = at.form("SE.V1", "F.LBC")
    plan = plan_paste(nurse, key, REPORT)
    end = nurse.store.end.seq
    done = enter_paste(nurse, key, plan, accepted={3, 4, 5, 8})
    assert {one.line: one.outcome for one in done} == {
        1: "unknown", 2: "empty", 3: "entered", 4: "entered", 5: "entered", 6: "left", 7: "refused",
        8: "unknown", 9: "refused", 10: "refused", 11: "left", 12: "same", 13: "left", 14: "refused",
    }  # fmt: skip
    typed = [one.key.rpartition(".")[2] for one in records(nurse, end, "item.set")]
    assert typed == ["ALT", "AST", "BILI"]
    assert _value(nurse, at("SE.V1", "LBC.BILI")) == Answer("1.2", None, "mg/dL")


def test_all_at_once_is_one_commit_or_none(nurse: Any, at: Any) -> None:
    key = at.form("SE.V1", "F.LBC")
    plan = plan_paste(nurse, key, "ALT\t46\nAST\t30\nBILI\t1.2\tmg/dL")
    done = enter_paste(nurse, key, plan, {1, 2, 3}, at_once=True)
    assert [one.outcome for one in done] == ["entered"] * 3
    assert _value(nurse, at("SE.V1", "LBC.BILI")) == Answer("1.2", None, "mg/dL")


def test_another_value_is_overwritten_only_with_a_reason(session: Any, nurse: Any, at: Any) -> None:
    key = at.form("SE.V1", "F.LBC")
    enter_value(nurse, at("SE.V1", "LBC.ALT"), "46")
    plan = plan_paste(nurse, key, "ALT\t64\tU/L")
    assert plan[0].outcome == "differs" and "46 U/L" in plan[0].texts["en"]
    (line,) = enter_paste(nurse, key, plan, {1})
    assert line.outcome == "refused" and _value(nurse, at("SE.V1", "LBC.ALT")).value == "46"
    (line,) = enter_paste(nurse, key, plan, {1}, "digits exchanged")
    assert line.outcome == "entered" and _value(nurse, at("SE.V1", "LBC.ALT")).value == "64"


def test_report_of_another_subject_is_refused(nurse: Any, at: Any) -> None:
    other = "ZN088"
    add_subject(nurse, other)
    key = at.form("SE.V1", "F.LBC")
    own = plan_paste(nurse, key, "ZN001 / 001\nALT\t46")
    assert own[1].outcome == "new"
    for text in (
        f"姓名 {other}\nALT\t46",
        f"ALT\t46\t\t{other.lower()}",
        "ＺＮ０８８\nALT\t46",
        "ZN777\nALT\t4",
    ):
        with pytest.raises(WrongState, match="Nothing was written"):
            plan_paste(nurse, key, text)


def test_number_of_another_subject_is_known_however_it_is_spaced(nurse: Any, at: Any) -> None:
    add_subject(nurse, "ZN088")
    for text in ("No. ZN 088\nALT\t46", "zn-088\nALT\t46", "ZN_088\nALT\t46", "ＺＮ　０８８\nALT\t46"):
        with pytest.raises(WrongState, match="Nothing was written"):
            plan_paste(nurse, at.form("SE.V1", "F.LBC"), text)
    assert plan_paste(nurse, at.form("SE.V1", "F.LBC"), "ZN 001\nALT\t46")[1].outcome == "new"


def test_two_tests_on_one_line_are_not_half_taken(nurse: Any, at: Any) -> None:
    text = "1\tALT\t46\tU/L\t9-50\t2\tAST\t30\tU/L\nALP\t46\tU/L\tALP"
    first, second = plan_paste(nurse, at.form("SE.V1", "F.LBC"), text)
    assert first.outcome == "refused" and "LBC.ALT, LBC.AST" in first.texts["en"]
    assert second.outcome == "new"


@pytest.mark.parametrize("number", ["4,6", "1,046", "4，6", "<4,6"])
def test_a_decimal_comma_is_not_guessed(nurse: Any, at: Any, number: str) -> None:
    (line,) = plan_paste(nurse, at.form("SE.V1", "F.LBC"), f"ALB\t{number}\tg/L")
    assert line.outcome == "refused" and "comma" in line.texts["en"] and "逗号" in line.texts["zh"]


def test_paste_needs_a_laboratory_form_the_right_and_a_text_of_a_page(
    session: Any, nurse: Any, at: Any
) -> None:
    with pytest.raises(WrongState):
        plan_paste(nurse, at.form("SE.V1", "F.VS"), "ALT\t46")
    for text in ("x" * 300_000, "ALT\t46\n" * 600):
        with pytest.raises(LimitExceeded):
            plan_paste(nurse, at.form("SE.V1", "F.LBC"), text)
    assert plan_paste(nurse, at.form("SE.V1", "F.LBC"), "") == []


def test_not_asked_is_refused(nurse: Any, at: Any) -> None:
    enter_value(nurse, at("SE.V1", "LBC.LBPERF"), "N")
    (line,) = plan_paste(nurse, at.form("SE.V1", "F.LBC"), "ALT\t46")
    assert line.outcome == "refused" and "not asked" in line.texts["en"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60) | st.from_regex(r"(ALT|BILI)[\t ]{1,3}[<>=]?[0-9.eE+,-]{1,12}[\t ]?\S{0,6}"))
def test_any_line_is_read_or_refused(nurse: Any, text: str) -> None:
    names = LabNames(item for item in all_lab_items(nurse.study) if item.oid.startswith("I.LBC."))
    try:
        found = read_line(cells_of(text), names)
    except CrfError as refusal:
        assert refusal.texts["zh"] and refusal.exit_code == 3
    else:
        assert found is None or found.value


def test_names_and_units_as_laboratories_write_them(nurse: Any) -> None:
    chemistry = LabNames(item for item in all_lab_items(nurse.study) if item.oid.startswith("I.LBC."))
    for name in ("ALT", "lbc.alt", "I.LBC.ALT", "1742-6", "ＡＬＴ", "*ALT", "丙氨酸氨基转移酶", "谷丙(ALT)"):
        assert [one.variable for one in chemistry.find(name)] == ["LBC.ALT"], name
    assert chemistry.find("谷丙转氨酶") == []
    assert chemistry.find("谷丙转氨酶", {"谷丙转氨酶": "LBC.ALT"})[0].variable == "LBC.ALT"
    bili = chemistry.find("BILI")[0]
    for text, unit in (("µmol/L", "umol/L"), ("μmol/l", "umol/L"), ("UMOL/L", "umol/L"), ("mg/dl", "mg/dL"),
                       ("", "umol/L"), ("mmol/L", None), ("mg", None)):  # fmt: skip
        assert find_unit(bili, text) == unit, text


COLUMNS = {"subject": "受试者", "visit": "Visit", "date": "Date", "test": "Item", "value": "Result",
           "unit": "Unit", "laboratory": "Lab"}  # fmt: skip
HEAD = "受试者,Visit,Date,Item,Result,Unit,Lab,Note\n"


def _import(person: Any, text: str, **more: Any) -> list[tuple[int, str]]:
    mapping = mapping_of(person, "hospital", COLUMNS, {"谷丙转氨酶": "LBC.ALT"})
    done = import_results(person, (HEAD + text).encode(), mapping, **more)
    assert len(done.lines) == text.count("\n"), "a line for every line"
    return [(one.line, one.outcome) for one in done.lines]


def test_import_takes_what_it_can_and_says_why_not(nurse: Any, at: Any, records: Any) -> None:
    label = nurse.subject(at.uid) and "ZN001"
    text = (
        f"{label},V1,2026-10-06,谷丙转氨酶,268,U/L,Made-up lab,\n"
        f"{label},V1,2026-10-06 08:10,BILI,1.2,mg/dL,made-up LAB,\n"
        f"{label},V1,2026-10-07,AST,30,U/L,Made-up lab,another day\n"
        f"{label},V1,,ALT,268,U/L,,the same\n"
        f"{label},V1,,ALT,269,U/L,,another value\n"
        f"ZN099,V1,,ALT,30,U/L,,nobody\n"
        f"{label},V99,,ALT,30,U/L,,no visit\n"
        f"{label},V1,,XYZ,30,U/L,,no test\n"
        f"{label},V1,,AST,thirty,U/L,,no number\n"
        f"{label},V1,,AST,30,stone,,no unit\n"
        f"{label},V1,,AST,30,U/L,,ZN098\n"
        f"{label},V1,,AST,30\n"
    )
    end = nurse.store.end.seq
    looked = [one for _, one in _import(nurse, text, dry_run=True)]
    assert looked == ["would", "would", "refused", "same", *["refused"] * 8]
    assert nurse.store.end.seq == end, "a dry run stores nothing"
    mapping = mapping_of(nurse, "hospital", COLUMNS, {"谷丙转氨酶": "LBC.ALT"})
    first = import_results(nurse, (HEAD + text).encode(), mapping, dry_run=True).lines[0]
    assert first.what == f"{label} V1 2026-10-06 谷丙转氨酶 268 U/L"
    outcomes = [one for _, one in _import(nurse, text)]
    assert outcomes == ["entered", "entered", "refused", "same", *["refused"] * 8]
    assert _value(nurse, at("SE.V1", "LBC.LBDAT")).value == "2026-10-06"
    assert _value(nurse, at("SE.V1", "LBC.LBNAM")).value == "Made-up lab"
    assert _value(nurse, at("SE.V1", "LBC.BILI")) == Answer("1.2", None, "mg/dL")
    end = nurse.store.end.seq
    again = [one for _, one in _import(nurse, text)]
    assert again[:2] == ["same", "same"] and nurse.store.end.seq == end, "the same file twice adds nothing"


def test_import_finds_the_visit_by_the_day(nurse: Any, at: Any) -> None:
    enter_value(nurse, at("SE.V1", "SV.SVSTDAT"), "2026-10-06")
    enter_value(nurse, at("SE.V2", "SV.SVSTDAT"), "2026-10-13")
    text = "ZN001,,2026/10/13,ALT,46,U/L,,\nZN001,,2026-10-14,ALT,46,U/L,,\nZN001,,,ALT,46,U/L,,\n"
    assert [one for _, one in _import(nurse, text)] == ["entered", "refused", "refused"]
    assert _value(nurse, at("SE.V2", "LBC.ALT")).value == "46"


def test_a_dry_run_says_what_the_import_will_say(nurse: Any, at: Any) -> None:
    """Day and laboratory that one line would enter decide about the lines after it."""
    text = (
        "ZN001,V1,2026-10-06,ALT,46,U/L,Made-up lab,\n"
        "ZN001,V1,2026-10-07,ALT,46,U/L,,another day, the same value\n"
        "ZN001,V1,,AST,46,U/L,Other lab,\n"
        "ZN001,,2026-10-06,ALP,46,U/L,,the visit of that day\n"
        "ZN001,V2,2026-10-13,ALP,46,U/L," + "x" * 3000 + ",a name that does not fit\n"
        "ZN001,V2,,AST,46,U/L,,\n"
    ).replace("day, the", "day: the")
    looked = [one for _, one in _import(nurse, text, dry_run=True)]
    assert looked == ["would", "refused", "refused", "would", "refused", "would"]
    done = [one for _, one in _import(nurse, text)]
    assert done == [one.replace("would", "entered") for one in looked]
    assert _value(nurse, at("SE.V2", "LBC.LBDAT")).empty, "a line that is refused leaves nothing behind"


def test_import_corrects_only_with_a_reason(nurse: Any, at: Any) -> None:
    enter_value(nurse, at("SE.V1", "LBC.ALT"), "46")
    line = "ZN001,V1,,ALT,64,U/L,,\n"
    assert _import(nurse, line) == [(2, "refused")]
    assert _import(nurse, line, reason="laboratory sent a corrected report") == [(2, "entered")]
    assert _value(nurse, at("SE.V1", "LBC.ALT")).value == "64"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"a,b\n1,2\n", HEAD.encode() + b'"x', b"\xff" * 100, HEAD.encode() * 2 + b"," * 9000],
)
def test_broken_files_are_refused_or_reported(nurse: Any, at: Any, data: bytes) -> None:
    mapping = mapping_of(nurse, "hospital", COLUMNS, {})
    end = nurse.store.end.seq
    try:
        done = import_results(nurse, data, mapping)
    except CrfError as refusal:
        assert refusal.exit_code in (3, 9) and refusal.texts["zh"]
    else:
        assert all(one.outcome == "refused" for one in done.lines)
    assert nurse.store.end.seq == end


def test_mapping_is_a_record_and_is_used_again(session: Any, nurse: Any, at: Any, records: Any) -> None:
    end = nurse.store.end.seq
    save_mapping(nurse, "hospital", COLUMNS, {"谷丙转氨酶": "ALT", "胆红素": "LBC.BILI"})
    assert save_mapping(nurse, "hospital", COLUMNS, {"谷丙转氨酶": "ALT", "胆红素": "BILI"}).records == 0
    save_mapping(nurse, "hospital", COLUMNS, {"谷丙转氨酶": "ALT"})
    first, second = records(nurse, end, "lab.mapping")
    assert second.parents == (first.id,) and second.key == "hospital"
    (kept,) = list_mappings(nurse)
    assert kept.tests == {"谷丙转氨酶": "LBC.ALT"} and mapping_named(nurse, "hospital") == kept
    (line,) = plan_paste(nurse, at.form("SE.V1", "F.LBC"), "谷丙转氨酶\t46\tU/L")
    assert line.outcome == "new" and line.item.variable == "LBC.ALT"
    with pytest.raises(NotAllowed):
        save_mapping(session("investigator"), "x", COLUMNS, {})


@pytest.mark.parametrize(
    ("name", "columns", "tests"),
    [
        ("a b", COLUMNS, {}), ("", COLUMNS, {}), ("x", {}, {}), ("x", COLUMNS | {"weight": "W"}, {}),
        ("x", {"subject": "S", "test": "T", "value": "V"}, {}), ("x", COLUMNS, {"谷丙": "nothing"}),
        ("x", COLUMNS, {"球蛋白": "LBC.GLOBUL"}), ("x" * 41, COLUMNS, {}),
        ("x", COLUMNS, {"A\ud800": "ALT"}), ("x", COLUMNS | {"unit": "U\ud800"}, {}),
        ("x", COLUMNS, {"A\x00": "ALT"}), ("x", COLUMNS | {"unit": "U\x00"}, {}),
    ],
)  # fmt: skip
def test_mapping_that_says_nothing_is_refused(
    nurse: Any, name: str, columns: dict[str, str], tests: dict[str, str]
) -> None:
    end = nurse.store.end.seq
    with pytest.raises(ValueRejected):
        save_mapping(nurse, name, columns, tests)
    assert nurse.store.end.seq == end


def test_report_never_runs_in_a_spreadsheet() -> None:
    line = ReportLine(2, "refused", {"en": "=1+1", "zh": "=1+1"}, '@x,"y"\n')
    text = report_csv([line], "en").decode("utf-8-sig")
    assert text.splitlines()[0] == "line,outcome,what,message"
    assert "'=1+1" in text and "\"'@x," in text


def test_before_consent_nothing_is_taken(nurse: Any, at: Any) -> None:
    """A form that the subject's state closes is no place for a result, in a dry run neither."""
    uid = add_subject(nurse, "ZN050").subject
    end = nurse.store.end.seq
    with pytest.raises(WrongState, match="onsent"):
        plan_paste(nurse, FormKey(uid, "SE.V1", "F.LBC"), "ALT\t46")
    for dry_run in (True, False):
        assert _import(nurse, "ZN050,V1,,ALT,46,U/L,,\n", dry_run=dry_run) == [(2, "refused")]
    assert nurse.store.end.seq == end
