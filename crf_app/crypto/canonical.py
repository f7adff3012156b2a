"""One spelling for every object that is hashed or signed: RFC 8785 JSON.

For our values (objects, lists, text, integers) RFC 8785 is `json.dumps` with sorted keys, no
spaces and UTF-8; floats never occur.  Everything that is hashed goes through `canonical`.
"""

from __future__ import annotations

import hashlib
import json


def canonical(value: object) -> bytes:
    """The one byte spelling of `value`.  Raises UnicodeEncodeError for a lone surrogate."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def sha256(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
