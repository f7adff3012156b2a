"""Right patient: whose record is open, on every page where a subject is open.

Value louder than label, no colon (NHS CUI patient banner).  It is repainted before any field when the
subject changes; what is not known yet is said in words.  When the wristband of another subject was scanned,
both numbers stand here in place of the facts, with the two ways on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QLabel, QLayout, QSizePolicy, QWidget

from crf_app.ui import style, words
from crf_app.ui.widgets.flow_layout import FlowLayout
from crf_app.ui.widgets.parts import button, clear, column, frame, label, picture, row

if TYPE_CHECKING:
    from crf_app.actions.casebook import Header


_COMPACT_HEIGHT = 48
Act = Callable[[], object]


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
        self._checked: Mapping[str, str] = {}
        self._other: tuple[str, Act | None, Act] | None = None
        self._shape: tuple[object, ...] = ()  # who, and which facts, stand there as widgets
        self._values: list[QLabel] = []
        self._visit: list[QWidget] = []
        self.hide()

    @property
    def subject(self) -> str:
        """Uid of the subject whose name stands here; empty when none is open."""
        return self._shown[0].uid if self._shown else ""

    @property
    def label(self) -> str:
        """The number of that subject."""
        return self._shown[0].label if self._shown else ""

    def show_subject(self, header: Header, visit: str = "") -> None:
        """Say who it is; `visit` is the open visit in words, without it the one of today."""
        self._shown = (header, visit)
        if self._other is not None:
            return  # what was stopped stays stopped until somebody decides
        banner = header.banner
        if not visit and banner is not None and banner.today is not None:
            visit = words.pick(banner.today)
        facts = [(words.pick(title), words.pick(value)) for title, value in _fields(header)]
        if header.state is not None:
            facts.append((words.say("header.state"), words.pick(header.state)))
        shape = (header.label, tuple(title for title, _ in facts), self._chip(), words.language())
        if self._compact or shape != self._shape:
            clear(self._box)
            style.set_state(self, "")
            self._box.addWidget(label(header.label, "subject"))
            if self._compact:
                self._in_brief(header, facts, visit)
            else:
                self._in_full([title for title, _ in facts])
        self._shape = shape
        if not self._compact:
            self._say_values([value for _, value in facts], visit)
        said = [header.label, *(f"{title} {value}" for title, value in facts), visit, self._chip()]
        self.setAccessibleName(", ".join(filter(None, said)))
        self.show()

    def show_checked(self, checked: Mapping[str, str]) -> None:
        """uid → time of the scan of that subject's own wristband."""
        self._checked = checked
        self.retranslate()

    def stop(self, scanned: str, open_other: Act | None, again: Act) -> None:
        """The wristband of `scanned` was read over an open record; no `open_other`: nobody has it here."""
        self._other = (scanned, open_other, again)
        self._say_other()

    def go_on(self) -> None:
        """Somebody decided."""
        self._other = None
        self.retranslate()

    def close_subject(self) -> None:
        self._shown = self._other = None
        self.hide()

    def retranslate(self) -> None:
        if self._other is not None:
            self._say_other()
        elif self._shown:
            self.show_subject(*self._shown)

    def _say_other(self) -> None:
        assert self._other is not None
        scanned, open_other, again = self._other
        clear(self._box)
        self._shape = ()
        style.set_state(self, "hard")
        key = "scan.wrong" if open_other is not None else "scan.wrong_unknown"
        text = words.say(key, scanned=scanned, open=self.label)
        said = label(text, "finding", "hard", wrap=not self._compact)
        said.setObjectName("wrong_wristband")
        if self._compact:
            said.setWordWrap(True)
            said.setMinimumWidth(style.current().px(260))
        else:
            said.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._box.addWidget(label(self.label, "subject"))
        self._box.addWidget(picture("hard", "hard", 22))
        self._box.addWidget(said)
        if open_other is not None:
            other = button(words.say("scan.open_other", label=scanned), clicked=open_other)
            other.setObjectName("open_other")
            self._box.addWidget(other)
        repeat = button(words.say("scan.again"), clicked=again)
        repeat.setObjectName("scan_again")
        self._box.addWidget(repeat)
        self.setAccessibleName(text)
        repeat.setFocus(Qt.FocusReason.OtherFocusReason)

    def _in_full(self, titles: list[str]) -> None:
        """The places of the facts and of the open visit; `_say_values` fills them."""
        assert isinstance(self._box, QBoxLayout)
        self._values = [label("", "value") for _ in titles]
        self._box.addWidget(frame("upright"))
        for title, value in zip(titles, self._values, strict=True):
            self._box.addWidget(self._fact(title, value))
        self._values.append(label("", "value", "accent"))
        self._visit = [frame("upright"), self._fact(words.say("header.visit"), self._values[-1])]
        for part in self._visit:
            self._box.addWidget(part)
        self._box.addStretch(1)
        self._add_chip()

    def _say_values(self, values: list[str], visit: str) -> None:
        for place, value in zip(self._values, [*values, visit], strict=True):
            place.setText(value)
        for part in self._visit:
            part.setVisible(bool(visit))

    def _in_brief(self, header: Header, facts: list[tuple[str, str]], visit: str) -> None:
        """Few words in one line, each with its label as a tip where it has one."""
        brief = header.banner.brief if header.banner is not None else ()
        text = "  ".join(words.pick(one) for one in brief)
        said = label(text or "  ".join(value for _, value in facts))
        said.setToolTip("\n".join(f"{title} {value}" for title, value in facts))
        for part in (said, label(visit, "value", "accent")):
            if part.text():
                part.setMinimumHeight(style.current().px(36))
                self._box.addWidget(part)
        self._add_chip()

    def _chip(self) -> str:
        time = self._checked.get(self.subject, "")
        key = "scan.wristband_short" if self._compact else "scan.wristband"
        return words.say(key, time=time) if time else ""

    def _add_chip(self) -> None:
        if not (text := self._chip()):
            return
        made, box = frame("chip_ok"), row(6)
        now = style.current()
        box.setContentsMargins(now.px(8), now.px(2), now.px(12), now.px(2))
        made.setLayout(box)
        made.setObjectName("wristband")
        box.addWidget(picture("shield", "ok", 16))
        box.addWidget(label(text, "small", "ok"))
        if isinstance(self._box, QBoxLayout):
            self._box.addWidget(made, 0, Qt.AlignmentFlag.AlignVCenter)
        else:
            self._box.addWidget(made)

    def _fact(self, title: str, value: QLabel) -> QWidget:
        """Label over value."""
        made = QWidget()
        box = column(0)
        made.setLayout(box)
        box.addWidget(label(title, "label"))
        box.addWidget(value)
        return made


def _fields(header: Header) -> tuple[tuple[words.InLanguages, words.InLanguages], ...]:
    return header.banner.fields if header.banner is not None else header.fields
