"""Plots in the window: a sparkline in each row, the trend beside the field, small multiples by keyboard."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from crf_app.actions.enter_data import enter_value
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.subjects import add_subject, find_subject
from crf_app.errors import Cancelled
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import reads
from crf_app.ui import files, style, words
from crf_app.ui.form import lab_row
from crf_app.ui.form.lab_row import LabRow, lab_columns
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.plots import PlotsPage
from crf_app.ui.pages.results import ResultsPage
from crf_app.ui.plots import plot_words
from crf_app.ui.worker import Task
from tests.ui.conftest import PASSWORD, SetClock

DAYS = {"SE.SCR": "2026-08-20", "SE.V1": "2026-09-08", "SE.V2": "2026-09-15", "SE.V3": "2026-09-22",
        "SE.V4": "2026-09-29"}  # fmt: skip
ALT, LAST = "I.LBC.ALT", "SE.V5"


def key_of(study: Any, uid: str, event: str, oid: str) -> ItemKey:
    form = study.form_of_item[oid]
    return ItemKey(FormKey(uid, event, form.oid), form.group_of[oid].oid, oid)


def fill(session: Any, uid: str, values: tuple[str, ...] = ("58", "52", "49", "47", "46")) -> None:
    """Five made-up visits with ALT, three doses."""
    for (event, day), value in zip(DAYS.items(), values, strict=False):
        said = {"I.SV.SVOCCUR": "Y", "I.SV.SVSTDAT": day, "I.LBC.LBPERF": "Y", "I.LBC.LBDAT": day, ALT: value}
        if event in ("SE.V1", "SE.V2", "SE.V3"):
            said |= {"I.EX.ECYN": "Y", "I.EX.ECSTDAT": day}
        for oid, text in said.items():
            key = key_of(session.study, uid, event, oid)
            held = reads.items_at(session.store.conn, key.form_key, [key.local])
            if not held or held[0].answer.value != text:
                enter_value(session, key, text, reason="made-up correction" if held else None)


@pytest.fixture(scope="module")
def site(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared home: values of ZN007 up to day 22 (day 29 is today), one of ZN008, none of ZN009."""
    home = tmp_path_factory.mktemp("plots") / "home"
    shutil.copytree(site, home)
    session = sign_in(home, "made.nurse", PASSWORD, SetClock())
    uid, other = find_subject(session, "ZN007"), add_subject(session, "ZN008").subject
    add_subject(session, "ZN009")
    fill(session, uid)
    for oid, text in (("I.SV.SVOCCUR", "Y"), ("I.SV.SVSTDAT", "2026-10-06")):
        enter_value(session, key_of(session.study, uid, LAST, oid), text)
    for oid, text in (("I.LBC.LBPERF", "Y"), ("I.LBC.LBDAT", "2026-10-06")):
        enter_value(session, key_of(session.study, uid, LAST, oid), text)
    for oid, text in (("I.IC.DSSTDAT_IC", "2026-08-20"), ("I.LBC.LBDAT", "2026-08-20"), (ALT, "33")):
        enter_value(session, key_of(session.study, other, "SE.SCR", oid), text)
    sign_out(session)
    return home


@pytest.fixture
def filled(desk: Callable[[str], Any]) -> Any:
    """A window on that home."""
    return desk("made.nurse")


@pytest.fixture
def form(filled: Any, qtbot: Any) -> FormPageWidget:
    """Chemistry of day 29, its trends read."""
    window = filled.window
    qtbot.waitExposed(window)
    window.activateWindow()
    window.show_form(filled.key("F.LBC", LAST))
    page = window.page
    assert isinstance(page, FormPageWidget)
    qtbot.waitUntil(lambda: page._painted)
    page._trends.finish()
    return page


def row_of(page: FormPageWidget, oid: str = ALT) -> LabRow:
    found = page.view.row(key_of(page.session.study, "", "", oid).local)
    assert isinstance(found, LabRow)
    return found


def type_alt(page: FormPageWidget, text: str) -> LabRow:
    row = row_of(page)
    row.input.select()
    QTest.keyClicks(row.input, text)
    QTest.keyClick(row.input, Qt.Key.Key_Return)
    QApplication.processEvents()
    page._trends.finish()
    return row_of(page)


def panel_words(page: FormPageWidget) -> list[str]:
    page._show_panel()
    QApplication.processEvents()
    return [one.text() for one in page.panel.findChildren(QLabel) if not one.isHidden()]


# the row


def test_each_row_has_the_values_of_the_other_visits(form: FormPageWidget) -> None:
    trend = row_of(form).trend
    assert trend is not None
    assert [one.short for one in trend.points] == ["58", "52", "49", "47", "46"]
    empty = row_of(form, "I.LBC.AST").trend
    assert empty is not None and empty.points == ()


def test_a_saved_value_is_in_its_trend_at_once_and_rows_beside_are_not_read_again(
    form: FormPageWidget,
) -> None:
    beside = row_of(form, "I.LBC.AST").trend
    row = type_alt(form, "45")
    assert row.trend is not None and row.trend.points[-1].short == "45"
    assert row_of(form, "I.LBC.AST").trend is beside


