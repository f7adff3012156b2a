"""The fold: state is a function of the set of records; conflicts, locks, rows, signatures, queries."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crf_app.model.record import AuditRecord, conflict_id, cover, cover_digest
from crf_app.rules.fold import closure, fold, fold_thread, heads_of, unit_of, waiting_parents
from crf_app.rules.state_hash import duplicate_labels, fold_all, state_hash
from crf_app.rules.unit_state import Entry, FormUnit, HeaderUnit, entry

SUBJECT = "001-k3j9x0q2mz"
FORM = "SE.V1/F.VS"
UNIT = f"F|{SUBJECT}|{FORM}"
SYS = f"{FORM}/IG.VS/I.VS.SYSBP"
DIA = f"{FORM}/IG.VS/I.VS.DIABP"
ROW = f"{FORM}/IG.AE~k3j9"
_salts = itertools.count()


def made(kind: str, tick: int, *parents: Entry, device: str = "D1", **fields: object) -> Entry:
    known = {
        "user": "u", "role": "nurse", "at": "2026-11-22T08:00:00.000Z", "offset": "+08:00", "app": "0",
        "salt": f"{next(_salts):032x}", "subject": SUBJECT, "key": SYS,
    }  # fmt: skip
    return entry(
        AuditRecord(
            kind=kind, device=device, tick=tick, parents=tuple(one.id for one in parents), **(known | fields)
        )
    )


def put(tick: int, value: str | None, *parents: Entry, **fields: object) -> Entry:
    return made("item.set", tick, *parents, value=value, **fields)


def status(tick: int, value: str, *parents: Entry, covers: tuple[Entry, ...] = (), **fields: object) -> Entry:
    short = cover(one.id for one in covers)
    return made("form.status", tick, *parents, key=FORM, value=value, covers=short, **fields)


def signed(tick: int, *heads: Entry, form: str = FORM) -> Entry:
    ids = [one.id for one in heads]
    return made("sign.make", tick, key=form, covers=cover(ids), digest=cover_digest(form, ids))


def state(*entries: Entry) -> FormUnit:
    unit = fold(UNIT, entries)
    assert isinstance(unit, FormUnit)
    return unit


def test_a_record_touches_one_unit():
    assert unit_of(put(1, "1").record) == UNIT
    assert unit_of(made("subject.add", 1, key=SUBJECT).record) == f"S|{SUBJECT}"
    assert unit_of(made("event.add", 1, key="SE.UNS~a").record) == f"S|{SUBJECT}"
    assert unit_of(made("user.add", 1, key="u-lin", subject=None).record) == "G"


# answers


def test_one_head_is_its_value():
    one = put(1, "128")
    two = put(2, "182", one)
    cell = state(one, two).answers[SYS]
    assert (cell.state, cell.shown, cell.heads, cell.late) == ("clean", two, (two,), ())


@pytest.mark.requirement("law 6")
def test_two_edits_of_one_answer_are_a_conflict_shown_provisionally():
    one = put(1, "128")
    here, there = put(5, "130", one), put(3, "140", one, device="D2")
    unit = state(one, here, there)
    cell = unit.answers[SYS]
    assert (cell.state, cell.shown, set(cell.heads)) == ("conflict", here, {here, there})
    assert unit.conflicts == {conflict_id(SUBJECT, SYS): SYS}


@pytest.mark.requirement("law 6")
def test_equal_ticks_are_decided_by_the_higher_id():
    one = put(1, "128")
    here, there = put(2, "130", one), put(2, "140", one, device="D2")
    assert state(one, here, there).answers[SYS].shown == max(here, there, key=lambda each: each.id)


def test_heads_that_agree_are_no_conflict():
    here, there = put(1, "128", unit="mm[Hg]"), put(1, "128", unit="mm[Hg]", device="D2")
    cell = state(here, there).answers[SYS]
    assert (cell.state, set(cell.heads)) == ("clean", {here, there})


@pytest.mark.parametrize("other", [{"unit": "kPa"}, {"value": None, "missing": "ND"}])
def test_another_unit_or_a_missing_code_is_another_content(other):
    here = put(1, "128", unit="mm[Hg]")
    there = replace(here.record, **other, salt="f" * 32)
    assert state(here, entry(there)).answers[SYS].state == "conflict"


@pytest.mark.requirement("law 6")
def test_a_conflict_lasts_until_one_record_names_all_heads():
    one = put(1, "128")
    here, there, third = (put(2, value, one, device=f"D{value}") for value in ("1", "2", "3"))
    some = made("item.resolve", 3, here, there, value="1", reason="source")
    assert state(one, here, there, third, some).answers[SYS].state == "conflict"
    every = made("item.resolve", 4, some, third, value="1", reason="source")
    unit = state(one, here, there, third, some, every)
    assert unit.answers[SYS].state == "clean" and unit.conflicts == {}


def test_two_different_resolutions_are_a_new_conflict_with_the_same_id():
    here, there = put(1, "1"), put(1, "2", device="D2")
    first = state(here, there).conflicts
    a = made("item.resolve", 2, here, there, value="1", reason="r")
    b = made("item.resolve", 2, here, there, value="2", reason="r", device="D2")
    assert state(here, there, a, b).conflicts == first


def test_heads_that_are_all_derived_are_recomputed_and_ask_nobody():
    here = made("item.derive", 1, value="7")
    there = made("item.derive", 1, value="8", device="D2")
    unit = state(here, there)
    assert unit.answers[SYS].state == "recompute" and unit.conflicts == {}


def test_heads_wait_while_a_record_between_them_is_on_its_way():
    one = put(1, "1")
    middle = put(2, "2", one)
    last = put(3, "3", middle)
    unit = state(one, last)
    assert unit.answers[SYS].state == "waiting" and unit.conflicts == {}
    assert unit.answers[SYS].shown == last and waiting_parents([one, last]) == {middle.id}
    assert state(one, middle, last).answers[SYS].state == "clean"


def test_a_value_cleared_is_an_answer_without_a_value():
    one = put(1, "1")
    cell = state(one, put(2, None, one)).answers[SYS]
    assert (cell.state, cell.shown.record.value, cell.shown.record.missing) == ("clean", None, None)


@pytest.mark.requirement("law 4")
def test_every_answer_is_shown_listed_late_or_named_by_what_replaced_it():
    one = put(1, "1")
    entries = [one, put(2, "2", one), put(2, "3", one, device="D2"), put(9, "4", device="D3")]
    cell = state(*entries).answers[SYS]
    seen = {e.id for e in (*cell.heads, *cell.late)} | {p for e in entries for p in e.record.parents}
    assert seen == {e.id for e in entries}


# kinds and values of a newer program


def test_an_unknown_kind_is_kept_listed_and_changes_nothing():
    one = put(1, "1")
    new = made("item.sing", 2, one, value="9")
    before, after = state(one), state(one, new)
    assert after.unknown == (new.id,)
    assert after.as_json() == before.as_json() | {"unknown": [new.id]}


def test_an_unknown_status_is_kept_listed_and_changes_nothing():
    complete = status(1, "complete")
    new = status(2, "archived", complete)
    unit = state(complete, new)
    assert (unit.status, unit.unknown) == ("complete", (new.id,))
    assert status(1, "open") and state(new).status == "open"


def test_an_unknown_kind_of_the_study_is_kept_listed_and_changes_nothing():
    added = made("user.add", 1, subject=None, key="u-lin", value="{}")
    new = made("user.sing", 2, added, subject=None, key="u-lin")
    unit = fold("G", [added, new])
    assert unit.unknown == (new.id,) and unit.shown("user.add:u-lin") == added.record


def test_an_unknown_subject_status_is_kept_listed_and_changes_nothing():
    first = made("subject.status", 1, key=SUBJECT, value="enrolled")
    new = made("subject.status", 2, first, key=SUBJECT, value="on a boat")
    unit = fold(f"S|{SUBJECT}", [first, new])
    assert unit.unknown == (new.id,) and unit.shown("status").value == "enrolled"


# status and lock


@pytest.mark.parametrize("pair", list(itertools.combinations(("open", "complete", "frozen", "locked"), 2)))
def test_the_most_restrictive_status_wins_and_both_are_listed(pair):
    here, there = (status(1, value, device=value) for value in pair)
    unit = state(here, there)
    assert unit.status == pair[1] and set(unit.status_heads) == {here, there}


@pytest.mark.requirement("law 7")
def test_a_lock_shows_what_it_covers_and_lists_the_rest_as_late():
    one = put(1, "1")
    lock = status(2, "locked", covers=(one,))
    late = put(9, "2", one, device="D2")
    unit = state(one, lock, late)
    cell = unit.answers[SYS]
    assert (cell.shown, cell.state, cell.late) == (one, "clean", (late,))
    assert unit.present_ids() == [one.id]


@pytest.mark.requirement("law 7")
def test_an_answer_to_an_empty_item_that_comes_after_the_lock_is_not_shown():
    one = put(1, "1")
    lock = status(2, "locked", covers=(one,))
    late = put(3, "80", key=DIA, device="D2")
    unit = state(one, lock, late)
    cell = unit.answers[DIA]
    assert cell.late == (late,) and cell.heads == ()
    assert cell.shown.record.value is None and "value" not in cell.as_json()
    assert unit.present_ids() == [one.id]


@pytest.mark.requirement("law 7")
def test_a_row_that_comes_after_the_lock_is_not_live():
    one = put(1, "1")
    late = made("row.add", 3, key=ROW, n="1", device="D2")
    unit = state(one, status(2, "frozen", covers=(one,)), late)
    assert unit.rows[ROW].state == "late" and unit.present_ids() == [one.id]


@pytest.mark.requirement("law 7")
def test_unlocking_lets_late_answers_in_as_conflicts_where_they_forked():
    one = put(1, "1")
    two = put(2, "2", one)
    lock = status(3, "locked", covers=(two,))
    late, other = put(9, "3", one, device="D2"), put(4, "80", key=DIA, device="D2")
    unit = state(one, two, lock, late, other, status(10, "open", lock, reason="late data"))
    assert unit.answers[SYS].state == "conflict" and unit.answers[DIA].shown == other


@pytest.mark.requirement("law 7")
def test_what_either_of_two_locks_saw_is_inside():
    one, two = put(1, "1"), put(1, "80", key=DIA, device="D2")
    locks = status(2, "locked", covers=(one,)), status(2, "locked", covers=(two,), device="D2")
    unit = state(one, two, *locks)
    assert not unit.answers[SYS].late and not unit.answers[DIA].late


# rows


def row_deleted(tick: int, added: Entry, *seen: Entry) -> Entry:
    return made(
        "row.delete", tick, added, key=ROW, covers=cover(one.id for one in (added, *seen)), reason="r"
    )


def test_a_row_is_live_deleted_or_contested():
    added = made("row.add", 1, key=ROW, n="1")
    term = put(2, "fever", key=ROW + "/I.AE.AETERM")
    gone = row_deleted(3, added, term)
    assert state(added, term).rows[ROW].state == "live"
    assert state(added, term, gone).rows[ROW].state == "deleted"
    unseen = put(4, "cough", term, key=ROW + "/I.AE.AETERM", device="D2")
    assert state(added, term, gone, unseen).rows[ROW].state == "contested"
    back = made("row.restore", 5, gone, key=ROW, reason="r")
    assert state(added, term, gone, back).rows[ROW].state == "live"


def test_deleted_here_and_restored_there_is_contested():
    added = made("row.add", 1, key=ROW, n="1")
    gone = row_deleted(2, added)
    back = made("row.restore", 3, gone, key=ROW, reason="r")
    again = made("row.delete", 3, gone, key=ROW, covers=cover([added.id, gone.id]), reason="r", device="D2")
    assert state(added, gone, back, again).rows[ROW].state == "contested"


def test_two_rows_that_share_a_number_keep_it():
    other = f"{FORM}/IG.AE~p0o9"
    rows = state(made("row.add", 1, key=ROW, n="1"), made("row.add", 1, key=other, n="1", device="D2")).rows
    assert [row.n for row in rows.values()] == ["1", "1"]


# signatures


@pytest.mark.requirement("law 8")
def test_a_fresh_signature_is_valid_and_a_later_change_breaks_it_for_ever():
    one, dia = put(1, "1"), put(1, "80", key=DIA)
    sign = signed(2, one, dia)
    assert [s.valid for s in state(one, dia, sign).signatures] == [True]
    two = put(3, "2", one)
    back = put(4, "1", two)
    broken = state(one, dia, sign, two, back).signatures[0]
    assert (broken.valid, broken.broken_by) == (False, two.id)


@pytest.mark.requirement("law 8")
def test_the_first_record_the_signer_had_not_seen_broke_it():
    one = put(5, "1")
    sign = signed(6, one)
    early = put(2, "80", key=DIA, device="D2")
    later = put(7, "2", one)
    assert state(one, sign, later, early).signatures[0].broken_by == early.id


def test_signing_again_leaves_the_broken_signature_beside_the_new_one():
    one = put(1, "1")
    first, two = signed(2, one), put(3, "2", one)
    second = signed(4, two)
    found = {s.id: s.valid for s in state(one, first, two, second).signatures}
    assert found == {first.id: False, second.id: True}


def test_short_cover_alone_does_not_make_a_signature_valid():
    one = put(1, "1")
    forged = replace(signed(2, one).record, digest="0" * 64)
    assert not state(one, entry(forged)).signatures[0].valid


@pytest.mark.requirement("law 8")
def test_a_new_row_breaks_and_a_query_does_not():
    one = put(1, "1")
    sign = signed(2, one)
    asked = made("query.open", 3, thread="Q-1", value="?")
    assert state(one, sign, asked).signatures[0].valid
    added = made("row.add", 4, key=ROW, n="1")
    assert state(one, sign, asked, added).signatures[0].broken_by == added.id


def test_what_comes_after_a_lock_does_not_break_what_was_signed():
    one = put(1, "1")
    sign, lock = signed(2, one), status(3, "locked", covers=(one,))
    assert state(one, sign, lock, put(9, "2", one, device="D2")).signatures[0].valid


# queries


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("answer", "close"), "Answered"),
        (("close", "cancel"), "Closed"),
        (("reopen", "close"), "Open"),
        (("cancel", "answer", "reopen"), "Open"),
    ],
)
def test_the_query_status_that_most_needs_a_person_wins(steps, expected):
    first = made("query.open", 1, thread="Q-1")
    later = [made(f"query.{step}", 2, first, thread="Q-1", device=step) for step in steps]
    thread = state(first, *later).queries["Q-1"]
    assert thread.status == expected and len(thread.steps) == 1 + len(steps)


def test_the_whole_thread_is_shown_in_order():
    first = made("query.open", 1, thread="Q-1")
    second = made("query.answer", 2, first, thread="Q-1", reason="a")
    third = made("query.close", 3, second, thread="Q-1")
    thread = fold_thread("Q-1", sorted([first, second, third], key=lambda e: e.order))
    assert (thread.steps, thread.status) == ((first, second, third), "Closed")


# subject and study


@pytest.mark.parametrize(
    "pair", [("enrolled", "withdrawn"), ("completed", "withdrawn"), ("screening", "enrolled")]
)
def test_the_most_final_subject_status_wins(pair):
    early, final = (
        made("subject.status", 9 - n, key=SUBJECT, value=value, device=f"D{n}")
        for n, value in enumerate(pair)
    )
    assert fold(f"S|{SUBJECT}", [early, final]).shown("status") == final.record


@pytest.mark.parametrize(
    "pair", [("active", "locked"), ("active", "revoked"), ("locked", "ended"), ("ended", "revoked")]
)
def test_the_most_restrictive_grant_of_a_person_wins(pair):
    loose, strict = (
        made("user.grant", 9 - n, key="u-lin", subject=None, value=value, device=f"D{n}")
        for n, value in enumerate(pair)
    )
    assert fold("G", [loose, strict]).shown("user.grant:u-lin") == strict.record


def test_one_number_on_two_subjects_is_listed_with_both_until_one_is_an_error():
    other = "001-zzzzzzzzzz"
    entries = [made("subject.add", 1, key=uid, subject=uid, value="ZN001") for uid in (SUBJECT, other)]
    assert duplicate_labels(fold_all(entries)) == {"ZN001": sorted([SUBJECT, other])}
    wrong = made("subject.status", 2, key=other, subject=other, value="entered_in_error")
    assert duplicate_labels(fold_all([*entries, wrong])) == {}


def test_the_closure_reaches_every_ancestor_and_nothing_else():
    one = put(1, "1")
    two = put(2, "2", one)
    aside = put(2, "3", one)
    assert closure(cover([two.id]), [one, two, aside]) == {one.id, two.id}
    assert heads_of([one, two, aside]) == (two, aside)


# laws over random histories


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Records of one form by up to three devices, each having seen any part of what was there before."""
    entries: list[Entry] = []
    for _ in range(draw(st.integers(1, 14))):
        seen = [one for one in entries if draw(st.booleans())]
        tick = 1 + max((one.record.tick for one in seen), default=0)
        device = f"D{draw(st.integers(1, 3))}"
        entries.append(
            draw(st.sampled_from([_answer, _status, _sign, _row, _query, _unknown]))(draw, seen, tick, device)
        )
    return entries


