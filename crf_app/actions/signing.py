"""Sign a form: what is signed is shown, the password is asked, one transaction binds it all.

One act, two renderings that must agree: the ledger record `sign.make` with `covers` and `digest` decides
valid or broken, and the signed canonical record (values, manifestation, ECDSA) is what the person and the
PDF sign.  A later change breaks the signature in its own transaction.  (21 CFR 11.50, 11.70, 11.200)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crf_app.actions.accounts import Certified, certificates
from crf_app.actions.changes import Changes
from crf_app.actions.form_page import FormPage, form_page
from crf_app.actions.paper import Language, drawing_of_form, record_of_form
from crf_app.actions.session import Session, check_password
from crf_app.actions.standing import BLOCKING
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.record_signature import record_hash, sign_record
from crf_app.errors import NotCertified, ValueRejected, WrongState
from crf_app.model.clock import local_text, offset_text, utc_text
from crf_app.model.definition import Meaning
from crf_app.model.keys import FormKey
from crf_app.model.record import Draft, cover
from crf_app.model.workflow import Facts, Step
from crf_app.rules.fold import fold_form
from crf_app.store import reads


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the signing page shows: the form, its hash, the meanings this person may choose."""

    page: FormPage
    values: int
    changed: int
    answered_checks: int
    record_sha256: str
    meanings: tuple[Meaning, ...]
    signed_as: str
    at: str

    def will_read(self, meaning: Meaning, language: str) -> str:
        """The line as it will print."""
        return f"{self.signed_as}, {self.at}, {meaning.text.in_language(language)}"


@dataclass(frozen=True, slots=True)
class Signed:
    changes: Changes
    pdf: bytes
    sha256: str
    record_sha256: str
    file_name: str


def signing_sheet(session: Session, key: FormKey) -> Sheet:
    """What would be signed now.  Raises NotAllowed, NotCertified, WrongState."""
    _certificate(session, key, Step.SIGN_APPROVE)
    page = form_page(session, key)
    _check_state(page)
    lines = [line for line in page.lines if not line.state.answer.empty]
    meanings = tuple(one for one in page.study.meanings if session.role in one.roles)
    stamp = session.stamp()
    return Sheet(
        page,
        len(lines),
        sum(line.steps > 1 for line in lines if not line.state.item.derived),
        sum(len(line.settled) for line in lines),
        record_hash(record_of_form(session, page)),
        meanings,
        session.name,
        local_text(stamp.at, stamp.offset),
    )


def sign_form(
    session: Session, key: FormKey, password: str, meaning_code: str, language: Language = "en"
) -> Signed:
    """Sign with the person's own key, which only the password opens.

    Raises WrongPassword, AccountLocked, NotAllowed, NotCertified, WrongState, ValueRejected (meaning).
    """
    field = "author" if meaning_code == "authorship" else "investigator"
    mine = _certificate(session, key, Step.SIGN_AUTHOR if field == "author" else Step.SIGN_APPROVE)
    study = session.subject(key.subject).edition(key).study
    meaning = next((one for one in study.meanings if one.code == meaning_code), None)
    if meaning is None or session.role not in meaning.roles:
        raise ValueRejected("Choose what the signature means.", "请选择签名含义。", where=meaning_code)
    page = form_page(session, key)
    _check_state(page)
    check_password(session, password)
    return _sign(session, page, mine, meaning, field, language)


def _certificate(session: Session, key: FormKey, step: Step) -> Certified:
    mine = certificates(session).get(session.user)
    facts = Facts(session.must_change, mine is not None, mine is not None and bool(mine.witnesses))
    refusal = session.verdict(step, facts)
    if session.verdict(step).allowed and not refusal.allowed:
        session.record_refusal(step, refusal, str(key))
        raise NotCertified(refusal.en, refusal.zh, where=session.user)
    session.require(step, str(key), facts)
    assert mine is not None  # `may` refuses without a certificate
    return mine


def _check_state(page: FormPage) -> None:
    if page.status != "complete":
        raise WrongState(
            "Complete the form first; then it can be signed.", "请先完成表单，然后签名。", where=str(page.key)
        )
    blocking = [one for one in page.open_points if one.kind in BLOCKING]
    if blocking:
        raise WrongState(
            f"Not signed: {blocking[0].texts['en']}",
            f"未签名：{blocking[0].texts['zh']}",
            where=str(blocking[0].key),
        )


def _sign(
    session: Session, page: FormPage, mine: Certified, meaning: Meaning, field: str, language: Language
) -> Signed:
    from crf_app.export.pdf_sign import Signatory, prepare, sign

    key = session.keys.sign
    if key is None:
        raise NotCertified("Choose your own password first.", "请先设置自己的密码。", where=session.user)
    now = session.clock.now().replace(microsecond=0)
    drawing = drawing_of_form(session, page, language, "S")
    signed = _statement(session, page, drawing.record_sha256, mine, meaning, now, language)
    proof = {"signed": signed, "signature": sign_record(key, signed)}
    signatory = Signatory(mine.der, (session.keys.site_certificate,), key.sign)
    prepared = prepare(drawing, page.study, canonical(proof))
    pdf = sign(prepared, field, meaning.text.in_language(language), signatory, now)
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
        meaning=meaning.code,
        value=canonical(proof | {"pdf_sha256": name, "field": field}).decode(),
    )
    changes = session.commit([draft], {name: pdf})
    file_name = (
        f"{page.header.label}_{page.key.event_oid[3:]}_{page.key.form_oid[2:]}_{now:%Y%m%dT%H%M%S}.pdf"
    )
    return Signed(changes, pdf, name, drawing.record_sha256, file_name)


def _digest(record: dict[str, object]) -> object:
    audit = record["audit"]
    assert isinstance(audit, dict)
    return audit["digest"]


def _statement(
    session: Session,
    page: FormPage,
    record_sha256: str,
    mine: Certified,
    meaning: Meaning,
    now: datetime,
    language: Language,
) -> dict[str, object]:
    """What the ECDSA signature is over (trust rules of the record signature)."""
    return {
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
            "certificate_sha256": mine.sha256,
        },
        "meaning": {"code": meaning.code, "text": meaning.text.in_language(language), "language": language},
        "at": {"utc": utc_text(now), "local": offset_text(now), "source": "device"},
        "components": ["user", "password"],
        "place": {"device": session.device, "seq": session.next_seq},
    }
