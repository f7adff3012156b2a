"""CSV for analysis: nothing is lost, nothing is run by a spreadsheet, files are whole or absent."""

from __future__ import annotations

import csv
import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.errors import StorageError, StorageFull
from crf_app.export.csv import ExportRow, csv_bytes, read_cell, safe_cell, write_csv
from crf_app.model.definition import Study

ROWS = [
    ExportRow("ZN007", "SE.V4", "F.VS", "IG.VS", "", "I.VS.SYSBP", "168", None, "mm[Hg]", "S01"),
    ExportRow("ZN007", "SE.V4", "F.VS", "IG.VS", "", "I.VS.TEMP", None, "ND", None, "S01"),
    ExportRow("ZN007", "SE.V4", "F.VS", "IG.VS", "", "I.VS.NOTE", "=1+1 患者", None, None, "S01"),
    ExportRow("ZN007", "SE.V4", "F.VS", "IG.VSI", "M15", "I.VSI.SYSBP", "177", None, "mm[Hg]", "S01"),
    ExportRow("ZN007", "SE.UNS~k3j9", "F.VS", "IG.VS", "", "I.VS.SYSBP", "120", None, "mm[Hg]", "S01"),
]


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_there_is_a_long_file_a_file_for_each_form_and_group_and_a_codebook(
    study: Study, tmp_path: Path
) -> None:
    written = write_csv(ROWS, study, tmp_path / "out")
    assert sorted(path.name for path in written) == [
        "F.AE.IG.AE.csv",
        "F.LBC.csv",
        "F.VS.IG.VSI.csv",
        "F.VS.csv",
        "codebook.csv",
        "forms.csv",
        "values.csv",
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in written)
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in written)


def test_the_long_file_holds_every_answer(study: Study, tmp_path: Path) -> None:
    write_csv(ROWS, study, tmp_path)
    lines = read(tmp_path / "values.csv")
    assert len(lines) == len(ROWS)
    assert {(line["item"], read_cell(line["value"]), line["missing"]) for line in lines} == {
        (row.item, row.value or "", row.missing or "") for row in ROWS
    }
    assert {(line["event"], line["repeat"]) for line in lines} == {("SE.V4", ""), ("SE.UNS", "k3j9")}


def test_a_wide_file_has_one_line_for_each_visit_and_a_column_for_each_item(
    study: Study, tmp_path: Path
) -> None:
    write_csv(ROWS, study, tmp_path)
    lines = read(tmp_path / "F.VS.csv")
    assert [(line["event"], line["VS.SYSBP"], line["VS.SYSBP.unit"]) for line in lines] == [
        ("SE.UNS", "120", "mm[Hg]"),
        ("SE.V4", "168", "mm[Hg]"),
    ]
    assert lines[1]["VS.TEMP.missing"] == "ND"
    assert set(lines[0]) >= {item.variable for item in study.form[0].item_group[0].item}
    assert [(line["row"], line["VSI.SYSBP"]) for line in read(tmp_path / "F.VS.IG.VSI.csv")] == [
        ("M15", "177")
    ]


def test_the_codebook_explains_every_item(study: Study, tmp_path: Path) -> None:
    write_csv([], study, tmp_path)
    lines = {line["item"]: line for line in read(tmp_path / "codebook.csv")}
    assert set(lines) == {oid for form in study.form for oid in form.items}
    assert lines["I.VS.SIGNS"]["codes_zh"] == "ICT = 黄疸; ASC = 腹水; EDE = 水肿"
    assert lines["I.VS.SYSBP"]["range"] == "GE 90 Soft; LE 160 Soft; GE 40 Hard; LE 300 Hard"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-cmd", "@x", "\t=1", "\r=1", "＝1", "－1+1", "＠a", " =1", "'x", "-1-1"]
)
def test_formulas_are_text_and_come_back_unchanged(text: str) -> None:
    assert safe_cell(text).startswith("'")
    assert read_cell(safe_cell(text)) == text


@pytest.mark.parametrize("number", ["-5", "-0.30", "12", "<5", "1e5"])
def test_numbers_stay_numbers(number: str) -> None:
    assert safe_cell(number) == number


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=4
    )
)
def test_law_what_is_written_is_read_back(cells: list[str]) -> None:
    text = csv_bytes([cells]).decode("utf-8-sig")
    (line,) = csv.reader(io.StringIO(text, newline="")) if any(cells) or len(cells) > 1 else [[""]]
    assert [read_cell(cell) for cell in line] == cells


def test_a_full_disk_is_said_and_leaves_no_half_file(study: Study, tmp_path: Path, monkeypatch: Any) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        write_csv(ROWS, study, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(study: Study, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file stands here")
    with pytest.raises(StorageError):
        write_csv(ROWS, study, tmp_path / "out")
