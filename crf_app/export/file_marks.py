"""How a file is recognised as ours without trusting it: the mark in /Info and the code on each page.

Only used to name what is missing (a stripped signature); nothing is believed because of a mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_INFO: Final = re.compile(rb"crf-(record|blank)/1 ([0-9a-f]{64})")
_CODE: Final = re.compile(r"CRF1\.([SCB])\.[A-Za-z0-9_-]{1,40}\.[A-Z2-7]{10}\.\d+\.\d+\.[A-Z2-7]{52}")
_MOST_PAGES: Final = 2000


@dataclass(frozen=True, slots=True)
class FileMarks:
    """`record_sha256` from /Info (empty if none), page code kinds seen."""

    record_sha256: str
    blank: bool
    kinds: frozenset[str]

    @property
    def ours(self) -> bool:
        return bool(self.record_sha256) or self.blank or bool(self.kinds)


def marks_of(pdf: bytes) -> FileMarks:
    """The marks of the file; a file that no reader opens may still show its mark in /Info."""
    found = {match[1]: match[2].decode() for match in _INFO.finditer(pdf)}
    return FileMarks(found.get(b"record", ""), b"blank" in found, page_kinds(pdf))


def page_kinds(pdf: bytes) -> frozenset[str]:
    """The kinds (S, C, B) of the codes printed on the pages; empty if no page can be read."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError:
        return frozenset()
    kinds: set[str] = set()
    try:
        for number in range(min(len(document), _MOST_PAGES)):
            page = document[number]
            text = page.get_textpage()
            kinds.update(match[1] for match in _CODE.finditer(text.get_text_bounded()))
            text.close()
            page.close()
    except pypdfium2.PdfiumError:
        kinds.add("S")
    finally:
        document.close()
    return frozenset(kinds)
