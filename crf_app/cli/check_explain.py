"""`check --explain OID`: a rule in words, what it reads, and its outcome for the values given by `--with`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import click

from crf_app.actions.study.checking import Explained, Explanation, Outcome, StudyFiles, explain, item_behind
from crf_app.cli.invocation import Invocation
from crf_app.model.definition_text import Place
from crf_app.model.item_def import ItemDef, RangeCheck
from crf_app.rules.environment import Name
from crf_app.rules.expression import Readers

_KINDS: Final = {
    "condition": ("check", "核查"),
    "gate": ("asked only when", "显示条件"),
    "required": ("required when", "必填条件"),
    "locked": ("locked when", "锁定条件"),
    "method": ("derived by", "计算方法"),
    "status": ("state of a subject when", "受试者状态条件"),
    "flow": ("counts a subject when", "计入流程条件"),
    "form": ("form required when", "表单必填条件"),
}
_STATES: Final = {
    "true": ("true", "成立"), "false": ("not true", "不成立"),
    "missing": ("an operand is missing", "缺少操作数"), "failed": ("could not run", "无法运行"),
    "value": ("gives", "得出"),
}  # fmt: skip
_COMPARATORS: Final = {"LT": "<", "LE": "≤", "GT": ">", "GE": "≥", "EQ": "=", "NE": "≠"}


def print_explanation(call: Invocation, files: StudyFiles, oid: str, given: Mapping[str, str]) -> None:
    """Raises NotFound for an OID that is not there, ValueRejected for a value that has no place."""
    told = explain(files, oid, given, date.today().isoformat())
    if call.json:
        call.row(_as_json(call, files, oid, told))
        return
    item = _item(files, oid)
    if item is not None:
        click.echo(f"{item.oid}: {_described(call, files, item)}")
    for one, place, result in told.at:
        click.echo("\n".join(_block(call, files, one, place, result)))
    if not told.at:
        click.echo(call.text("No rule stands here.", "此处没有规则。"))
    if told.reading:
        click.echo(call.text("Read by", "被以下规则读取"))
    for rule, place in told.reading:
        click.echo(f"  {rule.oid}  {call.text(*_KINDS[rule.kind])}  {files.folder / place.file}:{place.line}")


def _block(
    call: Invocation, files: StudyFiles, one: Explained, place: Place, result: Outcome | None
) -> Iterator[str]:
    rule = one.rule
    yield f"{rule.oid}: {_heading(call, one)}"
    yield f"  {files.folder / place.file}:{place.line}{_standing(call, one)}"
    yield from (f"  | {line.strip()}" for line in rule.program.text.strip().splitlines())
    if one.condition is not None:
        yield f"  en: {one.condition.message.en}"
        yield f"  zh: {one.condition.message.zh}"
    elif one.method is not None and one.method.description is not None:
        yield f"  {one.method.description.in_language(call.language)}"
    if one.names:
        yield call.text("  reads", "  读取")
    for name in one.names:
        yield f"    {name.name}: {_read_words(call, files, one, name)}"
    yield from _again(call, one)
    if result is not None:
        yield from _outcome(call, one, result)


def _read_words(call: Invocation, files: StudyFiles, one: Explained, name: Name) -> str:
    item = item_behind(files.rules, name)
    if item is not None:
        return _described(call, files, item)
    columns = [column for source, column in one.rule.program.columns if source == name.name]
    if not name.columns:
        return call.text("a fact", "事实")
    listed = f": {', '.join(columns)}" if columns else ""
    return call.text("every line", "各行") + listed


def _heading(call: Invocation, one: Explained) -> str:
    kind = call.text(*_KINDS[one.rule.kind])
    if one.condition is None:
        return kind
    return " ".join(filter(None, (kind, one.condition.severity, one.condition.check, one.condition.source)))


def _standing(call: Invocation, one: Explained) -> str:
    rule = one.rule
    if rule.item is not None and rule.form is not None:
        words = rule.item.question.in_language(call.language)
        return f" {rule.form.oid} {rule.item.oid} {words}"
    if rule.group is not None and rule.form is not None:
        return f" {rule.form.oid} {rule.group.oid} {rule.group.name.in_language(call.language)}"
    return ""


def _described(call: Invocation, files: StudyFiles, item: ItemDef) -> str:
    """Question, type, unit, limits, words of the codes."""
    parts = [item.question.in_language(call.language), item.data_type, item.unit or ""]
    parts += [_limit(one) for one in item.range_check]
    for one in item.reference:
        parts.append(
            f"{call.text('normal', '参考')} {one.low or ''}–{one.high or ''} {one.sex or ''}".strip()
        )
    if item.code_list is not None:
        codes = files.study.code_lists[item.code_list].items
        parts.append(
            "; ".join(f"{code.coded_value} = {code.decode.in_language(call.language)}" for code in codes)
        )
    return ", ".join(filter(None, parts))


def _limit(one: RangeCheck) -> str:
    return f"{one.soft_hard.lower()} {_COMPARATORS[one.comparator]} {one.value}"


def _again(call: Invocation, one: Explained) -> Iterator[str]:
    """Which forms are evaluated again when an operand changes."""
    for oid, readers in one.again.items():
        parts = [
            f"{', '.join(sorted(forms))} ({call.text(en, zh)})"
            for forms, en, zh in (
                (readers.visit, "same visit", "同一访视"),
                (readers.later, "later visits", "以后访视"),
                (readers.subject, "all visits", "所有访视"),
            )
            if forms
        ]
        if parts:
            when = call.text(f"when {oid} changes, evaluated again:", f"{oid} 变更时重新计算：")
            yield f"  {when} {'; '.join(parts)}"


def _outcome(call: Invocation, one: Explained, result: Outcome) -> Iterator[str]:
    yield call.text("  with these values", "  按所给数值")
    yield f"    {_said(call, one, result)}"
    if result.missing:
        yield f"    {call.text('without a value:', '无值：')} {', '.join(result.missing)}"
    for oid, text, state in result.gates:
        asked = call.text("asked", "显示") if state == "true" else call.text("not asked", "不显示")
        yield f"    {oid} {asked}: `{' '.join(text.split())}` {call.text(*_STATES[state])}"
    for text, state in result.parts:
        yield f"    `{' '.join(text.split())}` {call.text(*_STATES[state])}"


def _said(call: Invocation, one: Explained, result: Outcome) -> str:
    if one.rule.kind != "condition" or result.state not in ("true", "false"):
        return f"{call.text(*_STATES[result.state])} {result.text}".strip()
    if result.state == "false":
        return call.text("does not fire", "不触发")
    if any(state != "true" for _, _, state in result.gates):
        return call.text("true, but does not fire: the item is not asked", "成立，但条目不显示，故不触发")
    return call.text("fires", "触发")


def _item(files: StudyFiles, oid: str) -> ItemDef | None:
    plain = oid.removeprefix("RC.").removesuffix(".Soft").removesuffix(".Hard")
    form = files.study.form_of_item.get(plain)
    return form.items[plain] if form is not None else None


def _as_json(call: Invocation, files: StudyFiles, oid: str, told: Explanation) -> dict[str, Any]:
    item = _item(files, oid)
    return {
        "folder": str(files.folder),
        "oid": oid,
        "item": None if item is None else _described(call, files, item),
        "rules": [_rule_json(call, files, *one) for one in told.at],
        "read_by": [{"oid": rule.oid, "kind": rule.kind, "file": place.file, "line": place.line}
                    for rule, place in told.reading],
    }  # fmt: skip


def _rule_json(
    call: Invocation, files: StudyFiles, one: Explained, place: Place, result: Outcome | None
) -> dict[str, Any]:
    rule, condition = one.rule, one.condition
    items = {name.name: item_behind(files.rules, name) for name in one.names}
    said: dict[str, Any] = {
        "oid": rule.oid,
        "kind": rule.kind,
        "file": place.file,
        "line": place.line,
        "item": rule.item.oid if rule.item is not None else None,
        "expression": rule.program.text.strip(),
        "severity": condition.severity if condition is not None else None,
        "check": condition.check if condition is not None else None,
        "message": dict(condition.message.pairs) if condition is not None else None,
        "reads": {name: _described(call, files, item) if item else "" for name, item in items.items()},
        "again": {oid: _readers_json(some) for oid, some in one.again.items()},
    }
    return said if result is None else said | {"outcome": _outcome_json(result)}


def _readers_json(some: Readers) -> dict[str, list[str]]:
    return {"visit": sorted(some.visit), "later": sorted(some.later), "subject": sorted(some.subject)}


def _outcome_json(result: Outcome) -> dict[str, Any]:
    return {
        "state": result.state,
        "text": result.text,
        "missing": list(result.missing),
        "gates": [{"oid": oid, "expression": text, "state": state} for oid, text, state in result.gates],
        "parts": [{"expression": text, "state": state} for text, state in result.parts],
    }
