"""Which computers may send, and central's own keys."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from central_simulator import NOW, SITE_CERTIFICATE, SITE_KEY, request_of
from ledger_simulator import ENV, STUDY, Device

from crf_app.central import database, devices, feed, keys
from crf_app.crypto.certificates import make_site_certificate
from crf_app.crypto.keys import Ed25519Key, P256Key
from crf_app.errors import (
    BundleRefused,
    CrfError,
    IdentityRefused,
    NotFound,
    StorageError,
    TooNew,
    WrongPassword,
    WrongState,
)
from crf_app.sync.central_public import read_central_public
from crf_app.sync.enrolment import DeviceIdentity, enrol_value, read_request, write_request

SECRET = b"a made-up secret for tests"


def test_a_device_is_added_once_and_both_fingerprints_are_shown(central):
    request = request_of(Device("D07"))
    asked = read_request(request)
    added = devices.device_add(central.conn, request, now=NOW, expected=asked.fingerprint.lower())
    again = devices.device_add(central.conn, request, now="2026-11-23T00:00:00.000Z")
    assert (added.device, added.fingerprint, again.added_at) == ("D07", asked.fingerprint, NOW)
    for language in ("en", "zh"):
        assert asked.fingerprint in added.texts[language] and asked.site_fingerprint in added.texts[language]
    assert [one.device for one in devices.device_list(central.conn)] == ["D07"]


def test_another_fingerprint_than_was_read_out_is_refused(central):
    with pytest.raises(IdentityRefused, match="fingerprint"):
        devices.device_add(central.conn, request_of(Device("D07")), now=NOW, expected="AAAAAAAA-AAAAAAAA")
    assert devices.device_list(central.conn) == []


def test_a_name_is_not_taken_over_with_other_keys(central):
    (d,) = central.enrol("D07")
    with pytest.raises(WrongState, match="other keys"):
        devices.device_add(central.conn, request_of(Device("D07")), now=NOW)
    with pytest.raises(CrfError):
        devices.device_add(central.conn, request_of(replace(Device("D07", 2), site="002")), now=NOW)
    devices.device_add(central.conn, request_of(replace(Device("D07", 2), sign=d.sign)), now=NOW)
    assert [one.epoch for one in devices.device_list(central.conn)] == [1, 2]


def test_all_devices_of_a_site_carry_the_same_site_key(central):
    central.enrol("D07")
    other = P256Key.generate()
    certificate = make_site_certificate(other, STUDY, "001", datetime(2026, 11, 22, tzinfo=UTC))
    with pytest.raises(IdentityRefused, match="another key of the site"):
        devices.device_add(central.conn, request_of(Device("D08"), other, certificate), now=NOW)


def test_a_request_for_another_study_is_refused(central):
    d = Device("D07")
    identity = DeviceIdentity("OTHER", ENV, "001", "D07", 1, "made up", d.sign.public, d.box.public)
    record = d.make(
        "device.enrol", subject=None, def_=None, key="D07", value=enrol_value(identity, SITE_KEY.sign)
    )
    request = write_request(identity, SITE_CERTIFICATE, record, NOW, d.sign.sign)
    with pytest.raises(BundleRefused, match="another study"):
        devices.device_add(central.conn, request, now=NOW)


def test_an_unknown_device_is_neither_withdrawn_nor_given_a_receipt(central):
    with pytest.raises(NotFound):
        devices.device_revoke(central.conn, "D66", now=NOW, reason="lost")
    with pytest.raises(NotFound):
        feed.receipt(central.conn, central.keys, "D66", now=NOW)
    central.enrol("D07")
    with pytest.raises(WrongState, match="no receipt"):
        feed.receipt(central.conn, central.keys, "D07", now=NOW)


def test_after_a_restore_of_central_receipts_begin_a_new_generation(central):
    (d,) = central.enrol("D07")
    assert central.ingest(central.bundle(d)).receipt == (1, 1)
    assert database.after_restore(central.conn).cepoch == 2
    assert central.ingest(central.bundle(d)).receipt == (2, 2)


def test_central_keys_open_with_their_secret_only(tmp_path):
    made = keys.create_keys(tmp_path, STUDY, ENV, SECRET)
    opened = keys.unlock_keys(tmp_path, SECRET)
    assert opened.public == made.public == read_central_public((tmp_path / keys.PUBLIC).read_bytes())
    assert (tmp_path / keys.PRIVATE).stat().st_mode & 0o077 == 0
    with pytest.raises(WrongPassword):
        keys.unlock_keys(tmp_path, b"another secret")
    with pytest.raises(WrongState, match="here already"):
        keys.create_keys(tmp_path, STUDY, ENV, SECRET)
    with pytest.raises(WrongState, match="central init"):
        keys.unlock_keys(tmp_path / "nowhere", SECRET)


def test_a_changed_key_file_is_refused(tmp_path):
    keys.create_keys(tmp_path, STUDY, ENV, SECRET)
    path = tmp_path / keys.PRIVATE
    good = json.loads(path.read_bytes())
    other = keys.b64(Ed25519Key.generate().public)
    for change in ({"study": "OTHER"}, {"sign_public": other}, {"kdf": {}}, {"private": 5}, {"extra": 1}):
        path.write_text(json.dumps(good | change))
        with pytest.raises(CrfError) as refused:
            keys.unlock_keys(tmp_path, SECRET)
        assert refused.value.exit_code in (4, 5)
    path.write_text(json.dumps(good | {"version": 2}))
    with pytest.raises(TooNew):
        keys.unlock_keys(tmp_path, SECRET)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CrfError):
        keys.unlock_keys(tmp_path, SECRET)


def test_a_database_belongs_to_one_study(central):
    assert database.create(central.conn, STUDY, ENV) == database.Study(STUDY, ENV, 1)
    with pytest.raises(WrongState, match="another study"):
        database.create(central.conn, "OTHER", ENV)
    assert database.migrate(central.conn) == []


def test_a_database_of_a_newer_program_is_not_touched(central):
    central.conn.execute("INSERT INTO schema_step VALUES ('9999_future', '')")
    for act in (database.migrate, database.read_study):
        with pytest.raises(TooNew):
            act(central.conn)


def test_an_empty_database_and_an_unreachable_one_are_said_in_words(server):
    with database.connect(server) as conn, pytest.raises(WrongState, match="central init"):
        database.read_study(conn)
    with pytest.raises(StorageError, match="does not answer"):
        database.connect(database.Server("host=127.0.0.1 port=1 dbname=none connect_timeout=2"))
