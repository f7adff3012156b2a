"""Who is working?  Cards, letters, passwords; nothing heavy before the first picture."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from crf_app.actions.people import accounts
from crf_app.actions.session import sign_in, sign_out
from crf_app.crypto.passwords import LIGHT
from crf_app.ui import words
from crf_app.ui.pages.my_day import MyDayPage
from crf_app.ui.pages.own_password import MustChangePage
from crf_app.ui.pages.sign_in import SignInPage

HEAVY = (
    "cryptography",
    "pydantic",
    "sqlite_utils",
    "cel_expr_python",
    "reportlab",
    "pyhanko",
    "psycopg",
    "lxml",
    "pypdfium2",
    "zstandard",
)


@pytest.fixture
def page(window) -> SignInPage:
    window.start()
    assert isinstance(window.page, SignInPage)
    return window.page


def test_sign_in_loads_nothing_heavy_before_the_first_picture(home):
    code = f"""
import json, linecache, sys
from pathlib import Path
from crf_app.ui import app, words
program = app.application()
window = app.build(program, Path({str(home)!r}))
window.show()
program.processEvents()
picture = window.grab()
loaded = [name for name in {HEAVY!r} if name in sys.modules]
read = words.table.cache_info().currsize, [name for name in linecache.cache if "crf_app" in name]
print(json.dumps([loaded, picture.width(), type(window.page).__name__, *read]))
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=dict(os.environ),
    )
    loaded, width, page, all_words, sources = json.loads(run.stdout.splitlines()[-1])
    assert (loaded, page) == ([], "SignInPage") and width >= 960
    assert all_words == 0  # the words of the first picture stand in a file of their own
    assert sources == []  # PySide6 reads no source of ours at its import


def test_letters_pick_a_card_and_enter_goes_to_the_password(page, qtbot):
    qtbot.keyClicks(page.chosen, "nur")
    assert page.chosen.user == "nurse" and page.password.text() == ""
    qtbot.keyClick(page.chosen, Qt.Key.Key_Return)
    assert page.password.hasFocus()


def test_arrows_move_over_the_cards(page, qtbot):
    qtbot.keyClick(page.chosen, Qt.Key.Key_Right)
    assert page.chosen.user == "investigator"
    qtbot.keyClick(page.chosen, Qt.Key.Key_Left)
    qtbot.keyClick(page.chosen, Qt.Key.Key_Down)
    assert page.chosen.user == "nurse"
    qtbot.keyClick(page.chosen, Qt.Key.Key_Up)
    assert page.chosen.user == "admin" and page.chosen.hasFocus()


def test_somebody_else_is_always_the_last_card_and_types_the_user_id(page, window, qtbot, settle, password):
    last = page.cards[-1]
    assert (last.user, last.title.text(), len(page.cards)) == ("", "Somebody else", 5)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(page.chosen, key)
    assert page.user.hasFocus() and page.user.isVisible()
    qtbot.keyClicks(page.user, "nurse")
    qtbot.keyClick(page.user, Qt.Key.Key_Return)
    qtbot.keyClicks(page.password, password)
    qtbot.keyClick(page.password, Qt.Key.Key_Return)
    settle()
    assert window.session.user == "nurse"


def test_nothing_of_the_store_is_said_before_somebody_signs_in(page):
    """No count and no time of somebody's last work: they stand in the encrypted store alone."""
    foot = [one.text() for one in page.findChildren(QLabel) if "not yet sent" in one.text()]
    assert foot == [words.say("sign_in.encrypted")] and not any(map(str.isdigit, foot[0]))
    for card in page.cards:
        said = card.accessibleName().removeprefix(card.title.text())
        assert not any(map(str.isdigit, said))


def test_letters_of_nobody_are_said_and_never_shown(page, qtbot):
    """Who types a password while a card has the focus must not find it on the screen."""
    qtbot.keyClicks(page.chosen, "xlantern")
    said = page.notice.words.text()
    assert page.notice.isVisible() and said == words.say("sign_in.no_letter") and "lantern" not in said


def test_the_right_password_opens_the_day(page, window, qtbot, settle, password):
    qtbot.keyClicks(page.chosen, "nurse")
    qtbot.keyClick(page.chosen, Qt.Key.Key_Return)
    qtbot.keyClicks(page.password, password)
    qtbot.keyClick(page.password, Qt.Key.Key_Return)
    settle()
    assert isinstance(window.page, MyDayPage) and window.session.user == "nurse"


def test_a_wrong_password_is_said_with_the_tries_left(page, window, qtbot, settle):
    qtbot.keyClicks(page.password, "not the password")
    qtbot.keyClick(page.password, Qt.Key.Key_Return)
    settle()
    assert "4 tries left" in page.notice.words.text()
    assert page.password.text() == "" and page.password.hasFocus()
    words.set_language("zh")
    assert "还可尝试4次" in page.notice.words.text()


def test_the_language_switch_keeps_what_is_typed(page, qtbot):
    qtbot.keyClicks(page.password, "half a pass")
    qtbot.mouseClick(page.switch.buttons["zh"], Qt.MouseButton.LeftButton)
    assert page.open.text() == "打开" and page.password.text() == "half a pass"
    qtbot.mouseClick(page.switch.buttons["en"], Qt.MouseButton.LeftButton)
    assert page.open.text() == "Open"


def test_a_one_time_password_must_be_changed_before_anything_else(window, clock, qtbot, settle, password):
    admin = sign_in(window.home, "admin", password, clock)
    accounts.add_user(admin, "new", "Made-up Newcomer", "nurse", "one-time made-up words", cost=LIGHT)
    sign_out(admin)
    window.signed_in(sign_in(window.home, "new", "one-time made-up words", clock))
    page = window.page
    assert isinstance(page, MustChangePage) and window.shell is None
    fields = page.form.fields
    for name, text in (
        ("old", "one-time made-up words"),
        ("new", "kettle under snow"),
        ("again", "kettle under rain"),
    ):
        qtbot.keyClicks(fields[name], text)
    qtbot.keyClick(fields["again"], Qt.Key.Key_Return)
    assert "differ" in page.form.notice.words.text()
    for name in ("new", "again"):
        qtbot.keyClicks(fields[name], "kettle under snow")
    qtbot.keyClick(fields["again"], Qt.Key.Key_Return)
    settle()
    assert isinstance(window.page, MyDayPage) and not window.session.must_change


def test_a_short_new_password_is_refused_in_words(window, clock, qtbot, settle, password):
    admin = sign_in(window.home, "admin", password, clock)
    accounts.add_user(admin, "new", "Made-up Newcomer", "nurse", "one-time made-up words", cost=LIGHT)
    sign_out(admin)
    window.signed_in(sign_in(window.home, "new", "one-time made-up words", clock))
    form = window.page.form
    for name, text in (("old", "one-time made-up words"), ("new", "short"), ("again", "short")):
        qtbot.keyClicks(form.fields[name], text)
    qtbot.keyClick(form.fields["again"], Qt.Key.Key_Return)
    settle()
    assert "12" in form.notice.words.text() and window.session.must_change
