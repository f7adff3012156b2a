"""My day: the first page; what stands where, where Enter goes, what each count does, and every role."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta, timezone

import pytest
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.people import accounts
from crf_app.actions.queries import answer_query, open_query
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.subjects import add_subject
from crf_app.crypto.passwords import LIGHT
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import style, words
from crf_app.ui.pages import my_day as page_module
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.my_day import MyDayPage
from crf_app.ui.pages.queries import QueriesPage
from crf_app.ui.pages.review import ReviewPage
from crf_app.ui.pages.subjects import SubjectsPage
from crf_app.ui.pages.sync import SyncPageWidget


def enter(session, uid, event, variable, text):
    form = session.study.form_of_item[f"I.{variable}"]
    group = form.group_of[f"I.{variable}"].oid
    return enter_value(session, ItemKey(FormKey(uid, event, form.oid), group, f"I.{variable}"), text)


VS = {"VS.VSPERF": "Y", "VS.VSDAT": "2026-11-02", "VS.SYSBP": "128", "VS.DIABP": "80", "VS.PULSE": "72",
      "VS.RESP": "16", "VS.TEMP": "36.6", "VS.WEIGHT": "65"}  # fmt: skip


NOW = datetime(2026, 11, 9, 9, 0, tzinfo=timezone(timedelta(hours=8)))


class MorningClock:
    """Stands at the morning of the tests' day."""

    def now(self):
        return NOW

    def monotonic(self):
        return 1000.0


@pytest.fixture(scope="module")
def made_day(made_home, tmp_path_factory, new_subject, password):
    """ZN001 is dosed on 2 November; today is the 9th: V2.  ZN002, dosed on 20 October, is overdue."""
    home, uids = tmp_path_factory.mktemp("day") / "home", {}
    shutil.copytree(made_home, home)
    nurse = sign_in(home, "nurse", password, MorningClock())
    for label, screened, day1 in (
        ("ZN001", "2026-10-28", "2026-11-02"),
        ("ZN002", "2026-10-10", "2026-10-20"),
    ):
        uid = uids[label] = new_subject(nurse, label)
        for event, variable, text in (
            ("SE.SCR", "SV.SVOCCUR", "Y"), ("SE.SCR", "SV.SVSTDAT", screened),
            ("SE.V1", "SV.SVOCCUR", "Y"), ("SE.V1", "SV.SVSTDAT", day1),
            ("SE.V1", "EX.ECYN", "Y"), ("SE.V1", "EX.ECSTDAT", day1),
        ):  # fmt: skip
            enter(nurse, uid, event, variable, text)
    for variable, text in VS.items():
        enter(nurse, uids["ZN001"], "SE.V1", variable, text)
    complete_form(nurse, FormKey(uids["ZN001"], "SE.V1", "F.VS"))
    sign_out(nurse)
    return home, uids


@pytest.fixture
def day_of_work(made_day, home, clock):
    """The home of the test is a copy of that site; uids by number."""
    made, uids = made_day
    shutil.rmtree(home)
    shutil.copytree(made, home)
    clock.at = NOW
    return uids


@pytest.fixture
def nurse_at_work(day_of_work, at_work):
    window = at_work("nurse")
    window.uids = day_of_work
    return window


def count(window, name):
    return window.page.counts.buttons[name].number.text()


def shown_rows(page):
    return [(one.visit.label, one.visit.event.short_name) for one in page.rows]


def texts(page):
    return [one.text() for one in page.findChildren(QLabel) if one.isVisibleTo(page)]


def enter_key(widget):
    QTest.keyClick(widget, Qt.Key.Key_Return)
    QApplication.processEvents()


# what stands there


def test_it_is_the_first_page_and_says_the_day_in_both_languages(nurse_at_work):
    page = nurse_at_work.page
    assert isinstance(page, MyDayPage) and nurse_at_work.shell.rail.buttons["day"].isChecked()
    assert page.title.text() == "Monday 9 November" and "2 subjects" in page.sub.text()
    words.set_language("zh")
    assert page.title.text() == "11月9日 星期一" and "2 名受试者" in page.sub.text()


def test_the_five_counts(nurse_at_work):
    said = {name: count(nurse_at_work, name) for name in nurse_at_work.page.counts.buttons}
    assert said["due"] == "1" and said["overdue"] == "2" and said["sign"] == "1"
    assert said["here"] == str(nurse_at_work.page.day.where.only_here) and said["queries"].isdigit()
    button = nurse_at_work.page.counts.buttons["overdue"]
    assert button.accessibleName() == "Overdue: 2, ZN002, 12 days"


