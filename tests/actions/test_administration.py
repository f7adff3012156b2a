"""A dose at the bedside: two people by their own passwords, a bag that fits, times that stay, what is due."""

from datetime import timedelta, timezone

import pytest

from crf_app.actions.dose.administering import end_now, go_on, pause, record_reaction, start_now, take_product
from crf_app.actions.dose.administration import dose, prompts_due
from crf_app.actions.enter_data import enter_form, enter_value, mark_missing
from crf_app.actions.people.own_password import confirm
from crf_app.actions.people.proving import prove, who_may_prove
from crf_app.actions.session import sign_in, sign_out
from crf_app.errors import NotAllowed, ReasonRequired, ValueRejected, WrongPassword, WrongState
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.store import reads

FIRST, SECOND = "I.EX.X_IDCHK1", "I.EX.X_IDCHK2"
BAG = {"I.EX.ECREFID": "MSC-2610-0913-02", "I.EX.X_CELLS": "5.0e7", "I.EX.X_BAGVOL": "100",
       "I.EX.X_EXPDTM": "2099-10-06T18:00"}  # fmt: skip


@pytest.fixture
def bed(session, new_subject):
    """The nurse at the bedside of a subject of the medium group, before the first infusion."""
    nurse = session("nurse")
    uid = new_subject(nurse)
    enter_form(nurse, FormKey(uid, "SE.V1", "F.GA"), {"IG.GA/I.GA.ARMCD": "MED"})
    return nurse, FormKey(uid, "SE.V1", "F.EX")


def item(key: FormKey, oid: str, group: str = "IG.EX.CHECK") -> ItemKey:
    return ItemKey(key, group, oid)


def both(nurse, key, password):
    for oid, user in ((FIRST, "nurse"), (SECOND, "coordinator")):
        confirm(nurse, item(key, oid), prove(nurse, user, password))


def test_a_check_by_password_is_the_record_of_the_person_who_gave_it(bed, password):
    nurse, key = bed
    both(nurse, key, password)
    records = [
        one.record
        for one in reads.records_of_form(nurse.store.conn, key)
        if "IDCHK" in (one.record.key or "")
    ]
    assert [(one.value, one.user, one.role) for one in records] == [
        ("nurse", "nurse", "nurse"), ("coordinator", "coordinator", "coordinator")
    ]  # fmt: skip
    assert [(one.user, one.role) for one in dose(nurse, key).checkers] == [
        ("nurse", "nurse"), ("coordinator", "coordinator")
    ]  # fmt: skip


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)])
def test_the_second_check_needs_another_person(bed, password, order):
    nurse, key = bed
    confirm(nurse, item(key, order[0]), prove(nurse, "nurse", password))
    with pytest.raises(NotAllowed, match="needs another person"):
        confirm(nurse, item(key, order[1]), prove(nurse, "nurse", password))
    refused = reads.records_of_kind(nurse.store.conn, "session.refuse")
    assert "same_person" in (refused[-1].record.value or "")


def test_a_wrong_password_confirms_nothing_and_is_recorded(bed):
    nurse, key = bed
    with pytest.raises(WrongPassword):
        prove(nurse, "coordinator", "not this one at all")
    failed = reads.records_of_kind(nurse.store.conn, "session.fail")
    assert failed[-1].record.key == "coordinator"
    assert not any(one.user for one in dose(nurse, key).checkers)


def test_who_enters_nothing_confirms_nothing(bed, password):
    nurse, _ = bed
    assert {one.role for one in who_may_prove(nurse)} <= {"nurse", "coordinator", "investigator"}
    with pytest.raises(NotAllowed):
        prove(nurse, "admin", password)


def test_a_check_is_never_typed_and_may_be_said_not_done(bed):
    nurse, key = bed
    with pytest.raises(ValueRejected, match="own password"):
        enter_value(nurse, item(key, FIRST), "somebody")
    with pytest.raises(ValueRejected, match="own password"):
        enter_form(nurse, key, {f"IG.EX.CHECK/{FIRST}": "somebody"})
    mark_missing(nurse, item(key, SECOND), "ND")


def test_another_person_in_place_of_the_first_needs_a_reason(bed, password):
    nurse, key = bed
    confirm(nurse, item(key, FIRST), prove(nurse, "nurse", password))
    other = prove(nurse, "coordinator", password)
    with pytest.raises(ReasonRequired):
        confirm(nurse, item(key, FIRST), other)
    confirm(nurse, item(key, FIRST), other, "the first one was called away (made up)")


