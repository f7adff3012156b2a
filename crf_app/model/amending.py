"""An amendment: the new definition plus everything the old one asked and the new one does not.

What is only in the old one is retired (`until` = the last version that asked it) and made inert, so that the
newest definition alone knows everything that was ever collected.  What would read stored data as something
else is refused in `amendment_refusals.py`; what changes for whom is said in `differences.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from crf_app.errors import AmendmentRefused
from crf_app.model.amendment_refusals import AMEND_AGAIN, Refused, refusals, version_reused
from crf_app.model.def_base import Foreign
from crf_app.model.definition import FormRef, Study, StudyEventDef
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef
from crf_app.model.load_expand import changed

_Piece = TypeVar("_Piece")
_Named = StudyEventDef | FormDef | ItemGroupDef | CodeList | ItemDef


def amended(old: Study, new: Study) -> Study:
    """`new` with everything that only `old` asked, retired.  `old` may itself be an amended definition.

    A retired thing stands right after what it stood after in `old`; one that is back in `new` has no mark.
    `amended(amended(a, b), b)` is `amended(a, b)`.  Raises AmendmentRefused, which lists every reason.
    """
    problems = refusals(old, new)
    if not problems:
        whole = _Amendment(old, new).study()
        problems = version_reused(old, whole)
        if not problems:
            return whole
    raise refusal(problems)


def refusal(problems: Sequence[Refused]) -> AmendmentRefused:
    """The AmendmentRefused that lists these problems; `details["problems"]` as dicts of Refused."""
    first, count = problems[0], len(problems)
    return AmendmentRefused(
        f"The new definition would read data as something else in {count} place(s), the first: "
        f"{first.text.en} {AMEND_AGAIN.en}",
        f"新定义会改变 {count} 处已有数据的含义，第一处：{first.text.zh}{AMEND_AGAIN.zh}",
        where=first.oid,
        problems=[one.as_json() for one in problems],
        count=count,
    )


class _Amendment:
    """Puts two definitions together, level by level."""

    def __init__(self, old: Study, new: Study) -> None:
        self.old, self.new = old, new

    def study(self) -> Study:
        old, new = self.old, self.new
        whole = changed(
            new,
            event=_merged(old.event, new.event, _oid, self._event, self._retired_event),
            form=_merged(old.form, new.form, _oid, self._form, self._retired_form),
            code_list=_merged(old.code_list, new.code_list, _oid, self._list, self._retired_list),
        )
        return changed(whole, foreign=new.foreign + self._foreign())

    def _until(self, piece: object) -> str:
        until: str | None = getattr(piece, "until", None)
        return until or self.old.version

    def _event(self, old: StudyEventDef, new: StudyEventDef) -> StudyEventDef:
        refs = _merged(old.forms, new.forms, lambda ref: ref.form, _newer, self._retired_ref)
        return new if refs == new.forms else changed(new, forms=refs)

    def _retired_event(self, event: StudyEventDef) -> StudyEventDef:
        refs = tuple(self._retired_ref(ref) for ref in event.forms)
        return changed(event, forms=refs, until=self._until(event))

    def _retired_ref(self, ref: FormRef) -> FormRef:
        return FormRef(form=ref.form, mandatory=False, until=self._until(ref))

    def _form(self, old: FormDef, new: FormDef) -> FormDef:
        groups = _merged(old.item_group, new.item_group, _oid, self._group, self._retired_group)
        return new if groups == new.item_group else changed(new, item_group=groups)

    def _retired_form(self, form: FormDef) -> FormDef:
        groups = tuple(self._retired_group(group) for group in form.item_group)
        return changed(
            form, item_group=groups, condition=(), method=(), administration=None, until=self._until(form)
        )

    def _group(self, old: ItemGroupDef, new: ItemGroupDef) -> ItemGroupDef:
        items = _merged(old.item, new.item, _oid, _newer, self._retired_item)
        return new if items == new.item else changed(new, item=items)

    def _retired_group(self, group: ItemGroupDef) -> ItemGroupDef:
        items = tuple(self._retired_item(item) for item in group.item)
        return changed(group, item=items, collect_when=None, not_run=(), until=self._until(group))

    def _retired_item(self, item: ItemDef) -> ItemDef:
        """What the item's answers need to be read, and no rule."""
        return changed(
            item,
            pattern=None,
            mandatory=False,
            mandatory_when=None,
            collect_when=None,
            locked_when=None,
            method=None,
            calculated=item.derived or item.calculated,
            range_check=(),
            conversion=None,  # its units are written out in `units`; the table's row may go
            grade=(),
            default=None,
            not_run=(),
            own_password=False,
            other_than=None,
            until=self._until(item),
        )

    def _list(self, old: CodeList, new: CodeList) -> CodeList:
        codes = _merged(old.items, new.items, _code, _newer, self._retired_code)
        return new if codes == new.items else changed(new, items=codes)

    def _retired_list(self, code_list: CodeList) -> CodeList:
        """A list has no mark of its own: its codes have."""
        return changed(code_list, items=tuple(self._retired_code(code) for code in code_list.items))

    def _retired_code(self, code: CodeListItem) -> CodeListItem:
        return changed(code, until=self._until(code))

    def _foreign(self) -> tuple[Foreign, ...]:
        """Kept pieces of an imported file that stand in what only the old definition has."""
        there = _oids(self.new)
        gone = _oids(self.old) - there
        return tuple(one for one in self.old.foreign if one.at[1] in gone and one not in self.new.foreign)


def _merged(
    old: Sequence[_Piece],
    new: Sequence[_Piece],
    key: Callable[[_Piece], str],
    both: Callable[[_Piece, _Piece], _Piece],
    retired: Callable[[_Piece], _Piece],
) -> tuple[_Piece, ...]:
    """The new pieces in their order, each old one that is not among them right after its old neighbour."""
    before = {key(piece): piece for piece in old}
    there = {key(piece): both(before[key(piece)], piece) if key(piece) in before else piece for piece in new}
    order = list(there)
    for number, piece in enumerate(old):
        if key(piece) not in there:
            place = order.index(key(old[number - 1])) + 1 if number else 0
            order.insert(place, key(piece))
    return tuple(there[one] if one in there else retired(before[one]) for one in order)


def _newer(_: _Piece, new: _Piece) -> _Piece:
    return new


def _oid(piece: _Named) -> str:
    return piece.oid


def _code(item: CodeListItem) -> str:
    return item.coded_value


def _oids(study: Study) -> set[str]:
    """OIDs of visits, forms, groups, items and lists, as ours and as an imported file spells them."""
    groups = [group for form in study.form for group in form.item_group]
    items = [item for group in groups for item in group.item]
    pieces: tuple[_Named, ...] = (*study.event, *study.form, *groups, *items, *study.code_list)
    return {oid for piece in pieces for oid in (piece.oid, piece.odm_oid) if oid is not None}
