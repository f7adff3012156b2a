"""The list of subjects: the next free number, search, Enter opens."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from crf_app.actions.subject_list import SubjectList
from crf_app.actions.subjects import add_subject, subjects
from crf_app.model.record import Draft
from crf_app.ui.pages.casebook import CasebookPage


@pytest.fixture
def page(at_work):
    window = at_work("nurse")
    for label in ("ZN001", "ZN002", "ZN010"):
        add_subject(window.session, label)
    window.show_subjects()
    return window.page


def test_the_next_free_number_is_proposed_and_added_by_enter(page, window, qtbot):
    assert page.number.text() == "ZN003"
    qtbot.keyClick(page.number, Qt.Key.Key_Return)
    assert isinstance(window.page, CasebookPage)
    assert window.shell.header.isVisible() and "ZN003" in window.shell.header.accessibleName()
    assert "Saved on this device 09:00:00" in window.shell.status.saved.text()


def test_typing_narrows_the_list_and_enter_opens_the_only_hit(page, window, qtbot):
    assert page.search.hasFocus()
    qtbot.keyClicks(page.search, "10")
    assert page.table.looks.rowCount() == 1
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert "ZN010" in window.shell.header.accessibleName()


def test_an_exact_number_opens_though_others_begin_so(page, window, qtbot):
    qtbot.keyClicks(page.search, "zn001")
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert "ZN001" in window.shell.header.accessibleName()


def test_down_goes_to_the_list_and_enter_opens_the_row(page, window, qtbot):
    qtbot.keyClick(page.search, Qt.Key.Key_Down)
    assert page.table.hasFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert "ZN002" in window.shell.header.accessibleName()


@pytest.mark.parametrize(("typed", "said"), [("ZN001", "ZN003"), ("12", "not a subject number")])
def test_a_taken_or_wrong_number_is_refused_inline(page, window, qtbot, typed, said):
    page.number.selectAll()
    qtbot.keyClicks(page.number, typed)
    qtbot.keyClick(page.number, Qt.Key.Key_Return)
    assert window.page is page and page.notice.isVisible() and said in page.notice.words.text()
    assert page.number.text() == typed and page.number.hasFocus()


def test_no_hit_is_said(page, qtbot):
    qtbot.keyClicks(page.search, "99")
    assert page.empty.isVisible() and "99" in page.empty.text()


def test_the_investigator_sees_no_way_to_add(at_work):
    window = at_work("investigator")
    window.show_subjects()
    page = window.page
    assert not page.add.isVisible() and not page.number.isVisible()


def test_lines_are_read_when_they_are_seen_and_only_once(at_work, monkeypatch):
    window = at_work("nurse")
    drafts = [
        Draft("subject.add", subject=f"S01-made{n:06d}", key=f"S01-made{n:06d}", value=f"ZN{n:03d}")
        for n in range(1, 301)
    ]
    window.session.commit(drafts)
    read = []
    rows = SubjectList.rows
    monkeypatch.setattr(SubjectList, "rows", lambda self, some: read.extend(some) or rows(self, some))
    window.show_subjects()
    QApplication.processEvents()
    assert 0 < len(read) < 100 and window.page.table.looks.rowCount() == 300
    first = list(read)
    window.page.search.setText("ZN00")
    QApplication.processEvents()
    assert read == first, "the lines on screen were known"
    window.page.table.scrollToBottom()
    window.page.search.setText("")
    window.page.table.scrollToBottom()
    QApplication.processEvents()
    assert read[-1].label == "ZN300" and len(set(read)) == len(read) < 200


def test_a_line_tells_what_the_store_holds(at_work, new_subject):
    """What was entered for the made subject stands in its line, also where others stand before it."""
    session = at_work("nurse").session
    uid = new_subject(session, "ZN001")
    for event, form, group, item, text in (
        ("SE.SCR", "F.SV", "IG.SV", "I.SV.SVSTDAT", "2026-09-01"),
        ("SE.V1", "F.EX", "IG.EX", "I.EX.ECSTDAT", "2026-10-01T09:00"),
    ):
        path = f"{event}/{form}/{group}/{item}"
        session.commit([Draft("item.set", subject=uid, key=path, value=text)])
    line = next(one for one in subjects(session) if one.uid == uid)
    assert (line.status, line.day1, line.only_here) == ("TREATMENT", "2026-10-01", 3)
    assert line.state is not None and line.state.in_language("zh") == "治疗中"
    assert line.next_event is not None and line.next_event.in_language("en") != ""
    assert (line.open_queries, line.waiting_signature) == (0, 0)
