"""The codebook holds every item, code and check of the study, in both languages, as workbook and PDF."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from crf_app.export.codebook import Codebook, codebook_of
from crf_app.export.codebook_pdf import codebook_pdf
from crf_app.export.codebook_xlsx import codebook_xlsx
from crf_app.model.def_base import NotRun, Text
from crf_app.model.definition import Study
from crf_app.model.load import load
from crf_app.rules.expression import Rules, compile_study

HOSTILE = '=HYPERLINK("http://example.invalid")\x00 @+- <b>{0}</b> \u202e'


FORMS = Path(__file__).parents[2] / "forms" / "hucmsc"


@pytest.fixture(scope="module")
def study() -> Study:
    return load(FORMS).study


@pytest.fixture(scope="module")
def rules(study: Study) -> Rules:
    return compile_study(study)


@pytest.fixture(scope="module")
def book(study: Study, rules: Rules) -> Codebook:
    return codebook_of(study, rules)


@pytest.fixture(scope="module")
def sheets(book: Codebook) -> dict[str, list[list[str]]]:
    return read(codebook_xlsx(book))


@pytest.fixture(scope="module")
def paper(book: Codebook) -> str:
    return plain(codebook_pdf(book))


def read(data: bytes) -> dict[str, list[list[str]]]:
    from openpyxl import load_workbook

    workbook = load_workbook(BytesIO(data))
    assert all(cell.data_type != "f" for sheet in workbook for row in sheet.iter_rows() for cell in row)
    return {sheet.title: [[str(one or "") for one in row] for row in sheet.values] for sheet in workbook}


def plain(pdf: bytes) -> str:
    """The text of every page without blanks and line ends."""
    import pypdfium2

    document: Any = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return squeezed(text)


def squeezed(text: str) -> str:
    return re.sub(r"[\s\ufffe\xad-]+", "", text)


def test_every_item_and_its_question_is_in_the_workbook(
    sheets: dict[str, list[list[str]]], study: Study
) -> None:
    rows = {(row[2], row[3], row[4]) for row in sheets["Items"][1:]}
    every = {
        (one.oid, one.question.en, one.question.zh) for form in study.form for one in form.items.values()
    }
    assert rows == every
    assert len(rows) == len(sheets["Items"]) - 1


def test_every_check_and_every_code_is_in_the_workbook(
    sheets: dict[str, list[list[str]]], study: Study
) -> None:
    checks = {row[2]: row for row in sheets["Checks"][1:]}
    conditions = [one for form in study.form for one in form.condition]
    assert checks.keys() == {one.oid for one in conditions}
    for one in conditions:
        assert checks[one.oid][9] == " ".join(one.expression.split())
        assert checks[one.oid][7] and checks[one.oid][8]
    codes = [(row[0], row[3], row[4], row[5]) for row in sheets["Code lists"][1:]]
    assert codes == [
        (a.oid, b.coded_value, b.decode.en, b.decode.zh) for a in study.code_list for b in a.items
    ]


def test_the_matrix_says_which_visit_asks_which_form(
    sheets: dict[str, list[list[str]]], study: Study
) -> None:
    head, rows = sheets["Schedule"][0], {row[0]: row for row in sheets["Schedule"][1:]}
    for at, event in enumerate(study.event, 2):
        assert head[at].startswith(event.short_name)
        asked = {study.forms[ref.form].name.en for ref in event.forms}
        assert {name for name, row in rows.items() if len(row) > at and row[at]} == asked


def test_every_item_check_and_code_is_on_paper_in_both_languages(paper: str, study: Study) -> None:
    for form in study.form:
        for item in form.items.values():
            assert squeezed(item.oid) in paper
            assert squeezed(item.question.zh) in paper
        for one in form.condition:
            assert squeezed(one.oid) in paper
    for code_list in study.code_list:
        for code in code_list.items:
            assert squeezed(code.decode.zh) in paper
    assert study.sha256 in paper


def test_the_same_study_gives_the_same_bytes(book: Codebook) -> None:
    small = _only(book, "F.VS")
    assert codebook_pdf(small) == codebook_pdf(small)


def test_hostile_texts_stay_texts_and_foreign_rules_are_marked(study: Study) -> None:
    form = study.forms["F.VS"]
    group = form.item_group[0]
    rule = NotRun(use="check", context="XPath", expression="/a/b > 1")
    item = group.item[0].model_copy(update={"question": Text(en=HOSTILE, zh=HOSTILE), "not_run": (rule,)})
    group = group.model_copy(update={"item": (item, *group.item[1:])})
    changed = type(form)(**{**_fields(form), "item_group": (group, *form.item_group[1:])})
    forms = tuple(changed if one.oid == "F.VS" else one for one in study.form)
    other = Study(**{**_fields(study), "form": forms})
    book = codebook_of(other, compile_study(other))
    items = {row[2]: row for row in read(codebook_xlsx(book))["Items"]}
    assert items[item.oid][3] == HOSTILE.replace("\x00", "\ufffd")
    assert "not run" in items[item.oid][15] and "[XPath]" in items[item.oid][15]
    assert "[U+202E]" in plain(codebook_pdf(_only(book, "F.VS")))


def _only(book: Codebook, form: str) -> Codebook:
    """The codebook with one form."""
    return replace(book, forms=tuple(one for one in book.forms if one.oid == form))


def _fields(model: Any) -> dict[str, Any]:
    return {name: getattr(model, name) for name in type(model).model_fields}
