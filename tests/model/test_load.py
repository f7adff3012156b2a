"""A study's files are read strictly: every mistake is reported together, with file, line, OID and a hint."""
# ruff: noqa: E501  (a row of the table stays in one place)

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from crf_app.errors import DefinitionError
from crf_app.model.definition import study_from_bytes
from crf_app.model.load import MAX_PROBLEMS, load

FOLDER = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the real study that a test may spoil."""
    return Path(shutil.copytree(FOLDER, tmp_path / "study"))


def spoil(folder: Path, file: str, old: str, new: str, nth: int = 0) -> int:
    """Replace the nth `old` of a file; the line on which it stood."""
    path = folder / file
    text = path.read_text("utf-8")
    assert text.count(old) > nth, f"{old} is not in {file}"
    parts = text.split(old)
    before = old.join(parts[: nth + 1])
    path.write_text(before + new + old.join(parts[nth + 1 :]), "utf-8")
    return before.count("\n") + 1


def problems(folder: Path) -> list[dict[str, Any]]:
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    return found


#: name → (file, text, spoiled text, lines below the text where the problem stands, OID, in the message, in the hint)
MISTAKES: dict[str, tuple[str, str, str, int, str, str, str]] = {
    "unknown key of an item": (
        "vs.toml", 'unit = "mm[Hg]"\nmandatory = true', 'unit = "mm[Hg]"\nmandatry = true', 1, "I.VS.SYSBP",
        "`mandatry` is not a key", "did you mean `mandatory`?"),
    "unknown key of a form": (
        "vs.toml", 'source = "R"\n', 'source = "R"\nsorce = "R"\n', 1, "F.VS", "`sorce`", "`source`"),
    "unknown key of a range check": (
        "vs.toml", '{ comparator = "GE", value = "80", soft_hard = "Soft" }',
        '{ comparator = "GE", value = "80", soft_hard = "Soft", sex = "M" }', 0, "I.VS.SYSBP", "`sex`", ""),
    "unknown key of a code": (
        "codelists.toml", '{ coded_value = "M", decode = { en = "Male", zh = "男" } }',
        '{ coded_value = "M", decod = { en = "Male", zh = "男" } }', 0, "CL.SEX", "`decod`", "`decode`"),
    "unknown key of a visit": (
        "study.toml", 'day = 8\n', 'dya = 8\n', 0, "SE.V2", "`dya`", "`day`"),
    "item OID used twice": (
        "vs.toml", 'oid = "I.VS.DIABP"', 'oid = "I.VS.SYSBP"', 0, "I.VS.SYSBP", "used twice",
        "it stands first in vs.toml:"),
    "item OID of another form": (
        "vs.toml", 'oid = "I.VS.WSTCIR"', 'oid = "I.LBC.ALB"', 0, "I.LBC.ALB", "used twice", "lbc.toml:"),
    "group OID used twice": (
        "cp.toml", 'oid = "IG.CP.SCORE"', 'oid = "IG.CP"', 0, "IG.CP", "used twice", "cp.toml:"),
    "code list OID used twice": (
        "codelists.toml", 'oid = "CL.NYNA"', 'oid = "CL.NY"', 0, "CL.NY", "used twice", "codelists.toml:"),
    "visit OID used twice": (
        "study.toml", 'oid = "SE.V3"', 'oid = "SE.V2"', 0, "SE.V2", "used twice", "study.toml:"),
    "condition OID used twice": (
        "vs.toml", 'oid = "C.VS.PP"', 'oid = "C.VS.BP"', 0, "C.VS.BP", "used twice", "vs.toml:"),
    "method OID used twice": (
        "lbc.toml", 'oid = "M.LBC.X_AG"', 'oid = "M.LBC.GLOBUL"', 0, "M.LBC.GLOBUL", "used twice", "lbc.toml:"),
    "code twice in a list": (
        "codelists.toml", 'coded_value = "LOW"', 'coded_value = "MED"', -4, "CL.ARM", "stands twice", ""),
    "unknown code list": (
        "vs.toml", 'code_list = "CL.POS"', 'code_list = "CL.POSS"', 0, "I.VS.VSPOS", "`CL.POSS`", "`CL.POS`"),
    "unknown rows": (
        "vsi.toml", 'rows = "CL.TPT"', 'rows = "CL.TTP"', 0, "IG.VSI", "`CL.TTP`", "`CL.TPT`"),
    "unknown method": (
        "vs.toml", 'method = "M.VS.BMI"', 'method = "M.VS.BIM"', 0, "I.VS.BMI", "`M.VS.BIM`", "`M.VS.BMI`"),
    "method no item uses": (
        "vs.toml", 'oid = "M.VS.BMI"', 'oid = "M.VS.OTHER"', 0, "M.VS.OTHER", "No item", "add `method`"),
    "unknown form in a visit": (
        "study.toml", '{ form = "F.EX" }', '{ form = "F.EXX" }', 0, "SE.V1", "`F.EXX`", "`F.EX`"),
    "unknown item of a condition": (
        "vs.toml", 'item = "I.VS.WEIGHT"', 'item = "I.VS.WIEGHT"', 0, "C.VS.WEIGHT", "`I.VS.WIEGHT`",
        "`I.VS.WEIGHT`"),
    "item of another form in a condition": (
        "vs.toml", 'item = "I.VS.WEIGHT"', 'item = "I.LBC.ALB"', 0, "C.VS.WEIGHT", "`I.LBC.ALB`", ""),
    "unknown item in a message": (
        "vs.toml", "Systolic {I.VS.SYSBP}", "Systolic {I.VS.SYSPB}", 0, "C.VS.BP", "`I.VS.SYSPB`",
        "`I.VS.SYSBP`"),
    "unknown visit date": (
        "study.toml", 'visit_date = "I.SV.SVSTDAT"', 'visit_date = "I.SV.SVSTDTA"', 0, "I.SV.SVSTDTA",
        "`visit_date`", "`I.SV.SVSTDAT`"),
    "unknown item of a subject fact": (
        "study.toml", 'item = "I.DM.SEX"', 'item = "I.DM.SXE"', 0, "I.DM.SXE", "`subject_facts`", "`I.DM.SEX`"),
    "unknown visit of a subject fact": (
        "study.toml", 'item = "I.GA.ARMCD"\nevent = "SE.V1"', 'item = "I.GA.ARMCD"\nevent = "SE.V9"', 1, "SE.V9",
        "`subject_facts`", "`SE.V8`"),
    "unknown role": (
        "study.toml", 'roles = ["investigator"]', 'roles = ["investigater"]', 0, "investigater", "`roles`",
        "`investigator`"),
    "text where true or false is meant": (
        "vs.toml", "mandatory = true", 'mandatory = "true"', 0, "I.VS.VSPERF", "true or false", "without quotes"),
    "number where text is meant": (
        "vs.toml", 'value = "80"', "value = 80", 0, "I.VS.SYSBP", "must be text", "in quotes"),
    "no number in a range check": (
        "vs.toml", 'value = "80"', 'value = "80,5"', 0, "I.VS.SYSBP", "not spelled", "a number in quotes"),
    "text where a whole number is meant": (
        "vs.toml", "length = 200", 'length = "200"', 0, "I.VS.VSREASND", "whole number", "without quotes"),
    "unknown data type": (
        "vs.toml", 'data_type = "integer"', 'data_type = "int"', 0, "I.VS.SYSBP", "'int'", "`integer`"),
    "unknown comparator": (
        "vs.toml", 'comparator = "GE", value = "80"', 'comparator = "GEE", value = "80"', 0, "I.VS.SYSBP", "GEE",
        "`GE`"),
    "date where text is meant": (
        "study.toml", 'protocol = "NCT05442437"', "protocol = 2026-01-01", 0, "HUCMSC", "must be text", "quotes"),
    "single table where a list is meant": (
        "vs.toml", '[[condition]]', '[condition]', 0, "", "", ""),
    "range check on a date": (
        "vs.toml", 'data_type = "date"', 'data_type = "date"\nrange_check = [{ comparator = "GE", value = "1", '
        'soft_hard = "Soft" }]', -2, "I.VS.VSDAT", "no number", "condition"),
    "unit on a text": (
        "vs.toml", 'length = 200', 'length = 200\nunit = "cm"', -3, "I.VS.VSREASND", "no number", "`unit`"),
    "reference range on a text": (
        "vs.toml", 'length = 200', 'length = 200\nreference = [{ low = "1" }]', -3, "I.VS.VSREASND", "no number",
        "`reference`"),
    "code list on a number": (
        "vs.toml", 'data_type = "text"\ncode_list = "CL.POS"', 'data_type = "integer"\ncode_list = "CL.POS"', -2, "I.VS.VSPOS", "is text", 'data_type = "text"'),
    "laboratory result that is text": (
        "vs.toml", 'length = 200', "length = 200\nlab = true", -3, "I.VS.VSREASND", "laboratory result", "`lab`"),
    "derived item that is mandatory": (
        "vs.toml", 'method = "M.VS.BMI"', 'method = "M.VS.BMI"\nmandatory = true', -5, "I.VS.BMI", "mandatory",
        "remove"),
    "history on a number": (
        "vs.toml", 'unit = "cm"', 'unit = "cm"\nhistory = true', -5, "I.VS.HEIGHT", "dates only", "remove"),
    "after_death on a number": (
        "vs.toml", 'unit = "cm"', 'unit = "cm"\nafter_death = true', -5, "I.VS.HEIGHT", "dates only", "remove"),
    "several codes without a list": (
        "vs.toml", 'length = 200', "length = 200\nmultiple = true", -3, "I.VS.VSREASND", "code list",
        "`code_list`"),
    "companion written by hand": (
        "lbc.toml", 'oid = "I.LBC.PROT"', 'oid = "I.LBC.ALB_COM"', 0, "I.LBC.ALB_COM", "belongs to", "remove"),
    "limits that no value meets": (
        "vs.toml", 'value = "180"', 'value = "8"', -7, "I.VS.SYSBP", "No value is inside", ""),
    "default that is no code": (
        "cp.toml", 'default = "INR"', 'default = "IRN"', 0, "I.CP.X_CPCOAG", "`IRN`", "`INR`"),
    "missing language": (
        "vs.toml", 'question = { en = "Position", zh = "体位" }', 'question = { en = "Position" }', 0, "I.VS.VSPOS",
        "`zh` is missing", "`zh = …`"),
    "empty language": (
        "vs.toml", 'question = { en = "Position", zh = "体位" }', 'question = { en = "Position", zh = " " }', 0,
        "I.VS.VSPOS", "empty in `zh`", "`zh`"),
    "missing language of a code": (
        "codelists.toml", 'decode = { en = "Female", zh = "女" }', 'decode = { zh = "女" }', 0, "CL.SEX",
        "`en` is missing", "`en = …`"),
    "missing data type": (
        "vs.toml", 'data_type = "date"\n', "", -3, "I.VS.VSDAT", "`data_type` is missing", "`data_type = …`"),
    "OID of another spelling": (
        "vs.toml", 'oid = "I.VS.VSPOS"', 'oid = "vs-pos"', 0, "vs-pos", "not spelled", "I.VS.SYSBP"),
    "no TOML": (
        "vs.toml", 'unit = "mm[Hg]"', "unit = mm[Hg]", 0, "", "This is not TOML", "double quotes"),
    "key twice": (
        "vs.toml", 'unit = "mm[Hg]"', 'unit = "mm[Hg]"\nunit = "cm"', 1, "", "This is not TOML", ""),
    "code list in study.toml": (
        "study.toml", 'planned_subjects = 24', 'planned_subjects = 24\ncode_list = []', 1, "HUCMSC", "`code_list`", ""),
    "another key in codelists.toml": (
        "codelists.toml", '[[code_list]]\noid = "CL.SEX"', '[[codelist]]\noid = "CL.SEX"', 0, "", "`codelist`", ""),
    "subject numbers that do not fit": (
        "study.toml", 'subject_format = "ZN{n:03d}"', 'subject_format = "ZN{n}"', 0, "HUCMSC", "subject_format",
        "ZN{n:03d}"),
    "subject numbers of a million digits": (
        "study.toml", 'subject_format = "ZN{n:03d}"', 'subject_format = "ZN{n:0999999999d}"', 0, "HUCMSC",
        "subject_format", "ZN{n:03d}"),
    "a pattern that repeats more often than can be counted": (
        "study.toml", r"subject_pattern = 'ZN\d{3}'", "subject_pattern = 'Z{99999999999999999999}'", 0, "HUCMSC",
        "subject_pattern", ""),
    "evidence code of another spelling": (
        "vs.toml", 'source = "R"', 'source = "registry"', 0, "F.VS", "not spelled", "evidence codes"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(MISTAKES))
def test_mistake_is_reported_with_file_line_oid_and_hint(folder: Path, name: str) -> None:
    file, old, new, below, oid, message, hint = MISTAKES[name]
    line = spoil(folder, file, old, new) + below
    found = problems(folder)
    match = [
        one
        for one in found
        if one["file"] == file and one["oid"] == oid and message in one["message"] and hint in one["hint"]
    ]
    assert match, found
    if name != "single table where a list is meant":
        assert line in [one["line"] for one in match], (line, match)
    assert all(one["message_zh"] for one in found)


def test_all_mistakes_of_all_files_come_together(folder: Path) -> None:
    spoil(folder, "vs.toml", "mandatory = true", "mandatry = true")
    spoil(folder, "lbc.toml", 'code_list = "CL.NY"', 'code_list = "CL.YN"')
    spoil(folder, "study.toml", "planned_subjects = 24", 'planned_subjects = "24"')
    spoil(folder, "ex.toml", 'unit = "mL"', "unit = mL")
    spoil(folder, "codelists.toml", 'zh = "男"', 'zh = ""')
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    assert [one["file"] for one in found] == [
        "codelists.toml",
        "ex.toml",
        "lbc.toml",
        "study.toml",
        "vs.toml",
    ]
    assert caught.value.details["count"] == 5
    assert caught.value.exit_code == 3
    assert "5 mistake(s)" in caught.value.sentence("en")
    assert "5 处" in caught.value.sentence("zh")
    assert str(folder) not in str(caught.value)


def test_one_mistake_is_one_problem(folder: Path) -> None:
    """A form that cannot be read in full is not also reported as missing in every visit."""
    spoil(folder, "vs.toml", "mandatory = true", "mandatry = true")
    assert len(problems(folder)) == 1


def test_a_file_that_is_missing_is_named(folder: Path) -> None:
    (folder / "codelists.toml").unlink()
    assert {"file": "codelists.toml", "message": "This file is missing."}.items() <= problems(folder)[
        0
    ].items()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path / "nowhere")[0]["message"] == "This folder is not there."


def test_a_form_that_no_visit_asks_for_is_reported(folder: Path) -> None:
    spoil(folder, "study.toml", '{ form = "F.SIGN" }', '{ form = "F.SV" }')
    found = problems(folder)
    assert [(one["file"], one["oid"]) for one in found] == [("sign.toml", "F.SIGN")]
    assert "No visit" in found[0]["message"]


def test_a_text_that_is_not_utf8_is_named_with_its_line(folder: Path) -> None:
    path = folder / "vs.toml"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[6] = '# "\N{LATIN SMALL LETTER E WITH ACUTE}"\n'.encode("latin-1")
    path.write_bytes(b"".join(lines))
    found = [one for one in problems(folder) if one["file"] == "vs.toml"]
    assert [(one["line"], one["message"]) for one in found] == [(7, "This line is not UTF-8.")]


def test_a_file_that_is_too_large_is_refused(folder: Path) -> None:
    (folder / "vs.toml").write_text("# " + "x" * (8 << 20), "utf-8")
    assert "larger than 8 MiB" in next(one for one in problems(folder) if one["file"] == "vs.toml")["message"]


def test_too_many_files_are_refused(folder: Path) -> None:
    for number in range(401):
        (folder / f"z{number}.toml").write_text("", "utf-8")
    assert any("more than 400 files" in one["message"] for one in problems(folder))


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a." * 300 + "b = 1", "[" + "a." * 300 + "b]", "a = " +
                                  "{a = " * 60 + "1" + "}" * 60])  # fmt: skip
def test_deep_nesting_is_a_problem_and_no_crash(folder: Path, text: str) -> None:
    (folder / "deep.toml").write_text(text, "utf-8")
    found = [one["message"] for one in problems(folder) if one["file"] == "deep.toml"]
    assert found == ["This file is nested too deeply."]


def test_a_file_of_mistakes_alone_is_read_in_little_time(folder: Path) -> None:
    """Each mistake was looked for in all of the file."""
    sound, took = (folder / "vs.toml").read_text("utf-8"), {}
    for many in (300, 3000):
        wrong = "".join(f'\n[[item_group.item]]\noid = "I.VS.X{n}"\nsoid = "x"\n' for n in range(many))
        (folder / "vs.toml").write_text(sound + wrong, "utf-8")
        started = process_time()
        assert len(problems(folder)) == MAX_PROBLEMS
        took[many] = process_time() - started
    assert took[3000] < 30 * took[300]


@pytest.mark.parametrize(
    "line",
    [
        "a." * 500_000 + "b = 1", '"a".' * 200_000 + "b = 1", "x = {" + "a . " * 200_000 + "b = 1}",
        'x = {a = "\\"", ' + "a." * 500_000 + 'b = "c"}', 'x = {k = """\n" """, ' + "a." * 500_000 + 'b = "c"}',
    ],
)  # fmt: skip
def test_a_key_without_end_is_named_with_its_line_and_takes_no_time(folder: Path, line: str) -> None:
    """Python's reader takes all memory there is for the first of them."""
    (folder / "long.toml").write_text(f"# first\n{line}\n", "utf-8")
    found = next(one for one in problems(folder) if one["file"] == "long.toml")
    assert "too many parts" in found["message"] and found["line"] == line.count("\n") + 2


