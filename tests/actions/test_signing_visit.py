"""A whole visit signed in one act: which forms, all or none, each with its own signature and PDF."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from crf_app.actions.casebook import casebook
from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.mistakes import visit_mistake
from crf_app.actions.not_done import form_not_done
from crf_app.actions.printing.checking_paper import verify_pdf_here
from crf_app.actions.queries import open_query
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import sign_out
from crf_app.actions.signing import sign_form, sign_visit, visit_sheet
from crf_app.actions.subjects import add_visit
from crf_app.errors import Cancelled, NotAllowed, StorageFull, ValueRejected, WrongPassword, WrongState
from crf_app.export.pdf_verify import State
from crf_app.model.keys import FormKey
from crf_app.store import reads
from crf_app.store.ledger import placed

V1 = "SE.V1"
SIGNED = ("F.SV", "F.VS", "F.MELD")


@pytest.fixture
def visit(nurse, at, vital_signs):
    """Day 1: three forms are complete, one is begun, one was not done; the rest is not begun."""
    vital_signs(nurse, at)
    enter_form(nurse, at.form(V1, "F.SV"), {"IG.SV/I.SV.SVOCCUR": "Y", "IG.SV/I.SV.SVSTDAT": "2026-11-20"})
    enter_value(nurse, at(V1, "MELD.RSPERF"), "N")
    for name in SIGNED:
        key = at.form(V1, name)
        empty = nurse.subject(at.uid).state(key).empty_mandatory
        enter_form(nurse, key, dict.fromkeys(empty, "!ND"))
        complete_form(nurse, key)
    enter_value(nurse, at(V1, "PE.PEPERF"), "Y")
    form_not_done(nurse, at.form(V1, "F.QS36"), words="made up: the person was asleep")
    return at.uid


@pytest.fixture
def doctor(visit, session):
    return session("investigator")


def signatures(session, uid):
    """Form of day 1 → whether each of its signatures is valid."""
    keys = [FormKey(uid, V1, form) for event, form in casebook(session, uid).cells if event == V1]
    found = {key.form: [one.valid for one in form_page(session, key).signatures] for key in keys}
    return {form: some for form, some in found.items() if some}


def test_the_sheet_lists_what_is_signed_and_why_the_rest_is_left_out(doctor, visit, at):
    open_query(doctor, at(V1, "VS.PULSE"), "Made up: please compare with the source.")
    sheet = visit_sheet(doctor, visit, V1)
    assert [one.key.form for one in sheet.forms] == list(SIGNED)
    assert {one.key.form: (one.values, one.queries) for one in sheet.forms}["F.VS"] == (8, 1)
    out = {one.key.form: (one.state, one.why.en) for one in sheet.left_out}
    assert out["F.PE"] == ("started", "Not complete, 1 of 14 answered")
    assert out["F.QS36"][0] == "not_done" and "asleep" in out["F.QS36"][1]
    assert out["F.LBC"] == ("todo", "Not begun")
    assert all(one.why.zh and one.why.zh != one.why.en for one in sheet.left_out)
    assert (sheet.signed_as, sheet.role) == ("Made-up Investigator", "investigator")


@pytest.mark.requirement("demand 7")
def test_all_forms_are_signed_in_one_transaction_each_with_its_own_document(doctor, visit, password, records):
    end, shown = doctor.store.end.seq, visit_sheet(doctor, visit, V1).sha256
    done = sign_visit(doctor, visit, V1, password, "approval", shown=shown)
    found = records(doctor, end)
    assert [one.kind for one in found] == ["session.start", *["sign.make"] * 3]
    assert [one.key for one in found[1:]] == [f"{V1}/{name}" for name in SIGNED]
    assert len({one.at for one in found}) == 1 and {one.meaning for one in found[1:]} == {"approval"}
    for one in done.forms:
        assert reads.blob(doctor.store.conn, one.sha256) == one.pdf
        assert verify_pdf_here(doctor, one.pdf).state is State.VALID
    assert len({one.file_name for one in done.forms}) == 3
    assert verify(doctor).sound
    assert signatures(doctor, visit) == {name: [True] for name in SIGNED}


def test_each_statement_names_its_own_place_and_all_that_was_signed_together(doctor, visit, password):
    done = sign_visit(doctor, visit, V1, password, "approval")
    places = {one.id: place[2] for place, one in placed(doctor.store.conn)}
    for one in done.forms:
        ((found, _, _),) = reads.signatures_of_form(doctor.store.conn, one.key)
        said = json.loads(found.record.value)["signed"]
        assert said["place"] == {"device": "D1", "seq": places[found.id]}
        assert said["record_sha256"] == one.record_sha256
        assert said["together"] == {"forms": 3, "sha256": done.sha256}


@pytest.mark.requirement("law 8")
def test_a_correction_breaks_the_signature_of_its_form_only(doctor, visit, at, password, session):
    sign_visit(doctor, visit, V1, password, "approval")
    nurse = session("nurse")
    enter_value(nurse, at(V1, "VS.SYSBP"), "130", reason="source")
    assert signatures(nurse, visit) == {"F.SV": [True], "F.VS": [False], "F.MELD": [True]}
    assert verify(nurse).sound
    again = session("investigator")
    sheet = visit_sheet(again, visit, V1)
    assert [one.key.form for one in sheet.forms] == ["F.VS"] and sheet.forms[0].broken is not None
    assert {one.key.form for one in sheet.left_out if one.state == "signed"} == {"F.SV", "F.MELD"}
    sign_visit(again, visit, V1, password, "approval")
    assert signatures(again, visit)["F.VS"] == [False, True] and verify(again).sound


# all or none


def nothing_signed(session, uid, end):
    return session.store.end.seq == end and not signatures(session, uid) and verify(session).sound


@pytest.mark.parametrize("step", range(4))
def test_stopped_at_any_step_nothing_is_signed(doctor, visit, password, step):
    end = doctor.store.end.seq

    def stop(done, of=None):
        assert of == 3
        if done == step:
            raise Cancelled

    with pytest.raises(Cancelled):
        sign_visit(doctor, visit, V1, password, "approval", progress=stop)
    assert nothing_signed(doctor, visit, end)
    sign_visit(doctor, visit, V1, password, "approval")
    assert len(signatures(doctor, visit)) == 3


def test_a_full_disk_in_the_midst_of_it_leaves_nothing_signed(doctor, visit, password):
    """There is room for the first document and not for the last."""
    conn, end = doctor.store.conn, doctor.store.end.seq
    kept = conn.execute("SELECT count(*) FROM blob").fetchall()
    ((pages,),) = conn.execute("PRAGMA page_count")
    ((size,),) = conn.execute("PRAGMA page_size")
    ((free,),) = conn.execute("PRAGMA freelist_count")
    conn.execute(f"PRAGMA max_page_count = {int(pages) - int(free) + 180_000 // int(size)}")
    with pytest.raises(StorageFull):
        sign_visit(doctor, visit, V1, password, "approval")
    assert doctor.store.end.seq == end and not signatures(doctor, visit)
    assert conn.execute("SELECT count(*) FROM blob").fetchall() == kept
    conn.execute("PRAGMA max_page_count = 1073741823")
    assert verify(doctor).sound
    sign_visit(doctor, visit, V1, password, "approval")
    assert len(signatures(doctor, visit)) == 3 and verify(doctor).sound


def test_what_is_saved_while_it_signs_leaves_nothing_signed(doctor, visit, at, password):
    def save(done, of=None):
        if done == 2:
            open_query(doctor, at(V1, "VS.SYSBP"), "Made up: please compare with the source.")

    with pytest.raises(WrongState, match="meanwhile"):
        sign_visit(doctor, visit, V1, password, "approval", progress=save)
    assert not signatures(doctor, visit) and verify(doctor).sound


def test_other_than_what_was_shown_is_not_signed(doctor, visit, at, session, password):
    shown = visit_sheet(doctor, visit, V1).sha256
    enter_value(session("nurse"), at(V1, "VS.SYSBP"), "130", reason="source")
    doctor = session("investigator")
    end = doctor.store.end.seq
    with pytest.raises(WrongState):
        sign_visit(doctor, visit, V1, password, "approval", shown=shown)
    assert nothing_signed(doctor, visit, end)


@pytest.mark.requirement("demand 13")
def test_a_wrong_password_is_recorded_and_nothing_is_signed(doctor, visit, records):
    end = doctor.store.end.seq
    with pytest.raises(WrongPassword):
        sign_visit(doctor, visit, V1, "not the password at all", "approval")
    assert [one.kind for one in records(doctor, end)] == ["session.start", "session.fail"]
    assert not signatures(doctor, visit)


def test_a_meaning_that_the_study_does_not_have_is_refused(doctor, visit, password):
    end = doctor.store.end.seq
    with pytest.raises(ValueRejected):
        sign_visit(doctor, visit, V1, password, "blessing")
    assert doctor.store.end.seq == end


@pytest.mark.requirement("demand 6")
@pytest.mark.parametrize("user", ["nurse", "coordinator", "admin"])
def test_who_is_not_the_investigator_signs_no_visit(visit, session, password, records, user):
    person = session(user)
    end = person.store.end.seq
    for act in (
        lambda: visit_sheet(person, visit, V1),
        lambda: sign_visit(person, visit, V1, password, "approval"),
        lambda: sign_visit(person, visit, V1, password, "authorship"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert [one.kind for one in records(person, end)] == ["session.start", *["session.refuse"] * 3]


def test_where_nothing_can_be_signed_it_says_how_the_forms_stand(doctor, visit, password):
    sign_visit(doctor, visit, V1, password, "approval")
    for act in (
        lambda: visit_sheet(doctor, visit, V1),
        lambda: sign_visit(doctor, visit, V1, password, "approval"),
    ):
        with pytest.raises(WrongState, match="3 signed and unchanged, 1 not complete") as refusal:
            act()
    assert "3 份已签名且无改动，1 份未完成" in refusal.value.sentence("zh")


def test_a_complete_form_with_an_open_finding_is_left_out(visit, at, session, password):
    """A correction of a complete form that asks for a second look: it waits, the others are signed."""
    enter_value(session("nurse"), at(V1, "VS.SYSBP"), "260", reason="source")
    doctor = session("investigator")
    sheet = visit_sheet(doctor, visit, V1)
    (out,) = [one for one in sheet.left_out if one.key.form == "F.VS"]
    assert out.state in ("soft", "hard") and out.why.en.endswith(": 2")
    sign_visit(doctor, visit, V1, password, "approval")
    assert set(signatures(doctor, visit)) == {"F.SV", "F.MELD"}


def test_nothing_of_a_visit_made_by_mistake_is_signed(nurse, at, vital_signs, session, password):
    event = add_visit(nurse, at.uid, "SE.UNS", "made-up swelling").row
    vital_signs(nurse, at, event)
    complete_form(nurse, at.form(event, "F.VS"))
    visit_mistake(nurse, at.uid, event, "made up: another person came")
    sign_out(nurse)
    doctor = session("investigator")
    for act in (
        lambda: visit_sheet(doctor, at.uid, event),
        lambda: sign_visit(doctor, at.uid, event, password, "approval"),
        lambda: sign_form(doctor, at.form(event, "F.VS"), password, "approval"),
    ):
        with pytest.raises(WrongState, match="mistake"):
            act()
    assert not form_page(doctor, at.form(event, "F.VS")).signatures


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path

from crf_app.actions.session import sign_in
from crf_app.actions.signing import sign_visit
from crf_app.store import ledger


class Clock:
    def now(self):
        return datetime.fromisoformat(sys.argv[4])

    def monotonic(self):
        return 0.0


def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)


ledger._seal = killed  # records, folded tables and all documents are written, the transaction is open
sign_visit(sign_in(Path(sys.argv[1]), "investigator", sys.argv[2], Clock()), sys.argv[3], "SE.V1",
           sys.argv[2], "approval")
"""


def test_killed_before_the_commit_nothing_is_signed(visit, nurse, session, home, password, clock):
    sign_out(nurse)
    arguments = [str(home), password, visit, clock.now().isoformat()]
    ended = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    doctor = session("investigator")
    assert not signatures(doctor, visit) and verify(doctor).sound
    sign_visit(doctor, visit, V1, password, "approval")
    assert len(signatures(doctor, visit)) == 3 and verify(doctor).sound
