"""Forms that wait for a signature: a list; Enter opens the form, where it is read and signed.

Ctrl+Enter leads to the sheet for its whole visit.

Signatures that were broken by a later change stand first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from crf_app.actions.changes import Changes
from crf_app.actions.my_day import WaitingForm, forms_to_sign
from crf_app.ui import style, words
from crf_app.ui.page import Page
from crf_app.ui.pages.casebook_acts import sign_visit_of
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import column, label, row
from crf_app.ui.widgets.search_edit import SearchEdit
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_HEAD = ("subject", "visit", "form", "state")


class ReviewPage(Page):
    """What is to be signed, of everybody."""

    rail = "review"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.all: tuple[WaitingForm, ...] = ()
        self.shown: list[WaitingForm] = []
        self.count, self.none = label("", "sub"), label("", "sub")
        self.search = SearchEdit()
        self.table = LookList(_HEAD.index("form"))
        self._build()
        self.refresh()

    def begin(self) -> None:
        """The first form that waits."""
        if self.shown:
            self.table.setFocus()
            self.table.selectRow(0)
        else:
            self.search.setFocus()

    def made_anew(self) -> ReviewPage:
        """The same page for another version of the study."""
        return ReviewPage(self.window_)

    def refresh(self, changes: Changes | None = None) -> None:
        self.all = forms_to_sign(self.window_.session)
        self.count.setText(words.say("review.count", n=len(self.all)))
        self.table.widest = [
            [Look(max((one.label for one in self.all), key=len, default=""), bold=True)],
            [Look(words.pick(event.name)) for event in self.window_.session.study.event],
            [Look(words.pick(form.name)) for form in self.window_.session.study.form],
            [Look(words.say("review.first"), "signed"), Look(words.say("review.again"), "resign")],
        ]
        self._narrow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.sign_visit()
        elif event.key() == Qt.Key.Key_Down and self.search.hasFocus() and self.shown:
            self.table.setFocus()
            self.table.selectRow(0)
        else:
            super().keyPressEvent(event)

    def sign_visit(self) -> None:
        """The whole visit of the chosen form, in its subject's casebook."""
        at = self.table.currentIndex().row()
        if 0 <= at < len(self.shown):
            key = self.shown[at].key
            sign_visit_of(self.window_, key.subject, key.event)

    def _narrow(self) -> None:
        text = self.search.text().strip().casefold()
        self.shown = [
            one for one in self.all
            if text in one.label.casefold() or text in words.pick(one.form).casefold()
        ]  # fmt: skip
        head = [words.say(f"review.{name}") for name in _HEAD]
        self.table.looks.show(head, [_looks(one) for one in self.shown])
        self.table.fit()
        self.table.setVisible(bool(self.shown))
        self.none.setVisible(not self.shown)

    def _build(self) -> None:
        title, hint = label("", "page"), label("", "sub", wrap=True)
        self.speak(title.setText, "review.title")
        self.speak(hint.setText, "review.hint")
        self.speak(self.none.setText, "review.none")
        self.speak(self.table.setAccessibleName, "review.list_name")
        self.table.setObjectName("review_table")
        self.table.opened.connect(lambda place, _: self.window_.show_form(self.shown[place].key))
        self.search.setObjectName("review_find")
        self.speak(self.search.setPlaceholderText, "review.find")
        self.speak(self.search.setAccessibleName, "review.find")
        self.search.textChanged.connect(lambda _: self._narrow())
        self.search.setMinimumWidth(style.current().px(240))
        lines, top = column(0), row(8)
        lines.addWidget(title)
        lines.addWidget(self.count)
        top.addLayout(lines, 1)
        top.addWidget(self.search)
        box = column(12, 24)
        box.addLayout(top)
        for part in (hint, self.notice):
            box.addWidget(part)
        box.addWidget(self.table, 1)
        box.addWidget(self.none)
        box.addStretch(0)
        self.setLayout(box)


def _looks(one: WaitingForm) -> list[Look]:
    return [
        Look(one.label, bold=True),
        Look(words.pick(one.visit), colour="text2"),
        Look(words.pick(one.form)),
        Look(words.say("review.again"), "resign", "hard", True)
        if one.again
        else Look(words.say("review.first"), "signed", "text2"),
    ]
