"""What is carried on from answer to answer is what reading and evaluating everything anew gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from crf_app.actions.completing import complete_form, reopen_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.findings import answer_finding
from crf_app.actions.not_done import form_not_done
from crf_app.actions.queries import open_query
from crf_app.actions.rows import add_row, remove_row
from crf_app.actions.session import Session
from crf_app.actions.signing import sign_form
from crf_app.actions.subject_data import SubjectData, load_subject
from crf_app.errors import CrfError, WrongState
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import reads

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
    assert_forms_as_stored(data)


def assert_forms_as_stored(data: SubjectData) -> None:
    """What is remembered of the forms is what the store says of each, asked one by one."""
    assert data.record == reads.subject_of_uid(data.conn, data.uid)
    for event in data.study.event:
        for key in [FormKey(data.uid, event.oid, oid) for oid in event.form_oids]:
            assert data.forms.row(key) == reads.form_row(data.conn, key)
            assert data.forms.queries(key) == reads.queries_of_form(data.conn, key)
            assert data.forms.signatures(key) == reads.signatures_of_form(data.conn, key)


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


def test_status_queries_and_signatures_are_as_stored_after_each_act(
    session: Callable[..., Session], at: Any, vital_signs: Any, password: str
) -> None:
    """Each act changes the form by its own kind of record, and is seen at once by who remembers the form."""
    key, high, pulse = at.form("SE.V1", "F.VS"), at("SE.V1", "VS.SYSBP"), at("SE.V1", "VS.PULSE")

    def explain(who: Session) -> None:
        for one in who.subject(key.subject).state(key).findings:
            if one.severity != "info":
                answer_finding(who, ItemKey(key, *one.local.split("/")), one.check, "made up")

    acts: list[tuple[str, Callable[[Session], object]]] = [
        ("nurse", lambda who: vital_signs(who, at)),
        ("nurse", lambda who: enter_value(who, high, "190", reason="made up")),
        ("nurse", explain),
        ("nurse", lambda who: complete_form(who, key)),
        ("investigator", lambda who: open_query(who, pulse, "Is this right?")),
        ("investigator", lambda who: sign_form(who, key, password, "approval")),
        ("nurse", lambda who: enter_value(who, pulse, "75", reason="made up")),
        ("nurse", lambda who: reopen_form(who, key, "made up")),
        ("nurse", lambda who: form_not_done(who, at.form("SE.V2", "F.VS"), "ND", "made up")),
    ]
    who, role, seen, asked = None, "", [], []
    for wanted, act in acts:
        if wanted != role:
            who, role = session(wanted), wanted
        data = who.subject(key.subject)
        assert_forms_as_stored(data)
        act(who)
        assert who.subject(key.subject) is data
        assert_forms_as_stored(data)
        row, signed = data.forms.row(key), data.forms.signatures(key)
        seen.append((row.status if row else "", [valid for _, valid, _ in signed]))
        asked.append(len(data.forms.queries(key)))
    assert seen[3:8] == [
        ("complete", []), ("complete", []), ("complete", [True]), ("complete", [False]), ("open", [False]),
    ]  # fmt: skip
    assert asked[0] == 0 and asked[4] == asked[2] + 1 > 1
