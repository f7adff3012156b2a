"""History of one value: every step, newest first; the chosen entry in full, its chain, what it did.

Nothing here changes anything.  Reached from a field with F8; Alt+Up goes back to it.  Whether the chain of an
entry agrees with its hashes is worked out aside (`chain_check.py`), once for each chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout

from crf_app.actions.changes import Changes
from crf_app.actions.entry_effects import EntryEffects, entry_effects
from crf_app.actions.form_page import form_page
from crf_app.actions.history import HistoryStep, history
from crf_app.actions.queries import place_words
from crf_app.model.keys import ItemKey
from crf_app.ui import style, words
from crf_app.ui.form.chain_check import ChainCheck
from crf_app.ui.form.history_list import HistoryList, StepLook
from crf_app.ui.form.line_words import step_text
from crf_app.ui.form.unit_words import shown_unit
from crf_app.ui.page import Page
from crf_app.ui.program_words import why
from crf_app.ui.widgets.parts import button, clear, column, frame, label, picture, row, scrolled

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

_ICONS = {
    "item.set": "check",
    "item.derive": "derived",
    "item.resolve": "conflict",
    "query.open": "query",
    "query.answer": "answered",
    "query.close": "done",
    "query.reopen": "query",
    "query.cancel": "done",
}
_LEFT, _RIGHT = 9, 4  # parts of the width


class ValueHistoryPage(Page):
    """One item of one form."""

    rail = "subjects"
    help_topic = "history"

    def __init__(self, window: MainWindow, key: ItemKey) -> None:
        super().__init__(window)
        self.key = key
        self._steps: list[HistoryStep] = []
        self.table = HistoryList()
        self.title, self.none = label("", "page", wrap=True), label("", "sub")
        self.back = button("", "link", "back", clicked=self.go_back)
        self.print = button("", icon="print", clicked=lambda: window.show_pdf(key.form_key))
        self.full, self.did = QGridLayout(), column(6)
        self.chain = ChainCheck(window)
        self.chain.came.connect(self._show_steps)
        self._build()
        self.refresh()

    def begin(self) -> None:
        self.table.setFocus()

    def made_anew(self) -> ValueHistoryPage:
        """The same page for another version of the study."""
        return ValueHistoryPage(self.window_, self.key)

    def refresh(self, changes: Changes | None = None) -> None:
        session = self.window_.session
        page = form_page(session, self.key.form_key)
        self.window_.set_subject(page.header, words.pick(page.visit.definition.name))
        visit, form, item = (words.pick(one) for one in place_words(session, self.key))
        self.title.setText(words.say("history.title", item=item))
        self.back.setText(words.say("history.back", form=form, visit=visit))
        self._steps = list(reversed(history(session, self.key)))
        self.none.setVisible(not self._steps)
        self.chain.begin()
        self._show_steps()

    def leave(self) -> None:
        self.chain.stop()

    def _show_steps(self) -> None:
        """The list anew, the chosen step stays."""
        at = max(self.table.currentIndex().row(), 0)
        self.table.show_cards([self._look(one) for one in self._steps])
        if self._steps:
            self.table.selectRow(min(at, len(self._steps) - 1))
            self.show_at(min(at, len(self._steps) - 1))

    def show_at(self, place: int) -> None:
        """The entry of one step in full."""
        step = self._steps[place]
        effects = entry_effects(self.window_.session, self.key, step)
        self._show_full(step)
        self.chain.show_step(step, effects.before)
        self._show_did(effects)

    def go_back(self) -> None:
        """To the field whose history this is."""
        self.window_.show_form(self.key.form_key)
        go_to = getattr(self.window_.page, "go_to", None)
        if go_to is not None:
            go_to(self.key)

    def _look(self, step: HistoryStep) -> StepLook:
        is_value = step.kind.startswith("item.")
        old, new = (self._value(text) if is_value else "" for text in (step.old, step.new))
        unit = shown_unit(step.unit) if step.unit else ""
        what, person = words.say(f"history.{_what(step)}"), self._person(step)
        line = reason = why(step.role, step.reason)
        if is_value:
            line = words.say("history.reason", reason=reason) if reason else ""
            line = line or ("" if step.old else words.say("history.first"))
        change = f"{old} → {new} {unit}" if is_value else ""
        damaged = self.chain.damaged(step)
        foot = words.say("history.place", device=step.device, seq=step.seq)
        if damaged:
            foot = f"{foot}, {words.say('history.damaged')}"
        said = ", ".join(filter(None, (step.when, what, change, person, line, foot if damaged else "")))
        return StepLook(
            what, _icon(step), _colour(step), bold=True, said=said, day=step.when[:10], time=step.when[11:19],
            old=old, new=new, unit=unit, values=is_value, fresh=not step.old, person=person,
            line=line, foot=foot, damaged=damaged,
        )  # fmt: skip

    def _value(self, text: str, key: ItemKey | None = None) -> str:
        study, where = self.window_.session.study, key or self.key
        form = study.forms.get(where.form_key.form_oid)
        item = form.items.get(where.item) if form is not None else None
        return step_text(study, item, text) or words.say("history.empty")

    def _person(self, step: HistoryStep) -> str:
        role = words.say(f"role.{step.role}")
        return role if step.role == "system" else words.say("queries.by", name=step.name, role=role)

    def _show_full(self, step: HistoryStep) -> None:
        clear(self.full)
        values = self._value(step.old), self._value(step.new)
        facts = {
            "values": ", ".join(values) if step.kind.startswith("item.") else "–",
            "person": self._person(step),
            "local": step.when,
            "utc": step.at.replace("T", " ").rstrip("Z"),
            "device": f"{step.device}, {step.seq}",
            "version": self._version(step),
            "reason": why(step.role, step.reason) or words.say("history.no_reason"),
        }
        for n, (name, said) in enumerate(facts.items()):
            value = label(said, "value", wrap=True)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            self.full.addWidget(label(words.say(f"history.f_{name}"), "small"), n, 0)
            self.full.addWidget(value, n, 1)
        self.full.setColumnStretch(1, 1)

    def _version(self, step: HistoryStep) -> str:
        form = self.window_.session.study.forms.get(self.key.form_key.form_oid)
        name = words.pick(form.short_name or form.name) if form is not None else ""
        return words.say("history.version", form=name, version=step.version, app=step.app)

    def _show_did(self, effects: EntryEffects) -> None:
        clear(self.did)
        said = []
        for one in effects.effects:
            old, new = (self._value(text, one.key) for text in (one.old, one.new))
            item, visit = words.pick(one.item), words.pick(one.visit)
            said.append(words.say("history.went", item=item, visit=visit, old=old, new=new))
        said += [
            words.say("history.broke", visit=words.pick(visit), form=words.pick(form))
            for visit, form in effects.broken
        ]
        if not effects.effects:
            said.insert(0, words.say("history.same"))
        if not effects.broken:
            said.append(words.say("history.kept_signed" if effects.signed else "history.unsigned"))
        for text in said:
            self.did.addWidget(label(text, "small", wrap=True))

    # how it is put together

    def _build(self) -> None:
        sub = label("", "sub", wrap=True)
        self.speak(sub.setText, "history.sub")
        self.speak(self.none.setText, "history.none")
        self.speak(self.table.setAccessibleName, "history.list_name")
        self.table.setObjectName("value_history")
        self.back.setObjectName("back_to_field")
        self.table.moved.connect(lambda place, _: self.show_at(place))
        QShortcut(QKeySequence("Alt+Up"), self).activated.connect(self.go_back)
        compact = style.current().compact
        self.table.setMinimumHeight(style.current().px(200))
        box, head = column(2), row(8)
        box.setContentsMargins(*(style.current().px(one) for one in (24, 12, 24, 12)))
        self.print.setObjectName("print_history")
        self.speak(self.print.setText, "history.print")
        lines = column(2)
        lines.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        for widget in (self.title, sub, self.none):
            lines.addWidget(widget)
        head.addLayout(lines, 1)
        head.addWidget(self.print, 0, Qt.AlignmentFlag.AlignBottom)
        box.addLayout(head)
        box.addSpacing(style.current().px(8))
        both: QHBoxLayout | QVBoxLayout = column(12) if compact else row(16)
        left, inside = frame("card"), column(0)
        inside.setContentsMargins(1, 4, 1, 4)
        inside.addWidget(self.table)
        left.setLayout(inside)
        both.addWidget(left, _LEFT)
        if compact:
            both.addLayout(self._side())
        else:
            both.addWidget(self._to_read(self._side()), _RIGHT)
        box.addLayout(both, 1)
        if not compact:
            self.setLayout(box)
            return
        page = column(0)
        page.addWidget(self._to_read(box))
        self.setLayout(page)

    def _to_read(self, content: QLayout) -> QScrollArea:
        """What may be higher than the window; Tab goes there and arrow keys scroll it."""
        area = scrolled(content)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        area.setProperty("kind", "read")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.speak(area.setAccessibleName, "history.full")
        return area

    def _side(self) -> QVBoxLayout:
        side = column(12)
        side.setContentsMargins(0, 0, 0, 0)
        self.full.setVerticalSpacing(style.current().px(4))
        side.addWidget(self._card("full", "", self.full))
        side.addWidget(self.chain)
        side.addWidget(self._card("did", "derived", self.did))
        side.addStretch(1)
        return side

    def _card(self, name: str, icon: str, content: QGridLayout | QVBoxLayout) -> QFrame:
        box, head, title = column(8, 14), row(8), label("", "card")
        self.speak(title.setText, f"history.{name}")
        if icon:
            head.addWidget(picture(icon, "text2", 18))
        head.addWidget(title, 1)
        box.addLayout(head)
        box.addLayout(content)
        return frame("card", box)


def _what(step: HistoryStep) -> str:
    if step.kind == "item.set":
        return "corrected" if step.old else "entered"
    known = {"item.derive": "calculated", "item.resolve": "resolved"}
    return known.get(step.kind, step.kind.replace(".", "_"))


def _icon(step: HistoryStep) -> str:
    return "history" if step.kind == "item.set" and step.old else _ICONS.get(step.kind, "history")


def _colour(step: HistoryStep) -> str:
    if step.kind.startswith("query."):
        return "query"
    if step.kind == "item.derive":
        return "text2"
    return "soft" if step.old else "ok"
