"""XLSForm workbooks, made here cell by cell: what they become, and which of them are refused."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crf_app.errors import CrfError, ExchangeRefused, LimitExceeded, NotFound
from crf_app.exchange import xlsform_sheets
from crf_app.exchange.odm_in import study_from_odm
from crf_app.exchange.odm_out import odm_of
from crf_app.exchange.report import ImportReport
from crf_app.exchange.xlsform import study_from_xlsform
from crf_app.exchange.xlsform_rules import bounds
from crf_app.exchange.xlsform_words import language_of
from crf_app.model.def_base import NotRun, Translation
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef, RangeCheck
from crf_app.model.load import load
from crf_app.model.write_files import write_folder

Rows = Sequence[Sequence[Any]]
Made = Callable[..., Path]


@pytest.fixture
def book(tmp_path: Path) -> Made:
    """Makes a workbook of sheets given as rows."""

    def make(survey: Rows, choices: Rows = (), settings: Rows = (), **more: Rows) -> Path:
        workbook = Workbook()
        del workbook["Sheet"]
        for name, rows in {"survey": survey, "choices": choices, "settings": settings, **more}.items():
            if rows:
                sheet = workbook.create_sheet(name)
                for row in rows:
                    sheet.append(list(row))
        path = tmp_path / "visit.xlsx"
        workbook.save(path)
        return path

    return make


def read(path: Path) -> tuple[Study, FormDef, ImportReport]:
    study, report = study_from_xlsform(path)
    return study, study.form[0], report


def said(report: ImportReport, section: Any) -> list[str]:
    return [line.sentence() for line in report.of(section)]


FULL: Rows = (
    ("type", "name", "label::English (en)", "label::中文 (zh)", "label::Français (fr)", "hint::English (en)",
     "required", "constraint", "constraint_message::English (en)", "relevant", "default", "appearance",
     "calculation", "choice_filter"),
    ("begin group", "vitals", "Vital signs", "生命体征", "Signes vitaux", *[None] * 6, "field-list"),
    ("integer", "bp", "Pressure", "血压", "Tension", "In mmHg", "yes", ". >= 0 and . <= 150", "Look again"),
    ("decimal", "temp", "Temperature", "体温", None, None, "${bp} > 3", ". < ${bp}", "Too warm",
     "${bp} > 100"),
    ("end group",),
    ("note", "n", "Ask kindly", "请礼貌询问"),
    ("select_one yn", "smoke", "Smoker?", "吸烟？", None, "Now", None, None, None, None, "n"),
    ("select_multiple sign or_other", "signs", "Signs", "体征"),
    ("begin repeat", "drug", "Drug", "药物"),
    ("text", "drug_name", "Name", "名称", None, None, "yes"),
    ("date", "since", "Since", "始于", None, None, None, ". <= today()", None, None, "today()", "month-year"),
    ("end repeat",),
    ("calculate", "double", None, None, None, None, None, None, None, None, None, None, "${bp} * 2"),
    ("time", "at", "At", "时间"),
    ("dateTime", "when", "When", "何时"),
    ("geopoint", "place", "Place", "地点"),
    ("image", "photo", "Photo", "照片"),
    ("acknowledge", "seen", "Read and understood", "已读"),
    ("today", "made"),
)  # fmt: skip
CHOICES: Rows = (
    ("list_name", "name", "label::English (en)", "label::中文 (zh)"),
    ("yn", "y", "Yes", "是"), ("yn", "n", "No", "否"),
    ("sign", 1, "Jaundice", "黄疸"), ("sign", 2.0, "Ascites", "腹水"),
)  # fmt: skip
SETTINGS: Rows = (("form_title", "form_id", "version"), ("Made-up visit", "made_up-1", 2026))


@pytest.fixture
def full(book: Made) -> Path:
    return book(FULL, CHOICES, SETTINGS)


def test_a_workbook_becomes_one_form_of_groups(full: Path) -> None:
    study, form, _ = read(full)
    assert (study.oid, study.version, study.title.en) == ("made_up-1", "2026", "Made-up visit")
    assert [(group.name.en, group.repeating, len(group.item)) for group in form.item_group] == [
        ("Vital signs", False, 2), ("Made-up visit", False, 3), ("Drug", True, 2),
        ("Made-up visit", False, 5),
    ]  # fmt: skip
    assert study.event[0].form_oids == (form.oid,) == ("F.MADE_UP_1",)
    assert form.items["I.MADE_UP_1.BP"].alias[0].name == "bp"


def test_types_lists_and_bounds(full: Path) -> None:
    study, form, _ = read(full)
    items = {oid.rpartition(".")[2]: item for oid, item in form.items.items()}
    assert [items[name].data_type for name in ("BP", "TEMP", "SINCE", "AT", "WHEN", "PLACE")] == [
        "integer", "decimal", "partialDate", "time", "datetime", "text",
    ]  # fmt: skip
    assert items["BP"].range_check == (
        RangeCheck(comparator="GE", value="0", soft_hard="Hard"),
        RangeCheck(comparator="LE", value="150", soft_hard="Hard"),
    )
    assert items["BP"].mandatory and not items["TEMP"].mandatory
    assert items["SMOKE"].default == "n" and not items["SMOKE"].multiple and items["SIGNS"].multiple
    codes = study.code_lists[items["SIGNS"].code_list or ""].by_code
    assert list(codes) == ["1", "2", "other"] and codes["2"].decode.zh == "腹水"
    assert list(study.code_lists[items["SEEN"].code_list or ""].by_code) == ["OK"]
    assert "PHOTO" not in items and "MADE" not in items


def test_every_rule_is_kept_as_text_and_said(full: Path) -> None:
    _, form, report = read(full)
    temp = form.items["I.MADE_UP_1.TEMP"]
    assert [(one.use, one.expression) for one in temp.not_run] == [
        ("collect_when", "${bp} > 100"), ("mandatory_when", "${bp} > 3"), ("check", ". < ${bp}"),
    ]  # fmt: skip
    assert temp.not_run[2].message is not None and temp.not_run[2].message.en == "Too warm"
    assert temp.collect_when is None  # the field is always asked
    assert form.items["I.MADE_UP_1.DOUBLE"].not_run[0].use == "method"
    assert [one.use for one in form.items["I.MADE_UP_1.SINCE"].not_run] == ["check", "default"]
    count = sum(len(item.not_run) for item in form.items.values())
    assert count == len(said(report, "not_run")) == 7
    assert "I.MADE_UP_1.TEMP, asked when: ${bp} > 100  [survey 4]" in said(report, "not_run")


def test_words_in_all_languages(full: Path) -> None:
    study, form, _ = read(full)
    bp = form.items["I.MADE_UP_1.BP"]
    assert study.languages == ("en", "zh", "fr")
    assert (bp.question.en, bp.question.zh) == ("Pressure", "血压")
    assert bp.question.other == (Translation(lang="fr", text="Tension"),)
    smoke = form.items["I.MADE_UP_1.SMOKE"].help
    assert smoke is not None and smoke.en == "Ask kindly Now" and smoke.zh == "请礼貌询问 Now"


def test_what_has_no_field_is_said(full: Path) -> None:
    changed = said(read(full)[2], "changed")
    assert "`geopoint` has no field here: it is asked as text.  [survey 16]" in changed
    assert "`photo` is left out: nothing is typed there.  [survey 17]" in changed
    assert "`today` is left out: nothing is typed there.  [survey 19]" in changed


def test_the_folder_gives_the_same_study_back(full: Path, tmp_path: Path) -> None:
    study, _, _ = read(full)
    write_folder(study, tmp_path / "out")
    assert load(tmp_path / "out").study.canonical_bytes() == study.canonical_bytes()


@pytest.mark.parametrize("odm", ["1.3.2", "2.0"])
def test_it_leaves_as_odm_and_comes_back_the_same(
    full: Path, tmp_path: Path, odm: Literal["1.3.2", "2.0"]
) -> None:
    study, _, _ = read(full)
    (tmp_path / "study.xml").write_bytes(odm_of(study, odm))
    assert study_from_odm(tmp_path / "study.xml")[0].canonical_bytes() == study.canonical_bytes()


def test_a_workbook_named_in_chinese_has_sound_oids(book: Made) -> None:
    survey = [("type", "name", "label"), ("text", "姓名", "姓名"), ("integer", "年龄", "年龄")]
    study, form, report = read(book(survey, settings=[("form_title", "form_id"), ("随访", "随访")]))
    assert (study.oid, form.oid, list(form.items)) == ("XLSFORM", "F.F", ["I.F.Q", "I.F.Q_2"])
    assert [item.alias[0].name for item in form.items.values()] == ["姓名", "年龄"]
    assert "The study is called XLSFORM; its form_id is `随访`.  [settings]" in said(report, "changed")


def test_the_same_workbook_gives_the_same_study(full: Path) -> None:
    assert read(full)[0].sha256 == read(full)[0].sha256


@pytest.mark.parametrize(
    ("label", "languages", "zh"), [("Weight", ("en",), "Weight"), ("体重", ("zh",), "体重")]
)
def test_plain_labels_stand_in_both_languages(
    book: Made, label: str, languages: tuple[str, ...], zh: str
) -> None:
    study, form, _ = read(book([("type", "name", "label"), ("decimal", "w", label)]))
    item = next(iter(form.items.values()))
    assert (study.languages, item.question.en, item.question.zh) == (languages, label, zh)


def test_one_language_that_is_neither_is_shown_and_kept(book: Made) -> None:
    study, form, _ = read(book([("type", "name", "label::Français (fr)"), ("text", "n", "Nom")]))
    item = next(iter(form.items.values()))
    assert study.languages == ("fr",) and item.question.en == item.question.zh == "Nom"


def test_languages_are_known_by_code_or_name() -> None:
    names = (
        "English (en)",
        "中文 (zh)",
        "Chinese",
        "pt",
        "default",
        "Kiswahili",
        "Ελληνικά",
        "Svenska språk",
    )
    assert [language_of(name) for name in names] == ["en", "zh", "zh", "pt", "", "sw", "und", "x-svenskas"]


def test_nested_groups_have_both_names_and_hand_their_rules_down(book: Made) -> None:
    survey = [
        ("type", "name", "label", "relevant", "repeat_count"),
        ("begin group", "a", "Outer", "${x} = 1"), ("text", "x", "X"),
        ("begin group", "b", "Inner"), ("text", "y", "Y"), ("end group",),
        ("text", "z", "Z"), ("end group",),
        ("begin repeat", "r", "Rows", None, 3), ("begin group", "c", "Part", "${y} = 2"), ("text", "t", "T"),
        ("end group",),
        ("begin repeat", "s", "Inner rows", None, "${x}"), ("text", "u", "U"), ("end repeat",),
        ("text", "v", "V"), ("end repeat",),
    ]  # fmt: skip
    _, form, report = read(book(survey))
    assert [(group.name.en, [item.question.en for item in group.item]) for group in form.item_group] == [
        ("Outer", ["X"]), ("Outer › Inner", ["Y"]), ("Outer", ["Z"]), ("Rows", ["T", "V"]),
        ("Rows › Inner rows", ["U"]),
    ]  # fmt: skip
    assert [one.expression for one in form.item_group[1].not_run] == ["${x} = 1"]
    assert form.item_group[3].max_rows == 3 and form.item_group[3].item[0].not_run[0].expression == "${y} = 2"
    assert any("repeat inside a repeat" in line for line in said(report, "changed"))
    assert any("number of rows, ${x}" in line for line in said(report, "changed"))


def test_a_table_list_is_a_group_of_questions(book: Made) -> None:
    survey = [
        ("type", "name", "label", "appearance"), ("begin group", "t", "How often?", "table-list"),
        ("select_one yn", "a", "Walking"), ("select_one yn", "b", "Running"), ("end group",),
    ]  # fmt: skip
    _, form, _ = read(
        book(survey, [row[:3] for row in CHOICES[:1]] + [("yn", "y", "Yes"), ("yn", "n", "No")])
    )
    (group,) = form.item_group
    assert group.name.en == "How often?" and [item.question.en for item in group.item] == [
        "Walking",
        "Running",
    ]


def test_codes_that_a_spreadsheet_made_are_said(book: Made) -> None:
    choices = [("list_name", "name", "label", "area"), ("c", 1.0, "One", "x"),
               ("c", datetime(2026, 1, 2), "Two", "x"),
               ("c", "a;b", "Three", None), ("c", True, "Four", None)]  # fmt: skip
    study, _, report = read(book([("type", "name", "label"), ("select_one c", "q", "Q")], choices))
    assert list(study.code_list[0].by_code) == ["1", "2026-01-02 00:00:00", "a_b", "TRUE"]
    changed = " ".join(said(report, "changed"))
    assert "made a date by the spreadsheet" in changed and "`a;b` is stored as `a_b`" in changed
    assert "The column `area` of the sheet choices is left out. (2)" in changed


def test_external_choices_and_files_of_choices(book: Made) -> None:
    survey = [
        ("type", "name", "label", "choice_filter"),
        ("select_one_external city", "town", "Town", "state=${s}"),
        ("text", "s", "State"), ("select_one_from_file towns.csv", "t2", "Town 2"),
    ]  # fmt: skip
    cities = [("list_name", "name", "label"), ("city", "wh", "Wuhan"), ("city", "bj", "Beijing")]
    study, form, report = read(book(survey, external_choices=cities))
    items = list(form.items.values())
    assert list(study.code_lists[items[0].code_list or ""].by_code) == ["wh", "bj"]
    assert items[0].not_run[0].expression == "state=${s}" and items[2].code_list is None
    assert any("towns.csv" in line for line in said(report, "changed"))


def test_ten_thousand_choices_and_thousands_of_questions(book: Made) -> None:
    choices = [("list_name", "name", "label"), *(("c", f"c{n}", f"Choice {n}") for n in range(10_000))]
    survey = [("type", "name", "label"), ("select_one c", "q", "Q"),
              *(("integer", f"n{n}", f"Number {n}") for n in range(3_800))]  # fmt: skip
    path = book(survey, choices)
    began = time.monotonic()
    study, form, _ = read(path)
    assert len(study.code_list[0].items) == 10_000 and len(form.items) == 3_801
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("kind", ["csv", "md"])
def test_text_tables_are_read_too(tmp_path: Path, kind: str) -> None:
    lines = {
        "csv": 'survey\n,type,name,label\n,integer,a,"Age, in years"\nsettings\n,form_title,form_id\n,T,t1\n',
        "md": "| survey |\n| | type | name | label |\n| | integer | a | Age, in years |\n"
        "| settings |\n| | form_title | form_id |\n| | T | t1 |\n",
    }
    path = tmp_path / f"form.{kind}"
    path.write_text("\ufeff" + lines[kind], "utf-8")
    study, form, _ = read(path)
    assert study.oid == "t1" and form.items["I.T1.A"].question.en == "Age, in years"


# refusals


@pytest.mark.parametrize(
    ("survey", "choices", "where", "words"),
    [
        (
            [("type", "name", "label"), ("text", "a", "A"), ("text", "a", "B")],
            (),
            "survey 3",
            "`a` stands twice",
        ),
        ([("type", "name", "label"), ("select_one gone", "a", "A")], CHOICES, "survey 2", "`gone` is not in"),
        ([("type", "name", "label"), ("select_one yn", "a", "A")], (), "choices", "no sheet choices"),
        (
            [("type", "name", "label"), ("begin group", "g", "G"), ("text", "a", "A")],
            (),
            "survey 2",
            "in pairs",
        ),
        ([("type", "name", "label"), ("text", None, "A")], (), "survey 2", "has no name"),
        ([("type", "name", "label"), ("text", "1a", "A")], (), "survey 2", "`_`"),
        ([("type", "name", "label"), ("txt", "a", "A")], (), "survey 2", "`txt` is no question type"),
        ([("name", "label"), ("a", "A")], (), "survey", "'type'"),
        ([("type", "name", "label"), ("text", "a", "A ${b}")], (), "survey 2", "`${b}` names no question"),
        ([("type", "name", "label"), ("note", "a", "A")], (), "visit.xlsx", "asks nothing"),
    ],
)
def test_a_wrong_form_is_refused_with_sheet_and_row(
    book: Made, survey: Rows, choices: Rows, where: str, words: str
) -> None:
    with pytest.raises(ExchangeRefused) as refused:
        read(book(survey, choices))
    assert where in refused.value.where and words in str(refused.value)
    assert any("\u4e00" <= char <= "\u9fff" for char in refused.value.sentence("zh"))


def zipped(**parts: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read as a workbook"),
        (b"PK\x03\x04 broken", "cannot be read as a workbook"),
        (zipped(a=b"x"), "cannot be read as a workbook"),
        (OLE, "cannot be read as a workbook"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\x00\x01\x02", "cannot be read as a workbook"),
        ("类型,名称\n".encode("gb18030"), "cannot be read as a workbook"),
        (b"just words", "cannot be read as a workbook"),
        (b"a,b,c,d,e\n1,2,3,4,5\n", "cannot be read as a workbook"),
        (
            zipped(**{"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'}),
            "cannot be read as a workbook",
        ),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "form.xlsx"
    path.write_bytes(data)
    with pytest.raises(ExchangeRefused, match=words):
        read(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(zipped(**{"xl/worksheets/sheet1.xml": bytes((64 << 20) + 1)}))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(LimitExceeded, match="larger than a form"):
        read(path)


def changed_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Another content of one part of a workbook."""
    data = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name.endswith(part) else content)
    path.write_bytes(data.getvalue())


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("sheet1.xml", lambda xml: xml[: len(xml) // 2]),
        ("workbook.xml.rels", lambda _: b"<x/>"),
        ("sheet1.xml", lambda xml: b" " * 9_000 + b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml),
        ("workbook.xml", lambda xml: xml[:40]),
    ],
)
def test_a_workbook_that_is_broken_inside_is_refused(
    book: Made, part: str, change: Callable[[bytes], bytes]
) -> None:
    path = book([("type", "name", "label"), ("text", "a", "A")])
    changed_part(path, part, change)
    with pytest.raises(ExchangeRefused, match="cannot be read as a workbook"):
        read(path)


