"""Makes findings: sentences of range checks, conditions and rules that could not run, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from crf_app.model.datatype import show
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef, Severity
from crf_app.model.keys import Answer
from crf_app.rules.binding import Bound, plain
from crf_app.rules.compiler import Program
from crf_app.rules.environment import Name
from crf_app.rules.expression import Rules
from crf_app.rules.facts import Facts, Finding
from crf_app.rules.form_rules import Check
from crf_app.rules.placeholders import fill, rule_name
from crf_app.rules.readings import Reading, broken_checks, limits, typed_number

SOFT_RANGE: Final = "EC007"
HARD_RANGE: Final = "EC008"
_NONE: Final = "–"


class FindingMaker:
    """Findings of one form at one moment; `answers` is the evaluation's own table, with what was derived."""

    def __init__(self, rules: Rules, form: FormDef, answers: Mapping[str, Answer], facts: Facts) -> None:
        self.rules, self.form, self.answers, self.facts = rules, form, answers, facts

    def of_value(self, item: ItemDef, local: str, reading: Reading) -> Iterator[Finding]:
        """Illegible value; hard range, or soft range where the hard one is kept."""
        answer = self.answers[local]
        if not reading.legible:
            yield self._illegible(item, local, answer)
            return
        broken = {check.soft_hard for check in broken_checks(item, reading)} if item.range_check else set()
        if broken:
            yield self._range(item, local, answer, reading, hard="Hard" in broken)

    def of_link(self, item: ItemDef, local: str) -> Iterator[Finding]:
        """The row that an answer names was struck out."""
        value, group = self.answers[local].value, (item.link or "").removeprefix("IG.")
        if value is None or any(row.get("ROW") == value for row in self.facts.rows.get(group, ())):
            return
        texts = {
            "en": "The row that is named here is no longer there. Choose another one, or clear the answer.",
            "zh": "此处所指的行已不存在，请另选一行或清空此项。",
        }
        yield Finding(f"LINK.{item.oid}", "", local, "hard", texts, {item.variable: value})

    def _range(self, item: ItemDef, local: str, answer: Answer, reading: Reading, *, hard: bool) -> Finding:
        value = typed_number(item, answer, reading)
        kind = "Hard" if hard else "Soft"
        en, zh = limits(item, kind, "en"), limits(item, kind, "zh")
        texts = {
            "en": f"{value} is outside what is possible ({en}). Check unit and decimal point.",
            "zh": f"{value} 超出可能范围（{zh}），请核对单位与小数点。",
        }
        if not hard:
            texts = {
                "en": f"{value} is unusual (usually {en}). Please look at the source again.",
                "zh": f"{value} 超出常见范围（{zh}），请再核对原始记录。",
            }
        severity: Severity = "hard" if hard else "soft"
        operands = {item.variable: f"{answer.value} {answer.unit or item.unit or ''}".strip()}
        ec = HARD_RANGE if hard else SOFT_RANGE
        return Finding(f"RC.{item.oid}.{kind}", ec, local, severity, texts, operands)

    def _illegible(self, item: ItemDef, local: str, answer: Answer) -> Finding:
        texts = {
            "en": "The stored value does not fit the definition of this field. Enter it again.",
            "zh": "已存的值与此项的定义不符，请重新录入。",
        }
        operands = {item.variable: f"{answer.value} {answer.unit or ''}".strip()}
        return Finding(f"ERR.{item.oid}", "", local, "hard", texts, operands)

    def could_not_run(self, oid: str, local: str, program: Program, data: Bound) -> Finding:
        """A rule that gives no result although its operands are there: never silence."""
        texts = {
            "en": f"The rule {oid} could not run with these values. Check them, or tell the data manager.",
            "zh": f"规则 {oid} 无法用这些数值运行，请核对，或告知数据管理员。",
        }
        return Finding(f"ERR.{oid}", "", local, "soft", texts, _operands(program, data))

    def of_check(self, check: Check, local: str, data: Bound) -> Finding:
        """The finding of a condition that is true."""
        definition = check.definition
        row = local.partition("/")[0]
        texts = fill(definition.message, lambda place, language: self._shown(place, language, row, data))
        return Finding(
            definition.oid,
            definition.check,
            local,
            definition.severity,
            texts,
            _operands(check.program, data),
        )

    def _shown(self, place: str, language: str, row: str, data: Bound) -> str:
        """A value in words for a message."""
        key = rule_name(place, self.rules.names, "~" in row) or place
        name = self.rules.names.get(key)
        if name is None or name.item is None or name.kind not in ("value", "prev", "base"):
            return plain(data[key]) if key in data else _NONE
        answer = self._answer(name, row)
        if answer.value is None:
            return _NONE
        words = show(name.item, answer.value, self.rules.study.code_lists, language)
        return f"{words} {answer.unit}" if answer.unit and answer.unit != name.item.unit else words

    def _answer(self, name: Name, row: str) -> Answer:
        item = name.item
        if item is None:
            return Answer()
        if name.place in ("prev", "base"):
            earlier = self.facts.previous if name.place == "prev" else self.facts.baseline
            return earlier.get(item.variable, Answer())
        if name.form != self.form.oid:
            return self.facts.visit.get(item.variable, Answer())
        group = name.group
        if name.place == "row":
            group = row
        elif name.place == "at":
            group = f"{name.group}~{name.name.split('.')[1]}"
        return self.answers.get(f"{group}/{item.oid}", Answer())


def _operands(program: Program, data: Bound) -> dict[str, str]:
    """Names read and their values; not `today`, which changes without anybody's doing, and no lists."""
    return {
        name.name: plain(data[name.name]) if name.name in data else ""
        for name in program.names
        if name.kind not in ("known", "today", "rows", "visits")
    }
