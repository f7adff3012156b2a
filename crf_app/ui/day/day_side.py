"""The right side of "my day": what is asked of the person, and where the data are."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar

from crf_app.actions.my_day import AskedOfMe, WhereDataAre
from crf_app.model.clock import Clock
from crf_app.ui import style, words
from crf_app.ui.day.day_words import age, moment, spaced
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.card_button import CardButton
from crf_app.ui.widgets.parts import button, clear, column, frame, label, picture, row, rule


class AskedCard(Speaking):
    """The queries that this person may answer or close, the newest first."""

    def __init__(
        self, clock: Clock, go: Callable[[AskedOfMe], object], all_: Callable[[], object], *, closes: bool
    ) -> None:
        super().__init__()
        self._clock, self._go, self._key = clock, go, "my_day.to_close" if closes else "my_day.asked"
        self.all = button("", "link", clicked=all_)
        self.all.setObjectName("all_queries")
        self._rows, self._title = column(0), label("", "card")
        self.buttons: list[CardButton] = []
        head, box = row(8), column(8)
        head.addWidget(self._title, 1)
        head.addWidget(self.all)
        inside = column(0)
        inside.setContentsMargins(*(style.current().px(n) for n in (16, 8, 16, 8)))
        inside.addLayout(self._rows)
        box.addLayout(head)
        box.addWidget(frame("card", inside))
        self.setLayout(box)

    def show_asked(self, asked: tuple[AskedOfMe, ...], open_: int) -> None:
        """These queries; `open_` of all subjects are open."""
        self._title.setText(words.say(self._key))
        self.all.setText(words.say("my_day.all_queries", n=open_))
        self.all.setVisible(open_ > 0)
        clear(self._rows)
        self.buttons = [self._row(one) for one in asked]
        for number, one in enumerate(self.buttons):
            if number:
                self._rows.addWidget(rule())
            self._rows.addWidget(one)
        if not asked:
            self._rows.addWidget(label(words.say("my_day.asked_none"), "sub", wrap=True))

    def _row(self, one: AskedOfMe) -> CardButton:
        made, text = CardButton(), words.pick(one.texts)
        made.setProperty("kind", "row")
        made.setObjectName(f"asked_{one.thread}")
        item, visit = words.pick(one.item).rstrip("?？"), words.pick(one.visit)
        place = words.say("my_day.place", item=item, visit=visit) if visit else item
        made.setAccessibleName(words.say("my_day.asked_name", label=one.label, place=place, text=text))
        head, lines = row(8), column(4)
        lines.setContentsMargins(0, style.current().px(8), 0, style.current().px(8))
        head.addWidget(picture("query", "query", 18))
        head.addWidget(label(one.label, "value"))
        where = label(place, "small", wrap=True)
        head.addWidget(where, 1)
        head.addWidget(label(age(self._clock, one.at), "small"))
        said = label(text, wrap=True)
        said.setIndent(style.current().px(26))
        lines.addLayout(head)
        lines.addWidget(said)
        made.hold(lines)
        made.clicked.connect(lambda _checked=False: self._go(one))
        return made


class WhereCard(Speaking):
    """Three lines, a bar, one button; above them a reminder where one is due."""

    def __init__(self, clock: Clock, make: Callable[[], object]) -> None:
        super().__init__()
        self._clock = clock
        self._title, self._lines = label("", "card"), column(10)
        self.bar = QProgressBar()
        self.bar.setObjectName("safe_bar")
        self.bar.setProperty("kind", "safe")
        self.bar.setTextVisible(False)
        self.make = button("", "", "only_here", clicked=make)
        self.make.setObjectName("make_bundle_day")
        self.reminder = label("", "notice", "soft", wrap=True)
        self.reminder.setObjectName("reminder")
        inside, box = column(12, 16), column(8)
        inside.addWidget(self.reminder)
        inside.addLayout(self._lines)
        inside.addWidget(self.bar)
        inside.addWidget(self.make)
        box.addWidget(self._title)
        box.addWidget(frame("card", inside))
        self.setLayout(box)

    def show_where(self, one: WhereDataAre, reminder: str, *, may_send: bool) -> None:
        """`reminder`: words, empty where none is due."""
        self._title.setText(words.say("my_day.where"))
        self.reminder.setText(reminder)
        self.reminder.setVisible(bool(reminder))
        clear(self._lines)
        for icon, colour, head, sub in self._three(one):
            self._lines.addLayout(_line(icon, colour, head, sub))
        self.bar.setRange(0, max(one.values, 1))
        self.bar.setValue(one.safe)
        self.bar.setAccessibleName(
            words.say("my_day.safe_part", safe=spaced(one.safe), count=spaced(one.values))
        )
        self.make.setText(words.say("my_day.make"))
        self.make.setVisible(may_send)
        style.mark(self.make, kind="primary" if reminder else "")

    def _three(self, one: WhereDataAre) -> list[tuple[str, str, str, str]]:
        saved = words.say("my_day.saved_last", when=self._when(one.saved_at)) if one.saved_at else None
        receipt = words.say("my_day.receipt", when=self._when(one.receipt_at)) if one.receipt_at else None
        since = words.say("my_day.since", when=self._when(one.oldest)) if one.oldest else None
        return [
            ("laptop", "text2", words.say("my_day.on_device", count=spaced(one.values)),
             saved or words.say("my_day.saved_none")),
            ("safe", "ok" if one.safe else "text2", words.say("my_day.safe", count=spaced(one.safe)),
             receipt or words.say("my_day.no_receipt")),
            ("only_here", "text2", words.say("my_day.only_here", count=spaced(one.only_here)),
             since or words.say("my_day.nothing_here")),
        ]  # fmt: skip

    def _when(self, at: str) -> str:
        return moment(self._clock, at)


def _line(icon: str, colour: str, head: str, sub: str) -> QHBoxLayout:
    line, texts = row(16), column(0)
    line.addWidget(picture(icon, colour, 22), 0, Qt.AlignmentFlag.AlignVCenter)
    texts.addWidget(label(head, "value", wrap=True))
    texts.addWidget(label(sub, "small", wrap=True))
    line.addLayout(texts, 1)
    return line
