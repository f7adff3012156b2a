"""One widget for each data type: what leaves it, what never does."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from crf_app.model.def_base import Text
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef, MeasurementUnit
from crf_app.ui.form.choice_list import ChoiceList
from crf_app.ui.form.choice_widgets import ChoiceRow, MultiChoice, matches
from crf_app.ui.form.item_widgets import WIDGETS, DateEdit, NumberEdit, TextEdit, make
from crf_app.ui.form.unit_words import shown_unit, split_unit

YES_NO = CodeList(
    oid="CL.NY", name=Text(en="x", zh="x"),
    items=(CodeListItem(coded_value="Y", decode=Text(en="Yes", zh="是")),
           CodeListItem(coded_value="N", decode=Text(en="No", zh="否"))),
)  # fmt: skip


def numbered(count: int) -> CodeList:
    items = tuple(
        CodeListItem(coded_value=f"C{n}", decode=Text(en=f"Kind {n}", zh=f"类{n}")) for n in range(count)
    )
    return CodeList(oid="CL.X", name=Text(en="x", zh="x"), items=items)


def item(data_type: str = "text", **more: Any) -> ItemDef:
    return ItemDef(oid="I.X.Y", question=Text(en="x", zh="x"), data_type=data_type, **more)  # type: ignore[arg-type]


@pytest.fixture
def shown(qtbot: Any) -> Any:
    """Puts a widget beside another one on the screen, with the cursor in it."""

    grounds: list[QWidget] = []

    def show(widget: QWidget) -> QWidget:
        ground, other = QWidget(), QLineEdit()
        grounds.append(ground)
        other.setObjectName("other")
        box = QVBoxLayout(ground)
        box.addWidget(widget)
        box.addWidget(other)
        qtbot.addWidget(ground)
        ground.show()
        ground.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is ground)
        widget.setFocus()
        return other

    return show


def sent(widget: Any) -> list[str]:
    out: list[str] = []
    widget.edited.connect(out.append)
    return out


def test_every_data_type_has_its_widget_and_none_is_a_spin_or_combo_box(qapp: QApplication) -> None:
    for data_type in ("text", "integer", "decimal", "date", "partialDate", "time", "datetime"):
        widget = make(item(data_type), None)
        assert type(widget) is WIDGETS[data_type]
        assert isinstance(widget, QLineEdit) and widget.validator() is None
        assert not isinstance(widget, (QSpinBox, QComboBox))


def test_up_to_seven_options_are_buttons_more_are_a_list(qapp: QApplication) -> None:
    coded = item(code_list="CL.X")
    assert isinstance(make(coded, numbered(7)), ChoiceRow)
    assert isinstance(make(coded, numbered(8)), ChoiceList)
    assert isinstance(make(item(code_list="CL.X", multiple=True), numbered(8)), MultiChoice)


@pytest.mark.parametrize("leave", [Qt.Key.Key_Return, Qt.Key.Key_Tab])
def test_edited_is_sent_on_leaving_and_once(shown: Any, leave: Qt.Key) -> None:
    widget = NumberEdit()
    shown(widget)
    got = sent(widget)
    QTest.keyClicks(widget, "128")
    assert got == []
    QTest.keyClick(widget, leave)
    assert got == ["128"]
    widget.clearFocus()
    assert got == ["128"]


def test_unchanged_text_sends_nothing(shown: Any) -> None:
    widget = TextEdit()
    widget.set_text("as it was")
    shown(widget)
    got = sent(widget)
    QTest.keyClick(widget, Qt.Key.Key_Return)
    assert got == []


def test_escape_goes_back_to_the_saved_text(shown: Any) -> None:
    widget = NumberEdit()
    widget.set_text("36.6")
    shown(widget)
    got = sent(widget)
    QTest.keyClicks(widget, "41")
    QTest.keyClick(widget, Qt.Key.Key_Escape)
    assert widget.text() == "36.6"
    QTest.keyClick(widget, Qt.Key.Key_Return)
    assert got == []


def test_full_width_signs_are_narrowed_in_numbers_not_in_text(qapp: QApplication) -> None:
    number, text = NumberEdit(), TextEdit()
    number.setText("＜５．１")
    text.setText("发热３天")
    assert number.text() == "<5.1"
    assert text.text() == "发热３天"


def test_superscripts_are_never_read_as_digits(qapp: QApplication) -> None:
    number = NumberEdit()
    number.setText("10⁷")
    assert number.text() == "10⁷"


def test_the_input_method_is_off_where_only_digits_are_typed(qapp: QApplication) -> None:
    off = Qt.WidgetAttribute.WA_InputMethodEnabled
    for data_type, widget in WIDGETS.items():
        made = widget()
        assert made.testAttribute(off) is (data_type == "text"), data_type
        made.setReadOnly(True)
        made.setReadOnly(False)
        assert made.testAttribute(off) is (data_type == "text"), data_type


def test_enter_during_composition_belongs_to_the_composition(shown: Any) -> None:
    widget = TextEdit()
    shown(widget)
    got = sent(widget)
    QApplication.sendEvent(widget, QInputMethodEvent("fare", []))
    assert widget.text() == "" and got == []
    done = QInputMethodEvent("", [])
    done.setCommitString("发热")
    QApplication.sendEvent(widget, done)
    QTest.keyClick(widget, Qt.Key.Key_Return)
    assert got == ["发热"]


def test_n_alone_asks_for_a_reason_and_in_a_text_it_is_a_letter(qtbot: Any, shown: Any) -> None:
    widget = DateEdit()
    shown(widget)
    with qtbot.waitSignal(widget.missing_asked, timeout=1000):
        QTest.keyClick(widget, Qt.Key.Key_N)
    assert widget.text() == ""
    QTest.keyClicks(widget, "5 nov")
    assert widget.text() == "5 nov"


def test_a_scan_that_begins_with_n_is_text(qtbot: Any, shown: Any) -> None:
    widget = NumberEdit()
    shown(widget)
    with qtbot.assertNotEmitted(widget.missing_asked, wait=60):
        QTest.keyClicks(widget, "N4711")
    assert widget.text().upper() == "N4711"


def test_refused_text_is_not_tried_again_by_leaving(shown: Any) -> None:
    widget = NumberEdit()
    other = shown(widget)
    got = sent(widget)
    QTest.keyClicks(widget, "12x")
    QTest.keyClick(widget, Qt.Key.Key_Return)
    other.setFocus()
    assert got == ["12x"]
    widget.untried()
    widget.setFocus()
    other.setFocus()
    assert got == ["12x", "12x"]


def test_a_letter_that_fits_one_option_is_the_answer(shown: Any) -> None:
    widget = ChoiceRow(YES_NO)
    shown(widget)
    got = sent(widget)
    QTest.keyClick(widget, Qt.Key.Key_N)
    assert got == ["N"] and widget.buttons[1].isChecked() and not widget.buttons[0].isChecked()


def test_a_key_that_fits_several_moves_and_is_given_on_leaving(shown: Any) -> None:
    widget = ChoiceRow(numbered(3))
    shown(widget)
    got = sent(widget)
    QTest.keyClicks(widget, "cc")
    assert got == [] and widget.text() == "C1"
    QTest.keyClick(widget, Qt.Key.Key_Return)
    assert got == ["C1"]


def test_arrows_mark_and_space_chooses(shown: Any) -> None:
    widget = ChoiceRow(numbered(3))
    shown(widget)
    got = sent(widget)
    QTest.keyClick(widget, Qt.Key.Key_Right)
    assert got == [] and widget.text() == ""
    QTest.keyClick(widget, Qt.Key.Key_Space)
    assert got == ["C1"]


def test_a_click_is_the_answer(shown: Any) -> None:
    widget = ChoiceRow(YES_NO)
    shown(widget)
    got = sent(widget)
    QTest.mouseClick(widget.buttons[0], Qt.MouseButton.LeftButton)
    assert got == ["Y"]


def test_a_read_only_choice_takes_no_key_and_no_click(shown: Any) -> None:
    widget = ChoiceRow(YES_NO)
    widget.set_text("Y")
    widget.setReadOnly(True)
    shown(widget)
    got = sent(widget)
    QTest.keyClick(widget, Qt.Key.Key_N)
    QTest.mouseClick(widget.buttons[1], Qt.MouseButton.LeftButton)
    assert got == [] and widget.text() == "Y" and widget.buttons[0].isChecked()


def test_the_number_of_an_option_chooses_it_where_codes_are_no_numbers() -> None:
    assert matches(numbered(3).items, "2", "en") == [1]
    assert matches(YES_NO.items, "是", "zh") == [0]
    grades = [CodeListItem(coded_value=str(n), decode=Text(en=f"Grade {n}", zh=f"{n}级")) for n in range(3)]
    graded = CodeList(oid="CL.G", name=Text(en="x", zh="x"), items=tuple(grades))
    assert matches(graded.items, "2", "en") == [2]


def test_several_options_are_given_in_the_order_of_the_list(shown: Any) -> None:
    widget = MultiChoice(numbered(3))
    shown(widget)
    got = sent(widget)
    QTest.keyClicks(widget, "31")
    assert got == []
    QTest.keyClick(widget, Qt.Key.Key_Return)
    assert got == ["C0;C2"]


def test_typing_filters_the_list_which_is_no_window(shown: Any) -> None:
    widget = ChoiceList(numbered(12))
    shown(widget)
    got = sent(widget)
    tops = set(QApplication.topLevelWidgets())
    QTest.keyClicks(widget.line, "kind 1")
    assert widget.list.isVisible() and widget.list.count() == 3
    assert set(QApplication.topLevelWidgets()) == tops
    QTest.keyClick(widget.line, Qt.Key.Key_Down)
    QTest.keyClick(widget.line, Qt.Key.Key_Return)
    assert got == ["C10"] and widget.line.text() == "Kind 10" and not widget.list.isVisible()


def test_text_that_is_no_option_is_left_as_typed(shown: Any) -> None:
    widget = ChoiceList(numbered(12))
    other = shown(widget)
    got = sent(widget)
    QTest.keyClicks(widget.line, "nothing of it")
    other.setFocus()
    assert got == ["nothing of it"] and widget.line.text() == "nothing of it"


def test_choices_change_language_and_keep_the_answer(qapp: QApplication) -> None:
    row, many = ChoiceRow(YES_NO), ChoiceList(numbered(9))
    row.set_text("Y")
    many.set_text("C3")
    row.set_language("zh")
    many.set_language("zh")
    assert row.buttons[0].text() == "是" and row.text() == "Y"
    assert many.line.text() == "类3" and many.text() == "C3"


def test_a_unit_typed_behind_the_number_is_known_by_both_spellings() -> None:
    creatinine = item("decimal", unit="umol/L", units=(MeasurementUnit(unit="mg/dL", factor="88.4"),))
    assert split_unit(creatinine, "1.2 mg/dl") == ("1.2", "mg/dL")
    assert split_unit(creatinine, "<5 µmol/L") == ("<5", "umol/L")
    assert split_unit(creatinine, "1.2 stones") == ("1.2 stones", None)
    assert [shown_unit(one) for one in ("umol/L", "10*9/L", "mm[Hg]", "Cel")] == [
        "µmol/L",
        "10⁹/L",
        "mmHg",
        "°C",
    ]
