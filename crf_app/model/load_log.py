"""What must fit in the description of a log: items of its own group, of a type that fits what they say.

The log itself is read by the window, `actions/row_copies.py` and `actions/clocks.py`; nothing is read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crf_app.model.form_def import ItemGroupDef

_DATES: Final = ("date", "partialDate", "datetime")
_TYPES: Final = {"start": _DATES, "end": _DATES, "since": ("datetime",), "until": ("datetime",)}


def log_mistakes(group: ItemGroupDef) -> Iterator[tuple[str, str, str, str]]:
    """(key, name, sentence en, sentence zh) of each mistake in `log`."""
    log, items = group.log, {item.oid: item for item in group.item}
    if log is None:
        return
    if not group.repeating:
        yield (
            "log",
            "",
            "`log` describes rows that people add; this group has none.",
            "`log` 仅用于可增加行的组。",
        )
        return
    for key, oid in log.named:
        types = _TYPES.get(key)
        if oid not in items:
            yield (
                key,
                oid,
                f"`{key}` names `{oid}`, which is no item of this group.",
                f"`{key}` 指向 `{oid}`，本组无此条目。",
            )
        elif types is not None and items[oid].data_type not in types:
            yield (
                key,
                oid,
                f"`{key}` names {oid}; it takes an item of type {' or '.join(types)}.",
                f"`{key}` 指向 {oid}；其类型应为 {'、'.join(types)}。",
            )
    if not log.name:
        yield "name", "", "`name` names no item.", "`name` 未指向任何条目。"
    if log.clock is not None and not 1 <= log.clock.hours <= 9999:
        yield "hours", "", "`hours` is a number from 1 to 9999.", "`hours` 应为 1 至 9999。"
    graded = items.get(log.grade or "")
    if graded is not None and graded.code_list is None:
        yield (
            "grade",
            graded.oid,
            f"`grade` names {graded.oid}; it takes an item with a code list.",
            f"`grade` 指向 {graded.oid}；该条目应有代码表。",
        )
    if log.proposed and log.start is None:
        yield (
            "proposed",
            "",
            "A proposed row has a start: name its item in `start`.",
            "建议的行须有开始日期：请写明 `start`。",
        )
