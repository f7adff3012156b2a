"""Judge a PDF: with nothing but the site's certificate, or against the ledger of this device."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crf_app.actions.session import Session
from crf_app.store import reads

if TYPE_CHECKING:
    from crf_app.export.pdf_verify import Verdict


def verify_pdf(data: bytes, roots: list[bytes], crl: bytes | None = None) -> Verdict:
    """The verdict of a stranger: who signed, what was altered.  `roots` are DER certificates, `crl` is the
    site's revocation list (DER)."""
    from crf_app.export.pdf_verify import Question, verify

    return verify(data, Question(roots, crl=crl))


def verify_pdf_here(session: Session, data: bytes) -> Verdict:
    """As `verify_pdf`, and whether the signers may sign and the record is still what was signed."""
    from crf_app.export.pdf_verify import Question, verify

    people = reads.people(session.store.conn)
    investigators = [user for user, (said, _) in people.items() if said.get("role") == "investigator"]
    roles = {"investigator": investigators, "author": list(people)}
    first = verify(data, Question([session.keys.site_certificate], roles=roles))
    current = _current(session, first.record_sha256)
    return verify(data, Question([session.keys.site_certificate], roles=roles, current=current))


def _current(session: Session, record_sha256: str) -> str | None:
    """The hash if the signature over it still holds here, another word if not, None if it is not known."""
    for one in reads.records_of_kind(session.store.conn, "sign.make"):
        said = json.loads(one.record.value or "{}")
        if said.get("signed", {}).get("record_sha256") == record_sha256:
            row = session.store.conn.execute("SELECT valid FROM signature WHERE id = ?", (one.id,)).fetchone()
            return record_sha256 if row and row[0] else "changed"
    return None
