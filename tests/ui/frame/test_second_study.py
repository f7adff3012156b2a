"""A study without groups and without day 1 in the window: nothing of another study stands there."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from pathlib import Path

import pypdf
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from crf_app.actions.demo.demo_site import PASSWORD, make_demo_site
from crf_app.actions.demo.made_up_subject import WalkingClock
from crf_app.actions.exporting import export_csv
from crf_app.actions.study.definitions import load_study, study_folders
from crf_app.crypto.passwords import LIGHT
from crf_app.model.keys import FormKey
from crf_app.ui import words
from crf_app.ui.pages.subjects import columns

FORMS = Path(__file__).parents[3] / "forms"
STUDY = FORMS / "demo-vitals"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("vitals") / "home"
    make_demo_site(home, STUDY, lambda _: None, 3, LIGHT)
    return home


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def clock() -> WalkingClock:
    return WalkingClock(datetime.now().astimezone() + timedelta(minutes=1))


def test_the_choice_of_studies_offers_both_the_larger_one_first() -> None:
    offered = study_folders(FORMS)
    assert [one.folder.name for one in offered] == ["hucmsc", "demo-vitals"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_of_subjects_has_no_group_and_no_day_1(at_work, language: str) -> None:
    window = at_work("nurse")
    words.set_language(language)
    window.show_subjects()
    looks = window.page.table.looks
    heads = [looks.headerData(n, Qt.Orientation.Horizontal) for n in range(looks.columnCount())]
    assert heads == [
        words.say(f"subjects.head_{name}")
        for name in ("subject", "status", "next", "queries", "sign", "here")
    ]
    assert looks.look(0, 1).text == {"en": "Visit recorded", "zh": "已访视"}[language]


def test_a_study_with_groups_and_day_1_has_all_columns() -> None:
    assert {"group", "day1", "due"} <= set(columns(load_study(FORMS / "hucmsc")[0]))


def test_the_casebook_says_nothing_of_a_day_1(at_work) -> None:
    window = at_work("nurse")
    window.show_subjects()
    window.show_casebook(window.page._shown[0].uid)
    QApplication.processEvents()
    shown = [made.text() for made in window.page.findChildren(type(window.page.sentence)) if made.isVisible()]
    assert not [text for text in shown if words.say("casebook.no_day1") in text]
    assert [one.definition.oid for one in window.page.visits] == ["SE.V1"]


def test_its_forms_are_in_the_export(at_work, tmp_path: Path) -> None:
    export_csv(at_work("investigator").session, tmp_path / "out")
    items = load_study(STUDY)[0].forms["F.VS"].items
    written = "".join(path.read_text("utf-8-sig") for path in (tmp_path / "out").glob("*.csv"))
    assert {one.variable.partition(".")[2] for one in items.values()} <= set(re.findall(r"[A-Z]+", written))
    assert "D001" in written


def test_evidence_codes_are_a_tick_under_the_blank_form(at_work, settle) -> None:
    window = at_work("nurse")
    window.show_subjects()
    window.show_pdf(FormKey(window.page._shown[0].uid, "SE.V1", "F.VS"))
    settle()
    page = window.page
    assert page.sources.isHidden() and "[T1]" not in text_of(page.data)
    page.other.click()
    settle()
    assert page.sources.isVisible() and "[T1]" not in text_of(page.data)
    page.sources.click()
    settle()
    assert "[T1]" in text_of(page.data)
    page.other.click()
    settle()
    assert page.sources.isHidden() and "[T1]" not in text_of(page.data)


def text_of(data: bytes) -> str:
    return " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(data)).pages)
