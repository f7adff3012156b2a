"""One spelling for every object that is hashed or signed: RFC 8785 JSON.

For our values (objects, lists, text, integers) RFC 8785 is `json.dumps` with sorted keys, no
spaces and UTF-8; floats never occur.  Everything that is hashed goes through `canonical`.
"""

from __future__ import annotations

import json
from typing import Final

#: made once: `json.dumps` with these words would make one for every object
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: object) -> bytes:
    """The one byte spelling of `value`.  Raises UnicodeEncodeError for a lone surrogate."""
    return _ENCODER.encode(value).encode("utf-8")


def sha256(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    import hashlib  # here, so that the vault is read for the first picture without OpenSSL

    return hashlib.sha256(data).hexdigest()
