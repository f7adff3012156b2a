"""What changes from one definition to another, in words, and for whom.

Every field of every piece is compared, one that has no sentence of its own in a generic one; so nothing that
changes goes unsaid.  What the program writes out itself (a result's companions, date checks at each date) is
said once, where it comes from.  Words are in `difference.py`; refusals come from `amendment_refusals.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from crf_app.errors import AmendmentRefused
from crf_app.model.amending import amended
from crf_app.model.def_base import Def, Text
from crf_app.model.definition import FormRef, Study
from crf_app.model.difference import (
    BEGUN,
    EVERYBODY,
    NO_MORE,
    NOBODY,
    NOT_POSSIBLE,
    Difference,
    Kind,
    asked,
    both_shown,
    field_word,
    name_of,
)
from crf_app.model.form_def import ConditionDef, FormDef
from crf_app.model.item_def import CodeListItem, ItemDef

#: field that holds pieces of its own → (what a piece is, the field that names it)
_CHILDREN: Final[dict[str, tuple[str, str]]] = {
    "event": ("visit", "oid"),
    "forms": ("schedule", "form"),
    "form": ("form", "oid"),
    "item_group": ("group", "oid"),
    "item": ("item", "oid"),
    "condition": ("check", "oid"),
    "date_checks": ("check", "oid"),
    "code_list": ("code list", "oid"),
    "items": ("code", "coded_value"),
    "status": ("status", "code"),
    "flow": ("flow", "code"),
    "arms": ("arm", "code"),
    "facts": ("fact", "key"),
    "subject_facts": ("subject fact", "name"),
    "consent_version": ("consent", "valid_from"),
    "meanings": ("meaning", "code"),
    "change_reasons": ("reason", "code"),
    "missing_reasons": ("reason", "code"),
    "finding_reasons": ("reason", "code"),
    "conversion": ("conversion", "name"),
    "scan": ("scan", "code"),
}
_WHAT: Final = {
    "visit": "访视", "schedule": "访视表单", "form": "表单", "group": "条目组", "item": "问题",
    "check": "核查", "code list": "代码表", "code": "代码", "status": "状态", "flow": "流程行", "arm": "组别",
    "fact": "研究信息", "subject fact": "受试者事实", "consent": "知情同意书版本",
    "meaning": "签名含义", "reason": "原因",
    "conversion": "单位换算", "scan": "扫码规则", "method": "计算", "study": "研究",
}  # fmt: skip
_IN_WORDS: Final = {"item": "question", "schedule": "form", "subject fact": "fact about a subject",
                    "consent": "consent form", "fact": "line of metadata"}  # fmt: skip
#: fields that nothing is asked, computed or decided by
_WORDING: Final = {
    "source", "alias", "odm_oid", "foreign", "name", "short_name", "title", "sponsor", "protocol",
    "description", "check", "facts", "languages", "fact", "setting", "version", "text", "conversion_version",
}  # fmt: skip
_OF_FORMS: Final = {"form", "group", "item", "check", "method", "code list", "code", "conversion"}


@dataclass(frozen=True, slots=True)
class _At:
    """A piece: what it is, its OID or code, its form, and what people call it (en, zh)."""

    what: str
    oid: str
    form: str
    name: tuple[str, str]


def differences(old: Study, new: Study) -> tuple[Difference, ...]:
    """Every difference, refusals first, then study, visits, lists and forms in the new one's order.

    Either may be an amended definition: what it has retired counts as not asked.
    """
    if old.canonical_bytes() == new.canonical_bytes():
        return ()
    at = _At("study", new.oid, "", (new.oid, new.oid))
    return (*_refused(old, new), *_Comparison(old, new).fields(at, old, new))


def _refused(old: Study, new: Study) -> Iterator[Difference]:
    try:
        amended(old, new)
    except AmendmentRefused as refusal:
        problems = refusal.details["problems"]
        assert isinstance(problems, list)
        for one in problems:
            text = Text(en=one["message"], zh=one["message_zh"])
            yield Difference("refused", one["what"], one["oid"], one["form"], text, NOT_POSSIBLE)


class _Comparison:
    def __init__(self, old: Study, new: Study) -> None:
        before, after = ({one.oid: one for one in study.date_checks} for study in (old, new))
        both = before.keys() | after.keys()
        self.everywhere = both  # checks that the program writes out at each date
        self.other_checks = {oid for oid in both if before.get(oid) != after.get(oid)}
        self.other_items = _other_items(old, new)
        self.forms_asked = {form.oid for form in new.form if asked(form)}
        self.names = {form.oid: form.name for study in (old, new) for form in study.form}

    def fields(self, at: _At, old: Def, new: Def) -> Iterator[Difference]:
        """Every field that differs between two states of one piece."""
        for field in type(new).model_fields:
            before, after = getattr(old, field), getattr(new, field)
            if before == after or field == "until":
                continue
            if isinstance(before, tuple) and field in (*_CHILDREN, "method"):
                what, key = _CHILDREN.get(field, ("method", "oid"))
                yield from self._pieces(at, what, key, before, after)
            else:
                yield _changed(at, field, before, after)

    def _pieces(
        self, at: _At, what: str, key: str, old: Sequence[Def], new: Sequence[Def]
    ) -> Iterator[Difference]:
        before = {getattr(one, key): one for one in old}
        after = {getattr(one, key): one for one in new}
        order = [oid for oid in after if asked(after[oid]) and oid in before and asked(before[oid])]
        for oid in (*after, *(oid for oid in before if oid not in after)):
            first, last = before.get(oid), after.get(oid)
            yield from self._piece(at, what, oid, first, last)
        if order != [oid for oid in before if oid in order]:
            yield _reordered(at, what)

    def _piece(self, at: _At, what: str, oid: str, old: Def | None, new: Def | None) -> Iterator[Difference]:
        was, there = old is not None and asked(old), new is not None and asked(new)
        piece = new if there else old
        if piece is None or not (was or there) or self._made(at, piece, old, new):
            return
        here = self._at(at, what, oid, piece)
        if was and there and old is not None and new is not None:
            yield from self.fields(_in_short(here, at, piece), old, new)
        elif there:
            yield _came(here, piece, "added" if old is None else "back")
            if old is not None and new is not None:
                yield from _reworded(_in_short(here, at, piece), old, new)
        else:
            yield _came(here, piece, "removed")

    def _at(self, at: _At, what: str, oid: str, piece: Def) -> _At:
        form = piece.oid if isinstance(piece, FormDef) else at.form
        if isinstance(piece, FormRef):
            name = self.names[piece.form]
            here = (f"“{name.en}” at {at.name[0]}", f"{at.name[1]}的“{name.zh}”")
            return _At(what, f"{at.oid}/{oid}", "", here)
        names = (name_of(piece, False), name_of(piece, True))
        if isinstance(piece, CodeListItem):
            names = (f"{names[0]} of {at.name[0]}", f"{at.name[1]}的 {names[1]}")
            return _At(what, f"{at.oid}/{oid}", "", names)
        return _At(what, oid, form, names)

    def _made(self, at: _At, piece: Def, old: Def | None, new: Def | None) -> bool:
        """Whether the piece follows from another one whose difference is told."""
        if isinstance(piece, ItemDef) and piece.companion_of is not None:
            return piece.companion_of in self.other_items
        if isinstance(piece, FormRef):
            return piece.form not in self.forms_asked  # the form is taken out everywhere
        if not isinstance(piece, ConditionDef):
            return False
        check = piece.oid.removesuffix(f".{piece.item.removeprefix('I.')}")
        if check not in self.everywhere or at.what != "form":
            return False
        return check in self.other_checks or old is None or new is None


def _reworded(at: _At, old: Def, new: Def) -> Iterator[Difference]:
    """What is back says other words: the data that it still has are read by these."""
    for field in ("question", "decode", "name"):
        before, after = getattr(old, field, None), getattr(new, field, None)
        if before != after:
            yield _changed(at, field, before, after)


def _in_short(here: _At, at: _At, piece: Def) -> _At:
    """Named without words that the sentence repeats."""
    if isinstance(piece, CodeListItem):
        code = piece.coded_value
        return replace(here, name=(f"{code} of {at.name[0]}", f"{at.name[1]}的 {code}"))
    if here.what in ("check", "conversion", "status", "flow", "reason", "meaning", "method", "scan"):
        code = here.oid
        return replace(here, name=(f"{here.what.capitalize()} {code}", f"{_WHAT[here.what]} {code}"))
    return here


def _other_items(old: Study, new: Study) -> set[str]:
    """OIDs of the items that are not the same in both."""
    before, after = (
        {oid: item for form in one.form for oid, item in form.items.items()} for one in (old, new)
    )
    return {oid for oid in before.keys() | after.keys() if before.get(oid) != after.get(oid)}


def _changed(at: _At, field: str, before: object, after: object) -> Difference:
    words = []
    for zh in (False, True):
        first, last = both_shown(before, after, zh)
        words.append(_sentence(at, field, first, last, after, zh))
    what = {"range_check": "range", "units": "unit", "conversion": "unit"}.get(field, at.what)
    look = at.what == "code" and field == "decode"
    return Difference(
        "changed", what, at.oid, at.form, Text(en=words[0], zh=words[1]), _whom(at, field), look
    )


def _sentence(at: _At, field: str, before: str, after: str, value: object, zh: bool) -> str:
    name = at.name[zh]
    if field == "decode":
        return (
            f"{name}：文字改为{after}（原为{before}）；已录入的数据将按新文字显示。"
            if zh
            else f"{name} reads {after} in place of {before}; data entered under the old words are read so."
        )
    if field == "mandatory":
        if zh:
            return f"{name}{'改为必填' if value else '不再必填'}。"
        return f"{name} {'becomes required' if value else 'is no longer required'}."
    if field in ("question", "name", "text"):
        return f"{name}：文字由{before}改为{after}。" if zh else f"{after} is the new wording of {before}."
    if at.what == "study":
        name = "研究" if zh else "Study"
    if zh:
        return f"{name}：{field_word(field, zh)}：{before} → {after}。"
    return f"{name}: {field_word(field, zh)}: {before} → {after}."


def _came(at: _At, piece: Def, kind: Kind) -> Difference:
    what, name = _IN_WORDS.get(at.what, at.what), at.name
    en = {
        "added": f"New {what}: {name[0]}.",
        "back": f"The {what} {name[0]} is back.",
        "removed": f"The {what} {name[0]} is taken out{_kept(at, '; what was answered stays readable')}.",
    }[kind]
    zh = {
        "added": f"新增{_WHAT[at.what]}：{name[1]}。",
        "back": f"恢复{_WHAT[at.what]}：{name[1]}。",
        "removed": f"删除{_WHAT[at.what]}：{name[1]}{_kept(at, '；已有答案仍可查看')}。",
    }[kind]
    ended = kind == "removed" and at.what in ("visit", "schedule", "form")
    return Difference(kind, at.what, at.oid, at.form, Text(en=en, zh=zh), NO_MORE if ended else _whom(at, ""))


def _kept(at: _At, words: str) -> str:
    return words if at.what in ("visit", "schedule", "form", "group", "item", "code") else ""


def _reordered(at: _At, what: str) -> Difference:
    word = {"item": "questions", "schedule": "forms", "reason": "reasons"}.get(what, f"{what}s")
    name = ("the study", "研究") if at.what == "study" else at.name
    text = Text(
        en=f"The {word} of {name[0]} stand in another order.", zh=f"{name[1]}中{_WHAT[what]}的顺序改变。"
    )
    here = _At(what, at.oid, at.form, at.name)
    return Difference("changed", what, at.oid, at.form, text, _whom(here, ""))


def _whom(at: _At, field: str) -> Text:
    """Forms keep the version that they were begun under; all else follows the one in force."""
    if field in _WORDING - {"text"} or at.what == "fact":
        return NOBODY
    if at.what == "form" and field == "":
        return EVERYBODY
    return BEGUN if at.what in _OF_FORMS else EVERYBODY
