"""The archive: who may write it, that the ledger says so first, that nothing half is left."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from dataclasses import replace

import pytest

from crf_app.actions.completing import complete_form
from crf_app.actions.safekeeping.archiving import archive
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import Session
from crf_app.actions.signing import sign_form
from crf_app.crypto.canonical import sha256
from crf_app.errors import LedgerBroken, NotAllowed, StorageError, StoreDamaged, WrongState
from crf_app.model.progress import Cancelled
from crf_app.model.record import chain_hash, record_id
from crf_app.store import ledger


@pytest.fixture
def signed(nurse, at, vital_signs, session, password) -> Session:
    """The investigator, after signing one form."""
    vital_signs(nurse, at)
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    investigator: Session = session("investigator")
    sign_form(investigator, at.form("SE.V1", "F.VS"), password, "approval")
    return investigator


def test_the_archive_holds_the_very_bytes_that_the_chain_is_made_of(signed, tmp_path):
    identity, end, last = signed.identity, signed.store.end.seq, signed.store.end.hash
    done = archive(signed, tmp_path / "a.zip")
    assert (done.made.records, done.made.chains) == (end, 1)
    with zipfile.ZipFile(done.made.path) as zipped:
        lines = [line.split(b"\t", 2) for line in zipped.read("ledger/D1.1.txt").splitlines()]
        definition = zipped.read(f"documents/{signed.study.sha256}.json")
        manifest = zipped.read("manifest.json")
    assert [data for _, _, data in lines] == [
        one.record.canonical() for one in ledger.entries(signed.store.conn, "seq <= ?", (end,))
    ]
    hash_ = identity.genesis()
    for _, stored, data in lines:
        hash_ = chain_hash(hash_, record_id(data))
        assert stored.decode() == hash_.hex()
    assert hash_ == last and definition == signed.study.canonical_bytes()
    assert sha256(manifest) == done.made.manifest
    assert json.loads(manifest)["made_by"] == {"user": "investigator", "role": "investigator"}


def test_the_export_is_a_record_that_names_the_manifest(signed, tmp_path, records):
    end = signed.store.end.seq
    done = archive(signed, tmp_path / "a.zip")
    (record,) = records(signed, end)
    assert (record.kind, record.user) == ("export.make", "investigator")
    assert json.loads(record.value) == {"format": "archive", "rows": end, "manifest": done.made.manifest}
    assert verify(signed).sound


def test_only_the_owner_reads_the_file_and_a_folder_gets_a_name_without_a_subject(signed, tmp_path):
    path = archive(signed, tmp_path).made.path
    assert path.name == "HUCMSC_001_D1_20261122T010000Z.archive.zip"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_nurse_is_refused_and_there_is_no_file(nurse, tmp_path, records):
    with pytest.raises(NotAllowed):
        archive(nurse, tmp_path / "a.zip")
    assert records(nurse)[-1].kind == "session.refuse" and list(tmp_path.glob("a.zip*")) == []


def test_stopped_there_is_no_file_and_no_record(signed, tmp_path):
    end = signed.store.end.seq

    def stop(done, of=None, /):
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        archive(signed, tmp_path / "a.zip", stop)
    assert list(tmp_path.glob("a.zip*")) == [] and signed.store.end.seq == end
    steps = []
    archive(signed, tmp_path / "a.zip", lambda done, of=None, /: steps.append((done, of)))
    assert steps[0][0] == 0 and steps[-1] == (steps[-1][1],) * 2


def test_no_file_gets_its_name_when_the_ledger_cannot_say_so(signed, tmp_path, monkeypatch):
    def full(*_, **__):
        raise StorageError("Made-up: the disk refuses.", "虚构：磁盘拒绝。")

    monkeypatch.setattr("crf_app.store.ledger.append", full)
    with pytest.raises(StorageError):
        archive(signed, tmp_path / "a.zip")
    assert list(tmp_path.glob("a.zip*")) == []


def test_a_ledger_that_does_not_lead_to_its_seal_is_not_archived(signed, tmp_path):
    signed.store.conn.execute("DROP TRIGGER audit_record_no_update")
    signed.store.conn.execute("UPDATE audit_record SET reason = 'made up' WHERE seq = 9")
    with pytest.raises(LedgerBroken):
        archive(signed, tmp_path / "a.zip")
    assert list(tmp_path.glob("a.zip*")) == []


def test_a_changed_document_is_not_archived(signed, tmp_path):
    signed.store.conn.execute("UPDATE blob SET bytes = zeroblob(9)")
    with pytest.raises(StoreDamaged):
        archive(signed, tmp_path / "a.zip")
    assert list(tmp_path.glob("a.zip*")) == []


def test_keys_that_the_site_does_not_vouch_for_write_no_archive(signed, tmp_path):
    signed.store.identity = replace(signed.identity, epoch=2)  # as after a restore, before it is enrolled
    with pytest.raises(WrongState):
        archive(signed, tmp_path / "a.zip")
    assert list(tmp_path.glob("a.zip*")) == []


def test_a_file_of_the_study_itself_is_not_written_over(signed, home):
    with pytest.raises(StorageError):
        archive(signed, home / "study.db")
