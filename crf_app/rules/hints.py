"""Mistakes of rules in words, English and Chinese, with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, NamedTuple

from crf_app.rules.environment import Name

_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']+)'")


class Words(NamedTuple):
    """A sentence in both languages."""

    en: str
    zh: str


NO_HINT: Final = Words("", "")


@dataclass(frozen=True)
class RuleProblem:
    """One mistake of the definition's rules; `hint` says what to write instead."""

    oid: str
    message: Words
    hint: Words = NO_HINT


def quoted(message: Words, text: str) -> Words:
    """The message with the expression on a line of its own."""
    return Words(f"{message.en}\n | {text}", f"{message.zh}\n | {text}")


def refused_by_cel(oid: str, error: str, names: Mapping[str, Name]) -> RuleProblem:
    """CEL's own words with the caret, and a hint in ours."""
    message = error.removeprefix("INVALID_ARGUMENT: ").removesuffix(" [INVALID_ARGUMENT]")
    unknown = list(dict.fromkeys(_UNDECLARED.findall(message)))
    hint = _unknown_names(unknown, names) if unknown else _wrong_types(message)
    return RuleProblem(
        oid, Words(f"The rule does not compile.\n{message}", f"规则无法编译。\n{message}"), hint
    )


def wrong_result(oid: str, text: str, found: str, wanted: str) -> RuleProblem:
    """A rule whose result is of another type than its place needs."""
    message = Words(f"The result is {found}, it must be {wanted}.", f"结果类型为 {found}，应为 {wanted}。")
    hint = NO_HINT
    if wanted == "BOOL":
        hint = Words(
            "A condition is true or false; whether a value is there is asked with known.X.Y.",
            "条件须为真或假；是否有值请用 known.X.Y 判断。",
        )
    elif found == "INT":
        hint = Words("Numbers are decimal: write 1.0, not 1.", "数值为小数类型：请写 1.0，不写 1。")
    return RuleProblem(oid, quoted(message, text), hint)


def unrounded(oid: str, text: str) -> RuleProblem:
    message = Words("Arithmetic is compared without rounding.", "比较前的算式未取整。")
    hint = Words(
        "Binary fractions differ in the last digit: write round(A - B, 6) > 0.1.",
        "二进制小数末位会有误差，请写成 round(A - B, 6) > 0.1。",
    )
    return RuleProblem(oid, quoted(message, text), hint)


def untyped(oid: str, text: str) -> RuleProblem:
    message = Words("dyn(...) switches the check of types off.", "dyn(...) 会关闭类型检查。")
    return RuleProblem(oid, quoted(message, text), Words("Leave dyn out.", "请去掉 dyn。"))


def no_such_code(oid: str, text: str, item: str, code: str, known: Sequence[str]) -> RuleProblem:
    message = Words(f"{item} has no code '{code}'.", f"{item} 没有代码“{code}”。")
    codes = ", ".join(known)
    return RuleProblem(oid, quoted(message, text), Words(f"Codes: {codes}.", f"代码：{codes}。"))


def no_such_column(oid: str, text: str, source: str, column: str, known: Sequence[str]) -> RuleProblem:
    message = Words(f"{source} has no column {column}.", f"{source} 没有列 {column}。")
    close = ", ".join(get_close_matches(column, known, 3, 0.6) or known)
    return RuleProblem(oid, quoted(message, text), Words(f"Columns: {close}.", f"列：{close}。"))


def _unknown_names(unknown: Sequence[str], names: Mapping[str, Name]) -> Words:
    en, zh = [], []
    for name in unknown:
        row = name.replace("known.", "known.row.", 1) if name.startswith("known.") else f"row.{name}"
        close = ", ".join([row] if row in names else get_close_matches(name, names, 3, 0.75))
        en.append(f"{name} is not known" + (f"; perhaps {close}." if close else "."))
        zh.append(f"{name} 未定义" + (f"，可能是 {close}。" if close else "。"))
    return Words(" ".join(en), "".join(zh))


def _wrong_types(message: str) -> Words:
    if "recursion depth" in message:
        return Words(
            "Write sums of at most 30 terms; put part of it into a method of its own.",
            "算式最多30项，请将一部分写成单独的方法。",
        )
    applied = message.partition("applied to")[2]
    if "double" in applied and "int" in applied:
        return Words("Numbers are decimal: write 38.0, not 38.", "数值为小数类型：请写 38.0，不写 38。")
    if "string" in applied:
        return Words(
            "Codes, texts and dates are text: write them in quotes, as in SV.SVOCCUR == 'Y'.",
            "代码、文本和日期为文本类型，请加引号，如 SV.SVOCCUR == 'Y'。",
        )
    return NO_HINT
