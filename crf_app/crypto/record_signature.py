"""The signature of a record: ECDSA P-256 over canonical JSON, verifiable without this program.

    record     {"format": "crf-record/1", …}      named by the SHA-256 of its canonical bytes
    signed     {"format": "crf-signature/1", "record_sha256", "target", "signer", "meaning", "at", …}
               and "together" (how many forms, hash of all their records) where one act signed a visit
    signature  base64 DER ECDSA-P256-SHA256 over  "crf-signature/1" NUL canonical(signed)

The prefix keeps these bytes apart from CMS and from the site key's vouchers.  What goes into the
record and who may sign is decided above this layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import P256Key, verify_p256
from crf_app.errors import IntegrityError

RECORD_FORMAT: Final = "crf-record/1"
SIGNATURE_FORMAT: Final = "crf-signature/1"


def record_hash(record: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the record's canonical bytes.  Raises IntegrityError for another format."""
    return sha256(canonical(_of_format(record, RECORD_FORMAT)))


def signed_bytes(signed: Mapping[str, object]) -> bytes:
    """Exactly the bytes that are signed (write them to a file for `openssl dgst -sha256 -verify`)."""
    return SIGNATURE_FORMAT.encode() + b"\0" + canonical(_of_format(signed, SIGNATURE_FORMAT))


def sign_record(key: P256Key, signed: Mapping[str, object]) -> str:
    """The signature as base64 text; the same key and content give the same text."""
    return b64(key.sign(signed_bytes(signed)))


def verify_record(public: bytes, signed: Mapping[str, object], signature: str) -> bool:
    """Whether the owner of `public` (SubjectPublicKeyInfo DER) signed exactly this content."""
    try:
        return verify_p256(public, unb64(signature), signed_bytes(signed))
    except IntegrityError:
        return False


def _of_format(value: Mapping[str, object], wanted: str) -> dict[str, object]:
    if value.get("format") != wanted:
        raise IntegrityError(
            f"This is not a {wanted} object. It comes from another program or was changed.",
            f"这不是 {wanted} 对象。它来自其他程序或已被改动。",
        )
    return dict(value)
