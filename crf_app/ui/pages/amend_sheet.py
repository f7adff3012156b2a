"""Put another version of the definition in force: compare, read what changes for whom, day, reason, done.

The definition is read once: what was compared is what is put in force, whatever becomes of the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from crf_app.actions.changes import Changes
from crf_app.actions.session import Session
from crf_app.actions.study.amendments import proposed, put_in_force
from crf_app.actions.study.definitions import load_study
from crf_app.actions.study.study_diff import Compared
from crf_app.errors import CrfError, ReasonRequired, ValueRejected
from crf_app.model.amendment_refusals import AMEND_AGAIN
from crf_app.model.datatype import parse
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.difference import Difference
from crf_app.model.item_def import ItemDef
from crf_app.ui import files, style, words
from crf_app.ui.site.study_sheet import StudySheet
from crf_app.ui.widgets.key_button import KeyButton
from crf_app.ui.widgets.parts import button, column, frame, label, row
from crf_app.ui.widgets.reading import Part, Reading

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_FIRST_DAY: Final = ItemDef(
    oid="I.STUDY.FROM", question=Text(en="First day", zh="生效日期"), data_type="date"
)
_MARKS: Final = {
    "refused": ("hard", "hard"), "look": ("soft", "soft"), "added": ("plus", "text"),
    "back": ("plus", "text"), "removed": ("minus", "text"), "changed": ("pen", "text"),
}  # fmt: skip


class AmendSheet(StudySheet):
    """Opened with a place, a folder or a file; another one may be chosen."""

    def __init__(self, window: MainWindow, place: Path) -> None:
        super().__init__(window, "study.amend_title")
        self.setObjectName("amend_sheet")
        self.session, self.place = window.session, place
        self.compared: Compared | None = None
        self._new: Study | None = None
        self._mistakes: list[dict[str, str]] = []
        self.what, self.from_where = label("", "value", wrap=True), label("", "small", wrap=True)
        self.text = Reading("differences")
        _, self.day, self.day_why, self._day_box = self.field("study.first_day", "first_day")
        _, self.reason, self.reason_why, self._reason_box = self.field("study.amend_reason", "amend_reason")
        self.put = KeyButton("", "Ctrl ↵")
        self._build()
        self.day.setText(self.session.clock.now().date().isoformat())
        self.compare(place)

    def compare(self, place: Path) -> None:
        """Read the definition at `place` and compare it with the one that stands here."""
        self.place, self.compared, self._new, self._mistakes = place, None, None, []
        self._show()
        session = self.session
        self.work("study.comparing", lambda: _read(session, place), self._on_compared, self._on_refused)

    def agree(self) -> None:
        """Put it in force; a refusal stands at its field."""
        new, session = self._new, self.session
        if new is None or self.compared is None or self.compared.refused or self.busy:
            return
        self.day_why.clear()
        self.reason_why.clear()
        reason = self.reason.text()
        try:
            day = self._first_day()
            if not reason.strip():
                raise ReasonRequired(words.say("study.why_amend", "en"), words.say("study.why_amend", "zh"))
        except CrfError as refusal:
            self._on_not_done(refusal)
            return
        self.work(
            "study.putting", lambda: put_in_force(session, new, day, reason), self._on_done, self._on_not_done
        )

    def retranslate(self) -> None:
        super().retranslate()
        self.day_why.retranslate()
        self.reason_why.retranslate()
        self._show()

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in _ENTER:
            self.agree()
        else:
            super().keyPressEvent(event)

    # what came of the work

    def _on_compared(self, found: tuple[Study, Compared]) -> None:
        self._new, self.compared = found
        self._show()
        self.go_to(self.text)
        if self.compared.refused:
            refused = sum(one.kind == "refused" for one in self.compared.differences)
            self.notice.say(words.both("study.refused", n=refused), "hard")

    def _on_refused(self, refusal: CrfError) -> None:
        problems = refusal.details.get("problems")
        self._mistakes = problems if isinstance(problems, list) else []
        self.notice.refuse(refusal)
        self._show()
        self.go_to(self.again)

    def _on_not_done(self, refusal: CrfError) -> None:
        at = {ReasonRequired: (self.reason_why, self.reason), ValueRejected: (self.day_why, self.day)}
        why, field = at.get(type(refusal), (self.notice, self.put))
        why.refuse(refusal)
        self.go_to(field)

    def _on_done(self, changes: Changes) -> None:
        window, compared = self.window_, self.compared
        assert compared is not None
        day = self._first_day()
        today = day <= self.session.clock.now().date()
        window.hide_sheet()
        window.say_saved(changes)
        key = "study.in_force_now" if today else "study.in_force_later"
        window.tell(words.both(key, version=compared.new.version, day=day.isoformat()), "ok")

    def _first_day(self) -> date:
        today = self.session.clock.now().date()
        return date.fromisoformat(parse(_FIRST_DAY, self.day.text(), {}, today=today))

    # what is shown

    def _show(self) -> None:
        compared = self.compared
        ready = compared is not None
        may = ready and not compared.refused if compared is not None else False
        self.from_where.setText(words.say("study.from_place", place=self.place))
        self.what.setVisible(ready)
        self.text.setVisible(ready or bool(self._mistakes))
        for part in (self._fields, self.means_frame, self.put):
            part.setVisible(may)
        for part in (self.again, self.folder, self.file):
            part.setEnabled(not self.busy)
        if compared is None:
            self.text.show_parts(list(map(_mistake, self._mistakes)))
            return
        old, new = compared.old.version, compared.new.version
        self.what.setText(words.say("study.from_to", old=old, new=new, n=len(compared.differences)))
        self.text.show_parts(list(_parts(compared)))
        self.means.setText(words.say("study.means", old=old, new=new))
        self.put.set_words(words.say("study.put_in_force"))

    def _wait(self, doing: str) -> None:
        super()._wait(doing)
        for part in (self.again, self.folder, self.file, self.put, self.day, self.reason):
            part.setEnabled(not doing)

    def _ask_folder(self) -> None:
        place = files.ask_folder(self, words.say("study.folder_title"))
        if place is not None:
            self.compare(place)

    def _ask_file(self) -> None:
        place = files.ask_file(self, words.say("study.file_title"))
        if place is not None:
            self.compare(place)

    def _build(self) -> None:
        now = style.current()
        self.again = button("", "small", clicked=lambda: self.compare(self.place))
        self.folder = button("", "small", clicked=self._ask_folder)
        self.file = button("", "small", clicked=self._ask_file)
        for made, name in ((self.again, "again"), (self.folder, "folder"), (self.file, "file")):
            made.setObjectName(f"amend_{name}")
            self.speak(made.setText, f"study.{name}")
        self.put.setObjectName("put_in_force")
        self.put.setProperty("kind", "primary")
        self.put.clicked.connect(self.agree)
        self.speak(self.text.setAccessibleName, "study.differences")
        places: QBoxLayout = column(6) if now.compact else row(8)
        places.addWidget(self.from_where, 1)
        others = row(8)
        for made in (self.again, self.folder, self.file):
            others.addWidget(made)
        others.addStretch(1)
        places.addLayout(others)
        self.means, inside = label("", "", wrap=True), column(0, 12)
        inside.addWidget(self.means)
        self.means_frame = frame("tinted", inside)
        foot = row(8)
        foot.addStretch(1)
        foot.addWidget(self.put)
        self.box.addLayout(places)
        for part in (self.what, self.notice, self.waits):
            self.box.addWidget(part)
        self.box.addWidget(self.text, 1)
        self.box.addWidget(self.means_frame)
        self._fields = self._field_line()
        self.box.addWidget(self._fields)
        self.box.addLayout(foot)

    def _field_line(self) -> QWidget:
        made, line = QWidget(), column(8) if style.current().compact else row(16)
        made.setLayout(line)
        line.setContentsMargins(0, 0, 0, 0)
        line.addLayout(self._day_box, 1)
        line.addLayout(self._reason_box, 3)
        return made


def _read(session: Session, place: Path) -> tuple[Study, Compared]:
    """The definition as it is written, and what it would change."""
    new = load_study(place)[0]
    return new, proposed(session, new)


def _mistake(one: dict[str, str]) -> Part:
    """One mistake of a definition: where, and what to do."""
    said = one["message" if words.language() == "en" else "message_zh"]
    where = f"{one['file']}:{one['line']}  " if "file" in one else ""
    return Part("line", f"{where}{said}", "hard", "text")


def _parts(compared: Compared) -> Iterator[Part]:
    """Refused first with what to do, then what is to be looked at; then study and visits, form by form."""
    refused = [one for one in compared.differences if one.kind == "refused"]
    if refused:
        yield Part("head", words.say("study.head_refused"), colour="hard")
        yield Part("quiet", words.pick(AMEND_AGAIN))
        yield from map(_line, refused)
    looks = [one for one in compared.differences if one.look and one.kind != "refused"]
    if looks:
        yield Part("head", words.say("study.head_look"), colour="soft")
        yield from _by_whom(looks, compared)
    others = [one for one in compared.differences if one.kind != "refused" and not one.look]
    for form in dict.fromkeys(one.form for one in others):
        yield Part("head", _heading(compared, form))
        yield from _by_whom([one for one in others if one.form == form])


def _quoted(said: str) -> str:
    """English with straight quotes: curly ones are full width in the window's face."""
    return said.replace("“", '"').replace("”", '"') if words.language() == "en" else said


def _heading(compared: Compared, form: str) -> str:
    if not form:
        return words.say("study.head_study")
    known = compared.old.forms | compared.new.forms
    return words.pick(known[form].name)


def _by_whom(some: Sequence[Difference], compared: Compared | None = None) -> Iterator[Part]:
    """`compared`: where each line must say its form, for no heading does."""
    for whom in dict.fromkeys(one.whom for one in some):
        yield Part("quiet", words.pick(whom))
        for one in some:
            if one.whom == whom:
                form = _heading(compared, one.form) if compared is not None and one.form else ""
                yield _line(one, form)


def _line(one: Difference, form: str = "") -> Part:
    icon, colour = _MARKS["look" if one.look else one.kind]
    said = _quoted(words.pick(one.text))
    text = words.say("study.in_form", form=form, text=said) if form else said
    return Part("line", text, icon, colour)
