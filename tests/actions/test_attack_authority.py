"""Attacks from inside: invented witnesses, stale explanations, probing by those who may not read."""

from __future__ import annotations

import json

import pytest

from crf_app.actions import enter_data, findings, queries
from crf_app.actions.people import accounts
from crf_app.actions.standing import open_points
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import make_site_certificate, make_user_certificate
from crf_app.crypto.encoding import b64, fingerprint, unb64
from crf_app.crypto.keys import P256Key
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import NotAllowed
from crf_app.model.record import Draft
from crf_app.store import reads
from crf_app.store.vault_file import people_slots, read_vault

ONCE = "one-time made-up words"
PULSE = ("SE.V1", "VS.PULSE")


def newcomer(session, clock, home, password, user, role):
    """A person whom the administrator made up, with an own password and a certificate."""
    from crf_app.actions.session import sign_in, sign_out

    accounts.add_user(session("administrator"), user, "Made-up Newcomer", role, ONCE, cost=LIGHT)
    session("nurse").store.close()
    person = sign_in(home, user, ONCE, clock)
    accounts.change_password(person, ONCE, password, cost=LIGHT)
    sign_out(person)


@pytest.fixture
def invented(session, clock, home, password):
    """Two people of one administrator's making, certified and without a witness."""
    for user, role in (("x1", "coordinator"), ("x2", "investigator")):
        newcomer(session, clock, home, password, user, role)
    admin = session("administrator")
    for user in ("x1", "x2"):
        accounts.certify(admin, user)


def test_an_invented_witness_does_not_make_an_invented_signer(invented, session, records):
    stranger = session("x1")
    with pytest.raises(NotAllowed) as refused:
        accounts.witness(stranger, "x2")
    assert refused.value.details["code"] == "witness"
    assert records(stranger)[-1].kind == "session.refuse"


def test_who_has_a_witness_may_be_one(invented, session):
    accounts.witness(session("investigator"), "x1")
    accounts.witness(session("x1"), "x2")
    known = {one.user for one in accounts.list_users(session("x1")) if one.witnessed}
    assert {"x1", "x2"} <= known


def test_a_certificate_that_another_authority_issued_counts_for_nothing(invented, session, clock):
    admin = session("administrator")
    before = accounts.certificates(admin)["x2"]
    public = next(slot for slot in people_slots(read_vault(admin.home)) if slot["id"] == "x2")["sign_public"]
    key = P256Key.generate()
    root = make_site_certificate(key, "HUCMSC", "001", clock.now())
    der = make_user_certificate(key, root, unb64(public), "x2", "Made-up Newcomer", clock.now())
    said = {"certificate": b64(der), "fingerprint": fingerprint(unb64(public)), "sha256": sha256(der)}
    admin.commit([Draft("key.certify", key="x2", value=canonical(said).decode())])
    assert accounts.certificates(admin)["x2"] == before


def hard_points(session, at):
    data = session.subject(at.uid)
    return [one for one in open_points(session, data, at.form("SE.V1", "F.VS")) if one.kind == "hard"]


def test_an_explanation_of_an_earlier_value_does_not_settle_a_hard_finding(nurse, at, session):
    enter_data.enter_value(nurse, at("SE.V1", "VS.VSPERF"), "Y")
    enter_data.enter_value(nurse, at(*PULSE), "350")
    check = hard_points(nurse, at)[0].check
    findings.answer_finding(session("investigator"), at(*PULSE), check, "device was checked")
    assert not hard_points(session("nurse"), at)
    enter_data.enter_value(session("nurse"), at(*PULSE), "360")
    investigator = session("investigator")
    assert hard_points(investigator, at)
    thread = next(one for one in queries.queries(investigator, at.uid) if one.check == check)
    investigator.commit(
        [
            Draft(
                "query.close",
                subject=at.uid,
                key=thread.key.path,
                thread=thread.thread,
                parents=reads.query_of_thread(investigator.store.conn, thread.thread).heads,
                reason="closed by the monitor",
                user="made-up monitor",
                role="monitor",
            )
        ]
    )
    assert hard_points(investigator, at)


@pytest.mark.parametrize("thread", ["Q-0000000000000000", "no thread"])
def test_the_administrator_learns_nothing_by_answering(session, records, thread):
    admin = session("administrator")
    with pytest.raises(NotAllowed):
        queries.answer_query(admin, thread, "text")
    assert json.loads(records(admin)[-1].value)["step"] == "answer_query"


def test_the_administrator_learns_no_finding(nurse, at, session):
    enter_data.enter_value(nurse, at(*PULSE), "350")
    with pytest.raises(NotAllowed):
        findings.answer_finding(session("administrator"), at(*PULSE), "RC.nothing", "text")
