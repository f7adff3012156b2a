"""You, the look of the window, and the people of the device."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from crf_app.actions.people.people_here import people
from crf_app.settings.preferences import read_preferences
from crf_app.ui import style, words


def panel(window):
    window.show_account()
    return window.page.people


def choose(people_panel, user: str) -> None:
    place = next(n for n, one in enumerate(people_panel._people) if one.user == user)
    people_panel.table.selectRow(place)


def add(people_panel, qtbot, user="new") -> None:
    qtbot.keyClicks(people_panel.name, "Made-up Newcomer")
    qtbot.keyClicks(people_panel.user, user)
    qtbot.keyClicks(people_panel.one_time, "one-time made-up words")
    people_panel.role.choose("nurse")
    people_panel.do_add()


def test_the_administrator_adds_a_person_with_a_one_time_password(at_work, qtbot):
    window = at_work("admin")
    mine = panel(window)
    add(mine, qtbot)
    assert [one.state for one in people(window.home) if one.user == "new"] == ["must_change"]
    assert "Made-up Newcomer" in mine.notice.words.text() and mine.one_time.text() == ""
    assert mine.table.looks.rowCount() == 5


def test_a_taken_user_id_is_refused_inline_and_what_was_typed_stays(at_work, qtbot):
    mine = panel(at_work("admin"))
    add(mine, qtbot, "nurse")
    assert mine.notice.isVisible() and mine.user.text() == "nurse" and mine.one_time.text()


def test_a_nurse_is_offered_nothing_about_people(at_work):
    mine = panel(at_work("nurse"))
    choose(mine, "coordinator")
    assert not any(button.isVisible() for button in mine.buttons.values()) and not mine.user.isVisible()


def test_lock_and_unlock_by_the_administrator(at_work):
    window = at_work("admin")
    mine = panel(window)
    choose(mine, "nurse")
    assert mine.buttons["lock_user"].isVisibleTo(window)
    mine.do_lock_user()
    assert [one.state for one in people(window.home) if one.user == "nurse"] == ["locked"]
    assert mine.buttons["unlock_user"].isVisibleTo(window) and not mine.buttons["lock_user"].isVisibleTo(
        window
    )
    mine.do_unlock_user()
    assert [one.state for one in people(window.home) if one.user == "nurse"] == ["active"]


def test_the_administrator_sees_no_subjects(at_work):
    window = at_work("admin")
    assert set(window.shell.rail.buttons) == {"sync", "account", "help"}
    window.go("subjects")
    window.go("find")
    assert type(window.page).__name__ == "AccountPage"


def test_a_witness_types_the_fingerprint_that_the_person_reads_out(window, clock, password, qtbot):
    from crf_app.actions.people import accounts
    from crf_app.actions.session import sign_in, sign_out
    from crf_app.crypto.passwords import LIGHT

    once = "one-time made-up words"
    admin = sign_in(window.home, "admin", password, clock)
    accounts.add_user(admin, "new", "Made-up Newcomer", "nurse", once, cost=LIGHT)
    sign_out(admin)
    new = sign_in(window.home, "new", once, clock)
    accounts.change_password(new, once, password, cost=LIGHT)
    sign_out(new)
    window.signed_in(sign_in(window.home, "admin", password, clock))
    mine = panel(window)
    choose(mine, "new")
    assert mine.buttons["certify"].isVisibleTo(window)
    mine.do_certify()
    window.sign_out()
    window.signed_in(sign_in(window.home, "investigator", password, clock))
    mine = panel(window)
    choose(mine, "new")
    fingerprint = mine.chosen.fingerprint
    for typed in ("", "AAAAAAAA-AAAAAAAA"):
        mine.typed.setText(typed)
        mine.do_witness()
        assert mine.notice.isVisible() and not mine.chosen.witnessed
    qtbot.keyClicks(mine.typed, fingerprint)
    mine.do_witness()
    assert mine.chosen.witnessed


def test_the_own_password_is_changed(at_work, qtbot, settle, password):
    window = at_work("nurse")
    window.show_account()
    form = window.page.password
    for name, text in (("old", password), ("new", "kettle under snow"), ("again", "kettle under snow")):
        qtbot.keyClicks(form.fields[name], text)
    qtbot.keyClick(form.fields["again"], Qt.Key.Key_Return)
    settle()
    assert "in force" in form.notice.words.text()
    assert all(field.text() == "" for field in form.fields.values())


@pytest.mark.parametrize(("line", "code", "check"), [
    ("theme", "dark", lambda: style.current().theme == "dark"),
    ("scale", "200", lambda: style.current().scale == 2.0),
    ("language", "zh", lambda: words.language() == "zh"),
])  # fmt: skip
def test_language_theme_and_scale_hold_at_once_and_are_remembered(at_work, line, code, check):
    window = at_work("nurse")
    window.show_account()
    getattr(window.page, line)._buttons[code].click()
    QApplication.processEvents()
    assert check() and type(window.page).__name__ == "AccountPage"
    assert str(getattr(read_preferences(window.home), line)) == code
    assert "password" not in json.loads((window.home / "settings.json").read_text("utf-8"))
