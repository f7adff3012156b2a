"""What must fit together in a study's files: OIDs that exist once, and names that name something.

Works on what could be read: a form whose own tables are wrong still counts as present, so that one mistake
is reported once.  Expressions are not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from crf_app.model import pattern
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.definition_text import Problem, Source, guess
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.load_administration import administration_mistakes
from crf_app.model.load_expand import DATES, YES_NO, companions
from crf_app.model.load_log import log_mistakes
from crf_app.model.load_subject import subject_problems

ROLES: Final = ("nurse", "coordinator", "investigator", "administrator", "monitor", "data_manager", "auditor")
_NUMBERS: Final = ("integer", "decimal")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_ROW_CODE: Final = re.compile(r"[A-Za-z0-9._-]+\Z")


def duplicate_oids(sources: Iterable[Source]) -> Iterator[Problem]:
    """An OID that names two things, in one file or in two."""
    first: dict[str, tuple[str, int]] = {}
    for source in sources:
        for oid, lines in source.oid_lines.items():
            for line in lines:
                if oid in first:
                    at = ":".join(map(str, first[oid]))
                    hint = (f"it stands first in {at}", f"首次出现在 {at}")
                    en, zh = f"`{oid}` is used twice.", f"`{oid}` 重复使用。"
                    yield Problem(source.file, line, oid, en, zh, *hint)
                else:
                    first[oid] = (source.file, line)


def check_study(
    study: Study | None, lists: list[CodeList], forms: Mapping[str, FormDef], sources: Mapping[str, Source]
) -> Iterator[Problem]:
    """Every name that names nothing and every value that does not fit its type."""
    known = _Known(lists, forms, sources)
    for code_list in lists:
        yield from _code_list(code_list, sources["codelists.toml"])
    for source in sources.values():
        yield from _blank_words(source)
    for file, form in forms.items():
        yield from _Form(form, sources[file], known).problems()
    if study is not None:
        yield from _Study(study, sources["study.toml"], known).problems()
        yield from subject_problems(study, forms.values(), sources["study.toml"], known.items)


class _Known:
    """All OIDs of the files by their prefix, also those of tables that could not be read in full."""

    def __init__(
        self, lists: list[CodeList], forms: Mapping[str, FormDef], sources: Mapping[str, Source]
    ) -> None:
        oids = {oid for source in sources.values() for oid in source.oid_lines}
        made = {
            one.oid for form in forms.values() for item in form.items.values() for one in companions(item)
        }
        self.items = {oid for oid in oids if oid.startswith("I.")} | made
        self.lists = {oid for oid in oids if oid.startswith("CL.")} | {one.oid for one in lists}
        self.lists_there = "codelists.toml" in sources
        self.forms = {oid for oid in oids if oid.startswith("F.")} | {one.oid for one in forms.values()}
        self.codes = {one.oid: one.by_code for one in lists}
        self.file_of_form = {form.oid: file for file, form in forms.items()}
        self.every_form = tuple(forms.values())
        self.every_list = {one.oid: one for one in lists}
        groups = [group for form in forms.values() for group in form.item_group]
        self.repeating = {group.oid for group in groups if group.repeating}
        self.groups = {oid for oid in oids if oid.startswith("IG.")}


class _Checker:
    """Makes problems at the line of an OID of one file."""

    def __init__(self, source: Source, known: _Known) -> None:
        self.source = source
        self.known = known

    def at(self, oid: str, en: str, zh: str, hint: tuple[str, str] = ("", "")) -> Problem:
        place = self.source.place(oid)
        return Problem(place.file, place.line, oid, en, zh, *hint)

    def unknown(self, oid: str, key: str, name: str, known: Iterable[str]) -> Problem:
        place = self.source.near(oid, name)
        en, zh = f"`{key}` names `{name}`, which is not defined.", f"`{key}` 指向未定义的 `{name}`。"
        return Problem(place.file, place.line, oid, en, zh, *guess(name, known))

    def placeholders(self, oid: str, words: Text) -> Iterator[Problem]:
        """`{I.X.Y}` in a message must name an item; other names are checked with the rules."""
        for _, text in words.pairs:
            for name in _PLACEHOLDER.findall(text):
                if name.startswith("I.") and name not in self.known.items:
                    yield self.unknown(oid, "message", name, self.known.items)


class _Form(_Checker):
    def __init__(self, form: FormDef, source: Source, known: _Known) -> None:
        super().__init__(source, known)
        self.form = form

    def problems(self) -> Iterator[Problem]:
        yield from self._methods()
        yield from self._sample()
        yield from self._administration()
        for group in self.form.item_group:
            yield from self._group(group)
            for item in group.item:
                yield from self._item(item)
        for condition in self.form.condition:
            yield from self._condition_item(condition.oid, condition.item)
            yield from self.placeholders(condition.oid, condition.message)

    def _methods(self) -> Iterator[Problem]:
        used = {item.method for item in self.form.items.values()}
        for method in self.form.method:
            if method.oid not in used:
                hint = ("add `method` to the item, or remove this one", "请在条目中写明 `method` 或删除")
                yield self.at(
                    method.oid, "No item of this form uses this method.", "本表单没有条目使用此方法。", hint
                )

    def _sample(self) -> Iterator[Problem]:
        """Day and laboratory of the sample decide which reference ranges stand: items that are asked once."""
        form = self.form
        wanted = (
            ("sample_date", form.sample_date, ("date", "datetime")),
            ("laboratory", form.laboratory, ("text",)),
        )
        for key, oid, types in wanted:
            if oid is None:
                continue
            if oid not in form.items:
                yield self.unknown(form.oid, key, oid, form.items)
                continue
            group = form.group_of[oid]
            if form.items[oid].data_type not in types or group.repeating or group.rows is not None:
                yield self.at(
                    form.oid,
                    f"`{key}` names {oid}; it takes an item of type {types[0]} that is asked once.",
                    f"`{key}` 指向 {oid}；应为只填一次的 {types[0]} 条目。",
                )

    def _administration(self) -> Iterator[Problem]:
        for key, name, en, zh, known in administration_mistakes(
            self.form, self.known.every_form, self.known.every_list
        ):
            hint = guess(name, known) if known and name else ("", "")
            place = self.source.near(self.form.oid, name or key)
            yield Problem(place.file, place.line, name or self.form.oid, en, zh, *hint)

    def _own_password(self, item: ItemDef) -> Iterator[Problem]:
        """Who answers is what is answered: a plain text of its own, and another person than the one named."""
        if item.own_password and (item.data_type != "text" or item.choices or item.method or item.pattern):
            yield self.at(
                item.oid,
                "`own_password` takes a plain text without list, pattern or method: its answer is a user id.",
                "`own_password` 应为无代码表、格式与计算的纯文本：其答案为用户名。",
            )
        other = self.form.items.get(item.other_than) if item.other_than is not None else None
        if item.other_than is not None and (other is None or not other.own_password or not item.own_password):
            yield self.unknown(item.oid, "other_than", item.other_than, self.form.items)

    def _group(self, group: ItemGroupDef) -> Iterator[Problem]:
        for key, name, en, zh in log_mistakes(group):
            hint = guess(name, [item.oid for item in group.item]) if name else ("", "")
            place = self.source.near(group.oid, name or key)
            yield Problem(place.file, place.line, name or group.oid, en, zh, *hint)
        if group.rows is None:
            return
        if group.repeating:
            yield self.at(
                group.oid, "A group has fixed rows or repeats, not both.", "固定行与重复组不能并用。"
            )
        if self.known.lists_there and group.rows not in self.known.lists:
            yield self.unknown(group.oid, "rows", group.rows, self.known.lists)
        for code in self.known.codes.get(group.rows, {}):
            if not _ROW_CODE.match(code):
                hint = ("use letters, digits, `.`, `_` and `-`", "只用字母、数字、`.`、`_`、`-`")
                yield self.at(
                    group.oid,
                    f"The row code {code!r} cannot stand in an address.",
                    f"行代码 {code!r} 不能用于地址。",
                    hint,
                )

    def _condition_item(self, oid: str, item: str) -> Iterator[Problem]:
        if item not in self.form.items and item not in self._companions():
            yield self.unknown(oid, "item", item, self.form.items)

    def _companions(self) -> set[str]:
        return {one.oid for item in self.form.items.values() for one in companions(item)}

    def _item(self, item: ItemDef) -> Iterator[Problem]:
        yield from self._names(item)
        yield from (self.at(item.oid, en, zh, (hint, hint_zh))
                    for wrong, en, zh, hint, hint_zh in _misfits(item) if wrong)  # fmt: skip
        yield from self._limits(item)
        yield from self._default(item)
        yield from self._own_password(item)

    def _names(self, item: ItemDef) -> Iterator[Problem]:
        lists = self.known.lists if self.known.lists_there else {item.code_list, YES_NO}
        if item.code_list is not None and item.code_list not in lists:
            yield self.unknown(item.oid, "code_list", item.code_list, self.known.lists)
        if item.method is not None and item.method not in self.form.methods:
            yield self.unknown(item.oid, "method", item.method, self.form.methods)
        yield from self._link(item)
        yield from self._companion(item)
        if item.lab and YES_NO not in lists:
            yield self.unknown(item.oid, "lab", YES_NO, self.known.lists)
        for one in companions(item):
            if one.oid in self.form.items and self.form.items[one.oid].companion_of != item.oid:
                yield self.at(one.oid, f"`{one.oid}` belongs to the laboratory result {item.oid}.",
                              f"`{one.oid}` 由检验项目 {item.oid} 自动生成。",
                              ("remove it: the program makes it", "请删除，程序会自动生成"))  # fmt: skip

    def _companion(self, item: ItemDef) -> Iterator[Problem]:
        """Files from elsewhere may hold the two companions of a result in other words than ours."""
        if item.companion_of is None:
            return
        result = self.form.items.get(item.companion_of)
        if result is None or item.oid not in {one.oid for one in companions(result)}:
            yield self.at(item.oid, "`companion_of` is set by the program.", "`companion_of` 由程序设定。",
                          ("remove it", "请删除"))  # fmt: skip

    def _link(self, item: ItemDef) -> Iterator[Problem]:
        if item.link is None or item.link in self.known.repeating:
            return
        if item.link not in self.known.groups:
            yield self.unknown(item.oid, "link", item.link, self.known.repeating)
            return
        yield self.at(item.oid, f"`link` names `{item.link}`, whose rows nobody adds.",
                      f"`link` 指向的 `{item.link}` 不是可增加行的组。",
                      ("name a repeating group", "请指向重复组"))  # fmt: skip

    def _limits(self, item: ItemDef) -> Iterator[Problem]:
        """Limits that no value can meet, such as a lower limit above the upper one."""
        for kind in ("Soft", "Hard"):
            low = [Decimal(one.value) for one in item.range_check
                   if one.soft_hard == kind and one.comparator in ("GE", "GT")]  # fmt: skip
            high = [Decimal(one.value) for one in item.range_check
                    if one.soft_hard == kind and one.comparator in ("LE", "LT")]  # fmt: skip
            if low and high and max(low) > min(high):
                yield self.at(
                    item.oid,
                    f"No value is inside the {kind.lower()} limits {max(low)} to {min(high)}.",
                    f"{max(low)} 至 {min(high)} 之间没有任何值。",
                )

    def _default(self, item: ItemDef) -> Iterator[Problem]:
        codes = self.known.codes.get(item.code_list or "")
        if item.default is not None and codes and item.default not in codes:
            yield self.unknown(item.oid, "default", item.default, codes)
        if item.pattern is not None and (reason := pattern.fault(item.pattern)) is not None:
            en, zh = "`pattern` is not a regular expression.", "`pattern` 不是正则表达式。"
            yield self.at(item.oid, en, zh, (reason, reason))


def _misfits(item: ItemDef) -> Iterator[tuple[bool, str, str, str, str]]:
    """Keys that do not go with the item's type: (is it so, sentence, 句子, hint, 提示)."""
    number = item.data_type in _NUMBERS and item.code_list is None
    yield (item.code_list is not None and item.data_type != "text",
           f"An item with a code list is text, not {item.data_type}.",
           f"带代码表的条目应为 text，而不是 {item.data_type}。",
           'write data_type = "text"', '请写 data_type = "text"')  # fmt: skip
    yield (bool(item.range_check) and not number, "A range check stands on an item that is no number.",
           "范围检查只用于数值条目。", "write a condition in its place", "请改用 condition")  # fmt: skip
    yield (bool(item.reference) and not number, "A reference range stands on an item that is no number.",
           "参考范围只用于数值条目。", "remove `reference`", "请删除 `reference`")  # fmt: skip
    yield (bool(item.unit or item.units) and not number, "A unit stands on an item that is no number.",
           "单位只用于数值条目。", "remove `unit` and `units`", "请删除 `unit` 与 `units`")  # fmt: skip
    yield (bool(item.units) and item.unit is None, "Other units need the standard `unit`.",
           "换算单位需要标准 `unit`。", "add `unit`", "请添加 `unit`")  # fmt: skip
    yield (item.lab and (not number or item.derived), "A laboratory result is a number that is typed.",
           "检验结果应为录入的数值。", "remove `lab`", "请删除 `lab`")  # fmt: skip
    yield (item.multiple and item.code_list is None, "Several codes need a code list.",
           "多选需要代码表。", "add `code_list`", "请添加 `code_list`")  # fmt: skip
    yield (item.link is not None and (item.data_type != "text" or item.derived or bool(
               item.code_list or item.range_check or item.pattern or item.default)),
           "An item that names a row is text that is chosen: no code list, method, range, pattern or "
           "default goes with it.", "指向行的条目应为 text，不能同时有代码表、计算、范围、格式或默认值。",
           "keep `link`, remove the others", "保留 `link`，删除其他")  # fmt: skip
    yield ((item.history or item.future or item.after_death) and item.data_type not in DATES,
           "`history`, `future` and `after_death` stand on dates only.",
           "`history`、`future` 与 `after_death` 只用于日期。",
           "remove them", "请删除")  # fmt: skip
    yield (item.derived and (item.mandatory or item.mandatory_when is not None),
           "A derived item cannot be mandatory: nobody types it.", "自动计算的条目无需必填。",
           "remove `mandatory`", "请删除 `mandatory`")  # fmt: skip


