"""Sign a form, or every form of a visit: the password is asked, one transaction binds it all.

One act, two renderings that must agree: the ledger record `sign.make` with `covers` and `digest` decides
valid or broken, and the signed canonical record (values, manifestation, ECDSA) is what the person and the
PDF sign.  Each form has its own signature and its own PDF, so that a later change breaks only that form's, in
its own transaction.  What would be signed is `to_sign.py`.  (21 CFR 11.50, 11.70, 11.200)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crf_app.actions.changes import Changes
from crf_app.actions.form_page import FormPage
from crf_app.actions.people.accounts import Certified
from crf_app.actions.printing.paper import Language, drawing_of_form
from crf_app.actions.session import Session, check_password
from crf_app.actions.to_sign import (
    Covered,
    LeftOut,
    Sheet,
    certificate,
    covered,
    forms_of_visit,
    hash_of_visit,
    signing_sheet,
    visit_sheet,
)
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.keys import P256Key
from crf_app.crypto.record_signature import sign_record
from crf_app.errors import NotCertified, ValueRejected, WrongState
from crf_app.model.clock import offset_text, utc_text
from crf_app.model.definition import Meaning, Study
from crf_app.model.keys import FormKey
from crf_app.model.progress import Progress, silent
from crf_app.model.record import Draft, cover
from crf_app.model.workflow import Step
from crf_app.rules.fold import fold_form
from crf_app.store import reads

__all__ = ["Sheet", "Signed", "SignedVisit", "sign_form", "sign_visit", "signing_sheet", "visit_sheet"]


@dataclass(frozen=True, slots=True)
class Signed:
    """One signed form; `sha256` names its PDF in the store."""

    changes: Changes
    pdf: bytes
    sha256: str
    record_sha256: str
    file_name: str
    key: FormKey


@dataclass(frozen=True, slots=True)
class SignedVisit:
    """All that one act signed, and the forms it left out; `sha256` as in `Sheet`."""

    changes: Changes
    forms: tuple[Signed, ...]
    left_out: tuple[LeftOut, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class _Act:
    """What is the same for every form that one act signs; `together` names all of them."""

    mine: Certified
    key: P256Key
    meaning: Meaning
    field: str
    language: Language
    now: datetime
    together: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """One form, signed but not yet stored."""

    draft: Draft
    pdf: bytes
    sha256: str
    one: Covered


def sign_form(
    session: Session, key: FormKey, password: str, meaning_code: str, language: Language = "en"
) -> Signed:
    """Sign with the person's own key, which only the password opens.

    Raises WrongPassword, AccountLocked, NotAllowed, NotCertified, WrongState, ValueRejected (meaning).
    """
    mine = certificate(session, str(key), _step(meaning_code))
    meaning = _meaning(session, session.subject(key.subject).edition(key).study, meaning_code)
    one = covered(session, key)
    check_password(session, password)
    act = _act(session, mine, meaning, language)
    prepared = _prepare(session, one, act, session.next_seq)
    changes = session.commit([prepared.draft], {prepared.sha256: prepared.pdf})
    return _signed(prepared, changes, act.now)


def sign_visit(
    session: Session,
    uid: str,
    event: str,
    password: str,
    meaning_code: str,
    language: Language = "en",
    *,
    shown: str = "",
    progress: Progress = silent,
) -> SignedVisit:
    """Sign every form of a visit that can be signed now: one password, one meaning, one transaction.

    All of them are signed or none.  `shown` is the hash that the person saw (`Sheet.sha256`): another one is
    refused.  `progress` counts forms; stopped by it, nothing is signed.

    Raises WrongPassword, AccountLocked, NotAllowed, NotCertified, WrongState, ValueRejected (meaning),
    NotFound, Cancelled.
    """
    mine = certificate(session, f"{uid}/{event}", _step(meaning_code))
    meaning = _meaning(session, session.study, meaning_code)
    forms, left_out = forms_of_visit(session, uid, event)
    whole = hash_of_visit(forms)
    if shown and shown != whole:
        raise _moved(event)
    check_password(session, password)
    act = _act(session, mine, meaning, language, {"forms": len(forms), "sha256": whole})
    start, seq = session.store.end.seq, session.next_seq
    prepared = []
    for number, one in enumerate(forms):
        progress(number, len(forms))
        prepared.append(_prepare(session, one, act, seq + number))
    progress(len(forms), len(forms))
    if session.store.end.seq != start:
        raise _moved(event)
    changes = session.commit([one.draft for one in prepared], {one.sha256: one.pdf for one in prepared})
    return SignedVisit(
        changes, tuple(_signed(one, changes, act.now) for one in prepared), tuple(left_out), whole
    )


def _moved(event: str) -> WrongState:
    return WrongState(
        "Something of this visit was saved meanwhile. Nothing is signed; look at it again.",
        "其间本访视有新的保存，未签名，请重新查看。",
        where=event,
    )


def _step(meaning_code: str) -> Step:
    return Step.SIGN_AUTHOR if meaning_code == "authorship" else Step.SIGN_APPROVE


def _meaning(session: Session, study: Study, code: str) -> Meaning:
    found = next((one for one in study.meanings if one.code == code), None)
    if found is None or session.role not in found.roles:
        raise ValueRejected("Choose what the signature means.", "请选择签名含义。", where=code)
    return found


def _act(
    session: Session,
    mine: Certified,
    meaning: Meaning,
    language: Language,
    together: dict[str, object] | None = None,
) -> _Act:
    key = session.keys.sign
    if key is None:
        raise NotCertified("Choose your own password first.", "请先设置自己的密码。", where=session.user)
    field = "author" if meaning.code == "authorship" else "investigator"
    now = session.clock.now().replace(microsecond=0)
    return _Act(mine, key, meaning, field, language, now, together)


def _prepare(session: Session, one: Covered, act: _Act, seq: int) -> _Prepared:
    """The signature of one form as it will stand at place `seq` of the chain, and its PDF."""
    from crf_app.export.pdf_sign import Signatory, prepare, sign

    page = one.page
    drawing = drawing_of_form(session, page, act.language, "S")
    signed = _statement(session, page, drawing.record_sha256, act, seq)
    proof = {"signed": signed, "signature": sign_record(act.key, signed)}
    signatory = Signatory(act.mine.der, (session.keys.site_certificate,), act.key.sign)
    unsigned = prepare(drawing, page.study, canonical(proof))
    pdf = sign(unsigned, act.field, act.meaning.text.in_language(act.language), signatory, act.now)
    name = sha256(pdf)
    present = fold_form(
        page.key.subject, page.key.path, reads.records_of_form(session.store.conn, page.key)
    ).present_ids()
    draft = Draft(
        "sign.make",
        subject=page.key.subject,
        key=page.key.path,
        covers=cover(present),
        digest=str(_digest(drawing.record)),
        meaning=act.meaning.code,
        value=canonical(proof | {"pdf_sha256": name, "field": act.field}).decode(),
    )
    return _Prepared(draft, pdf, name, one)


def _signed(one: _Prepared, changes: Changes, now: datetime) -> Signed:
    page = one.one.page
    file_name = (
        f"{page.header.label}_{page.key.event_oid[3:]}_{page.key.form_oid[2:]}_{now:%Y%m%dT%H%M%S}.pdf"
    )
    return Signed(changes, one.pdf, one.sha256, one.one.record_sha256, file_name, page.key)


def _digest(record: dict[str, object]) -> object:
    audit = record["audit"]
    assert isinstance(audit, dict)
    return audit["digest"]


def _statement(
    session: Session, page: FormPage, record_sha256: str, act: _Act, seq: int
) -> dict[str, object]:
    """What the ECDSA signature is over (trust rules of the record signature).

    `together` is there when one act signed several forms: how many, and the hash of all their records.
    """
    text = act.meaning.text.in_language(act.language)
    said: dict[str, object] = {
        "format": "crf-signature/1",
        "record_sha256": record_sha256,
        "target": {
            "level": "form",
            "study": session.study.oid,
            "site": session.site,
            "subject": page.key.subject,
            "event": page.key.event,
            "form": page.key.form,
        },
        "signer": {
            "user": session.user,
            "name": session.name,
            "role": session.role,
            "certificate_sha256": act.mine.sha256,
        },
        "meaning": {"code": act.meaning.code, "text": text, "language": act.language},
        "at": {"utc": utc_text(act.now), "local": offset_text(act.now), "source": "device"},
        "components": ["user", "password"],
        "place": {"device": session.device, "seq": seq},
    }
    return said | {"together": act.together} if act.together else said
