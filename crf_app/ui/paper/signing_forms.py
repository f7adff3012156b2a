"""The left side of the signing sheet: the forms of the signature and those left out; the changes since entry.

A list with what to know of each form; a second view tells every change in words.  Where the columns have no
room the words stand below the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from crf_app.actions.history import HistoryStep, history
from crf_app.actions.session import Session
from crf_app.actions.to_sign import Covered, LeftOut, Sheet
from crf_app.model.clock import local_text
from crf_app.model.form_def import FormDef
from crf_app.model.keys import FormKey
from crf_app.ui import style
from crf_app.ui.form.line_words import step_text
from crf_app.ui.form.visit_forms import COLOURS
from crf_app.ui.program_words import who, why
from crf_app.ui.widgets.list_view import LookList
from crf_app.ui.widgets.reading import Part, Reading
from crf_app.ui.widgets.table_models import Look
from crf_app.ui.words import language, pick, say

_ROW, _TALL, _FEWEST = 36, 52, 3
_ANY = 16777215  # Qt: no limit


class SignedForms(QStackedWidget):
    """`moved` is called when the ring goes to another form, `read` with the form that is to be read."""

    def __init__(
        self, sheet: Sheet, session: Session, moved: Callable[[], object], read: Callable[[FormKey], object]
    ) -> None:
        super().__init__()
        self._sheet, self._session = sheet, session
        keys = [*(one.key for one in sheet.forms), *(one.key for one in sheet.left_out)]
        self._keys: tuple[FormKey, ...] = tuple(keys)
        self.list = LookList(2, _ROW, 60)
        self.list.setObjectName("sign.forms")
        self.list.horizontalHeader().hide()
        self.list.opened.connect(lambda at, _: read(self._keys[at]))
        self.changes = Reading("sign.changes")
        for part in (self.list, self.changes):
            self.addWidget(part)
        self._wide: bool | None = None
        self._tall = 0
        self._fit()
        self.list.setCurrentIndex(self.list.looks.index(0, 0))
        self.list.moved.connect(lambda *_: moved())

    @property
    def here(self) -> FormDef:
        """The form under the ring."""
        sheet, at = self._sheet, max(self.list.currentIndex().row(), 0)
        return [*(one.page.form for one in sheet.forms), *(one.form for one in sheet.left_out)][at]

    @property
    def key(self) -> FormKey:
        return self._keys[max(self.list.currentIndex().row(), 0)]

    @property
    def telling(self) -> bool:
        """Whether the changes are shown."""
        return self.currentWidget() is self.changes

    def toggle(self) -> None:
        """Between the forms and the changes since entry."""
        if not self.telling:
            self.changes.show_parts(list(self._told()))
        self.setCurrentWidget(self.list if self.telling else self.changes)
        self._limit()
        self.showing.setFocus()

    @property
    def showing(self) -> QWidget:
        """What is seen: the list, or the changes."""
        return self.changes if self.telling else self.list

    def retranslate(self) -> None:
        self.list.setAccessibleName(say("sign.list_name"))
        self.changes.setAccessibleName(say("sign.changes_name"))
        self._wide = None
        self._fit()
        if self.telling:
            self.changes.show_parts(list(self._told()))

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """In columns where they have room, else two lines a form."""
        rows = self._rows("")
        needed = sum(max(self.list.delegate.width(one[place]) for one in rows) for place in range(3))
        wide = needed <= self.width() - style.current().px(16)
        if wide == self._wide:
            return
        at, self._wide = max(self.list.currentIndex().row(), 0), wide
        height = style.current().px(_ROW if wide else _TALL)
        least = style.current().px(44) if style.current().touch else 0  # a finger chooses a row
        self.list.verticalHeader().setDefaultSectionSize(max(height, least))
        head = [say(f"sign.{name}") for name in ("head_form", "head_values", "head_note")]
        self.list.looks.show(
            head if wide else head[:1], rows if wide else [[_stacked(one)] for one in self._rows("_short")]
        )
        self.list.take_wide(2 if wide else 0)
        self.list.fit()
        self.list.setCurrentIndex(self.list.looks.index(at, 0))
        self.setMinimumHeight(height * min(len(rows), _FEWEST) + style.current().px(8))
        self._tall = height * len(rows) + style.current().px(4)
        self._limit()

    def _rows(self, short: str) -> list[list[Look]]:
        """Columns; `short` is the ending of shorter words."""
        sheet = self._sheet
        return [*(_signed(one, short) for one in sheet.forms), *(_left_out(one) for one in sheet.left_out)]

    def _limit(self) -> None:
        """No higher than its rows; the changes take what there is."""
        self.setMaximumHeight(_ANY if self.telling else max(self._tall, self.minimumHeight()))

    def _told(self) -> Iterator[Part]:
        """Each form with changes: the item, old and new, why, by whom, when."""
        for form in self._sheet.forms:
            lines = [one for one in form.page.lines if one.steps > 1 and not one.state.item.derived]
            if not lines:
                continue
            yield Part("head", pick(form.page.form.name))
            for line in lines:
                item, study = line.state.item, form.page.study
                for step in history(self._session, line.key):
                    if step.old and step.kind.startswith("item."):
                        old, new = (step_text(study, item, one) for one in (step.old, step.new))
                        new = new or say("sign.empty")
                        said = say("sign.change", item=pick(item.question), old=old, new=new)
                        yield Part("line", said, "history")
                        yield Part("more", _why(step), colour="text2")


def _why(step: HistoryStep) -> str:
    name, when = who(step.user, step.name), step.when[:16]
    reason = why(step.user, step.reason)
    said = say("sign.change_why", why=reason, name=name, when=when)
    return said if reason else say("sign.person", name=name, role=when)


def _name(form: FormDef) -> str:
    return pick(form.short_name or form.name)


def _notes(one: Covered, short: str) -> list[str]:
    """What to know of one form."""
    counted = (
        (f"changed{short}", one.changed),
        (f"checks{short}", one.answered_checks),
        ("queries", one.queries),
    )
    notes = [say(f"sign.{key}", n=n) for key, n in counted if n]
    if one.broken is not None:
        notes.append(say("sign.again", date=local_text(one.broken.at, one.broken.offset)[:10]))
    return notes


def _signed(one: Covered, short: str) -> list[Look]:
    comma = "，" if language() == "zh" else ", "
    values, note = say("sign.values", n=one.values), comma.join(_notes(one, short))
    spoken = comma.join([pick(one.page.form.name), values, *_notes(one, "")])
    return [
        Look(_name(one.page.form), "done", "ok", bold=True, ink="text", said=spoken),
        Look(values, colour="text2"),
        Look(note, colour="text2", right=True),
    ]


def _left_out(one: LeftOut) -> list[Look]:
    why_not = pick(one.why)
    said = say("sign.left_out", form=pick(one.form.name), why=why_not)
    return [
        Look(_name(one.form), one.state, COLOURS.get(one.state, "quiet"), ink="text2", said=said),
        Look(""),
        Look(why_not, colour="text2", right=True),
    ]


def _stacked(looks: list[Look]) -> Look:
    """Name above, the rest below it."""
    comma = "，" if language() == "zh" else ", "
    return replace(looks[0], sub=comma.join(one.text for one in looks[1:] if one.text))
