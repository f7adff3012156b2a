"""Rules of the file that a study came from, which are not run: said where a person meets them.

A rule of a group is said at the group's first question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crf_app.model.def_base import NotRun
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import ItemDef

#: what a rule would decide
USES: Final[Mapping[str, tuple[str, str]]] = {
    "collect_when": ("asked when", "填写条件"),
    "mandatory_when": ("required when", "必填条件"),
    "method": ("calculated as", "计算公式"),
    "check": ("right when", "校验条件"),
    "default": ("filled with", "默认值"),
}


def rules_at(item: ItemDef, group: ItemGroupDef | None) -> tuple[NotRun, ...]:
    """The rules that are said at a question."""
    first = group is not None and bool(group.item) and group.item[0].oid == item.oid
    return (*(group.not_run if first and group is not None else ()), *item.not_run)


def sentence(rule: NotRun, language: str) -> str:
    """One rule in a line."""
    en, zh = USES[rule.use]
    text = " ".join(rule.expression.split())
    words = f" ({rule.message.in_language(language)})" if rule.message is not None else ""
    if language == "zh":
        return f"来源文件的规则，此处不运行：{zh} {text}{words}"
    return f"Rule of the source, not run: {en} {text}{words}"