def test_a_mistake_of_any_length_is_said_in_a_readable_sentence(folder: Path) -> None:
    spoil(folder, "vs.toml", 'source = "R"\n', 'source = "R"\n' + "x" * 100_000 + ' = "x"\n')
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    found = next(one for one in problems(folder) if one["file"] == "vs.toml")
    assert all(len(str(text)) < 1000 for text in (*found.values(), caught.value))


def test_a_text_with_many_points_is_no_key(folder: Path) -> None:
    (folder / "vs.toml").write_text(
        (folder / "vs.toml").read_text("utf-8") + f'\n# {"." * 5000}\n# "{"." * 5000}"\n', "utf-8"
    )
    assert load(folder).study.oid == "HUCMSC"


def test_the_list_of_problems_is_cut_and_counted(folder: Path) -> None:
    extra = "".join(f'wrong{number} = "x"\n' for number in range(300))
    spoil(folder, "vs.toml", 'source = "R"\n', 'source = "R"\n' + extra)
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    assert (len(found), caught.value.details["count"]) == (MAX_PROBLEMS, 300)


def test_other_files_in_the_folder_are_left_alone(folder: Path) -> None:
    (folder / "README.md").write_text("notes", "utf-8")
    (folder / "drafts").mkdir()
    assert load(folder).study.oid == "HUCMSC"


