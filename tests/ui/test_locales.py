"""The settings of a computer change nothing: what is typed, stored and shown is the same in every country."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QLocale, Qt

from tests.ui.test_entry_keys import Keys

ENTER = Qt.Key.Key_Return
COUNTRIES = ("de_DE", "tr_TR", "ar_EG", "zh_CN", "fa_IR")
#: (item, typed, stored and shown); the words that stand there are those of the language that was chosen
TYPED = (
    ("I.VS.VSDAT", "20261006", "2026-10-06"), ("I.VS.SYSBP", "128", "128"), ("I.VS.TEMP", "36.9", "36.9"),
    ("I.VS.PULSE", "072", "72"),
)  # fmt: skip


@pytest.fixture(params=COUNTRIES)
def country(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    before, name = QLocale(), request.param
    for variable in ("LANG", "LC_ALL", "LC_NUMERIC", "LC_TIME"):
        monkeypatch.setenv(variable, f"{name}.UTF-8")
    QLocale.setDefault(QLocale(name))
    yield name
    QLocale.setDefault(before)


def test_numbers_and_dates_are_read_and_shown_alike(country: str, qtbot: Any, desk: Any) -> None:
    keys = Keys(qtbot, desk("made.nurse"), "F.VS")
    assert QLocale().name() == country
    keys.press("y", ENTER)
    for oid, typed, expected in TYPED:
        keys.enter(oid, typed, ENTER)
        assert (keys.answer(oid).value, keys.row(oid).input.text()) == (expected, expected)
    keys.enter("I.VS.TEMP", "36,9", ENTER)
    assert keys.row("I.VS.TEMP").status == "unsaved" and keys.row("I.VS.TEMP").input.text() == "36,9"
    assert keys.answer("I.VS.TEMP").value == "36.9"
