"""What is doubtful in a study that loads: rules that never or always hold, as seen by trying them.

A doubt is no mistake of the definition: the study runs with it.  What needs no trying stands in
`definition_doubts.py`; where a doubt stands in the files is known to `actions/study/checking.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from crf_app.rules.environment import build
from crf_app.rules.expression import Rules
from crf_app.rules.hints import NO_HINT, Words
from crf_app.rules.tries import MOST, Rule, Trial, Verdict, rules_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Doubt:
    """`kind` is a stable word for programs; `oid` names what it is about."""

    kind: str
    oid: str
    message: Words
    hint: Words = NO_HINT


def rule_doubts(rules: Rules, most: int = MOST, progress: Progress | None = None) -> Iterator[Doubt]:
    """Every rule tried with corner values, at most `most` tries each.  Imports CEL."""
    compile_part = build(rules.names).compile
    every = list(rules_of(rules))
    for number, rule in enumerate(every, 1):
        verdict = Trial(rules, rule, compile_part).verdict(most)
        yield from doubts_of(rule, verdict)
        if progress is not None:
            progress(number, len(every))


def doubts_of(rule: Rule, verdict: Verdict) -> Iterator[Doubt]:
    """What the verdict on one rule gives to say."""
    if not verdict.fired:
        yield _never(rule, verdict)
    elif not verdict.idle and rule.kind in _ALWAYS:
        en, zh, hint, hint_zh = _ALWAYS[rule.kind]
        tries = verdict.tries
        message = Words(f"{en} in all {tries} tries.", f"{zh}（共试 {tries} 次，次次如此）。")
        yield Doubt(f"{rule.kind}_always", rule.oid, message, Words(hint, hint_zh))


def _never(rule: Rule, verdict: Verdict) -> Doubt:
    if rule.kind in ("required", "condition", "method") and verdict.hidden:
        return _hidden(rule, verdict.tries)
    en, zh = _NEVER[rule.kind]
    if rule.kind == "gate" and rule.item is not None and rule.item.mandatory:
        en, zh = f"It is mandatory, but {en[0].lower()}{en[1:]}", f"虽为必填，但{zh}"
    failed, failed_zh = "", ""
    if verdict.failed:
        failed, failed_zh = f" {verdict.failed} of them could not run.", f"其中 {verdict.failed} 次无法运行。"
    message = Words(f"{en} in {verdict.tries} tries.{failed}", f"试 {verdict.tries} 次，{zh}。{failed_zh}")
    return Doubt(f"{rule.kind}_never", rule.oid, message, _why(rule, verdict))


def _why(rule: Rule, verdict: Verdict) -> Words:
    """Which part stands in the way."""
    if verdict.hidden:
        return Words("true only where its group is not asked", "仅在所在组不显示时成立")
    whole = " ".join(rule.program.text.split())
    parts = [" ".join(part.split()) for part in verdict.never_held]
    alone = [part for part in parts if part != whole]
    if alone:
        listed = ", ".join(f"`{part}`" for part in alone)
        return Words(f"never true by itself: {listed}", f"单独也从不成立：{listed}")
    if parts or rule.kind == "method":
        return Words("compare it with what its operands can be", "请与各操作数可能的取值核对")
    return Words("its parts are true, but never together", "各部分能成立，但不能同时成立")


def _hidden(rule: Rule, tries: int) -> Doubt:
    if rule.kind == "required":
        message = Words(
            f"{rule.place} is required only where it is not asked ({tries} tries).",
            f"{rule.place} 仅在不显示时才必填（试 {tries} 次）。",
        )
        hint = Words(
            "compare `mandatory_when` with `collect_when`", "请核对 `mandatory_when` 与 `collect_when`"
        )
    else:
        message = Words(
            f"{rule.oid} holds only where {rule.place} is not asked ({tries} tries).",
            f"{rule.oid} 仅在 {rule.place} 不显示时成立（试 {tries} 次）。",
        )
        hint = Words(
            f"compare it with `collect_when` of {rule.place}", f"请与 {rule.place} 的 `collect_when` 核对"
        )
    return Doubt(f"{rule.kind}_hidden", rule.oid, message, hint)


_NEVER: Final = {
    "condition": ("No firing found", "未见触发"),
    "gate": ("It is never asked: `collect_when` was not true", "从不显示：`collect_when` 未成立"),
    "required": ("It is never required: `mandatory_when` was not true", "从不必填：`mandatory_when` 未成立"),
    "locked": ("It is never locked: `locked_when` was not true", "从不锁定：`locked_when` 未成立"),
    "method": ("The method gave no value", "计算方法未得出任何值"),
    "status": (
        "No subject is ever in this state: `when` was not true",
        "没有受试者处于此状态：`when` 未成立",
    ),
    "flow": ("This line counts nobody: `when` was not true", "此行不计任何人：`when` 未成立"),
    "form": (
        "The form is never required: `mandatory_when` was not true",
        "表单从不必填：`mandatory_when` 未成立",
    ),
}
_ALWAYS: Final = {
    "condition": ("It fired", "始终触发", "a check that always fires says nothing", "始终触发的核查没有意义"),
    "gate": ("It is always asked: `collect_when` was true", "始终显示：`collect_when` 始终成立",
             "leave `collect_when` out", "可删除 `collect_when`"),
    "required": ("It is always required: `mandatory_when` was true", "始终必填：`mandatory_when` 始终成立",
                 "write mandatory = true", "请写 mandatory = true"),
}  # fmt: skip