def test_the_stored_definition_reads_back_as_the_same_study() -> None:
    study = load(FOLDER).study
    again = study_from_bytes(study.canonical_bytes())
    assert again == study
    assert again.sha256 == study.sha256


def test_a_laboratory_result_has_two_companions_right_after_it() -> None:
    study = load(FOLDER).study
    items = list(study.forms["F.LBC"].items)
    at = items.index("I.LBC.ALB")
    assert items[at : at + 4] == ["I.LBC.ALB", "I.LBC.ALB_CLSIG", "I.LBC.ALB_COM", "I.LBC.PROT"]
    significance, comment = (study.forms["F.LBC"].items[oid] for oid in items[at + 1 : at + 3])
    assert (significance.companion_of, significance.code_list) == ("I.LBC.ALB", "CL.NY")
    assert significance.mandatory_when == "flag.LBC.ALB in ['L', 'H']"
    assert (comment.data_type, comment.length, comment.mandatory) == ("text", 200, False)
    assert "I.LBC.GLOBUL_CLSIG" not in items


@pytest.mark.parametrize(
    ("oid", "expression"),
    [("C.EC001.VS.VSDAT", "before(VS.VSDAT, subject.CONSENT)"),
     ("C.EC001.VSI.VSDAT", "before(row.VSI.VSDAT, subject.CONSENT)"),
     ("C.EC001.AE.AESTDAT", "before(partial.row.AE.AESTDAT, subject.CONSENT)"),
     ("C.EC002.DM.BRTHDAT", "after(partial.DM.BRTHDAT, today)"),
     ("C.EC002.EX.X_RCVDTM", "after(EX.X_RCVDTM, today)")],
)  # fmt: skip
def test_a_date_check_is_written_out_for_each_date(oid: str, expression: str) -> None:
    study = load(FOLDER).study
    (condition,) = [one for form in study.form for one in form.condition if one.oid == oid]
    assert condition.expression == expression
    assert f"{{{condition.item}}}" in condition.message.en
    assert f"{{{condition.item}}}" in condition.message.zh


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _torn(data: bytes) -> bytes:
    return data.replace(b"[[", b"[", 3)


