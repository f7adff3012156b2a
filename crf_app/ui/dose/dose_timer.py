"""How long a dose runs, what limits it, how much is in; and the ground of the cards of a dose.

`tick` renews what runs, once a second, from the stored times; nothing here stores anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar

from crf_app.actions.dose.administration import Dose
from crf_app.actions.form_page import Line
from crf_app.model.plot_scale import tick_words
from crf_app.ui import style, words
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import clear, column, frame, label, row


def span_words(span: timedelta) -> str:
    """`12 min`, `1 h 5 min`."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return (
        words.say("dose.time_h", hours=hours, minutes=minutes)
        if hours
        else words.say("dose.time_m", minutes=minutes)
    )


def clock_text(span: timedelta) -> str:
    """`00:12:42`."""
    seconds = int(span.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def number_text(value: Decimal) -> str:
    """`5.0 × 10⁷` for large numbers, plain digits for others."""
    return tick_words(value) if abs(value) >= 100_000 else f"{value.normalize():f}"


class Card(Speaking):
    """A card with a title; subclasses fill `box`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.box = column(4, 12)
        around = column(0)
        around.addWidget(frame("card", self.box))
        self.setLayout(around)

    def set_low(self, title: QLabel, *, low: bool) -> None:
        """One line high: for what is done and only to be seen."""
        now = style.current()
        side, top = now.px(12), now.px(6 if low else 12)
        self.box.setContentsMargins(side, top, side, top)
        style.mark(title, role="value" if low else "card")


_FACTS = ("volume", "rate", "amount")


class TimerCard(Card):
    """How long it runs, what limits it, how much is in; start, pause, stop."""

    def __init__(self, acts: Mapping[str, Callable[[], object]]) -> None:
        super().__init__("dose_timer")
        self.title, self.time = label("", "label"), label("", "timer")
        self.warning = label("", "small", "soft", wrap=True)
        self._clocks, facts = column(4), QGridLayout()
        self._bars: list[tuple[QProgressBar, QLabel]] = []
        self._units: dict[str, str] = {}
        self._labels = {name: (label("", "small"), label("", "value")) for name in _FACTS}
        for n, (title, value) in enumerate(self._labels.values()):
            facts.addWidget(title, n, 0)
            facts.addWidget(value, n, 1, Qt.AlignmentFlag.AlignRight)
        self.start = KeyButton("", "Alt S")
        self.pause, self.go_on, self.stop = KeyButton("", "P"), KeyButton("", "P"), KeyButton("", "S")
        for name, made in (
            ("start", self.start),
            ("pause", self.pause),
            ("go_on", self.go_on),
            ("stop", self.stop),
        ):
            made.setObjectName(f"dose_{name}")
            made.clicked.connect(lambda _checked=False, name=name: acts[name]())
        self.start.setProperty("kind", "primary")
        self.stop.setProperty("kind", "stop")
        line = row(8)
        for made in (self.start, self.pause, self.go_on, self.stop):
            line.addWidget(made, 1)
        for widget in (self.title, self.time, self.warning):
            self.box.addWidget(widget)
        self.box.addLayout(self._clocks)
        self.box.addWidget(frame("line"))
        self.box.addLayout(facts)
        self.box.addStretch(1)
        self.box.addLayout(line)

    def show_dose(self, dose: Dose, lines: Mapping[str, Line], *, may: bool) -> None:
        """What stands; `lines` by item OID give the units."""
        self.start.setVisible(may and dose.started is None)
        self.pause.setVisible(
            may and dose.running and dose.paused_since is None and dose.said.pause is not None
        )
        self.go_on.setVisible(may and dose.paused_since is not None)
        self.stop.setVisible(may and dose.running)
        self._units = {oid: shown_unit(line.state.item.unit) for oid, line in lines.items()}

    def tick(self, dose: Dose, now: datetime) -> None:
        """The running numbers."""
        name, span = "timer_before", timedelta(0)
        if dose.ended is not None:
            name, span = "timer_ended", dose.elapsed(now)
        elif dose.paused_since is not None:
            name, span = "timer_paused", max(now - dose.paused_since, timedelta(0))
        elif dose.started is not None:
            name, span = "timer", dose.elapsed(now)
        what = words.say(f"dose.{name}")
        since = f"{dose.started:%H:%M:%S}" if dose.started is not None else ""
        self.title.setText(words.say("dose.timer_since", what=what, time=since) if since else what)
        self.time.setText(clock_text(span))
        self.time.setAccessibleName(words.say("dose.said_timer", what=what, time=span_words(span)))
        style.set_state(self.time, "soft" if dose.paused_since is not None else "")
        back = dose.running and dose.started is not None and now < dose.started
        self.warning.setText(words.say("dose.clock_back") if back else "")
        self.warning.setVisible(back)
        self._tick_clocks(dose, now)
        self._tick_facts(dose, now)

    def _tick_clocks(self, dose: Dose, now: datetime) -> None:
        if len(self._bars) != len(dose.clocks):
            clear(self._clocks)
            self._bars = [(QProgressBar(), label("", "small", wrap=True)) for _ in dose.clocks]
            for bar, said in self._bars:
                bar.setTextVisible(False)
                self._clocks.addWidget(bar)
                self._clocks.addWidget(said)
        for (bar, said), clock in zip(self._bars, dose.clocks, strict=True):
            passed, whole = (dose.ended or now) - clock.since, clock.until - clock.since
            over, minutes = passed > whole, int(whole.total_seconds()) // 60
            so_far = int(passed.total_seconds()) // 60
            bar.setRange(0, minutes)
            bar.setValue(min(max(so_far, 0), minutes))
            first = words.say("dose.clock", name=words.pick(clock.name), minutes=so_far)
            kind = "dose.limit_over" if over else "dose.limit"
            text = f"{first}, {words.say(kind, minutes=minutes, time=f'{clock.until:%H:%M}')}"
            said.setText(text)
            bar.setAccessibleName(text)
            style.set_state(said, "soft" if over else "")

    def _tick_facts(self, dose: Dose, now: datetime) -> None:
        for name, text in self._facts_of(dose, now).items():
            title, value = self._labels[name]
            title.setText(words.say(f"dose.{name}"))
            value.setText(text)

    def _facts_of(self, dose: Dose, now: datetime) -> dict[str, str]:
        """Volume so far, rate, amount so far, in words; what is not known is said."""
        said, unknown = dose.said, words.say("dose.unknown")
        volume = dose.volume_so_far(now)
        out = dict.fromkeys(_FACTS, unknown)
        if dose.rate is not None:
            out["rate"] = self._with_unit(dose.rate, said.rate)
        if volume is not None and dose.volume:
            out["volume"] = words.say(
                "dose.of", some=f"{volume:.0f}", all=self._with_unit(dose.volume, said.volume)
            )
            if dose.amount is not None:
                some = number_text(Decimal(f"{dose.amount * volume / dose.volume:.2g}"))
                out["amount"] = words.say("dose.of", some=some, all=self._with_unit(dose.amount, said.amount))
        return out

    def _with_unit(self, value: Decimal, oid: str | None) -> str:
        return f"{number_text(value)} {self._units.get(oid or '', '')}".strip()

    def retranslate(self) -> None:
        super().retranslate()
        for name, made in (
            ("start", self.start),
            ("pause", self.pause),
            ("go_on", self.go_on),
            ("end", self.stop),
        ):
            made.set_words(words.say(f"dose.{name}"))
