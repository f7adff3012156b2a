"""What a scanner sent: a wristband, the label of a product, or nothing that the study knows.

Patterns stand in the study's definition (`[[scan]]`).  Nothing is written by reading; what to do with it is
the open page's choice, and the window guards that it is done to the right subject.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.model import pattern
from crf_app.model.definition import ScanDef, Study
from crf_app.model.record import Draft
from crf_app.store import reads

#: longer texts are no wristband and no label
LONGEST: Final = 500
SUBJECT: Final = "subject"


@dataclass(frozen=True, slots=True)
class Scanned:
    """`text` as the scanner sent it; `parts`: item OID → text as it would be typed, or "subject" → number."""

    kind: Literal["subject", "product"]
    text: str
    parts: Mapping[str, str]

    @property
    def subject(self) -> str:
        """The subject's number; empty where the text holds none."""
        return self.parts.get(SUBJECT, "")


def read_scan(study: Study, text: str) -> Scanned | None:
    """The scan by the first pattern that fits the whole text; None where none does.

    In a study that says nothing of wristbands, a wristband is its subject number.
    """
    plain = unicodedata.normalize("NFKC", text).strip()  # an input method may send full-width digits
    if not plain or len(plain) > LONGEST:
        return None
    found = next((found for one in study.scan if (found := _read(one, plain)) is not None), None)
    said = any(one.kind == "subject" for one in study.scan)
    if found is None and not said and pattern.fits(study.subject_pattern, plain):
        return Scanned("subject", plain, {SUBJECT: plain})
    return found


def _read(scan: ScanDef, text: str) -> Scanned | None:
    held = pattern.groups(scan.pattern, text)
    if held is None:
        return None
    names = dict(scan.fills) | {SUBJECT: SUBJECT}
    parts = {names[name]: value for name, value in held.items()}
    return Scanned(scan.kind, text, parts)


def subject_of(session: Session, number: str) -> str | None:
    """The uid of the subject with this number, large or small letters; None for an unknown one, and where
    two carry it."""
    wanted = number.strip().casefold()
    found = [one.uid for one in reads.subject_names(session.store.conn) if one.label.casefold() == wanted]
    return found[0] if len(found) == 1 else None


def record_other_subject(session: Session, opened: str, scanned: Scanned) -> None:
    """Another wristband than that of the open record was scanned: what was refused, as one record."""
    said = canonical({"step": "scan", "code": "other_subject", "where": opened, "scanned": scanned.subject})
    session.commit([Draft("session.refuse", value=said.decode())])
