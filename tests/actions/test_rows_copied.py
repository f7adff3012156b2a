"""The row above copied, a row struck out and brought back: what is in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.form_page import form_page
from crf_app.actions.row_copies import copy_row, restore_row
from crf_app.actions.rows import add_row, remove_row
from crf_app.errors import NotFound, ReasonRequired, WrongState
from crf_app.model.keys import FormKey, ItemKey

TYPED = {"CMCAT": "DIURETIC", "CMTRT": "made-up drug", "CMINDC": "made-up reason", "CMDSTXT": "100"}


class Log:
    """The log of medication of one subject."""

    def __init__(self, nurse: Any, at: Any) -> None:
        self.session, self.key = nurse, FormKey(at.uid, "SE.LOG", "F.CM")
        enter_value(nurse, ItemKey(self.key, "IG.CMYN", "I.CM.CMYN"), "Y")
        self.first = add_row(nurse, self.key, "IG.CM").row
        for name, text in TYPED.items():
            self.enter(self.first, name, text)

    def enter(self, part: str, name: str, text: str) -> None:
        enter_value(self.session, ItemKey(self.key, part, f"I.CM.{name}"), text)

    def answers(self, part: str) -> dict[str, str]:
        lines = form_page(self.session, self.key).lines
        return {one.key.item[5:]: one.state.answer.value or one.state.answer.missing or ""
                for one in lines if one.key.group == part and not one.state.answer.empty}  # fmt: skip


@pytest.fixture
def log(nurse: Any, at: Any) -> Log:
    return Log(nurse, at)


def test_a_copy_has_the_same_answers_in_one_commit(log: Log, records: Callable[..., list[Any]]) -> None:
    before = len(records(log.session))
    made = copy_row(log.session, log.key, log.first)
    new = records(log.session)[before:]
    assert log.answers(made.changes.row) == log.answers(log.first) and made.left_out == ()
    assert [one.kind for one in new[:5]] == ["row.add"] + 4 * ["item.set"]
    assert len({one.at for one in new}) == 1 and new[1].user == log.session.user


def test_dates_what_ends_a_row_and_missing_reasons_are_not_copied(log: Log) -> None:
    log.enter(log.first, "CMSTDAT", "2026-10-01")
    log.enter(log.first, "CMONGO", "Y")
    mark_missing(log.session, ItemKey(log.key, log.first, "I.CM.CMDOSFRQ"), "UNK")
    copied = log.answers(copy_row(log.session, log.key, log.first).changes.row)
    assert not copied.keys() & {"CMSTDAT", "CMONGO", "CMENDAT", "CMDOSFRQ"} and "CMTRT" in copied


def test_a_copied_answer_is_corrected_like_a_typed_one(log: Log) -> None:
    part = copy_row(log.session, log.key, log.first).changes.row
    log.enter(part, "CMTRT", "another made-up drug")
    assert log.answers(part)["CMTRT"] == "another made-up drug"
    assert log.answers(log.first)["CMTRT"] == "made-up drug"


def test_an_answer_that_is_refused_now_stays_out_and_is_said(nurse: Any, at: Any) -> None:
    log, event = Log(nurse, at), FormKey(at.uid, "SE.LOG", "F.AE")
    enter_value(nurse, ItemKey(event, "IG.AEYN", "I.AE.AEYN"), "Y")
    row = add_row(nurse, event, "IG.AE").row
    enter_value(nurse, ItemKey(event, row, "I.AE.AETERM"), "made-up event")
    log.enter(log.first, "X_CMAE", "1")
    if "X_CMAE" not in log.answers(log.first):
        pytest.fail("the drug names its event")
    remove_row(nurse, event, row, "made-up reason")
    made = copy_row(nurse, log.key, log.first)
    assert [question.en for question, _ in made.left_out] and "X_CMAE" not in log.answers(made.changes.row)
    assert all(refusal.texts["en"] and refusal.texts["zh"] for _, refusal in made.left_out)


def test_a_struck_row_is_not_copied(log: Log) -> None:
    remove_row(log.session, log.key, log.first, "made-up reason")
    with pytest.raises(NotFound):
        copy_row(log.session, log.key, log.first)


def test_a_struck_row_comes_back_with_its_answers_and_a_reason(
    log: Log, records: Callable[..., list[Any]]
) -> None:
    before = log.answers(log.first)
    remove_row(log.session, log.key, log.first, "made-up reason")
    assert log.answers(log.first) == {}
    with pytest.raises(ReasonRequired):
        restore_row(log.session, log.key, log.first, "  ")
    restore_row(log.session, log.key, log.first, "struck out by mistake")
    assert log.answers(log.first) == before
    assert records(log.session, kind="row.restore")[0].reason == "struck out by mistake"
    assert [row.state for row in form_page(log.session, log.key).rows["IG.CM"]] == ["live"]


def test_a_row_that_stands_is_not_brought_back(log: Log) -> None:
    with pytest.raises(NotFound):
        restore_row(log.session, log.key, log.first, "made-up reason")


def test_no_more_rows_than_planned_come_by_copying(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    group = log.session.study.forms["F.CM"].group_of["I.CM.CMTRT"]
    monkeypatch.setitem(group.__dict__, "max_rows", 1)
    with pytest.raises(WrongState):
        copy_row(log.session, log.key, log.first)
    assert len(form_page(log.session, log.key).rows["IG.CM"]) == 1
