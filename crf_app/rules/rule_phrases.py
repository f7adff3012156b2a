"""Operators and functions of rules in words, and their opposites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crf_app.rules.phrase import ATOM, PRODUCT, SUM, Pair

#: call → (it is so, it is not so)
CLAUSES: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "_==_": (("{0} is {1}", "{0}为{1}"), ("{0} is not {1}", "{0}不为{1}")),
    "_!=_": (("{0} is not {1}", "{0}不为{1}"), ("{0} is {1}", "{0}为{1}")),
    "before": (("{0} is before {1}", "{0}早于{1}"), ("{0} is not before {1}", "{0}不早于{1}")),
    "after": (("{0} is after {1}", "{0}晚于{1}"), ("{0} is not after {1}", "{0}不晚于{1}")),
    "includes": (("{0} includes {1}", "{0}包括{1}"), ("{0} does not include {1}", "{0}不包括{1}")),
    "contains": (("{0} contains {1}", "{0}含有{1}"), ("{0} does not contain {1}", "{0}不含{1}")),
    "startsWith": (
        ("{0} begins with {1}", "{0}以{1}开头"),
        ("{0} does not begin with {1}", "{0}不以{1}开头"),
    ),
    "endsWith": (("{0} ends with {1}", "{0}以{1}结尾"), ("{0} does not end with {1}", "{0}不以{1}结尾")),
    "matches": (
        ("{0} has the pattern {1} in it", "{0}含有符合 {1} 的部分"),
        ("{0} has no part of the pattern {1}", "{0}不含符合 {1} 的部分"),
    ),
    "within": (
        ("{0} and {1} are full dates at most {2} days apart", "{0}与{1}均为完整日期且相差不超过{2}天"),
        (
            "{0} and {1} are not full dates at most {2} days apart",
            "{0}与{1}并非均为完整日期且相差不超过{2}天",
        ),
    ),
    "overlap": (
        (
            "the time from {0} to {1} and the time from {2} to {3} share a day",
            "{0}至{1}与{2}至{3}有重合的日期",
        ),
        (
            "the time from {0} to {1} and the time from {2} to {3} share no day",
            "{0}至{1}与{2}至{3}没有重合的日期",
        ),
    ),
}
#: comparisons of texts (dates, times and codes) are by their order as text
ORDER: Final[Mapping[str, Pair]] = {
    "_<_": ("{0} is less than {1}", "{0}小于{1}"),
    "_<=_": ("{0} is at most {1}", "{0}不大于{1}"),
    "_>_": ("{0} is greater than {1}", "{0}大于{1}"),
    "_>=_": ("{0} is at least {1}", "{0}不小于{1}"),
}
TEXT_ORDER: Final[Mapping[str, Pair]] = {
    "_<_": ("{0} comes before {1}", "{0}先于{1}"),
    "_<=_": ("{0} comes before {1} or is the same", "{0}先于{1}或与其相同"),
    "_>_": ("{0} comes after {1}", "{0}后于{1}"),
    "_>=_": ("{0} comes after {1} or is the same", "{0}后于{1}或与其相同"),
}
#: call → (words, how loosely they hold, how loose a part may be without brackets)
VALUES: Final[Mapping[str, tuple[Pair, int, int]]] = {
    "_*_": (("{0} × {1}", "{0} × {1}"), PRODUCT, ATOM),
    "_/_": (("{0} ÷ {1}", "{0} ÷ {1}"), PRODUCT, ATOM),
    "_-_": (("{0} − {1}", "{0} − {1}"), SUM, PRODUCT),
    "_%_": (("the remainder of {0} ÷ {1}", "{0} ÷ {1} 的余数"), SUM, ATOM),
    "-_": (("−{0}", "−{0}"), PRODUCT, ATOM),
    "abs": (("|{0}|", "|{0}|"), ATOM, SUM),
    "ln": (("ln({0})", "ln（{0}）"), ATOM, SUM),
    "log10": (("log10({0})", "log10（{0}）"), ATOM, SUM),
    "sqrt": (("√({0})", "√（{0}）"), ATOM, SUM),
    "pow": (("({0} to the power of {1})", "（{0}的{1}次方）"), ATOM, ATOM),
    "min": (("the smaller of ({0}; {1})", "较小者（{0}；{1}）"), ATOM, SUM),
    "max": (("the larger of ({0}; {1})", "较大者（{0}；{1}）"), ATOM, SUM),
    "mean": (("the mean of {0}", "{0}的均值"), ATOM, ATOM),
    "day": (("the date of {0}", "{0}的日期"), ATOM, ATOM),
    "days": (("the days from {0} to {1}", "{0}至{1}的天数"), ATOM, ATOM),
    "hours": (("the hours from {0} to {1}", "{0}至{1}的小时数"), ATOM, ATOM),
    "minutes": (("the minutes from {0} to {1}", "{0}至{1}的分钟数"), ATOM, ATOM),
    "years": (("the completed years from {0} to {1}", "{0}至{1}的周年数"), ATOM, ATOM),
    "number": (("{0}", "{0}"), ATOM, ATOM),
    "double": (("{0}", "{0}"), ATOM, ATOM),
    "nothing": (("no value", "无值"), ATOM, ATOM),
}
EMPTY: Final[tuple[Pair, Pair]] = (("{0} is empty", "{0}为空"), ("{0} is not empty", "{0}不为空"))
AMONG: Final[tuple[Pair, Pair]] = (
    ("{0} is one of {1}", "{0}为{1}之一"),
    ("{0} is none of {1}", "{0}不是{1}中的任何一个"),
)
#: two statements that are compared: they are the same, they are not
SAME: Final[tuple[Pair, Pair]] = (
    ("both or neither of these are so: {0}; {1}", "以下两项同时成立或同时不成立：{0}；{1}"),
    ("exactly one of these is so: {0}; {1}", "以下两项恰有一项成立：{0}；{1}"),
)
NOT: Final[Pair] = ("it is not so that {0}", "并非{0}")
AND: Final[Pair] = (" and ", "且")
OR: Final[Pair] = (" or ", "或")
WALKS: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "exists": (
        ("for at least one of {0}: {1}", "{0}中至少有一个：{1}"),
        ("for none of {0}: {1}", "{0}中没有一个：{1}"),
    ),
    "all": (
        ("for every one of {0}: {1}", "{0}中每一个：{1}"),
        ("not for every one of {0}: {1}", "{0}中并非每一个：{1}"),
    ),
    "exists_one": (
        ("for exactly one of {0}: {1}", "{0}中恰有一个：{1}"),
        ("not for exactly one of {0}: {1}", "{0}中并非恰有一个：{1}"),
    ),
}
#: of statements in a list themselves
THEMSELVES: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "exists": (
        ("at least one of these is so: {0}", "以下至少一项成立：{0}"),
        ("none of these is so: {0}", "以下各项均不成立：{0}"),
    ),
    "all": (
        ("all of these are so: {0}", "以下各项均成立：{0}"),
        ("not all of these are so: {0}", "以下各项并非均成立：{0}"),
    ),
}
FILTER: Final[Pair] = ("those of {0} for which {1}", "{0}中满足{1}的各项")
MAP: Final[Pair] = ("{1} for each of {0}", "{0}中每一个的{1}")
NUMBER_OF: Final[Pair] = ("the number of {0}", "{0}的数量")
FIRST: Final[Pair] = ("the first of {0}", "{0}中的第一个")
LENGTH: Final[Pair] = ("the number of characters of {0}", "{0}的字符数")
WHERE: Final[Pair] = ("{0}; where {1}", "{0}；其中 {1}")
EQUALS: Final[Pair] = ("{0} = {1}", "{0} = {1}")
AND_WHERE: Final[Pair] = (", and ", "，")
NOT_SO: Final[Pair] = ("those of {0} that are not so", "{0}中不成立的各项")
SO: Final[Pair] = ("those of {0} that are so", "{0}中成立的各项")
IT: Final[Pair] = ("it", "该值")
MOMENT: Final[Pair] = ("{0} at the time {1}", "{0}加{1}")
ROUNDED: Final[Pair] = ("{0}, rounded to {1} decimals", "{0}，四舍五入至 {1} 位小数")
ROUNDED_ONE: Final[Pair] = ("{0}, rounded to 1 decimal", "{0}，四舍五入至 1 位小数")
ROUNDED_WHOLE: Final[Pair] = ("{0}, rounded to a whole number", "{0}，四舍五入至整数")
ROUNDED_TO: Final[Pair] = ("{0}, rounded to a multiple of {1}", "{0}，四舍五入至 {1} 的倍数")
IF_SO: Final[Pair] = ("{1} if {0}", "{1}（若{0}）")
EMPTY_TEXT: Final[Pair] = ("no value", "无值")
EMPTY_LIST: Final[Pair] = ("nothing", "无")
