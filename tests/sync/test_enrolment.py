"""The request of a device: self-signed, vouched for by the site key, and nothing else passes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from ledger_simulator import ENV, MADE_AT, SITE, STUDY, Device

from crf_app.crypto.certificates import make_site_certificate
from crf_app.crypto.keys import P256Key
from crf_app.errors import IdentityRefused
from crf_app.sync.enrolment import DeviceIdentity, enrol_value, read_request, write_request

SITE_KEY = P256Key.generate()
CERTIFICATE = make_site_certificate(SITE_KEY, STUDY, SITE, datetime(2026, 11, 22, tzinfo=UTC))


def request(
    device: Device, *, site_key: P256Key = SITE_KEY, name: str | None = None, **changed: object
) -> bytes:
    identity = DeviceIdentity(
        STUDY, ENV, SITE, name or device.name, 1, "made-up laptop", device.sign.public, device.box.public
    )
    fields = {"key": device.name, "value": enrol_value(identity, site_key.sign)} | changed
    record = device.make("device.enrol", subject=None, def_=None, **fields)
    return write_request(identity, CERTIFICATE, record, MADE_AT, device.sign.sign)


def test_a_request_carries_keys_name_and_both_fingerprints():
    device = Device()
    read = read_request(request(device))
    assert (read.identity.device, read.identity.site, read.identity.epoch) == ("D07", SITE, 1)
    assert (read.identity.sign_public, read.identity.box_public) == (device.sign.public, device.box.public)
    assert len(read.fingerprint) == 17 and len(read.site_fingerprint) == 17 and read.record == device.own[0]


def test_every_change_of_a_request_is_refused():
    data = request(Device())
    for bit in range(0, len(data) * 8, 41):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(IdentityRefused):
            read_request(bytes(flipped))
    for length in range(0, len(data), 97):
        with pytest.raises(IdentityRefused):
            read_request(data[:length])


def test_a_request_needs_the_site_keys_signature():
    with pytest.raises(IdentityRefused):
        read_request(request(Device(), site_key=P256Key.generate()))


def test_a_record_that_speaks_of_other_keys_is_refused():
    other = Device("D08")
    stranger = DeviceIdentity(
        STUDY, ENV, SITE, "D07", 1, "made-up laptop", other.sign.public, other.box.public
    )
    with pytest.raises(IdentityRefused):
        read_request(request(Device(), value=enrol_value(stranger, SITE_KEY.sign)))


def test_no_device_takes_the_name_of_central():
    with pytest.raises(IdentityRefused):
        read_request(request(Device("central")))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, json.dumps({"v": 1}).encode()]
)
def test_what_is_no_request_is_refused_in_words(data):
    with pytest.raises(IdentityRefused, match="Make the request again on the device"):
        read_request(data)
