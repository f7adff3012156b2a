"""The status bar: what is saved, how much is only here, which device, what time.

The save time is that of the committed transaction, never of the key press.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QPushButton

from crf_app.model.clock import Clock, offset_text
from crf_app.ui import icons, style, words
from crf_app.ui.widgets.parts import label, picture, row

_EVERY_MS = 10_000


class StatusBar(QFrame):
    """32 px at the foot of every page after sign-in."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.setProperty("kind", "status")
        self.setObjectName("status_bar")
        self._clock, self._saved, self._device = clock, "", ""
        self._here, self._records, self._received = -1, 0, False
        self._tick, self._two = picture("check", "ok", 16), picture("safe", "text2", 16)
        self.saved, self.here = label("", "small", "ok"), label("", "small")
        self.place = label("", "small")
        self.saved.setObjectName("saved")
        self.here.setObjectName("only_here")
        box = row(8)
        box.setContentsMargins(*(style.current().px(n) for n in (18, 4, 16, 4)))
        self.setLayout(box)
        for widget in (self._tick, self.saved, self._two, self.here):
            box.addWidget(widget)
        box.addStretch(1)
        box.addWidget(self.place)
        self.link = QPushButton()  # a way out of the open page, where it has one
        self.link.setObjectName("status_link")
        self.link.setProperty("kind", "link")
        self.link.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.link.hide()
        self.link.clicked.connect(lambda: self._way_out())
        self._way_out: Callable[[], object] = lambda: None
        box.addWidget(self.link)
        self.setMinimumHeight(style.current().px(style.current().status))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.say_time)
        self._timer.start(_EVERY_MS)

    def show_device(self, device: str) -> None:
        self._device = device
        self.retranslate()

    def show_link(self, text: str, go: Callable[[], object] | None) -> None:
        """In place of device and time: the way back that the open page offers; None for no way."""
        self._way_out = go or (lambda: None)
        self.link.setText(text)
        self.link.setVisible(go is not None)
        self.place.setVisible(go is None)

    def show_saved(self, at: str) -> None:
        """`at`: local time of the commit, "14:02:31"."""
        self._saved = at
        self.retranslate()

    def show_safety(self, values: int, records: int, *, received: bool) -> None:
        """How many values, and how many records of any kind, no other place has; `received`: central has
        signed for something, so that "all earlier ones" are not none."""
        self._here, self._records, self._received = values, records, received
        self.retranslate()

    def say_time(self) -> None:
        now = self._clock.now()
        said = f"{now:%Y-%m-%d %H:%M} {offset_text(now)}"
        if style.current().compact:
            self.place.setText(f"{now:%H:%M}")
            self.place.setToolTip(said)
            return
        self.place.setText("·".join(filter(None, [self._device, words.say("status.offline"), said])))

    def retranslate(self) -> None:
        self._tick.setVisible(bool(self._saved))
        self.saved.setVisible(bool(self._saved))
        self.saved.setText(words.say("status.saved", time=self._saved) if self._saved else "")
        self._two.setVisible(self._here >= 0)
        self._two.setPixmap(icons.pixmap("only_here" if self._records else "safe", "text2", 16))
        self.here.setText(self._safety())
        self.say_time()

    def _safety(self) -> str:
        if self._here < 0:
            return ""
        if not self._records:
            return words.say("status.all_safe")
        short = style.current().compact or not self._received
        if self._here:
            return words.say("status.here_short" if short else "status.here", n=self._here)
        return words.say("status.records_short" if short else "status.records_here", n=self._records)
