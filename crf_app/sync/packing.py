"""Lines ⇄ packed body: zstd level 1, unpacked as a stream into at most the declared size + 1 bytes.

A packed body that is too small for its content (a megabyte of one letter) is padded by a zstd
skippable frame, so that an honest bundle never meets the ratio limit that stops a bomb.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from crf_app.sync import refusals
from crf_app.sync.container import BODY_OVERHEAD, Header
from crf_app.sync.limits import AGREED, Limits

_LEVEL: Final = 1
_CHUNK: Final = 1 << 20
_SKIPPABLE: Final = 0x184D2A50


def pack(lines: Sequence[bytes], limits: Limits = AGREED) -> bytes:
    """The packed lines (each ends with a line feed)."""
    import zstandard

    plain = sum(map(len, lines))
    packed: bytes = zstandard.ZstdCompressor(level=_LEVEL).compress(b"".join(lines))
    missing = -(-(plain - limits.ratio_slack) // limits.ratio) - len(packed) - BODY_OVERHEAD
    if missing > 0:
        packed += struct.pack("<II", _SKIPPABLE, missing) + bytes(missing)
    return packed


def check_sizes(header: Header, limits: Limits = AGREED) -> None:
    """Check 7: what the signed header declares.  Raises LimitExceeded."""
    if header.plain > limits.largest_plain(header.body):
        raise refusals.too_large("unpacked")
    if header.records > limits.records or header.lines > limits.records + limits.extra_lines:
        raise refusals.too_large("records")


def unpack(packed: bytes, header: Header, limits: Limits = AGREED) -> Iterator[bytes]:
    """Check 9: the lines, without their line feeds; at most `header.plain` + 1 bytes are ever unpacked.

    Raises BundleRefused when size or number of lines is not what the header declares, LimitExceeded
    for a line that is too long.
    """
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=limits.window).stream_reader(packed)
    total, count, rest = 0, 0, b""
    while True:
        try:
            chunk = reader.read(min(_CHUNK, header.plain + 1 - total))
        except (zstandard.ZstdError, MemoryError):
            raise refusals.altered("unpacking") from None
        if not chunk:
            break
        total += len(chunk)
        if total > header.plain:
            raise refusals.altered("unpacked size")
        *whole, rest = (rest + chunk).split(b"\n")
        count += len(whole)
        _check_lines(whole, rest, limits)
        yield from whole
    if total != header.plain or rest or count != header.lines:
        raise refusals.altered("unpacked size")


def _check_lines(whole: Sequence[bytes], rest: bytes, limits: Limits) -> None:
    if max(map(len, whole), default=0) > limits.line or len(rest) > limits.line:
        raise refusals.too_large("line")
