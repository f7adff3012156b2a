"""Forms on paper: a filled form from its drawing, a blank form from its definition.

Drawing is a pure function: the same drawing and study give the same bytes (`invariant=1`, one embedded
font, no time of the computer).  Signing the bytes is `pdf_sign.py`, judging a file is `pdf_verify.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from crf_app.export.answers import sheet_of
from crf_app.export.appendix_rows import Appendix, appendix_rows
from crf_app.export.blank_rows import blank_rows
from crf_app.export.filled_rows import filled_rows
from crf_app.export.fonts import FONT, register
from crf_app.export.pages import PageText, Placement, draw_pages, page_code
from crf_app.export.paper_words import joined, word
from crf_app.export.signature_boxes import signature_rows
from crf_app.model.definition import Study, StudyEventDef
from crf_app.model.drawing import LAYOUT, Drawing, Header, Printed
from crf_app.model.form_def import FormDef
from crf_app.model.progress import Progress, silent
from crf_app.model.retired import as_asked, forms_asked

RECORD_MARK = "crf-record/1"
BLANK_MARK = "crf-blank/1"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The pages, and where the empty signature boxes lie (role → place)."""

    pdf: bytes
    boxes: dict[str, Placement]


def draw_form(
    drawing: Drawing, study: Study, progress: Progress = silent, appendices: Sequence[Appendix] = ()
) -> bytes:
    """The filled form as PDF; `progress` counts pages; `appendices` follow the signatures of a copy.

    Raises KeyError if the study does not hold the record's form, Cancelled.
    """
    return draw(drawing, study, progress, appendices).pdf


def draw(
    drawing: Drawing, study: Study, progress: Progress = silent, appendices: Sequence[Appendix] = ()
) -> Drawn:
    """The filled form and its signature boxes."""
    out = BytesIO()
    title, subject = f"{study.oid} {drawing.form_oid}", f"{RECORD_MARK} {drawing.record_sha256}"
    canvas = new_canvas(out, title, subject, drawing.language)
    boxes = draw_on(canvas, drawing, study, progress, appendices)
    canvas.save()
    return Drawn(out.getvalue(), boxes)


def draw_on(
    canvas: Any,
    drawing: Drawing,
    study: Study,
    progress: Progress = silent,
    appendices: Sequence[Appendix] = (),
) -> dict[str, Placement]:
    """The form's pages at the end of this document; where its empty signature boxes lie."""
    if appendices and drawing.kind != "C":
        raise ValueError(drawing.kind)  # what is signed is the form, and no more
    sheet = sheet_of(drawing, study)
    body = filled_rows(sheet) + signature_rows(sheet.form.signature, drawing, drawing.language)
    body += appendix_rows(appendices, drawing.language)
    return draw_pages(canvas, _page_text(drawing, study, sheet.form, drawing.record_sha256), body, progress)


def draw_blank(
    form: FormDef,
    study: Study,
    language: str,
    site: str = "",
    environment: str = "live",
    *,
    sources: bool = False,
) -> bytes:
    """One empty form for down time; every box, code, unit and usual range of the definition.

    `sources`: the evidence code at each question too, with a legend.
    """
    return _blank([form], study, language, "", site, environment, sources)


def draw_blank_visit(
    event: StudyEventDef, study: Study, language: str, site: str = "", environment: str = "live"
) -> bytes:
    """All forms of a visit, one after the other, each with its own page numbers."""
    forms = [study.forms[oid] for oid in forms_asked(event)]
    return _blank(forms, study, language, event.name.in_language(language), site, environment)


def _blank(
    forms: Sequence[FormDef],
    study: Study,
    language: str,
    visit: str,
    site: str,
    environment: str,
    sources: bool = False,
) -> bytes:
    out = BytesIO()
    canvas = new_canvas(out, f"{study.oid} {forms[0].oid}", f"{BLANK_MARK} {study.sha256}", language)
    for form in (as_asked(one, ()) for one in forms):
        body = blank_rows(form, study, language, sources) + signature_rows(form.signature, None, language)
        draw_pages(canvas, _blank_text(form, study, language, visit, site, environment), body)
    canvas.save()
    return out.getvalue()


