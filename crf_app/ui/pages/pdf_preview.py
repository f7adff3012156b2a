"""The paper of one form before it is paper: the real PDF pages, save, print, blank form, language.

A signed form shows its signed bytes; anything else says on every page that it is not signed.  Saving and
printing are recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QKeySequence, QPixmap, QResizeEvent, QShortcut
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QListWidget, QListWidgetItem, QScrollArea

from crf_app.actions.changes import Changes
from crf_app.actions.form_page import FormPage, form_page
from crf_app.actions.printing.casebook_paper import casebook_pdf, save_casebook
from crf_app.actions.printing.paper import Language, blank_pdf, form_pdf, printed, save_pdf
from crf_app.actions.printing.paper_appendix import ALONE
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey
from crf_app.ui import files, style, words
from crf_app.ui.page import Page
from crf_app.ui.paper.paper_extent import PaperExtent
from crf_app.ui.paper.pdf_pages import print_pages, render
from crf_app.ui.widgets.choice_line import ChoiceLine
from crf_app.ui.widgets.parts import button, column, frame, label, row, scrolled

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

    from crf_app.model.progress import Progress
    from crf_app.ui.main_window import MainWindow

_NAMES = {"en": "English", "zh": "中文"}
_THUMB = 104


class Drawn(NamedTuple):
    """The paper, its pages, and the same pages small."""

    data: bytes
    pictures: list[QImage]
    thumbs: list[QImage]


class PdfPreviewPage(Page):
    """Thumbs, the page, what it is."""

    rail = "subjects"
    help_topic = "paper_preview"

    def __init__(self, window: MainWindow, key: FormKey, to_sign: Callable[[], object] | None = None) -> None:
        super().__init__(window)
        self.key, self._to_sign = key, to_sign
        self._form: FormPage = form_page(window.session, key)
        self.data = b""
        self.pictures: list[QImage] = []
        self._blank = False
        self.sources = QCheckBox()
        self.extent = PaperExtent(self.draw, self.save_casebook)
        self.title, self.place = label("", "page"), label("", "sub")
        self.thumbs, self.paper = QListWidget(), QLabel()
        self.verdict, self.verdict_more = label("", "value", wrap=True), label("", "small", wrap=True)
        self.language = ChoiceLine("paper_language", _NAMES, words.language())
        self.save = button("", "", "file", clicked=self.save_file)
        self.print_ = button("", "primary", "print", clicked=self.print_now)
        self.other = button("", "", "file", clicked=self.toggle_blank)
        self.back = button("", clicked=to_sign or (lambda: window.show_casebook(key.subject)))
        self._build()
        self._ready(False)

    def begin(self) -> None:
        """The page before has left: draw; the pages wait for arrow keys and Page Down."""
        self.draw()
        self.thumbs.setFocus()

    def retranslate(self) -> None:
        super().retranslate()
        self.extent.retranslate()
        self._say()

    def leave(self) -> None:
        """Drawing reads the store; nobody else does until it has ended.  Nobody will look at it: it stops."""
        task = self.window_.worker.task
        if task is not None and task.kind == "paper":
            self.window_.worker.stop()
        self.window_.worker.wait()

    def draw(self) -> None:
        """Draw the paper in the chosen language, off the window's thread."""
        session, key, language = self.window_.session, self.key, cast(Language, self.language.code)
        blank, sources, extent = self._blank, self.sources.isChecked(), self.extent.chosen

        def work(progress: Progress) -> Drawn:
            data = (
                blank_pdf(session, key.form_oid, language, sources=sources)
                if blank
                else form_pdf(session, key, language, progress, extent)
            )
            pictures = render(data, progress=progress)
            smooth = Qt.TransformationMode.SmoothTransformation
            return Drawn(data, pictures, [one.scaledToWidth(_THUMB * 2, smooth) for one in pictures])

        self._ready(False)
        self.paper.setText(words.say("paper.drawing"))
        self.window_.worker.run_long("paper", work, self._on_drawn, self._on_refused)

    def toggle_blank(self) -> None:
        """Between the blank form for down time and the filled-in one."""
        self._blank = not self._blank
        self.sources.setVisible(self._blank)
        self.extent.setVisible(not self._blank)
        self.draw()

    def save_file(self) -> None:
        """Write the same bytes to a file; recorded."""
        path = files.ask_save(self, words.say("paper.save_title"), self.file_name())
        if path is None:
            return
        try:
            changes = save_pdf(self.window_.session, path, self.data, self._what())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return
        self.notice.say(words.both("paper.saved", name=path.name), "ok")
        self.window_.say_saved(changes)

    def save_casebook(self) -> None:
        """Every form of the subject into one file, with what is ticked; recorded."""
        path = files.ask_save(self, words.say("paper.save_title"), f"{self._form.header.label}.pdf")
        if path is None:
            return
        session, uid, extent = self.window_.session, self.key.subject, self.extent.chosen
        language = cast(Language, self.language.code)

        def work(progress: Progress) -> Changes:
            data = casebook_pdf(session, uid, language, progress, extent)
            return save_casebook(session, path, data, uid, extent)

        def written(changes: Changes) -> None:
            self.notice.say(words.both("paper.saved", name=path.name), "ok")
            self.window_.say_saved(changes)

        self.notice.clear()
        self.window_.worker.run_long("casebook", work, written, self.notice.refuse)

    def print_now(self) -> None:
        """The system's own print dialog, then the pages; recorded."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrinterInfo

        if not self.data:
            return
        if not QPrinterInfo.availablePrinterNames():
            self.notice.say(words.both("paper.no_printer"), "soft")
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        if QPrintDialog(printer, self).exec():
            self.print_to(printer)

    def print_to(self, printer: QPrinter) -> None:
        """Print and record it."""
        session, data, what = self.window_.session, self.data, self._what()
        named = printer.printerName() or printer.outputFileName()

        def work(progress: Progress) -> tuple[int, Changes]:
            n = print_pages(data, printer, progress)
            return n, printed(session, data, what)

        def told(done: tuple[int, Changes]) -> None:
            self.notice.say(words.both("paper.printed", printer=named, n=done[0]), "ok")
            self.window_.say_saved(done[1])

        self.window_.worker.run_long("print", work, told, self.notice.refuse)

    def file_name(self) -> str:
        """Subject, visit and form; nothing else about the person."""
        label_ = self._form.header.label
        visit = self._form.visit.definition.short_name
        form = self.key.form_oid.removeprefix("F.")
        return f"{form}_blank.pdf" if self._blank else f"{label_}_{visit}_{form}.pdf"

    def show_page(self, place: int) -> None:
        """Show one page as wide as there is room."""
        if not 0 <= place < len(self.pictures):
            return
        picture = self.pictures[place]
        ratio = self.devicePixelRatioF()
        width = max(self._scroll.viewport().width() - style.current().px(24), 200)
        smooth = Qt.TransformationMode.SmoothTransformation
        shown = QPixmap.fromImage(picture.scaledToWidth(round(width * ratio), smooth))
        shown.setDevicePixelRatio(ratio)
        self.paper.setPixmap(shown)
        self.paper.setAccessibleName(words.say("paper.page", page=place + 1))
        self.place.setText(words.say("paper.page_of", page=place + 1, pages=len(self.pictures)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
        if event.key() in steps:
            step = steps[Qt.Key(event.key())]
            self.thumbs.setCurrentRow(min(max(self.thumbs.currentRow() + step, 0), len(self.pictures) - 1))
        elif event.key() == Qt.Key.Key_Escape:
            self.back.click()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_page(self.thumbs.currentRow())

    def _on_drawn(self, drawn: Drawn) -> None:
        self.data, self.pictures = drawn.data, drawn.pictures
        self.thumbs.clear()
        for number, image in enumerate(drawn.thumbs, 1):
            small = QPixmap.fromImage(image)
            shown = QIcon(small)
            shown.addPixmap(small, QIcon.Mode.Selected)
            item = QListWidgetItem(shown, str(number))
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words.say("paper.page", page=number))
            self.thumbs.addItem(item)
        self.thumbs.setCurrentRow(0)
        self._ready(True)
        self._say()

    def _on_refused(self, refusal: CrfError) -> None:
        self.paper.clear()
        self.notice.refuse(refusal)

    def _ready(self, ready: bool) -> None:
        for made in (self.save, self.print_, self.other, self.sources, self.extent):
            made.setEnabled(ready)

    def _what(self) -> str:
        return f"blank {self.key.form_oid}" if self._blank else f"{self.key}{self.extent.chosen.words}"

    def _say(self) -> None:
        """Title and verdict in the language on screen."""
        page = self._form
        form, visit = words.pick(page.form.name), page.visit.definition.short_name
        key = "paper.blank_title" if self._blank else "paper.title"
        self.title.setText(words.say(key, form=form, visit=visit))
        self.window_.set_subject(page.header, words.pick(page.visit.definition.name))
        self.other.setText(words.say("paper.filled" if self._blank else "paper.blank"))
        text, more, state = self._verdict()
        self.verdict.setText(text)
        self.verdict_more.setText(more)
        style.set_state(self.verdict, state)
        self.show_page(self.thumbs.currentRow())

    def _verdict(self) -> tuple[str, str, str]:
        if self._blank:
            return words.say("paper.blank"), words.say("paper.blank_hint"), ""
        signature = self._form.signature
        if signature is not None and signature.valid and self.extent.chosen != ALONE:
            return words.say("paper.unsigned"), words.say("paper.copy_of_signed"), "soft"
        if signature is None:
            return words.say("paper.unsigned"), words.say("paper.unsigned_hint"), "soft"
        who = words.say("paper.signed_as", who=signature.name, when=signature.at[:10])
        if signature.valid:
            return words.say("paper.signed"), f"{who}. {words.say('paper.signed_hint')}", "ok"
        return words.say("paper.broken"), f"{who}. {words.say('paper.unsigned_hint')}", "hard"

    # how it is put together

    def _build(self) -> None:
        now = style.current()
        box = column(10)
        box.setContentsMargins(*(now.px(n) for n in (24, 12, 24, 12)))
        lines = column(0)
        self.title.setWordWrap(True)
        lines.addWidget(self.title)
        lines.addWidget(self.place)
        top = row(8)
        top.addLayout(lines, 1)
        for made, key in ((self.save, "save"), (self.print_, "print")):
            self.speak(made.setText, f"paper.{key}")
            made.setObjectName(f"paper_{key}")
            top.addWidget(made)
        self.print_.setToolTip("Ctrl+P")
        QShortcut(QKeySequence("Ctrl+P"), self).activated.connect(self.print_now)
        QShortcut(QKeySequence("Alt+Up"), self).activated.connect(self.back.click)
        self.thumbs.setObjectName("thumbs")
        self.speak(self.thumbs.setAccessibleName, "paper.pages")
        self.thumbs.setFixedWidth(now.px(_THUMB + 28))
        self.thumbs.setIconSize(QSize(now.px(_THUMB - 24), now.px(110)))
        self.thumbs.setViewMode(QListWidget.ViewMode.IconMode)
        self.thumbs.setFlow(QListWidget.Flow.TopToBottom)
        self.thumbs.setMovement(QListWidget.Movement.Static)
        self.thumbs.setWrapping(False)
        self.thumbs.currentRowChanged.connect(self.show_page)
        self.paper.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.paper.setObjectName("paper_page")
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.paper)
        self._scroll.setAccessibleName("PDF")
        box.addLayout(top)
        box.addWidget(self.notice)
        body = row(16)
        body.addWidget(self.thumbs)
        body.addWidget(self._scroll, 1)
        box.addLayout(body, 1)
        if now.compact:
            self._scroll.setMinimumHeight(now.px(280))
            box.addWidget(self._side())
            page = column(0)
            page.addWidget(scrolled(box))
            self.setLayout(page)
        else:
            body.addWidget(self._side())
            self.setLayout(box)

    def _side(self) -> QFrame:
        box = column(10, 20)
        said, recorded = label("", "value"), label("", "hint", wrap=True)
        self.speak(said.setText, "paper.language")
        self.speak(recorded.setText, "paper.recorded")
        self.speak(self.back.setText, "sign.back" if self._to_sign else "paper.back")
        self.speak(self.language.setAccessibleName, "paper.language")
        self.language.chosen.connect(lambda _: self.draw())
        self.other.setObjectName("blank_form")
        self.back.setObjectName("back")
        for widget in (self.verdict, self.verdict_more, frame("line"), said, self.language, frame("line")):
            box.addWidget(widget)
        box.addWidget(self.extent)
        box.addWidget(frame("line"))
        box.addWidget(self.other)
        self.speak(self.sources.setText, "paper.sources")
        self.sources.setObjectName("paper_sources")
        self.sources.hide()
        self.sources.toggled.connect(lambda _: self.draw())
        box.addWidget(self.sources)
        box.addWidget(recorded)
        box.addStretch(1)
        box.addWidget(self.back)
        made = frame("card", box)
        if not style.current().compact:
            made.setFixedWidth(style.current().px(320))
        return made