def test_another_sample_date_moves_every_trend(form: FormPageWidget) -> None:
    type_alt(form, "45")
    local = key_of(form.session.study, "", "", "I.LBC.LBDAT")
    enter_value(form.session, ItemKey(form.key, local.group, local.item), "2026-10-05", reason="made-up")
    form.refresh()
    form._trends.finish()
    trend = row_of(form).trend
    assert trend is not None and str(trend.points[-1].at) == "2026-10-05"


def test_the_sparkline_is_painted_in_its_column(form: FormPageWidget) -> None:
    row = row_of(form)
    place = lab_columns(row.width())["trend"]
    ink, image = style.current().qcolor("accent"), row.grab().toImage()
    assert any(
        image.pixelColor(x, y) == QColor(ink)
        for x in range(place.left(), place.right())
        for y in range(place.top(), place.bottom())
    )


def test_columns_follow_each_other_and_none_covers_another() -> None:
    for width in range(lab_row.LAB_WIDTH, 1400, 7):
        places = list(lab_columns(width).values())
        for before, after in pairwise(places):
            assert before.right() < after.left(), width
        assert places[-1].right() < width


def test_the_head_names_the_day_of_the_last_visit(form: FormPageWidget) -> None:
    assert form._trends.last_head() == "Day 22"
    words.set_language("zh")
    assert form._trends.last_head() == "第22天"


def test_a_last_value_of_another_visit_says_its_day(form: FormPageWidget) -> None:
    study, uid = form.session.study, form.key.subject
    enter_value(form.session, key_of(study, uid, "SE.V4", "I.LBC.AST"), "51")
    enter_value(form.session, key_of(study, uid, "SE.V2", "I.LBC.ALP"), "131")
    form.refresh()
    form._trends.finish()
    assert row_of(form, "I.LBC.AST")._other_day == ""
    assert row_of(form, "I.LBC.ALP")._other_day == "Day 8"


def test_another_record_begins_without_the_trend_of_the_one_before(form: FormPageWidget, filled: Any) -> None:
    other = find_subject(form.session, "ZN009")
    filled.window.show_form(FormKey(other, "SE.SCR", "F.LBC"))
    assert all(one.trend is None for one in form.view.made() if isinstance(one, LabRow))


# the panel


def test_the_panel_says_days_values_multiples_and_the_baseline(form: FormPageWidget) -> None:
    type_alt(form, "268")
    row_of(form).input.select()
    said = panel_words(form)
    for sentence in ("Alanine aminotransferase", "U/L", "Day 22", "46", "1.2 ×", "Day 1·base", "Screening"):
        assert sentence in said
    assert any(one.startswith("Suggested grade 3") for one in said)
    assert any(one.startswith("Range: study definition") for one in said)


def test_the_plot_is_told_in_words_with_numbers(form: FormPageWidget) -> None:
    type_alt(form, "268")
    row_of(form).input.select()
    form._show_panel()
    plot = form.panel.card.plot
    assert plot.accessibleName() == "Alanine aminotransferase, U/L"
    said = plot.accessibleDescription()
    assert "Day 29: 268 U/L, 6.7 × ULN, range 7 – 40" in said
    assert "Infusion on day 1, 8, 15" in said and "6 values" in said


def test_f6_goes_to_the_plot_arrows_from_value_to_value_esc_back(form: FormPageWidget) -> None:
    row = row_of(form)
    row.input.select()
    form._show_panel()
    QTest.keyClick(row.input, Qt.Key.Key_F6)
    plot = form.panel.card.plot
    assert plot.hasFocus() and "Day 22" in plot.words()
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.words().startswith("Day 15: 47 U/L") and plot.accessibleDescription() == plot.words()
    QTest.keyClick(plot, Qt.Key.Key_Home)
    assert plot.words().startswith("Screening (Day -19): 58 U/L")
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert row.input.hasFocus()


def test_the_sum_and_the_rule_are_behind_f5(form: FormPageWidget) -> None:
    type_alt(form, "268")
    row = row_of(form)
    row.input.select()
    assert not any("268 is above 40" in one for one in panel_words(form))
    QTest.keyClick(row.input, Qt.Key.Key_F5)
    assert any("268 is above 40" in one for one in panel_words(form))
    QTest.keyClick(row.input, Qt.Key.Key_F5)
    assert not any("268 is above 40" in one for one in panel_words(form))


def test_add_a_note_opens_the_comment_of_the_result(form: FormPageWidget) -> None:
    row_of(form).input.select()
    form._show_panel()
    assert not form.panel.note.isHidden()
    form.panel.note.click()
    comment = row_of(form).comment
    assert comment is not None and comment.isVisible()


def test_text_has_no_plot_and_no_note(form: FormPageWidget) -> None:
    local = key_of(form.session.study, "", "", "I.LBC.LBNAM").local
    row = form.view.row(local)
    assert row is not None
    row.input.select()
    form._show_panel()
    assert form.panel.card.isHidden() and form.panel.note.isHidden()