def producer() -> str:
    """What the bytes depend on beside drawing and study; written into /Producer."""
    import zlib

    import pyhanko.version
    import reportlab

    parts = (
        f"layout {LAYOUT}",
        f"reportlab {reportlab.__version__}",
        f"pyHanko {pyhanko.version.__version__}",
    )
    return "crf_app; " + "; ".join((*parts, f"zlib {zlib.ZLIB_RUNTIME_VERSION}"))


def new_canvas(out: BytesIO, title: str, subject: str, language: str) -> Any:
    """An empty A4 document with our font and the marks of this program."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    register()
    lang = "zh-CN" if language == "zh" else "en"
    canvas = Canvas(out, pagesize=A4, invariant=1, initialFontName=FONT, pageCompression=1, lang=lang)
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.setAuthor("crf_app")
    canvas.setCreator("crf_app")
    canvas.setProducer(producer())
    return canvas


def _page_text(drawing: Drawing, study: Study, form: FormDef, sha: str) -> PageText:
    header, language = drawing.header, drawing.language
    bands = [word("test", language)] * (header.environment == "test")
    bands += [word("copy", language)] * (drawing.kind == "C")
    return PageText(
        language=language,
        title=word("crf", language, name=form.name.in_language(language)),
        who="   ".join(part for part in (header.subject, header.visit) if part),
        lines=_header_lines(drawing, study),
        bands=tuple(bands),
        right=_labelled("actual", header.actual, language),
        foot=_foot(drawing.printed, language),
        hash_label=word("record_hash", language),
        sha256=sha,
        code=page_code(drawing.kind, study.oid, drawing.printed.id, sha),
    )


def _header_lines(drawing: Drawing, study: Study) -> tuple[str, ...]:
    header, language = drawing.header, drawing.language
    definition = drawing.record["definition"]
    version = f"{definition['version']} ({word('definition', language)} {definition['sha256'][:12]})"
    colon = "：" if language == "zh" else ": "
    facts = [f"{label}{colon}{value}" for label, value in header.facts]
    if header.planned and header.planned != header.actual:
        facts.insert(0, _labelled("planned", header.planned, language))
    lines = (
        header.study,
        _place(header, study, language),
        _gap([_labelled("form_version", version, language), _environment(header.environment, language)]),
        _gap(facts),
    )
    return tuple(line for line in lines if line)


def _place(header: Header, study: Study, language: str) -> str:
    protocol = header.protocol or study.protocol
    return _gap([_labelled("protocol", protocol, language), _labelled("site", header.site, language)])


def _gap(parts: Sequence[str]) -> str:
    return "   ".join(part for part in parts if part)


def _labelled(key: str, value: str, language: str) -> str:
    return f"{word(key, language)}{'：' if language == 'zh' else ': '}{value}" if value else ""


def _environment(environment: str, language: str) -> str:
    return word(
        "environment", language, name=word("env_test" if environment == "test" else "env_live", language)
    )


def _foot(printed: Printed, language: str) -> str:
    parts = [word("master", language)]
    if printed.at:
        parts.append(word("printed", language, at=printed.at, by=printed.by))
    return _gap(parts)


def _blank_text(
    form: FormDef, study: Study, language: str, visit: str, site: str, environment: str
) -> PageText:
    header = Header(study=study.name.in_language(language), site=site, environment=environment)
    version = f"{study.version} ({word('definition', language)} {study.sha256[:12]})"
    codes = joined(
        [f"{one.code} {one.text.in_language(language)}" for one in study.missing_reasons], language
    )
    return PageText(
        language=language,
        title=word("blank_crf", language, name=form.name.in_language(language)),
        who=visit,
        lines=(
            header.study,
            _place(header, study, language),
            _gap([_labelled("form_version", version, language), _environment(environment, language)]),
            word("legend", language, codes=codes),
        ),
        bands=(word("test", language),) * (environment == "test"),
        right="",
        foot=word("master_paper", language),
        hash_label=word("definition_hash", language),
        sha256=study.sha256,
        code=page_code("B", study.oid, Printed().id, study.sha256),
        combs=_combs(study, language, visit),
    )


def _combs(study: Study, language: str, visit: str) -> tuple[tuple[str, int], ...]:
    combs = [(word("subject", language), len(study.subject_format.format(n=1)))]
    if not visit:
        combs.append((word("visit", language), 4))
    combs += [
        (word("actual", language), 8),
        (word("filled_by", language), 3),
    ]
    return tuple(combs)
