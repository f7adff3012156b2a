"""A password is forgotten, a role changes, a person leaves: what holds on, what ends, the new data key."""

from __future__ import annotations

import json
import shutil

import pytest

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.people import accounts, people_changes, rotating
from crf_app.actions.printing.checking_paper import verify_pdf
from crf_app.actions.printing.paper import roots_of, site_root_pem
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.signing import sign_form
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import (
    Busy,
    Cancelled,
    CrfError,
    IdentityRefused,
    NotAllowed,
    NotCertified,
    ReasonRequired,
    StorageError,
    StorageFull,
    StoreDamaged,
    WrongPassword,
    WrongState,
)
from crf_app.store import ledger, reads, rotation
from crf_app.store.store import Store
from crf_app.store.vault import open_vault

ONCE = "one-time made-up words"


def ids(session):
    return [one.id for one in ledger.entries(session.store.conn)]


@pytest.fixture
def signed(session, at, vital_signs, password):
    """A form that the investigator signed; the PDF."""
    nurse = session("nurse")
    vital_signs(nurse, at)
    form = at.form("SE.V1", "F.VS")
    complete_form(nurse, form)
    investigator = session("investigator")
    sign_form(investigator, form, password, "approval")
    (made,) = [
        one.record for one in ledger.entries(investigator.store.conn) if one.record.kind == "sign.make"
    ]
    return form, reads.blob(investigator.store.conn, json.loads(made.value)["pdf_sha256"])


# reset


def test_a_reset_person_chooses_a_password_again_and_what_was_signed_stays_valid(
    signed, session, password, home
):
    form, pdf = signed
    admin = session("admin")
    people_changes.reset_user(admin, "investigator", ONCE, "forgotten, made up", LIGHT)
    row = next(one for one in accounts.list_users(admin) if one.user == "investigator")
    assert (row.state, row.fingerprint, row.certified) == ("must_change", "", False)
    with pytest.raises(WrongPassword):
        open_vault(home, "investigator", password)
    again = session("investigator", password=ONCE)
    assert again.must_change
    accounts.change_password(again, ONCE, "another made-up sentence", LIGHT)
    with pytest.raises(NotCertified):
        sign_form(again, form, "another made-up sentence", "approval")  # no certificate, no witness yet
    assert form_page(again, form).signature.valid
    assert verify_pdf(pdf, roots_of(site_root_pem(again))).state.value == "valid"
    assert verify(again).problems == []


def test_a_reset_says_who_whom_and_why(session, records):
    admin = session("admin")
    people_changes.reset_user(admin, "nurse", ONCE, "forgotten, made up", LIGHT)
    (made,) = records(admin, kind="user.reset")
    assert (made.user, made.key, made.reason) == ("admin", "nurse", "forgotten, made up")


def test_who_may_not_reset(session):
    with pytest.raises(NotAllowed):
        people_changes.reset_user(session("nurse"), "coordinator", ONCE, "made up", LIGHT)
    admin = session("admin")
    with pytest.raises(WrongState):
        people_changes.reset_user(admin, "admin", ONCE, "made up", LIGHT)
    with pytest.raises(IdentityRefused):
        people_changes.reset_user(admin, "nobody", ONCE, "made up", LIGHT)
    with pytest.raises(ReasonRequired):
        people_changes.reset_user(admin, "nurse", ONCE, " ", LIGHT)


# name and role


def test_another_role_holds_from_the_next_sign_in_on(session, password):
    admin = session("admin")
    people_changes.change_person(admin, "nurse", "Made-up Nurse N", "coordinator", "made up")
    assert reads.people(admin.store.conn)["nurse"] == (
        {"name": "Made-up Nurse N", "role": "coordinator"},
        "active",
    )
    assert (session("nurse").role, session("nurse").name) == ("coordinator", "Made-up Nurse N")
    assert verify(session("nurse")).problems == []


