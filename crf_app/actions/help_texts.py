"""The help of each screen as it lies in `resources/help`, for the window and for the quick card on paper.

A file is one topic: a title, lines on what one does there, keys, and what to do when something is refused; at
most 15 lines, each in both languages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from crf_app.errors import NotFound
from crf_app.settings.shipped import resource

FOLDER: Final = resource("help")
MOST_LINES: Final = 15
#: what stands on the quick card, in this order
CARD: Final = ("sign_in", "my_day", "casebook", "form", "lab_form", "log", "infusion", "queries", "review",
               "sync", "this_device", "lock")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A line in both languages."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class HelpText:
    """One topic.  `keys`: what is pressed, what it does."""

    topic: str
    title: Said
    lines: tuple[Said, ...]
    keys: tuple[tuple[str, Said], ...]
    refused: tuple[Said, ...]

    @property
    def size(self) -> int:
        """How many lines it has under its title."""
        return len(self.lines) + len(self.keys) + len(self.refused)


def topics() -> list[str]:
    """Every topic there is."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def read_help(topic: str) -> HelpText:
    """The help of a topic.  Raises NotFound."""
    path = FOLDER / f"{topic}.toml"
    if not path.is_file():
        raise NotFound(f'There is no help on "{topic}".', f"没有关于“{topic}”的帮助。", where=topic)
    said: Mapping[str, Any] = tomllib.loads(path.read_text("utf-8"))
    keys = tuple((str(one["keys"]), _said(one)) for one in said.get("key", ()))
    return HelpText(topic, _said(said["title"]), _all(said, "line"), keys, _all(said, "refused"))


def quick_card(language: str) -> bytes:
    """The keys of everyday work on one sheet of A4, as PDF."""
    from crf_app.export.quick_card import Block, draw_quick_card

    blocks = []
    for topic in CARD:
        text = read_help(topic)
        keys = tuple((pressed, said.of(language)) for pressed, said in text.keys)
        blocks.append(Block(text.title.of(language), text.lines[0].of(language), keys,
                            tuple(said.of(language) for said in text.refused)))  # fmt: skip
    return draw_quick_card(blocks, language)


def _all(said: Mapping[str, Any], name: str) -> tuple[Said, ...]:
    found: Sequence[Mapping[str, Any]] = said.get(name, ())
    return tuple(_said(one) for one in found)


def _said(one: Mapping[str, Any]) -> Said:
    return Said(str(one["en"]), str(one["zh"]))
