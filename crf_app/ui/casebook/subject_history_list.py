"""The history of a subject in the casebook: every record in words, newest first, a few hundred at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QWidget

from crf_app.ui import words
from crf_app.ui.form.line_words import missing_words, spoken
from crf_app.ui.in_steps import InSteps
from crf_app.ui.program_words import proposed_from, who, why
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.parts import button, column, label, row
from crf_app.ui.widgets.table_models import Look

if TYPE_CHECKING:
    from crf_app.actions.session import Session
    from crf_app.actions.subject_history import Entry, SubjectHistory
    from crf_app.model.definition import Study

_AT_ONCE: Final = 200
_COLUMNS: Final = ("when", "who", "where", "what", "why")
_WORDS: Final = {
    "row.add": "row_add", "row.delete": "row_delete", "row.restore": "row_restore", "sign.make": "signed",
    "form.migrate": "moved", "query.open": "query_open", "query.answer": "query_answer",
    "query.close": "query_close", "query.reopen": "query_reopen", "query.cancel": "query_cancel",
    "subject.add": "subject_add", "subject.label": "subject_label", "subject.status": "subject_status",
    "event.add": "visit_add", "import.make": "imported",
}  # fmt: skip
_ANSWERS: Final = {"item.set": "set", "item.derive": "derived", "item.resolve": "resolved"}


class SubjectHistoryList(QWidget):
    """`mistake` is called by the button under the list, which `show_history` names."""

    def __init__(self, mistake: Callable[[], object]) -> None:
        super().__init__()
        self._history: SubjectHistory | None = None
        self._study: Study | None = None
        self._rows: list[list[Look]] = []
        self._wanted = _AT_ONCE
        self.steps = InSteps(self)
        self.list = LookList(3, 30)
        self.list.setObjectName("subject_history")
        self.list.opened.connect(self._opened)
        self.count = label("", "sub")
        self.mistake = button("", "small", clicked=mistake)
        self.mistake.setObjectName("subject_mistake")
        box = column(8)
        self.setLayout(box)
        box.addWidget(self.list, 1)
        foot = row(8)
        foot.addWidget(self.count, 1)
        foot.addWidget(self.mistake)
        box.addLayout(foot)
        self.setFocusProxy(self.list)

    def show_history(self, session: Session, uid: str) -> None:
        """Read the records anew and show the newest."""
        from crf_app.actions.subject_history import SubjectHistory

        self._history, self._study = SubjectHistory(session, uid), session.study
        self._wanted = _AT_ONCE
        self._begin()

    def retranslate(self) -> None:
        if self._history is not None:
            self._begin()

    def _begin(self) -> None:
        assert self._history is not None
        self.list.setAccessibleName(words.say("casebook_history.name"))
        self.count.setText(words.say("casebook_history.count", n=len(self._history)))
        self._rows = []
        self.steps.begin(self._reading(), self._shown)
        self.steps.step()

    def _reading(self) -> Iterator[None]:
        assert self._history is not None
        for one in self._history.entries(0, self._wanted):
            self._rows.append(self._looks(one))
            yield

    def _shown(self) -> None:
        assert self._history is not None
        left, at = len(self._history) - len(self._rows), self.list.currentIndex().row()
        rows = list(self._rows)
        if left > 0:
            more = words.say("casebook_history.earlier", n=left)
            rows.append([Look(), Look(), Look(), Look(more, "down", "accent"), Look()])
        self.list.looks.show([words.say(f"casebook_history.{name}") for name in _COLUMNS], rows)
        self.list.fit()
        if rows:
            self.list.setCurrentIndex(self.list.looks.index(max(at, 0), 0))

    def _opened(self, at: int, _column: int) -> None:
        if at == len(self._rows):
            self._wanted += _AT_ONCE
            self._begin()

    def _looks(self, one: Entry) -> list[Look]:
        assert self._study is not None
        where = "·".join(words.pick(part) for part in (one.visit, one.form) if part is not None)
        what, icon = said(self._study, one)
        missing = [missing_words(self._study, one.answer.missing or "")] if one.kind == "form.status" else []
        reason = "·".join(part for part in (*missing, _why(self._study, one)) if part)
        name, quiet = who(one.user, one.name), "text2"
        return [
            Look(one.at[:16], colour=quiet),
            Look(name),
            Look(where, colour=quiet),
            Look(what, icon, said=f"{one.at[:16]}, {name}, {where}, {what}, {reason}"),
            Look(reason, colour=quiet),
        ]


def _why(study: Study, one: Entry) -> str:
    """The reason in the language of the screen: of a row that a result proposed, which result."""
    return (proposed_from(study, one.reason) if one.kind == "row.add" else "") or why(one.user, one.reason)


def said(study: Study, one: Entry) -> tuple[str, str]:
    """(the record in words, its icon)."""
    say = words.say
    if one.kind in _ANSWERS:
        item = words.pick(one.item.question) if one.item is not None else ""
        value = spoken(study, one.item, one.answer) if one.item is not None else one.answer.value or ""
        key = "empty" if one.answer.empty else _ANSWERS[one.kind]
        return say(f"casebook_history.{key}", None, item=item, value=value), ""
    if one.kind == "form.status":
        icons = {"complete": "done", "locked": "locked", "frozen": "locked", "not_done": "not_done"}
        known = one.value in (*icons, "open")
        words_ = say(f"casebook_history.status_{one.value}") if known else one.value
        return words_, icons.get(one.value, "undo")
    if one.kind in ("event.status", "subject.status") and one.value == "entered_in_error":
        return say(f"casebook_history.{'visit' if one.kind[0] == 'e' else 'subject'}_mistake"), "remove"
    if one.kind == "event.status":
        return say("casebook_history.visit_open"), "undo"
    key = _WORDS.get(one.kind, "other")
    return say(f"casebook_history.{key}", None, value=one.value[:60], kind=one.kind), (
        "signed" if key == "signed" else "query" if key.startswith("query") else ""
    )
