"""The search of "my day": a subject's number, typed or scanned; Enter opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from crf_app.actions.scanning import subject_of
from crf_app.ui import style, words
from crf_app.ui.widgets.parts import button, label
from crf_app.ui.widgets.search_edit import SearchEdit

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_WIDE, _NARROW = 360, 200


class FindBox(SearchEdit):
    """`scan` is the button beside it: it says that a wristband may be scanned now, anywhere in the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self.setObjectName("find")
        now = style.current()
        self.setMinimumWidth(now.px(_NARROW if now.compact else _WIDE))
        self.setMinimumHeight(now.px(now.button))
        self._key = label("Ctrl K", "key")
        self.setTextMargins(now.px(26), 0, now.px(52), 0)  # between the glass and the key
        self.inside.addWidget(self._key, 0, Qt.AlignmentFlag.AlignVCenter)
        self._key.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.scan = button("", "", "scan", clicked=self.ask_scan)
        self.scan.setObjectName("scan")
        self.scan.setFixedHeight(now.px(now.button))
        self.scan.setMinimumWidth(now.px(64))
        self.textChanged.connect(lambda text: self._key.setVisible(not text))
        self.returnPressed.connect(self.open_found)
        words.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        self.setPlaceholderText(words.say("my_day.find"))
        self.setAccessibleName(words.say("my_day.find"))
        self.scan.setAccessibleName(words.say("my_day.scan"))
        self.scan.setToolTip(words.say("my_day.scan"))

    def ask_scan(self) -> None:
        """The scanner works everywhere; this says so."""
        self.setFocus()
        self._window.tell(words.both("my_day.scan_now"))

    def open_found(self) -> None:
        """The subject with this number; else the list of subjects, narrowed to what was typed."""
        text = self.text().strip()
        if not text:
            return
        uid = subject_of(self._window.session, text)
        if uid is None:
            self._window.show_subjects(text)
        else:
            self._window.show_casebook(uid)
