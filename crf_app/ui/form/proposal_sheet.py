"""The row that a laboratory result proposes: what would be filled in, each kept or dropped, then the row.

Nothing is stored before Enter.  The suggested grade is said here and outlined at the row; it is no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel

from crf_app.actions.proposals import Offered, Proposal, start
from crf_app.actions.row_copies import Filled
from crf_app.errors import CrfError
from crf_app.model.datatype import show
from crf_app.ui import style, words
from crf_app.ui.day.day_words import open_visit
from crf_app.ui.form.line_words import result_words
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import column, label, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class ProposalSheet(Speaking):
    """`done(filled)` after the row is on disk."""

    def __init__(self, window: MainWindow, one: Proposal, done: Callable[[Filled], object]) -> None:
        super().__init__()
        self.setObjectName("proposal_sheet")
        self._window, self.proposal, self._done = window, one, done
        self.notice, self.title = Notice(), label("", "page", wrap=True)
        self.about, self.hint = label("", "notice", "soft", wrap=True), label("", "hint", wrap=True)
        self.boxes: dict[str, QCheckBox] = {}
        self._lines: list[tuple[Offered | None, QLabel, QLabel, QLabel]] = []
        self.send, self.close_button = KeyButton("", "↵"), KeyButton("", "Esc")
        self._build()
        self.setFocusProxy(self.send)
        self.retranslate()

    @property
    def kept(self) -> set[str]:
        """Item OIDs of the answers that are kept."""
        return {oid for oid, box in self.boxes.items() if box.isChecked()}

    def accept(self) -> None:
        """Add the row with what is kept."""
        try:
            filled = start(self._window.session, self.proposal, self.kept, words.language())
        except CrfError as refusal:
            self.notice.refuse(refusal)
            return
        self._window.hide_sheet()
        self._done(filled)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_button.click() if self.focusWidget() is self.close_button else self.accept()
        else:
            super().keyPressEvent(event)

    def retranslate(self) -> None:
        super().retranslate()
        one, form = self.proposal, words.pick(self.proposal.form.name)
        self.title.setText(words.say("proposal.title", form=form))
        said = [result_words("proposal.from", one.state, open_visit(one.visit))]
        if one.grade:
            said.append(words.say("proposal.grade", grade=one.grade))
        self.about.setText(" ".join([*said, words.say("proposal.nothing_yet")]))
        self.hint.setText(words.say("proposal.hint"))
        self.send.set_words(words.say("proposal.send"))
        self.close_button.set_words(words.say("proposal.drop"))
        self.notice.retranslate()
        self._say_lines()

    def _say_lines(self) -> None:
        for offer, question, value, state in self._lines:
            if offer is None:
                question.setText(words.say("proposal.link"))
                value.setText(self._link())
                state.setText(words.say("proposal.always"))
                continue
            question.setText(words.pick(offer.item.question))
            value.setText(self._value(offer))
            state.setText(words.say("proposal.needed") if offer.first else "")
            box = self.boxes.get(offer.item.oid)
            if box is not None:
                self._say_box(box, question.text(), value)

    def _say_box(self, box: QCheckBox, question: str, value: QLabel) -> None:
        said = words.say("proposal.kept" if box.isChecked() else "proposal.dropped")
        box.setText(said)
        box.setAccessibleName(
            words.say("proposal.keep_name", question=question, value=value.text(), state=said)
        )
        font = value.font()
        font.setStrikeOut(not box.isChecked())
        value.setFont(font)

    def _value(self, offer: Offered) -> str:
        if offer.item.choices is None:
            return offer.value.in_language(words.language())
        return show(offer.item, offer.value.en, self._window.session.study.code_lists, words.language())

    def _link(self) -> str:
        one = self.proposal
        return f"{open_visit(one.visit)}, {words.pick(one.state.item.question)}"

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(style.current().px(16))
        grid.setVerticalSpacing(style.current().px(10))
        grid.setColumnStretch(1, 1)
        for place, offer in enumerate((*self.proposal.offered, None)):
            parts = (label("", "label", wrap=True), label("", "value", wrap=True), label("", "small"))
            for at, part in enumerate(parts):
                grid.addWidget(part, place, at)
            if offer is not None and not offer.first:
                box = QCheckBox()
                box.setObjectName(f"keep_{offer.item.oid}")
                box.setChecked(True)
                box.toggled.connect(lambda _on=False: self._say_lines())
                self.boxes[offer.item.oid] = box
                grid.addWidget(box, place, 2)
            self._lines.append((offer, *parts))
        self.send.setObjectName("start_row")
        self.send.setProperty("kind", "primary")
        self.send.clicked.connect(self.accept)
        self.close_button.setObjectName("drop_proposal")
        self.close_button.clicked.connect(self._window.hide_sheet)
        foot, box_ = row(12), column(14)
        foot.addWidget(self.close_button)
        foot.addStretch(1)
        foot.addWidget(self.send)
        box_.addWidget(self.title)
        box_.addWidget(self.about)
        box_.addWidget(self.notice)
        box_.addLayout(grid)
        box_.addWidget(self.hint)
        box_.addLayout(foot)
        box_.addStretch(1)
        self.setLayout(box_)
