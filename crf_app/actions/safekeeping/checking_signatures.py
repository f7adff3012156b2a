"""Part of `verify`: was every signature made with the key of the person it names, over this very record?

Whoever is signed in holds the data key, and with it the device's key, so chain and seal alone would let an
insider write a signature under another name, or move a genuine one to other answers.  Three things stand
against that: a certificate that the site's key issued, the ECDSA signature, and the record inside the signed
document, whose hash the statement names and whose digest the ledger's record must carry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from crf_app.actions.people.accounts import revoked
from crf_app.actions.session import Session
from crf_app.crypto.canonical import sha256
from crf_app.crypto.certificates import is_issued_by, read_certificate
from crf_app.crypto.encoding import unb64
from crf_app.crypto.record_signature import record_hash, verify_record
from crf_app.errors import CrfError
from crf_app.model.record import AuditRecord
from crf_app.store import reads
from crf_app.store.check_report import Report

_FALSE = ("The signature was not made by this person over this record.", "签名并非此人对该记录所作。")
_LATE = (
    "The signature was made after the signer's certificate was withdrawn.",
    "该签名是在签名人证书被撤销之后作出的。",
)
_STRANGER = ("The certificate does not come from this site's key.", "该证书并非由本中心密钥签发。")
#: what reading a record or a document raises that somebody else wrote
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, CrfError)


def check_signatures(session: Session, conn: Any, report: Report) -> None:
    """Add a problem to `report` for each certificate and signature of this device that does not hold."""
    certificates = dict(_certificates(session, conn, report))
    withdrawn = revoked(conn)
    for id_, record in reads.records_of_kind(conn, "sign.make"):
        if record.device == session.device and not _holds(conn, record, certificates):
            report.add(f"signature {id_[:16]}", *_FALSE)
        elif record.device == session.device and _is_late(record, withdrawn):
            report.add(f"signature {id_[:16]}", *_LATE)


def _certificates(session: Session, conn: Any, report: Report) -> Iterator[tuple[str, bytes]]:
    """SHA-256 → DER of the certificates that this device's people were given."""
    for id_, record in reads.records_of_kind(conn, "key.certify"):
        if record.device != session.device:
            continue
        try:
            der = unb64(json.loads(record.value or "")["certificate"])
            good = is_issued_by(der, session.keys.site_certificate)
            good = good and read_certificate(der).user == record.key
        except _UNREADABLE:
            good = False
        if good:
            yield sha256(der), der
        else:
            report.add(f"certificate {id_[:16]}", *_STRANGER)


def _holds(conn: Any, record: AuditRecord, certificates: Mapping[str, bytes]) -> bool:
    try:
        said = json.loads(record.value or "")
        signed = said["signed"]
        signer, target = signed["signer"], signed["target"]
        certificate = read_certificate(certificates[signer["certificate_sha256"]])
        place = (target["subject"], f"{target['event']}/{target['form']}", signed["meaning"]["code"])
        return (
            verify_record(certificate.public, signed, said["signature"])
            and certificate.user == signer["user"] == record.user
            and (signer["role"], *place) == (record.role, record.subject, record.key, record.meaning)
            and _is_of(conn, record, said["pdf_sha256"], signed["record_sha256"])
        )
    except _UNREADABLE:
        return False


def _is_late(record: AuditRecord, withdrawn: Mapping[str, AuditRecord]) -> bool:
    """Whether the certificate had been withdrawn on this device by then: ticks grow along its chains."""
    end = withdrawn.get(json.loads(record.value or "{}")["signed"]["signer"]["certificate_sha256"])
    return end is not None and end.device == record.device and record.tick > end.tick


def _is_of(conn: Any, record: AuditRecord, document: str, wanted: str) -> bool:
    """Whether the record inside the signed document is the signed one and speaks of these very answers."""
    from crf_app.export.pdf_sign import record_in

    pdf = reads.blob(conn, document)
    if pdf is None:
        return False
    inside = record_in(pdf)
    return record_hash(inside) == wanted and inside["audit"]["digest"] == record.digest
