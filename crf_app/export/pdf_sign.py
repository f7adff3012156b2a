"""Signing a printed form: attachments and empty fields first, then one signature after another.

    prepare   draw, attach drawing.json, record.json, definition.json and signature.json, and make a signature
              field for every role that has not signed: all of it before the first signature, because a
              certified file takes no new field.  Same input, same bytes.
    sign      the first signature certifies (only filling of signature fields is allowed afterwards), later
              ones fill their own field.  PAdES B-B, ECDSA P-256, nothing is fetched.

Two places of pyHanko are private (`_document_id`, `_update_meta`): both stand in `_FixedWriter`.  Who may
sign is decided above; `pdf_verify.py` judges the result.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any, Final

from crf_app.crypto.canonical import sha256
from crf_app.crypto.certificates import read_certificate
from crf_app.errors import SignatureBroken, WrongState
from crf_app.export.pdf import Drawn, draw
from crf_app.export.signature_boxes import Stamp, draw_stamp
from crf_app.model.definition import Study
from crf_app.model.drawing import Drawing, drawing_of

DRAWING_FILE: Final = "drawing.json"
RECORD_FILE: Final = "record.json"
DEFINITION_FILE: Final = "definition.json"
SIGNATURE_FILE: Final = "signature.json"


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: certificate and chain in DER, and the key as a function bytes → DER ECDSA-SHA256."""

    certificate: bytes
    chain: tuple[bytes, ...]
    sign: Callable[[bytes], bytes]


def prepare(drawing: Drawing, study: Study, signature: bytes = b"") -> bytes:
    """The unsigned file: pages, attachments, an empty field for each role still to sign.

    `signature` is the record signature as stored (`signature.json`), attached when there is one.
    Raises WrongState if the drawing is not of kind S.
    """
    if drawing.kind != "S":
        raise WrongState("Only a form drawn to be signed can be signed.", "只有用于签名的表才能签名。")
    drawn = draw(drawing, study)
    writer = _fixed_writer()(drawn.pdf)
    files = {
        DRAWING_FILE: drawing.canonical_bytes(),
        RECORD_FILE: drawing.record_bytes(),
        DEFINITION_FILE: study.canonical_bytes(),
    }
    for name, data in (files | ({SIGNATURE_FILE: signature} if signature else {})).items():
        _attach(writer, name, data)
    _make_fields(writer, drawn)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def sign(pdf: bytes, role: str, meaning: str, signatory: Signatory, when: datetime) -> bytes:
    """`pdf` with one more signature in the field `role`, as an increment.

    `meaning` is the text shown to the signer, `when` the claimed time with its zone.  The stamp shows the
    certificate's name, the meaning and the time, so that all of it can be drawn again from the signature.
    Raises WrongState if the file has no such empty field, SignatureBroken if it is not a prepared form.
    """
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter, enumerate_sig_fields
    from pyhanko.sign.signers import PdfSignatureMetadata

    writer = _fixed_writer()(pdf)
    stamp = _stamp(attached(writer.prev), role, meaning, signatory, when)
    states = {name: value is not None for name, value, _ in enumerate_sig_fields(writer.prev)}
    if states.get(role, True):
        raise WrongState(
            "This file has no empty signature field for that role. Make a new PDF.",
            "此文件没有该角色的空白签名域，请重新生成 PDF。",
        )
    meta = PdfSignatureMetadata(
        field_name=stamp.role,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=not any(states.values()),
        docmdp_permissions=MDPPerm.FILL_FORMS,
        name=stamp.name,
        reason=stamp.meaning,
    )
    out = BytesIO()
    signer = _pdf_signer()(meta, _signer(signatory), _style(stamp), when)
    signer.sign_pdf(writer, existing_fields_only=True, output=out, bytes_reserved=_room(signatory))
    return out.getvalue()


def _room(signatory: Signatory) -> int:
    """Hex digits to leave for the signature: its certificates, the issuer's name again, 2 kB for the rest.

    Without this number pyHanko signs once more, only to measure.  It is a part of the layout: verifying makes
    the same file again.
    """
    carried = sum(map(len, (signatory.certificate, *signatory.chain)))
    return 2 * (carried + len(signatory.certificate) + 2048)


def attached(reader: Any) -> dict[str, bytes]:
    """The files attached to a PDF (pyHanko reader), by name; the first of a name counts."""
    if "/Names" not in reader.root or "/EmbeddedFiles" not in reader.root["/Names"]:
        return {}
    entries = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    files: dict[str, bytes] = {}
    for at in range(0, len(entries), 2):
        files.setdefault(str(entries[at]), bytes(entries[at + 1]["/EF"]["/F"].data))
    return files