def test_a_bag_of_another_dose_is_refused_and_nothing_is_written(bed):
    nurse, key = bed
    before = len(reads.records_of_form(nurse.store.conn, key))
    with pytest.raises(WrongState, match="Do not infuse"):
        take_product(nurse, key, BAG | {"I.EX.X_CELLS": "2.5e7"})
    assert len(reads.records_of_form(nurse.store.conn, key)) == before
    assert "wrong_product" in (
        reads.records_of_kind(nurse.store.conn, "session.refuse")[-1].record.value or ""
    )
    take_product(nurse, key, BAG)
    assert dose(nurse, key).amount == 50_000_000


def test_an_expired_bag_is_refused(bed, clock):
    nurse, key = bed
    yesterday = clock.now() - timedelta(days=1)
    with pytest.raises(WrongState, match="expired"):
        take_product(nurse, key, BAG | {"I.EX.X_EXPDTM": f"{yesterday:%Y-%m-%dT%H:%M}"})
    assert dose(nurse, key).expiry is None


def test_the_dose_starts_after_two_people_and_only_once(bed, password):
    nurse, key = bed
    take_product(nurse, key, BAG)
    with pytest.raises(WrongState, match="Two people"):
        start_now(nurse, key)
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    with pytest.raises(WrongState, match="was started"):
        start_now(nurse, key)


def test_the_timer_runs_from_the_stored_start_and_survives_a_restart(bed, clock, password, home):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    started = clock.now()
    clock.move(minutes=12, seconds=42)
    assert dose(nurse, key).elapsed(clock.now()) == timedelta(minutes=12, seconds=42)
    sign_out(nurse)
    again = sign_in(home, "coordinator", password, clock)
    now = dose(again, key)
    assert now.started == started and now.elapsed(clock.now()) == timedelta(minutes=12, seconds=42)
    assert now.elapsed(started - timedelta(hours=3)) == timedelta(0)  # a clock that was set back
    sign_out(again)


def test_an_interruption_has_its_times_and_reason_and_stops_the_flow(bed, clock, password):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    enter_value(nurse, ItemKey(key, "IG.EX", "I.EX.X_RATEINI"), "120")
    clock.move(minutes=10)
    pause(nurse, key, "REACTION")
    clock.move(minutes=5)
    go_on(nurse, key)
    clock.move(minutes=10)
    now = dose(nurse, key)
    assert now.paused_since is None and now.flowing(clock.now()) == timedelta(minutes=20)
    assert now.volume_so_far(clock.now()) == 40
    end_now(nurse, key)
    assert dose(nurse, key).elapsed(clock.now() + timedelta(hours=3)) == timedelta(minutes=25)


def test_vital_signs_are_due_at_the_times_of_the_study(bed, clock, password):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)

    def states() -> dict[str, str]:
        return {one.row: one.state for one in dose(nurse, key).prompts}

    assert states()["M15"] == "waiting" and states()["P24H"] == "waiting"
    clock.move(minutes=15)
    assert states()["M15"] == "due"
    assert [one.row for _, one in prompts_due(nurse, key.subject)] == ["M15"]
    clock.move(minutes=6)
    assert states()["M15"] == "overdue" and states()["M30"] == "waiting"
    vitals = FormKey(key.subject, key.event, "F.VSI")
    enter_value(nurse, ItemKey(vitals, "IG.VSI~M15", "I.VSI.PULSE"), "78")
    assert states()["M15"] == "begun"
    end_now(nurse, key)
    due = {one.row: one.due for one in dose(nurse, key).prompts}
    assert due["P24H"] - due["EOI"] == timedelta(hours=24)


def test_what_to_watch_for_comes_from_the_check(bed):
    nurse, key = bed
    watch = dose(nurse, key).watch
    assert "Pulse rate: a change of 30 or more" in [one.en for one in watch]
    assert "脉搏：变化≥30" in [one.zh for one in watch] and len(watch) == 4


def test_a_reaction_is_said_and_its_row_begun(bed, password):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    log, part = record_reaction(nurse, key)
    assert log.form == "F.AE" and part.startswith("IG.AE~")
    assert nurse.subject(key.subject).values(key)["IG.EX.AFTER/I.EX.X_REACT"].value == "Y"


