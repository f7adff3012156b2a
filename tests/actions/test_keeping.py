"""Verify, back up, rebuild and the state hash through the actions: they append nothing."""

from __future__ import annotations

import json
import zipfile

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.safekeeping.keeping import backup, rebuild, state_hash, verify
from crf_app.actions.session import sign_in, sign_out
from crf_app.rules.state_hash import state_hash as hash_of
from crf_app.store import ledger


def test_keeping_appends_no_record(nurse, at, vital_signs, session, tmp_path):
    vital_signs(nurse, at)
    coordinator = session("coordinator")
    end, before = coordinator.store.end.seq, state_hash(coordinator)
    assert verify(coordinator).sound and rebuild(coordinator) == end
    backup(coordinator, tmp_path / "b.zip")
    assert state_hash(coordinator) == before == hash_of(ledger.entries(coordinator.store.conn))
    assert coordinator.store.end.seq == end and verify(coordinator).sound


def test_the_window_may_verify_in_a_worker_while_the_nurse_goes_on(nurse, at):
    import threading

    second, found = nurse.reader(), []
    worker = threading.Thread(target=lambda: found.append(verify(nurse, store=second)))
    worker.start()
    for n in range(20):
        enter_value(nurse, at("SE.V1", "VS.SYSBP"), str(110 + n))
    worker.join(30)
    assert [one.problems for one in found] == [[]]
    assert verify(nurse, store=second).sound
    second.close()


def test_somebody_else_than_this_device_is_not_believed(nurse, at):
    enter_value(nurse, at("SE.V1", "VS.SYSBP"), "128")
    from crf_app.crypto.keys import Ed25519Key
    from crf_app.model.record import seal_bytes

    i, end = nurse.identity, nurse.store.end
    forged = Ed25519Key.generate().sign(seal_bytes(i.study, i.env, i.device, i.epoch, end.seq, end.hash))
    nurse.store.conn.execute("UPDATE seal SET signature = ?", (forged,))
    assert [one["where"] for one in verify(nurse).problems] == ["seal D1.1"]


def test_a_backup_is_a_home_that_can_be_signed_in_to(nurse, at, session, clock, password, tmp_path):
    enter_value(nurse, at("SE.V1", "VS.SYSBP"), "128")
    coordinator = session("coordinator")
    before = state_hash(coordinator)
    done = backup(coordinator, tmp_path / "b.zip")
    (tmp_path / "again").mkdir()
    with zipfile.ZipFile(done.path) as archive:
        archive.extractall(tmp_path / "again")
    restored = sign_in(tmp_path / "again", "nurse", password, clock, unpacked=True)
    assert state_hash(restored) == before and verify(restored).sound
    sign_out(restored)


@pytest.mark.requirement("demand 4")
def test_no_plain_text_of_a_subject_lies_in_the_home_or_the_backup(nurse, at, session, home, tmp_path):
    enter_value(nurse, at("SE.V1", "VS.VSPERF"), "N")
    enter_value(nurse, at("SE.V1", "VS.VSREASND"), "canary-4f1d")
    from crf_app.actions.subjects import add_subject

    add_subject(nurse, "ZN099")
    backup(session("coordinator"), tmp_path / "b.zip")
    for path in [*(one for one in home.rglob("*") if one.is_file()), tmp_path / "b.zip"]:
        data = path.read_bytes()
        assert b"canary-4f1d" not in data and b"ZN099" not in data and b"I.VS." not in data, path.name


def test_each_acknowledged_value_is_in_the_file_of_another_reader(nurse, at):
    done = enter_value(nurse, at("SE.V1", "VS.SYSBP"), "128")
    second = nurse.reader()
    assert (
        json.dumps([one.record.value for one in ledger.entries(second.conn, "id = ?", done.ids[-1:])])
        == '["128"]'
    )
    second.close()
