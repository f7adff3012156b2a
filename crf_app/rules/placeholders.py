"""Places in a check's message that stand for values: `{I.VS.SYSBP}`, `{prev.I.VS.WEIGHT}`, `{event.DAY}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from crf_app.model.def_base import Text
from crf_app.rules.environment import Name
from crf_app.rules.hints import Words

_PLACE: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_.]*)\}")


def rule_name(place: str, names: Mapping[str, Name], in_rows: bool) -> str | None:
    """The rule name a placeholder stands for, or None; `I.X.Y` means the item of the row at hand."""
    for before in ("prev.", "base."):
        if place.startswith(f"{before}I."):
            place = before + place.removeprefix(f"{before}I.")
    if not place.startswith("I."):
        return place if place in names else None
    variable = place.removeprefix("I.")
    if in_rows and f"row.{variable}" in names:
        return f"row.{variable}"
    return variable if variable in names else None


def shown_names(message: Text, names: Mapping[str, Name]) -> set[str]:
    """The rule names that a message shows, in a row or not."""
    places = {place for text in (message.en, message.zh) for place in _PLACE.findall(text)}
    found = {rule_name(place, names, in_rows) for place in places for in_rows in (False, True)}
    return {name for name in found if name is not None}


def placeholder_problems(message: Text, names: Mapping[str, Name], rows: str) -> Iterator[Words]:
    """A sentence for each placeholder that stands for nothing, and where the languages show other values."""
    shown = []
    for text in (message.en, message.zh):
        places = sorted(set(_PLACE.findall(text)))
        shown.append({rule_name(place, names, bool(rows)) for place in places})
        for place in places:
            if rule_name(place, names, bool(rows)) is None:
                yield Words(f"The message names {{{place}}}, which stands for nothing here.",
                            f"提示中的 {{{place}}} 在此处没有含义。")  # fmt: skip
    if shown[0] != shown[1]:
        yield Words("The English and the Chinese message do not show the same values.",
                    "中英文提示显示的数值不一致。")  # fmt: skip


def fill(message: Text, shown: Callable[[str, str], str]) -> dict[str, str]:
    """The message in both languages; `shown(place, language)` gives a value in words."""
    return {
        language: _PLACE.sub(lambda found, language=language: shown(found[1], language), text)  # type: ignore[misc]
        for language, text in (("en", message.en), ("zh", message.zh))
    }
