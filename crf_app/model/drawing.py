"""The drawing: everything that stands on one printed form, as one canonical JSON object.

Paper is a pure function of (drawing, study): nothing is looked up while drawing, so a PDF that carries
its drawing can be drawn again years later and compared byte for byte.  Actions assemble it (labels, flags
and changes come from the ledger); `export/` draws it; the signed PDF embeds it as `drawing.json`.

`record` is the canonical `crf-record/1` that the person signs (`crypto/record_signature.py`); its SHA-256 is
printed on every page.  `marks` says what the ledger knows about a value beyond the value itself.
Keys of `marks` are local addresses: `IG.VS/I.VS.SYSBP`, `IG.AE~k3j9x0q2mz/I.AE.AETERM`; a deleted row is
marked at its group part (`IG.AE~k3j9x0q2mz`).
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from pydantic import Field

from crf_app.crypto.canonical import canonical, sha256
from crf_app.errors import TooNew, ValueRejected
from crf_app.model.def_base import Def

FORMAT: Final = "crf-drawing/1"
LAYOUT: Final = 2
Kind = Literal["S", "C", "B"]
Language = Literal["en", "zh"]


class Header(Def):
    """What stands at the top of each page; texts are already in the drawing's language."""

    study: str = Field(max_length=400)
    protocol: str = Field(default="", max_length=400)
    site: str = Field(max_length=200)
    environment: str = "live"  # "test" prints the band TEST DATA
    subject: str = Field(default="", max_length=80)
    visit: str = Field(default="", max_length=200)
    planned: str = ""  # ISO date
    actual: str = ""  # ISO date
    facts: tuple[tuple[str, str], ...] = ()  # (label, value): dose group, study day, form state …


class Change(Def):
    """One correction: printed as a footnote `old → new, who, when, why`."""

    old: str
    new: str
    by: str
    at: str  # local time with offset, as it shall print
    reason: str = ""


class Finding(Def):
    """A check that fired: its sentence, and the reason given at the field (empty = still open)."""

    severity: Literal["hard", "soft", "info"]
    text: str
    reason: str = ""
    by: str = ""
    at: str = ""


class Mark(Def):
    """What is known of one value beside the value."""

    words: str = ""  # the answer in words where neither it nor the study says them: a row that is named
    flag: str = ""  # H, L, HH, LL
    times: str = ""  # "2.3": times the limit
    reference: str = ""  # "40–55", as used for the flag
    standard: str = ""  # value in the standard unit when another was typed
    hidden: bool = False  # not asked in this state of the form
    kept: bool = False  # hidden, but a value is kept
    deleted: str = ""  # row removed: who, when, why
    changed: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()


class Manifestation(Def):
    """A signature that was made before this drawing (21 CFR 11.50: name, time, meaning)."""

    role: str  # box: "author", "investigator"
    name: str
    meaning: str
    at: str  # local time with offset, as it shall print
    state: Literal["valid", "broken"] = "valid"
    note: str = ""  # e.g. why it is broken
    sha256: str = ""  # record hash it covers


class Printed(Def):
    """Who printed, when; `id` is the print's number (10 base32 characters), part of the page code."""

    by: str = ""
    at: str = ""
    id: str = Field(default="AAAAAAAAAA", pattern=r"^[A-Z2-7]{10}$")


class Drawing(Def):
    """One printed form.  `kind`: S to be signed, C unsigned copy, B blank."""

    format: Literal["crf-drawing/1"] = FORMAT
    layout: int = LAYOUT
    kind: Kind
    language: Language
    record: dict[str, Any]
    header: Header
    marks: dict[str, Mark] = Field(default_factory=dict)
    rows: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # group → rows in the order of entry
    signatures: tuple[Manifestation, ...] = ()
    printed: Printed = Printed()

    def canonical_bytes(self) -> bytes:
        """The bytes embedded in the PDF; defaults are left out."""
        kept = self.model_dump(mode="json", exclude_defaults=True)
        return canonical(kept | {"format": self.format, "layout": self.layout})

    def record_bytes(self) -> bytes:
        return canonical(self.record)

    @property
    def record_sha256(self) -> str:
        return sha256(self.record_bytes())

    @property
    def form_oid(self) -> str:
        return str(self.record["form"][0])

    def mark(self, local: str) -> Mark:
        return self.marks.get(local, _NO_MARK)


_NO_MARK: Final = Mark()


def drawing_of(data: bytes) -> Drawing:
    """The drawing from its canonical bytes.

    Raises TooNew for another format or layout, ValueRejected for any other spelling than the canonical one.
    """
    try:
        raw = json.loads(data)
        if isinstance(raw, dict) and (raw.get("format"), raw.get("layout")) != (FORMAT, LAYOUT):
            raise TooNew(
                "This form was drawn by another version of the program. Check it with that version.",
                "此表由其他版本的程序绘制，请用该版本核验。",
            )
        drawing = Drawing.model_validate_json(data)
        same = drawing.canonical_bytes() == data
    except (ValueError, RecursionError) as error:
        raise _refused() from error
    if not same:
        raise _refused()
    return drawing


def _refused() -> ValueRejected:
    return ValueRejected("This is not a drawing of the agreed spelling.", "绘制数据格式不符合约定。")
