"""What a subject's state closes, in the window: the casebook, the form page, the list, the flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from crf_app.actions.subjects import add_subject
from crf_app.model.keys import FormKey
from crf_app.ui import words
from crf_app.ui.pages.flow import FlowSheet

Desk = Callable[..., Any]


@pytest.fixture
def fresh(desk: Desk) -> Any:
    """The window with a subject of whom no consent is recorded."""
    made = desk()
    made.uid = add_subject(made.session, "ZN008").subject
    return made


def looks(desk: Any) -> dict[tuple[str, str], Any]:
    desk.window.show_casebook(desk.uid)
    page = desk.window.page
    page.open_sets = {"SE.SCR"}
    page.show_matrix()
    return {place: page.table.looks.look(*at) for place, at in page._places.items() if place in page.cells}


def test_the_casebook_shows_closed_in_icon_and_sentence_and_the_ring_on_consent(fresh: Any) -> None:
    found = looks(fresh)
    assert found["SE.SCR", "F.IC"].icon == "todo"
    assert {look.icon for place, look in found.items() if place != ("SE.SCR", "F.IC")} == {"closed"}
    assert "cannot be begun" in found["SE.V1", "F.VS"].said
    page = fresh.window.page
    assert page.here() == ("SE.SCR", "F.IC")
    words.set_language("zh")
    page.retranslate()
    assert "已关闭" in page.table.looks.look(0, 0).said
    words.set_language("en")


def test_the_form_page_says_why_and_takes_nothing(fresh: Any, qtbot: Any) -> None:
    window = fresh.window
    window.show_form(FormKey(fresh.uid, "SE.SCR", "F.VS"))
    QApplication.processEvents()
    page = window.page
    assert page.notice.isVisible() and "No informed consent" in page.notice.words.text()
    end = fresh.session.store.end.seq
    qtbot.keyClicks(window, "128")
    qtbot.keyClick(window, Qt.Key.Key_Return)
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    kinds = {one.state for one in looks(fresh).values() if hasattr(one, "state")}
    assert not kinds and fresh.session.subject(fresh.uid).started_forms() == []
    assert fresh.session.store.end.seq - end <= 1  # at most the refusal is recorded


def test_the_forms_of_the_visit_open_with_the_consent_that_is_typed(fresh: Any, qtbot: Any) -> None:
    window = fresh.window
    window.show_form(FormKey(fresh.uid, "SE.SCR", "F.IC"))
    QApplication.processEvents()
    page = window.page

    def states() -> set[str]:
        return {one.cell.state for one in page.forms._made if one.form.oid != "F.IC"}

    assert states() == {"closed"} and page.forms.keys_around(page.key) == [page.key]
    qtbot.keyClicks(QApplication.focusWidget(), "2026-08-20")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert states() == {"todo", "optional"}
    assert len(page.forms.keys_around(page.key)) == len(page.forms.form_keys())


def test_stepping_through_the_forms_leaves_closed_ones_out(fresh: Any) -> None:
    window = fresh.window
    window.show_form(FormKey(fresh.uid, "SE.SCR", "F.SV"))
    QApplication.processEvents()
    window.page.ways.to_other_form(1)
    assert window.page.key.form == "F.IC"
    window.page.ways.to_other_form(1)
    assert window.page.key.form == "F.IC"


def test_the_header_and_the_list_name_the_state_in_both_languages(desk: Desk) -> None:
    made = desk()
    made.window.show_casebook(made.uid)
    said = made.window.shell.header.accessibleName()
    assert "In screening" in said
    made.window.show_subjects()
    assert made.window.page.table.looks.look(0, 1).text == "In screening"
    words.set_language("zh")
    made.window.page.retranslate()
    assert made.window.page.table.looks.look(0, 1).text == "筛选中"
    words.set_language("en")


def test_the_flow_opens_over_the_list_and_esc_closes_it(desk: Desk, qtbot: Any) -> None:
    made = desk()
    made.window.show_subjects()
    made.window.page.flow.click()
    sheet = made.window.shell.sheet.content
    assert isinstance(sheet, FlowSheet)
    lines = [[sheet.table.looks.look(n, m).text for m in range(5)] for n in range(4)]
    assert lines[0] == ["Consented and screened", "1", "0", "0", "0"]
    assert sheet.table.looks.headerData(2, Qt.Orientation.Horizontal) == "Low"
    qtbot.keyClick(sheet.done, Qt.Key.Key_Escape)
    assert made.window.shell.sheet is None
