"""A study that changes while it runs: which version stands, which version reads a form, what moving means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions import exporting
from crf_app.actions.casebook import casebook
from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.printing.paper import form_pdf
from crf_app.actions.safekeeping.keeping import rebuild, verify
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.signing import sign_form
from crf_app.actions.study import amendments, migrating
from crf_app.actions.study.definitions import load_study
from crf_app.actions.subjects import add_subject, next_number
from crf_app.errors import AmendmentRefused, NotAllowed, NotFound, ReasonRequired, ValueRejected, WrongState
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.load_expand import changed

FORMS = Path(__file__).parents[2] / "forms"
WHY = "Amendment 1, made up"
VITALS = {"SYSBP": "120", "DIABP": "80", "HEIGHT": "170", "WEIGHT": "65"}


@pytest.fixture(scope="module")
def vitals() -> Study:
    return load_study(FORMS / "demo-vitals")[0]


@pytest.fixture
def work(tmp_path: Path, clock: Any, password: str) -> Iterator[Callable[[str], Any]]:
    """work("nurse"): that person at work on a home with forms/demo-vitals; one at a time."""
    from crf_app.actions.people import accounts, first_run
    from crf_app.crypto.passwords import LIGHT

    home, once, now = tmp_path / "vitals", "one-time made-up words", []
    people = [
        first_run.NewPerson(user, f"Made-up {user}", role, password, own_password=True)
        for user, role in (("admin", "administrator"), ("investigator", "investigator"))
    ]
    first_run.init(
        home, FORMS / "demo-vitals", first_run.Place("001", "D1", "test"), people, clock=clock, cost=LIGHT
    )
    admin = sign_in(home, "admin", password, clock)
    accounts.add_user(admin, "coordinator", "Made-up coordinator", "coordinator", once, cost=LIGHT)
    sign_out(admin)
    first = sign_in(home, "coordinator", once, clock)
    accounts.change_password(first, once, password, cost=LIGHT)
    sign_out(first)

    def at_work(user: str) -> Any:
        for one in now:
            sign_out(one)
        now[:] = [sign_in(home, user, password, clock)]
        return now[0]

    yield at_work
    for one in now:
        sign_out(one)


def form_of(uid: str, name: str = "VS") -> FormKey:
    return FormKey(uid, "SE.V1", f"F.{name}")


def cell(uid: str, variable: str, form: str = "VS") -> ItemKey:
    return ItemKey(form_of(uid, form), f"IG.{form}", f"I.{form}.{variable}")


def enter(session: Any, uid: str, values: dict[str, str]) -> None:
    for variable, text in values.items():
        enter_value(session, cell(uid, variable), text)


def with_vs(
    study: Study, version: str, change: Callable[[tuple[ItemDef, ...]], tuple[ItemDef, ...]]
) -> Study:
    """The study in another version with other items of vital signs."""
    form = study.forms["F.VS"]
    group = changed(form.item_group[0], item=change(form.item_group[0].item))
    other = changed(form, item_group=(group, *form.item_group[1:]))
    return changed(study, version=version, form=tuple(other if f.oid == "F.VS" else f for f in study.form))


PULSE = ItemDef(
    oid="I.VS.PULSE", question=Text(en="Pulse", zh="脉搏"), data_type="integer", unit="/min", mandatory=True
)


def as_text(items: tuple[ItemDef, ...]) -> tuple[ItemDef, ...]:
    """The systolic pressure as free text: what is stored would mean something else."""
    return tuple(
        changed(one, data_type="text", range_check=()) if one.oid == "I.VS.SYSBP" else one for one in items
    )


def without_diabp(study: Study) -> Study:
    """Version 2: pulse is asked, the diastolic pressure is not."""
    gone = without_rules_on(study, "DIABP")
    return with_vs(gone, "2", lambda items: (*(i for i in items if i.oid != "I.VS.DIABP"), PULSE))


def without_rules_on(study: Study, variable: str) -> Study:
    def kept(form: Any) -> Any:
        rules = tuple(c for c in form.condition if variable not in c.expression and variable not in c.item)
        return changed(form, condition=rules)

    return changed(study, form=tuple(kept(form) for form in study.form))


def amend(work: Callable[[str], Any], study: Study, day: date | None = None) -> Any:
    session = work("investigator")
    amendments.put_in_force(session, study, day or session.clock.now().date(), WHY)
    return session


def test_a_form_keeps_the_version_it_was_begun_under_and_a_new_one_takes_the_version_in_force(
    work: Callable[[str], Any], vitals: Study
) -> None:
    session = work("coordinator")
    old, new = (add_subject(session, next_number(session)).subject for _ in range(2))
    enter(session, old, {"SYSBP": "120", "DIABP": "80"})
    amend(work, without_diabp(vitals))
    session = work("coordinator")
    begun, fresh = form_page(session, form_of(old)), form_page(session, form_of(new))
    assert (begun.version, fresh.version) == ("1", "2")
    assert "I.VS.DIABP" in begun.form.items and "I.VS.PULSE" not in begun.form.items
    assert "I.VS.DIABP" not in fresh.form.items and "I.VS.PULSE" in fresh.form.items
    enter(session, old, {"HEIGHT": "170", "WEIGHT": "65"})  # the draft finishes in its own version
    complete_form(session, form_of(old))
    under = {one.record.def_ for one in _records(session, form_of(old))}
    assert under == {"1"}
    enter(session, new, {"PULSE": "70"})
    assert {one.record.def_ for one in _records(session, form_of(new))} == {"2"}
    with pytest.raises(NotFound):
        enter(session, old, {"PULSE": "70"})


def _records(session: Any, key: FormKey) -> list[Any]:
    from crf_app.store import reads

    return reads.records_of_form(session.store.conn, key)


def test_a_version_stands_from_its_day(work: Callable[[str], Any], vitals: Study, clock: Any) -> None:
    session = work("investigator")
    day = session.clock.now().date() + timedelta(days=3)
    amend(work, without_diabp(vitals), day)
    states = [(one.activation.version, one.state) for one in amendments.versions(work("investigator"))]
    assert states == [("1", "in force"), ("2", "coming")]
    assert work("investigator").study.version == "1"
    clock.move(days=3)
    later = work("investigator")
    assert later.study.version == "2"
    assert [one.state for one in amendments.versions(later)] == ["past", "in force"]


def test_only_the_investigator_puts_a_version_in_force_with_a_reason_from_today_on(
    work: Callable[[str], Any], vitals: Study
) -> None:
    study, session = without_diabp(vitals), work("coordinator")
    today = session.clock.now().date()
    with pytest.raises(NotAllowed):
        amendments.put_in_force(session, study, today, WHY)
    session = work("investigator")
    with pytest.raises(ReasonRequired):
        amendments.put_in_force(session, study, today, "  ")
    with pytest.raises(ValueRejected):
        amendments.put_in_force(session, study, today - timedelta(days=1), WHY)
    with pytest.raises(WrongState):
        amendments.put_in_force(session, vitals, today, WHY)
    kind = with_vs(vitals, "2", as_text)
    with pytest.raises(AmendmentRefused):
        amendments.put_in_force(session, kind, today, WHY)
    assert len(amendments.versions(session)) == 1


def test_moving_says_first_what_it_means_and_drops_nothing(work: Callable[[str], Any], vitals: Study) -> None:
    session = work("coordinator")
    uid = add_subject(session, next_number(session)).subject
    enter(session, uid, VITALS)
    complete_form(session, form_of(uid))
    amend(work, without_diabp(vitals))
    session = work("coordinator")
    (move,) = migrating.plan(session)
    assert [one.en for one in move.asked_anew] == ["Pulse"]
    assert [one.en for one in move.no_longer] == ["Diastolic blood pressure (until version 1)"]
    assert move.kept == 3 and move.stays is None and (move.before, move.to) == ("1", "2")
    assert form_page(session, form_of(uid)).version == "1"  # nothing was stored

    migrating.migrate(session, [], "Ethics approval 7, made up")
    page = form_page(session, form_of(uid))
    assert page.version == "2" and page.status == "open"  # the pulse is asked now
    shown = {line.key.item: line for line in page.lines}
    assert shown["I.VS.DIABP"].state.answer.value == "80" and shown["I.VS.DIABP"].status == "hidden"
    assert list(migrating.plan(session)) == []
    with pytest.raises(ValueRejected):
        enter(session, uid, {"DIABP": "82"})
    enter_value(session, cell(uid, "PULSE"), "70", reason="asked since version 2")  # it was complete once
    complete_form(session, form_of(uid))
    rebuild(session)
    assert form_page(work("coordinator"), form_of(uid)).version == "2"
    assert verify(work("coordinator")).problems == []


def test_moving_back_is_moving_again_while_nothing_would_be_hidden(
    work: Callable[[str], Any], vitals: Study
) -> None:
    session = work("coordinator")
    uid = add_subject(session, next_number(session)).subject
    enter(session, uid, {"SYSBP": "120", "DIABP": "80"})
    amend(work, without_diabp(vitals))
    session = work("coordinator")
    migrating.migrate(session, [uid], WHY)
    migrating.migrate(session, [uid], "a mistake", to="1")
    page = form_page(session, form_of(uid))
    assert page.version == "1" and {line.status for line in page.lines if line.key.item == "I.VS.DIABP"} == {
        "saved"
    }
    migrating.migrate(session, [uid], WHY)
    enter(session, uid, {"PULSE": "70"})
    (back,) = migrating.plan(session, [uid], to="1")
    assert back.stays is not None and "1 question(s) that version 1 does not know" in back.stays.en


def test_a_signed_form_keeps_its_version_and_its_paper(
    work: Callable[[str], Any], vitals: Study, password: str
) -> None:
    session = work("coordinator")
    uid = add_subject(session, next_number(session)).subject
    enter(session, uid, VITALS)
    complete_form(session, form_of(uid))
    session = work("investigator")
    signed = sign_form(session, form_of(uid), password, "approval")
    amend(work, without_diabp(vitals))
    session = work("investigator")
    (move,) = migrating.plan(session)
    assert move.stays is not None and "signed" in move.stays.en
    assert migrating.migrate(session, [], WHY) == []
    assert form_pdf(session, form_of(uid), "en") == signed.pdf
    assert form_page(session, form_of(uid)).signatures[-1].valid
    assert verify(session).problems == []


def test_what_is_retired_is_not_asked_but_stays_where_it_was_answered(
    work: Callable[[str], Any], vitals: Study, tmp_path: Path
) -> None:
    """A form that a visit has no more, on the casebook, the page and in the export."""
    session = work("coordinator")
    had, never = (add_subject(session, next_number(session)).subject for _ in range(2))
    enter_value(session, ItemKey(form_of(had, "SYM"), "IG.SYMYN", "I.SYM.SYMYN"), "N")
    event = vitals.event[0]
    less = changed(
        vitals,
        version="2",
        event=(
            changed(event, forms=tuple(ref for ref in event.forms if ref.form != "F.SYM")),
            *vitals.event[1:],
        ),
        form=tuple(form for form in vitals.form if form.oid != "F.SYM"),
    )
    amend(work, less)
    session = work("coordinator")
    assert ("SE.V1", "F.SYM") in casebook(session, had).cells
    assert ("SE.V1", "F.SYM") not in casebook(session, never).cells
    assert form_page(session, form_of(had, "SYM")).version == "1"
    with pytest.raises(NotFound):
        form_page(session, form_of(never, "SYM"))
    exporting.export_csv(session, tmp_path / "out")
    values = (tmp_path / "out" / "values.csv").read_text("utf-8-sig")
    book = (tmp_path / "out" / "codebook.csv").read_text("utf-8-sig").splitlines()
    assert "I.SYM.SYMYN,N" in values
    assert next(line for line in book if "I.SYM.SYMYN" in line).endswith(",1")
