"""How a file is recognised as ours without trusting it: the mark in /Info and the code on each page.

Only used to name what is missing (a stripped signature); nothing is believed because of a mark.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final

_INFO: Final = re.compile(rb"crf-(record|blank)/1 ([0-9a-f]{64})")
_CODE: Final = re.compile(r"CRF1\.([SCB])\.[A-Za-z0-9_-]{1,40}\.[A-Z2-7]{10}\.\d+\.\d+\.[A-Z2-7]{52}")
_MOST_PAGES: Final = 2000
_PIECE: Final = 1 << 14
_MOST_BYTES: Final = 64 << 20  # unpacked, of all streams together; a form of ours has less than one MiB


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

    if _swells(pdf):
        return frozenset({"S"})
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


def _swells(pdf: bytes) -> bool:
    """Whether the packed streams are larger than agreed when they are unpacked: no reader may try."""
    left = _MOST_BYTES
    for match in re.finditer(rb"stream\r?\n", pdf):
        left -= _unpacked(memoryview(pdf)[match.end() :], left)
        if left <= 0:
            return True
    return False


def _unpacked(packed: memoryview, most: int) -> int:
    """How many bytes a packed stream gives, counted up to `most`; it is read in pieces, nothing is kept."""
    unpacker, size = zlib.decompressobj(), 0
    for start in range(0, len(packed), _PIECE):
        piece = bytes(packed[start : start + _PIECE])
        while piece and size < most:
            try:
                size += len(unpacker.decompress(piece, _PIECE * 16))
            except zlib.error:  # not packed this way, or what follows it
                return size
            piece = unpacker.unconsumed_tail
        if unpacker.eof or size >= most:
            break
    return size
