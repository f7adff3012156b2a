"""A casebook on paper: every form that was begun, one after the other, as unsigned copies in one file.

Each form begins a page of its own, with its own header, hash and page numbers, so that a page that falls out
of the pile still says whose it is.  The outline of the file names visits and forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from crf_app.crypto.canonical import canonical, sha256
from crf_app.export.appendix_rows import Appendix
from crf_app.export.pdf import draw_on, new_canvas
from crf_app.model.definition import Study
from crf_app.model.drawing import Drawing

CASEBOOK_MARK = "crf-casebook/1"


@dataclass(frozen=True, slots=True)
class Part:
    """One form: what the outline calls its visit and itself, and what is drawn."""

    visit: str
    form: str
    drawing: Drawing
    study: Study
    appendices: Sequence[Appendix] = ()


def draw_casebook(title: str, language: str, parts: Iterable[Part]) -> bytes:
    """All parts in one file.  Raises ValueError for a part that is to be signed, Cancelled."""
    out, hashes, visit = BytesIO(), [], ""
    canvas = new_canvas(out, title, CASEBOOK_MARK, language)
    for number, part in enumerate(parts):
        if part.drawing.kind != "C":
            raise ValueError(part.drawing.kind)
        if part.visit != visit:
            visit = part.visit
            _outline(canvas, visit, f"visit{number}", 0)
        _outline(canvas, part.form, f"form{number}", 1)
        draw_on(canvas, part.drawing, part.study, appendices=part.appendices)
        hashes.append(part.drawing.record_sha256)
    canvas.setSubject(f"{CASEBOOK_MARK} {sha256(canonical(hashes))}")
    canvas.showOutline()
    canvas.save()
    return out.getvalue()


def _outline(canvas: Any, title: str, place: str, level: int) -> None:
    """An entry that leads to this page; each has a name of its own, for the title is kept by it."""
    canvas.bookmarkPage(place)
    canvas.addOutlineEntry(title, place, level=level)