def _of(seen, *kinds, key=None):
    return tuple(e for e in seen if e.record.kind in kinds and key in (None, e.record.key))


def _answer(draw, seen, tick, device):
    key = draw(st.sampled_from([SYS, DIA, ROW + "/I.AE.AETERM"]))
    kinds = ("item.set", "item.derive", "item.resolve")
    heads = heads_of(_of(seen, *kinds, key=key))
    return made(draw(st.sampled_from(kinds)), tick, *heads, key=key, device=device,
                value=draw(st.sampled_from([None, "1", "2"])))  # fmt: skip


def _status(draw, seen, tick, device):
    value = draw(st.sampled_from(["open", "complete", "frozen", "locked", "archived"]))
    present = [e for e in seen if e.id in set(state(*seen).present_ids())]
    return status(tick, value, *heads_of(_of(seen, "form.status")), covers=tuple(present), device=device)


def _sign(draw, seen, tick, device):
    present = set(state(*seen).present_ids())
    return signed(tick, *(e for e in seen if e.id in present))


def _row(draw, seen, tick, device):
    kind = draw(st.sampled_from(["row.add", "row.delete", "row.restore"]))
    heads = heads_of(_of(seen, "row.add", "row.delete", "row.restore", key=ROW))
    return made(kind, tick, *heads, key=ROW, n="1", covers=cover(e.id for e in seen), device=device)


