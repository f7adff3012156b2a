"""Visits with many forms and forms with long names: what is open is in view, no word is cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import style, words
from crf_app.ui.form.item_widgets import TextEdit
from crf_app.ui.form.visit_forms import FormEntryButton
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.widgets.row_paint import metrics_at


@pytest.fixture
def made(desk: Callable[..., Any], qtbot: Any) -> Any:
    one = desk()
    one.window.resize(1400, 900)
    qtbot.waitExposed(one.window)
    return one


@pytest.mark.parametrize("form", ["F.VSI", "F.SV"])
def test_the_open_form_is_in_view_in_the_list_of_the_visit(made: Any, qtbot: Any, form: str) -> None:
    made.window.show_form(made.key(form))
    list_ = made.window.page.forms

    def in_view() -> bool:
        [entry] = [one for one in list_.findChildren(FormEntryButton) if one.open_now]
        return not entry.visibleRegion().isEmpty() and entry.visibleRegion().boundingRect() == entry.rect()

    qtbot.waitUntil(in_view, timeout=3000)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_long_name_has_its_two_lines_in_the_list(made: Any, language: str) -> None:
    words.set_language(language)
    made.window.show_form(made.key("F.SV", "SE.SCR"))
    QApplication.processEvents()
    for entry in made.window.page.forms.findChildren(FormEntryButton):
        room = entry.width() - style.current().px(40)
        wide = metrics_at(12, bold=entry.open_now).horizontalAdvance(entry._name)
        assert wide <= room * (2 if entry.height() > style.current().px(44) else 1)


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_of_forms_have_room_in_the_casebook(
    made: Any, qapp: QApplication, scale: float, language: str
) -> None:
    words.set_language(language)
    if scale != 1.0:
        style.apply(qapp, "light", scale)
    page = CasebookPage(made.window, made.uid)
    page.resize(1300, 700)
    page.show()
    QApplication.processEvents()
    side = page.table.verticalHeader()
    line, metrics = side.defaultSectionSize(), side.fontMetrics()
    room = side.width() - style.current().px(28)
    assert side.width() < page.width() // 2 and side.count() >= 20
    for n in range(side.count()):
        wide = metrics.horizontalAdvance(str(page.table.looks.headerData(n, Qt.Orientation.Vertical)))
        assert wide <= room or (side.sectionSize(n) > line and wide <= room * 2 * 0.9)
    page.close()
    page.deleteLater()


def test_the_head_says_that_a_visit_was_missed(made: Any) -> None:
    where = ItemKey(FormKey(made.uid, "SE.V2", "F.SV"), "IG.SV", "I.SV.SVOCCUR")
    enter_value(made.session, where, "N")
    made.window.show_casebook(made.uid)
    page = made.window.page
    place = next(n for n, one in enumerate(page.visits) if one.event == "SE.V2")
    page.table.go_to(0, place)
    assert page.window_line.text() == "V2 did not take place"
    assert page.table.head._heads[place].date == "missed"
    words.set_language("zh")
    page.refresh()
    assert page.table.head._heads[place].date == "缺访"


def test_a_log_without_rows_begins_with_the_button_of_its_first_row(made: Any) -> None:
    made.window.show_form(made.key("F.SAE", "SE.LOG"))
    QApplication.processEvents()
    assert QApplication.focusWidget().objectName() == "add:IG.SAE"


def test_a_derived_choice_stands_in_words_and_offers_no_buttons(made: Any) -> None:
    local = "IG.CP.SCORE/I.CP.CPS0107"
    values = {"CP.X_HEGRD": "0", "CP.X_ASCG": "0", "CP.X_CPCOAG": "INR", "LBG.INR": "1.0"}
    values |= {"LBC.BILI": "10", "LBC.ALB": "40"}
    for variable, text in values.items():
        form = made.session.study.form_of_item[f"I.{variable}"]
        group = form.group_of[f"I.{variable}"].oid
        enter_value(made.session, ItemKey(made.key(form.oid), group, f"I.{variable}"), text)
    made.window.show_form(made.key("F.CP"))
    row = made.window.page.view.row(local)
    assert isinstance(row.input, TextEdit) and row.input.isReadOnly()
    shown = made.session.study.code_lists["CL.CPCLASS"].by_code["A"].decode
    assert row.input.text() == shown.en
    words.set_language("zh")
    assert row.input.text() == shown.zh


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_choice_in_a_grid_has_room_for_its_longest_word(made: Any, language: str) -> None:
    words.set_language(language)
    made.window.show_form(made.key("F.PE"))
    row = made.window.page.view.row("IG.PE.SYS~SKIN/I.PE.PERES")
    longest = max(
        row.input.fontMetrics().horizontalAdvance(words.pick(code.decode))
        for code in made.session.study.code_lists["CL.NORM"].items
    )
    assert row.input.width() >= longest + style.current().px(20)
