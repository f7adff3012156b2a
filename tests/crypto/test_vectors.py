"""The published test vectors of the key formats: other programs must find the same bytes."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crf_app.crypto import boxes, passwords
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import P256Key, X25519Key, verify_p256
from crf_app.crypto.record_signature import record_hash
from crf_app.errors import IdentityRefused

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_argon2id_vector() -> None:
    kdf = {"alg": "argon2id", "m": 65536, "t": 3, "p": 1, "salt": b64(bytes(range(16)))}
    key = passwords.derive(passwords.password_bytes("correct horse battery"), kdf)
    assert key.hex() == "904b42492da04031a468a6d1d51689848c15e5c88d8587b0186dce574b8c4bcc"


def test_hkdf_vector() -> None:
    key = boxes.hkdf(b"\x01" * 32, "crf-vault-mac/1")
    assert key.hex() == "79b1304c6c7c3a6ad26f6fddca98075914ff9adafc28a7acdcf202f3e8c5f57f"


def test_hkdf_and_gcm_of_the_recovery_envelope() -> None:
    info = "crf-recovery/1|0011223344556677|a1b2c3d4|1+2"
    pair = boxes.hkdf(bytes(range(0x14)) + bytes(range(0x14, 0x28)), info)
    assert pair.hex() == "0562be9f96ec452e9bb8855ddce12099a3968872338c3733089296214671d01d"
    header = {"vault": "0011223344556677", "id": "custodians", "kind": "recovery", "public": "AA=="}
    nonce = bytes(12)
    cipher = bytes.fromhex(
        "583e6f14220b8f3e9bcb4595aabbe085f3494bc2bb55f10e1fbab4edfac4af0a62e2ebb03f4845928b4b1ced0520225e"
    )
    aad = canonical(header)
    if AESGCM(pair).encrypt(nonce, b"\x02" * 32, aad) != cipher:
        pytest.fail("the envelope differs from the published one")
    assert boxes.open_box(pair, nonce + cipher, aad) == b"\x02" * 32


def test_hpke_opening_vector() -> None:
    key = X25519Key.from_raw(b"\x03" * 32)
    assert key.public.hex() == "5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22"
    sealed = bytes.fromhex(
        "b3b25bdb3d6f3aeff2b16a3e93b05667f1ba994f33454d1e0513a43ffdfa3247"
        "e51271a7a919b4ba29cc75cee5c311f432eb42d5865c2fcdcf7864ef1dc3bc9371e854844ca447ce8f48415bce83513b"
    )
    assert boxes.open_from(key.raw, "crf-dek/1|0011223344556677|u03|1", sealed) == b"\x01" * 32
    with pytest.raises(IdentityRefused):
        boxes.open_from(key.raw, "crf-dek/1|0011223344556677|u04|1", sealed)


def test_signature_vector_is_deterministic() -> None:
    number = 1 + int.from_bytes(hashlib.sha256(b"crf test key 1").digest(), "big") % (P256_ORDER - 1)
    key = P256Key(ec.derive_private_key(number, ec.SECP256R1()))
    point = key.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    assert point.hex() == "02e0975f78d175c77fc39b4c904b063e66b4bffea648f0a712061290fbc1026961"
    digest = bytes.fromhex("480fe86322358b8388486b94da508213900697ff25a5847c9d34f7df1a646062")
    made = key.key.sign(digest, ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True))
    assert b64(made) == (
        "MEYCIQD+9lp/SXSWRYrAe5iYTz592JeuSwmaDcGsp/+lJEBKJQIhALdLP6XJlHM1DnCu0rEbewkSwNZpL3ANl0EbEN5SLFPx"
    )
    assert key.sign(b"same") == key.sign(b"same")
    assert verify_p256(key.public, key.sign(b"same"), b"same")
    assert unb64(b64(made)) == made


def test_record_vector() -> None:
    def hashed(text: str) -> str:
        return sha256(text.encode())

    seen = sorted([["D1", 41, hashed("a")], ["D1", 42, hashed("b")], ["D2", 7, hashed("c")]])
    audit = sha256(canonical(seen))
    assert audit == "757fd2f37a8ae1d17b34bfd9f45ed0433c3ac6f859eace2e0e2e403f2298f766"
    record = {
        "format": "crf-record/1",
        "level": "form",
        "study": "CSHUC",
        "site": "S01",
        "subject": "S01-003",
        "event": ["SE.D8", 1],
        "form": ["F.VS", 1],
        "definition": {"version": "3", "sha256": hashed("def")},
        "audit": {"seen": {"D1": 42, "D2": 7}, "sha256": audit},
        "items": [
            ["IG.VS", 1, "I.VS.DIABP", "82", "mm[Hg]", None],
            ["IG.VS", 1, "I.VS.NOTE", '收缩压 \u2028 "q" \\ \t \x01', None, None],
            ["IG.VS", 1, "I.VS.SYSBP", "128", "mm[Hg]", None],
            ["IG.VS", 1, "I.VS.TEMP", None, None, "ND"],
        ],
    }
    assert len(canonical(record)) == 549
    assert record_hash(record) == "b5752496882d51cba99b8a20ba6e5b3ecc115b1becd9e7dc1849bd2bd86e1d9a"
