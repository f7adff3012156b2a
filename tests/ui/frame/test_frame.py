"""What holds on every page: names, no second window, no clipped words, quiet faults, help."""

from __future__ import annotations

import logging
import sys

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from crf_app.actions.changes import NOTHING
from crf_app.actions.subjects import add_subject
from crf_app.errors import NotAllowed
from crf_app.model.keys import FormKey
from crf_app.ui import app, style, words
from crf_app.ui.pages.queries import QueriesPage


def visits(window):
    """Every page of the frame, one after another."""
    uid = add_subject(window.session, "ZN007").subject
    ways = {
        "subjects": window.show_subjects,
        "casebook": lambda: window.show_casebook(uid),
        "paper": lambda: window.show_pdf(FormKey(uid, "SE.SCR", "F.SV")),
        "queries": window.show_queries,
        "sync": window.show_sync,
        "account": window.show_account,
    }
    for name, go in ways.items():
        go()
        window.worker.wait()
        for _ in range(3):
            QApplication.processEvents()  # results, then layout
        yield name, window.page


class Windows(QObject):
    """Notes every top-level window that appears."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


def test_no_page_opens_a_second_window(at_work, qapp):
    window, watch = at_work("nurse"), Windows()
    qapp.installEventFilter(watch)
    for _, page in visits(window):
        assert page is not None
    window.refuse(NotAllowed("Made-up refusal.", "虚构的拒绝。"))
    window.show_help()
    window.lock()
    qapp.removeEventFilter(watch)
    assert watch.seen == []


@pytest.mark.parametrize("user", ["nurse", "admin"])
def test_everything_that_takes_the_focus_has_a_name(at_work, user):
    window = at_work(user)
    pages = [("account", window.page)] if user == "admin" else visits(window)
    nameless = [
        (name, type(one).__name__, one.objectName())
        for name, page in pages
        for one in [window.shell, *window.shell.findChildren(QWidget)]
        if one.focusPolicy() != Qt.FocusPolicy.NoFocus and one.isVisible()
        and not (one.accessibleName() or getattr(one, "text", str)())
        and not one.objectName().startswith("qt_")
    ]  # fmt: skip
    assert nameless == []


def test_everything_that_can_be_pressed_is_at_least_24_pixels(at_work):
    window = at_work("nurse")
    small = [
        (name, one.objectName(), one.width(), one.height())
        for name, _ in visits(window)
        for one in window.shell.findChildren(QWidget)
        if one.isVisible()
        and one.focusPolicy() != Qt.FocusPolicy.NoFocus
        and min(one.width(), one.height()) < 24
    ]
    assert small == []


def clipped(root: QWidget) -> list[str]:
    """Words that are wider or higher than their place; what scrolls is not clipped."""
    out = []
    for one in root.findChildren(QWidget):
        if not one.isVisibleTo(root) or not isinstance(one, QLabel | QPushButton):
            continue
        text = one.text()
        if isinstance(one, QLabel) and one.wordWrap():
            short = one.height() + 1 < one.heightForWidth(one.width())
        else:
            short = QFontMetrics(one.font()).horizontalAdvance(text) > one.width() + 1
        if text and short:
            out.append(f"{text} ({one.width()} x {one.height()})")
    return out


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("scale", [100, 150, 200])
def test_no_words_are_clipped(at_work, qapp, language, scale):
    style.apply(qapp, "light", scale / 100)
    window = at_work("coordinator")
    words.set_language(language)
    found = {}
    for name, _ in visits(window):
        found |= {f"{name}: {text}": 1 for text in clipped(window.shell)}
    assert list(found) == []


def test_the_banner_says_that_data_are_made_up(at_work):
    window = at_work("nurse")
    assert window.shell.banner.isVisible()
    assert "Made-up data" in window.shell.banner.accessibleName()


def test_the_language_changes_every_word_of_the_frame_at_once(at_work):
    window = at_work("nurse")
    window.show_sync()
    words.set_language("zh")
    assert window.shell.rail.buttons["sync"].text() == "同步"
    assert "离线（正常）" in window.shell.status.place.text()
    assert window.page.make.text() == "生成数据包…" and window.session.language == "zh"


def test_f1_shows_the_keys_and_escape_gives_the_focus_back(at_work, qtbot):
    window = at_work("nurse")
    qtbot.keyClick(window.page.search, Qt.Key.Key_F1)
    assert window.shell.sheet is not None and window.shell.sheet.content.done.hasFocus()
    qtbot.keyClick(window.shell.sheet.content.done, Qt.Key.Key_Escape)
    assert window.shell.sheet is None and window.page.search.hasFocus()


def test_ctrl_numbers_go_to_the_pages(at_work, qtbot):
    window = at_work("nurse")
    for key, name in (
        (Qt.Key.Key_2, "SubjectsPage"),
        (Qt.Key.Key_3, "QueriesPage"),
        (Qt.Key.Key_4, "ReviewPage"),
        (Qt.Key.Key_5, "SyncPageWidget"),
        (Qt.Key.Key_1, "MyDayPage"),
    ):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert type(window.page).__name__ == name


def test_the_header_is_there_exactly_while_a_subject_is_open(at_work):
    window = at_work("nurse")
    shown = {name: window.shell.header.isVisible() for name, _ in visits(window)}
    assert shown == {
        "subjects": False, "casebook": True, "paper": True, "queries": False, "sync": False, "account": False,
    }  # fmt: skip


def test_a_fault_of_ours_is_logged_by_place_and_said_by_code(at_work, caplog):
    window = at_work("nurse")
    try:
        secret = "answer of a subject"
        raise RuntimeError(secret)
    except RuntimeError:
        with caplog.at_level(logging.ERROR, "crf_app"):
            app.FaultHook(window)(*sys.exc_info())
    assert "test_frame.py" in caplog.text and "RuntimeError" in caplog.text
    assert "answer of a subject" not in caplog.text
    said = window.shell.notice.words.text()
    assert "F-" in said and "answer of a subject" not in said


def test_a_missing_font_is_refused_in_words_at_the_start(home, monkeypatch, capsys, qapp):
    monkeypatch.setattr(style, "FONT_FILE", "fonts/none.ttf")
    assert app.run(home) == 3
    said = capsys.readouterr().err
    assert "none.ttf" in said and "缺少字体文件" in said


def test_queries_can_be_answered_from_the_list(at_work, qtbot, new_subject):
    from crf_app.actions.enter_data import enter_value
    from crf_app.actions.queries import queries
    from crf_app.model.keys import ItemKey

    window = at_work("nurse")
    uid = new_subject(window.session, "ZN007")
    key = FormKey(uid, "SE.SCR", "F.SV")
    enter_value(window.session, ItemKey(key, "IG.SV", "I.SV.SVOCCUR"), "Y")
    enter_value(window.session, ItemKey(key, "IG.SV", "I.SV.SVSTDAT"), "2027-01-01")
    opened = queries(window.session, status="Open")
    assert opened and opened[0].severity == "hard"
    window.show_queries()
    assert not window.page.send.isVisible() and "investigator" in window.page.why_not.text()
    window.sign_out()
    at_work("investigator")
    window.show_queries()
    page = window.page
    assert isinstance(page, QueriesPage) and page.table.looks.rowCount() == len(opened)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert page.answer.hasFocus()
    qtbot.keyClicks(page.answer, "made-up: the clock was wrong")
    qtbot.keyClick(page.answer, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(queries(window.session, status="Open")) == len(opened) - 1
    assert "Saved on this device" in window.shell.status.saved.text()


def test_an_empty_answer_is_refused_inline(at_work, qtbot, new_subject):
    from crf_app.actions.enter_data import enter_value
    from crf_app.model.keys import ItemKey

    window = at_work("nurse")
    key = FormKey(new_subject(window.session, "ZN007"), "SE.SCR", "F.SV")
    enter_value(window.session, ItemKey(key, "IG.SV", "I.SV.SVSTDAT"), "2027-01-01")
    window.sign_out()
    at_work("investigator")
    window.show_queries()
    window.page.answer.setFocus()
    qtbot.keyClick(window.page.answer, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert window.page.notice.isVisible()


def test_a_commit_refreshes_the_status_and_the_page(at_work):
    window = at_work("nurse")
    window.show_subjects()
    add_subject(window.session, "ZN001")
    window.ledger_changed.emit(NOTHING)
    assert window.page.table.looks.rowCount() == 1
    assert "only here" in window.shell.status.here.text()
