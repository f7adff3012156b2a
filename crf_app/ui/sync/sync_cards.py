"""Beside the bundles: answers that two devices gave, and answers that arrived after a lock.

They only show; a value of a conflict is chosen on the page of queries, where its earlier values stand too.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame

from crf_app.actions.sync.after_lock import AfterLock
from crf_app.actions.sync.conflicts import Alternative, ConflictView
from crf_app.model.clock import Clock
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.page import Speaking
from crf_app.ui.queries.query_thread import when_words
from crf_app.ui.widgets.parts import button, clear, column, frame, label, picture, row
from crf_app.ui.words import pick, say


class ConflictsCard(Speaking):
    """The first conflict with its values, how many there are, and the way to choose."""

    def __init__(self, clock: Clock, choose: Callable[[], object]) -> None:
        super().__init__()
        self._clock = clock
        self.setObjectName("sync_conflicts")
        self.title, self.place = label("", "card", wrap=True), label("", "small", wrap=True)
        self.choose = button("", "", "conflict", clicked=choose)
        self.choose.setObjectName("choose_conflict")
        self._values = column(8)
        box, head, stands = column(10, 20), row(10), label("", "value", "soft", wrap=True)
        self.speak(stands.setText, "exchange.conflict_stands")
        self.speak(self.choose.setText, "exchange.conflict_choose")
        head.addWidget(picture("conflict", "soft", 20))
        head.addWidget(self.title, 1)
        box.addLayout(head)
        box.addWidget(self.place)
        box.addLayout(self._values)
        box.addWidget(stands)
        box.addWidget(self.choose)
        _around(self, frame("card", box))

    def show_conflicts(self, some: list[ConflictView]) -> None:
        """Nothing is shown where there is none."""
        self.setVisible(bool(some))
        clear(self._values)
        if not some:
            return
        first = some[0]
        key = "exchange.conflict_more" if len(some) > 1 else "exchange.conflict"
        self.title.setText(say(key, n=len(some)))
        where = {"label": first.label, "visit": pick(first.visit), "item": pick(first.item)}
        self.place.setText(say("exchange.conflict_at", **where))
        for one in first.values:
            self._values.addWidget(self._value(one))

    def _value(self, one: Alternative) -> QFrame:
        value = " ".join(filter(None, (one.value, shown_unit(one.unit) if one.unit else "")))
        when = when_words(one.when, self._clock.now())
        box = column(2, 12)
        box.addWidget(label(value, "card"))
        from_ = say("queries.from_device", name=one.name, device=one.device, when=when)
        box.addWidget(label(from_, "small", wrap=True))
        return frame("sunken", box)


class AfterLockCard(Speaking):
    """The first answer that waits behind a lock, and how many there are."""

    def __init__(self, show: Callable[[AfterLock], object]) -> None:
        super().__init__()
        self.setObjectName("sync_after_lock")
        self._first: AfterLock | None = None
        self.title, self.place = label("", "card", wrap=True), label("", "small", wrap=True)
        self.show_it = button("", clicked=lambda: self._first is not None and show(self._first))
        self.show_it.setObjectName("show_after_lock")
        box, head, kept = column(10, 20), row(10), label("", "small", wrap=True)
        self.speak(kept.setText, "exchange.late_kept")
        self.speak(self.show_it.setText, "exchange.late_show")
        head.addWidget(picture("locked", "text2", 20))
        head.addWidget(self.title, 1)
        box.addLayout(head)
        for part in (self.place, kept, self.show_it):
            box.addWidget(part)
        _around(self, frame("card", box))

    def show_answers(self, some: list[AfterLock]) -> None:
        """Nothing is shown where there is none."""
        self._first = some[0] if some else None
        self.setVisible(bool(some))
        if self._first is not None:
            one = self._first
            self.title.setText(say("exchange.late", n=len(some)))
            where = {"label": one.label, "visit": pick(one.visit), "item": pick(one.item)}
            self.place.setText(say("exchange.late_at", **where))


def _around(card: Speaking, inside: QFrame) -> None:
    box = column(0)
    box.addWidget(inside)
    card.setLayout(box)
    card.hide()
