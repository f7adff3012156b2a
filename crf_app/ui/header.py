"""Right patient: whose record is open, on every page where a subject is open.

Value louder than label, no colon (NHS CUI patient banner).  It is repainted before any field when the
subject changes; what is not known yet is said in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QBoxLayout, QFrame, QLayout, QWidget

from crf_app.ui import style, words
from crf_app.ui.flow_layout import FlowLayout
from crf_app.ui.parts import clear, column, frame, label, row

if TYPE_CHECKING:
    from crf_app.actions.casebook import Header


_COMPACT_HEIGHT = 48


class PatientHeader(QFrame):
    """The 64 px band under which a subject's pages stand."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "header")
        self.setObjectName("patient_header")
        now = style.current()
        self.setMinimumHeight(now.px(_COMPACT_HEIGHT if now.compact else now.header))
        self._compact = style.current().compact
        self._box: QLayout = FlowLayout(self, style.current().px(14)) if self._compact else row(16)
        self._box.setContentsMargins(*(style.current().px(n) for n in (18, 6, 24, 6)))
        if not self._compact:
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
        facts = [(words.pick(title), words.pick(value)) for title, value in header.fields]
        if header.state is not None:
            facts.append((words.say("header.state"), words.pick(header.state)))
        self._box.addWidget(label(header.label, "subject"))
        if not self._compact:
            self._box.addWidget(frame("upright"))
        for title, value in facts:
            self._box.addWidget(self._fact(title, value))
        if visit:
            self._box.addWidget(self._fact(words.say("header.visit"), visit, "accent"))
        if isinstance(self._box, QBoxLayout):
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

    def _fact(self, title: str, value: str, state: str = "") -> QWidget:
        """Label over value; where there is little room, the value alone with its label as a tip."""
        made = QWidget()
        box = column(0)
        made.setLayout(box)
        said = label(value, "value", state)
        if self._compact:
            said.setMinimumHeight(style.current().px(36))
            said.setToolTip(title)
        else:
            box.addWidget(label(title, "label"))
        box.addWidget(said)
        return made