def claimed_time(when: datetime) -> str:
    """`2026-10-06 16:20:05 +08:00`."""
    text = when.isoformat(sep=" ", timespec="seconds")
    return f"{text[:19]} {text[19:]}".rstrip()


def record_in(pdf: bytes) -> dict[str, Any]:
    """The record inside a signed document, not judged.  Raises SignatureBroken where there is none."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        found: dict[str, Any] = json.loads(attached(PdfFileReader(BytesIO(pdf)))[RECORD_FILE])
    except (PdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise SignatureBroken(
            "This document holds no record of this program.", "该文件不含本程序的记录。"
        ) from fault
    return found


def _stamp(files: dict[str, bytes], role: str, meaning: str, signatory: Signatory, when: datetime) -> Stamp:
    if DRAWING_FILE not in files:
        raise SignatureBroken(
            "This file was not prepared for signing by this program.", "此文件不是由本程序准备的待签名文件。"
        )
    drawing = drawing_of(files[DRAWING_FILE])
    return Stamp(
        role=role,
        name=read_certificate(signatory.certificate).name,
        meaning=meaning,
        at=claimed_time(when),
        record_sha256=drawing.record_sha256,
        language=drawing.language,
    )


def _attach(writer: Any, name: str, data: bytes) -> None:
    from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
    from pyhanko.pdf_utils.generic import NameObject

    content = EmbeddedFileObject.from_file_data(writer, data, compress=True, mime_type="application/json")
    relation = NameObject("/Data" if name == RECORD_FILE else "/Source")
    embed_file(writer, FileSpec(name, file_name=name, embedded_data=content, af_relationship=relation))


def _make_fields(writer: Any, drawn: Drawn) -> None:
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    for role, place in drawn.boxes.items():
        append_signature_field(writer, SigFieldSpec(role, on_page=place.page, box=place.box))


@cache
def _fixed_writer() -> Any:
    """An incremental writer without clock and chance: /ID from the bytes before, no new ModDate."""
    from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class _FixedWriter(IncrementalPdfFileWriter):  # type: ignore[misc]
        def __init__(self, before: bytes) -> None:
            super().__init__(BytesIO(before))
            digest = bytes.fromhex(sha256(before))
            drawn_id = self.prev.trailer["/ID"][0]
            self._document_id: Any = ArrayObject([drawn_id, ByteStringObject(digest[:16])])

        def _update_meta(self) -> None:
            """Leave /Info as drawn."""

    return _FixedWriter


@cache
def _pdf_signer() -> Any:
    """A PdfSigner that claims the time it is given, not the computer's."""
    from pyhanko.sign.signers import PdfSigner

    class _Signer(PdfSigner):  # type: ignore[misc]
        def __init__(self, meta: Any, signer: Any, style: Any, when: datetime) -> None:
            super().__init__(meta, signer=signer, stamp_style=style)
            self._when = when

        def init_signing_session(self, *args: Any, **options: Any) -> Any:
            session = super().init_signing_session(*args, **options)
            session.system_time = self._when
            return session

    return _Signer


def _signer(signatory: Signatory) -> Any:
    """A pyHanko signer whose key stays where it is: only the function is called."""
    from asn1crypto.algos import SignedDigestAlgorithm
    from asn1crypto.x509 import Certificate
    from pyhanko.sign.signers import Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()
    store.register_multiple([Certificate.load(der) for der in signatory.chain])

    class _KeySigner(Signer):  # type: ignore[misc]
        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            return bytes(72) if dry_run else signatory.sign(data)

    return _KeySigner(
        signing_cert=Certificate.load(signatory.certificate),
        cert_registry=store,
        signature_mechanism=SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        embed_roots=True,
    )


def _style(stamp: Stamp) -> Any:
    """The stamp as pyHanko wants it: a page drawn by us, imported as it is."""
    from pyhanko.pdf_utils.content import PdfContent
    from pyhanko.pdf_utils.layout import (
        AxisAlignment,
        BoxConstraints,
        InnerScaling,
        Margins,
        SimpleBoxLayoutRule,
    )
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.stamp import StaticStampStyle

    page = draw_stamp(stamp)

    class _Page(PdfContent):  # type: ignore[misc]
        def render(self) -> bytes:
            form = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(page)))
            self.resources.xobject["/Stamp"] = form
            left, low, right, high = form.get_object()["/BBox"]
            self.box = BoxConstraints(width=abs(right - left), height=abs(high - low))
            return b"/Stamp Do"

    whole = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MID,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(0, 0, 0, 0),
        inner_content_scaling=InnerScaling.STRETCH_FILL,
    )
    return StaticStampStyle(background=_Page(), border_width=0, background_layout=whole)
