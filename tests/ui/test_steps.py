"""A form in steps: the bar says where work stands, and goes there by press, by number and by arrows."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from crf_app.actions.enter_data import enter_value
from crf_app.actions.findings import answer_finding
from crf_app.actions.form_page import form_page
from crf_app.actions.printing.paper import blank_pdf, drawing_of_form
from crf_app.actions.steps import Step, steps_of
from crf_app.export.pdf import draw_form
from crf_app.model.keys import ItemKey
from crf_app.ui import words
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.widgets.step_bar import StepButton


class Infusion:
    """The infusion record of a made-up subject, open in the window."""

    def __init__(self, desk: Any, form: str = "F.EX") -> None:
        self.desk, self.key = desk, desk.key(form)
        desk.window.resize(1280, 860)
        desk.window.show_form(self.key)
        QApplication.processEvents()

    @property
    def page(self) -> FormPageWidget:
        page = self.desk.window.page
        assert isinstance(page, FormPageWidget)
        return page

    @property
    def buttons(self) -> list[StepButton]:
        found: list[StepButton] = self.page.steps.findChildren(StepButton)
        return sorted(found, key=lambda one: one.step.number)

    @property
    def here(self) -> int:
        """The number of the step that is lit."""
        [one] = [button.step.number for button in self.buttons if button.here]
        return one

    @property
    def group(self) -> str:
        assert self.page.current is not None
        return self.page.current.key.group_oid

    def step(self, number: int) -> Step:
        return steps_of(form_page(self.desk.session, self.key))[number - 1]

    def put(self, oid: str, text: str) -> None:
        form = self.desk.session.study.forms[self.key.form]
        changes = enter_value(self.desk.session, ItemKey(self.key, form.group_of[oid].oid, oid), text)
        self.page.on_saved(changes)
        QApplication.processEvents()


def _focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


@pytest.fixture
def infusion(desk: Callable[..., Any], qtbot: Any) -> Infusion:
    made = desk()
    qtbot.waitExposed(made.window)
    return Infusion(made)


def test_the_groups_are_numbered_steps(infusion: Infusion) -> None:
    infusion.page.view.rows()  # also those below the view
    groups = infusion.desk.session.study.forms["F.EX"].item_group
    assert [one.step.number for one in infusion.buttons] == list(range(1, len(groups) + 1))
    assert [one.step.group for one in infusion.buttons] == [group.oid for group in groups]
    titles = [section.title.text() for section in infusion.page.view.sections]
    assert titles == [f"{n}  {group.name.en}" for n, group in enumerate(groups, 1)]
    assert infusion.here == 1


def test_a_form_of_another_layout_has_no_bar(desk: Callable[..., Any]) -> None:
    made = Infusion(desk(), "F.VS")
    assert made.page.steps.isHidden() and made.page.steps.stops() == []
    assert not any(section.title.text()[:1].isdigit() for section in made.page.view.sections)


def test_a_step_says_what_is_open_and_when_it_is_done(infusion: Infusion) -> None:
    first = infusion.buttons[0]
    assert (first.step.state, first.accessibleDescription()) == ("todo", "To do")
    infusion.put("I.EX.ECYN", "Y")
    assert first.step.points == infusion.step(1).points > 0
    assert first.accessibleDescription() == f"{first.step.points} open"
    for point in form_page(infusion.desk.session, infusion.key).open_points:
        if point.kind == "empty" and point.key.group_oid == first.step.group:
            infusion.put(point.key.item, "Y")
    for line in form_page(infusion.desk.session, infusion.key).lines:
        asked = [one for one in line.state.findings if one.severity != "info"]
        for found in asked if line.key.group_oid == first.step.group else ():
            answer_finding(infusion.desk.session, line.key, found.check, "made-up reason")
    assert (infusion.step(1).state, infusion.step(1).points) == ("done", 0)
    infusion.page.refresh()
    assert first.accessibleDescription() == "Done"


def test_a_step_that_is_not_asked_is_closed(infusion: Infusion) -> None:
    infusion.put("I.EX.ECYN", "N")
    assert infusion.step(3).state == "closed"
    assert infusion.buttons[2].accessibleDescription() == "Closed"


def test_alt_and_page_keys_go_from_step_to_step_from_any_field(infusion: Infusion) -> None:
    infusion.put("I.EX.ECYN", "Y")
    infusion.page.go_to(ItemKey(infusion.key, "IG.EX.GIVEN", "I.EX.ECYN"))
    for key, number in ((Qt.Key.Key_PageDown, 2), (Qt.Key.Key_PageDown, 3), (Qt.Key.Key_PageUp, 2)):
        QTest.keyClick(_focused(), key, Qt.KeyboardModifier.AltModifier)
        QApplication.processEvents()
        assert infusion.group == infusion.buttons[number - 1].step.group
        assert infusion.here == number


def test_shift_tab_reaches_the_bar_and_arrows_go_along_it(infusion: Infusion) -> None:
    infusion.put("I.EX.ECYN", "Y")
    infusion.page.go_to(ItemKey(infusion.key, "IG.EX.GIVEN", "I.EX.ECYN"))
    QTest.keyClick(_focused(), Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert _focused() is infusion.buttons[0]
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(_focused(), key)
    assert _focused() is infusion.buttons[1]
    QTest.keyClick(_focused(), Qt.Key.Key_Return)
    QApplication.processEvents()
    assert infusion.group == infusion.buttons[1].step.group


def test_what_is_typed_is_saved_before_the_jump(infusion: Infusion) -> None:
    infusion.put("I.EX.ECYN", "Y")
    lot = ItemKey(infusion.key, "IG.EX.PROD", "I.EX.ECLOT")
    infusion.page.go_to(lot)
    QTest.keyClicks(_focused(), "MADE-UP-1")
    QTest.keyClick(_focused(), Qt.Key.Key_PageUp, Qt.KeyboardModifier.AltModifier)
    lines = form_page(infusion.desk.session, infusion.key).lines
    assert next(line for line in lines if line.key == lot).state.answer.value == "MADE-UP-1"


def test_the_bar_speaks_both_languages(infusion: Infusion) -> None:
    words.set_language("zh")
    infusion.page.retranslate()
    assert infusion.buttons[0].accessibleName() == "第1步：输注前评估"
    assert infusion.page.view.sections[0].title.text() == "1  输注前评估"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_paper_numbers_the_steps_blank_and_filled(infusion: Infusion, language: Any) -> None:
    session = infusion.desk.session
    infusion.put("I.EX.ECYN", "Y")
    drawing = drawing_of_form(session, form_page(session, infusion.key), language, "C")
    for pdf in (draw_form(drawing, session.study), blank_pdf(session, "F.EX", language)):
        said = "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)
        for n, group in enumerate(session.study.forms["F.EX"].item_group, 1):
            assert f"{n}{''.join(group.name.in_language(language).split())}" in said
