"""Signed paper before independent judges: poppler's pdfsig, qpdf, pdftotext."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from crf_app.errors import SignatureBroken, WrongState
from crf_app.export.pdf import draw_form
from crf_app.export.pdf_sign import Signatory, attached, prepare, sign
from crf_app.model.definition import Study
from crf_app.model.drawing import Manifestation

Maker = Callable[..., Any]


def test_draw_and_prepare_twice_give_the_same_bytes(drawing_for: Maker, study: Study) -> None:
    first = prepare(drawing_for(language="zh"), study, b"{}")
    assert first == prepare(drawing_for(language="zh"), study, b"{}")
    assert first.startswith(draw_form(drawing_for(language="zh"), study))


def test_pdfsig_trusts_both_signatures_and_sees_the_whole_file_signed(
    twice: bytes, nss: str, tmp_path: Path, tool: Maker
) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(twice)
    said = tool("pdfsig", "-nssdir", nss, path)
    first, second = said.split("Signature #2")
    for part, field, name in (
        (first, "author", "Nurse, made up 虚构"),
        (second, "investigator", "Investigator, made up"),
    ):
        assert "Signature is Valid." in part
        assert "Certificate is Trusted." in part
        assert f"Signature Field Name: {field}" in part
        assert name in part
        assert "ETSI.CAdES.detached" in part
    assert "Not total document signed" in first
    assert "Total document signed" in second
    assert "Oct 06 2026 08:20:05" in first


def test_qpdf_finds_no_fault(prepared: bytes, once: bytes, twice: bytes, tmp_path: Path, tool: Maker) -> None:
    for name, pdf in (("prepared", prepared), ("once", once), ("twice", twice)):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(pdf)
        said = tool("qpdf", "--check", path)
        assert "No syntax or stream encoding errors" in said
        assert "WARNING" not in said


def test_the_stamp_shows_name_meaning_and_time(twice: bytes, once: bytes) -> None:
    """Read by PDFium from the page with its fields flattened, as a viewer shows it."""
    text = flattened(twice)
    for wanted in ("Nurse, made up 虚构", "I entered these data", "2026-10-06 16:20:05 +08:00", "已审核"):
        assert wanted in text
    assert "已审核" not in flattened(once)


def flattened(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    document[0].flatten()
    text = document[0].get_textpage().get_text_bounded()
    document.close()
    return str(text)


def test_fonts_of_signed_paper_are_ours_only(twice: bytes, tmp_path: Path, tool: Maker) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(twice)
    lines = tool("pdffonts", path).splitlines()[2:]
    assert len(lines) >= 3
    assert all("NotoSansSC" in line and re.search(r"yes +yes +yes", line) for line in lines)


def test_the_file_carries_drawing_record_definition_and_signature(
    twice: bytes, drawing_for: Maker, study: Study
) -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader

    files = attached(PdfFileReader(BytesIO(twice)))
    proof = json.loads(files.pop("signature.json"))
    assert proof["signed"]["record_sha256"] == drawing_for().record_sha256
    assert files == {
        "drawing.json": drawing_for().canonical_bytes(),
        "record.json": drawing_for().record_bytes(),
        "definition.json": study.canonical_bytes(),
    }
    assert json.loads(files["record.json"])["subject"] == "ZN007"


def test_a_role_that_has_signed_already_gets_no_field(
    drawing_for: Maker, study: Study, nurse: Signatory, site: Any
) -> None:
    made = Manifestation(
        role="author", name="Nurse, made up", meaning="I entered these data", at="2026-10-06 15:00"
    )
    pdf = prepare(drawing_for(signatures=(made,)), study)
    when = site.question().at
    with pytest.raises(WrongState):
        sign(pdf, "author", "again", nurse, when)


def test_a_field_is_signed_once(once: bytes, nurse: Signatory, site: Any) -> None:
    with pytest.raises(WrongState) as refusal:
        sign(once, "author", "again", nurse, site.question().at)
    assert refusal.value.sentence("zh")


def test_only_a_form_drawn_to_be_signed_is_prepared(drawing_for: Maker, study: Study) -> None:
    with pytest.raises(WrongState):
        prepare(drawing_for(kind="C"), study)


def test_a_file_that_was_not_prepared_is_refused(
    drawing_for: Maker, study: Study, nurse: Signatory, site: Any
) -> None:
    with pytest.raises(SignatureBroken):
        sign(draw_form(drawing_for(), study), "author", "x", nurse, site.question().at)


def test_the_claimed_time_is_the_given_one(prepared: bytes, nurse: Signatory, site: Any) -> None:
    when = site.question().at - timedelta(hours=3)
    first, second = (sign(prepared, "author", "I entered these data", nurse, when) for _ in range(2))
    assert first == second
