"""What a release writes, kept for ever: a small store, a bundle, the definition, and what they hold.

    python tools/make_release.py tests/releases/0.1.0

Run once for each release, with the program of that release; `tests/actions/test_releases.py` opens all of
them with the program of today.  People, subject and keys are made up; the password and central's private key
stand in `said.json`, so nothing here protects anything.
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from crf_app import __version__
from crf_app.actions.completing import complete_form
from crf_app.actions.demo.demo_site import PASSWORD, make_people
from crf_app.actions.demo.made_up_subject import WalkingClock
from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.queries import open_query
from crf_app.actions.rows import add_row
from crf_app.actions.safekeeping.keeping import state_hash, verify
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.actions.signing import sign_form
from crf_app.actions.subjects import add_subject
from crf_app.actions.sync.syncing import make_bundle
from crf_app.crypto.encoding import b64
from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.crypto.passwords import LIGHT
from crf_app.model.keys import FormKey, ItemKey
from crf_app.sync.central_public import CentralPublic

ROOT: Final = Path(__file__).resolve().parents[1]
STUDY: Final = ROOT / "forms" / "demo-vitals"
NIGHT: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def main(out: Path) -> None:
    """Write the folder `out`, which must not be there."""
    out.mkdir(parents=True)
    shutil.copytree(STUDY, out / "definition")
    home, clock = out / "home", WalkingClock(NIGHT)
    make_people(home, STUDY, clock, LIGHT)
    nurse = sign_in(home, "nurse", PASSWORD, clock)
    uid = _entered(nurse)
    sign_out(nurse)
    investigator = sign_in(home, "investigator", PASSWORD, clock)
    open_query(
        investigator, ItemKey(FormKey(uid, "SE.V1", "F.SYM"), "IG.SYMYN", "I.SYM.SYMYN"), "Made up: sure?"
    )
    sign_form(investigator, FormKey(uid, "SE.V1", "F.VS"), PASSWORD, "approval")
    said = _said(investigator, uid, out)
    sign_out(investigator)
    for left in ("attempts.lock", "writer.lock"):
        (home / left).unlink(missing_ok=True)
    (out / "said.json").write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _entered(session: Session) -> str:
    """One made-up subject: a correction with its reason, a calculated value, a row, a complete form."""
    uid = add_subject(session, "D001").subject
    visit = FormKey(uid, "SE.V1", "F.SV")
    enter_form(session, visit, {"IG.SV/I.SV.SVSTDAT": "2026-11-20", "IG.SV/I.SV.SEX": "F"})
    signs = FormKey(uid, "SE.V1", "F.VS")
    typed = {"SYSBP": "128", "DIABP": "80", "HEIGHT": "162", "WEIGHT": "55.0"}
    enter_form(session, signs, {f"IG.VS/I.VS.{name}": text for name, text in typed.items()})
    enter_value(session, ItemKey(signs, "IG.VS", "I.VS.SYSBP"), "126", reason="transcription, made up 虚构")
    complete_form(session, signs)
    symptoms = FormKey(uid, "SE.V1", "F.SYM")
    enter_form(session, symptoms, {"IG.SYMYN/I.SYM.SYMYN": "Y"})
    row = add_row(session, symptoms, "IG.SYM").row
    enter_value(session, ItemKey(symptoms, row, "I.SYM.TERM"), "HEADACHE")
    return uid


def _said(session: Session, uid: str, out: Path) -> dict[str, object]:
    """What must be found in them by every later program."""
    keys, box = Ed25519Key.generate(), X25519Key.generate()
    central = CentralPublic(session.study.oid, session.env, keys.public, box.public).encoded()
    bundle = make_bundle(session, out / "bundle.crf", central)
    report = verify(session)
    assert report.sound, report.problems
    page = form_page(session, FormKey(uid, "SE.V1", "F.VS"))
    return {
        "program": __version__,
        "made_up": True,
        "password": PASSWORD,
        "subject": uid,
        "records": report.records,
        "state_hash": state_hash(session),
        "head": session.store.end.hash.hex(),
        "definition": session.study.sha256,
        "values": {line.key.path: line.state.answer.value for line in page.lines},
        "signed": page.signature is not None and page.signature.valid,
        "bundle_records": bundle.records,
        "device_key": b64(session.keys.device.sign.public),
        "central_box": b64(box.raw),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
