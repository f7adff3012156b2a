"""`CRF_TRACE`: the window can be timed from outside, and nothing of a record gets into that file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication


def work(one: Any, qtbot: Any) -> None:
    """Open vital signs, answer the gate, leave the field."""
    qtbot.waitExposed(one.window)
    one.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is one.window)
    one.window.show_form(one.key("F.VS"))
    page = one.window.page
    qtbot.waitUntil(lambda: page._painted)
    row = page.view.row(page.view.first_stop(page.shown))
    row.input.select()
    QTest.keyClicks(QApplication.focusWidget(), "y")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)


def test_the_events_of_an_edit_in_their_order_and_no_data(
    desk: Callable[..., Any], qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "trace.ndjson"
    monkeypatch.setenv("CRF_TRACE", str(file))
    one = desk()
    work(one, qtbot)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["form.open", "form.painted", "edit.done", "edit.durable"]
    times = [line["ns"] for line in lines]
    assert times == sorted(times)
    assert all(set(line) == {"event", "ns"} for line in lines)
    assert one.uid not in file.read_text("utf-8") and "VS" not in file.read_text("utf-8")


def test_nothing_is_written_where_nobody_asked(
    desk: Callable[..., Any], qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRF_TRACE", raising=False)
    before = set(tmp_path.iterdir())
    work(desk(), qtbot)
    assert {one.name for one in set(tmp_path.iterdir()) - before} <= {"home"}
