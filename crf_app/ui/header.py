"""Right patient: whose record is open, on every page where a subject is open.

Value louder than label, no colon (NHS CUI patient banner).  It is repainted before any field when the
subject changes; what is not known yet is said in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QWidget

from crf_app.ui import style, words
from crf_app.ui.parts import clear, column, frame, label, row

if TYPE_CHECKING:
    from crf_app.actions.casebook import Header


class PatientHeader(QFrame):
    """The 64 px band under which a subject's pages stand."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "header")
        self.setObjectName("patient_header")
        self.setMinimumHeight(style.current().px(style.current().header))
        self._box = row(16)
        self._box.setContentsMargins(*(style.current().px(n) for n in (18, 6, 24, 6)))
        self.setLayout(self._box)
        self._shown: tuple[Header, str] | None = None
        self.hide()

    @property
    def subject(self) -> str:
        """Uid of the subject whose name stands here; empty when none is open."""
        return self._shown[0].uid if self._shown else ""

    def show_subject(self, header: Header, visit: str = "") -> None:
        """Say who it is; `visit` is the open visit in words."""
        self._shown = (header, visit)
        clear(self._box)
        self._box.addWidget(label(header.label, "subject"))
        self._box.addWidget(frame("upright"))
        facts = [(words.pick(title), words.pick(value)) for title, value in header.fields]
        for title, value in facts:
            self._box.addWidget(_fact(title, value))
        if visit:
            self._box.addWidget(frame("upright"))
            self._box.addWidget(_fact(words.say("header.visit"), visit, "accent"))
        self._box.addStretch(1)
        said = [header.label, *(f"{title} {value}" for title, value in facts), visit]
        self.setAccessibleName(", ".join(filter(None, said)))
        self.show()

    def close_subject(self) -> None:
        self._shown = None
        self.hide()

    def retranslate(self) -> None:
        if self._shown:
            self.show_subject(*self._shown)


def _fact(title: str, value: str, state: str = "") -> QWidget:
    made = QWidget()
    box = column(0)
    made.setLayout(box)
    box.addWidget(label(title, "label"))
    box.addWidget(label(value, "value", state))
    return made
