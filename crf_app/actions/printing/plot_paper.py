"""Plots on paper: what is drawn is put together here, drawing itself may be done aside.

Giving a file out is recorded like any print.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from crf_app.actions.changes import Changes
from crf_app.actions.printing.paper import save_pdf
from crf_app.actions.session import Session
from crf_app.actions.trends import trends_of_all, trends_of_subject
from crf_app.crypto.canonical import canonical, sha256
from crf_app.errors import NotFound
from crf_app.model.clock import local_text
from crf_app.model.plot import Axes, axes_of
from crf_app.model.progress import Progress, silent
from crf_app.model.trend import Trend
from crf_app.model.units import shown_unit
from crf_app.model.workflow import Step

_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TICKS: Final = 3


def draw_trends(
    session: Session, trends: Sequence[Trend], title: str, language: str, *, together: bool
) -> Callable[[Progress], bytes]:
    """What draws these trends; it asks nothing of the store, so that another thread may run it.

    `together`: one test of many subjects, on the same axes; else many tests of one subject.
    """
    from crf_app.export.plot_pages import PlotSheet, Tile, draw_plots

    session.require(Step.PRINT, title)
    study, stamp = session.study, session.stamp()
    both = axes_of(trends, _TICKS)
    axes = [both if together else Axes(both.days, axes_of([one], _TICKS).values) for one in trends]
    tiles = tuple(
        Tile(*_words(one, language, together=together), one, its)
        for one, its in zip(trends, axes, strict=True)
    )
    name = next((one.dose_name for one in trends if one.doses), None)
    sheet = PlotSheet(
        title=title,
        study_oid=study.oid,
        lines=(
            study.title.in_language(language),
            f"{study.protocol}   {session.site} {study.sponsor.in_language(language)}",
        ),
        tiles=tiles,
        language=language,
        printed_by=session.name,
        printed_at=local_text(stamp.at, stamp.offset),
        print_id="".join(secrets.choice(_BASE32) for _ in range(10)),
        sha256=sha256(canonical([_plain(one) for one in trends])),
        environment=session.env,
        dose="" if name is None else name.in_language(language),
        who="" if together or not trends else trends[0].label,
    )
    return lambda progress: draw_plots(sheet, progress)


def subject_trends_pdf(session: Session, uid: str, language: str) -> bytes:
    """All laboratory results of a subject that have a value."""
    trends = [one for one in trends_of_subject(session, uid) if one.points]
    if not trends:
        raise NotFound(
            "No laboratory result is entered for this subject yet.", "该受试者尚无检验结果。", where=uid
        )
    title = {"en": "Laboratory results over time", "zh": "检验结果趋势"}[language]
    return draw_trends(session, trends, title, language, together=False)(silent)


def item_trends_pdf(session: Session, item_oid: str, language: str) -> bytes:
    """One test of every subject that has a value of it."""
    trends = [one for one in trends_of_all(session, item_oid) if one.points]
    if not trends:
        raise NotFound("No subject has a value of this test yet.", "尚无受试者有该项数值。", where=item_oid)
    item = session.study.form_of_item[item_oid].items[item_oid]
    unit = shown_unit(item.unit, language)
    comma = "，" if language == "zh" else ", "
    name = comma.join(part for part in (item.question.in_language(language), unit) if part)
    title = {"en": f"{name}, all subjects", "zh": f"{name}，全部受试者"}[language]
    return draw_trends(session, trends, title, language, together=True)(silent)


def save_trends(session: Session, path: Path, data: bytes, what: str) -> Changes:
    """Write the file and record that it was given out.  Raises StorageError, NotAllowed."""
    return save_pdf(session, path, data, f"plots {what}")


def _words(one: Trend, language: str, *, together: bool) -> tuple[str, str, str]:
    """Name, line under it, last value."""
    last = one.points[-1] if one.points else None
    said = "" if last is None else f"{last.words} {last.flag}".rstrip()
    if together:
        none = {"en": "no group yet", "zh": "尚未分组"}[language]
        return one.label, one.arm.in_language(language) if one.arm is not None else none, said
    return one.title.in_language(language), shown_unit(one.unit, language), said


def _plain(one: Trend) -> dict[str, Any]:
    """The values behind one plot, for the sheet's hash."""
    return {
        "subject": one.uid,
        "item": one.item,
        "points": [[str(point.at), point.words, str(point.low), str(point.high)] for point in one.points],
        "gaps": [[str(gap.at), gap.reason] for gap in one.gaps],
        "doses": [str(day) for day in one.doses],
    }
