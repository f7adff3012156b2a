"""After sign-in: what was being typed when the program stopped or the person left, one button to its field.

Over the page, never in the way of it.  Nobody has to go there; "Later" puts the bar away, the text waits on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame

from crf_app.actions.drafts import Waiting, waiting
from crf_app.actions.notes import WaitingNote
from crf_app.actions.notes import waiting as waiting_note
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey
from crf_app.ui import words
from crf_app.ui.page import Speaking
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.typed.drafts import Drafts
from crf_app.ui.typed.typed_words import said_text, said_when
from crf_app.ui.widgets.parts import button, frame, label, name, picture, row

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow


class WaitingBar(Speaking):
    """One line for the latest text, and how many more wait."""

    def __init__(self, window: MainWindow, drafts: Drafts) -> None:
        super().__init__()
        self._window, self._drafts = window, drafts
        self._shown: Waiting | None = None
        self._note: WaitingNote | None = None
        self._more = 0
        self.words = label("", "sub", wrap=True)
        self.go = button("", "primary", clicked=self.go_there)
        self.all = button("", "", clicked=self.show_all)
        self.later = button("", "", clicked=self.put_away)
        for part, called in ((self, "waiting_bar"), (self.words, "waiting_words"), (self.go, "waiting_go"),
                             (self.all, "waiting_all"), (self.later, "waiting_later")):  # fmt: skip
            name(part, called)
        self.speak(self.go.setText, "interruption.go")
        self.speak(self.later.setText, "interruption.later")
        box = row(0)
        box.addWidget(self._ground())
        self.setLayout(box)
        drafts.changed.connect(self.read, Qt.ConnectionType.QueuedConnection)
        self.read()

    def _ground(self) -> QFrame:
        line = row(12, 10)
        line.addWidget(picture("pen", "accent", 20))
        line.addWidget(self.words, 1)
        for part in (self.go, self.all, self.later):
            line.addWidget(part)
        return frame("tinted", line)

    def read(self) -> None:
        """What waits now; gone when nothing does."""
        kept, noted = self._drafts.waiting(), self._drafts.notes.waiting()
        if not kept and not noted:
            self.hide()
            return
        self._shown = waiting(self._window.session, kept[0]) if kept else None
        self._note = waiting_note(self._window.session, noted[0]) if noted and not kept else None
        self._more = max(len(kept) - 1, 0)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        if self._note is not None:
            self._say_note(self._note)
        if self._shown is None:
            return
        one, study = self._shown, self._window.session.study
        form = study.forms.get(one.kept.key.form_key.form_oid)
        item = form.items.get(one.kept.key.item) if form is not None else None
        said = words.say(
            "interruption.stopped" if one.stopped else "interruption.left",
            when=said_when(one.since, self._window.clock),
            subject=one.subject,
            form=words.pick(one.form),
            item=words.pick(one.item),
            text=said_text(item, study, one.kept.text),
        )
        parts = [said]
        if one.why is not None:
            parts.append(words.pick(one.why))
        if self._more:
            parts.append(words.say("interruption.more", n=self._more))
        self.words.setText(" ".join(parts))
        self.words.setAccessibleName(self.words.text())
        self.setAccessibleName(words.say("interruption.bar_name"))
        self.go.setVisible(one.why is None)
        self.all.setVisible(bool(self._more) or one.why is not None)
        self.all.setText(words.say("interruption.all" if self._more else "interruption.show"))

    def _say_note(self, one: WaitingNote) -> None:
        """A sentence that was being typed: where, when, what."""
        what = words.say(f"notes.what_{one.note.place.what}")
        names = words.say("notes.comma").join(words.pick(name_) for name_ in one.names)
        place = words.say(
            "notes.place" if names else "notes.place_subject", subject=one.subject, names=names, what=what
        )
        text = said_text(None, self._window.session.study, one.note.text)
        when = said_when(one.since, self._window.clock)
        key = "notes.stopped" if one.stopped else "notes.left"
        self.words.setText(words.say(key, when=when, place=place, text=text))
        self.words.setAccessibleName(self.words.text())
        self.setAccessibleName(words.say("interruption.bar_name"))
        self.go.setText(words.say("notes.go"))
        self.go.show()
        self.all.hide()

    def take_focus(self) -> None:
        """Enter goes to the field; Esc, Tab or a click elsewhere does not."""
        (self.go if not self.go.isHidden() else self.all).setFocus()

    def seen(self, form: FormKey) -> None:
        """This form is open: the bar goes when nothing waits elsewhere."""
        if self._drafts.notes.waiting():
            return
        if all(one.key.form_key == form for one in self._drafts.waiting()):
            self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.put_away()
        else:
            super().keyPressEvent(event)

    def go_there(self) -> None:
        """The form with the cursor in the field, the text in it, marked not saved."""
        from crf_app.ui.typed.interruption import go_to_field, go_to_note

        if self._note is not None:
            self.hide()
            try:
                go_to_note(self._window, self._note.note.place)
            except CrfError as refusal:
                self._window.refuse(refusal)
            return
        if self._shown is None:
            return
        key = self._shown.kept.key
        try:
            go_to_field(self._window, key.form_key, key.local)
        except CrfError as refusal:
            self._window.refuse(refusal)
        else:
            self.seen(key.form_key)

    def show_all(self) -> None:
        """Every text that waits, on a sheet."""
        from crf_app.ui.typed.waiting_sheet import WaitingSheet

        self._window.show_sheet(WaitingSheet(self._window, self._drafts))

    def put_away(self) -> None:
        """The texts wait on; the bar is there again after the next sign-in."""
        self.hide()
        begin = getattr(self._window.page, "begin", None)
        if begin is not None and not isinstance(self._window.page, FormPageWidget):
            begin()  # the cursor to where work begins
        elif isinstance(self._window.page, FormPageWidget):
            self._window.page.back_to_field()
