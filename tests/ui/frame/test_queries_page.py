"""The page of queries: what waits for me comes first, quick answers are texts, conflicts are chosen."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from crf_app.actions.enter_data import enter_value
from crf_app.actions.queries import QueryView, open_query, queries
from crf_app.actions.sync.conflicts import Alternative, ConflictView, conflicts
from crf_app.model.def_base import Text
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.store import reads
from crf_app.ui.queries.query_cards import Asked, card_of, in_filter, in_order
from crf_app.ui.queries.query_due import due_of, due_words

NOW = datetime(2026, 10, 6, 14, 2, tzinfo=timezone(timedelta(hours=8)))
KEY = ItemKey(FormKey("S-1", "SE.V1", "F.VS"), "IG.VS", "I.VS.SYSBP")
WORDS = Text(en="made up", zh="虚构")


def asked(name: str, status: str, opened: str, *, mine: bool) -> Asked:
    view = QueryView(name, "S-1", "ZN007", KEY, WORDS, WORDS, WORDS, status, "", "", "", {"en": "", "zh": ""},
                     opened, ())  # fmt: skip
    return Asked(name, view, None, mine)


def test_what_i_can_answer_stands_first_then_the_oldest():
    every = [
        asked("new", "Open", "2026-10-06 10:00:00 +08:00", mine=True),
        asked("others", "Open", "2026-09-01 10:00:00 +08:00", mine=False),
        asked("old", "Open", "2026-10-01 10:00:00 +08:00", mine=True),
        asked("answered", "Answered", "2026-08-01 10:00:00 +08:00", mine=False),
    ]
    assert [one.id for one in in_order(every)] == ["old", "new", "others", "answered"]


def test_each_query_is_in_the_filter_of_its_state():
    open_, answered = asked("a", "Open", "", mine=False), asked("b", "Answered", "", mine=True)
    assert in_filter(open_, "open", NOW) and in_filter(answered, "open", NOW)
    assert not in_filter(open_, "mine", NOW) and in_filter(answered, "mine", NOW)
    assert in_filter(answered, "answered", NOW) and not in_filter(open_, "conflict", NOW)
    ended = asked("c", "Closed", "", mine=False)
    assert not any(in_filter(ended, one, NOW) for one in ("open", "mine", "answered"))


@pytest.mark.parametrize(
    ("opened", "age", "late"),
    [
        ("2026-10-06 13:41:00 +08:00", "21 min", False),
        ("2026-09-22 10:00:00 +08:00", "14 d", True),
        ("2026-09-21 10:00:00 +08:00", "15 d, late", True),
        ("2026-09-30 10:00:00 +08:00", "6 d", False),
        ("2026-10-06 06:02:00 +00:00", "0 min", False),
        ("2026-10-06 10:00:00 +08:00", "4 h", False),
        ("2026-09-28 14:00:00 +08:00", "8 d", True),
        ("2026-10-09 14:00:00 +08:00", "0 min", False),
    ],
)
def test_age_is_told_from_the_local_time_and_never_below_zero(qapp, opened, age, late):
    card = card_of(asked("a", "Open", opened, mine=True), NOW, 14)
    assert (card.age, card.late) == (age, late)


def test_without_a_time_in_the_study_nothing_is_late_and_no_day_is_said(qapp):
    old = asked("a", "Open", "2026-01-01 10:00:00 +08:00", mine=True)
    assert not card_of(old, NOW).late and due_of(old.opened, NOW, None) is None
    assert due_words(old.view, None) == "To be answered by Nurse, Coordinator or Investigator"


def test_who_has_to_act_and_until_when_is_said(qapp):
    def said(status: str, opened: str, **other) -> str:
        view = replace(asked("a", status, opened, mine=True).view, **other)
        return due_words(view, due_of(view.opened, NOW, 14))

    assert said("Open", "2026-10-01 23:30:00 +08:00").endswith(
        "Coordinator or Investigator, until 2026-10-15"
    )
    assert said("Open", "2026-10-01 10:00:00 +08:00", severity="hard").startswith(
        "To be answered by Investigator,"
    )
    assert said("Open", "2026-09-21 10:00:00 +08:00").endswith(". Late: it was due on 2026-10-05")
    assert said("Answered", "2026-10-01 10:00:00 +08:00").startswith("Answered, to be closed by Investigator")
    assert said("Answered", "2026-10-01 10:00:00 +08:00", check="C.X").endswith("its check no longer fires")
    assert said("Closed", "2026-10-01 10:00:00 +08:00") == ""


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), days=st.integers(1, 366),
       zone=st.integers(-11, 13), later=st.integers(0, 800))  # fmt: skip
def test_a_query_is_late_only_after_the_whole_last_day(at, days, zone, later):
    here = timezone(timedelta(hours=zone))
    opened = at.replace(tzinfo=here, microsecond=0)
    now = opened + timedelta(days=later)
    due = due_of(f"{opened:%Y-%m-%d %H:%M:%S} {opened.isoformat()[-6:]}", now, days)
    assert due is not None and due.until == (opened + timedelta(days=days)).date()
    assert due.late == (later > days) and due.soon == (later * 2 >= days)


def test_a_conflict_is_a_card_with_all_its_values(qapp):
    values = tuple(Alternative(one, one, "mm", "Made-up Nurse", "nurse", "D1", "") for one in ("148", "143"))
    card = card_of(Asked("k", None, ConflictView("ZN001", KEY, WORDS, WORDS, WORDS, values, ""), True), NOW)
    assert "148 / 143" in card.question and card.status == "Conflict" and "148 / 143" in card.said


def test_a_quick_answer_is_a_text_to_be_changed_and_sent_by_hand(at_work, qtbot, new_subject):
    window = at_work("nurse")
    uid = new_subject(window.session, "ZN007")
    key = ItemKey(FormKey(uid, "SE.SCR", "F.SV"), "IG.SV", "I.SV.SVOCCUR")
    enter_value(window.session, key, "Y")
    window.sign_out()
    at_work("investigator")
    open_query(window.session, key, "Made up: please look again.")
    window.show_queries()
    page = window.page
    assert page.detail.value.text() and "Made up" in page.table.looks.look(0, 0).question
    qtbot.keyClick(page.table, Qt.Key.Key_F3)
    assert page.answer.hasFocus() and page.answer.toPlainText() == "Looked at again: as in the source."
    assert queries(window.session)[0].status == "Open"
    qtbot.keyClick(page.answer, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert queries(window.session)[0].status == "Answered"


def test_go_to_field_puts_the_cursor_into_it(at_work, qtbot, new_subject):
    window = at_work("nurse")
    uid = new_subject(window.session, "ZN007")
    key = ItemKey(FormKey(uid, "SE.SCR", "F.SV"), "IG.SV", "I.SV.SVSTDAT")
    enter_value(window.session, key, "2027-01-01")
    window.show_queries()
    window.page.go_to_form()
    qtbot.waitUntil(lambda: window.page.current is not None and window.page.current.key == key)


def test_a_conflict_is_chosen_with_a_reason_and_then_gone(at_work, qtbot, new_subject):
    window = at_work("coordinator")
    session = window.session
    uid = new_subject(session, "ZN007")
    key = ItemKey(FormKey(uid, "SE.SCR", "F.SV"), "IG.SV", "I.SV.SVSTDAT")
    enter_value(session, key, "2026-10-01")
    session.commit(
        [Draft("item.set", subject=uid, key=key.path, value="2026-10-02")]
    )  # as another device would
    session.forget()
    assert [len(one.values) for one in conflicts(session)] == [2]
    window.show_queries()
    page = window.page
    page.filter.choose("conflict")
    page._list()
    assert page.side.currentWidget() is page.conflict and not page.conflict.use.isEnabled()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    qtbot.keyClick(page.conflict._group.button(0), Qt.Key.Key_Space)
    qtbot.keyClicks(page.conflict.reason, "made-up: read again")
    qtbot.keyClick(page.conflict.reason, Qt.Key.Key_Return)
    assert conflicts(session) == []
    assert reads.items_at(session.store.conn, key.form_key, [key.local])[0].state != "conflict"
