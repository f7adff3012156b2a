"""Key pairs: Ed25519 to seal, X25519 to receive, P-256 to sign as a person or as the site.

Each class holds one private key, hides it from `repr` and gives raw bytes (Ed25519, X25519: 32) or
DER (P-256: PKCS #8 private, SubjectPublicKeyInfo public).  P-256 signatures are deterministic
(RFC 6979), DER, over SHA-256.  Verifying needs only public bytes and answers yes or no.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from crf_app.errors import IntegrityError

_ECDSA: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Ed25519Key:
    """Seals chain ends, transactions and bundles of one device, person or central."""

    key: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> Ed25519Key:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_raw(cls, raw: bytes) -> Ed25519Key:
        return cls(Ed25519PrivateKey.from_private_bytes(_sized(raw)))

    @property
    def raw(self) -> bytes:
        """The private key, 32 bytes.  For a locked slot only."""
        return self.key.private_bytes_raw()

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self.key.sign(data)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class X25519Key:
    """Opens what was sealed to its public key (`boxes.open_from(key.raw, …)`)."""

    key: X25519PrivateKey

    @classmethod
    def generate(cls) -> X25519Key:
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_raw(cls, raw: bytes) -> X25519Key:
        return cls(X25519PrivateKey.from_private_bytes(_sized(raw)))

    @property
    def raw(self) -> bytes:
        """The private key, 32 bytes.  For a locked slot and for opening only."""
        return self.key.private_bytes_raw()

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return self.key.public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class P256Key:
    """Signs records and PDFs (a person), certificates and vouchers (the site)."""

    key: ec.EllipticCurvePrivateKey

    @classmethod
    def generate(cls) -> P256Key:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_der(cls, der: bytes) -> P256Key:
        """PKCS #8.  Raises IntegrityError if it is not a P-256 private key."""
        try:
            key = load_der_private_key(der, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise _not_a_key() from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise _not_a_key()
        return cls(key)

    @property
    def der(self) -> bytes:
        """The private key as PKCS #8 DER.  For a locked slot only."""
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public(self) -> bytes:
        """SubjectPublicKeyInfo DER, 91 bytes."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """DER ECDSA-P256-SHA256, the same bytes each time."""
        return self.key.sign(data, _ECDSA)


def verify_ed25519(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the owner of the raw key `public` (32 bytes) sealed `data`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_p256(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the owner of `public` (SubjectPublicKeyInfo DER, P-256) signed `data`."""
    key = _p256_public(public)
    if key is None:
        return False
    try:
        key.verify(signature, data, _ECDSA)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=64)
def _p256_public(der: bytes) -> ec.EllipticCurvePublicKey | None:
    """One person's key is asked for many times in a row: reading it costs a quarter of a check."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) else None


def _sized(raw: bytes) -> bytes:
    if len(raw) != 32:
        raise _not_a_key()
    return raw


def _not_a_key() -> IntegrityError:
    return IntegrityError(
        "A stored key is not of the agreed kind. The key file is damaged; restore it from the backup.",
        "存储的密钥不是约定的类型。密钥文件已损坏，请从备份恢复。",
    )
