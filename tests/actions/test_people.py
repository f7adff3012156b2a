"""First run, people, passwords, certificates and witnesses, sign-in."""

from __future__ import annotations

import json

import pytest

from crf_app.actions.people import accounts, first_run
from crf_app.actions.session import check_password, home_state, sign_in, sign_out
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import (
    AccountLocked,
    Busy,
    CrfError,
    IdentityRefused,
    MustChangePassword,
    NotAllowed,
    NotFound,
    StorageError,
    StoreDamaged,
    ValueRejected,
    WrongPassword,
    WrongState,
)

ONCE = "one-time made-up words"
OWN = "another made-up phrase"
FIRST = [
    first_run.NewPerson("admin", "Made-up Administrator", "administrator", OWN, own_password=True),
    first_run.NewPerson("inv", "Made-up Investigator", "investigator", OWN, own_password=True),
]


@pytest.fixture
def forms():
    from pathlib import Path

    return Path(__file__).resolve().parents[2] / "forms" / "hucmsc"


# first run


def test_the_first_run_leaves_a_ready_home_whose_ledger_tells_it(tmp_path, forms, clock, records, study):
    home = tmp_path / "new"
    assert home_state(home) == "empty"
    first_run.init(home, forms, first_run.Place("001", "D1"), FIRST, clock=clock, cost=LIGHT)
    assert home_state(home) == "ready"
    session = sign_in(home, "inv", OWN, clock)
    kinds = [one.kind for one in records(session)]
    people = ["user.add", "user.grant"] * 2 + ["key.request", "key.certify", "key.witness"] * 2
    assert kinds == ["vault.create", "device.enrol", "def.activate", *people]
    assert session.study == study and session.env == "test"
    witnesses = {one.key: json.loads(one.value)["witness"] for one in records(session, kind="key.witness")}
    assert witnesses == {"admin": "inv", "inv": "admin"}
    sign_out(session)


def test_a_home_is_set_up_once(home, forms, clock):
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    with pytest.raises(WrongState):
        first_run.init(home, forms, first_run.Place("001", "D1"), FIRST, clock=clock, cost=LIGHT)
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


@pytest.mark.parametrize(
    ("place", "people"),
    [
        (first_run.Place("0 1", "D1"), FIRST),
        (first_run.Place("001", ""), FIRST),
        (first_run.Place("001", "D1", "play"), FIRST),
        (first_run.Place("001", "D1"), FIRST[:1]),
        (first_run.Place("001", "D1"), FIRST[1:] * 2),
        (first_run.Place("001", "D1"), [FIRST[0], first_run.NewPerson("inv", "I", "investigator", "short")]),
        (first_run.Place("001", "D1"), [FIRST[0], first_run.NewPerson("i n v", "I", "investigator", OWN)]),
    ],
)
def test_a_first_run_that_is_refused_leaves_an_empty_home(tmp_path, forms, clock, place, people):
    home = tmp_path / "new"
    with pytest.raises(CrfError) as refusal:
        first_run.init(home, forms, place, people, clock=clock, cost=LIGHT)
    assert refusal.value.exit_code == 3 and home_state(home) == "empty"