# small multiples


@pytest.fixture
def plots(filled: Any, qtbot: Any) -> PlotsPage:
    filled.window.show_subjects()
    qtbot.waitExposed(filled.window)
    filled.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is filled.window)
    QApplication.processEvents()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_G, Qt.KeyboardModifier.AltModifier)
    page = filled.window.page
    assert isinstance(page, PlotsPage)
    page.choose(ALT)
    page.steps.finish()
    return page


def test_everybody_with_a_value_has_a_plot_on_the_same_axes(plots: PlotsPage) -> None:
    assert [one.label for one in plots.trends] == ["ZN007", "ZN008"]
    assert len({id(one) for one in plots.tiles.plots.axes}) == 1
    assert "2 subjects with a value" in plots.count.text()
    QTest.keyClick(plots.tiles, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    assert plots.tiles.plots.axes[0] != plots.tiles.plots.axes[1]


def test_enter_opens_the_subject(plots: PlotsPage, filled: Any) -> None:
    assert plots.tiles.hasFocus()
    QTest.keyClick(plots.tiles, Qt.Key.Key_Right)
    QTest.keyClick(plots.tiles, Qt.Key.Key_Return)
    assert isinstance(filled.window.page, CasebookPage)
    assert "ZN008" in filled.window.shell.header.accessibleName()


def test_each_tile_is_told_in_words(plots: PlotsPage) -> None:
    model = plots.tiles.plots
    first = model.index(0)
    assert model.data(first, Qt.ItemDataRole.AccessibleTextRole) == "ZN007, Alanine aminotransferase, U/L"
    said = model.data(first, Qt.ItemDataRole.AccessibleDescriptionRole)
    assert "Day 22: 46 U/L" in said
    assert model.under(plots.trends[1]) == "no group yet"


def test_a_test_is_chosen_by_typing_part_of_its_name(plots: PlotsPage) -> None:
    plots.choice.line.setFocus()
    plots.choice.line.selectAll()
    QTest.keyClicks(plots.choice.line, "potass")
    QTest.keyClick(plots.choice.line, Qt.Key.Key_Return)
    plots.steps.finish()
    assert plots.item is not None and plots.item.oid == "I.LBC.K"
    assert plots.title.text() == "Potassium, mmol/L, all subjects"
    assert not plots.empty.isHidden() and not plots.save.isEnabled()


def test_the_paper_is_written_aside_and_recorded(
    plots: PlotsPage, filled: Any, tmp_path, monkeypatch
) -> None:
    path = tmp_path / "alt.pdf"
    monkeypatch.setattr(files, "ask_save", lambda *_: path)
    plots.save.click()
    filled.window.worker.wait()
    QApplication.processEvents()
    document = pypdfium2.PdfDocument(path.read_bytes())
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "ZN007" in text and "ZN008" in text
    prints = reads.records_of_kind(filled.session.store.conn, "print.make")
    assert f"plots {ALT}" in (prints[-1].record.value or "")
    assert "alt.pdf" in plots.notice.words.text()


def test_drawing_the_paper_can_be_stopped_and_leaves_no_file(
    plots: PlotsPage, filled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "alt.pdf"
    monkeypatch.setattr(files, "ask_save", lambda *_: path)
    began: list[Task] = []
    worker = filled.window.worker
    worker.began.connect(began.append)
    held = threading.Event()
    worker.run(held.wait, lambda _: None, lambda _: None)  # so that it is stopped before its first page
    plots.save.click()
    worker.cancel()
    held.set()
    worker.wait()
    QApplication.processEvents()
    assert [one.kind for one in began] == ["plots"] and began[0].stopping
    assert not path.exists() and reads.records_of_kind(filled.session.store.conn, "print.make") == []
    assert plots.notice.words.text() == Cancelled().texts["en"]


def test_the_results_of_a_subject_open_from_the_plot_and_lead_back_to_a_field(
    form: FormPageWidget, filled: Any
) -> None:
    row = row_of(form)
    row.input.select()
    form._show_panel()
    QTest.keyClick(row.input, Qt.Key.Key_F6)
    QTest.keyClick(form.panel.card.plot, Qt.Key.Key_Return)
    page = filled.window.page
    assert isinstance(page, ResultsPage)
    page.steps.finish()
    assert [one.item for one in page.trends] == [ALT]
    assert filled.window.shell.header.subject
    QTest.keyClick(page.tiles, Qt.Key.Key_Return)
    shown = filled.window.page
    assert isinstance(shown, FormPageWidget) and shown.key.event == "SE.V4"
    assert shown.current is not None and shown.current.key.item == ALT


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_of_plots_are_whole_in_both_languages(plots: PlotsPage, language: str) -> None:
    words.set_language(language)
    plots.steps.finish()
    said = plot_words.description_of(plots.trends[0])
    assert ("输注" in said) == (language == "zh") and "{" not in said
    assert plots.save.text() == words.say("plots.save")
