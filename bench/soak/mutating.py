"""What becomes of a file on its way through broken programs and hostile hands: small changes, by a seed.

Each change is one of: a bit, a cut, a slice twice or away, bytes from nowhere, a word that readers trip over,
a number that is too large, a piece of another sample, something that is nested without end.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Final

WORDS: Final = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b"\t", b'"', b"'", b"\\", b"\\u0000",
    b"\\ud800", b"NaN", b"-0", b"1e999", b"9" * 400, b"-9223372036854775809", b"18446744073709551616",
    b"null", b"true", b"{}", b"[]", b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>]>", b"&a;", b"&#0;",
    b"<![CDATA[", b"]]>", b"<?x?>", b"<!--", b"xmlns='urn:x'", b"../../etc/passwd", b"%s%n", b"{0}",
    b"=1+1", b";;;;", b",,,,", b"\xe2\x80\xae", b"\xf0\x9f\x91\xa9\xe2\x80\x8d", b"\xed\xa0\x80",
    b"0000-00-00", b"9999-12-31", b"<5", b"@", b"#",
)  # fmt: skip
NESTED: Final = (b"[", b'{"a":', b"<a>", b"(", b"!", b"-", b"a.", b"[[", b"1+")
MOST: Final = 1 << 20  # no sample grows beyond


def mutated(random_: random.Random, samples: Sequence[bytes]) -> bytes:
    """One of the samples after one to six changes."""
    data = random_.choice(samples)
    for _ in range(random_.choice((1, 1, 1, 2, 3, 6))):
        data = random_.choice(_CHANGES)(random_, data, samples)
    return data[:MOST]


def mutated_zip(random_: random.Random, samples: Sequence[bytes]) -> bytes:
    """As `mutated`, and every second time inside one member of the archive, which stays a sound archive."""
    data = random_.choice(samples)
    if random_.random() < 0.5:
        return mutated(random_, samples)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = random_.choice(old.namelist())
        for name in old.namelist():
            inside = old.read(name)
            new.writestr(name, mutated(random_, [inside]) if name == chosen else inside)
    return out.getvalue()


def _bit(random_: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = random_.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << random_.randrange(8))]) + data[at + 1 :]


def _cut(random_: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: random_.randrange(len(data) + 1)]


def _slice(random_: random.Random, data: bytes) -> tuple[int, int]:
    first = random_.randrange(len(data) + 1)
    return first, min(len(data), first + random_.choice((1, 8, 64, 1024, 16_384)))


def _twice(random_: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first, last = _slice(random_, data)
    return data[:last] + data[first:last] * random_.choice((1, 1, 2, 100)) + data[last:]


def _away(random_: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first, last = _slice(random_, data)
    return data[:first] + data[last:]


def _noise(random_: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first, last = _slice(random_, data)
    return data[:first] + random_.randbytes(last - first) + data[last:]


def _word(random_: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = random_.randrange(len(data) + 1)
    return data[:at] + random_.choice(WORDS) + data[at:]


def _number(random_: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """One of the numbers in the file becomes another."""
    places = [found.span() for found in re.finditer(rb"\d+", data[:200_000])]
    if not places:
        return data
    first, last = random_.choice(places)
    other = random_.choice((b"0", b"-1", b"2147483648", b"9" * 30, b"1.5", b"", b"1e9"))
    return data[:first] + other + data[last:]


def _splice(random_: random.Random, data: bytes, samples: Sequence[bytes]) -> bytes:
    other = random_.choice(samples)
    first, last = _slice(random_, other)
    at = random_.randrange(len(data) + 1)
    return data[:at] + other[first:last] + data[at:]


def _nest(random_: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = random_.randrange(len(data) + 1)
    return data[:at] + random_.choice(NESTED) * random_.choice((10, 1000, 100_000)) + data[at:]


_CHANGES: Final[tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...]] = (
    _bit, _bit, _cut, _twice, _away, _noise, _word, _word, _word, _number, _number, _splice, _nest,
)  # fmt: skip
