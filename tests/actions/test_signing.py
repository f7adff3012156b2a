"""Signing: who, with what, over what; and what breaks it."""

from __future__ import annotations

import json

import pytest

from crf_app.actions.completing import complete_form, reopen_form
from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.people.accounts import add_user, certify, change_password, witness
from crf_app.actions.printing.paper import form_pdf, signed_pdf
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.signing import sign_form, signing_sheet
from crf_app.crypto.canonical import sha256
from crf_app.crypto.certificates import read_certificate
from crf_app.crypto.encoding import b64
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import NotAllowed, NotCertified, ReasonRequired, ValueRejected, WrongPassword, WrongState
from crf_app.store import reads
from crf_app.store.ledger import placed

ONCE = "one-time made-up words"


@pytest.fixture
def form(nurse, at, vital_signs):
    """A complete form of vital signs."""
    vital_signs(nurse, at)
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    return at.form("SE.V1", "F.VS")


@pytest.fixture
def signed(form, session, password):
    investigator = session("investigator")
    return sign_form(investigator, form, password, "approval"), investigator


def test_a_signature_is_shown_with_name_meaning_and_time_before_it_is_made(form, session):
    sheet = signing_sheet(session("investigator"), form)
    assert (sheet.values, sheet.signed_as) == (8, "Made-up Investigator")
    assert {one.code for one in sheet.meanings} == {"authorship", "review", "approval"}
    assert "2026-11-22 09:00:00 +08:00" in sheet.will_read(sheet.meanings[0], "zh")


@pytest.mark.requirement("demand 7")
def test_signing_stores_record_and_document_in_one_transaction(form, session, password, records):
    investigator = session("investigator")
    end = investigator.store.end.seq
    done = sign_form(investigator, form, password, "approval")
    start, sign = records(investigator, end)
    assert (start.kind, sign.kind, sign.meaning, sign.user) == (
        "session.start",
        "sign.make",
        "approval",
        "investigator",
    )
    assert reads.blob(investigator.store.conn, done.sha256) == done.pdf and sha256(done.pdf) == done.sha256
    assert json.loads(sign.value)["pdf_sha256"] == done.sha256
    (view,) = form_page(investigator, form).signatures
    assert (view.valid, view.name, view.meaning) == (True, "Made-up Investigator", "approval")
    assert verify(investigator).sound


def test_the_signed_statement_names_its_place_in_the_chain(signed, records):
    done, investigator = signed
    said = json.loads(records(investigator, kind="sign.make")[-1].value)["signed"]
    (place,) = [place for place, one in placed(investigator.store.conn) if one.id == done.changes.ids[-1]]
    assert said["place"] == {"device": "D1", "seq": place[2]}


def test_the_statement_is_signed_with_the_certified_key_over_the_record(signed, records):
    from crf_app.crypto.record_signature import verify_record

    done, investigator = signed
    value = json.loads(records(investigator, kind="sign.make")[-1].value)
    from crf_app.actions.people.accounts import certificates

    mine = certificates(investigator)["investigator"]
    assert value["signed"]["signer"]["certificate_sha256"] == mine.sha256
    assert value["signed"]["record_sha256"] == done.record_sha256
    assert verify_record(read_certificate(mine.der).public, value["signed"], value["signature"])


def test_the_signed_bytes_are_what_is_printed_until_something_changes(signed, form, session):
    done, investigator = signed
    assert form_pdf(investigator, form, "en") == done.pdf
    nurse = session("nurse")
    enter_value(nurse, _sys(form), "130", reason="source")
    assert signed_pdf(nurse, form) is None and form_pdf(nurse, form, "en") != done.pdf


def _sys(form):
    from crf_app.model.keys import ItemKey

    return ItemKey(form, "IG.VS", "I.VS.SYSBP")


@pytest.mark.requirement("law 8")
def test_a_correction_breaks_the_signature_in_its_own_transaction_and_for_ever(
    signed, form, session, records
):
    nurse = session("nurse")
    done = enter_value(nurse, _sys(form), "130", reason="source")
    (view,) = form_page(nurse, form).signatures
    assert (view.valid, view.broken_by) == (False, done.ids[1])
    enter_value(nurse, _sys(form), "128", reason="no, it was right")
    assert not form_page(nurse, form).signature.valid


