"""What may follow a form on paper: its audit trail and its queries, as lines of three columns.

An appendix is part of an unsigned copy only: the signed bytes are what was signed, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crf_app.export.answers import LABEL, SMALL
from crf_app.export.layout import WIDTH, Cell, Row
from crf_app.export.paper_words import word
from crf_app.export.row_parts import head_row, heading
from crf_app.export.text import Run, wrap

_COLUMNS: Final = ((0.0, 128.0), (136.0, 130.0), (274.0, WIDTH - 274.0))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, in the paper's language: when and by whom; about what; what was done."""

    who: str
    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Appendix:
    """`name`: "trail" or "queries", a key of the paper's words."""

    name: str
    entries: tuple[Entry, ...]


def appendix_rows(appendices: Sequence[Appendix], language: str) -> Iterator[Row]:
    """A heading and a line for each entry; an empty appendix says that there is nothing."""
    for one in appendices:
        yield heading(word(one.name, language))
        if not one.entries:
            yield Row((Cell(0, WIDTH, wrap([Run(word("no_entries", language), SMALL)], WIDTH)),), rule="thin")
            continue
        head = head_row(_COLUMNS, [word(key, language) for key in ("who_when", "item", "what_was_done")])
        yield head
        for entry in one.entries:
            texts = ((entry.who, SMALL), (entry.place, LABEL), (entry.what, SMALL))
            cells = tuple(
                Cell(x, wide, wrap([Run(text, style)], wide))
                for (x, wide), (text, style) in zip(_COLUMNS, texts, strict=True)
            )
            yield Row(cells, rule="thin", head=(head,))
