"""Evidence codes on a blank form, read by an independent reader."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from crf_app.export.pdf import draw_blank
from crf_app.model.definition import Study
from crf_app.model.load import load

STUDY = load(Path(__file__).parents[2] / "forms" / "demo-vitals").study
MEANT = {
    "en": "Evidence codes in brackets: T published standard, by its number; A assumption of this study.",
    "zh": "方括号内为依据代码：T 已发布标准（编号）；A 本研究的假定。",
}


def text(study: Study, form: str, language: str, *, sources: bool) -> str:
    data = draw_blank(study.forms[form], study, language, sources=sources)
    pages = " ".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    return " ".join(pages.split())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_question_has_its_code_and_the_legend_explains_those_used(language: str) -> None:
    said = text(STUDY, "F.SYM", language, sources=True)
    items = [item for item in STUDY.forms["F.SYM"].items.values() if item.source]
    assert len(items) == 3
    assert sum(said.count(f"[{code}]") for code in ("A", "T1")) == 3
    assert MEANT[language].replace(" ", "") in said.replace(" ", "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_blank_form_for_down_time_has_no_codes(language: str) -> None:
    said = text(STUDY, "F.SYM", language, sources=False)
    assert "[" not in said and MEANT[language][:8] not in said


def test_a_legend_names_no_code_that_the_form_does_not_use() -> None:
    said = text(STUDY, "F.VS", "en", sources=True)
    assert "T published standard" in said and "assumption" not in said
