"""A subject's casebook as one file for reading: every form that was begun, as unsigned copies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crf_app.actions.casebook import casebook, forms_shown, logs
from crf_app.actions.changes import Changes
from crf_app.actions.form_page import form_page
from crf_app.actions.printing.paper import Language, drawing_of_form, save_pdf
from crf_app.actions.printing.paper_appendix import ALONE, Extent, appendices_of
from crf_app.actions.session import Session
from crf_app.errors import NotFound
from crf_app.model.keys import FormKey
from crf_app.model.progress import Progress, counted, silent
from crf_app.model.workflow import Step
from crf_app.store import reads

if TYPE_CHECKING:
    from crf_app.export.casebook_pdf import Part


def casebook_pdf(
    session: Session, uid: str, language: Language, progress: Progress = silent, extent: Extent = ALONE
) -> bytes:
    """All forms of the subject that were begun, visit after visit; `progress` counts them.

    Raises NotAllowed, NotFound (no such subject, or no form was begun), Cancelled.
    """
    from crf_app.export.casebook_pdf import draw_casebook
    from crf_app.export.paper_words import word

    session.require(Step.PRINT, uid)
    keys = begun_forms(session, uid)
    if not keys:
        raise NotFound("No form of this subject was begun yet.", "该受试者尚未开始任何表单。", where=uid)
    title = word("casebook", language, name=session.subject(uid).record.label)
    parts = (_part(session, key, language, extent) for key in counted(keys, progress, len(keys)))
    return draw_casebook(title, language, parts)


def save_casebook(session: Session, path: Path, data: bytes, uid: str, extent: Extent = ALONE) -> Changes:
    """Write the file and record that it was given out, and with what.  Raises StorageError, NotAllowed."""
    return save_pdf(session, path, data, f"casebook {uid}{extent.words}")


def begun_forms(session: Session, uid: str) -> list[FormKey]:
    """The forms that hold anything, in the order of the casebook: visits, then the logs."""
    begun = reads.forms_of_subject(session.store.conn, uid)
    visits = [one.event for one in casebook(session, uid, evaluate=False).visits]
    keys = [key for event in visits for key in forms_shown(session, uid, event)]
    keys += [one.key for one in logs(session, uid)]
    return [key for key in dict.fromkeys(keys) if key in begun]


def _part(session: Session, key: FormKey, language: Language, extent: Extent) -> Part:
    from crf_app.export.casebook_pdf import Part

    page = form_page(session, key)
    return Part(
        page.visit.definition.name.in_language(language),
        page.form.name.in_language(language),
        drawing_of_form(session, page, language, "C"),
        page.study,
        appendices_of(session, page, language, extent),
    )
