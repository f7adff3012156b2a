"""`pdf verify`: what a PDF of ours is worth, by more rules than a PDF viewer knows.

pyHanko says whether bytes, signer and permitted changes are right.  Beyond that a file is valid only when
the first signature certifies and is the first increment after preparation, nothing follows the last one,
every field is signed by a person who may, and the bytes are exactly those that this program makes from the
drawing inside it: pages, attachments, fields and stamps are made again and compared.

States, worst first, stand in `State`; exit codes: valid 0, changed since 6, all others 4.
A hostile file is judged, never followed: nothing is fetched, every reading fault has a state.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from io import BytesIO
from typing import Any, Final

import pydantic

from crf_app.crypto.canonical import sha256
from crf_app.crypto.certificates import read_certificate
from crf_app.crypto.record_signature import verify_record
from crf_app.errors import CrfError, SignatureBroken, TooNew
from crf_app.export.file_marks import FileMarks, marks_of
from crf_app.export.pdf import producer
from crf_app.export.pdf_sign import (
    DEFINITION_FILE,
    DRAWING_FILE,
    RECORD_FILE,
    SIGNATURE_FILE,
    Signatory,
    attached,
    claimed_time,
    prepare,
    sign,
)
from crf_app.export.signature_facts import Judged, judge
from crf_app.model.definition import study_from_bytes
from crf_app.model.drawing import Drawing, drawing_of


class State(Enum):
    """Worst first."""

    NOT_OURS = "not ours"
    BLANK = "blank form"
    COPY = "unsigned copy"
    STRIPPED = "stripped"
    ALTERED = "altered"
    NOT_COVERING = "not covering the whole file"
    UNKNOWN_SIGNER = "unknown signer"
    REVOKED = "revoked signer"
    WRONG_SIGNER = "wrong signer for the field"
    NOT_THE_DRAWING = "not the drawing of its record"
    NOT_CHECKED = "drawing not checked"
    SIGNATURE_MISSING = "signature missing"
    NOT_THIS_RECORD = "not this record"
    CHANGED_SINCE = "valid, record changed since"
    VALID = "valid"


_SENTENCES: Final[Mapping[State, tuple[str, str]]] = {
    State.NOT_OURS: ("This file is not a form of this program.", "此文件不是本程序生成的表单。"),
    State.BLANK: ("This is a blank form. There is nothing to verify.", "这是空白表，没有可核验的内容。"),
    State.COPY: (
        "This is an unsigned copy. Ask for the signed file.",
        "这是未签名副本。请索取已签名的文件。",
    ),
    State.STRIPPED: (
        "This form was made to be signed and carries no signature. Ask for the signed file.",
        "此表应有签名，但文件中没有签名。请索取已签名的文件。",
    ),
    State.ALTERED: (
        "This file was changed after it was signed. Do not use it.",
        "此文件在签名后被改动，请勿使用。",
    ),
    State.NOT_COVERING: (
        "The last signature does not cover the whole file. Do not use it.",
        "最后一个签名未覆盖整个文件，请勿使用。",
    ),
    State.UNKNOWN_SIGNER: (
        "A signer's certificate does not come from the given site. Check the certificate of the site.",
        "签名者的证书不是由所给中心签发。请核对中心证书。",
    ),
    State.REVOKED: (
        "A signer's certificate is revoked. Ask the site which records it still covers.",
        "签名者的证书已被吊销。请向中心确认其仍有效的记录。",
    ),
    State.WRONG_SIGNER: (
        "A field is signed by a person who may not sign there.",
        "某签名域由无权在此签名的人员签署。",
    ),
    State.NOT_THE_DRAWING: (
        "The pages do not show the record inside this file. Do not use it.",
        "页面内容与文件内的记录不一致，请勿使用。",
    ),
    State.NOT_CHECKED: (
        "The signatures hold. The pages were drawn by another version of the program, verify with that one.",
        "签名完好，但页面由其他版本的程序绘制。请用该版本核验。",
    ),
    State.SIGNATURE_MISSING: ("A signature that this form needs is missing.", "此表缺少必需的签名。"),
    State.NOT_THIS_RECORD: (
        "This file holds another record than the one asked for.",
        "此文件是另一条记录，不是所要核验的记录。",
    ),
    State.CHANGED_SINCE: (
        "The signatures are valid. The record was changed since, ask for the new version.",
        "签名有效，但记录此后已更改，请索取新版本。",
    ),
    State.VALID: ("The signatures are valid and the file was not changed.", "签名有效，文件未被改动。"),
}


@dataclass(frozen=True, slots=True)
class SignatureFact:
    """One signature as read: field (role), printed name and user id of the certificate, claimed time."""

    field: str
    name: str
    user: str
    at: str
    meaning: str
    certificate_sha256: str
    trusted: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state, the signatures that were read, and details for a person (not translated, no answers)."""

    state: State
    signatures: tuple[SignatureFact, ...] = ()
    record_sha256: str = ""
    details: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        return {State.VALID: 0, State.CHANGED_SINCE: 6}.get(self.state, 4)

    def sentence(self, language: str = "en") -> str:
        en, zh = _SENTENCES[self.state]
        return zh if language == "zh" else en


