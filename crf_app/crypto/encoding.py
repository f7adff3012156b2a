"""Bytes as text in key files and signatures: strict base64, and base32 for people.

One spelling only: what does not encode back to the same text is refused, so that nobody can change
a file without changing its bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from crf_app.errors import IntegrityError


def b64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: object) -> bytes:
    """The bytes of one canonical base64 text.  Raises IntegrityError for anything else."""
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        data = None
    if data is None or b64(data) != text:
        raise IntegrityError(
            "A key or a signature is not written as agreed. The file was changed or cut; use a good copy.",
            "密钥或签名的书写不符合约定。文件被改动或不完整，请使用完好的副本。",
        )
    return data


def fingerprint(public: bytes, groups: int = 2) -> str:
    """SHA-256 of a public key for two people to compare: groups of 8 base32 characters, 40 bits each.

    Two groups (80 bits) are enough against somebody who searches for a key with the same text.
    """
    text = base64.b32encode(hashlib.sha256(public).digest()).decode("ascii")
    return "-".join(text[8 * n : 8 * n + 8] for n in range(groups))