class _Study(_Checker):
    def __init__(self, study: Study, source: Source, known: _Known) -> None:
        super().__init__(source, known)
        self.study = study

    def problems(self) -> Iterator[Problem]:
        yield from self._events()
        yield from self._items_named()
        yield from self._codes()
        yield from self._subjects()
        for check in self.study.date_checks:
            yield from self.placeholders(check.oid, check.message)

    def _events(self) -> Iterator[Problem]:
        asked = {oid for event in self.study.event for oid in event.form_oids}
        for event in self.study.event:
            for oid in event.form_oids:
                if oid not in self.known.forms:
                    yield self.unknown(event.oid, "forms", oid, self.known.forms)
        for oid, file in self.known.file_of_form.items():
            if oid not in asked and oid not in self.source.raw.get("form_order", ()):
                yield Problem(file, 1, oid, f"No visit asks for the form {oid}.", f"没有访视使用表单 {oid}。",
                              "add it to a visit in study.toml", "请在 study.toml 的访视中添加")  # fmt: skip

    def _items_named(self) -> Iterator[Problem]:
        named = [("header", oid) for oid in self.study.header]
        if self.study.visit_date is not None:
            named.insert(0, ("visit_date", self.study.visit_date))
        if self.study.visit_occurred is not None:
            named.append(("visit_occurred", self.study.visit_occurred))
        for key, oid in named:
            if oid not in self.known.items:
                yield self._named(key, oid, self.known.items)

    def _named(self, key: str, name: str, known: Iterable[str]) -> Problem:
        line = next((number for number, text in enumerate(self.source.lines, 1) if f'"{name}"' in text), 1)
        return Problem(self.source.file, line, name, f"`{key}` names `{name}`, which is not defined.",
                       f"`{key}` 指向未定义的 `{name}`。", *guess(name, known))  # fmt: skip

    def _codes(self) -> Iterator[Problem]:
        study = self.study
        for key, codes in (("arms", [one.code for one in study.arms]),
                           ("meanings", [one.code for one in study.meanings]),
                           ("change_reasons", [one.code for one in study.change_reasons]),
                           ("missing_reasons", [one.code for one in study.missing_reasons]),
                           ("finding_reasons", [one.code for one in study.finding_reasons]),
                           ("facts", [one.key for one in study.facts]),
                           ("status", [one.code for one in study.status]),
                           ("flow", [one.code for one in study.flow]),
                           ("scan", [one.code for one in study.scan]),
                           ("subject_facts", [one.name for one in study.subject_facts]),
                           ("consent_version", [one.valid_from for one in study.consent_version]),
                           ("event", [one.number for one in study.event if one.until is None])):  # fmt: skip
            for code in sorted({code for code in codes if codes.count(code) > 1}):
                yield self.whole(key, f"`{key}` holds {code!r} twice.", f"`{key}` 中 {code!r} 重复。")
        for meaning in study.meanings:
            for role in meaning.roles:
                if role not in ROLES:
                    yield self._named("roles", role, ROLES)

    def _subjects(self) -> Iterator[Problem]:
        study = self.study
        if (reason := pattern.fault(study.subject_pattern)) is not None:
            en, zh = "`subject_pattern` is not a regular expression.", "`subject_pattern` 不是正则表达式。"
            yield self.whole("subject_pattern", en, zh, (reason, reason))
            return
        first = _formatted(study.subject_format)
        if first is None or not pattern.fits(study.subject_pattern, first):
            yield self.whole(
                "subject_format",
                "`subject_format` does not make numbers that `subject_pattern` allows.",
                "`subject_format` 生成的编号不符合 `subject_pattern`。",
                ('write it like "ZN{n:03d}"', "写法如“ZN{n:03d}”"),
            )

    def whole(self, key: str, en: str, zh: str, hint: tuple[str, str] = ("", "")) -> Problem:
        """A problem of the study as a whole, at the line of `key`."""
        line, _ = self.source.line_of((key,), parent=False)
        return Problem(self.source.file, line, self.study.oid, en, zh, *hint)


