"""The laws of folding, on histories of several devices that Hypothesis draws (every choice shrinks).

CRF_SOAK multiplies the number of histories for the long run.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_simulator import FORM, SUBJECT, Device, item

from crf_app.model.record import conflict_id
from crf_app.rules.fold import fold
from crf_app.rules.state_hash import state_hash
from crf_app.rules.unit_state import ANSWER_KINDS, FormUnit

SOAK = int(os.environ.get("CRF_SOAK", "1"))
quick = settings(
    max_examples=150 * SOAK,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
VALUES = st.sampled_from(["1", "2", "3"])
STEPS = st.one_of(
    st.tuples(st.just("answer"), st.integers(0, 2), st.integers(0, 2), VALUES),
    st.tuples(st.just("answer"), st.integers(0, 2), st.integers(0, 2), VALUES),
    st.tuples(st.just("lock"), st.integers(0, 2), st.sampled_from(["open", "complete", "frozen", "locked"])),
    st.tuples(st.just("sign"), st.integers(0, 2)),
    st.tuples(st.just("row"), st.integers(0, 2), st.sampled_from(["aaaaaaaaaa", "bbbbbbbbbb"])),
    st.tuples(st.just("query"), st.integers(0, 2), st.integers(0, 1),
              st.sampled_from(["query.open", "query.answer", "query.close", "query.reopen"])),
    st.tuples(st.just("meet"), st.integers(0, 2), st.integers(0, 2)),
)  # fmt: skip
HISTORIES = st.lists(STEPS, max_size=25)


def play(steps: list[tuple]) -> list[Device]:
    """Three devices live through `steps`."""
    devices = [Device(name) for name in ("D07", "D12", "D31")]
    for step in steps:
        one = devices[step[1]]
        if step[0] == "answer":
            one.answer(step[2], step[3])
        elif step[0] == "lock":
            one.lock(step[2])
        elif step[0] == "sign":
            one.signature()
        elif step[0] == "row":
            one.row(step[2])
        elif step[0] == "query":
            one.query(step[3], step[2])
        else:
            one.see(devices[step[2]])
    return devices


def everything(devices: list[Device]) -> Device:
    last = Device("D99")
    for one in devices:
        last.see(one)
    return last


@pytest.mark.requirement("law 1")
@quick
@given(HISTORIES, st.randoms(use_true_random=False))
def test_state_is_a_function_of_the_set_of_records(steps, rng: random.Random):
    entries = everything(play(steps)).entries
    again = entries + rng.choices(entries, k=len(entries)) if entries else []
    rng.shuffle(again)
    assert state_hash(again) == state_hash(entries)


@pytest.mark.requirement("law 4")
@quick
@given(HISTORIES)
def test_every_answer_is_shown_listed_or_named_by_what_replaced_it(steps):
    last = everything(play(steps))
    state = last.form()
    listed = {one.id for cell in state.answers.values() for one in (*cell.heads, *cell.late)}
    replaced = {parent for one in last.entries for parent in one.record.parents}
    for one in last.entries:
        if one.record.kind in ANSWER_KINDS:
            assert one.id in listed | replaced


@pytest.mark.requirement("law 5")
@quick
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), VALUES, st.integers(0, 23)), max_size=20))
def test_devices_that_saw_each_others_records_never_conflict_whatever_their_clocks_say(steps):
    devices = [Device(name) for name in ("D07", "D12", "D31")]
    for who, n, value, hour in steps:
        one = devices[who]
        one.at = f"2026-11-{hour + 1:02d}T{hour:02d}:00:00.000Z"
        made = one.answer(n, value)
        for other in devices:
            other.see(one)
        state = one.form()
        assert not state.conflicts and state.answers[item(n)].shown.id == made.id


@pytest.mark.requirement("law 6")
@quick
@given(st.lists(VALUES, min_size=2, max_size=3, unique=True), st.booleans())
def test_a_conflict_has_one_id_everywhere_and_lasts_until_a_record_names_all_its_heads(values, twice):
    devices = [Device(name) for name in ("D07", "D12", "D31")][: len(values)]
    devices[0].answer(0, "0")
    for one in devices[1:]:
        one.see(devices[0])
    for one, value in zip(devices, values, strict=True):
        one.answer(0, value)
    seen = [everything(devices) for _ in range(2)]
    expected = {conflict_id(SUBJECT, item(0)): item(0)}
    assert all(one.form().conflicts == expected for one in seen)
    heads = tuple(sorted(one.id for one in seen[0].form().answers[item(0)].heads))
    seen[0].make("item.resolve", key=item(0), value="9", parents=heads[:1], reason="half")
    assert seen[0].form().conflicts == expected
    seen[1].name = "D98"
    seen[1].answer(0, "9", "source checked")
    assert not seen[1].form().conflicts
    if twice:  # another resolver chose another value unseen
        third = everything(devices)
        third.name = "D97"
        third.answer(0, "8", "source checked")
        third.see(seen[1])
        assert third.form().conflicts == expected


@pytest.mark.requirement("law 7")
@quick
@given(
    st.lists(st.tuples(st.integers(0, 2), VALUES), max_size=6),
    st.lists(st.tuples(st.integers(0, 3), VALUES), max_size=6),
)
def test_a_lock_holds_for_what_it_covers_and_what_it_did_not_see_is_listed_as_late(before, unseen):
    locker, other = Device("D07"), Device("D12")
    for n, value in before:
        locker.answer(n, value)
    other.see(locker)
    shown = {key: cell.shown.id for key, cell in locker.form().answers.items()}
    locker.lock("locked")
    late = [other.answer(n, value).id for n, value in unseen]
    locker.see(other)
    state = locker.form()
    assert state.status == "locked"
    for key, id_ in shown.items():
        assert state.answers[key].shown.id == id_ and state.answers[key].state == "clean"
    heads = {one.id for key in state.answers for one in state.answers[key].late}
    replaced = {parent for one in other.own for parent in one.parents}
    assert heads == set(late) - replaced


@pytest.mark.requirement("law 8")
@quick
@given(HISTORIES, STEPS)
def test_a_fresh_signature_is_valid_and_any_unseen_change_in_the_form_breaks_it(steps, change):
    devices = play(steps)
    signer = everything(devices)
    mine = signer.signature()
    signed = {one.id: one.valid for one in signer.form().signatures}
    assert signed[mine.id]
    before = {
        one.id for one in signer.entries if one.record.kind in ANSWER_KINDS or "row." in one.record.kind
    }
    devices[0].see(signer)
    play_on(devices[0], change)
    new = {
        one.id for one in devices[0].entries if one.record.kind in ANSWER_KINDS or "row." in one.record.kind
    }
    state = next(one for one in devices[0].form().signatures if one.id == mine.id)
    locked = devices[0].form().status in ("frozen", "locked")
    if new - before and not locked:
        assert not state.valid and state.broken_by in new - before
    if not new - before and change[0] not in ("lock", "meet"):
        assert state.valid


def play_on(device: Device, step: tuple) -> None:
    if step[0] == "answer":
        device.answer(step[2], step[3])
    elif step[0] == "row":
        device.row(step[2])
    elif step[0] == "query":
        device.query(step[3], step[2])
    elif step[0] == "sign":
        device.signature()


@pytest.mark.requirement("law 2")
@quick
@given(HISTORIES)
def test_a_kind_of_a_newer_program_is_kept_listed_and_changes_nothing(steps):
    last = everything(play(steps))
    before = last.form()
    new = last.make("item.newer", key=item(0), value="5")
    after = last.form()
    assert after.unknown == (new.id,) and after.answers == before.answers and after.rows == before.rows
    assert isinstance(fold(f"F|{SUBJECT}|{FORM}", last.entries), FormUnit)