def test_visits_stand_by_today_then_overdue_then_the_days_ahead(nurse_at_work):
    assert shown_rows(nurse_at_work.page) == [
        ("ZN001", "V2"), ("ZN002", "V2"), ("ZN002", "V3"), ("ZN002", "V4"), ("ZN001", "V3"),
    ]  # fmt: skip
    first = nurse_at_work.page.rows[0].button
    assert first.text() == "Open" and first.property("kind") == "primary"
    assert first.accessibleName().startswith("Open: ZN001, V2, Day 8, infusion 2. ")
    said = texts(nurse_at_work.page)
    assert "window to 10 Nov" in said
    assert "Window closed on 28 Oct. Record the visit, or say why it was missed" in said


def test_the_cursor_is_on_the_first_button_and_enter_starts_work(nurse_at_work):
    here = QApplication.focusWidget()
    assert here is nurse_at_work.page.rows[0].button
    enter_key(here)
    assert isinstance(nurse_at_work.page, FormPageWidget)
    assert nurse_at_work.page.key == FormKey(nurse_at_work.uids["ZN001"], "SE.V2", "F.SV")


def test_work_that_was_begun_goes_on_where_it_was(nurse_at_work):
    enter(nurse_at_work.session, nurse_at_work.uids["ZN001"], "SE.V2", "VS.SYSBP", "128")
    nurse_at_work.show_day()
    row = nurse_at_work.page.rows[0]
    assert row.button.text() == "Continue" and count(nurse_at_work, "due") == "1"
    assert any("Vital signs is open at Systolic" in text for text in texts(nurse_at_work.page))
    enter_key(row.button)
    assert nurse_at_work.page.key.form == "F.VS"


# what a count does


def test_a_count_filters_and_pressed_again_shows_everything(nurse_at_work):
    page = nurse_at_work.page
    everything, button = shown_rows(page), page.counts.buttons["overdue"]
    button.setFocus()
    enter_key(button)
    assert shown_rows(page) == [("ZN002", "V2"), ("ZN002", "V3")] and button.isChecked() and button.hasFocus()
    enter_key(page.counts.buttons["due"])
    assert shown_rows(page) == [("ZN001", "V2")] and not button.isChecked()
    enter_key(page.counts.buttons["due"])
    assert shown_rows(page) == everything


@pytest.mark.parametrize(
    ("name", "kind"), [("sign", ReviewPage), ("queries", QueriesPage), ("here", SyncPageWidget)]
)
def test_other_counts_go_where_their_things_are(nurse_at_work, name, kind):
    enter_key(nurse_at_work.page.counts.buttons[name])
    assert isinstance(nurse_at_work.page, kind)


def test_enter_in_the_review_list_opens_the_form_to_sign(nurse_at_work):
    nurse_at_work.show_review()
    assert nurse_at_work.page.table.hasFocus()
    enter_key(nurse_at_work.page.table)
    assert nurse_at_work.page.key == FormKey(nurse_at_work.uids["ZN001"], "SE.V1", "F.VS")


def test_the_rail_says_how_many_queries_are_open(nurse_at_work):
    before = nurse_at_work.page.day.open_queries
    enter(nurse_at_work.session, nurse_at_work.uids["ZN001"], "SE.V2", "VS.TEMP", "41.5")
    nurse_at_work.say_saved(
        enter(nurse_at_work.session, nurse_at_work.uids["ZN001"], "SE.V2", "VS.PULSE", "71")
    )
    badge = nurse_at_work.shell.rail.findChild(QLabel, "open_queries")
    assert badge.isVisible() and int(badge.text()) > before


# search