@pytest.mark.requirement("demand 13")
def test_a_first_run_that_the_disk_stops_can_be_done_again(tmp_path, forms, clock):
    resource = pytest.importorskip("resource")
    home = tmp_path / "new"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        with pytest.raises(StorageError):
            first_run.init(home, forms, first_run.Place("001", "D1"), FIRST, clock=clock, cost=LIGHT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert home_state(home) == "empty"
    first_run.init(home, forms, first_run.Place("001", "D1"), FIRST, clock=clock, cost=LIGHT)
    sign_out(sign_in(home, "inv", OWN, clock))


# sign-in


def test_signing_in_writes_nothing_until_the_first_record(session, records, home):
    nurse = session("nurse")
    end = nurse.store.end.seq
    database = (home / "study.db").read_bytes()
    assert nurse.store.end.seq == end and not nurse.started
    assert (home / "study.db").read_bytes() == database


def test_the_session_start_tells_the_failed_tries_before_it(home, session, clock, records):
    for _ in range(2):
        with pytest.raises(WrongPassword):
            sign_in(home, "nurse", "not the password", clock)
    nurse = session("nurse")
    from crf_app.actions.subjects import add_subject

    add_subject(nurse, "ZN001")
    (start,) = [one for one in records(nurse, kind="session.start") if one.user == "nurse"][-1:]
    assert json.loads(start.value)["failed_tries"] == 2


@pytest.mark.requirement("demand 13")
def test_wrong_passwords_are_slowed_and_then_lock_until_the_administrator_unlocks(
    home, session, clock, password
):
    waits = []
    for _ in range(10):
        with pytest.raises((WrongPassword, AccountLocked)) as refusal:
            sign_in(home, "nurse", "not the password", clock)
        waits.append(refusal.value.details["wait_seconds"])
        clock.move(seconds=refusal.value.details["wait_seconds"] + 1)
    assert waits[:6] == [0, 0, 0, 0, 30, 60]
    with pytest.raises(AccountLocked) as locked:
        sign_in(home, "nurse", password, clock)
    assert locked.value.exit_code == 7
    accounts.unlock_user(session("admin"), "nurse")
    session("nurse")


def test_nobody_and_an_empty_home_are_refused_in_words(home, tmp_path, clock, password):
    with pytest.raises(IdentityRefused):
        sign_in(home, "nobody", password, clock)
    with pytest.raises(NotFound):
        sign_in(tmp_path / "no", "nurse", password, clock)


def test_a_second_session_on_the_same_home_is_refused(session, home, clock, password):
    session("nurse")
    with pytest.raises(Busy) as refusal:
        sign_in(home, "coordinator", password, clock)
    assert refusal.value.exit_code == 7


def test_a_vault_and_a_database_of_two_homes_do_not_open_together(home, tmp_path, forms, clock):
    first_run.init(tmp_path / "other", forms, first_run.Place("001", "D2"), FIRST, clock=clock, cost=LIGHT)
    (home / "study.db").write_bytes((tmp_path / "other" / "study.db").read_bytes())
    before = (home / "study.db").read_bytes()
    with pytest.raises(StoreDamaged):
        sign_in(home, "nurse", "lantern harbour kite", clock)
    assert (home / "study.db").read_bytes() == before


def test_a_store_without_its_definition_is_refused(home, session, clock, password):
    nurse = session("nurse")
    nurse.store.conn.execute("DELETE FROM blob")
    sign_out(nurse)
    with pytest.raises(StoreDamaged):
        sign_in(home, "nurse", password, clock)


def test_the_password_after_a_lock_is_asked_and_a_wrong_one_recorded(session, password, records):
    nurse = session("nurse")
    check_password(nurse, password)
    end = nurse.store.end.seq
    with pytest.raises(WrongPassword):
        check_password(nurse, "not the password")
    assert [one.kind for one in records(nurse, end)] == ["session.start", "session.fail"]


# people


def add(session, role="nurse"):
    admin = session("admin")
    accounts.add_user(admin, "new", "Made-up New", role, ONCE, cost=LIGHT)
    return admin


def row(session, user="new"):
    return next(one for one in accounts.list_users(session) if one.user == user)


def test_a_new_person_changes_the_one_time_password_first(session, records):
    admin = add(session)
    assert [one.kind for one in records(admin)[-2:]] == ["user.add", "user.grant"]
    assert (row(admin).state, row(admin).fingerprint, row(admin).certified) == ("must_change", "", False)
    person = session("new", password=ONCE)
    from crf_app.actions.subjects import add_subject

    with pytest.raises(MustChangePassword):
        add_subject(person, "ZN001")
    end = person.store.end.seq
    for bad in (ONCE, "short", "new Made-up New"):
        with pytest.raises(ValueRejected):
            accounts.change_password(person, ONCE, bad, cost=LIGHT)
    with pytest.raises(WrongPassword):
        accounts.change_password(person, "not the password", OWN, cost=LIGHT)
    accounts.change_password(person, ONCE, OWN, cost=LIGHT)
    kinds = [one.kind for one in records(person, end)]
    assert kinds == ["session.start", "vault.password", "key.request"] and not person.must_change
    assert not any(ONCE in (one.value or "") or OWN in (one.value or "") for one in records(person))
    add_subject(person, "ZN001")
    person = session("new", password=OWN)
    assert row(person).state == "active" and row(person).fingerprint


def test_the_old_one_time_password_is_gone(session):
    add(session)
    accounts.change_password(session("new", password=ONCE), ONCE, OWN, cost=LIGHT)
    with pytest.raises(WrongPassword):
        session("new", password=ONCE)


def test_a_user_id_is_never_used_again(session):
    admin = add(session)
    for user in ("new", "NEW", "nurse"):
        with pytest.raises(WrongState):
            accounts.add_user(admin, user, "Made-up", "nurse", ONCE, cost=LIGHT)


@pytest.mark.parametrize("role", ["", "god", "system", "Nurse"])
def test_a_role_that_does_not_exist_is_refused(session, role):
    admin = session("admin")
    end = admin.store.end.seq
    with pytest.raises(ValueRejected):
        accounts.add_user(admin, "new", "Made-up", role, ONCE, cost=LIGHT)
    assert admin.store.end.seq == end and "new" not in [one.user for one in accounts.list_users(admin)]


def test_two_other_people_stand_behind_every_signer(session, records):
    add(session, "investigator")
    accounts.change_password(session("new", password=ONCE), ONCE, OWN, cost=LIGHT)
    coordinator = session("coordinator")
    with pytest.raises(WrongState):
        accounts.witness(coordinator, "new")  # no certificate yet
    admin = session("admin")
    accounts.certify(admin, "new")
    with pytest.raises(WrongState):
        accounts.certify(admin, "new")
    with pytest.raises(NotAllowed):
        accounts.witness(admin, "new")  # issued it
    with pytest.raises(NotAllowed):
        accounts.witness(session("new", password=OWN), "new")  # is it
    coordinator = session("coordinator")
    with pytest.raises(ValueRejected):
        accounts.witness(coordinator, "new", "AAAAAAAA-AAAAAAAA")
    assert not row(coordinator).witnessed
    read_out = row(coordinator).fingerprint.lower().replace(" ", "-")  # as it may be typed
    accounts.witness(coordinator, "new", read_out)
    assert row(coordinator).witnessed
    assert json.loads(records(coordinator)[-1].value)["witness"] == "coordinator"


def test_without_an_own_password_there_is_nothing_to_certify(session):
    admin = add(session)
    with pytest.raises(WrongState):
        accounts.certify(admin, "new")
    with pytest.raises(NotFound):
        accounts.certify(admin, "nobody")


def test_a_locked_person_does_not_sign_in_until_unlocked(session, records):
    admin = session("admin")
    accounts.lock_user(admin, "nurse")
    from crf_app.store import reads

    assert reads.people(admin.store.conn)["nurse"][1] == "locked"
    with pytest.raises(AccountLocked):
        session("nurse")
    accounts.unlock_user(session("admin"), "nurse")
    assert reads.people(session("nurse").store.conn)["nurse"][1] == "active"


def test_the_last_administrator_is_not_locked(session):
    with pytest.raises(WrongState):
        accounts.lock_user(session("admin"), "admin")
