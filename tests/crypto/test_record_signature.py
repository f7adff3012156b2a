"""The signature of a record: every leaf counts, and OpenSSL alone can check it."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crf_app.crypto.encoding import unb64
from crf_app.crypto.keys import P256Key
from crf_app.crypto.record_signature import record_hash, sign_record, signed_bytes, verify_record
from crf_app.errors import IntegrityError

KEY = P256Key.generate()
SIGNED: dict[str, Any] = {
    "format": "crf-signature/1",
    "record_sha256": "b5" * 32,
    "target": {"level": "form", "study": "CSHUC", "site": "S01", "subject": "S01-003", "form": ["F.VS", 1]},
    "signer": {"user": "u03", "name": "Made-up", "role": "investigator", "certificate_sha256": "00" * 32},
    "meaning": {"code": "approval", "text": "本人已审阅", "language": "zh"},
    "at": {"utc": "2026-11-22T08:00:00.000Z", "local": "2026-11-22T16:00:00+08:00", "source": "device"},
    "components": ["user id", "password"],
    "place": {"device": "D01", "seq": 42},
}


def leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from leaves(part, (*path, place))
    else:
        yield path


@pytest.mark.parametrize("path", list(leaves(SIGNED)), ids=str)
def test_a_change_of_any_leaf_breaks_the_signature(path: tuple[Any, ...]) -> None:
    signature = sign_record(KEY, SIGNED)
    assert verify_record(KEY.public, SIGNED, signature)
    changed = copy.deepcopy(SIGNED)
    part = changed
    for step in path[:-1]:
        part = part[step]
    old = part[path[-1]]
    part[path[-1]] = old + 1 if isinstance(old, int) else old + "x"
    assert not verify_record(KEY.public, changed, signature)


def test_another_key_or_text_does_not_verify() -> None:
    signature = sign_record(KEY, SIGNED)
    assert not verify_record(P256Key.generate().public, SIGNED, signature)
    assert not verify_record(KEY.public, SIGNED, "not base64")
    assert not verify_record(KEY.public, SIGNED, sign_record(KEY, SIGNED | {"extra": "x"}))
    assert sign_record(KEY, SIGNED) == signature


def test_another_format_is_never_signed_or_named() -> None:
    with pytest.raises(IntegrityError):
        sign_record(KEY, {"format": "crf-generation/1"})
    with pytest.raises(IntegrityError):
        record_hash(SIGNED)


def test_openssl_alone_verifies_it(tmp_path: Path) -> None:
    public, data, signature = tmp_path / "key.pem", tmp_path / "signed", tmp_path / "signature"
    public.write_bytes(KEY.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    data.write_bytes(signed_bytes(SIGNED))
    signature.write_bytes(unb64(sign_record(KEY, SIGNED)))
    command = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, data]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "Verified OK"