@dataclass(frozen=True, slots=True)
class Question:
    """What the file is judged against; what is None is not asked, and the verdict says so.

    `trust`: root certificates (DER).  `crl`: the site's revocation list (DER).  `roles`: field → user ids
    that may sign there.  `record`: members that the record must have (`{"subject": "ZN007", …}`).
    `required`: fields that must be signed, of those that the form has; all of them if it has none of these.
    `current`: SHA-256 of the record as it is now.  `at`: the moment of judging, now if None.
    """

    trust: Sequence[bytes]
    crl: bytes | None = None
    roles: Mapping[str, Collection[str]] | None = None
    record: Mapping[str, object] | None = None
    required: Collection[str] = ("investigator",)
    current: str | None = None
    at: datetime | None = None

    @property
    def unasked(self) -> tuple[str, ...]:
        asked = {"revocation": self.crl, "who may sign": self.roles, "current record": self.current}
        return tuple(f"not checked: {name}" for name, given in asked.items() if given is None)


#: what readers of PDF, ASN.1, JSON and compressed data raise on broken or hostile bytes
_UNREADABLE: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    EOFError,
    OSError,
    MemoryError,
    struct.error,
    zlib.error,
)


def verify(pdf: bytes, question: Question) -> Verdict:
    """The verdict on `pdf`; never raises for what the file holds."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko_certvalidator.errors import CRLValidationError, PathError, ValidationError

    unreadable = (*_UNREADABLE, CrfError, PdfError, PathError, ValidationError, CRLValidationError)
    marks = marks_of(pdf)
    if not marks.ours:
        return Verdict(State.NOT_OURS)
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=True)
        found = list(reader.embedded_regular_signatures)
    except unreadable as fault:
        state = State.ALTERED if b"/ByteRange" in pdf else _unsigned(marks)
        return Verdict(state, details=(f"cannot be read: {type(fault).__name__}",))
    if not found:
        return Verdict(_unsigned(marks))
    try:
        judged = judge(reader, found, question.trust, question.crl, question.at or datetime.now(UTC))
    except unreadable as fault:
        return Verdict(State.ALTERED, details=(f"cannot be judged: {type(fault).__name__}",))
    verdict = _weighed(pdf, reader, judged, question)
    return replace(verdict, details=verdict.details + question.unasked)


def _unsigned(marks: FileMarks) -> State:
    """A copy and a blank form are meant to be unsigned; everything else of ours has lost its signature."""
    if marks.kinds == {"C"}:
        return State.COPY
    if marks.kinds == {"B"} and not marks.record_sha256:
        return State.BLANK
    return State.STRIPPED


def _weighed(pdf: bytes, reader: Any, judged: Sequence[Judged], question: Question) -> Verdict:
    facts = tuple(_fact(one) for one in judged)
    state, details = _signatures_state(pdf, judged, question)
    if state is not State.VALID:
        return Verdict(state, facts, details=details)
    state, drawing, details = _drawing_state(pdf, reader, judged)
    if drawing is None or state is not State.VALID:
        return Verdict(state, facts, details=details)
    state, details = _record_state(reader, drawing, question)
    return Verdict(state, facts, drawing.record_sha256, details)


def _fact(one: Judged) -> SignatureFact:
    at, name = claimed_time(one.when), sha256(one.certificate)
    return SignatureFact(one.field, one.name, one.user, at, one.meaning, name, one.trusted)


def _signatures_state(
    pdf: bytes, judged: Sequence[Judged], question: Question
) -> tuple[State, tuple[str, ...]]:
    """The worst that is wrong with bytes, coverage, signers and fields."""
    faults = tuple(fault for one in judged for fault in one.faults)
    if faults:
        return State.ALTERED, faults
    tail = pdf[pdf.rfind(b"%%EOF") + 5 :].removeprefix(b"\r").removeprefix(b"\n")
    if tail or not judged[-1].to_the_end:
        return State.NOT_COVERING, (f"{len(tail)} bytes after the last end mark",)
    if not all(one.trusted or one.revoked for one in judged):
        return State.UNKNOWN_SIGNER, ()
    if any(one.revoked for one in judged):
        return State.REVOKED, ()
    if question.roles is not None:
        wrong = tuple(one.field for one in judged if one.user not in question.roles.get(one.field, ()))
        if wrong:
            return State.WRONG_SIGNER, wrong
    return State.VALID, ()


def _drawing_state(
    pdf: bytes, reader: Any, judged: Sequence[Judged]
) -> tuple[State, Drawing | None, tuple[str, ...]]:
    """Whether the file is, byte for byte, what this program makes from the drawing inside it."""
    different = State.NOT_THE_DRAWING
    try:
        if str(reader.trailer["/Info"]["/Producer"]) != producer():
            different = State.NOT_CHECKED
        drawing, made = _remade(attached(reader))
        if not pdf.startswith(made):
            return different, drawing, ("the pages are not those of the drawing",)
        if not _same_act(attached(reader), drawing, judged):
            return different, drawing, ("the signed statement inside is not of this record and signer",)
        for one in judged:
            if not _made_again(pdf, made, one):
                return (
                    different,
                    drawing,
                    (f"the signature in {one.field} shows something else than it signs",),
                )
            made = pdf[: one.end]
    except TooNew as refusal:
        return State.NOT_CHECKED, None, (refusal.sentence(),)
    except (CrfError, pydantic.ValidationError, *_UNREADABLE) as fault:
        return State.NOT_THE_DRAWING, None, (f"cannot be drawn: {type(fault).__name__}",)
    return State.VALID, drawing, ()


def _remade(files: Mapping[str, bytes]) -> tuple[Drawing, bytes]:
    """The drawing in the file, and the prepared file that it gives.  Raises SignatureBroken for others."""
    drawing = drawing_of(files[DRAWING_FILE])
    study = study_from_bytes(files[DEFINITION_FILE])
    same_record = files[RECORD_FILE] == drawing.record_bytes()
    if not same_record or drawing.record["definition"]["sha256"] != study.sha256:
        raise SignatureBroken(
            "Record, definition and drawing in this file do not belong together.",
            "此文件内的记录、定义与绘制数据不一致。",
        )
    return drawing, prepare(drawing, study, files.get(SIGNATURE_FILE, b""))


def _same_act(files: Mapping[str, bytes], drawing: Drawing, judged: Sequence[Judged]) -> bool:
    """Whether the record signature in the file, if there is one, was made by a signer of the file over its
    very record: what is signed as data and what is signed as paper are one act."""
    if SIGNATURE_FILE not in files:
        return True
    proof = json.loads(files[SIGNATURE_FILE])
    signed, signature = proof["signed"], proof["signature"]
    owner = {sha256(one.certificate): one.certificate for one in judged}.get(
        signed["signer"]["certificate_sha256"]
    )
    if owner is None or signed["record_sha256"] != drawing.record_sha256:
        return False
    return verify_record(read_certificate(owner).public, signed, signature)


def _made_again(pdf: bytes, before: bytes, one: Judged) -> bool:
    """Whether signing `before` again, with the very signature value, gives the same increment."""
    if len(before) >= one.hole[0]:
        return False
    signatory = Signatory(one.certificate, one.chain, lambda _: one.signature)
    return sign(before, one.field, one.meaning, signatory, one.when) == pdf[: one.end]


def _record_state(reader: Any, drawing: Drawing, question: Question) -> tuple[State, tuple[str, ...]]:
    from pyhanko.sign.fields import enumerate_sig_fields

    signed = {str(name): value is not None for name, value, _ in enumerate_sig_fields(reader)}
    required = [name for name in signed if name in question.required] or list(signed)
    unsigned = tuple(f"not signed: {name}" for name, done in signed.items() if not done)
    if not all(signed[name] for name in required):
        return State.SIGNATURE_MISSING, unsigned
    if any(drawing.record.get(name) != wanted for name, wanted in (question.record or {}).items()):
        return State.NOT_THIS_RECORD, unsigned
    if question.current is not None and question.current != drawing.record_sha256:
        return State.CHANGED_SINCE, unsigned
    return State.VALID, unsigned
