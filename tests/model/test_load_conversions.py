"""The conversion table: its rows become the units of items that name them; what does not fit is refused."""
# ruff: noqa: E501  (a row of the table stays in one place)

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from crf_app.errors import DefinitionError, ValueRejected
from crf_app.model.definition import Study, study_from_bytes
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.model.load import load
from crf_app.model.number_text import as_typed, number_text, parse_number, rounded, to_standard
from crf_app.rules.readings import read

FOLDER = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"
TABLE = "conversions.toml"


@pytest.fixture(scope="module")
def study() -> Study:
    return load(FOLDER).study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the real study that a test may spoil."""
    return Path(shutil.copytree(FOLDER, tmp_path / "study"))


def item(study: Study, variable: str) -> ItemDef:
    return study.form_of_item[f"I.{variable}"].items[f"I.{variable}"]


def test_items_get_the_units_of_the_row_they_name(study: Study) -> None:
    rows = {row.name: row for row in study.conversion}
    for form in study.form:
        for one in form.items.values():
            assert one.units == (rows[one.conversion].units if one.conversion else ()), one.oid
    assert study.conversion_version == "1"
    assert study_from_bytes(study.canonical_bytes()) == study


def test_every_row_says_where_it_comes_from(study: Study) -> None:
    assert all(unit.source for row in study.conversion for unit in row.units)


@pytest.mark.parametrize(
    ("variable", "typed", "unit", "standard"),
    [
        ("LBC.BILI", "2.0", "mg/dL", "34.2"),
        ("LBC.CREAT", "1.2", "mg/dL", "106.08"),
        ("LBC.ALB", "3.1", "g/dL", "31"),
        ("LBC.CHOL", "150", "mg/dL", "3.879"),
        ("LBC.GLUC", "90", "mg/dL", "5"),
        ("LBC.TRIG", "88.57", "mg/dL", "1"),
        ("LBC.URATE", "5", "mg/dL", "297.4"),
        ("LBC.X_NH3", "100", "ug/dL", "58.7"),
        ("LBC.UREA", "20", "mg/dL{BUN}", "7.14"),
        ("LBC.SODIUM", "137", "meq/L", "137"),
        ("LBH.HGB", "9.8", "g/dL", "98"),
        ("LBI.X_CD4", "0.452", "10*9/L", "452"),
        ("LBI.INTLK8", "12.5", "ng/L", "12.5"),
        ("VS.TEMP", "98.6", "[degF]", "37"),
        ("VS.TEMP", "-40", "[degF]", "-40"),
        ("VSI.TEMP", "100.4", "[degF]", "38"),
    ],
)
def test_a_value_is_converted_exactly(
    study: Study, variable: str, typed: str, unit: str, standard: str
) -> None:
    found = to_standard(item(study, variable), typed, unit)
    assert found is not None
    assert number_text(found) == standard


def test_a_quotient_without_end_is_exact_to_the_last_digit_that_counts(study: Study) -> None:
    found = to_standard(item(study, "VS.TEMP"), "100", "[degF]")
    assert found is not None
    assert rounded(found, 25) == Decimal("37.7777777777777777777777778")


def test_a_whole_number_has_decimals_in_another_unit(study: Study) -> None:
    """5.2 mg/dL of uric acid is 309 umol/L, where the laboratory that reports umol/L has whole numbers."""
    urate = item(study, "LBC.URATE")
    with pytest.raises(ValueRejected):
        parse_number(urate, "5.2")
    assert as_typed(urate, "umol/L") is urate
    assert parse_number(as_typed(urate, "mg/dL"), "5.2") == "5.2"
    assert read(urate, Answer("5.2", unit="mg/dL")).standard == Decimal("309.296")
    assert not read(urate, Answer("5.2")).legible
    with pytest.raises(ValueRejected):
        parse_number(as_typed(urate, "mg/dL"), "5.2345")


def swap(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")

    return spoil


ROW = '[[conversion]]\nname = "bilirubin"'
UNIT = '{ unit = "mg/dL", factor = "17.1", source = "T15" }'
NAMED = 'conversion = "bilirubin"'
#: name → (what spoils the study, file of the problem, its OID, in the message, in the hint)
MISTAKES: dict[str, tuple[Callable[[Path], None], str, str, str, str]] = {
    "a row that is not there": (
        swap("lbc.toml", NAMED, 'conversion = "bilirubine"'), "lbc.toml", "I.LBC.BILI", "`bilirubine`", "`bilirubin`"),
    "no table": (lambda folder: (folder / TABLE).unlink(), "lbc.toml", "I.LBC.BILI", "`bilirubin`", ""),
    "a row that nobody uses": (
        swap(TABLE, ROW, '[[conversion]]\nname = "unused"\nunits = [{ unit = "g/dL", factor = "10" }]\n\n' + ROW),
        TABLE, "unused", "No item uses", "remove the row"),
    "a row that stands twice": (
        swap(TABLE, ROW, ROW + f"\nunits = [{UNIT}]\n\n" + ROW), TABLE, "bilirubin", "twice", ""),
    "a factor of 0": (swap(TABLE, 'factor = "17.1"', 'factor = "0.0"'), TABLE, "bilirubin", "by 0", ""),
    "a divisor of 0": (swap(TABLE, 'divisor = "18"', 'divisor = "0"'), TABLE, "glucose", "by 0", ""),
    "a unit twice": (swap(TABLE, f"units = [{UNIT}]", f"units = [{UNIT}, {UNIT}]"), TABLE, "bilirubin", "twice", ""),
    "both": (
        swap("lbc.toml", NAMED, NAMED + '\nunits = [{ unit = "mg/L" }]'), "lbc.toml", "I.LBC.BILI", "not both",
        "remove `units`"),
    "no standard unit": (
        swap("lbc.toml", 'unit = "umol/L"\n' + NAMED, NAMED), "lbc.toml", "I.LBC.BILI", "standard `unit`",
        "add `unit`"),
    "the standard unit itself": (
        swap(TABLE, 'unit = "mg/dL", factor = "17.1"', 'unit = "umol/L", factor = "17.1"'), "lbc.toml",
        "I.LBC.BILI", "standard unit", "another row"),
    "an unknown key": (swap(TABLE, 'version = "1"', 'version = "1"\nversoin = "2"'), TABLE, "", "`versoin`", "`version`"),
    "a conversion in study.toml": (
        swap("study.toml", "planned_subjects = 24", "planned_subjects = 24\nconversion = []"), "study.toml", "HUCMSC",
        "`conversion`", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", list(MISTAKES))
def test_mistake_is_reported_with_its_place(folder: Path, name: str) -> None:
    spoil, file, oid, message, hint = MISTAKES[name]
    spoil(folder)
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    problems = caught.value.details["problems"]
    assert isinstance(problems, list)
    found = [
        one for one in problems if (one["file"], one["oid"]) == (file, oid) and message in one["message"]
    ]
    assert found, problems
    assert hint in found[0]["hint"]
    lines = (folder / file).read_text("utf-8").splitlines()
    assert 1 <= found[0]["line"] <= len(lines)


def test_a_study_needs_no_table(folder: Path) -> None:
    (folder / TABLE).unlink()
    for path in folder.glob("*.toml"):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("conversion = ")), "utf-8")
    study = load(folder).study
    assert (study.conversion, study.conversion_version) == ((), "")
