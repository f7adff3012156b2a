"""The time line reads what a log names in the definition: starts, ends, doses, what lasts beside."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.rows import add_row, remove_row
from crf_app.actions.time_line import BESIDE, time_line
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.time_line import TimeLine


class Logs:
    """Made-up adverse events and drugs of a subject whose day 1 is 8 September."""

    def __init__(self, nurse: Any, at: Any) -> None:
        self.session, self.uid = nurse, at.uid
        for event, day in (("SE.V1", "2026-09-08"), ("SE.V2", "2026-09-15")):
            enter_value(nurse, at(event, "EX.ECYN"), "Y")
            enter_value(nurse, at(event, "EX.ECSTDAT"), day)
        self.events, self.drugs = FormKey(at.uid, "SE.LOG", "F.AE"), FormKey(at.uid, "SE.LOG", "F.CM")
        enter_value(nurse, ItemKey(self.events, "IG.AEYN", "I.AE.AEYN"), "Y")
        enter_value(nurse, ItemKey(self.drugs, "IG.CMYN", "I.CM.CMYN"), "Y")

    def row(self, key: FormKey, group: str, **answers: str) -> str:
        part = add_row(self.session, key, group).row
        prefix = f"{part}/{group.replace('IG', 'I')}."
        enter_form(self.session, key, {f"{prefix}{name}": text for name, text in answers.items()})
        return part

    def line(self, language: str = "en") -> TimeLine:
        made = time_line(self.session, self.events, "IG.AE", language)
        assert made is not None
        return made


@pytest.fixture
def logs(nurse: Any, at: Any) -> Logs:
    return Logs(nurse, at)


def test_rows_doses_and_day_1(logs: Logs) -> None:
    logs.row(
        logs.events, "IG.AE", AETERM="made-up fever", AESTDAT="2026-09-08", AEENDAT="2026-09-09", AETOXGR="1"
    )
    logs.row(logs.events, "IG.AE", AETERM="made-up rash", AESTDAT="2026-09", AEONGO="Y")
    line = logs.line()
    fever, rash = line.own
    assert (fever.name, fever.waits) == ("made-up fever", False)
    assert (fever.first, fever.last) == (date(2026, 9, 8), date(2026, 9, 9))
    assert (rash.last, rash.ongoing, rash.vague, rash.waits) == (None, True, True, True)
    assert line.day1 == date(2026, 9, 8) and line.doses == (date(2026, 9, 8), date(2026, 9, 15))
    assert line.dose_name and logs.line("zh").dose_name != line.dose_name


def test_struck_rows_go_and_rows_without_a_start_are_counted(logs: Logs) -> None:
    part = logs.row(logs.events, "IG.AE", AETERM="made-up fever", AESTDAT="2026-09-08")
    logs.row(logs.events, "IG.AE", AETERM="made-up rash")
    remove_row(logs.session, logs.events, part, "made-up reason")
    assert logs.line().own == () and logs.line().undated == 1


def test_drugs_stand_beside_where_they_meet_the_days_shown(logs: Logs) -> None:
    logs.row(logs.events, "IG.AE", AETERM="made-up fever", AESTDAT="2026-09-10", AEENDAT="2026-09-20")
    logs.row(logs.drugs, "IG.CM", CMCAT="DIURETIC", CMTRT="old", CMSTDAT="2020-01-01", CMENDAT="2020-02-01")
    logs.row(logs.drugs, "IG.CM", CMCAT="DIURETIC", CMTRT="since long", CMSTDAT="2020-01", CMONGO="Y")
    assert [one.name for one in logs.line().beside] == ["since long"]


def test_no_more_than_a_few_beside_the_rest_is_counted(logs: Logs) -> None:
    logs.row(logs.events, "IG.AE", AETERM="made-up fever", AESTDAT="2026-09-10", AEENDAT="2026-09-20")
    for n in range(BESIDE + 2):
        logs.row(
            logs.drugs,
            "IG.CM",
            CMCAT="DIURETIC",
            CMTRT=f"made-up {n}",
            CMSTDAT=f"2026-09-{n + 8:02d}",
            CMONGO="Y",
        )
    line = logs.line()
    assert len(line.beside) == BESIDE and line.more == 2


def test_a_group_that_is_no_log_has_none(logs: Logs) -> None:
    assert time_line(logs.session, logs.events, "IG.AEYN", "en") is None
