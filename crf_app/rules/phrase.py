"""A part of a rule in words, in both languages at once, and when it needs brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: how loosely a phrase holds together; a looser one gets brackets inside a tighter one
ATOM, PRODUCT, SUM, CLAUSE, ALL, ANY, CHOICE = range(7)
_PLACE: Final = re.compile(r"\{(\d)\}")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words, and how loosely they hold together."""

    en: str
    zh: str
    level: int = ATOM
    inner: Pair | None = None  # the words without the brackets round the whole

    def within(self, level: int) -> Phrase:
        """In brackets where it is looser than `level`."""
        return self if self.level <= level else self.bracketed()

    def bracketed(self) -> Phrase:
        return Phrase(f"({self.en})", f"（{self.zh}）", ATOM, (self.en, self.zh))

    def bare(self) -> Phrase:
        """Without brackets round the whole, where nothing stands before or after it."""
        return self if self.inner is None else Phrase(*self.inner, CHOICE)


def put(pair: Pair, *parts: Phrase, level: int = CLAUSE) -> Phrase:
    """The two sentences with `{0}`, `{1}` … replaced by the parts' words."""
    en, zh = pair
    return Phrase(
        _PLACE.sub(lambda found: parts[int(found[1])].en, en),
        _PLACE.sub(lambda found: parts[int(found[1])].zh, zh),
        level,
    )


def joined(parts: Iterable[Phrase], pair: Pair, level: int) -> Phrase:
    """The parts one after the other, the pair between them."""
    some = list(parts)
    return Phrase(pair[0].join(one.en for one in some), pair[1].join(one.zh for one in some), level)
