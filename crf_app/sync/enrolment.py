"""The request by which a device asks central to take its bundles, and the words of its `device.enrol` record.

    request    canonical JSON  {"format": "crf-device-request", "v": 1, "study", "env", "site", "device",
               "epoch", "name", "sign_public", "box_public" (base64, 32 raw bytes), "site_certificate" (PEM),
               "record" (canonical text of the device.enrol record), "made_at", "signature"}
    signature  base64 Ed25519 by the device over "crf-device-request-1" + SHA-512(canonical without it)
    record     device.enrol with value = canonical {"name", "site", "epoch", "sign_public", "box_public",
               "signature"}; its signature is base64 ECDSA of the site key over enrol_statement(...)

Central takes a device because its own key signed the request and the site's key signed the record.  Who the
site is, a person decides who compares the fingerprints.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from crf_app.crypto import certificates
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64, fingerprint, unb64
from crf_app.crypto.keys import verify_ed25519, verify_p256
from crf_app.errors import CrfError, IdentityRefused
from crf_app.model.record import AuditRecord
from crf_app.model.record_reading import parse_record
from crf_app.sync.central_public import CENTRAL
from crf_app.sync.container import canonical_object

FORMAT: Final = "crf-device-request"
MAX_REQUEST: Final = 256 << 10
_SIGNED: Final = b"crf-device-request-1"
_STATEMENT: Final = b"crf-device-enrol/1\0"
_TEXTS: Final = ("study", "env", "site", "device", "name", "made_at")
_MEMBERS: Final = {*_TEXTS, "format", "v", "epoch", "sign_public", "box_public", "site_certificate", "record",
                   "signature"}  # fmt: skip

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """One (device, epoch) with its raw public keys, 32 bytes each."""

    study: str
    env: str
    site: str
    device: str
    epoch: int
    name: str
    sign_public: bytes
    box_public: bytes

    @property
    def fingerprint(self) -> str:
        """Shown on both sides and compared by two people."""
        return fingerprint(self.sign_public + self.box_public)

    def as_json(self) -> dict[str, Any]:
        texts = {name: getattr(self, name) for name in ("study", "env", "site", "device", "epoch", "name")}
        return {**texts, "sign_public": b64(self.sign_public), "box_public": b64(self.box_public)}


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A request whose signatures were checked."""

    identity: DeviceIdentity
    site_certificate: bytes  # DER
    record: AuditRecord
    made_at: str
    data: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        return self.identity.fingerprint

    @property
    def site_fingerprint(self) -> str:
        """Of the site's public key, as the site's own certificate page shows it."""
        return fingerprint(certificates.read_certificate(self.site_certificate).public)


def enrol_statement(identity: DeviceIdentity) -> bytes:
    """What the site key signs to vouch for a device."""
    return _STATEMENT + canonical(identity.as_json())


def enrol_value(identity: DeviceIdentity, sign_as_site: Sign) -> str:
    """The `value` of the device.enrol record; the record's `key` is the device's id."""
    return _value(identity, b64(sign_as_site(enrol_statement(identity))))


def write_request(
    identity: DeviceIdentity, site_certificate: bytes, record: AuditRecord, made_at: str, sign: Sign
) -> bytes:
    """The request file; `site_certificate` is DER, `sign` is the device's Ed25519 key."""
    raw = {
        **identity.as_json(), "format": FORMAT, "v": 1, "made_at": made_at,
        "site_certificate": certificates.to_pem(site_certificate).decode("ascii"),
        "record": record.canonical().decode("utf-8"),
    }  # fmt: skip
    return canonical({**raw, "signature": b64(sign(_to_sign(raw)))})


def read_request(data: bytes) -> DeviceRequest:
    """The request, self-signature and site signature checked.  Raises IdentityRefused."""
    try:
        return _checked(data)
    except CrfError:
        raise _refused() from None


def _checked(data: bytes) -> DeviceRequest:
    raw = canonical_object(data if len(data) <= MAX_REQUEST else b"")
    if set(raw) != _MEMBERS or raw["format"] != FORMAT or raw["v"] != 1 or type(raw["epoch"]) is not int:
        raise _refused()
    if not all(isinstance(raw[name], str) and raw[name] for name in (*_TEXTS, "record", "site_certificate")):
        raise _refused()
    keys = {name: unb64(raw[name]) for name in ("sign_public", "box_public")}
    identity = DeviceIdentity(
        raw["study"], raw["env"], raw["site"], raw["device"], raw["epoch"], raw["name"], **keys
    )
    unsigned = {name: value for name, value in raw.items() if name != "signature"}
    if identity.device == CENTRAL or not (
        _NAME.fullmatch(identity.site) and _NAME.fullmatch(identity.device)
    ):
        raise _refused()
    if not 1 <= identity.epoch < 2**31 or {len(one) for one in keys.values()} != {32}:
        raise _refused()
    if not verify_ed25519(identity.sign_public, unb64(raw["signature"]), _to_sign(unsigned)):
        raise _refused()
    certificate = certificates.from_pem(raw["site_certificate"].encode())
    record = parse_record(raw["record"].encode("utf-8"))
    _check_record(record, identity, certificate)
    return DeviceRequest(identity, certificate, record, raw["made_at"], data)


def _check_record(record: AuditRecord, identity: DeviceIdentity, certificate: bytes) -> None:
    """The record speaks of this very device, and the site's key signed it."""
    site = certificates.read_certificate(certificate)
    signature = _signature_of(record)
    same = _value(identity, signature) == record.value
    if record.kind != "device.enrol" or record.device != identity.device or not same or not site.is_authority:
        raise _refused()
    if not verify_p256(site.public, unb64(signature), enrol_statement(identity)):
        raise _refused()


def _value(identity: DeviceIdentity, signature: str) -> str:
    raw = identity.as_json()
    kept = {name: raw[name] for name in ("name", "site", "epoch", "sign_public", "box_public")}
    return canonical({**kept, "signature": signature}).decode("utf-8")


def _signature_of(record: AuditRecord) -> str:
    try:
        raw = json.loads(record.value or "")
    except (ValueError, RecursionError):
        raise _refused() from None
    if not isinstance(raw, dict) or not isinstance(raw.get("signature"), str):
        raise _refused()
    return str(raw["signature"])


def _to_sign(raw: dict[str, Any]) -> bytes:
    return _SIGNED + hashlib.sha512(canonical(raw)).digest()


def _refused() -> IdentityRefused:
    return IdentityRefused(
        "This is not a device request, or it was changed. Make the request again on the device.",
        "此文件不是设备登记申请，或已被改动。请在该设备上重新生成申请。",
        where="request",
    )
