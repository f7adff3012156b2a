"""An insider with the data key, who also derives the device's key, writes what chain and seal accept."""

from __future__ import annotations

import json

import pytest

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.signing import sign_form
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import make_site_certificate, make_user_certificate
from crf_app.crypto.encoding import b64, fingerprint
from crf_app.crypto.keys import P256Key
from crf_app.crypto.record_signature import sign_record
from crf_app.model.record import Draft, cover, cover_digest
from crf_app.rules.fold import fold_form
from crf_app.store import reads

FORGED = "audit_record"  # not sealed by whom it names: `test_attack_seals.py`


@pytest.fixture
def form(nurse, at, vital_signs):
    vital_signs(nurse, at)
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    return at.form("SE.V1", "F.VS")


@pytest.fixture
def genuine(form, session, password, records):
    """The investigator's genuine signature, which a later correction broke; and the insider's session."""
    investigator = session("investigator")
    sign_form(investigator, form, password, "approval")
    made = records(investigator, kind="sign.make")[-1]
    insider = session("nurse")
    assert verify(insider).sound
    return made, insider


def write(insider, form, made, said, user="investigator", role="investigator"):
    """A signature record over the form as it is now, in the investigator's name."""
    present = fold_form(
        form.subject, form.path, reads.records_of_form(insider.store.conn, form)
    ).present_ids()
    insider.commit(
        [
            Draft(
                "sign.make",
                subject=form.subject,
                key=form.path,
                covers=cover(present),
                digest=cover_digest(form.path, present),
                meaning=made.meaning,
                value=canonical(said).decode(),
                user=user,
                role=role,
            )
        ]
    )


def places(session):
    return [one["where"].split()[0] for one in verify(session).problems]


def test_a_genuine_signature_moved_to_other_answers_is_found(genuine, form, at):
    made, insider = genuine
    enter_value(insider, at("SE.V1", "VS.SYSBP"), "150", reason="made-up reason")
    assert verify(insider).sound
    write(insider, form, made, json.loads(made.value))
    assert form_page(insider, form).signatures[-1].valid  # the fold alone believes it
    assert places(insider) == [FORGED, "signature"]


@pytest.mark.parametrize("change", ["meaning", "name", "signature", "role"])
def test_a_changed_statement_is_found(genuine, form, change):
    made, insider = genuine
    said = json.loads(made.value)
    if change == "signature":
        said["signature"] = b64(P256Key.generate().sign(b"other"))
    elif change == "meaning":
        said["signed"]["meaning"]["text"] = "something else"
    else:
        said["signed"]["signer"][change] = "somebody else"
    write(insider, form, made, said)
    assert places(insider) == [FORGED, "signature"]


def test_a_signature_with_a_certificate_of_ones_own_making_is_found(genuine, form, clock):
    made, insider = genuine
    root_key, key = P256Key.generate(), P256Key.generate()
    root = make_site_certificate(root_key, "HUCMSC", "001", clock.now())
    der = make_user_certificate(root_key, root, key.public, "investigator", "Made-up", clock.now())
    issued = {"certificate": b64(der), "fingerprint": fingerprint(key.public), "sha256": sha256(der)}
    insider.commit([Draft("key.certify", key="investigator", value=canonical(issued).decode(), user="admin")])
    said = json.loads(made.value)
    said["signed"]["signer"]["certificate_sha256"] = sha256(der)
    said["signature"] = sign_record(key, said["signed"])
    write(insider, form, made, said)
    assert places(insider) == [FORGED, FORGED, "certificate", "signature"]


@pytest.mark.parametrize("value", ["", "[]", "{}", '{"signed":[]}', '{"signed":{"signer":1,"target":2}}'])
def test_a_signature_that_says_nothing_is_found(genuine, form, value):
    made, insider = genuine
    write(insider, form, made, json.loads(value or "null"))
    assert places(insider) == [FORGED, "signature"]
