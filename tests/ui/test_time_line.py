"""The time line in the window: what it draws is said in words, keys go from row to row, Enter opens one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.rows import add_row
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.time_line import Span, TimeLine, height_of
from crf_app.ui import style, words
from crf_app.ui.casebook.time_line import TimeLineCard, in_words

from .conftest import Desk

DAY1 = date(2026, 9, 8)
LINE = TimeLine(
    date(2026, 10, 6),
    DAY1,
    (
        Span("IG.AE~one", "made-up fever", DAY1, date(2026, 9, 9)),
        Span("IG.AE~two", "made-up rash", date(2026, 9, 20), None, ongoing=True, waits=True),
        Span("IG.CM~old", "made-up drug", date(2020, 1, 1), None, vague=True, beside=True),
    ),
    (DAY1,),
    "Infusion",
    undated=1,
)


@pytest.fixture
def card(qtbot: Any, qapp: Any) -> TimeLineCard:
    words.set_language("en")
    style.apply(qapp, "light", 1.0)
    made = TimeLineCard()
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.opened_parts = []  # type: ignore[attr-defined]
    made.show_line(LINE, "Adverse events", made.opened_parts.append)  # type: ignore[attr-defined]
    made.show()
    return made


def test_everything_drawn_is_said_in_words(card: TimeLineCard) -> None:
    assert card.plot.accessibleName() == "Time line: Adverse events"
    assert card.plot.accessibleDescription() == (
        "2 rows·1 ongoing·1 without a start date·1 from other logs; Infusion: day 1; "
        "made-up fever: day 1 to day 2; made-up rash: from day 13, ongoing, not judged; "
        "made-up drug: from about 2020-01-01, no end known"
    )
    assert card.said.text().startswith("2 rows·1 ongoing")
    words.set_language("zh")
    assert "持续" in in_words(LINE) and "第13天" in in_words(LINE)
    words.set_language("en")


def test_keys_go_from_row_to_row_and_enter_opens_own_rows_only(card: TimeLineCard) -> None:
    card.plot.setFocus()
    QTest.keyClick(card.plot, Qt.Key.Key_Down)
    QTest.keyClick(card.plot, Qt.Key.Key_Down)
    assert card.plot.accessibleDescription() == "made-up drug: from about 2020-01-01, no end known"
    QTest.keyClick(card.plot, Qt.Key.Key_Return)
    QTest.keyClick(card.plot, Qt.Key.Key_Up)
    QTest.keyClick(card.plot, Qt.Key.Key_Return)
    assert card.opened_parts == ["IG.AE~two"]  # type: ignore[attr-defined]


def test_a_click_on_a_line_opens_its_row(card: TimeLineCard) -> None:
    place = card.plot.laid_out.places[0]
    QTest.mouseClick(card.plot, Qt.MouseButton.LeftButton, pos=QPoint(300, int(place.top) + 5))
    assert card.opened_parts == ["IG.AE~one"]  # type: ignore[attr-defined]


def test_it_is_as_high_as_its_rows_at_every_scale(card: TimeLineCard, qapp: Any) -> None:
    for scale in (1.0, 1.5, 2.0):
        style.apply(qapp, "light", scale)
        assert card.plot.minimumSizeHint().height() == round(height_of(LINE) * scale)
    style.apply(qapp, "light", 1.0)


def test_it_stands_below_the_rows_of_a_log_and_goes_with_its_record(desk: Callable[[str], Desk]) -> None:
    at = desk("made.nurse")
    key = FormKey(at.uid, "SE.LOG", "F.AE")
    enter_value(at.session, ItemKey(key, "IG.AEYN", "I.AE.AEYN"), "Y")
    part = add_row(at.session, key, "IG.AE").row
    enter_form(at.session, key, {f"{part}/I.AE.AETERM": "made-up fever"})
    at.window.show_form(key)
    page = at.window.page
    (made,) = [one.time_line for one in page.view.sections if one.time_line is not None]
    assert (
        made.isVisibleTo(page) and made.said.text() == "no row with a start date yet·1 without a start date"
    )
    page.on_saved(enter_value(at.session, ItemKey(key, part, "I.AE.AESTDAT"), "2026-10-06"))
    assert [one.name for one in made.plot.line.own] == ["made-up fever"]
    at.window.show_casebook(at.uid)
    assert made.plot.line is None and made.isHidden()
