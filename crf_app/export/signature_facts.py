"""What pyHanko says of each signature of a file, as plain facts with the faults it saw.

A fault is what makes a file *altered*: bytes that differ, a change that was not permitted, a first
signature that does not certify.  Trust and revocation are kept apart from it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from crf_app.crypto.certificates import is_issued_by, read_certificate

#: revision of the first signature: 0 drawn, 1 prepared, 2 certified
FIRST_REVISION: Final = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """One signature.  `hole` is the place of its own bytes, `end` the length of the file it signed."""

    field: str
    name: str
    user: str
    meaning: str
    when: datetime
    certificate: bytes
    chain: tuple[bytes, ...]
    signature: bytes
    hole: tuple[int, int]
    end: int
    to_the_end: bool
    trusted: bool
    revoked: bool
    faults: tuple[str, ...]


def judge(
    reader: Any, found: Sequence[Any], trust: Sequence[bytes], crl: bytes | None, at: datetime
) -> list[Judged]:
    """The signatures in their order.  Raises what pyHanko raises on a file it cannot follow."""
    ordered = sorted(found, key=lambda one: one.signed_revision)
    return [
        _one(reader, signature, place, place == len(ordered) - 1, trust, crl, at)
        for place, signature in enumerate(ordered)
    ]


def _one(
    reader: Any,
    signature: Any,
    place: int,
    last: bool,
    trust: Sequence[bytes],
    crl: bytes | None,
    at: datetime,
) -> Judged:
    from pyhanko.sign.validation import validate_pdf_signature

    _keep_quiet()
    status = validate_pdf_signature(signature, _context(trust, crl, at))
    certificate = signature.signer_cert
    subject = certificate.subject.native
    start, length, after, rest = (int(part) for part in signature.byte_range)
    return Judged(
        field=str(signature.field_name),
        name=str(subject.get("common_name", "")),
        user=str(subject.get("serial_number", "")),
        meaning=str(signature.sig_object.get("/Reason", "")),
        when=signature.self_reported_timestamp or datetime.min,
        certificate=certificate.dump(),
        chain=tuple(one.dump() for one in signature.other_embedded_certs),
        signature=bytes(signature.signer_info["signature"].native),
        hole=(length, after),
        end=after + rest,
        to_the_end=not last or (start == 0 and _to_the_end(reader, signature, status)),
        trusted=bool(status.trusted),
        revoked=bool(status.revoked),
        faults=(*_faults(signature, status, place, last), *_stray(signature, trust)),
    )


def _keep_quiet() -> None:
    """pyHanko logs pieces of the file when it finds a change; nothing of a record belongs into a log."""
    logger = logging.getLogger("pyhanko")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _faults(signature: Any, status: Any, place: int, last: bool) -> Iterator[str]:
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation import SignatureCoverageLevel

    field = signature.field_name
    if not (status.intact and status.valid):
        yield f"{field}: the bytes are not those that were signed"
    if not _only_the_signature(signature):
        yield f"{field}: the room of the signature holds more than the signature"
    if status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        yield f"{field}: signs only a part of its revision"
    allowed = ModificationLevel.LTA_UPDATES if last else ModificationLevel.FORM_FILLING
    if status.docmdp_ok is False or (status.modification_level or ModificationLevel.NONE) > allowed:
        yield f"{field}: changed afterwards in a way that was not permitted"
    certifies = signature.docmdp_level == MDPPerm.FILL_FORMS
    if place == 0 and not (certifies and signature.signed_revision == FIRST_REVISION):
        yield f"{field}: the first signature does not certify the form"


def _stray(signature: Any, trust: Sequence[bytes]) -> Iterator[str]:
    """Certificates in the file that neither a given root nor another one in the file has issued.

    They decide nothing, and for that reason nothing but this would notice that they were changed.
    """
    carried = [one.dump() for one in signature.other_embedded_certs]
    if not all(der in trust or _issued(der, carried, trust) for der in carried):
        yield f"{signature.field_name}: carries a certificate that nobody issued"


def _issued(der: bytes, carried: Sequence[bytes], trust: Sequence[bytes]) -> bool:
    """A copy of a given root must be that root to the byte; others are issued by one that is there."""
    if is_issued_by(der, der):
        return read_certificate(der).public not in [read_certificate(root).public for root in trust]
    return any(is_issued_by(der, issuer) for issuer in (*carried, *trust))


def _only_the_signature(signature: Any) -> bool:
    """The hole that no signature covers: one CMS object in hex as it was written, then zeros, nothing else.

    pyHanko and pdfsig do not look at what follows the object; other bytes would stay hidden there.
    """
    from asn1crypto.parser import parse

    start, length, after, _ = (int(part) for part in signature.byte_range)
    stream = signature.reader.stream
    stream.seek(start + length)
    written = bytes(stream.read(after - length))
    content = bytes(signature.pkcs7_content)
    *_, header, body, trailer = parse(content)
    size = len(header) + len(body) + len(trailer)
    return written == b"<" + content.hex().upper().encode() + b">" and not content[size:].strip(b"\0")


def _to_the_end(reader: Any, signature: Any, status: Any) -> bool:
    """Nothing follows, or only revisions that pyHanko knows as archive time stamps."""
    from pyhanko.sign.validation import SignatureCoverageLevel

    later = int(reader.total_revisions) > signature.signed_revision + 1
    return later or bool(status.coverage == SignatureCoverageLevel.ENTIRE_FILE)


def _context(trust: Sequence[bytes], crl: bytes | None, at: datetime) -> Any:
    """Only the given roots, no network; a given revocation list must be used (`require`).

    With `hard-fail` pyHanko passes a revoked signer whose certificate names no address of a list.
    """
    from asn1crypto.x509 import Certificate
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(
        trust_roots=[Certificate.load(der) for der in trust],
        crls=[crl] if crl else [],
        revocation_mode="require" if crl else "soft-fail",
        retroactive_revinfo=True,
        allow_fetching=False,
        moment=at,
    )