def test_signing_again_after_a_correction_is_a_new_signature(signed, form, session, password):
    enter_value(session("nurse"), _sys(form), "130", reason="source")
    investigator = session("investigator")
    sign_form(investigator, form, password, "approval", "zh")
    assert [one.valid for one in form_page(investigator, form).signatures] == [False, True]
    assert verify(investigator).sound


@pytest.mark.requirement("demand 7")
def test_a_laboratory_value_breaks_the_signatures_of_the_scores_in_its_own_transaction(
    nurse, at, session, password, records
):
    forms = _scores(nurse, at)
    investigator = session("investigator")
    for key in forms.values():
        sign_form(investigator, key, password, "approval")
    nurse = session("nurse")
    end = nurse.store.end.seq
    done = enter_value(nurse, at("SE.V1", "LBC.BILI"), "60", reason="laboratory sent a correction")
    ids = {one.key.rpartition("/")[2]: one.id for one in records(nurse, end) if one.kind.startswith("item.")}
    broken = {name: form_page(nurse, key).signature for name, key in forms.items()}
    assert not any(view.valid for view in broken.values())
    assert broken["F.LBC"].broken_by == ids["I.LBC.BILI"] and broken["F.CP"].broken_by in set(ids.values())
    assert broken["F.MELD"].broken_by in set(done.ids)
    from crf_app.actions.casebook import casebook

    cells = casebook(nurse, at.uid).cells
    assert {cells["SE.V1", name].state for name in forms} <= {"resign", "soft", "hard", "query"}
    assert verify(nurse).sound


def _scores(nurse, at):
    """Chemistry, coagulation, Child-Pugh and MELD of day 1, filled, answered and complete."""
    from crf_app.actions.findings import answer_finding

    said = {
        "F.LBC": {"LBC.LBPERF": "Y", "LBC.LBDAT": "2026-11-20", "LBC.LBTIM": "07:30", "LBC.ALB": "30",
                  "LBC.BILI": "30", "LBC.CREAT": "80", "LBC.SODIUM": "137"},
        "F.LBG": {"LBG.LBPERF": "Y", "LBG.LBDAT": "2026-11-20", "LBG.LBTIM": "07:30", "LBG.INR": "1.4"},
        "F.CP": {"CP.RSPERF": "Y", "CP.RSDAT": "2026-11-20", "CP.X_HEGRD": "0", "CP.X_ASCG": "0",
                 "CP.X_ASCDIUR": "N", "CP.X_CPCOAG": "INR", "CP.X_CPALBIN": "N"},
        "F.MELD": {"MELD.RSPERF": "Y", "MELD.X_DIAL": "N"},
    }  # fmt: skip
    for values in said.values():
        for variable, text in values.items():
            enter_value(nurse, at("SE.V1", variable), text)
    for name in said:
        key = at.form("SE.V1", name)
        for _ in range(3):
            empty = nurse.subject(at.uid).state(key).empty_mandatory
            judged = {local: "N" if ".X_CS" in local or local.endswith("CLSIG") else "!ND" for local in empty}
            enter_form(nurse, key, {local: _fit(nurse, key, local, text) for local, text in judged.items()})
        for point in form_page(nurse, key).open_points:
            if point.kind == "soft":
                answer_finding(nurse, point.key, point.check, "as on the report")
        complete_form(nurse, key)
    return {name: at.form("SE.V1", name) for name in said if name != "F.LBG"}


def _fit(nurse, key, local, text):
    item = nurse.subject(key.subject).state(key).items[local].item
    return "N" if item.companion_of and item.code_list else text


# refused


def test_only_a_complete_form_is_signed(nurse, at, vital_signs, session, password):
    vital_signs(nurse, at)
    investigator = session("investigator")
    for act in (signing_sheet, lambda s, key: sign_form(s, key, password, "approval")):
        with pytest.raises(WrongState):
            act(investigator, at.form("SE.V1", "F.VS"))


