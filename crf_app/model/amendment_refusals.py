"""What an amendment may not do: everything that would read stored data as something else.

An OID is a promise: what it asked stays what it asks.  A question of another kind gets a new OID, and the old
one is retired with its data.  Allowed changes are told in `differences.py`; `amending.py` raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeVar

from crf_app.model.def_base import Text
from crf_app.model.definition import FormRef, Study, StudyEventDef
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import CodeListItem, ItemDef, MeasurementUnit, decimal

_Piece = TypeVar("_Piece")
Retirable = StudyEventDef | FormRef | FormDef | ItemGroupDef | ItemDef | CodeListItem
AMEND_AGAIN: Final = Text(
    en="Change the definition as each reason says and compare again.", zh="请按各条说明修改定义后重新比较。"
)
_NEW_OID: Final = Text(en="Give it a new OID and take the old one out.", zh="请使用新的 OID，并删除原有的。")


@dataclass(frozen=True, slots=True)
class Refused:
    """One reason: `what` changes (item, group, visit, unit, ...), its OID, what is so and what to do."""

    what: str
    oid: str
    form: str
    text: Text

    def as_json(self) -> dict[str, str]:
        return {
            "what": self.what,
            "oid": self.oid,
            "form": self.form,
            "message": self.text.en,
            "message_zh": self.text.zh,
        }


def refusals(old: Study, new: Study) -> tuple[Refused, ...]:
    """Every reason why `new` cannot amend `old`, in the order of the old definition."""
    return (*_study(old, new), *_events(old, new), *_places(old, new), *_groups(old, new), *_items(old, new))


def version_reused(old: Study, whole: Study) -> tuple[Refused, ...]:
    """The reason why the amended definition `whole` cannot bear its version, if there is one.

    The version of the old definition stands for the old one's bytes; a mark stands for an earlier one.
    """
    same = old.version == whole.version and old.sha256 != whole.sha256
    if not same and (whole.version == old.version or whole.version not in _marks(old)):
        return ()
    return (reused(whole),)


def reused(study: Study) -> Refused:
    """The version string of `study` stands for another definition."""
    en = f"Version {study.version} stands for another definition. Write the next version in `version`."
    zh = f"版本 {study.version} 已用于另一份定义，请在 `version` 中写新的版本号。"
    return Refused("study", study.oid, "", Text(en=en, zh=zh))


def _marks(study: Study) -> set[str]:
    groups = [group for form in study.form for group in form.item_group]
    pieces: tuple[Retirable, ...] = (
        *study.event,
        *(ref for event in study.event for ref in event.forms),
        *study.form,
        *groups,
        *(item for group in groups for item in group.item),
        *(code for one in study.code_list for code in one.items),
    )
    return {piece.until for piece in pieces if piece.until is not None}


def _study(old: Study, new: Study) -> Iterator[Refused]:
    if old.oid != new.oid:
        en = f"The study is {old.oid}, the new definition is of {new.oid}. Set up another site for it."
        zh = f"研究为 {old.oid}，新定义属于 {new.oid}。另一项研究需另建中心。"
        yield Refused("study", new.oid, "", Text(en=en, zh=zh))
    for key, before, after in (
        ("visit_date", old.visit_date, new.visit_date),
        ("visit_occurred", old.visit_occurred, new.visit_occurred),
    ):
        if before not in (None, after):
            en = f"`{key}` is {before} and would be {after or 'nothing'}: visits dated there would have "
            zh = f"`{key}` 由 {before} 改为 {after or '空'}，已记录的访视将失去日期，请保留 {before}。"
            yield Refused("study", before or "", "", Text(en=f"{en}no date. Keep {before}.", zh=zh))
    kept = {one.code for one in new.missing_reasons}
    for one in old.missing_reasons:
        if one.code not in kept:
            en = f"The reason {one.code} for a missing value is taken out, and answers may hold it. Keep it."
            zh = f"删除了缺失原因 {one.code}，而已有答案可能使用它，请保留。"
            yield Refused("reason", one.code, "", Text(en=en, zh=zh))


def _events(old: Study, new: Study) -> Iterator[Refused]:
    for event in old.event:
        after = new.events.get(event.oid)
        if after is not None and after.repeating != event.repeating:
            yield _repeating("visit", event, "")


def _repeating(what: str, piece: StudyEventDef | ItemGroupDef, form: str) -> Refused:
    before = piece.repeating
    change = "is repeated and would stand once" if before else "stands once and would be repeated"
    zh = f"{piece.oid} {'由重复变为单次' if before else '由单次变为重复'}。"
    return Refused(
        what, piece.oid, form, Text(en=f"{piece.oid} {change}. {_NEW_OID.en}", zh=zh + _NEW_OID.zh)
    )


def _places(old: Study, new: Study) -> Iterator[Refused]:
    """Groups that moved to another form, items that moved to another form or group."""
    groups = {group.oid: form.oid for form in new.form for group in form.item_group}
    items = {oid: group.oid for form in new.form for oid, group in form.group_of.items()}
    for form in old.form:
        for group in form.item_group:
            if groups.get(group.oid, form.oid) != form.oid:
                yield _moved("group", group.oid, form.oid, form.oid, groups[group.oid])
        for oid, group in form.group_of.items():
            if items.get(oid, group.oid) != group.oid:
                yield _moved("item", oid, form.oid, group.oid, items[oid])


def _moved(what: str, oid: str, form: str, before: str, after: str) -> Refused:
    en = f"{oid} moves from {before} to {after}, where its data would not be found. {_NEW_OID.en}"
    zh = f"{oid} 从 {before} 移到 {after}，原有数据将无法找到。{_NEW_OID.zh}"
    return Refused(what, oid, form, Text(en=en, zh=zh))


def _groups(old: Study, new: Study) -> Iterator[Refused]:
    for form, before, after in _both(old, new, lambda form: {one.oid: one for one in form.item_group}):
        if before.repeating != after.repeating:
            yield _repeating("group", before, form.oid)
        if before.rows != after.rows:
            yield _other("group", before.oid, form.oid, "fixed rows", "固定行", before.rows, after.rows)


def _both(
    old: Study, new: Study, pieces: Callable[[FormDef], Mapping[str, _Piece]]
) -> Iterator[tuple[FormDef, _Piece, _Piece]]:
    """Old form, old and new piece, of every piece that stands in the same form in both."""
    for form in old.form:
        later = pieces(new.forms[form.oid]) if form.oid in new.forms else {}
        for oid, before in pieces(form).items():
            if oid in later:
                yield form, before, later[oid]


def _items(old: Study, new: Study) -> Iterator[Refused]:
    for form, before, after in _both(old, new, lambda form: form.items):
        for reason in _item(old, new, before, after):
            yield Refused(reason.what, before.oid, form.oid, reason.text)


def _item(old: Study, new: Study, before: ItemDef, after: ItemDef) -> Iterator[Refused]:
    oid = before.oid
    types = (before.data_type, after.data_type)
    if types[0] != types[1] and types != ("integer", "decimal"):
        yield _other("item", oid, "", "data type", "数据类型", *types)
    for name, zh, key in (("standard unit", "标准单位", "unit"), ("link", "关联", "link")):
        if getattr(before, key) != getattr(after, key):
            yield _other("item", oid, "", name, zh, getattr(before, key), getattr(after, key))
    for key in ("multiple", "lab"):
        if getattr(before, key) != getattr(after, key):
            yield _other("item", oid, "", f"`{key}`", f" `{key}` ", *map(_yes, (before, after), (key, key)))
    if _calculated(before) != _calculated(after):
        yield _derived(before)
    yield from _units(before, after)
    if not _list_holds(old, new, before, after):
        yield _other("item", oid, "", "code list", "代码表", before.code_list, after.code_list)


def _yes(item: ItemDef, key: str) -> str:
    return "yes" if getattr(item, key) else "no"


def _other(
    what: str, oid: str, form: str, en: str, zh: str, before: str | None, after: str | None
) -> Refused:
    change = f"{before or '-'} → {after or '-'}"
    words = Text(
        en=f"{oid} gets another {en} ({change}); its data would read as something else. {_NEW_OID.en}",
        zh=f"{oid} 的{zh}改变（{change}），原有数据的含义会改变。{_NEW_OID.zh}",
    )
    return Refused(what, oid, form, words)


def _calculated(item: ItemDef) -> bool:
    """Also a retired one, which has lost its method."""
    return item.derived or item.calculated


def _derived(item: ItemDef) -> Refused:
    now = _calculated(item)
    en = f"{item.oid} {'is calculated and would be typed' if now else 'is typed and would be calculated'}. "
    zh = f"{item.oid} {'由自动计算改为录入' if now else '由录入改为自动计算'}。"
    return Refused("item", item.oid, "", Text(en=en + _NEW_OID.en, zh=zh + _NEW_OID.zh))


def _units(before: ItemDef, after: ItemDef) -> Iterator[Refused]:
    """Units that answers were typed in and that are gone or count otherwise."""
    there = {one.unit: one for one in after.units}
    for one in before.units:
        if one.unit not in there:
            en = f"{before.oid} no longer takes {one.unit}, and answers may be typed in it. Keep the unit."
            zh = f"{before.oid} 不再接受单位 {one.unit}，而已有答案可能使用它，请保留该单位。"
            yield Refused("unit", before.oid, "", Text(en=en, zh=zh))
        elif _line(one) != _line(there[one.unit]):
            en = f"{before.oid} converts {one.unit} otherwise than before, and answers may be typed in it. "
            zh = f"{before.oid} 的单位 {one.unit} 换算改变，而已有答案可能使用它。"
            yield Refused("unit", before.oid, "", Text(en=en + _NEW_OID.en, zh=zh + _NEW_OID.zh))


def _line(unit: MeasurementUnit) -> tuple[Fraction, Fraction]:
    """Slope and value at 0 of the conversion: the same line, however it is written."""
    slope = Fraction(decimal(unit.factor)) / Fraction(decimal(unit.divisor))
    at_zero = Fraction(decimal(unit.offset_before)) * slope + Fraction(decimal(unit.offset))
    return slope, at_zero


def _list_holds(old: Study, new: Study, before: ItemDef, after: ItemDef) -> bool:
    """Whether every code that answers may hold says the same in the list that answers the item now."""
    if before.code_list == after.code_list:
        return True
    if before.code_list is None or after.code_list is None:
        return False
    there = new.code_lists[after.code_list].by_code
    held = old.code_lists[before.code_list].by_code
    return all(code in there and there[code].decode == one.decode for code, one in held.items())
