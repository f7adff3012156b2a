"""Sealed boxes: AES-256-GCM under a shared key, HPKE to somebody's public key, HKDF between keys.

HPKE is RFC 9180 with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM; a sealed box is the
32-byte encapsulated key followed by the ciphertext.  `info` and `aad` bind a box to its place.
Whatever does not open raises IdentityRefused; the caller, who knows what was opened, says it better.
"""

from __future__ import annotations

import os
from typing import Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crf_app.errors import IdentityRefused

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_SUITE: Final = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def new_key() -> bytes:
    """32 random bytes from the system."""
    return os.urandom(KEY_BYTES)


def hkdf(key: bytes, info: str, length: int = KEY_BYTES) -> bytes:
    """HKDF-SHA256 (RFC 5869) without salt: the key for one use, named by `info`."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info.encode()).derive(key)


def seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """AES-256-GCM under a fresh random nonce: 12 bytes nonce, ciphertext, 16 bytes tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def open_box(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """What `seal` closed.  Raises IdentityRefused for another key, another `aad` or changed bytes."""
    if len(sealed) < NONCE_BYTES + 16:
        _refuse()
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except InvalidTag:
        _refuse()


def seal_to(public: bytes, info: str, plaintext: bytes) -> bytes:
    """HPKE to the owner of the raw X25519 key `public` (32 bytes)."""
    return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public), info.encode())


def open_from(private: bytes, info: str, sealed: bytes) -> bytes:
    """What `seal_to` closed, by the raw X25519 private key.  Raises IdentityRefused if it does not open."""
    try:
        return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info.encode())
    except (InvalidTag, ValueError):
        _refuse()


def _refuse() -> NoReturn:
    raise IdentityRefused(
        "This does not open with the key at hand. It belongs to somebody else, or it was changed.",
        "现有密钥无法打开此内容。它属于他人，或已被改动。",
    ) from None
