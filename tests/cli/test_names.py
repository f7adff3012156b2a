"""Short names mean the study's OIDs; a wrong one is refused with the nearest right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.rows import add_row
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.actions.subjects import add_visit, find_subject
from crf_app.cli import names
from crf_app.errors import CrfError, NotFound, ValueRejected
from crf_app.model.keys import FormKey

Run = Callable[..., Any]


@pytest.fixture
def session(home: Path) -> Iterator[Session]:
    opened = sign_in(home, "nia", "copper willow stream")
    yield opened
    sign_out(opened)


@pytest.fixture
def uid(session: Session) -> str:
    return find_subject(session, "ZN001")


@pytest.mark.parametrize(("event", "form"), [("V1", "VS"), ("SE.V1", "F.VS"), ("V1", "F.VS")])
def test_visits_and_forms_with_or_without_prefix(session: Session, uid: str, event: str, form: str) -> None:
    assert names.form_key(session, uid, event, form) == FormKey(uid, "SE.V1", "F.VS")


@pytest.mark.parametrize("name", ["SYSBP", "VS.SYSBP", "I.VS.SYSBP"])
def test_items_with_or_without_form_and_prefix(session: Session, name: str) -> None:
    assert names.item_oid(session.study.forms["F.VS"], name) == "I.VS.SYSBP"


def test_every_item_of_the_study_is_found_by_each_of_its_names(session: Session) -> None:
    for form in session.study.form:
        own = f"I.{form.oid.removeprefix('F.')}."
        for oid in form.items:
            for name in (oid, oid.removeprefix("I."), oid.removeprefix(own)):
                assert names.item_oid(form, name) == oid


@pytest.mark.parametrize(("wrong", "near"), [("SYSPB", "SYSBP"), ("sysbp", "SYSBP"), ("VS.SISBP", "SYSBP")])
def test_an_unknown_item_is_refused_with_a_near_one(session: Session, wrong: str, near: str) -> None:
    with pytest.raises(NotFound, match=near):
        names.item_oid(session.study.forms["F.VS"], wrong)


def test_an_item_of_another_form_is_refused(session: Session) -> None:
    with pytest.raises(NotFound):
        names.item_oid(session.study.forms["F.VS"], "I.LBC.ALT")


def test_fixed_rows_are_named_by_their_code(session: Session, uid: str) -> None:
    key = FormKey(uid, "SE.V1", "F.VSI")
    row = names.row_of(session.study.forms["F.VSI"], "VSI[M15]")
    assert names.row_part(session, key, row) == "IG.VSI~M15"
    with pytest.raises(NotFound):
        names.row_part(session, key, names.row_of(session.study.forms["F.VSI"], "VSI[M16]"))


def test_rows_are_counted_from_1(session: Session, uid: str) -> None:
    key, form = FormKey(uid, "SE.LOG", "F.AE"), session.study.forms["F.AE"]
    enter_value(session, names.item_key(key, form, "I.AE.AEYN", ""), "Y")
    parts = [add_row(session, key, "IG.AE").row for _ in range(2)]
    assert [names.row_part(session, key, names.row_of(form, f"AE[{n}]")) for n in (1, 2)] == parts
    assert names.row_part(session, key, names.row_of(form, parts[1])) == parts[1]
    for wrong in ("AE[0]", "AE[3]", "AE[-1]", "AE[x]"):
        with pytest.raises(NotFound):
            names.row_part(session, key, names.row_of(form, wrong))


def test_an_item_in_rows_needs_its_row(session: Session, uid: str) -> None:
    form = session.study.forms["F.AE"]
    with pytest.raises(ValueRejected, match=r"AE\[1\]"):
        names.item_key(FormKey(uid, "SE.LOG", "F.AE"), form, "I.AE.AETERM", "")


@pytest.mark.parametrize("text", ["", "AE", "AE[", "[1]", "AE[1", "AE[]", "AE[1]x"])
def test_what_is_not_a_row_is_refused(session: Session, text: str) -> None:
    with pytest.raises(CrfError):
        names.row_of(session.study.forms["F.AE"], text)


def test_an_extra_visit_is_named_by_its_place_or_uid(session: Session, uid: str) -> None:
    oid = next(event.oid for event in session.study.event if event.repeating)
    short = oid.removeprefix("SE.")
    with pytest.raises(NotFound, match="none"):
        names.event_key(session, uid, short)
    first = add_visit(session, uid, oid, "made up").row
    assert names.event_key(session, uid, short) == first
    second = add_visit(session, uid, oid, "made up again").row
    assert {names.event_key(session, uid, f"{short}[{n}]") for n in (1, 2)} == {first, second}
    assert names.event_key(session, uid, second.removeprefix("SE.")) == second
    with pytest.raises(NotFound):
        names.event_key(session, uid, short)