def test_the_last_administrator_stays_one(session):
    with pytest.raises(WrongState):
        people_changes.change_person(session("admin"), "admin", "Made-up admin", "nurse", "made up")


def test_nothing_to_change_is_said(session):
    admin = session("admin")
    nurse = next(one for one in accounts.list_users(admin) if one.user == "nurse")
    with pytest.raises(WrongState):
        people_changes.change_person(admin, "nurse", nurse.name, nurse.role, "made up")


# leaving, and the new key


def test_who_was_removed_opens_nothing_that_is_written_later(signed, session, password, home, tmp_path, at):
    _, pdf = signed
    old = tmp_path / "old"
    shutil.copytree(home, old)  # what the investigator could have copied
    admin = session("admin")
    people_changes.remove_user(admin, "investigator", "left the study, made up")
    assert [one.user for one in accounts.list_users(admin)].count("investigator") == 0
    with pytest.raises(IdentityRefused):
        open_vault(home, "investigator", password)
    nurse = session("nurse")
    enter_value(nurse, at("SE.V1", "VS.PULSE"), "75", reason="made up")
    sign_out(nurse)
    for name in ("study.db", "study.db-wal", "study.db-shm"):
        (old / name).unlink(missing_ok=True)
    shutil.copy(home / "study.db", old / "study.db")
    with pytest.raises(StoreDamaged):
        sign_in(old, "investigator", password)
    coordinator = session("coordinator")
    assert verify(coordinator).problems == []
    assert verify_pdf(pdf, roots_of(site_root_pem(coordinator))).state.value == "valid"
    assert reads.people(coordinator.store.conn)["investigator"][1] == "ended"


def test_an_id_is_never_used_again(session):
    admin = session("admin")
    people_changes.remove_user(admin, "nurse", "made up")
    with pytest.raises(WrongState):
        accounts.add_user(admin, "nurse", "Made-up other", "nurse", ONCE, LIGHT)


def test_nobody_removes_the_own_account_or_somebody_unknown(session, records):
    admin = session("admin")
    before = ids(admin)
    for user, refusal in (("admin", WrongState), ("nobody", IdentityRefused)):
        with pytest.raises(refusal):
            people_changes.remove_user(admin, user, "made up")
    with pytest.raises(ReasonRequired):
        people_changes.remove_user(admin, "nurse", "")
    assert ids(admin) == before and admin.keys.generation == 1
    with pytest.raises(NotAllowed):
        people_changes.remove_user(session("coordinator"), "nurse", "made up")


def test_a_new_key_changes_nothing_else(session, home, at):
    nurse = session("nurse")
    enter_value(nurse, at("SE.V1", "VS.PULSE"), "72")
    admin = session("admin")
    before, settings = ids(admin), pragmas(admin)
    people_changes.rotate(admin, "made up")
    assert ids(admin)[: len(before)] == before and admin.keys.generation == 2
    assert pragmas(admin) == settings
    assert not (home / rotation.COPY).exists()
    assert verify(admin).problems == []
    enter_value(session("nurse"), at("SE.V1", "VS.RESP"), "16")  # each with the password of before
    assert verify(session("coordinator")).problems == []


def pragmas(session):
    names = ("application_id", "user_version", "journal_mode", "synchronous", "foreign_keys")
    return [session.store.conn.execute(f"PRAGMA {one}").fetchone()[0] for one in names]


def test_typed_text_goes_along(session, at):
    nurse = session("nurse")
    nurse.store.conn.execute(
        "INSERT INTO draft VALUES ('nurse', 's', 'k', 'half a sentence', NULL, '', '', '', '', 'D1', '')"
    )
    admin = session("admin")
    people_changes.rotate(admin, "made up")
    assert admin.store.conn.execute('SELECT "text" FROM draft').fetchall() == [("half a sentence",)]


def test_the_old_bytes_are_gone(session, home, at):
    admin = session("admin")
    old, key = (home / "study.db").stat().st_ino, admin.keys.data_key
    people_changes.rotate(admin, "made up")
    assert (home / "study.db").stat().st_ino != old and admin.keys.data_key != key
    sign_out(admin)
    from crf_app.store.store import peek_end

    assert peek_end(home, key) is None


