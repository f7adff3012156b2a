"""Checks that look beyond their form: at rows and visits of the subject, and at other subjects, from the field."""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crf_app.actions import rows
from crf_app.actions.enter_data import enter_value
from crf_app.actions.subjects import add_subject, next_number
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import reads

SMALL = """
oid = "SMALL"
version = "1"
name = { en = "Made up", zh = "虚构" }
title = { en = "Made up", zh = "虚构" }
protocol = "P"
sponsor = { en = "nobody", zh = "无" }
subject_pattern = 'S\\d+'
subject_format = "S{n}"
planned_subjects = 3
arms = []
visit_date = "I.SV.DAT"
change_reasons = [{ code = "T", text = { en = "Typing", zh = "录入" } }]
missing_reasons = [{ code = "ND", text = { en = "Not done", zh = "未做" } }]
finding_reasons = []
meanings = []
subject_facts = [{ name = "DAY1", item = "I.SV.DAT", event = "SE.V2" }]

[[event]]
oid = "SE.V1"
name = { en = "One", zh = "一" }
short_name = "V1"
type = "Scheduled"
number = "1"
from_day = -9
to_day = -1
forms = [{ form = "F.SV" }, { form = "F.VS" }]

[[event]]
oid = "SE.V2"
name = { en = "Two", zh = "二" }
short_name = "V2"
type = "Scheduled"
number = "2"
day = 1
forms = [{ form = "F.SV" }, { form = "F.VS" }]

[[event]]
oid = "SE.V3"
name = { en = "Three", zh = "三" }
short_name = "V3"
type = "Scheduled"
number = "3"
day = 8
forms = [{ form = "F.SV" }, { form = "F.VS" }]

[[event]]
oid = "SE.LOG"
name = { en = "Log", zh = "记录" }
short_name = "LOG"
type = "Common"
number = "LOG"
forms = [{ form = "F.AE" }]
"""
VISIT = """
oid = "F.SV"
name = { en = "Visit", zh = "访视" }

[[item_group]]
oid = "IG.SV"
name = { en = "Visit", zh = "访视" }

[[item_group.item]]
oid = "I.SV.DAT"
question = { en = "Date", zh = "日期" }
data_type = "date"
mandatory = true

[[condition]]
oid = "C.ORDER"
item = "I.SV.DAT"
severity = "hard"
expression = "visits.SV.exists(v, v.WHEN == 'earlier' && v.DAT >= SV.DAT)"
message = { en = "The visit before is later.", zh = "前次访视更晚。" }

[[condition]]
oid = "C.MISSING"
item = "I.SV.DAT"
severity = "soft"
expression = "known.event.MISSING && known.event.NEXT"
message = { en = "Not begun: {event.MISSING}; the next visit was on {event.NEXT}.", zh = "未填：{event.MISSING}；下次访视 {event.NEXT}。" }
"""  # noqa: E501
VITALS = """
oid = "F.VS"
name = { en = "Vitals", zh = "体征" }

[[item_group]]
oid = "IG.VS"
name = { en = "Vitals", zh = "体征" }

[[item_group.item]]
oid = "I.VS.TEMP"
question = { en = "Temperature", zh = "体温" }
data_type = "decimal"
significant_digits = 1

[[item_group.item]]
oid = "I.VS.BAG"
question = { en = "Bag", zh = "袋号" }
data_type = "text"

[[condition]]
oid = "C.FEVER"
item = "I.VS.TEMP"
severity = "soft"
expression = "VS.TEMP >= 38.0 && !rows.AE.exists(r, r.TERM == 'fever')"
message = { en = "Record an event?", zh = "是否记录？" }

[[condition]]
oid = "C.RISE"
item = "I.VS.TEMP"
severity = "soft"
expression = "round(VS.TEMP - base.VS.TEMP, 6) >= 1.0"
message = { en = "Against {base.VS.TEMP} at baseline.", zh = "基线 {base.VS.TEMP}。" }

[[condition]]
oid = "C.BAG"
item = "I.VS.BAG"
severity = "hard"
expression = "taken.VS.BAG"
message = { en = "The bag {I.VS.BAG} is used.", zh = "袋号 {I.VS.BAG} 已用。" }

[[condition]]
oid = "C.MANY"
item = "I.VS.BAG"
severity = "soft"
expression = "subjects.VS.BAG > 2.0"
message = { en = "More than two participants.", zh = "超过两人。" }
"""
LOG = """
oid = "F.AE"
name = { en = "Events", zh = "事件" }

[[item_group]]
oid = "IG.AE"
name = { en = "Events", zh = "事件" }
repeating = true

[[item_group.item]]
oid = "I.AE.TERM"
question = { en = "Term", zh = "名称" }
data_type = "text"
"""


@pytest.fixture
def nurse(site_of: Callable[..., Any]) -> Any:
    return site_of({"study": SMALL, "sv": VISIT, "vs": VITALS, "ae": LOG})


