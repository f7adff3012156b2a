"""A study's definition read once for people: visits by forms, items, rules in words, code lists.

What the workbook and the PDF hold is decided here; how it looks is theirs.  Every text is in both languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crf_app.export.paper_words import between, limits
from crf_app.model.def_base import Text
from crf_app.model.definition import Study, StudyEventDef
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef, RangeCheck
from crf_app.model.retired import until_of
from crf_app.model.source_rules import rules_at, sentence
from crf_app.model.units import shown_unit
from crf_app.rules.compiler import Program
from crf_app.rules.expression import Check, Rules
from crf_app.rules.placeholders import fill, rule_name
from crf_app.rules.rule_words import RuleWords

_SIGNS: Final = {"LT": "<", "LE": "≤", "GT": ">", "GE": "≥", "EQ": "=", "NE": "≠"}
_TYPES: Final = {
    "text": ("text", "文本"), "integer": ("whole number", "整数"), "decimal": ("number", "小数"),
    "date": ("date", "日期"), "partialDate": ("date, may be partial", "日期（可不完整）"),
    "time": ("time", "时间"), "datetime": ("date and time", "日期时间"),
}  # fmt: skip
_NONE: Final = Text(en="", zh="")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that decides something: what, in words, as it is written."""

    what: Text
    words: Text
    written: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """An edit check at an item; range checks have no expression."""

    form: str
    item: str
    oid: str
    number: str
    severity: Text
    message: Text
    words: Text
    written: str
    source: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One question.  `notes`: everything else that is to be known about it."""

    oid: str
    question: Text
    type: Text
    unit: Text
    range: Text
    code_list: str
    codes: Text
    required: Text
    rules: tuple[Rule, ...]
    checks: tuple[CheckRow, ...]
    notes: Text
    source: str


@dataclass(frozen=True, slots=True)
class GroupRows:
    oid: str
    name: Text
    notes: Text
    rules: tuple[Rule, ...]
    items: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class FormRows:
    oid: str
    name: Text
    notes: Text
    groups: tuple[GroupRows, ...]


@dataclass(frozen=True, slots=True)
class VisitRow:
    """`forms`: form OID → mark (● required, ○ optional, ◐ required when, ✕ retired)."""

    oid: str
    short: str
    name: Text
    plan: Text
    forms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Codebook:
    """The whole study; `facts` are (key, value) lines of its first page."""

    oid: str
    version: str
    sha256: str
    title: Text
    facts: tuple[tuple[Text, Text], ...]
    visits: tuple[VisitRow, ...]
    forms: tuple[FormRows, ...]
    lists: tuple[tuple[str, Text, tuple[tuple[str, Text], ...]], ...]
    wide: tuple[Rule, ...]  # states of a subject, lines of the flow, forms that are required when

    @property
    def items(self) -> Iterator[tuple[FormRows, GroupRows, ItemRow]]:
        return ((form, group, item) for form in self.forms for group in form.groups for item in group.items)


def codebook_of(study: Study, rules: Rules) -> Codebook:
    """Everything that a reviewer reads about the study."""
    reader = _Reader(study, rules)
    lists = tuple(
        (one.oid, one.name, tuple((code.coded_value, _until(code.decode, code.until)) for code in one.items))
        for one in study.code_list
    )
    return Codebook(
        study.oid, study.version, study.sha256, study.title, tuple(_facts(study)),
        tuple(_visit(event) for event in study.event), tuple(reader.form(form) for form in study.form),
        lists, tuple(reader.wide()),
    )  # fmt: skip


class _Reader:
    def __init__(self, study: Study, rules: Rules) -> None:
        self.study, self.rules, self.words = study, rules, RuleWords(study, rules.names)

    def form(self, form: FormDef) -> FormRows:
        groups = tuple(self._group(form, group) for group in form.item_group)
        notes = [_said("until version {0}", "至第 {0} 版", form.until)] if form.until else []
        return FormRows(form.oid, form.name, _joined([*notes, *_aliases(form)]), groups)

    def _group(self, form: FormDef, group: ItemGroupDef) -> GroupRows:
        own, notes = self.rules.forms[form.oid], []
        if group.repeating:
            notes.append(_said("as many rows as needed, at most {0}", "可多行，最多 {0} 行", group.max_rows))
        if group.rows:
            notes.append(_said("one row for each code of {0}", "{0} 的每个代码一行", group.rows))
        if group.until:
            notes.append(_said("until version {0}", "至第 {0} 版", group.until))
        gate = own.gates.get(group.oid)
        rules = (self._rule("asked only when", "填写条件", gate, form),) if gate else ()
        items = tuple(self._item(form, group, item) for item in group.item)
        return GroupRows(group.oid, group.name, _joined([*notes, *_aliases(group)]), rules, items)

    def _item(self, form: FormDef, group: ItemGroupDef, item: ItemDef) -> ItemRow:
        until = until_of(form, item)
        required = (
            ("calculated", "自动计算")
            if item.derived or item.calculated
            else ("required", "必填")
            if item.mandatory
            else ("optional", "选填")
        )
        codes = self.study.code_lists.get(item.code_list or "")
        decodes = (
            [_said("{0} = {1}", "{0} = {1}", one.coded_value, one.decode) for one in codes.items]
            if codes
            else []
        )
        return ItemRow(
            item.oid, _until(item.question, until), _type(item), _units(item), _range(item),
            item.code_list or "", _joined(decodes), Text(en=required[0], zh=required[1]),
            tuple(self._rules_of(form, item)), tuple(self._checks(form, item)),
            _joined([*_notes(item), *_not_run(item, group)]), item.source or "",
        )  # fmt: skip

    def _rules_of(self, form: FormDef, item: ItemDef) -> Iterator[Rule]:
        own = self.rules.forms[form.oid]
        for en, zh, table in (
            ("asked only when", "填写条件", own.gates), ("required when", "必填条件", own.required),
            ("calculated as", "计算公式", own.methods), ("locked when", "锁定条件", own.locks),
        ):  # fmt: skip
            if item.oid in table:
                yield self._rule(en, zh, table[item.oid], form, item)

    def _rule(self, en: str, zh: str, program: Program, form: FormDef, item: ItemDef | None = None) -> Rule:
        words = self.words.of(program.expression, program.text, form=form.oid, item=item)
        return Rule(Text(en=en, zh=zh), words, _plain(program.text))

    def _checks(self, form: FormDef, item: ItemDef) -> Iterator[CheckRow]:
        for check in self.rules.forms[form.oid].checks:
            one = check.definition
            if check.item.oid == item.oid:
                words = self.words.of(check.program.expression, one.expression, form=form.oid, item=item)
                yield CheckRow(form.oid, item.oid, one.oid, one.check, _SEVERITIES[one.severity],
                               self._message(check, form), words, _plain(one.expression),
                               one.source or "")  # fmt: skip

    def _message(self, check: Check, form: FormDef) -> Text:
        """The sentence, with what it shows in place of the braces, in square brackets."""
        in_rows = check.program.reads_rows

        def shown(place: str, language: str) -> str:
            name = rule_name(place, self.rules.names, in_rows)
            said = self.words.operands.name(name, form.oid) if name is not None else None
            return f"[{place if said is None else said.zh if language == 'zh' else said.en}]"

        said = fill(check.definition.message, shown)
        return Text(en=said["en"], zh=said["zh"])

    def wide(self) -> Iterator[Rule]:
        subject = self.rules.subject
        for status, program in subject.status:
            yield self._wide("state of a subject: {0}", "受试者状态：{0}", status.name, program)
        for line, program in subject.flow:
            yield self._wide("line of the flow: {0}", "流程计数：{0}", line.name, program)
        for event in self.study.event:
            for ref in event.forms:
                found = subject.required.get(ref.mandatory_when or "")
                if found is not None:
                    form, visit = self.study.forms[ref.form].name, event.name
                    name = Text(en=f"{form.en}, {visit.en}", zh=f"{form.zh}，{visit.zh}")
                    yield self._wide("form required when: {0}", "表单必填条件：{0}", name, found)

    def _wide(self, en: str, zh: str, name: Text, program: Program) -> Rule:
        return Rule(
            _said(en, zh, name), self.words.of(program.expression, program.text), _plain(program.text)
        )


_SEVERITIES: Final = {
    "hard": Text(en="not possible", zh="不合理"), "soft": Text(en="to be checked", zh="待核实"),
    "info": Text(en="note", zh="提示"),
}  # fmt: skip


def _visit(event: StudyEventDef) -> VisitRow:
    marks = {}
    for ref in event.forms:
        optional = "◐" if ref.mandatory_when else "●" if ref.mandatory else "○"
        marks[ref.form] = "✕" if ref.until or event.until else optional
    return VisitRow(event.oid, event.short_name, _until(event.name, event.until), _plan(event), marks)


def _plan(event: StudyEventDef) -> Text:
    window = _said(", −{0}/+{1} days", "，−{0}/+{1} 天", event.before, event.after)
    if event.before == event.after:
        window = _said(", ±{0} days", "，±{0} 天", event.before) if event.before else _NONE
    if event.day is not None:
        plan = _said("day {0}", "第 {0} 天", event.day)
    elif event.month is not None:
        plan = _said("month {0}", "第 {0} 个月", event.month)
    elif event.from_day is not None or event.to_day is not None:
        return _said("days {0} to {1}", "第 {0} 至 {1} 天", _or_open(event.from_day), _or_open(event.to_day))
    else:
        return Text(en="when needed", zh="按需") if event.repeating or event.type != "Scheduled" else _NONE
    return Text(en=plan.en + window.en, zh=plan.zh + window.zh)


def _or_open(day: int | None) -> str:
    return "…" if day is None else str(day)


def _facts(study: Study) -> Iterator[tuple[Text, Text]]:
    for en, zh, value in (
        ("Study", "研究", study.oid), ("Protocol", "方案号", study.protocol),
        ("Version", "版本", study.version),
        ("Definition SHA-256", "定义 SHA-256", study.sha256),
        ("Planned subjects", "计划例数", str(study.planned_subjects)),
        ("Subject number", "受试者编号", study.subject_format),
    ):  # fmt: skip
        yield Text(en=en, zh=zh), Text(en=value, zh=value)
    if study.query_days is not None:
        yield (
            Text(en="Days to deal with a query", zh="质疑处理天数"),
            _said("{0}", "{0}", str(study.query_days)),
        )
    yield Text(en="Sponsor", zh="申办者"), study.sponsor
    for arm in study.arms:
        yield (
            _said("Group {0}", "组别 {0}", arm.code),
            _said(
                "{0}: {1} planned, {2} {3}",
                "{0}：计划 {1} 例，{2} {3}",
                arm.name,
                arm.planned,
                arm.dose,
                arm.dose_unit,
            ),
        )
    for version in study.consent_version:
        yield (
            _said("Consent form {0}", "知情同意书 {0}", version.version),
            _said("from {0}", "自 {0}", version.valid_from),
        )
    for fact in study.facts:
        yield _said("{0} [{1}]", "{0} [{1}]", fact.key, fact.source), fact.value


def _type(item: ItemDef) -> Text:
    parts = [_said("{0}", "{0}", Text(en=_TYPES[item.data_type][0], zh=_TYPES[item.data_type][1]))]
    if item.length:
        parts.append(_said("at most {0} characters", "最多 {0} 字", item.length))
    if item.significant_digits is not None:
        parts.append(_said("decimals: {0}", "小数位：{0}", item.significant_digits))
    if item.multiple:
        parts.append(Text(en="several possible", zh="可多选"))
    if item.link:
        parts.append(_said("a row of {0}", "{0} 的一行", item.link))
    if item.lab:
        parts.append(Text(en="laboratory result, may begin with < > ≤ ≥", zh="检验结果，可带 < > ≤ ≥"))
    if item.pattern:
        parts.append(_said("pattern {0}", "格式 {0}", item.pattern))
    return _joined(parts)


def _units(item: ItemDef) -> Text:
    names = [item.unit, *(one.unit for one in item.units)] if item.unit or item.units else []
    parts = [Text(en=shown_unit(one, "en"), zh=shown_unit(one, "zh")) for one in names]
    if item.unit and parts[0].en and parts[0].en != item.unit:
        parts[0] = _said("{0} [{1}]", "{0} [{1}]", parts[0], item.unit)
    return _joined([one for one in parts if one.en])


def _range(item: ItemDef) -> Text:
    kinds = [(one.comparator, one.soft_hard) for one in item.range_check]
    if len(set(kinds)) == len(kinds) and all(comparator in ("GE", "LE") for comparator, _ in kinds):
        soft, hard = between(*limits(item, "Soft")), between(*limits(item, "Hard"))
        parts = [_said("usual {0}", "通常 {0}", soft)] if soft else []
        parts += [_said("possible {0}", "允许 {0}", hard)] if hard else []
    else:
        parts = [_limit(one) for one in item.range_check]
    for one in item.reference:
        whom = {"M": (" men", "（男）"), "F": (" women", "（女）")}.get(one.sex or "", ("", ""))
        age = f" {one.age_from or 0}–{one.age_to or '…'} a" if one.age_from or one.age_to else ""
        normal = (
            f"{one.low}–{one.high}"
            if one.low and one.high
            else f"≤ {one.high}"
            if one.high
            else f"≥ {one.low}"
        )
        parts.append(Text(en=f"normal{whom[0]}{age}: {normal}", zh=f"参考值{whom[1]}{age}：{normal}"))
    return _joined(parts)


def _limit(one: RangeCheck) -> Text:
    hard = one.soft_hard == "Hard"
    en, zh = ("must be {0} {1}", "必须 {0} {1}") if hard else ("asks unless {0} {1}", "应 {0} {1}，否则询问")
    return _said(en, zh, _SIGNS[one.comparator], one.value)


def _notes(item: ItemDef) -> Iterator[Text]:
    if item.help is not None:
        yield item.help
    if item.default:
        yield _said("proposed: {0}", "建议值：{0}", item.default)
    for marked, en, zh in (
        (item.history, "may lie before consent", "可早于知情同意"),
        (item.future, "may lie after today", "可晚于今天"),
        (item.after_death, "may lie after death", "可晚于死亡"), (item.sensitive, "sensitive", "敏感信息"),
    ):  # fmt: skip
        if marked:
            yield Text(en=en, zh=zh)
    for grade in item.grade:
        yield _said("suggested grade {0} ({1}): {2} × {3}", "建议分级 {0}（{1}）：{2} × {3}",
                    grade.term, grade.baseline, ", ".join(grade.steps), grade.of)  # fmt: skip
    yield from _aliases(item)


def _aliases(one: ItemDef | ItemGroupDef | FormDef) -> Iterator[Text]:
    for alias in one.alias:
        yield _said("{0}: {1}", "{0}: {1}", alias.context, alias.name)
    if one.odm_oid:
        yield _said("OID of the source: {0}", "来源 OID：{0}", one.odm_oid)


def _not_run(item: ItemDef, group: ItemGroupDef) -> Iterator[Text]:
    for one in rules_at(item, group):
        yield Text(en=f"{sentence(one, 'en')} [{one.context}]", zh=f"{sentence(one, 'zh')} [{one.context}]")


def _until(text: Text, until: str | None) -> Text:
    return (
        text
        if not until
        else Text(en=f"{text.en} (until version {until})", zh=f"{text.zh}（至第 {until} 版）")
    )


def _said(en: str, zh: str, *values: Any) -> Text:
    def of(language: str) -> list[str]:
        return [one.in_language(language) if isinstance(one, Text) else str(one) for one in values]

    return Text(en=en.format(*of("en")), zh=zh.format(*of("zh")))


def _joined(parts: list[Text]) -> Text:
    return Text(en="; ".join(one.en for one in parts), zh="；".join(one.zh for one in parts))


def _plain(text: str) -> str:
    return " ".join(text.split())
