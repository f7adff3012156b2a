"""Attacks on signed paper: each gets its own state, whatever other programs say about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.crypto.certificates import make_revocation_list, read_certificate
from crf_app.export import pdf_sign
from crf_app.export.pdf import draw, draw_blank, draw_form
from crf_app.export.pdf_sign import Signatory, prepare, sign
from crf_app.export.pdf_verify import State, verify
from crf_app.model.definition import Study

Maker = Callable[..., Any]


def increment(pdf: bytes, change: Callable[[Any], None]) -> bytes:
    """The file with one more revision, made as another program would."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def over_a_value(writer: Any) -> None:
    from pyhanko.pdf_utils.generic import StreamObject

    stamp = StreamObject(stream_data=b"1 1 1 rg 250 560 60 20 re f")
    writer.add_stream_to_page(0, writer.add_object(stamp))


def other_content(writer: Any) -> None:
    from pyhanko.pdf_utils.generic import NameObject, StreamObject

    page = writer.root["/Pages"]["/Kids"][0]
    page[NameObject("/Contents")] = writer.add_object(StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)


def javascript(writer: Any) -> None:
    from pyhanko.pdf_utils.generic import DictionaryObject, NameObject, TextStringObject

    action = {
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject("app.alert(1)"),
    }
    writer.root["/OpenAction"] = DictionaryObject(action)
    writer.update_root()


def other_record(writer: Any) -> None:
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    stream = names[1]["/EF"]["/F"]
    stream._data, stream._encoded_data = b"{}", None
    writer.update_container(stream)


def extra_field(writer: Any) -> None:
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    append_signature_field(writer, SigFieldSpec("intruder", box=(10, 10, 90, 40)))


def flipped(pdf: bytes, place: int) -> bytes:
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def test_signed_by_both_is_valid_and_says_by_whom(twice: bytes, site: Any, nurse: Signatory) -> None:
    verdict = verify(twice, site.question())
    assert (verdict.state, verdict.exit_code) == (State.VALID, 0)
    first, second = verdict.signatures
    assert (first.field, first.name, first.user) == ("author", "Nurse, made up 虚构", "u01")
    assert first.at == "2026-10-06 16:20:05 +08:00"
    assert first.certificate_sha256 == read_certificate(nurse.certificate).sha256
    assert (second.field, second.meaning) == ("investigator", "I have reviewed these data 已审核")
    assert set(verdict.details) == {
        "not checked: revocation",
        "not checked: who may sign",
        "not checked: current record",
    }


def test_everything_asked_is_checked(twice: bytes, site: Any, drawing_for: Maker) -> None:
    crl = make_revocation_list(site.key, site.root, 1, site.question().at)
    asked = site.question(
        crl=crl,
        roles={"author": ["u01"], "investigator": ["u02", "u03"]},
        record={"subject": "ZN007", "form": ["F.VS", 1]},
        current=drawing_for().record_sha256,
    )
    verdict = verify(twice, asked)
    assert verdict.state is State.VALID
    assert verdict.details == ()
    assert verdict.record_sha256 == drawing_for().record_sha256


