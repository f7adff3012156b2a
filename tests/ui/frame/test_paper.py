"""The paper: real pages, both languages, blank form, save and print recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pypdf
import pytest
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo
from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import reads
from crf_app.ui import files
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.paper.pdf_pages import render


@pytest.fixture
def page(at_work, settle, new_subject):
    window = at_work("nurse")
    uid = new_subject(window.session, "ZN007")
    key = FormKey(uid, "SE.SCR", "F.SV")
    enter_value(window.session, ItemKey(key, "IG.SV", "I.SV.SVOCCUR"), "Y")
    window.show_pdf(key)
    settle()
    return window.page


def prints(window) -> list[str]:
    made = reads.records_of_kind(window.session.store.conn, "print.make")
    return [json.loads(record.value)["what"] for _, record in made]


def text_of(data: bytes) -> str:
    import io

    return "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(data)).pages)


def test_the_preview_shows_the_pages_of_the_real_pdf(page):
    assert page.data.startswith(b"%PDF") and len(page.pictures) == len(render(page.data, 30))
    assert page.thumbs.count() == len(page.pictures)
    shown = page.paper.pixmap().toImage()
    colours = {
        shown.pixelColor(x, y).lightness()
        for x in range(0, shown.width(), 7)
        for y in range(0, shown.height(), 7)
    }
    assert min(colours) < 60 and max(colours) == 255  # ink on white


def test_an_unsigned_form_is_called_an_unsigned_copy(page):
    assert page.verdict.text() == "Unsigned copy" and page.verdict.property("state") == "soft"


def test_the_paper_changes_its_language_without_the_window(page, settle):
    page.language._buttons["zh"].click()
    settle()
    assert "访视" in text_of(page.data) and page.save.text() == "Save as PDF…"


def test_the_blank_form_has_no_answer_and_comes_back(page, settle):
    page.other.click()
    settle()
    assert "Blank form" in page.title.text() and "ZN007" not in text_of(page.data)
    assert page.file_name() == "SV_blank.pdf"
    page.other.click()
    settle()
    assert "ZN007" in text_of(page.data)


def test_saving_writes_the_same_bytes_and_is_recorded(page, window, tmp_path, monkeypatch):
    path: Path = tmp_path / "out.pdf"
    asked = []
    monkeypatch.setattr(files, "ask_save", lambda _, __, name: asked.append(name) or path)
    page.save.click()
    assert path.read_bytes() == page.data and asked == ["ZN007_SCR_SV.pdf"]
    assert prints(window) == [str(page.key)] and "out.pdf" in page.notice.words.text()


def test_a_disk_that_refuses_is_said_inline(page, window, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ask_save", lambda *_: tmp_path / "no such folder" / "out.pdf")
    page.save.click()
    assert page.notice.isVisible() and prints(window) == []


def test_printing_sends_every_page_and_is_recorded(page, window, tmp_path, settle):
    out = tmp_path / "printed.pdf"
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(out))
    page.print_to(printer)
    settle()
    assert len(pypdf.PdfReader(out).pages) == len(page.pictures)
    assert prints(window) == [str(page.key)]


def test_without_a_printer_it_says_what_to_do(page, qtbot, monkeypatch):
    monkeypatch.setattr(QPrinterInfo, "availablePrinterNames", staticmethod(list))
    qtbot.keyClick(page, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert "No printer" in page.notice.words.text()


def test_escape_goes_back_to_the_casebook(page, window, qtbot):
    qtbot.keyClick(page.thumbs, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert isinstance(window.page, CasebookPage) and window.page.uid == page.key.subject


def test_what_goes_with_the_form_is_ticked_printed_and_recorded(page, window, settle, tmp_path, monkeypatch):
    assert "Audit trail" not in text_of(page.data)
    page.extent.trail.click()
    settle()
    page.extent.queries.click()
    settle()
    text = text_of(page.data)
    assert "Audit trail of this form" in text and "Entered: Yes" in text and "Queries of this form" in text
    monkeypatch.setattr(files, "ask_save", lambda *_: tmp_path / "out.pdf")
    page.save.click()
    assert prints(window) == [f"{page.key} +trail +queries"]


def test_the_whole_casebook_becomes_one_file(page, window, settle, tmp_path, monkeypatch):
    path, asked = tmp_path / "book.pdf", []
    monkeypatch.setattr(files, "ask_save", lambda _, __, name: asked.append(name) or path)
    page.extent.casebook.click()
    settle()
    text = text_of(path.read_bytes())
    assert asked == ["ZN007.pdf"] and "UNSIGNED COPY" in text and "Visit date" in text
    assert prints(window) == [f"casebook {page.key.subject}"] and "book.pdf" in page.notice.words.text()


def test_a_casebook_on_a_disk_that_refuses_is_said_and_not_recorded(
    page, window, settle, tmp_path, monkeypatch
):
    monkeypatch.setattr(files, "ask_save", lambda *_: tmp_path / "no such folder" / "book.pdf")
    page.extent.casebook.click()
    settle()
    assert page.notice.isVisible() and prints(window) == []


def test_the_blank_form_has_nothing_to_go_with_it(page, settle):
    page.other.click()
    settle()
    assert page.extent.isHidden()
    page.other.click()
    settle()
    assert not page.extent.isHidden()