def test_groups_are_bounded_in_depth(book: Made) -> None:
    begins = [("begin group", f"g{n}", "G") for n in range(3_000)]
    survey = [("type", "name", "label"), *begins, ("text", "a", "A"), *[("end group",)] * 3_000]
    with pytest.raises(LimitExceeded, match="more than 40 deep"):
        read(book(survey))


def test_too_large_and_missing_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound):
        read(tmp_path / "none.xlsx")
    path = tmp_path / "long.md"
    path.write_text("| survey |\n|" + "#" * 100 + "|\n", "utf-8")
    with pytest.raises(LimitExceeded):
        read(path)
    monkeypatch.setattr(xlsform_sheets, "MAX_FILE", 10)
    with pytest.raises(LimitExceeded):
        read(path)


def test_a_cell_in_the_last_corner_of_a_sheet_is_not_searched_for(book: Made) -> None:
    path = book([("type", "name", "label"), ("text", "a", "A")])
    row = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    changed_part(path, "sheet1.xml", lambda xml: xml.replace(b"</sheetData>", row))
    began = time.monotonic()
    assert len(read(path)[1].items) == 1
    assert time.monotonic() - began < 5


def test_formulas_without_results_are_refused(book: Made) -> None:
    path = book([("type", "name", "label"), ("text", "a", '="A"&"B"')])
    with pytest.raises(ExchangeRefused, match="formulas without a result"):
        read(path)