def test_a_number_opens_its_subject_small_letters_too(nurse_at_work, qtbot):
    qtbot.keyClick(nurse_at_work, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    search = QApplication.focusWidget()
    assert search is nurse_at_work.page.search
    qtbot.keyClicks(search, "zn002")
    enter_key(search)
    assert isinstance(nurse_at_work.page, CasebookPage) and nurse_at_work.shell.header.label == "ZN002"


def test_a_part_of_a_number_opens_the_list_narrowed(nurse_at_work, qtbot):
    qtbot.keyClicks(nurse_at_work.page.search, "ZN0")
    enter_key(nurse_at_work.page.search)
    assert isinstance(nurse_at_work.page, SubjectsPage) and nurse_at_work.page.search.text() == "ZN0"


def test_ctrl_k_in_an_open_record_goes_to_the_search_of_the_day(nurse_at_work, qtbot):
    nurse_at_work.show_casebook(nurse_at_work.uids["ZN001"])
    qtbot.keyClick(nurse_at_work, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(nurse_at_work.page, MyDayPage) and nurse_at_work.page.search.hasFocus()


# nobody and nothing; many


def test_an_empty_site_says_what_to_do_next(at_work):
    page = at_work("nurse").page
    said = " ".join(texts(page))
    assert "No subject is on this device yet" in said and "Nobody asks you anything now." in said
    assert page.search.hasFocus()
    assert {name: one.number.text() for name, one in page.counts.buttons.items()} == dict.fromkeys(
        page.counts.buttons, "0"
    )


def test_many_subjects_are_read_between_the_events(nurse_at_work, monkeypatch):
    monkeypatch.setattr(page_module, "AT_FIRST", 0)
    nurse_at_work.show_day()
    page = nurse_at_work.page
    assert count(nurse_at_work, "due") == "…" and page.search.hasFocus()
    loop = QEventLoop()
    QTimer.singleShot(2000, loop.quit)
    page.rest._timer.timeout.connect(lambda: page.day.whole and loop.quit())
    loop.exec()
    assert count(nurse_at_work, "due") == "1" and page.rows[0].button.hasFocus()


def test_the_cursor_stays_in_a_search_that_was_begun_while_reading(nurse_at_work, monkeypatch, qtbot):
    monkeypatch.setattr(page_module, "AT_FIRST", 0)
    nurse_at_work.show_day()
    page = nurse_at_work.page
    qtbot.keyClicks(page.search, "Z")
    page.rest.finish()
    assert page.search.hasFocus() and page.search.text() == "Z"


def test_a_commit_elsewhere_is_seen_and_the_cursor_stays(nurse_at_work):
    page = nurse_at_work.page
    page.counts.buttons["sign"].setFocus()
    nurse_at_work.say_saved(add_subject(nurse_at_work.session, "ZN003"))
    assert "3 subjects" in page.sub.text() and page.counts.buttons["sign"].hasFocus()


# roles


def test_the_investigator_begins_with_what_waits_for_a_signature(day_of_work, at_work):
    page = at_work("investigator").page
    assert (
        page.first_stop() is page.counts.buttons["sign"] and QApplication.focusWidget() is page.first_stop()
    )
    assert [one.button.property("kind") for one in page.rows] == [""] * len(page.rows) or not any(
        one.button.property("kind") == "primary" for one in page.rows
    )


def test_a_monitor_sees_answered_queries_to_close_and_opens_casebooks(
    day_of_work, home, clock, password, at_work, window
):
    doctor = sign_in(home, "investigator", password, clock)
    key = ItemKey(FormKey(day_of_work["ZN001"], "SE.V1", "F.VS"), "IG.VS", "I.VS.SYSBP")
    thread = open_query(doctor, key, "As in the source?").row
    answer_query(doctor, thread, "Yes.")
    sign_out(doctor)
    admin = sign_in(home, "admin", password, clock)
    once = "one-time made-up words"
    accounts.add_user(admin, "monitor", "Made-up Monitor", "monitor", once, cost=LIGHT)
    sign_out(admin)
    monitor = sign_in(home, "monitor", once, clock)
    accounts.change_password(monitor, once, password, cost=LIGHT)
    sign_out(monitor)
    page = at_work("monitor").page
    said = texts(page)
    assert "Answered, for you to close" in said and "As in the source?" in said and page.day.for_me == 1
    assert not page.where.make.isVisible()
    enter_key(page.rows[0].button)
    assert isinstance(window.page, CasebookPage)


def test_the_administrator_has_no_day(at_work):
    window = at_work("admin")
    assert "day" not in window.shell.rail.buttons and not isinstance(window.page, MyDayPage)
    window.go("find")
    assert not isinstance(window.page, MyDayPage)


# how it looks


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_nothing_is_clipped(nurse_at_work, qapp, scale):
    style.apply(qapp, "light", scale)
    nurse_at_work._build_shell()
    nurse_at_work.show_day()
    page = nurse_at_work.page
    for language in ("en", "zh"):
        words.set_language(language)
        for _ in range(3):
            QApplication.processEvents()  # heights follow widths
        assert page._area.horizontalScrollBar().maximum() == 0
        assert [one.text() for one in page.findChildren(QLabel) if one.isVisibleTo(page) and cut(one)] == []
        buttons = [one for one in page.findChildren(QPushButton) if one.isVisibleTo(page)]
        assert [one.objectName() for one in buttons if not (one.accessibleName() or one.text())] == []


def cut(one):
    """Whether the words of a label have less room than they need."""
    if one.wordWrap():
        return one.height() < one.heightForWidth(one.width()) - 1
    return bool(one.text()) and (
        one.width() < one.sizeHint().width() or one.height() < one.sizeHint().height()
    )
