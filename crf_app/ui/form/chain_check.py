"""The card that says whether the chain of an entry agrees with its hashes, checked off the window's thread.

One check for each chain that the shown steps stand in, remembered until the page reads anew.  It is short
work: leaving the page stops it, nothing covers the page meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel
from shiboken6 import isValid

from crf_app.actions.history import HistoryStep
from crf_app.actions.safekeeping.chain_verdict import ChainVerdict, chain_verdict
from crf_app.errors import Cancelled, CrfError
from crf_app.ui import icons, style, words
from crf_app.ui.widgets.parts import clear, column, label, picture, row
from crf_app.ui.worker import Task

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

Place = tuple[str, int]  # device, epoch


class ChainCheck(QFrame):
    """Verdict, hash of the entry and of the one before, where else it is kept."""

    came = Signal()  # a verdict: words elsewhere may be others now

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.setObjectName("chain_check")
        self._window = window
        self._known: dict[Place, ChainVerdict | CrfError] = {}
        self._tasks: dict[Place, Task] = {}
        self.icon, self.title = picture("shield", "text2", 18), label("", "card", wrap=True)
        self.verdict = label("", "small", wrap=True)
        self._lines = column(4)
        box, head = column(8, 14), row(8)
        head.addWidget(self.icon)
        head.addWidget(self.title, 1)
        box.addLayout(head)
        box.addWidget(self.verdict)
        box.addLayout(self._lines)
        self.setLayout(box)

    def begin(self) -> None:
        """Everything is checked again: records may have come."""
        self.stop()
        self._known = {}

    def stop(self) -> None:
        for task in self._tasks.values():
            task.stop()
        self._tasks = {}

    def damaged(self, step: HistoryStep) -> bool:
        """Whether it is known that this entry is not as it was written."""
        known = self._known.get((step.device, step.epoch))
        return isinstance(known, ChainVerdict) and step.seq in known.damaged

    def show_step(self, step: HistoryStep, before: str) -> None:
        """One entry; `before`: id of the record one place before it, "" for the first."""
        place = step.device, step.epoch
        known = self._known.get(place)
        if known is None and place not in self._tasks:
            self._check(place)
        state, title, said = _words(known, step)
        self.title.setText(words.say(f"history.{title}"))
        self.verdict.setText(said)
        style.set_state(self.title, state)
        style.set_state(self.verdict, "" if state == "ok" else state)
        self.icon.setPixmap(icons.pixmap("hard" if state == "hard" else "shield", state or "text2", 18))
        clear(self._lines)
        shown = _short(before) if before else words.say("history.nothing_before")
        for name, text in (("this", _short(step.id)), ("before", shown)):
            line = row(8)
            line.addWidget(label(words.say(f"history.{name}"), "small"), 1)
            line.addWidget(label(text, "small"))
            self._lines.addLayout(line)
        self._lines.addWidget(_where_kept(step))

    def _check(self, place: Place) -> None:
        session = self._window.session
        task = self._tasks[place] = Task("verify")

        def done(result: ChainVerdict | CrfError) -> None:
            if isValid(self) and self._tasks.get(place) is task:
                del self._tasks[place]
                self._known[place] = result
                self.came.emit()

        def failed(refusal: CrfError) -> None:
            if not isinstance(refusal, Cancelled):
                done(refusal)

        self._window.worker.run(lambda: chain_verdict(session, *place, task), done, failed)


def _words(known: ChainVerdict | CrfError | None, step: HistoryStep) -> tuple[str, str, str]:
    """State, title and sentence of the verdict on one entry."""
    device = step.device
    if known is None:
        return "", "chain", words.say("history.checking", device=device)
    if isinstance(known, CrfError):
        return "soft", "chain", words.say("history.not_checked", why=words.pick(known.texts))
    if known.sound:
        said = words.say("history.agree", seq=step.seq, device=device, time=known.checked)
        return "ok", "unbroken", said
    return "hard", "chain_broken", f"{_damage(known, step)} {words.say('history.call')}"


def _damage(known: ChainVerdict, step: HistoryStep) -> str:
    """What is wrong, as seen from one entry: at it, before it, behind it, or at the end of the chain."""
    if step.seq in known.damaged:
        return words.say("history.broken_here", why=words.pick(known.damaged[step.seq]))
    if known.seal is not None:
        return words.say("history.broken_seal", device=step.device, why=words.pick(known.seal))
    before = known.first_to(step.seq)
    seq = before or min(known.damaged)
    key = "history.broken_before" if before else "history.broken_behind"
    why = words.pick(known.damaged[seq])
    return words.say(key, seq=seq, upto=seq - 1, device=step.device, why=why)


def _where_kept(step: HistoryStep) -> QLabel:
    said = words.say("history.safe" if step.safe else "history.only_here")
    return label(said, "small", "ok" if step.safe else "", wrap=True)


def _short(id_: str) -> str:
    """The ends of a hash, in fours: what two people compare."""
    return f"{id_[:4]} {id_[4:8]} … {id_[-4:]}"