@pytest.mark.requirement("demand 13")
def test_a_wrong_password_is_recorded_slowed_and_signs_nothing(form, session, password, records, clock):
    investigator = session("investigator")
    end = investigator.store.end.seq
    for _ in range(5):
        with pytest.raises(WrongPassword) as refusal:
            sign_form(investigator, form, "not the password at all", "approval")
    assert refusal.value.details["wait_seconds"] == 30
    with pytest.raises(WrongPassword):
        sign_form(investigator, form, password, "approval")
    found = records(investigator, end)
    assert [one.kind for one in found] == ["session.start"] + ["session.fail"] * 6
    assert not any("password at all" in (one.value or "") for one in found)
    assert form_page(investigator, form).signature is None
    clock.move(seconds=31)
    sign_form(investigator, form, password, "approval")


def test_a_meaning_that_the_study_does_not_have_is_refused(form, session, password):
    investigator = session("investigator")
    end = investigator.store.end.seq
    with pytest.raises(ValueRejected):
        sign_form(investigator, form, password, "blessing")
    assert investigator.store.end.seq == end


@pytest.mark.requirement("demand 6")
@pytest.mark.parametrize("user", ["nurse", "coordinator", "admin"])
@pytest.mark.parametrize("meaning", ["authorship", "approval"])
def test_who_is_not_the_investigator_signs_nothing_and_the_refusal_is_recorded(
    form, session, password, records, user, meaning
):
    person = session(user)
    end = person.store.end.seq
    with pytest.raises(NotAllowed):
        sign_form(person, form, password, meaning)
    assert [one.kind for one in records(person, end)] == ["session.start", "session.refuse"]


def new_investigator(home, session, clock):
    admin = session("admin")
    add_user(admin, "second", "Made-up Second", "investigator", ONCE, cost=LIGHT)
    person = session("second", password=ONCE)
    change_password(person, ONCE, "another made-up phrase", cost=LIGHT)
    return lambda: session("second", password="another made-up phrase")


def test_without_certificate_and_witness_nobody_signs(form, home, session, clock, records, password):
    second = new_investigator(home, session, clock)
    for step, word in (
        (lambda: certify(session("admin"), "second"), "certificate"),
        (lambda: None, "witness"),
    ):
        person = second()
        end = person.store.end.seq
        with pytest.raises(NotCertified, match=word):
            sign_form(person, form, "another made-up phrase", "approval")
        with pytest.raises(NotCertified, match=word):
            signing_sheet(person, form)
        found = records(person, end)
        assert [one.kind for one in found] == ["session.start", "session.refuse", "session.refuse"]
        assert json.loads(found[1].value)["code"] == word
        step()
    with pytest.raises(NotAllowed):
        witness(second(), "second")
    witness(session("coordinator"), "second")
    person = second()
    sign_form(person, form, "another made-up phrase", "approval")
    assert form_page(person, form).signature.name == "Made-up Second"


# reopening


def test_reopening_needs_a_reason_and_a_complete_form(form, session, records):
    investigator = session("investigator")
    with pytest.raises(ReasonRequired):
        reopen_form(investigator, form, " ")
    reopen_form(investigator, form, "one value is missing")
    assert (records(investigator)[-1].value, records(investigator)[-1].reason) == (
        "open",
        "one value is missing",
    )
    with pytest.raises(WrongState):
        reopen_form(investigator, form, "again")


def test_completing_twice_is_refused(form, session):
    with pytest.raises(WrongState):
        complete_form(session("nurse"), form)


def test_the_certificate_of_the_signer_is_issued_by_the_site(signed, home, clock, password):
    _, investigator = signed
    from crf_app.actions.people.accounts import certificates
    from crf_app.actions.printing.paper import issued_here

    mine = certificates(investigator)["investigator"]
    assert issued_here(investigator, mine.der) and b64(mine.der)
    sign_out(investigator)
    again = sign_in(home, "investigator", password, clock)
    assert certificates(again)["investigator"] == mine
    sign_out(again)
