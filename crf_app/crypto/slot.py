"""Private keys locked by a password: the format shared by a vault's slots and central's key file.

    kdf      {"alg": "argon2id", "m", "t", "p", "salt"}
    private  base64(nonce12 + AES-256-GCM(Argon2id(password), canonical(inner), aad=canonical(header + kdf)))

The header stands readable beside `private`; as associated data it ties the locked part to its owner,
so a slot that was renamed, weakened or given other public keys does not open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from crf_app.crypto import boxes, passwords
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64, unb64
from crf_app.errors import VaultTampered


@dataclass(frozen=True, slots=True, repr=False)
class Locked:
    """What is written down: the parameters and the locked part."""

    kdf: Mapping[str, object]
    private: str


def lock(
    inner: Mapping[str, str],
    password: bytes,
    header: Mapping[str, object],
    cost: passwords.Cost = passwords.DEFAULT,
) -> Locked:
    """Lock `inner` (name → base64 or hex text) under a fresh salt; `header` has no "kdf"."""
    kdf = passwords.new_kdf(cost)
    sealed = boxes.seal(passwords.derive(password, kdf), canonical(dict(inner)), _aad(header, kdf))
    return Locked(kdf, b64(sealed))


def unlock(locked: Locked, password: bytes, header: Mapping[str, object]) -> dict[str, str]:
    """The private part.

    Raises IdentityRefused for a wrong password or a changed header (nobody can tell these apart),
    VaultTampered for parameters outside the limits.
    """
    key = passwords.derive(password, locked.kdf)
    plain = boxes.open_box(key, unb64(locked.private), _aad(header, locked.kdf))
    inner = json.loads(plain)
    if not isinstance(inner, dict) or not all(isinstance(value, str) for value in inner.values()):
        raise VaultTampered(
            "The locked part of a key file is not of the agreed form. Restore the file from the backup.",
            "密钥文件的加密部分不符合约定格式。请从备份恢复该文件。",
        )
    return inner


def _aad(header: Mapping[str, object], kdf: Mapping[str, object]) -> bytes:
    return canonical(dict(header) | {"kdf": dict(kdf)})
