"""Conflicts, a full disk under the hand, and random histories of actions: the store stays sound."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.actions.completing import complete_form, reopen_form
from crf_app.actions.enter_data import enter_form, enter_value, mark_missing, resolve
from crf_app.actions.findings import answer_finding
from crf_app.actions.form_page import form_page
from crf_app.actions.rows import add_row, remove_row
from crf_app.actions.safekeeping.keeping import state_hash, verify
from crf_app.errors import ConflictPending, CrfError, NotComplete, ReasonRequired, StorageError, WrongState
from crf_app.model.record import Draft
from crf_app.rules.state_hash import state_hash as hash_of
from crf_app.store import ledger

SYS = ("SE.V1", "VS.SYSBP")


def line(session, key):
    return next(one for one in form_page(session, key.form_key).lines if one.key == key)


# two devices, two values


@pytest.fixture
def conflict(nurse, at, vital_signs):
    """Another device's value beside the nurse's own: two heads, as after a feed."""
    vital_signs(nurse, at)
    nurse.commit([Draft("item.set", at.uid, at(*SYS).path, value="140", unit="mm[Hg]")])
    return at(*SYS)


@pytest.mark.requirement("law 6")
def test_a_conflict_is_shown_with_both_values_and_stops_typing_and_completion(nurse, conflict):
    shown = line(nurse, conflict)
    assert shown.status == "conflict" and {value for _, value in shown.alternatives} == {"128", "140"}
    for act in (
        lambda: enter_value(nurse, conflict, "130", reason="why not"),
        lambda: enter_form(nurse, conflict.form_key, {conflict.local: "130"}),
        lambda: mark_missing(nurse, conflict, "ND", reason="why not"),
    ):
        with pytest.raises(ConflictPending) as refusal:
            act()
        assert refusal.value.exit_code == 6
    with pytest.raises(NotComplete) as open_:
        complete_form(nurse, conflict.form_key)
    assert [one["kind"] for one in open_.value.details["open"]] == ["conflict"]


@pytest.mark.requirement("law 6")
def test_a_resolution_names_all_heads_and_needs_a_reason(session, conflict, records):
    coordinator = session("coordinator")
    heads = coordinator.subject(conflict.subject).items[conflict.path].heads
    chosen = next(id_ for id_, value in line(coordinator, conflict).alternatives if value == "140")
    with pytest.raises(ReasonRequired):
        resolve(coordinator, conflict, chosen, "  ")
    with pytest.raises(WrongState):
        resolve(coordinator, conflict, "0" * 64, "source checked")
    resolve(coordinator, conflict, chosen, "source checked")
    made = records(coordinator, kind="item.resolve")[-1]
    assert (made.value, made.unit, set(made.parents)) == ("140", "mm[Hg]", set(heads))
    assert line(coordinator, conflict).status == "saved"
    with pytest.raises(WrongState):
        resolve(coordinator, conflict, chosen, "again")
    complete_form(session("nurse"), conflict.form_key)


# a full disk


@pytest.mark.requirement("demand 13")
def test_a_disk_full_at_save_stores_nothing_shows_nothing_and_the_next_try_works(nurse, at):
    resource = pytest.importorskip("resource")
    enter_value(nurse, at(*SYS), "128")
    end = nurse.store.end.seq
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        for _ in range(2):
            with pytest.raises(StorageError) as refusal:
                enter_value(nurse, at(*SYS), "138")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refusal.value.exit_code == 8
    assert nurse.store.end.seq == end and line(nurse, at(*SYS)).state.answer.value == "128"
    enter_value(nurse, at(*SYS), "138")
    assert line(nurse, at(*SYS)).state.answer.value == "138" and verify(nurse).sound


# random histories


VALUES = {"VS.VSPERF": ["Y", "N", ""], "VS.SYSBP": ["128", "190", "400", ""], "VS.DIABP": ["80", "150", ""],
          "VS.PULSE": ["72", "200"], "VS.TEMP": ["36.6", "98.6 [degF]"], "LBC.LBPERF": ["Y", "N"],
          "LBC.BILI": ["30", "60", "<5", ""], "LBC.ALB": ["30", "25"], "CP.X_HEGRD": ["0", "1"],
          "CP.X_CPCOAG": ["INR", ""], "VS.WEIGHT": ["60", "90"], "AE.AEYN": ["Y", "N"]}  # fmt: skip
STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(sorted(VALUES)), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("missing"), st.sampled_from(sorted(VALUES)), st.integers(0, 3), st.booleans()),
    st.tuples(st.sampled_from(["complete", "reopen", "answer", "row", "unrow", "fork"]), st.just(""),
              st.integers(0, 3), st.booleans()),
)  # fmt: skip


def act(session, at, step):
    """One step; whatever is refused is refused in words."""
    what, variable, n, later = step
    event = "SE.V2" if later else "SE.V1"
    if variable:
        key = at("SE.LOG" if variable.startswith("AE") else event, variable)
        if what == "put":
            values = VALUES[variable]
            enter_value(session, key, values[n % len(values)], reason="changed" if n else None)
        else:
            mark_missing(session, key, ("ND", "UNK")[n % 2], reason="changed" if n else None)
        return
    form = at.form(event, "F.VS")
    if what == "complete":
        complete_form(session, form)
    elif what == "reopen":
        reopen_form(session, form, "again")
    elif what == "answer":
        for point in form_page(session, form).open_points:
            if point.kind == "soft":
                answer_finding(session, point.key, point.check, "seen")
    elif what == "row":
        add_row(session, at.form("SE.LOG", "F.AE"), "IG.AE")
    elif what == "unrow":
        rows = form_page(session, at.form("SE.LOG", "F.AE")).rows.get("IG.AE", ())
        for row in rows[:1]:
            remove_row(session, at.form("SE.LOG", "F.AE"), row.part, "entered twice")
    else:
        session.commit([Draft("item.set", at.uid, at(event, "VS.RESP").path, value=str(14 + n))])


@pytest.mark.requirement("law 2")
@pytest.mark.requirement("house law 3")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=3, max_size=20))
def test_after_any_history_of_actions_the_tables_are_what_the_ledger_says(nurse, at, new_subject, steps):
    at.uid = new_subject(nurse)
    for step in steps:
        end = nurse.store.end.seq
        try:
            act(nurse, at, step)
        except CrfError as refusal:
            assert refusal.exit_code in (3, 6) and nurse.store.end.seq == end
    report = verify(nurse)
    assert report.sound, report.problems
    assert state_hash(nurse) == hash_of(ledger.entries(nurse.store.conn))
    seen = nurse.subject(at.uid)
    states = {key: seen.state(key) for key in seen.started_forms()}
    nurse.forget()
    fresh = nurse.subject(at.uid)
    assert {key: fresh.state(key) for key in fresh.started_forms()} == states
    for key, state in states.items():
        for local, answer in state.derived.items():
            kept = fresh.values(key).get(local)
            assert answer == kept or (answer.empty and (kept is None or kept.empty))