def test_an_interruption_that_never_ended_ends_with_the_dose(bed, clock, password):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    clock.move(minutes=3)
    pause(nurse, key, "REACTION")
    clock.move(minutes=3)
    end_now(nurse, key)
    now = dose(nurse, key)
    assert now.paused_since is None and now.flowing(clock.now()) == timedelta(minutes=3)


def test_an_interruption_within_a_minute_is_possible(bed, clock, password):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    clock.move(minutes=5)
    pause(nurse, key, "ACCESS")
    clock.move(seconds=20)
    go_on(nurse, key)
    assert not [one for one in nurse.subject(key.subject).state(key).findings if one.severity == "hard"]


def test_an_unknown_reason_of_an_interruption_writes_nothing(bed, password):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    before = nurse.store.end.seq
    with pytest.raises(ValueRejected):
        pause(nurse, key, "NOSUCH")
    assert nurse.store.end.seq == before


@pytest.mark.parametrize("wrong", ["no bag", "another dose", "not given"])
def test_the_dose_does_not_start_against_what_the_form_says(bed, password, wrong):
    nurse, key = bed
    both(nurse, key, password)
    if wrong == "another dose":
        enter_value(nurse, ItemKey(key, "IG.EX.PROD", "I.EX.X_CELLS"), "2.5e7")
    if wrong == "not given":
        enter_value(nurse, ItemKey(key, "IG.EX.GIVEN", "I.EX.ECYN"), "N")
    with pytest.raises(WrongState):
        start_now(nurse, key)
    assert dose(nurse, key).started is None


def test_a_wrong_bag_that_was_typed_is_refused_when_it_is_scanned(bed):
    nurse, key = bed
    enter_value(nurse, ItemKey(key, "IG.EX.PROD", "I.EX.X_CELLS"), "2.5e7")
    with pytest.raises(WrongState, match="Do not infuse"):
        take_product(nurse, key, BAG | {"I.EX.X_CELLS": "2.5e7"})


def test_another_bag_of_another_person_wants_a_reason(bed, clock, password, home):
    nurse, key = bed
    take_product(nurse, key, BAG)
    sign_out(nurse)
    other = sign_in(home, "coordinator", password, clock)
    bag = BAG | {"I.EX.ECREFID": "MSC-2610-0913-03"}
    with pytest.raises(ReasonRequired):
        take_product(other, key, bag)
    take_product(other, key, bag, "the first bag leaked (made up)")
    assert other.subject(key.subject).values(key)["IG.EX.PROD/I.EX.ECREFID"].value == "MSC-2610-0913-03"
    sign_out(other)


def test_pause_and_reaction_work_after_somebody_said_no(bed, clock, password, home):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    enter_value(nurse, ItemKey(key, "IG.EX", "I.EX.X_INTERR"), "N")
    enter_value(nurse, ItemKey(key, "IG.EX.AFTER", "I.EX.X_REACT"), "N")
    sign_out(nurse)
    other = sign_in(home, "coordinator", password, clock)
    pause(other, key, "REACTION")
    record_reaction(other, key)
    assert dose(other, key).paused_since is not None
    sign_out(other)


def test_a_statement_of_an_import_is_no_check_by_a_person(bed):
    nurse, key = bed
    drafts = [
        Draft("item.set", subject=key.subject, key=item(key, oid).path, value="coordinator")
        for oid in (FIRST, SECOND)
    ]
    nurse.commit(drafts)
    nurse.forget()
    assert not any(one.user for one in dose(nurse, key).checkers)


def test_times_are_those_of_the_zone_they_were_recorded_in(bed, clock, password):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    clock.at = (clock.at + timedelta(minutes=10)).astimezone(timezone(timedelta(hours=9)))
    assert dose(nurse, key).elapsed(clock.now()) == timedelta(minutes=10)


def test_what_was_forgotten_for_days_is_no_task_of_today(bed, clock, password):
    nurse, key = bed
    both(nurse, key, password)
    take_product(nurse, key, BAG)
    start_now(nurse, key)
    clock.move(minutes=40)
    end_now(nurse, key)
    clock.move(days=30)
    assert prompts_due(nurse, key.subject) == []
