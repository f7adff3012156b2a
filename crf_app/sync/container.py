"""The outside of a bundle: magic, readable header, sealed body, signature.  It knows no records.

    "CRFBNDL1" | u32 big-endian header length | header | body | 64-byte Ed25519 signature
    header     canonical JSON: v, study, env, device, epoch, first, last, lines, plain, body, made_at,
               to: [{"key": SHA-256 of the recipient's raw X25519 key (hex), "wrapped": base64 HPKE}]
    body       12-byte nonce, AES-256-GCM under a random file key, 16-byte tag
               AAD = SHA-256 of all bytes before the body
    wrapped    HPKE of the 32-byte file key, info = "crf-bundle/1|" + canonical{study, env, device, epoch}
    signature  over "crf-bundle-1" + SHA-512 of all bytes before the signature

`plain` and `body` are lengths in bytes.  Version 1 fixes all algorithms.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crf_app.crypto import boxes
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import X25519Key, verify_ed25519
from crf_app.errors import IdentityRefused, IntegrityError
from crf_app.sync import refusals
from crf_app.sync.limits import AGREED, Limits

MAGIC: Final = b"CRFBNDL1"
VERSION: Final = 1
SIGNATURE_BYTES: Final = 64
BODY_OVERHEAD: Final = boxes.NONCE_BYTES + 16
_SIGNED: Final = b"crf-bundle-1"
_NEWER: Final = re.compile(rb"CRFBNDL[2-9]")
_TEXTS: Final = ("study", "env", "device", "made_at")
_NUMBERS: Final = ("v", "epoch", "first", "last", "lines", "plain", "body")
_KEY_ID: Final = re.compile(r"[0-9a-f]{64}")
_MAX_NUMBER: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Header:
    """What a courier can read.  `to` maps key id → wrapped file key."""

    study: str
    env: str
    device: str
    epoch: int
    first: int
    last: int
    lines: int
    plain: int
    body: int
    made_at: str
    to: tuple[tuple[str, bytes], ...]

    @property
    def records(self) -> int:
        return self.last - self.first + 1 if self.last else 0

    def encoded(self) -> bytes:
        raw: dict[str, Any] = {name: getattr(self, name) for name in (*_TEXTS, *_NUMBERS) if name != "v"}
        to = [{"key": key, "wrapped": b64(wrapped)} for key, wrapped in self.to]
        return canonical(raw | {"v": VERSION, "to": to})


@dataclass(frozen=True, slots=True)
class Envelope:
    """A file whose header was read and whose lengths agree; nothing is verified yet."""

    header: Header
    before_body: bytes
    body: bytes
    signature: bytes
    name: str

    def is_signed_by(self, public: bytes) -> bool:
        """Whether the owner of the raw Ed25519 key signed exactly these bytes."""
        return verify_ed25519(public, self.signature, _to_sign(self.before_body, self.body))


def key_id(public: bytes) -> str:
    """How a recipient is named in the header."""
    return hashlib.sha256(public).hexdigest()


def bundle_name(data: bytes) -> str:
    """SHA-256 of the file: its name everywhere."""
    return hashlib.sha256(data).hexdigest()


def close(
    header: Header, packed: bytes, recipients: Sequence[bytes], sign: Callable[[bytes], bytes]
) -> bytes:
    """The finished file around `packed`; `header.body` and `header.to` are filled in here."""
    file_key = boxes.new_key()
    info = _info(header)
    to = tuple((key_id(public), boxes.seal_to(public, info, file_key)) for public in recipients)
    encoded = _with_body(header, len(packed) + BODY_OVERHEAD, to).encoded()
    before = MAGIC + struct.pack(">I", len(encoded)) + encoded
    body = boxes.seal(file_key, packed, hashlib.sha256(before).digest())
    return b"".join((before, body, sign(_to_sign(before, body))))


def read(data: bytes, limits: Limits = AGREED) -> Envelope:
    """Checks 1 and 2: size, magic, header length, version, one spelling, lengths agree.

    Raises LimitExceeded, TooNew, BundleRefused.
    """
    if len(data) > limits.file:
        raise refusals.too_large("file")
    start = len(MAGIC) + 4
    if _NEWER.match(data):
        raise refusals.newer()
    if not data.startswith(MAGIC) or len(data) < start:
        raise refusals.altered("magic")
    (length,) = struct.unpack(">I", data[len(MAGIC) : start])
    if length > limits.header or start + length + SIGNATURE_BYTES > len(data):
        raise refusals.altered("header length")
    header = parse_header(data[start : start + length], limits)
    end = start + length + header.body
    if end + SIGNATURE_BYTES != len(data) or header.body < BODY_OVERHEAD:
        raise refusals.altered("lengths")
    return Envelope(header, data[: start + length], data[start + length : end], data[end:], bundle_name(data))


def unseal(envelope: Envelope, mine: X25519Key) -> bytes:
    """Check 8: the packed lines.  The signature must have been checked before.  Raises BundleRefused."""
    wrapped = dict(envelope.header.to).get(key_id(mine.public))
    if wrapped is None:
        raise refusals.not_for_me()
    try:
        file_key = boxes.open_from(mine.raw, _info(envelope.header), wrapped)
        return boxes.open_box(file_key, envelope.body, hashlib.sha256(envelope.before_body).digest())
    except IdentityRefused:
        raise refusals.altered("body") from None


def parse_header(data: bytes, limits: Limits = AGREED) -> Header:
    """The header from its canonical bytes.  Raises TooNew for a newer version, BundleRefused otherwise."""
    raw = canonical_object(data)
    version = raw.get("v")
    if type(version) is int and VERSION < version <= _MAX_NUMBER:
        raise refusals.newer()
    if set(raw) != {*_TEXTS, *_NUMBERS, "to"} or version != VERSION:
        raise refusals.altered("header")
    if not all(isinstance(raw[name], str) and raw[name] and "\0" not in raw[name] for name in _TEXTS):
        raise refusals.altered("header")
    if not all(type(raw[name]) is int and 0 <= raw[name] <= _MAX_NUMBER for name in _NUMBERS):
        raise refusals.altered("header")
    values = {name: raw[name] for name in (*_TEXTS, *_NUMBERS) if name != "v"}
    return Header(**values, to=_recipients(raw["to"], limits))


def canonical_object(data: bytes) -> dict[str, Any]:
    """A JSON object in its one spelling.  Raises BundleRefused."""
    try:
        raw = json.loads(data)
        same = canonical(raw) == data
    except (ValueError, RecursionError):
        same = False
    if not same or not isinstance(raw, dict):
        raise refusals.altered("spelling")
    return raw


def _recipients(raw: object, limits: Limits) -> tuple[tuple[str, bytes], ...]:
    if not isinstance(raw, list) or not raw:
        raise refusals.altered("recipients")
    if len(raw) > limits.recipients:
        raise refusals.too_large("recipients")
    out = []
    for one in raw:
        if not isinstance(one, dict) or set(one) != {"key", "wrapped"} or not isinstance(one["key"], str):
            raise refusals.altered("recipients")
        if not _KEY_ID.fullmatch(one["key"]):
            raise refusals.altered("recipients")
        try:
            out.append((one["key"], unb64(one["wrapped"])))
        except IntegrityError:
            raise refusals.altered("recipients") from None
    return tuple(out)


def _with_body(header: Header, body: int, to: tuple[tuple[str, bytes], ...]) -> Header:
    values = {name: getattr(header, name) for name in (*_TEXTS, *_NUMBERS) if name not in ("v", "body")}
    return Header(**values, body=body, to=to)


def _info(header: Header) -> str:
    place = {"study": header.study, "env": header.env, "device": header.device, "epoch": header.epoch}
    return "crf-bundle/1|" + canonical(place).decode("utf-8")


def _to_sign(before_body: bytes, body: bytes) -> bytes:
    digest = hashlib.sha512(before_body)
    digest.update(body)
    return _SIGNED + digest.digest()