def test_results_of_formulas_are_read_and_said(book: Made) -> None:
    path = book([("type", "name", "label"), ("text", "a", "=1+1")])
    changed_part(path, "sheet1.xml", lambda xml: re.sub(rb"<v\s*/>|<v></v>", b"<v>2</v>", xml))
    _, form, report = read(path)
    assert next(iter(form.items.values())).question.en == "2"
    assert any("Cells with formulas: 1" in line for line in said(report, "changed"))


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (". >= 0 and . <= 150", [("GE", "0"), ("LE", "150")]),
        ("0 <= . and . <= 9.50", [("GE", "0"), ("LE", "9.5")]),
        ("(. > -1.5) and (.<.5)", [("GT", "-1.5"), ("LT", "0.5")]),
        ("(. != 7)", [("NE", "7")]),
        (". > 5 and . < 3", None),
        (". >= 0 or . < -5", None),
        (". >= ${low}", None),
        ("regex(., '[0-9]+')", None),
        (". >= 1e3", None),
        ("", None),
    ],
)
def test_plain_bounds_are_checked_and_nothing_else_is(expression: str, wanted: Any) -> None:
    found = bounds(expression)
    assert (None if found is None else [(one["comparator"], one["value"]) for one in found]) == wanted


@settings(max_examples=60, deadline=None)
@given(st.text("()<>=!. 0123456789-and${}", max_size=40))
def test_bounds_never_fail(expression: str) -> None:
    for one in bounds(expression) or ():
        RangeCheck.model_validate(one)


WORDS = ("text", "integer", "note", "select_one yn", "begin group", "end group", "a", "b", "yes", ". > 3",
         "${a}", "range", "start=1 end=0", "calculate")  # fmt: skip
CELLS = (
    st.none()
    | st.integers(-9, 9)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(WORDS)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=8), min_size=1, max_size=6))
def test_any_cells_are_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    head = ("type", "name", "label", "constraint", "required", "default", "parameters", "calculation")
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "survey"
    for row in (head, *rows):
        sheet.append([None if isinstance(cell, str) and cell.startswith("=") else cell for cell in row])
    path = tmp_path_factory.mktemp("cells") / "form.xlsx"
    workbook.save(path)
    try:
        study, _ = study_from_xlsform(path)
    except CrfError as refused:
        assert refused.sentence("zh") != refused.sentence("en")
        return
    write_folder(study, path.parent / "out")


def test_rules_and_items_are_what_the_model_says(full: Path) -> None:
    _, form, _ = read(full)
    assert all(isinstance(item, ItemDef) for item in form.items.values())
    assert all(isinstance(one, NotRun) for item in form.items.values() for one in item.not_run)
