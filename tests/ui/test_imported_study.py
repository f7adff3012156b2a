"""A study from another system opens in the window, says which of its rules are not run, and prints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pytest
from openpyxl import Workbook
from pypdf import PdfReader
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from crf_app.actions.people.first_run import NewPerson, Place, init
from crf_app.actions.printing.paper import blank_pdf
from crf_app.actions.session import Session, sign_in
from crf_app.actions.study.study_import import import_study
from crf_app.actions.subjects import add_subject, add_visit, find_subject
from crf_app.crypto.passwords import LIGHT
from crf_app.model.keys import FormKey
from crf_app.ui import style, words
from crf_app.ui.main_window import MainWindow
from crf_app.ui.pages.form import FormPageWidget

STANDARDS = Path(__file__).parents[3] / "shared" / "standards"  # data files of others, not in the project
PASSWORD = "made up for a test 1"
PEOPLE = (
    NewPerson("made.nurse", "Made-up Nurse", "nurse", PASSWORD, own_password=True),
    NewPerson("made.admin", "Made-up Administrator", "administrator", PASSWORD, own_password=True),
)
SURVEY = (
    ("type", "name", "label::English (en)", "label::中文 (zh)", "hint::English (en)", "required",
     "constraint", "constraint_message::English (en)", "relevant"),
    ("begin group", "vitals", "Vital signs", "生命体征", None, None, None, None, "${seen} = 'y'"),
    ("integer", "bp", "Pressure <b>now</b>", "血压", "In mmHg", "yes", ". >= 0 and . <= 150"),
    ("decimal", "temp", "Temperature", "体温", None, None, ". < ${bp}", "Too warm"),
    ("end group",),
    ("select_one yn", "seen", "Seen?", "是否见到？"),
    ("begin repeat", "drug", "Drug", "药物"),
    ("text", "drug_name", "Name", "名称", None, None, "regex(., '[a-z]+')"),
    ("end repeat",),
)  # fmt: skip
CHOICES = (("list_name", "name", "label::English (en)", "label::中文 (zh)"), ("yn", "y", "Yes", "是"),
           ("yn", "n", "No", "否"))  # fmt: skip
Open = Callable[[Path], "Desk"]


class Desk:
    """The window on a home of an imported study, with a form open."""

    def __init__(self, home: Path, clock: Any) -> None:
        self.window = MainWindow(home, clock)
        self.window.resize(1280, 900)
        self.window.show()
        self.session: Session = sign_in(home, "made.nurse", PASSWORD, clock)
        self.window.signed_in(self.session)
        add_subject(self.session, "001")
        self.uid = find_subject(self.session, "001")

    def open(self, event: str, form: str) -> FormPageWidget:
        self.window.show_form(FormKey(self.uid, event, form))
        QApplication.processEvents()
        page = self.window.page
        assert isinstance(page, FormPageWidget)
        return page


@pytest.fixture
def opened(tmp_path: Path, qapp: QApplication, clock: Any) -> Iterator[Open]:
    """`opened(file)`: the file imported, a home made of it, the window open."""
    style.load_font()
    style.apply(qapp, "light", 1.0)
    words.set_language("en")
    desks: list[Desk] = []

    def make(file: Path) -> Desk:
        made = import_study(file, tmp_path / "study")
        (tmp_path / "home").mkdir()
        init(tmp_path / "home", made.folder, Place("S01", "D1"), PEOPLE, clock, LIGHT)
        desks.append(Desk(tmp_path / "home", clock))
        return desks[-1]

    yield make
    for desk in desks:
        desk.window.close()
        desk.window.deleteLater()
    words.set_language("en")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    made = Workbook()
    del made["Sheet"]
    for name, rows in (("survey", SURVEY), ("choices", CHOICES)):
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = tmp_path / "visit.xlsx"
    made.save(path)
    return path


def kept(widget: QWidget, name: str) -> None:
    """A picture to look at, where a folder for pictures is named."""
    folder = os.environ.get("CRF_PICTURES")
    if folder:
        for _ in range(50):  # until the last row is there
            QApplication.processEvents()
        widget.grab().save(str(Path(folder) / name))


def text_of(paper: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages)


def said_under(page: FormPageWidget, local: str) -> str:
    row = page.view.row(local)
    assert row is not None
    return "\n".join(row.under.content.more) if row.under is not None and row.under.content else ""


def test_a_workbook_opens_and_says_its_rules_at_the_field(opened: Open, workbook: Path) -> None:
    desk = opened(workbook)
    page = desk.open("SE.V1", "F.VISIT")
    kept(desk.window, "imported_xlsform.png")
    under = said_under(page, "IG.VISIT.VITALS/I.VISIT.TEMP")
    assert under == "Rule of the source, not run: right when . < ${bp} (Too warm)"
    group = said_under(page, "IG.VISIT.VITALS/I.VISIT.BP")
    assert group == "Rule of the source, not run: asked when ${seen} = 'y'"
    words.set_language("zh")
    QApplication.processEvents()
    assert "来源文件的规则，此处不运行：校验条件 . < ${bp}" in said_under(
        page, "IG.VISIT.VITALS/I.VISIT.TEMP"
    )


def test_every_question_is_asked_and_takes_an_answer(opened: Open, workbook: Path, qtbot: Any) -> None:
    desk = opened(workbook)
    page = desk.open("SE.V1", "F.VISIT")
    row = page.view.row("IG.VISIT.VITALS/I.VISIT.BP")
    assert row is not None and row.isVisible()
    qtbot.keyClicks(row.input, "200")
    qtbot.keyClick(row.input, "\r")
    assert row.line.state.answer.value == "200"
    assert [finding.severity for finding in row.line.state.findings] == ["hard"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_workbook_prints_with_its_rules(
    opened: Open, workbook: Path, language: Literal["en", "zh"]
) -> None:
    desk = opened(workbook)
    text = text_of(blank_pdf(desk.session, "F.VISIT", language))
    assert "${bp}" in text and ("not run" if language == "en" else "不运行") in text


FILES = ("odm-1.3.2/cdash-odm-test.xml", "odm-1.3.2/odm-data-snapshot.xml", "odm-2.0/Atlas_QS_ODMv2.xml",
         "odm-2.0/Demographics_RACE_check_all_that_apply.xml")  # fmt: skip


@pytest.mark.skipif(not STANDARDS.is_dir(), reason="the data files of others are not beside the project")
@pytest.mark.parametrize("name", FILES)
def test_the_files_of_others_open_and_print(opened: Open, name: str) -> None:
    desk = opened(STANDARDS / name)
    study = desk.session.study
    for event in study.event:
        if event.repeating:
            add_visit(desk.session, desk.uid, event.oid, "made up")
    for place in visits_of(desk):
        for form in study.events[place.partition("~")[0]].form_oids:
            page = desk.open(place, form)
            first = study.forms[form].item_group[0]
            assert first.repeating or page.view.row(f"{first.oid}/{first.item[0].oid}") is not None
            kept(desk.window, f"imported_{Path(name).stem}_{form}.png")
    for one in study.form:
        assert one.name.en.split()[0] in text_of(blank_pdf(desk.session, one.oid, "en"))


def visits_of(desk: Desk) -> list[str]:
    """The address of every visit that can be opened."""
    added = [name for name, _ in desk.session.subject(desk.uid).added]
    planned = [event.oid for event in desk.session.study.event if not event.repeating]
    return [*planned, *added]
