"""F1: a short page for the screen in use, everywhere, in both languages; its keys are really bound."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pypdf
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

import crf_app.ui.pages
from crf_app.actions.help_texts import MOST_LINES, read_help, topics
from crf_app.errors import NotFound
from crf_app.model.keys import FormKey
from crf_app.ui import files, style, words
from crf_app.ui.page import Page
from crf_app.ui.pages.help import HelpSheet
from crf_app.ui.pages.help_page import HelpPage

UI = Path(crf_app.ui.pages.__file__).parents[1]
ALONE = ("first_run", "sign_in", "lock", "signing", "focus_view", "form", "lab_form", "log", "infusion")
#: what a person types into a field or uses as in every program; no table of ours binds these
TYPED = {"t", "n", "-1", "+2", "<", ">", "Tab", "Shift+Tab", "Enter", "Shift+Enter", "Space", "Esc"}
ARROWS = {"←": "Left", "→": "Right", "↑": "Up", "↓": "Down", "PgDn": "PageDown", "PgUp": "PageUp"}


def page_classes() -> list[type[Page]]:
    for one in pkgutil.iter_modules(crf_app.ui.pages.__path__):
        importlib.import_module(f"crf_app.ui.pages.{one.name}")
    found, waiting = [], [Page]
    while waiting:
        for one in waiting.pop().__subclasses__():
            found.append(one)
            waiting.append(one)
    return [one for one in found if one.__module__.startswith("crf_app.")]


def topic_of(one: type[Page]) -> str:
    said = one.help_topic
    return said if isinstance(said, str) else one.rail


def bound() -> set[str]:
    """Every key that the sources bind: `Qt.Key.Key_X`, and shortcuts written as text."""
    source = "\n".join(path.read_text("utf-8") for path in UI.rglob("*.py") if path.name != "help.py")
    keys = set(re.findall(r"Key\.Key_(\w+)", source))
    keys |= set(re.findall(r'"((?:Ctrl|Alt|Shift)\+[^"+ ]+|F\d+)"', source))
    return keys | {name.rpartition("+")[2] for name in keys}


def pressed(keys: str) -> list[str]:
    """ "Alt+1 … Alt+3" → its ends; "← →" and "F9, Shift+F9" → each."""
    return [one for one in re.split(r"[, …]+", keys) if one]


def test_every_page_has_its_help():
    classes = page_classes()
    assert len(classes) > 10
    assert [
        (one.__name__, topic_of(one)) for one in classes if topic_of(one) not in (*topics(), *ALONE)
    ] == []
    assert [one for one in ALONE if one not in topics()] == []


@pytest.mark.parametrize("topic", topics())
def test_a_page_is_short_and_in_both_languages(topic):
    text = read_help(topic)
    assert text.lines and text.keys and text.refused, "what one does, keys, what to do when refused"
    assert text.size <= MOST_LINES
    for said in (text.title, *text.lines, *text.refused, *(one for _, one in text.keys)):
        assert said.en.isascii() and said.en.strip() == said.en != ""
        assert re.search("[一-鿿]", said.zh) and "！" not in said.zh and "!" not in said.en


@pytest.mark.parametrize("topic", topics())
def test_every_key_that_is_named_is_bound(topic):
    keys = bound()
    wrong = []
    for named, _ in read_help(topic).keys:
        for one in pressed(named):
            last = ARROWS.get(one.rpartition("+")[2], one.rpartition("+")[2])
            if one not in TYPED and one not in keys and last not in keys:
                wrong.append(one)
    assert wrong == []


def test_there_is_no_help_on_what_is_not_there():
    with pytest.raises(NotFound):
        read_help("nothing")


def f1(window) -> None:
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F1)
    QApplication.processEvents()


def test_f1_shows_the_page_of_the_screen_and_again_closes_it(at_work, new_subject):
    window = at_work("nurse")
    uid = new_subject(window.session, "ZN001")
    ways = {
        "my_day": window.show_day, "subjects": window.show_subjects, "queries": window.show_queries,
        "sync": window.show_sync, "account": window.show_account, "study": window.show_study,
        "laboratory": window.show_laboratory, "this_device": window.show_device, "review": window.show_review,
        "casebook": lambda: window.show_casebook(uid),
        "form": lambda: window.show_form(FormKey(uid, "SE.SCR", "F.IC")),
        "lab_form": lambda: window.show_form(FormKey(uid, "SE.V1", "F.LBC")),
        "log": lambda: window.show_form(FormKey(uid, "SE.LOG", "F.AE")),
    }  # fmt: skip
    for topic, show in ways.items():
        show()
        QApplication.processEvents()
        f1(window)
        assert window.shell.sheet is not None, (topic, QApplication.focusWidget(), window.helping.sheet)
        content = window.shell.sheet.content
        assert isinstance(content, HelpPage) and content.topic == topic, topic
        f1(window)
        assert window.shell.sheet is None


def test_help_closes_by_esc_and_gives_the_focus_back(at_work):
    window = at_work("nurse")
    window.show_subjects()
    window.page.search.setFocus()
    f1(window)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert window.shell.sheet is None and QApplication.focusWidget() is window.page.search


def test_f1_on_the_cards_the_first_run_and_the_lock(window, at_work, tmp_path):
    window.start()
    f1(window)
    assert window.helping.sheet.content.topic == "sign_in" and not window.page.isEnabled()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert window.helping.sheet is None and window.page.isEnabled()
    window.show_first_run()
    f1(window)
    assert window.helping.sheet.content.topic == "first_run"
    f1(window)
    at_work("nurse")
    window.lock()
    f1(window)
    assert window.helping.sheet.content.topic == "lock"
    for _ in range(8):  # Tab stays in the sheet
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert window.helping.sheet.isAncestorOf(QApplication.focusWidget())
    f1(window)
    assert window.helping.sheet is None and window.locked
    assert QApplication.focusWidget() is window.cover.password


def test_locking_takes_help_away(at_work):
    window = at_work("nurse")
    window.lock()
    f1(window)
    window.sign_out()
    assert window.helping.sheet is None


def test_all_keys_stay_one_step_away(at_work):
    window = at_work("nurse")
    f1(window)
    window.shell.sheet.content.findChild(QPushButton, "help_all_keys").click()
    assert isinstance(window.shell.sheet.content, HelpSheet)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert window.shell.sheet is None


def test_the_language_switches_under_an_open_page(at_work):
    window = at_work("nurse")
    window.show_sync()
    f1(window)
    content = window.shell.sheet.content
    assert content.title.text() == "Sync"
    words.set_language("zh")
    assert content.title.text() == "同步"


def test_the_quick_card_is_written(at_work, settle, tmp_path, monkeypatch):
    window = at_work("nurse")
    f1(window)
    path = tmp_path / "card.pdf"
    monkeypatch.setattr(files, "ask_save", lambda *_: path)
    content = window.shell.sheet.content
    content.findChild(QPushButton, "help_card").click()
    settle()
    assert len(pypdf.PdfReader(path).pages) <= 2 and "card.pdf" in content.notice.words.text()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_clipped_at_200_percent(at_work, qapp, language):
    style.apply(qapp, "light", 2.0)
    words.set_language(language)
    window = at_work("nurse")
    window.resize(1280, 800)
    for topic in topics():
        content = HelpPage(window, topic)
        window.show_sheet(content)
        QApplication.processEvents()
        for one in (*content.findChildren(QLabel), *content.findChildren(QPushButton)):
            if one.isVisible():
                high = one.heightForWidth(one.width()) if isinstance(one, QLabel) and one.wordWrap() else 0
                assert one.height() >= max(high, one.minimumSizeHint().height()), (topic, one.text())
                assert one.width() >= one.minimumSizeHint().width(), (topic, one.text())
        wide = window.shell.sheet._scroll
        assert wide.horizontalScrollBar().maximum() == 0, topic
        window.hide_sheet()