def _formatted(subject_format: str) -> str | None:
    if re.search("[0-9]{3}", subject_format.partition("{")[2]):
        return None  # a number of a thousand digits
    try:
        return subject_format.format(n=1)
    except (ValueError, LookupError, AttributeError):
        return None


def _code_list(code_list: CodeList, source: Source) -> Iterator[Problem]:
    place = source.place(code_list.oid)
    codes = [one.coded_value for one in code_list.items]
    if not codes:
        yield Problem(
            place.file, place.line, code_list.oid, "This code list has no codes.", "此代码表没有代码。"
        )
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield Problem(place.file, place.line, code_list.oid, f"The code {code!r} stands twice.",
                      f"代码 {code!r} 重复。")  # fmt: skip
    for code in codes:
        if ";" in code or not code.strip():
            yield Problem(place.file, place.line, code_list.oid, f"The code {code!r} is empty or holds `;`.",
                          f"代码 {code!r} 为空或含 `;`。")  # fmt: skip


def _blank_words(source: Source) -> Iterator[Problem]:
    """A text that is there, but says nothing in one language."""
    for path, language in _blanks(source.raw, ()):
        line, oid = source.line_of((*path, language), parent=True)
        hint = (f"write the words of `{language}`", f"请填写 `{language}` 文本")
        en, zh = f"The text is empty in `{language}`.", f"`{language}` 文本为空。"
        yield Problem(source.file, line, oid, en, zh, *hint)


def _blanks(node: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("en", "zh") and isinstance(value, str) and not value.strip():
                yield path, key
            else:
                yield from _blanks(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _blanks(value, (*path, number))
