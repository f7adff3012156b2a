"""What goes on paper is chosen: a whole casebook in one file, with audit trail and queries of each form."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from pypdf import PdfReader

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.printing import casebook_paper, paper
from crf_app.actions.printing.checking_paper import verify_pdf
from crf_app.actions.printing.paper_appendix import Extent, appendices_of
from crf_app.actions.queries import open_query
from crf_app.actions.signing import sign_form
from crf_app.errors import Cancelled, NotFound
from crf_app.export.pdf import draw_form
from crf_app.model.progress import silent

BOTH = Extent(trail=True, queries=True)


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.fixture
def begun(nurse: Any, at: Any, vital_signs: Any, session: Any) -> Any:
    """Vital signs of two visits; of the first a corrected value and a query."""
    vital_signs(nurse, at)
    vital_signs(nurse, at, "SE.V2", VSDAT="2026-11-27")
    enter_value(nurse, at("SE.V1", "VS.PULSE"), "74", reason="misread, made up")
    open_query(session("investigator"), at("SE.V1", "VS.TEMP"), "Which thermometer? Made up.")
    return at


@pytest.fixture
def again(begun: Any, session: Any) -> Any:
    """The nurse, signed in after the investigator asked."""
    return session("nurse")


def test_every_begun_form_stands_in_the_file_as_a_copy_that_says_so(again: Any, begun: Any) -> None:
    pdf = casebook_paper.casebook_pdf(again, begun.uid, "en")
    keys = casebook_paper.begun_forms(again, begun.uid)
    assert {begun.form("SE.V1", "F.VS"), begun.form("SE.V2", "F.VS")} <= set(keys)
    said = pages(pdf)
    assert all("UNSIGNED COPY" in one for one in said)
    firsts = [one for one in said if "Page 1 of" in one]
    names = [again.study.forms[key.form_oid].name.en for key in keys]
    assert [name for name, one in zip(names, firsts, strict=True) if name not in one] == []
    assert "128" in "".join(said)


def test_the_outline_names_visits_and_forms(again: Any, begun: Any) -> None:
    reader = PdfReader(io.BytesIO(casebook_paper.casebook_pdf(again, begun.uid, "zh")))
    visits = [one.title for one in reader.outline if not isinstance(one, list)]
    forms = [one.title for some in reader.outline if isinstance(some, list) for one in some]
    study = again.study
    assert len(forms) == len(casebook_paper.begun_forms(again, begun.uid)) and len(visits) == len(set(visits))
    assert study.events["SE.V1"].name.zh in visits and study.forms["F.VS"].name.zh in forms


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (
            "en",
            (
                "72 beats/min → 74 beats/min, reason: misread, made up",
                "Which thermometer? Made up.",
                "Query opened",
            ),
        ),
        ("zh", ("72次/分→74次/分，原因：misread,madeup", "Whichthermometer?Madeup.", "提出质疑")),
    ],
)
def test_the_trail_and_the_queries_follow_their_form(
    again: Any, begun: Any, language: Any, wanted: tuple[str, ...]
) -> None:
    key = begun.form("SE.V1", "F.VS")
    alone = "".join("".join(pages(paper.form_pdf(again, key, language))).split())
    text = "".join("".join(pages(paper.form_pdf(again, key, language, silent, BOTH))).split())
    for words in wanted:
        assert "".join(words.split()) in text, text
    assert "".join(wanted[1].split()) not in alone


def test_nothing_is_added_to_what_was_signed(
    nurse: Any, at: Any, vital_signs: Any, session: Any, password: str
) -> None:
    vital_signs(nurse, at)
    key = at.form("SE.V1", "F.VS")
    complete_form(nurse, key)
    doctor = session("investigator")
    signed = sign_form(doctor, key, password, "approval").pdf
    assert paper.form_pdf(doctor, key, "en") == signed
    copy = paper.form_pdf(doctor, key, "en", silent, BOTH)
    root = [doctor.keys.site_certificate]
    assert verify_pdf(signed, root).state.value == "valid"
    assert verify_pdf(copy, root).state.value == "unsigned copy"
    assert verify_pdf(casebook_paper.casebook_pdf(doctor, at.uid, "en"), root).state.value == "unsigned copy"
    assert "Signed" in "".join(pages(copy))
    page = form_page(doctor, key)
    with pytest.raises(ValueError):
        draw_form(
            paper.drawing_of_form(doctor, page, "en", "S"),
            page.study,
            silent,
            appendices_of(doctor, page, "en", BOTH),
        )


def test_the_print_is_recorded_with_what_was_chosen(
    again: Any, begun: Any, records: Any, tmp_path: Any
) -> None:
    pdf = casebook_paper.casebook_pdf(again, begun.uid, "en", extent=Extent(queries=True))
    casebook_paper.save_casebook(again, tmp_path / "casebook.pdf", pdf, begun.uid, Extent(queries=True))
    (record,) = records(again, kind="print.make")
    assert json.loads(record.value)["what"] == f"casebook {begun.uid} +queries"
    assert (tmp_path / "casebook.pdf").read_bytes() == pdf


def test_it_counts_forms_and_stops_when_it_is_told_to(again: Any, begun: Any) -> None:
    seen: list[tuple[int, int | None]] = []

    def stop_at_the_second(done: int, of: int | None = None) -> None:
        seen.append((done, of))
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        casebook_paper.casebook_pdf(again, begun.uid, "en", stop_at_the_second)
    assert seen == [(0, len(casebook_paper.begun_forms(again, begun.uid))), (1, seen[0][1])]


def test_a_subject_without_a_form_is_said(nurse: Any) -> None:
    from crf_app.actions import subjects

    uid = subjects.add_subject(nurse, subjects.next_number(nurse)).subject
    assert casebook_paper.begun_forms(nurse, uid) == []
    with pytest.raises(NotFound):
        casebook_paper.casebook_pdf(nurse, uid, "en")


def test_a_signature_stands_in_the_box_that_it_was_made_for(
    nurse: Any, at: Any, vital_signs: Any, session: Any, password: str
) -> None:
    vital_signs(nurse, at)
    key = at.form("SE.V1", "F.VS")
    complete_form(nurse, key)
    doctor = session("investigator")
    sign_form(doctor, key, password, "authorship")
    copy = paper.drawing_of_form(doctor, form_page(doctor, key), "en", "C")
    assert [(one.role, one.state) for one in copy.signatures] == [("author", "valid")]
