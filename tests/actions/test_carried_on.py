"""What is carried on from answer to answer is what reading and evaluating everything anew gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.rows import add_row, remove_row
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData, load_subject
from crf_app.errors import CrfError, WrongState
from crf_app.model.definition import ItemDef
from crf_app.model.keys import FormKey, ItemKey

FORMS = ("F.SV", "F.VS", "F.LBC", "F.DM", "F.PE", "F.EX", "F.GA")
VISITS = ("SE.SCR", "SE.V1", "SE.V2")


def answer(made: random.Random, session: Session, item: ItemDef) -> str:
    """Something that the item may hold, now and then nothing."""
    if made.random() < 0.1:
        return ""
    if item.code_list is not None:
        return made.choice(list(session.study.code_lists[item.code_list].by_code))
    day = f"2026-{made.randint(5, 11):02}-{made.randint(1, 28):02}"
    likely = {"date": day, "partialDate": day, "datetime": f"{day}T10:00", "time": "09:30", "text": "made up"}
    return likely.get(item.data_type, made.choice(["0", "1", "12", "36.8", "80", "300"]))


def assert_as_read_anew(session: Session, data: SubjectData) -> None:
    anew = load_subject(data.conn, session.study, session.rules, data.uid, data.today, session.ranges)
    for key in anew.started_forms():
        assert data.state(key) == anew.state(key), key


def enter_something(session: Session, made: random.Random, key: FormKey) -> bool:
    """Answer any item that is asked; whether that was taken."""
    state = session.subject(key.subject).state(key)
    asked = [one for one in state.items.values() if one.collected and not one.item.derived]
    one = made.choice(asked)
    try:
        text = answer(made, session, one.item)
        enter_value(session, ItemKey(key, *one.local.split("/")), text, reason="made up")
    except CrfError:
        return False
    return True


@pytest.mark.parametrize("seed", [1, 2])
def test_every_form_stands_as_if_it_was_read_anew(
    session: Callable[..., Session], new_subject: Callable[..., str], seed: int
) -> None:
    desk, made = session("nurse"), random.Random(seed)
    uid = new_subject(desk)
    log, rows, entered = FormKey(uid, "SE.LOG", "F.AE"), list[str](), 0
    places = [FormKey(uid, event.oid, oid) for event in desk.study.event if event.oid in VISITS
              for oid in event.form_oids if oid in FORMS]  # fmt: skip
    enter_value(desk, ItemKey(log, "IG.AEYN", "I.AE.AEYN"), "Y")
    for turn in range(90):
        with suppress(WrongState):  # the log is not asked now
            if turn % 15 == 1:
                rows.append(add_row(desk, log, "IG.AE").row)
            if turn % 40 == 39:
                remove_row(desk, log, rows.pop(0), "made up")
        entered += enter_something(desk, made, made.choice([log, *places]))
        if turn % 6 == 0:
            assert_as_read_anew(desk, desk.subject(uid))
    assert entered > 30 and rows
    assert_as_read_anew(desk, desk.subject(uid))
