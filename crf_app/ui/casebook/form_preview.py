"""The answers of one form, only to be read: the sheet behind Space in the casebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from crf_app.ui import words
from crf_app.ui.form.line_words import spoken
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import column, label
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.actions.form_page import FormPage


class _Answers(LookList):
    """Space closes what is shown, it chooses nothing."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
        else:
            super().keyPressEvent(event)


class FormPreview(QWidget):
    """Questions that have an answer, with it.  `close` and `open_form` are called by the keys."""

    def __init__(self, page: FormPage, close: Callable[[], object], open_form: Callable[[], object]) -> None:
        super().__init__()
        self._close, self._open = close, open_form
        visit, form = words.pick(page.visit.definition.name), words.pick(page.form.name)
        box = column(8)
        self.setLayout(box)
        box.addWidget(label(words.say("casebook_preview.title", form=form, visit=visit), "page", wrap=True))
        if page.closed is not None:
            box.addWidget(label(words.pick(page.closed), "sub", wrap=True))
        self.list = _Answers(1, 28)
        self.list.setObjectName("preview")
        self.list.setAccessibleName(words.say("casebook_preview.name"))
        rows = [
            [
                Look(words.pick(line.state.item.question), colour="text2"),
                Look(spoken(page.study, line.state.item, line.state.answer, line.lists), bold=True),
            ]
            for line in page.lines
            if not line.state.answer.empty
        ]
        head = [words.say("casebook_preview.question"), words.say("casebook_preview.answer")]
        self.list.looks.show(head, rows)
        self.list.verticalHeader().hide()
        self.list.fit()
        self.list.opened.connect(lambda *_: self._open())
        if rows:
            self.list.setCurrentIndex(self.list.looks.index(0, 0))
            box.addWidget(self.list, 1)
        else:
            box.addWidget(label(words.say("casebook_preview.nothing"), "sub"))
            box.addStretch(1)
        box.addWidget(label(words.say("casebook_preview.hint"), "hint"))
        if rows:
            self.setFocusProxy(self.list)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Escape):
            self._close()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)