def _swapped(data: bytes) -> bytes:
    return data.replace(b"oid", b"item", 1)


def _empty(data: bytes) -> bytes:
    return b"" if data else data


@pytest.mark.parametrize("change", [_cut, _torn, _swapped, _empty])
@pytest.mark.parametrize("file", ["study.toml", "codelists.toml", "vs.toml", "ae.toml"])
def test_a_damaged_file_is_a_list_of_problems_and_no_crash(
    folder: Path, file: str, change: Callable[[bytes], bytes]
) -> None:
    (folder / file).write_bytes(change((folder / file).read_bytes()))
    assert problems(folder)


@pytest.mark.parametrize(
    ("key", "oid"),
    [("sample_date", "I.LBC.LBDATE"), ("sample_date", "I.LBC.ALT"), ("laboratory", "I.LBC.LBDAT"),
     ("laboratory", "I.LBG.LBNAM")],
)  # fmt: skip
def test_sample_of_a_laboratory_form_names_items_of_its_own(folder: Path, key: str, oid: str) -> None:
    file = folder / "lbc.toml"
    lines = file.read_text("utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith(f"{key} ="))
    lines[place] = f'{key} = "{oid}"'
    file.write_text("\n".join(lines), "utf-8")
    assert [one["oid"] for one in problems(folder)] == ["F.LBC"]
