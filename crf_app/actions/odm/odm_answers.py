"""Which answers of an ODM file are taken, and the records of them.

What stands here already is never replaced silently, and an answer that is not asked here is kept only where
the file says who entered it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crf_app.actions.consequences import SYSTEM
from crf_app.actions.enter_data import check_unlocked
from crf_app.actions.odm.odm_work import NOTHING, Cell, Work, origin
from crf_app.errors import CrfError
from crf_app.model.keys import Answer, FormKey
from crf_app.model.record import Draft
from crf_app.model.typed import shown

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Item

_KEPT: Final = {
    "en": "Kept as the source has it; it is not asked here now.",
    "zh": "按来源保留；此项目当前无需填写。",
}
_HIDDEN: Final = {
    "en": "This item is not asked here now, and the file does not say who entered it.",
    "zh": "此项目当前无需填写，且文件未说明录入人。",
}


class Answers:
    """The answers of one subject."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def choose(self) -> dict[str, Cell]:
        """The cells whose statements are taken; they are put into `data` with their last answer."""
        taken: dict[str, Cell] = {}
        by_form: dict[FormKey, dict[str, Answer]] = {}
        before, answers = None, dict[str, Answer]()
        for path, cell in self.work.cells.items():
            if self._may_take(path, cell):
                taken[path] = cell
                if cell.key.form_key is not before:
                    before = cell.key.form_key
                    answers = by_form.setdefault(before, {})
                answers[f"{cell.key.group}/{cell.key.item}"] = cell.last
        for key, answers in by_form.items():
            self.work.data.put_all(key, answers)
        for key, answers in by_form.items():
            states = self.work.data.state(key).items
            hidden = [one for one in answers if (state := states.get(one)) and not state.collected]
            for local in hidden:
                path = f"{key.path}/{local}"
                if not self._is_kept(path, taken[path]):
                    del taken[path]
        return taken

    def _may_take(self, path: str, cell: Cell) -> bool:
        what, last, row = path, cell.said[-1][1], self.work.data.items.get(path)
        if (
            row is None
            and self.work.new
            and last.audit is not None
            and (not cell.last.empty or len(cell.said) > 1)
        ):
            return True  # nearly all of them
        if cell.item.derived and last.audit is None:
            texts = {"en": "This value is calculated here.", "zh": "此值在此自动计算。"}
            self.work.line("derived", texts, last, what)
            return False
        if row is not None and row.answer == cell.last:
            return False
        if row is None and cell.last.empty and len(cell.said) == 1:
            return False
        if self.work.locked(cell.key.form_key, last, what):
            return False
        if row is None:
            return True
        if cell.item.derived:
            return False
        if not self.work.reason:
            texts = {"en": f"Here stands {_shown(row.answer)}, the file says {_shown(cell.last)}.",
                     "zh": f"此处为 {_shown(row.answer)}，文件为 {_shown(cell.last)}。"}  # fmt: skip
            self.work.line("differs", texts, last, what)
            return False
        return self._may_correct(cell, last, what)

    def _may_correct(self, cell: Cell, last: Item, what: str) -> bool:
        try:
            check_unlocked(
                self.work.data, cell.key, self.work.data.state(cell.key.form_key).items[cell.key.local]
            )
        except CrfError as refusal:
            self.work.line("refused", refusal.texts, last, what)
            return False
        del cell.said[:-1]  # the correction is one step; how the source came to it is its own
        return True

    def _is_kept(self, path: str, cell: Cell) -> bool:
        """Whether an answer that is not asked here is kept: the file says who entered it.

        Else it is taken back.
        """
        last = cell.said[-1][1]
        if cell.last.empty or cell.item.derived:
            return True
        if last.audit is not None:
            self.work.line("kept", _KEPT, last, path)
            return True
        row = self.work.data.items.get(path)
        self.work.data.put(cell.key, row.answer if row else NOTHING)
        self.work.line("refused", _HIDDEN, last, path)
        return False

    def say(self, path: str, cell: Cell, answer: Answer, item: Item) -> None:
        row = self.work.data.items.get(path)
        derived = cell.item.derived
        reason = self.work.reason if row is not None else item.audit.reason if item.audit else None
        self.work.put(
            path,
            Draft(
                "item.derive" if derived else "item.set",
                subject=self.work.uid,
                key=path,
                parents=row.heads if row is not None and path not in self.work.last else (),
                value=answer.value,
                missing=answer.missing,
                unit=answer.unit,
                reason=reason or None,
                origin=origin(item.audit),
                user=SYSTEM if derived else None,
                role=SYSTEM if derived else None,
            ),
        )
        if self.work.in_row:
            in_row = self.work.in_row.get(path.rpartition("/")[0])
            if in_row is not None:
                in_row.append(len(self.work.drafts) - 1)


def _shown(answer: Answer) -> str:
    """An answer as a line of the report names it."""
    text = answer.value if answer.value is not None else answer.missing or ""
    return shown(text) if text else '""'
