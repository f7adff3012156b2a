"""A withdrawn certificate (law L18): before stays valid, after is refused, a forged one is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crf_app.actions.completing import complete_form
from crf_app.actions.form_page import form_page
from crf_app.actions.people import accounts, people_changes
from crf_app.actions.people.accounts import certificates, certify, change_password, list_users, witness
from crf_app.actions.people.revoking import revocation_list, revoke_certificate
from crf_app.actions.printing.checking_paper import verify_pdf
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.signing import sign_form
from crf_app.crypto.certificates import is_list_of
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import NotAllowed, NotCertified, NotFound, ReasonRequired, WrongState

ONCE = "one-time made-up words"


@pytest.fixture
def form(nurse: Any, at: Any, vital_signs: Any) -> Any:
    vital_signs(nurse, at)
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    return at.form("SE.V1", "F.VS")


def row(session: Any, user: str) -> Any:
    return next(one for one in list_users(session) if one.user == user)


@pytest.mark.requirement("L18")
def test_before_stays_valid_and_after_is_refused(
    form: Any, session: Any, password: str, records: Any
) -> None:
    made = sign_form(session("investigator"), form, password, "approval")
    site = session("investigator").keys.site_certificate
    assert verify_pdf(made.pdf, [site]).state.value == "valid"
    admin = session("admin")
    revoke_certificate(admin, "investigator", "made-up: the password was seen")
    (record,) = records(admin, kind="key.revoke")
    assert (record.user, record.key, record.reason) == (
        "admin", "investigator", "made-up: the password was seen",
    )  # fmt: skip
    assert verify_pdf(made.pdf, [site], revocation_list(admin)).state.value == "revoked signer"
    assert verify_pdf(made.pdf, [site], b"no list").exit_code == 4
    assert verify(admin).sound and not row(admin, "investigator").certified
    doctor = session("investigator")
    assert [one.valid for one in form_page(doctor, form).signatures] == [True]
    with pytest.raises(NotCertified):
        sign_form(doctor, form, password, "review")
    assert verify(doctor).sound


@pytest.mark.requirement("L18")
def test_a_later_signature_by_another_program_is_named(
    form: Any, session: Any, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an insider with a changed program would make it: the certificate is taken for one in force."""
    admin = session("admin")
    revoke_certificate(admin, "investigator", "made up")
    doctor = session("investigator")
    with monkeypatch.context() as changed:
        changed.setattr(accounts, "revoked", lambda _: {})
        made = sign_form(doctor, form, password, "approval")
    (problem,) = verify(doctor).problems
    assert problem["where"] == f"signature {made.changes.ids[-1][:16]}" and "withdrawn" in problem["en"]


def test_the_same_key_is_never_certified_again_but_a_new_one_is(
    home: Any, session: Any, clock: Any, form: Any, password: str
) -> None:
    admin = session("admin")
    revoke_certificate(admin, "investigator", "made up")
    with pytest.raises(WrongState):
        certify(admin, "investigator")
    with pytest.raises(WrongState):
        witness(admin, "investigator")
    people_changes.reset_user(admin, "investigator", ONCE, "made up", cost=LIGHT)
    sign_out(admin)
    doctor = sign_in(home, "investigator", ONCE, clock)
    change_password(doctor, ONCE, password, cost=LIGHT)
    sign_out(doctor)
    certify(session("admin"), "investigator")
    witness(session("coordinator"), "investigator")
    doctor = session("investigator")
    sign_form(doctor, form, password, "approval")
    assert verify(doctor).sound


def test_the_list_is_the_sites_and_holds_every_withdrawn_certificate(session: Any, clock: Any) -> None:
    from cryptography.x509 import load_der_x509_crl

    admin = session("admin")
    with pytest.raises(NotFound):
        revocation_list(admin)
    for count, user in enumerate(("investigator", "nurse"), 1):
        clock.move(days=1)
        revoke_certificate(admin, user, "made up")
        found = revocation_list(admin)
        assert is_list_of(found, admin.keys.site_certificate)
        assert len(list(load_der_x509_crl(found))) == count
    assert set(certificates(admin)) == {"admin", "coordinator"}


def test_who_may_not_and_what_is_missing(session: Any, records: Any) -> None:
    nurse = session("nurse")
    with pytest.raises(NotAllowed):
        revoke_certificate(nurse, "investigator", "made up")
    admin = session("admin")
    for user, reason, refusal in (
        ("investigator", " ", ReasonRequired),
        ("nobody", "made up", NotFound),
    ):
        with pytest.raises(refusal):
            revoke_certificate(admin, user, reason)
    revoke_certificate(admin, "investigator", "made up")
    with pytest.raises(NotFound):
        revoke_certificate(admin, "investigator", "again")
    assert len(records(admin, kind="key.revoke")) == 1
    assert json.loads(records(admin, kind="key.revoke")[0].value)["certificate_sha256"]
