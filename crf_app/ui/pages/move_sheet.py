"""Move forms that are begun to the version in force: first what it would mean for each, then do it.

Each subject is one transaction; what was moved before a refusal stays moved and is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtGui import QKeyEvent

from crf_app.actions.changes import Changes
from crf_app.actions.session import Session
from crf_app.actions.study.migrating import Move, migrate, plan
from crf_app.actions.subject_list import SubjectList
from crf_app.errors import CrfError, ReasonRequired
from crf_app.ui import words
from crf_app.ui.site.study_sheet import StudySheet
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import label, row
from crf_app.ui.widgets.reading import Part, Reading

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class MoveSheet(StudySheet):
    """The dry run, the reason, and the button."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window, "study.move_title")
        self.setObjectName("move_sheet")
        self.session = window.session
        self.moves: list[Move] = []
        self.what, self.text = label("", "value", wrap=True), Reading("moves")
        self._reason_said, self.reason, self.reason_why, self._reason_box = self.field(
            "study.move_reason", "move_reason"
        )
        self.move_button = KeyButton("", "Ctrl ↵")
        self._build()
        self.look()

    @property
    def movable(self) -> list[Move]:
        return [one for one in self.moves if one.stays is None]

    def look(self) -> None:
        """The dry run; nothing is stored."""
        self.moves = []
        self._show(read=False)
        session, progress = self.session, self.progress
        self.work("study.looking", lambda: _planned(session, progress), self._on_planned, self._on_refused)

    def agree(self) -> None:
        """Move every form that can be moved."""
        if self.busy or not self.movable:
            return
        self.reason_why.clear()
        reason, session, progress = self.reason.text(), self.session, self.progress
        if not reason.strip():
            self._on_refused(ReasonRequired(*(words.say("study.why_move", code) for code in ("en", "zh"))))
            return
        uids = list(dict.fromkeys(one.key.subject for one in self.movable))
        self.work(
            "study.moving", lambda: _moved(session, uids, reason, progress), self._on_moved, self._on_refused
        )

    def retranslate(self) -> None:
        super().retranslate()
        self.reason_why.retranslate()
        self._show(read=not self.busy)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in _ENTER:
            self.agree()
        else:
            super().keyPressEvent(event)

    def _on_planned(self, moves: list[Move]) -> None:
        self.moves = moves
        self._show(read=True)
        self.go_to(self.text if moves else self.close_button)

    def _on_moved(self, done: tuple[int, Changes, CrfError | None]) -> None:
        number, changes, refusal = done
        window = self.window_
        if refusal is None:
            window.hide_sheet()
        window.say_saved(changes)
        if refusal is None:
            window.tell(words.both("study.moved", n=number), "ok")
            return
        self.look()
        self.notice.refuse(refusal)

    def _on_refused(self, refusal: CrfError) -> None:
        if isinstance(refusal, ReasonRequired):
            self.reason_why.refuse(refusal)
            self.go_to(self.reason)
            return
        self.notice.refuse(refusal)

    def _show(self, *, read: bool) -> None:
        moves, movable = self.moves, self.movable
        self.what.setVisible(read)
        self.text.setVisible(bool(moves))
        for part in (self.reason, self._reason_said, self.move_button):
            part.setVisible(bool(movable))
        if not movable:
            self.reason_why.clear()
        version = self.session.study.version
        if not moves:
            self.what.setText(words.say("study.nothing_to_move", version=version))
            return
        stay = len(moves) - len(movable)
        said = words.say("study.moves", n=len(movable), version=version)
        self.what.setText(f"{said} {words.say('study.stay', n=stay)}" if stay else said)
        self.text.show_parts(list(_parts(moves)))
        self.move_button.set_words(words.say("study.move_now", n=len(movable)))

    def _wait(self, doing: str) -> None:
        super()._wait(doing)
        for part in (self.reason, self.move_button):
            part.setEnabled(not doing)

    def _build(self) -> None:
        hint = label("", "sub", wrap=True)
        self.speak(hint.setText, "study.move_hint")
        self.speak(self.text.setAccessibleName, "study.move_list")
        self.move_button.setObjectName("move_now")
        self.move_button.setProperty("kind", "primary")
        self.move_button.clicked.connect(self.agree)
        foot = row(8)
        foot.addStretch(1)
        foot.addWidget(self.move_button)
        for part in (hint, self.what, self.notice, self.waits):
            self.box.addWidget(part)
        self.box.addWidget(self.text, 1)
        self.box.addLayout(self._reason_box)
        self.box.addLayout(foot)
        self.box.addStretch(0)


def _planned(session: Session, progress: SignalInstance) -> list[Move]:
    """What `migrate` would do; runs in the worker."""
    names = SubjectList(session).names
    moves: list[Move] = []
    for number, one in enumerate(names, 1):
        progress.emit(number, len(names))
        moves += plan(session, [one.uid])
    return moves


def _moved(
    session: Session, uids: Sequence[str], reason: str, progress: SignalInstance
) -> tuple[int, Changes, CrfError | None]:
    """How many forms were moved, what that touched, and the refusal that ended it; runs in the worker."""
    keys: set[str] = set()
    number, at, why = 0, "", None
    for place, uid in enumerate(uids, 1):
        progress.emit(place, len(uids))
        try:
            done = migrate(session, [uid], reason)
        except CrfError as refusal:
            why = refusal
            break
        number += len(done)
        for _, changes in done:
            keys |= changes.keys
            at = changes.at
    return number, Changes(frozenset(keys), at), why


def _parts(moves: Sequence[Move]) -> Iterator[Part]:
    """A heading for each subject, a line for each form and for each question that changes."""
    for label_ in dict.fromkeys(one.label for one in moves):
        yield Part("head", label_)
        for one in moves:
            if one.label == label_:
                yield from _of_form(one)


def _of_form(one: Move) -> Iterator[Part]:
    where = words.say("study.where", visit=words.pick(one.visit), form=words.pick(one.form))
    if one.stays is not None:
        stays = words.say("study.stays", version=one.before, why=words.pick(one.stays))
        yield Part("line", f"{where}{stays}", "lock", "text2")
        return
    moves = words.say("study.moves_from", old=one.before, new=one.to, kept=one.kept)
    yield Part("line", f"{where}{moves}", "next", "text")
    for key, some in (("study.anew", one.asked_anew), ("study.no_longer", one.no_longer)):
        if some:
            names = words.say("study.comma").join(map(words.pick, some))
            yield Part("more", f"{words.say(key)}{names}")