def test_a_changed_byte_is_seen_wherever_it_is(twice: bytes, site: Any) -> None:
    """Row 5, and every other region of the file: pages, attachments, stamps, cross references."""
    for place in range(60, len(twice) - 10, len(twice) // 40):
        state = verify(flipped(twice, place), site.question()).state
        assert state not in (State.VALID, State.CHANGED_SINCE), f"byte {place}"


def test_a_byte_in_a_content_stream_is_altered(twice: bytes, site: Any) -> None:
    place = twice.index(b"stream\r\n") if b"stream\r\n" in twice else twice.index(b"stream\n")
    assert verify(flipped(twice, place + 40), site.question()).state is State.ALTERED


@pytest.mark.parametrize("change", [over_a_value, other_content, javascript, other_record, extra_field])
def test_an_increment_after_signing_is_altered(
    change: Callable[[Any], None], once: bytes, twice: bytes, site: Any, tmp_path: Path, tool: Maker, nss: str
) -> None:
    """Rows 6 to 11.  pdfsig says Valid to all of them: it judges bytes, not permissions."""
    for pdf in (twice, once):
        assert verify(increment(pdf, change), site.question()).state is State.ALTERED
    path = tmp_path / "attacked.pdf"
    path.write_bytes(increment(twice, change))
    assert tool("pdfsig", "-nssdir", nss, path).count("Signature is Valid.") == 2


def test_pages_swapped_by_an_increment_is_altered(
    drawing_for: Maker, study: Study, nurse: Signatory, investigator: Signatory, site: Any
) -> None:
    def swap(writer: Any) -> None:
        kids = writer.root["/Pages"]["/Kids"]
        first, second = kids.raw_get(0), kids.raw_get(1)
        kids[0], kids[1] = second, first
        writer.update_container(kids)

    drawing = drawing_for(items=[("IG.VS", None, "I.VS.NOTE", "word " * 2000, None, None)])
    pdf = sign(prepare(drawing, study), "author", "a", nurse, site.question().at)
    pdf = sign(pdf, "investigator", "b", investigator, site.question().at)
    assert verify(pdf, site.question()).state is State.VALID
    assert verify(increment(pdf, swap), site.question()).state is State.ALTERED


def test_cut_back_to_before_signing_is_stripped(twice: bytes, prepared: bytes, site: Any) -> None:
    """Row 12."""
    assert twice.startswith(prepared)
    assert verify(prepared, site.question()).state is State.STRIPPED


def test_rewritten_without_signatures_is_stripped(twice: bytes, site: Any) -> None:
    """Row 13: /Info is gone as well, the code on the page tells it."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for page in PdfReader(BytesIO(twice)).pages:
        page.pop("/Annots", None)
        writer.add_page(page)
    out = BytesIO()
    writer.write(out)
    assert b"crf-record/1" not in out.getvalue()
    assert verify(out.getvalue(), site.question()).state is State.STRIPPED


def test_rewritten_with_its_signatures_is_altered(twice: bytes, site: Any) -> None:
    from pypdf import PdfReader, PdfWriter

    out = BytesIO()
    PdfWriter(clone_from=PdfReader(BytesIO(twice))).write(out)
    assert verify(out.getvalue(), site.question()).state is State.ALTERED


def test_the_last_signature_cut_off_is_missing(once: bytes, site: Any) -> None:
    """Row 14: what is left is valid for pyHanko and pdfsig."""
    verdict = verify(once, site.question())
    assert (verdict.state, verdict.exit_code) == (State.SIGNATURE_MISSING, 4)


def test_the_investigator_alone_suffices_and_the_empty_field_is_named(
    drawing_for: Maker, study: Study, investigator: Signatory, site: Any
) -> None:
    mine = prepare(drawing_for(), study, _proof(drawing_for(), investigator))
    pdf = sign(mine, "investigator", "b", investigator, site.question().at)
    verdict = verify(pdf, site.question())
    assert verdict.state is State.VALID
    assert "not signed: author" in verdict.details
    assert verify(pdf, site.question(required=["author"])).state is State.SIGNATURE_MISSING


def test_a_look_alike_authority_is_an_unknown_signer(drawing_for: Maker, study: Study, site: Any) -> None:
    """Row 15: same names, another key."""
    other = type(site).founded()
    twin = other.person("u01", "Nurse, made up")
    mine = prepare(drawing_for(), study, _proof(drawing_for(), twin))
    pdf = sign(mine, "author", "a", twin, site.question().at)
    pdf = sign(pdf, "investigator", "b", other.person("u02", "Investigator, made up"), site.question().at)
    assert verify(pdf, site.question()).state is State.UNKNOWN_SIGNER
    assert verify(pdf, other.question()).state is State.VALID


def test_the_nurse_in_the_investigators_field_is_the_wrong_signer(
    once: bytes, nurse: Signatory, site: Any
) -> None:
    """Row 16."""
    pdf = sign(once, "investigator", "b", nurse, site.question().at)
    roles = {"author": ["u01"], "investigator": ["u02"]}
    verdict = verify(pdf, site.question(roles=roles))
    assert (verdict.state, verdict.details[0]) == (State.WRONG_SIGNER, "investigator")


def test_an_expired_certificate_is_an_unknown_signer(twice: bytes, site: Any) -> None:
    """Row 17: judged after the end of retention."""
    late = site.question(at=site.question().at + timedelta(days=366 * 31))
    assert verify(twice, late).state is State.UNKNOWN_SIGNER


def test_a_revoked_signer_is_seen_with_the_list(twice: bytes, site: Any, investigator: Signatory) -> None:
    """Row 18: the certificate names no address of a list, so the list must be required."""
    at = site.question().at
    serial = read_certificate(investigator.certificate).serial
    crl = make_revocation_list(site.key, site.root, 1, at, [(serial, at)])
    assert verify(twice, site.question(crl=crl, at=at + timedelta(days=1))).state is State.REVOKED
    assert verify(twice, site.question()).state is State.VALID


def signed_pages_of(other: Any, true: Any, study: Study, site: Any, signers: Any, monkeypatch: Any) -> bytes:
    """Pages drawn from `other`, everything attached from `true`, honestly signed."""
    with monkeypatch.context() as patch:
        patch.setattr(pdf_sign, "draw", lambda _, study: draw(other, study))
        pdf = prepare(true, study)
    for role, signer in zip(("author", "investigator"), signers, strict=True):
        pdf = sign(pdf, role, role, signer, site.question().at)
    return pdf


def test_pages_with_another_value_honestly_signed_are_not_the_drawing(
    drawing_for: Maker,
    study: Study,
    site: Any,
    nurse: Signatory,
    investigator: Signatory,
    monkeypatch: Any,
    tmp_path: Path,
    tool: Maker,
    nss: str,
) -> None:
    """Row 19: valid for pyHanko and pdfsig."""
    other = drawing_for(items=[("IG.VS", None, "I.VS.SYSBP", "128", "mm[Hg]", None)], marks={})
    pdf = signed_pages_of(other, drawing_for(), study, site, (nurse, investigator), monkeypatch)
    path = tmp_path / "row19.pdf"
    path.write_bytes(pdf)
    assert tool("pdfsig", "-nssdir", nss, path).count("Signature is Valid.") == 2
    assert verify(pdf, site.question()).state is State.NOT_THE_DRAWING


def test_a_page_replaced_inside_the_certifying_increment_is_not_the_drawing(
    drawing_for: Maker, study: Study, site: Any, nurse: Signatory, investigator: Signatory, monkeypatch: Any
) -> None:
    """The pages are drawn truly, and the signature's own revision draws over them."""
    true = prepare(drawing_for(), study)
    signer = pdf_sign._pdf_signer()
    honest = signer.init_signing_session

    def covering(self: Any, writer: Any, **options: Any) -> Any:
        over_a_value(writer)
        return honest(self, writer, **options)

    with monkeypatch.context() as patch:
        patch.setattr(signer, "init_signing_session", covering)
        pdf = sign(true, "author", "a", nurse, site.question().at)
    pdf = sign(pdf, "investigator", "b", investigator, site.question().at)
    assert verify(pdf, site.question()).state is State.NOT_THE_DRAWING


def test_a_stamp_with_another_name_is_not_the_drawing(
    once: bytes, site: Any, investigator: Signatory, monkeypatch: Any
) -> None:
    with monkeypatch.context() as patch:
        honest = pdf_sign.draw_stamp
        patch.setattr(pdf_sign, "draw_stamp", lambda s: honest(type(s)(s.role, "Somebody", *_rest(s))))
        pdf = sign(once, "investigator", "b", investigator, site.question().at)
    assert verify(pdf, site.question()).state is State.NOT_THE_DRAWING


def _rest(stamp: Any) -> tuple[str, str, str, str]:
    return stamp.meaning, stamp.at, stamp.record_sha256, stamp.language


def test_a_first_signature_that_does_not_certify_is_altered(
    prepared: bytes, site: Any, nurse: Signatory, investigator: Signatory, monkeypatch: Any
) -> None:
    """Row 20: without certification anything could be added later."""
    import pyhanko.sign.signers as signers

    honest = signers.PdfSignatureMetadata
    with monkeypatch.context() as patch:
        patch.setattr(signers, "PdfSignatureMetadata", lambda **given: honest(**(given | {"certify": False})))
        pdf = sign(prepared, "author", "a", nurse, site.question().at)
        pdf = sign(pdf, "investigator", "b", investigator, site.question().at)
    assert verify(pdf, site.question()).state is State.ALTERED


@pytest.mark.parametrize("change", ["signer", "record", "statement", "not json"])
def test_a_statement_of_another_act_is_not_of_this_file(
    change: str, site: Any, nurse: Signatory, drawing_for: Maker, study: Study
) -> None:
    """A certified person signs the pages and attaches a statement that is not about them."""
    import json

    drawing = drawing_for()
    proof = json.loads(_proof(drawing, nurse))
    if change == "signer":
        proof = json.loads(_proof(drawing, site.person("u09", "Somebody else, made up")))
    elif change == "record":
        proof = json.loads(_proof(drawing_for(language="zh"), nurse))
        proof["signed"]["record_sha256"] = "0" * 64
    elif change == "statement":
        proof["signed"]["meaning"] = "approval"
    data = b"none" if change == "not json" else json.dumps(proof).encode()
    pdf = sign(prepare(drawing, study, data), "author", "a", nurse, site.question().at)
    assert verify(pdf, site.question(required=("author",))).state is State.NOT_THE_DRAWING
    good = sign(prepare(drawing, study, _proof(drawing, nurse)), "author", "a", nurse, site.question().at)
    assert verify(good, site.question(required=("author",))).state is State.VALID


def _proof(drawing: Any, signatory: Signatory) -> bytes:
    from crf_app.crypto.canonical import canonical, sha256
    from crf_app.crypto.encoding import b64
    from crf_app.crypto.record_signature import signed_bytes

    signed = {
        "format": "crf-signature/1",
        "record_sha256": drawing.record_sha256,
        "signer": {"certificate_sha256": sha256(signatory.certificate)},
    }
    return canonical({"signed": signed, "signature": b64(signatory.sign(signed_bytes(signed)))})


def test_a_file_of_another_subject_is_not_this_record(twice: bytes, site: Any) -> None:
    """Row 21."""
    asked = site.question(record={"subject": "ZN009"})
    assert verify(twice, asked).state is State.NOT_THIS_RECORD


def test_a_record_that_changed_since_is_valid_but_says_so(twice: bytes, site: Any) -> None:
    verdict = verify(twice, site.question(current="0" * 64))
    assert (verdict.state, verdict.exit_code) == (State.CHANGED_SINCE, 6)


@pytest.mark.parametrize("tail", [b"x", b"\n%%EOF\n", b"\n\n\n", b" <</Type/Page>> %%EOF"])
def test_bytes_after_the_end_are_not_covered(tail: bytes, twice: bytes, site: Any) -> None:
    """Row 22: valid for pyHanko."""
    assert verify(twice + tail, site.question()).state in (State.NOT_COVERING, State.ALTERED)


def test_one_byte_after_the_end_is_not_covering(twice: bytes, site: Any) -> None:
    assert verify(twice + b"x", site.question()).state is State.NOT_COVERING


def test_a_truncated_file_is_altered(twice: bytes, site: Any) -> None:
    """Row 23."""
    for cut in (200, 1000, 5000):
        assert verify(twice[:-cut], site.question()).state is State.ALTERED


def test_bytes_in_the_padding_of_a_signature_are_altered(twice: bytes, site: Any) -> None:
    """Row 24: the hole in the signed range must hold nothing but the signature."""
    end = twice.rindex(b"0>", 0, twice.rindex(b"/ByteRange") + 20_000)
    attacked = twice[: end - 8] + b"deadbeef" + twice[end:]
    assert len(attacked) == len(twice)
    assert verify(attacked, site.question()).state is State.ALTERED


def test_copies_and_blank_forms_are_told_from_stripped_ones(
    drawing_for: Maker, study: Study, site: Any
) -> None:
    assert verify(draw_form(drawing_for(kind="C"), study), site.question()).state is State.COPY
    assert verify(draw_form(drawing_for(), study), site.question()).state is State.STRIPPED
    assert verify(draw_blank(study.form[0], study, "en"), site.question()).state is State.BLANK


def test_foreign_files_are_not_ours(site: Any, tmp_path: Path) -> None:
    for data in (b"", b"%PDF-1.7", b"PK\x03\x04", bytes(1000)):
        assert verify(data, site.question()).state is State.NOT_OURS


def test_another_version_of_the_program_is_named_not_accused(
    drawing_for: Maker, study: Study, site: Any, nurse: Signatory, investigator: Signatory, monkeypatch: Any
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("crf_app.export.pdf.producer", lambda: "crf_app; layout 1; reportlab 4.0.0")
        pdf = sign(prepare(drawing_for(), study), "author", "a", nurse, site.question().at)
        pdf = sign(pdf, "investigator", "b", investigator, site.question().at)
    verdict = verify(pdf, site.question())
    assert (verdict.state, verdict.exit_code) == (State.NOT_CHECKED, 4)


def test_every_state_has_a_sentence_in_both_languages(twice: bytes, site: Any) -> None:
    verdict = verify(twice, site.question())
    for state in State:
        changed = type(verdict)(state)
        assert changed.sentence("en") and changed.sentence("zh") != changed.sentence("en")
        assert changed.exit_code == {State.VALID: 0, State.CHANGED_SINCE: 6}.get(state, 4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_file_makes_the_verdict_fail(data: st.DataObject, twice: bytes, site: Any) -> None:
    """Law: any damage is judged, none is valid, none raises."""
    start = data.draw(st.integers(10, len(twice) - 2))
    length = data.draw(st.integers(1, 300))
    filling = data.draw(st.binary(min_size=0, max_size=50))
    damaged = twice[:start] + filling + twice[start + length :]
    assert damaged == twice or verify(damaged, site.question()).exit_code == 4


def test_a_file_that_swells_is_judged_without_unpacking_it(site: Any) -> None:
    import resource
    import zlib

    packed = zlib.compress(bytes(600_000_000), 9)
    parts = [
        b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n",
        b"4 0 obj<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream endobj\n",
        b"trailer<</Root 1 0 R>> crf-record/1 " + b"a" * 64 + b"\n%%EOF\n",
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert verify(b"".join(parts), site.question()).exit_code == 4
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300_000  # KiB