@pytest.fixture
def enter(nurse: Any) -> Callable[..., Any]:
    """enter(uid, "SE.V1", "VS.TEMP", "38.5", row="") → Changes."""

    def entered(uid: str, event: str, variable: str, text: str, row: str = "", reason: str = "") -> Any:
        form = nurse.study.form_of_item[f"I.{variable}"]
        group = form.group_of[f"I.{variable}"].oid + (f"~{row}" if row else "")
        key = ItemKey(FormKey(uid, event, form.oid), group, f"I.{variable}")
        return enter_value(nurse, key, text, reason=reason or None)

    return entered


def subject(nurse: Any) -> str:
    return str(add_subject(nurse, next_number(nurse)).subject)


def status(nurse: Any, check: str) -> list[str]:
    """Statuses of the system's queries of one check, in the order of places."""
    found = [one for one in reads.queries(nurse.store.conn) if one.check == check]
    return [one.status for one in sorted(found, key=lambda one: one.key)]


def test_a_row_of_a_log_ends_the_question_in_another_form(nurse: Any, enter: Callable[..., Any]) -> None:
    uid = subject(nurse)
    enter(uid, "SE.V1", "VS.TEMP", "38.5")
    assert status(nurse, "C.FEVER") == ["Open"]
    log = FormKey(uid, "SE.LOG", "F.AE")
    row = rows.add_row(nurse, log, "IG.AE").row.partition("~")[2]
    enter(uid, "SE.LOG", "AE.TERM", "headache", row)
    assert status(nurse, "C.FEVER") == ["Open"]
    enter(uid, "SE.LOG", "AE.TERM", "fever", row, reason="Typing error")
    assert status(nurse, "C.FEVER") == ["Closed"]
    rows.remove_row(nurse, log, f"IG.AE~{row}", "entered for nothing")
    assert status(nurse, "C.FEVER") == ["Open"]


def test_visits_are_compared_with_each_other(nurse: Any, enter: Callable[..., Any]) -> None:
    uid = subject(nurse)
    enter(uid, "SE.V1", "SV.DAT", "2026-03-02")
    enter(uid, "SE.V2", "SV.DAT", "2026-03-02")
    assert status(nurse, "C.ORDER") == ["Open"]
    enter(uid, "SE.V1", "SV.DAT", "2026-03-01", reason="Typing error")
    assert status(nurse, "C.ORDER") == ["Closed"]


def test_the_baseline_is_the_last_value_up_to_day_1(nurse: Any, enter: Callable[..., Any]) -> None:
    uid = subject(nurse)
    enter(uid, "SE.V1", "VS.TEMP", "36.0")
    enter(uid, "SE.V3", "VS.TEMP", "37.0")
    assert status(nurse, "C.RISE") == ["Open"]
    enter(uid, "SE.V2", "VS.TEMP", "36.5")
    assert status(nurse, "C.RISE") == ["Closed"]


def test_no_value_up_to_day_1_is_compared_with_the_baseline(nurse: Any, enter: Callable[..., Any]) -> None:
    uid = subject(nurse)
    enter(uid, "SE.V2", "VS.TEMP", "36.0")
    enter(uid, "SE.V1", "VS.TEMP", "37.5")
    assert status(nurse, "C.RISE") == []


def test_a_value_used_by_another_subject_or_visit_is_found(nurse: Any, enter: Callable[..., Any]) -> None:
    one, other = subject(nurse), subject(nurse)
    assert enter(one, "SE.V1", "VS.BAG", "B-1").findings == ()
    assert [two.check for two in enter(other, "SE.V2", "VS.BAG", "B-1").findings] == ["C.BAG"]
    enter(other, "SE.V2", "VS.BAG", "B-2", reason="Typing error")
    assert status(nurse, "C.BAG") == ["Closed"]
    assert [two.check for two in enter(other, "SE.V1", "VS.BAG", "B-2").findings] == ["C.BAG"]


def test_subjects_with_the_same_value_are_counted_once_each(nurse: Any, enter: Callable[..., Any]) -> None:
    uids = [subject(nurse) for _ in range(3)]
    enter(uids[0], "SE.V1", "VS.BAG", "B")
    enter(uids[0], "SE.V2", "VS.BAG", "B")
    assert "C.MANY" not in [one.check for one in enter(uids[1], "SE.V1", "VS.BAG", "B").findings]
    assert "C.MANY" in [one.check for one in enter(uids[2], "SE.V1", "VS.BAG", "B").findings]


def test_a_form_nobody_began_is_asked_for_when_the_next_visit_is_entered(
    nurse: Any, enter: Callable[..., Any]
) -> None:
    uid = subject(nurse)
    enter(uid, "SE.V1", "SV.DAT", "2026-03-01")
    assert status(nurse, "C.MISSING") == []
    enter(uid, "SE.V2", "SV.DAT", "2026-03-02")
    assert status(nurse, "C.MISSING") == ["Open"]
    (query,) = reads.queries(nurse.store.conn, uid)
    assert query.key.startswith("SE.V1/")
    enter(uid, "SE.V1", "VS.TEMP", "36.6")
    assert status(nurse, "C.MISSING") == ["Closed"]
