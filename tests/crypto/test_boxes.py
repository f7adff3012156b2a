"""Boxes, keys, slots and texts open for the right key and place only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crf_app.crypto import boxes, slot
from crf_app.crypto.encoding import b64, fingerprint, unb64
from crf_app.crypto.keys import Ed25519Key, P256Key, X25519Key, verify_ed25519, verify_p256
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import IdentityRefused, IntegrityError, VaultTampered


@given(st.binary(max_size=200), st.binary(max_size=20), st.data())
def test_a_box_opens_unchanged_or_not_at_all(plain: bytes, aad: bytes, data: st.DataObject) -> None:
    key = bytes(32)
    sealed = boxes.seal(key, plain, aad)
    assert boxes.open_box(key, sealed, aad) == plain
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    changed = bytearray(sealed)
    changed[place // 8] ^= 1 << place % 8
    for wrong in (bytes(changed), sealed[:-1], sealed[: place // 8], b""):
        with pytest.raises(IdentityRefused):
            boxes.open_box(key, wrong, aad)
    with pytest.raises(IdentityRefused):
        boxes.open_box(key, sealed, aad + b"x")


@settings(max_examples=30)
@given(st.binary(max_size=100), st.data())
def test_what_is_sealed_to_somebody_opens_for_that_key_and_purpose(plain: bytes, data: st.DataObject) -> None:
    mine, other = X25519Key.generate(), X25519Key.generate()
    sealed = boxes.seal_to(mine.public, "purpose", plain)
    assert boxes.open_from(mine.raw, "purpose", sealed) == plain
    cut = data.draw(st.integers(0, len(sealed) - 1))
    for key, info, box in (
        (other.raw, "purpose", sealed),
        (mine.raw, "another", sealed),
        (mine.raw, "purpose", sealed[:cut]),
        (mine.raw, "purpose", bytes(32) + sealed[32:]),
    ):
        with pytest.raises(IdentityRefused):
            boxes.open_from(key, info, box)


def test_keys_come_back_from_their_bytes_and_hide_them() -> None:
    seal, box, sign = Ed25519Key.generate(), X25519Key.generate(), P256Key.generate()
    assert Ed25519Key.from_raw(seal.raw).public == seal.public
    assert X25519Key.from_raw(box.raw).public == box.public
    assert P256Key.from_der(sign.der).public == sign.public
    for key, secret in ((seal, seal.raw), (box, box.raw), (sign, sign.der)):
        assert secret.hex() not in repr(key) and repr(secret)[2:-1] not in repr(key)


def test_only_the_right_key_and_text_verify() -> None:
    seal, sign = Ed25519Key.generate(), P256Key.generate()
    assert verify_ed25519(seal.public, seal.sign(b"a"), b"a")
    assert not verify_ed25519(seal.public, seal.sign(b"a"), b"b")
    assert not verify_ed25519(Ed25519Key.generate().public, seal.sign(b"a"), b"a")
    assert not verify_ed25519(b"short", seal.sign(b"a"), b"a")
    assert verify_p256(sign.public, sign.sign(b"a"), b"a")
    assert not verify_p256(sign.public, sign.sign(b"a"), b"b")
    assert not verify_p256(P256Key.generate().public, sign.sign(b"a"), b"a")
    assert not verify_p256(b"no key", sign.sign(b"a"), b"a")
    assert not verify_p256(sign.public, b"no signature", b"a")


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33)])
def test_bytes_that_are_no_key_are_refused(wrong: bytes) -> None:
    for make in (Ed25519Key.from_raw, X25519Key.from_raw, P256Key.from_der):
        with pytest.raises(IntegrityError):
            make(wrong)


def test_a_slot_opens_with_its_password_under_its_header() -> None:
    header: dict[str, object] = {"id": "central", "kind": "central", "public": "AA=="}
    locked = slot.lock({"sign": "one", "box": "two"}, b"a long enough secret", header, LIGHT)
    assert slot.unlock(locked, b"a long enough secret", header) == {"sign": "one", "box": "two"}
    with pytest.raises(IdentityRefused):
        slot.unlock(locked, b"another long secret", header)
    with pytest.raises(IdentityRefused):
        slot.unlock(locked, b"a long enough secret", header | {"id": "u03"})
    heavier = slot.Locked(dict(locked.kdf) | {"t": 3}, locked.private)
    with pytest.raises(IdentityRefused):
        slot.unlock(heavier, b"a long enough secret", header)
    with pytest.raises(VaultTampered):
        slot.unlock(slot.Locked(dict(locked.kdf) | {"t": 99}, locked.private), b"x", header)


@given(st.binary(max_size=50))
def test_bytes_have_one_text(data: bytes) -> None:
    assert unb64(b64(data)) == data


@pytest.mark.parametrize("text", ["AB==", "AA=", "A A=", "AA==\n", "äA==", None, 7])
def test_another_spelling_of_base64_is_refused(text: object) -> None:
    with pytest.raises(IntegrityError):
        unb64(text)


def test_a_fingerprint_is_groups_of_eight() -> None:
    assert fingerprint(b"") == "4OYMIQUY-7QOBJGX3"
    assert fingerprint(b"", groups=1) == "4OYMIQUY"
    assert fingerprint(b"a") != fingerprint(b"b")
