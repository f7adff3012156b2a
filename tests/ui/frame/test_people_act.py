"""Somebody forgot the password, has another role, leaves; the data get a new key: at the window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from crf_app.actions.people.people_here import people
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import sign_in, sign_out
from crf_app.errors import IdentityRefused, StorageError
from crf_app.store import rotation


@pytest.fixture
def asked(at_work):
    """asked("reset", "nurse"): the administrator's panel with the question open."""

    def opened(act: str, user: str):
        window = at_work("admin")
        window.show_account()
        panel = window.page.people
        place = next(n for n, one in enumerate(panel._people) if one.user == user)
        panel.table.selectRow(place)
        panel.buttons[act].click()
        assert panel.act.isVisibleTo(window)
        return window, panel

    return opened


def test_a_person_is_reset_by_keys_alone(asked, qtbot):
    window, panel = asked("reset", "nurse")
    qtbot.keyClicks(panel.act.one_time, "one-time made-up words")
    qtbot.keyClick(panel.act.one_time, Qt.Key.Key_Return)
    assert panel.notice.isVisibleTo(window) and panel.act.isVisibleTo(window)  # no reason yet
    assert panel.act.one_time.text()  # what was typed stays
    qtbot.keyClicks(panel.act.reason, "forgotten, made up")
    qtbot.keyClick(panel.act.reason, Qt.Key.Key_Return)
    assert [one.state for one in people(window.home) if one.user == "nurse"] == ["must_change"]
    assert not panel.act.isVisibleTo(window)


def test_a_certificate_is_withdrawn_and_then_not_offered_again(asked, qtbot):
    window, panel = asked("revoke", "investigator")
    assert panel.chosen.certified
    qtbot.keyClicks(panel.act.reason, "the password was seen, made up")
    qtbot.keyClick(panel.act.reason, Qt.Key.Key_Return)
    assert not panel.chosen.certified and not panel.act.isVisibleTo(window)
    assert panel.buttons["revoke"].isHidden() and not panel.buttons["reset"].isHidden()
    assert verify(window.session).problems == []


def test_another_role_is_given(asked, qtbot):
    window, panel = asked("change", "nurse")
    panel.act.role.choose("coordinator")
    qtbot.keyClicks(panel.act.reason, "made up")
    qtbot.keyClick(panel.act.reason, Qt.Key.Key_Return)
    assert [one.role for one in people(window.home) if one.user == "nurse"] == ["coordinator"]


def test_a_person_is_removed_and_work_goes_on_in_the_new_file(asked, qtbot, settle, clock, password):
    window, panel = asked("remove", "nurse")
    qtbot.keyClicks(panel.act.reason, "left, made up")
    qtbot.keyClick(panel.act.reason, Qt.Key.Key_Return)
    settle()
    assert "nurse" not in [one.user for one in panel._people] and window.session.keys.generation == 2
    assert not (window.home / rotation.COPY).exists()
    window.sign_out()
    with pytest.raises(IdentityRefused):
        sign_in(window.home, "nurse", password, clock)
    sign_out(sign_in(window.home, "coordinator", password, clock))


def test_a_new_key_alone_and_escape_before_it(asked, qtbot, settle):
    window, panel = asked("rotate", "nurse")
    qtbot.keyClick(panel.act.reason, Qt.Key.Key_Escape)
    assert not panel.act.isVisibleTo(window) and window.session.keys.generation == 1
    panel.buttons["rotate"].click()
    qtbot.keyClicks(panel.act.reason, "made up")
    qtbot.keyClick(panel.act.reason, Qt.Key.Key_Return)
    settle()
    assert window.session.keys.generation == 2


def test_who_works_is_offered_no_removal_of_the_own_account(at_work):
    window = at_work("admin")
    window.show_account()
    panel = window.page.people
    place = next(n for n, one in enumerate(panel._people) if one.user == "admin")
    panel.table.selectRow(place)
    assert not any(panel.buttons[name].isVisibleTo(window) for name in ("reset", "change", "remove"))
    assert panel.buttons["rotate"].isVisibleTo(window)


def test_the_other_language_keeps_what_was_typed(asked, qtbot):
    window, panel = asked("change", "nurse")
    panel.act.role.choose("coordinator")
    qtbot.keyClicks(panel.act.reason, "made up")
    window.use_preferences(replace(window.preferences, language="zh"))
    assert (panel.act.reason.text(), panel.act.role.code) == ("made up", "coordinator")
    assert any("姓名" in one.text() for one in panel.act.findChildren(QLabel))


def test_a_disk_that_refuses_in_the_last_moment_leads_to_sign_in_which_finishes_it(
    asked, qtbot, settle, clock, password, monkeypatch
):
    window, panel = asked("rotate", "nurse")

    def refused(*_):
        raise StorageError("Made up.", "虚构。")

    with monkeypatch.context() as patched:
        patched.setattr(rotation, "take_over", refused)
        qtbot.keyClicks(panel.act.reason, "made up")
        qtbot.keyClick(panel.act.reason, Qt.Key.Key_Return)
        settle()
    assert type(window.page).__name__ == "SignInPage"
    session = sign_in(window.home, "nurse", password, clock)
    assert session.keys.generation == 2 and verify(session).problems == []
    sign_out(session)
