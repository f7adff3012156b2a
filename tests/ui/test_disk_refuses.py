"""A disk that really takes no more: what was typed stays on the screen, and is saved when there is room.

The limit of the system on the size of files makes each write of the database fail, as a full disk does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.model.keys import ItemKey
from crf_app.store.ledger import entries

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
LIMIT = 4096  # bytes: less than the database has already


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process grows beyond `LIMIT`; Python ignores the signal that goes with it."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_typed_stays_on_the_screen_and_is_saved_when_there_is_room(
    desk: Callable[[], Any], qtbot: Any
) -> None:
    one = desk()
    window, key = one.window, one.key("F.VS")
    performed = one.session.study.forms["F.VS"].group_of["I.VS.VSPERF"].oid
    enter_value(one.session, ItemKey(key, performed, "I.VS.VSPERF"), "Y")
    qtbot.waitExposed(window)
    window.show_form(key)
    QApplication.processEvents()
    row = window.page.view.row("IG.VS/I.VS.PULSE")
    row.input.select()
    QTest.keyClicks(row.input, "72")
    before = [entry.id for entry in entries(one.session.store.conn)]
    with no_room():
        QTest.keyClick(row.input, Qt.Key.Key_Return)
        QApplication.processEvents()
    assert row.input.text() == "72" and row.status == "unsaved" and row.pending.kind == "storage"
    assert "Not saved: the disk refuses to write" in row.under.content.sentence
    assert [entry.id for entry in entries(one.session.store.conn)] == before
    row.host.kept_texts._timer.timeout.emit()  # it tries again by itself
    stored = [entry.record for entry in entries(one.session.store.conn)][len(before) :]
    assert [record.value for record in stored if record.kind == "item.set"] == ["72"]
    assert row.pending is None and row.status == "saved"
