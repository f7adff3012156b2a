"""From a result to a row by keys: Alt+E, drop or keep each answer, Enter; a grade is outlined, not chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.actions.subject_history import SubjectHistory
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui.form.proposal_sheet import ProposalSheet
from crf_app.ui.program_words import proposed_from

from .conftest import Desk

ALT = "IG.LBC.ENZYME/I.LBC.ALT"


def put(at: Desk, event: str, form: str, variable: str, text: str) -> None:
    item = f"I.{variable}"
    group = at.session.study.form_of_item[item].group_of[item].oid
    enter_value(at.session, ItemKey(FormKey(at.uid, event, form), group, item), text)


@pytest.fixture
def chemistry(desk: Callable[[str], Desk], qtbot: Any) -> Desk:
    """Chemistry of day 8 is open at an ALT of 268; the one of day 1 was 20."""
    at = desk("made.nurse")
    for event, day, value in (("SE.V1", "2026-09-29", "20"), ("SE.V2", "2026-10-06", "268")):
        put(at, event, "F.SV", "SV.SVOCCUR", "Y")
        put(at, event, "F.SV", "SV.SVSTDAT", day) if event == "SE.V2" else None
        put(at, event, "F.LBC", "LBC.LBPERF", "Y")
        put(at, event, "F.LBC", "LBC.LBDAT", day)
        put(at, event, "F.LBC", "LBC.ALT", value)
    put(at, "SE.V1", "F.EX", "EX.ECYN", "Y")
    put(at, "SE.V1", "F.EX", "EX.ECSTDAT", "2026-09-29")
    qtbot.waitExposed(at.window)
    at.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is at.window)
    at.window.show_form(FormKey(at.uid, "SE.V2", "F.LBC"))
    at.window.page.view.row(ALT).input.select()
    return at


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget(), key, modifier)
    QApplication.processEvents()


def sheet(at: Desk) -> ProposalSheet:
    found = at.window.findChild(ProposalSheet)
    assert isinstance(found, ProposalSheet)
    return found


def test_the_button_stands_at_the_finding_with_its_key(chemistry: Desk) -> None:
    under = chemistry.window.page.view.row(ALT).under
    said = {one.name: (one.words, one.key) for one in under.content.options}
    assert said["propose"] == ("Start a row: AE", "Alt E")
    panel = chemistry.window.page.panel
    panel.show_line(chemistry.window.page.view.row(ALT).line)
    assert not panel.propose.isHidden() and panel.propose.text() == "Start a row: AE"
    assert chemistry.window.page.view.row("IG.LBC.PROTEIN/I.LBC.ALB").under is None


def test_alt_e_shows_what_would_be_filled_and_escape_stores_nothing(chemistry: Desk) -> None:
    press(Qt.Key.Key_E, Qt.KeyboardModifier.AltModifier)
    about = sheet(chemistry).about.text()
    assert about.startswith("From Alanine aminotransferase 268 U/L at V2·Day 8") and "grade 3" in about
    assert sheet(chemistry).kept == {"I.AE.AETERM", "I.AE.AESTDAT"}
    press(Qt.Key.Key_Escape)
    key = FormKey(chemistry.uid, "SE.LOG", "F.AE")
    assert chemistry.session.subject(chemistry.uid).live_rows(key).get("IG.AE", ()) == ()


def test_by_keys_the_start_is_dropped_the_row_opens_and_the_grade_is_outlined_only(chemistry: Desk) -> None:
    press(Qt.Key.Key_E, Qt.KeyboardModifier.AltModifier)
    box = sheet(chemistry).boxes["I.AE.AESTDAT"]
    for _ in range(8):
        if QApplication.focusWidget() is box:
            break
        press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Space)
    assert box.text() == "Dropped"
    press(Qt.Key.Key_Return)
    page = chemistry.window.page
    assert page.key.form == "F.AE"
    (part,) = (
        f"IG.AE~{one}" for one in chemistry.session.subject(chemistry.uid).live_rows(page.key)["IG.AE"]
    )
    values = chemistry.session.subject(chemistry.uid).values(page.key)
    assert values[f"{part}/I.AE.AETERM"].value == "Alanine aminotransferase increased"
    assert f"{part}/I.AE.AESTDAT" not in values
    grade = page.view.row(f"{part}/I.AE.AETOXGR")
    outlined = [one.coded_value for one, button in zip(grade.input.options, grade.input.buttons, strict=True)
                if button.property("suggested")]  # fmt: skip
    assert (
        outlined == ["3"] and grade.input.text() == "" and not any(b.isChecked() for b in grade.input.buttons)
    )
    assert "Suggested: 3, from Alanine aminotransferase 268 U/L" in grade.input.accessibleDescription()


def test_a_given_grade_has_no_outline(chemistry: Desk) -> None:
    press(Qt.Key.Key_E, Qt.KeyboardModifier.AltModifier)
    press(Qt.Key.Key_Return)
    page = chemistry.window.page
    part = page.current.key.group
    cell = ItemKey(page.key, part, "I.AE.AETOXGR")
    page.on_saved(enter_value(chemistry.session, cell, "2"))
    grade = page.view.row(cell.local)
    assert not any(button.property("suggested") for button in grade.input.buttons)


def test_a_result_without_finding_says_why_nothing_is_proposed(chemistry: Desk) -> None:
    page = chemistry.window.page
    page.view.row("IG.LBC.PROTEIN/I.LBC.ALB").input.select()
    press(Qt.Key.Key_E, Qt.KeyboardModifier.AltModifier)
    assert chemistry.window.findChild(ProposalSheet) is None
    assert page.notice.words.text() == "This result proposes no row."


def test_the_history_says_which_result_proposed_the_row(chemistry: Desk) -> None:
    press(Qt.Key.Key_E, Qt.KeyboardModifier.AltModifier)
    press(Qt.Key.Key_Return)
    history = SubjectHistory(chemistry.session, chemistry.uid)
    (one,) = [entry for entry in history.entries(0, len(history)) if entry.kind == "row.add"]
    said = proposed_from(chemistry.session.study, one.reason)
    assert said.startswith("Proposed from Alanine aminotransferase, V2·Day 8")
    assert proposed_from(chemistry.session.study, "made-up reason") == ""
