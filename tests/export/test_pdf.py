"""A printed form: every item stands on it, every page says whose it is, same input same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crf_app.export.pdf import draw_blank, draw_blank_visit, draw_form
from crf_app.model.definition import Study
from crf_app.model.drawing import Finding, Manifestation, Mark
from crf_app.model.form_def import FormDef

Maker = Callable[..., Any]
Reader = Callable[[bytes], str]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_item_and_every_answer_stands_on_paper(
    language: str, drawing_for: Maker, study: Study, paper_text: Reader
) -> None:
    text = squeezed(paper_text(draw_form(drawing_for(language=language), study)))
    for item in study.forms["F.VS"].items.values():
        assert squeezed(item.question.in_language(language)) in text
    words = {
        "en": ["Yes", "168mmHg", "Notdone", "notfilledin", "Jaundice", "Ascites", "22.4kg/m²", "calculated"],
        "zh": ["是", "168mmHg", "未做", "未填", "黄疸", "腹水", "22.4kg/m²", "自动计算"],
    }[language]
    for word in [*words, "2026-10-0614:02", "spidernaevi", "患者休息十分", "131", "177↑H1.1"]:
        assert squeezed(word) in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_says_whose_it_is(
    language: str, drawing_for: Maker, study: Study, paper_text: Reader
) -> None:
    drawing = drawing_for(language=language, items=[("IG.VS", None, "I.VS.NOTE", "word " * 4000, None, None)])
    pages = paper_text(draw_form(drawing, study)).split("\f")[:-1]
    assert len(pages) > 3
    form = study.forms["F.VS"].name.in_language(language)
    environment = {"en": "Environment: test", "zh": "环境：测试"}[language]
    for number, page in enumerate(pages, 1):
        text = squeezed(page)
        for wanted in ("ZN007", "V4", form, "S01", drawing.record_sha256, study.sha256[:12], environment):
            assert squeezed(wanted) in text
        count = {"en": f"Page{number}of{len(pages)}", "zh": f"第{number}页，共{len(pages)}页"}[language]
        assert count in text
        assert f"CRF1.S.MADEUP.MADEUPAAAA.{number}.{len(pages)}." in text


def test_two_draws_give_the_same_bytes(drawing_for: Maker, study: Study) -> None:
    assert draw_form(drawing_for(language="zh"), study) == draw_form(drawing_for(language="zh"), study)
    form = study.form[0]
    assert draw_blank(form, study, "zh") == draw_blank(form, study, "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_the_embedded_font_is_used(
    language: str, drawing_for: Maker, study: Study, tmp_path: Path, tool: Maker
) -> None:
    for name, pdf in (
        ("form", draw_form(drawing_for(language=language), study)),
        ("blank", draw_blank_visit(study.event[0], study, language)),
    ):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(pdf)
        lines = tool("pdffonts", path).splitlines()[2:]
        assert lines
        for line in lines:
            assert "NotoSansSC" in line
            assert re.search(r"\byes +yes +yes\b", line), f"not embedded, subset and readable: {line}"
        assert "No syntax or stream encoding errors" in tool("qpdf", "--check", path)


def test_unsigned_copies_say_so_in_words(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    assert "UNSIGNED COPY" in paper_text(draw_form(drawing_for(kind="C"), study))
    assert "未签名副本" in paper_text(draw_form(drawing_for(kind="C", language="zh"), study))
    assert "UNSIGNED COPY" not in paper_text(draw_form(drawing_for(), study))


def test_made_up_data_say_so_in_words(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    assert "TEST DATA" in paper_text(draw_form(drawing_for(), study))
    assert "测试数据" in paper_text(draw_form(drawing_for(language="zh"), study))
    assert "TEST DATA" not in paper_text(draw_form(drawing_for(environment="live"), study))


def test_changed_values_carry_a_footnote(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    text = squeezed(paper_text(draw_form(drawing_for(), study)))
    assert "changed(1)" in text
    note = "(1)Systolicbloodpressure:186→168,Nurse,madeup,2026-10-0614:02+08:00,reason:Typingmistake"
    assert note in text


def test_flags_are_ink_and_words(chemistry: Maker, study: Study, paper_text: Reader) -> None:
    text = squeezed(paper_text(draw_form(chemistry(), study)))
    assert "29.8g/L40–55↓L" in text
    assert "0–21.0↑H2.3×" in text
    assert "<5U/L" in text
    assert "=48.2µmol/L" in text.replace("μ", "µ")
    assert "10⁹/L" in text
    assert "samplecl" in text


def test_findings_stand_with_their_answer(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    open_one = Mark(findings=(Finding(severity="hard", text="301 is not possible."),))
    text = paper_text(draw_form(drawing_for(marks={"IG.VS/I.VS.SYSBP": open_one}), study))
    assert "Not possible" in text
    assert "no answer yet" in text
    assert "Answer: Same on the source" in paper_text(draw_form(drawing_for(), study))


def test_hidden_and_kept_values_are_marked(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    assert "kept, no longer asked" in paper_text(draw_form(drawing_for(), study))
    nothing = drawing_for(items=[], marks={"IG.VS/I.VS.OTHER": Mark(hidden=True)})
    assert "not asked" in paper_text(draw_form(nothing, study))


def test_a_record_says_itself_what_is_not_asked(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    items = [
        ("IG.VS", "", "I.VS.OTHER", "spider naevi", None, "hidden"),
        ("IG.VS", "", "I.VS.PULSE", None, None, "hidden"),
    ]
    text = paper_text(draw_form(drawing_for(items=items, marks={}), study))
    assert "spider naevi" in text and "kept, no longer asked" in text
    assert text.count("not asked") == 1


def test_rows_stand_in_the_order_of_entry_and_removed_ones_stay(
    drawing_for: Maker, study: Study, paper_text: Reader
) -> None:
    items = [
        ("IG.AE", "bbb", "I.AE.AETERM", "Headache", None, None),
        ("IG.AE", "aaa", "I.AE.AETERM", "Nausea", None, None),
    ]
    marks = {"IG.AE~aaa": Mark(deleted="entered twice, made up")}
    drawing = drawing_for(form="F.AE", items=items, marks=marks)
    text = paper_text(draw_form(drawing.model_copy(update={"rows": {"IG.AE": ("bbb", "aaa")}}), study))
    assert text.index("Headache") < text.index("Nausea")
    assert "Removed: entered twice" in text


def test_earlier_signatures_are_shown_with_name_meaning_and_time(
    drawing_for: Maker, study: Study, paper_text: Reader
) -> None:
    made = Manifestation(
        role="author",
        name="Nurse, made up",
        meaning="I entered these data",
        at="2026-10-06 15:00:00+08:00",
        state="broken",
        note="value changed",
        sha256="cd" * 32,
    )
    text = paper_text(draw_form(drawing_for(kind="C", signatures=(made,)), study))
    for wanted in ("Nurse, made up", "I entered these data", "2026-10-06 15:00:00+08:00", "No longer covers"):
        assert wanted in text


MARKUP = '<para><b>x</b><img src="file:///etc/passwd"/><a href="http://127.0.0.1">y</a> &amp; &lt;</para>'


def test_markup_is_literal_text(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    pdf = draw_form(drawing_for(items=[("IG.VS", None, "I.VS.NOTE", MARKUP, None, None)], marks={}), study)
    assert squeezed(MARKUP) in squeezed(paper_text(pdf))
    for active in (b"/URI", b"/JavaScript", b"/Subtype /Image", b"/Launch"):
        assert active not in pdf


def test_nothing_on_paper_acts_or_is_missing(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    """No tofu: what the font lacks, and what would turn or hide other text, is printed by its number."""
    value = "a\u202eb\u0007c\U0001f468\u200d\U0001f469d\U0001d11e"
    text = squeezed(
        paper_text(draw_form(drawing_for(items=[("IG.VS", None, "I.VS.NOTE", value, None, None)]), study))
    )
    for code in ("202E", "0007", "1F468", "200D", "1D11E"):
        assert f"[U+{code}]" in text


def test_a_megabyte_of_text_is_printed_to_its_end(
    drawing_for: Maker, study: Study, paper_text: Reader
) -> None:
    long = "患者 rested. " * 80_000 + "LASTWORD"
    drawing = drawing_for(items=[("IG.VS", None, "I.VS.NOTE", long, None, None)])
    assert "LASTWORD" in paper_text(draw_form(drawing, study))


def test_five_hundred_rows_are_all_printed(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    items = [("IG.AE", f"r{n:04d}", "I.AE.AETERM", f"term-{n}.", None, None) for n in range(500)]
    text = paper_text(draw_form(drawing_for(form="F.AE", items=items, marks={}), study))
    assert all(f"term-{n}." in text for n in range(500))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_blank_form_shows_every_item_option_unit_and_range(
    language: str, study: Study, paper_text: Reader
) -> None:
    text = squeezed(paper_text(draw_blank_visit(study.event[0], study, language, site="S01")))
    for form in study.form:
        for item in form.items.values():
            if not item.companion_of:
                assert squeezed(item.question.in_language(language)) in text
    for entry in (*study.code_lists["CL.NY"].items, *study.code_lists["CL.SIGN"].items):
        assert squeezed(f"{entry.decode.in_language(language)} ({entry.coded_value})") in text
    for wanted in ("mmHg", "90", "160", "300", "10⁹/L", study.sha256, "CRF1.B.MADEUP."):
        assert wanted in text


def test_blank_forms_of_a_visit_count_their_own_pages(study: Study, paper_text: Reader) -> None:
    pages = paper_text(draw_blank_visit(study.event[0], study, "en")).split("\f")[:-1]
    assert sum("Page 1 of" in page for page in pages) == len(study.event[0].form_oids)


def test_a_code_that_the_list_does_not_hold_is_printed_as_it_is(
    drawing_for: Maker, study: Study, paper_text: Reader
) -> None:
    drawing = drawing_for(items=[("IG.VS", None, "I.VS.VSPERF", "ZZ9", None, None)])
    assert "ZZ9" in paper_text(draw_form(drawing, study))


def test_many_fixed_rows_stand_side_by_side(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    """Ten items at three time points do not fit as columns: the time points become the columns."""
    group = study.forms["F.VS"].item_group[1]
    more = tuple(group.item[1].model_copy(update={"oid": f"I.VSI.X{n}"}) for n in range(8))
    groups = (group.model_copy(update={"item": (*group.item, *more)}),)
    form = FormDef(oid="F.VS", name=study.forms["F.VS"].name, item_group=groups)
    wide = Study(**{name: getattr(study, name) for name in Study.model_fields} | {"form": (form,)})
    items = [("IG.VSI", row, "I.VSI.X7", value, None, None) for row, value in (("M0", "71"), ("M15", "72"))]
    finding = Mark(findings=(Finding(severity="soft", text="72 is odd."),))
    drawing = drawing_for(items=items, marks={"IG.VSI~M15/I.VSI.X7": finding})
    text = paper_text(draw_form(drawing, wide))
    assert re.search(r"Before +15 min +30 min", text)
    assert re.search(r"Pulse, /min +71 +72 +empty", text)
    assert "15 min, Pulse: 72 is odd." in text
    assert re.search(r"Before +15 min +30 min", paper_text(draw_blank(form, wide, "en")))


def test_long_names_in_the_head_are_never_cut(drawing_for: Maker, study: Study, paper_text: Reader) -> None:
    drawing = drawing_for()
    long = {
        "visit": "visit " * 30 + "VISITEND",
        "site": "site " * 35 + "SITEEND",
        "study": "study " * 60 + "STUDYEND",
    }
    header = drawing.header.model_copy(update=long | {"facts": (("Dose group", "dose " * 60 + "DOSEEND"),)})
    text = paper_text(draw_form(drawing.model_copy(update={"header": header}), study))
    for end in ("VISITEND", "SITEEND", "STUDYEND", "DOSEEND", "ZN007"):
        assert end in text