class Stopped(BaseException):
    pass


STEPS = {
    "offered": (rotation, "copy_under"),
    "copied": (rotating, "_append"),
    "before it takes the place": (Store, "go_over"),
    "before the vault follows": (rotation, "take_over"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("leaving", [None, "coordinator"])
def test_killed_between_two_steps_the_next_sign_in_finds_one_of_two_states(
    session, home, monkeypatch, step, leaving, password
):
    admin = session("admin")
    before = ids(admin)
    where, name = STEPS[step]

    def stop(*_, **__):
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(where, name, stop)
        patched.setattr(rotating, "give_up", lambda _: None)  # a kill gives nothing up
        with pytest.raises(Stopped):
            rotating.rotate(admin, "made up", leaving)
    finished = step == "before the vault follows"
    if leaving and finished:
        with pytest.raises(IdentityRefused):
            session("coordinator")
    nurse = session("nurse")
    assert nurse.keys.generation == (2 if finished else 1) and not nurse.keys.coming
    assert ids(nurse)[: len(before)] == before
    assert [one.record.kind for one in ledger.entries(nurse.store.conn)].count("vault.rotate") == finished
    assert verify(nurse).problems == [] and not (home / rotation.COPY).exists()
    if leaving and not finished:
        assert session("coordinator").role == "coordinator"
    again = session("admin")
    rotating.rotate(again, "made up again")
    assert again.keys.generation == (3 if finished else 2) and verify(again).problems == []


def test_stopped_by_the_person_nothing_is_changed(session, home):
    admin = session("admin")

    def stop(done, of=None):
        raise Cancelled

    with pytest.raises(Cancelled):
        rotating.rotate(admin, "made up", progress=stop)
    assert admin.keys.generation == 1 and not (home / rotation.COPY).exists()
    assert not session("nurse").keys.coming


def test_what_is_written_meanwhile_stops_it(session, at, home):
    admin = session("admin")
    new = rotating.copy_under_new_key(admin, rotating.begin_new_key(admin, "made up"))
    accounts.lock_user(admin, "coordinator")
    with pytest.raises(Busy):
        rotating.go_over(admin, new)
    assert admin.keys.generation == 1 and not (home / rotation.COPY).exists()
    assert accounts.unlock_user(admin, "coordinator") and verify(admin).problems == []


def test_while_the_file_is_read_elsewhere_it_waits(session):
    admin = session("admin")
    new = rotating.copy_under_new_key(admin, rotating.begin_new_key(admin, "made up"))
    other = admin.reader()
    try:
        with pytest.raises(Busy):
            rotating.go_over(admin, new)
        assert verify(admin).problems == []
    finally:
        other.close()
    rotating.rotate(admin, "made up")
    assert admin.keys.generation == 2


def test_a_disk_without_room_is_said_first(session, monkeypatch, home):
    admin = session("admin")
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1 << 20))
    with pytest.raises(StorageFull) as refusal:
        rotating.rotate(admin, "made up")
    assert "16 MB" in str(refusal.value) and not (home / rotation.COPY).exists()
    assert not session("nurse").keys.coming


def test_the_offer_stays_while_the_present_key_does_not_open_the_file(session, monkeypatch, home):
    """The file has its new name and the folder's sync is refused: the new key must not be forgotten."""
    admin = session("admin")

    def refused(*_):
        raise OSError(5, "made up")

    with monkeypatch.context() as patched:
        patched.setattr("crf_app.store.store.sync_folder", refused)
        with pytest.raises((StorageError, OSError, CrfError)):
            rotating.rotate(admin, "made up")
    assert admin.store.closed  # its keys and the file are of two generations: nobody goes on with these
    nurse = session("nurse")
    assert nurse.keys.generation == 2 and verify(nurse).problems == []