def _query(draw, seen, tick, device):
    kind = draw(
        st.sampled_from(["query.open", "query.answer", "query.close", "query.reopen", "query.cancel"])
    )
    steps = [e for e in seen if e.record.kind.startswith("query.")]
    return made(kind, tick, *heads_of(steps), thread="Q-1", device=device)


def _unknown(draw, seen, tick, device):
    return made("future.thing", tick, *seen[:1], device=device)


@pytest.mark.requirement("law 1")
@settings(max_examples=150, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_state_is_a_function_of_the_set_in_any_order_with_any_repeats(history, chance):
    shuffled = history + chance.choices(history, k=chance.randint(0, 5))
    chance.shuffle(shuffled)
    assert fold(UNIT, shuffled).as_json() == fold(UNIT, history).as_json()
    assert state_hash(shuffled) == state_hash(history)


@pytest.mark.requirement("law 4")
@settings(max_examples=150, deadline=None)
@given(histories())
def test_in_every_history_each_answer_is_shown_listed_or_replaced(history):
    unit = state(*history)
    answers = {e.id for e in history if e.record.kind in ("item.set", "item.derive", "item.resolve")}
    listed = {e.id for cell in unit.answers.values() for e in (*cell.heads, *cell.late)}
    replaced = {parent for e in history for parent in e.record.parents}
    assert answers <= listed | replaced


@pytest.mark.requirement("law 8")
@settings(max_examples=150, deadline=None)
@given(histories())
def test_in_every_history_a_fresh_signature_is_valid_and_any_change_breaks_it(history):
    unit = state(*history)
    sign = signed(99, *(e for e in history if e.id in set(unit.present_ids())))
    assert next(s for s in state(*history, sign).signatures if s.id == sign.id).valid
    if unit.status in ("frozen", "locked"):
        return
    heads = unit.answers[SYS].heads if SYS in unit.answers else ()
    changed = state(*history, sign, put(100, "9", *heads))
    assert not next(s for s in changed.signatures if s.id == sign.id).valid


@pytest.mark.requirement("law 7")
@settings(max_examples=150, deadline=None)
@given(histories(), st.sampled_from([SYS, DIA, ROW + "/I.AE.AETERM"]))
def test_in_every_history_a_lock_keeps_what_is_shown_whatever_comes_later(history, key):
    unit = state(*history)
    if unit.status in ("frozen", "locked"):
        return
    present = set(unit.present_ids())
    lock = status(99, "locked", *unit.status_heads, covers=tuple(e for e in history if e.id in present))
    before = state(*history, lock)
    late = put(120, "late", device="D9", key=key)
    after = state(*history, lock, late)
    shown = {k: (c.shown.record.value, c.state) for k, c in before.answers.items()}
    for k, cell in after.answers.items():
        assert (cell.shown.record.value, cell.state) == shown.get(k, (None, "late"))
    assert late in after.answers[key].late


@pytest.mark.requirement("law 5")
@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["1", "2", "3"])), min_size=1, max_size=8),
       st.randoms(use_true_random=False))  # fmt: skip
def test_devices_that_saw_each_other_never_conflict_whatever_their_clocks_say(steps, chance):
    entries: list[Entry] = []
    for device, value in steps:
        at = f"20{chance.randint(10, 99)}-01-01T00:00:00.000Z"
        heads = state(*entries).answers[SYS].heads if entries else ()
        tick = 1 + max((e.record.tick for e in entries), default=0)
        entries.append(put(tick, value, *heads, device=f"D{device}", at=at))
    unit = state(*entries)
    assert unit.conflicts == {} and unit.answers[SYS].shown == entries[-1]


def test_a_header_unit_says_what_it_holds_as_json():
    added = made("subject.add", 1, key=SUBJECT, value="ZN001")
    unit = fold(f"S|{SUBJECT}", [added])
    assert isinstance(unit, HeaderUnit)
    assert unit.as_json() == {"cells": {"label": [added.id]}, "unknown": []}
