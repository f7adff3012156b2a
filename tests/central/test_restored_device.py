"""A device restored from a backup at a real central: both epochs arrive, both histories stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.history import history
from crf_app.actions.my_day import where_data_are
from crf_app.actions.safekeeping.keeping import backup, state_hash, verify
from crf_app.actions.safekeeping.new_epoch import begin_new_epoch
from crf_app.actions.safekeeping.restoring import restore
from crf_app.actions.safekeeping.two_histories import two_histories
from crf_app.actions.sync.syncing import (
    add_central,
    apply_file,
    device_request,
    make_bundle,
    safety,
    sync_page,
)
from crf_app.central import database, devices, feed, receive
from crf_app.central import state as central_state
from crf_app.central import verify as central_verify
from crf_app.central.keys import CentralKeys, create_keys
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store.own_chains import elsewhere, own_chains

NOW = "2026-11-22T10:00:00.000Z"


@dataclass
class Place:
    """One central of the real study."""

    conn: Any
    keys: CentralKeys
    public: bytes
    folder: Path

    def enrol(self, session: Any) -> None:
        devices.device_add(self.conn, device_request(session), now=NOW)

    def send(self, session: Any) -> receive.Ingested:
        """One bundle of this device, taken in."""
        made = make_bundle(session, self.folder / f"{self.conn.info.dbname}.crf")
        return receive.ingest(self.conn, self.keys, made.path.read_bytes(), now=NOW)

    def answer(self, session: Any) -> Any:
        return apply_file(session, feed.receipt(self.conn, self.keys, session.device, now=NOW).data)


@pytest.fixture
def place(server: database.Server, databases: Any, tmp_path: Path, study: Any) -> Any:
    own = databases._at(databases._create(""))
    keys = create_keys(tmp_path / "central", study.oid, "test", b"a made-up secret for tests")
    with database.connect(own) as conn:
        database.create(conn, study.oid, "test")
        yield Place(conn, keys, (tmp_path / "central" / "central.pub").read_bytes(), tmp_path)
    with psycopg.connect(server.dsn, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {psycopg.conninfo.conninfo_to_dict(own.dsn)['dbname']} WITH (FORCE)")


def _key(uid: str, item: str) -> ItemKey:
    return ItemKey(FormKey(uid, "SE.SCR", "F.VS"), "IG.VS", f"I.VS.{item}")


def _value(session: Any, uid: str, text: str, item: str = "SYSBP") -> None:
    enter_value(session, _key(uid, item), text, reason="source checked" if text.endswith("9") else None)


def test_the_tail_that_was_not_sent_and_the_new_epoch_both_arrive(
    place: Place, session: Callable[..., Any], new_subject: Any, home: Path, password: str, clock: Any
) -> None:
    admin = session("admin")
    add_central(admin, place.public)
    place.enrol(admin)
    nurse = session("nurse")
    uid = new_subject(nurse)
    place.send(nurse)
    place.answer(nurse)
    _value(nurse, uid, "128")
    kept = backup(session("coordinator"), place.folder / "b.crfbackup")
    again = place.folder / "again"
    done = restore(again, kept.path, "admin", password, clock=clock)
    restored = session("admin", again)
    place.enrol(restored)
    restored = session("nurse", again)
    _value(restored, uid, "80", "DIABP")
    assert (done.epoch, safety(restored).only_here) == (2, 2)
    assert where_data_are(restored, 2).oldest == history(restored, _key(uid, "SYSBP"))[0].at
    assert [one.safe for one in history(restored, _key(uid, "SYSBP"))] == [False]
    first, second = place.send(restored), place.send(restored)
    assert [(one.state, one.epoch, one.forked) for one in (first, second)] == [
        ("applied", 1, False),
        ("applied", 2, False),
    ]
    page = sync_page(restored)
    assert [(one.epoch, one.safe, one.inside.values) for one in page.bundles] == [
        (2, False, 1),
        (1, False, 1),
    ]
    assert page.sent == page.here > page.safe
    place.answer(restored)
    page = sync_page(restored)
    assert [one.safe for one in page.bundles] == [True, True] and page.safe == page.here
    for item in ("SYSBP", "DIABP"):  # one of each epoch
        assert [one.safe for one in history(restored, _key(uid, item))] == [True]
    assert safety(restored).only_here == 0 and verify(session("coordinator", again)).sound
    assert central_state.state_hash(place.conn) == state_hash(session("coordinator", again))


def _began(place: Place, session: Callable[..., Any], new_subject: Any) -> tuple[Any, str]:
    """A device that is enrolled, with a subject, one value, and everything sent."""
    admin = session("admin")
    add_central(admin, place.public)
    place.enrol(admin)
    nurse = session("nurse")
    uid = new_subject(nurse)
    _value(nurse, uid, "128")
    place.send(nurse)
    place.answer(nurse)
    return nurse, uid


def _state(place: Place, item: str = "SYSBP") -> str:
    found = place.conn.execute("SELECT state FROM item_data WHERE key LIKE %s", (f"%{item}",)).fetchone()
    return str(found[0])


def test_an_old_backup_restored_while_the_first_computer_goes_on_is_seen_on_all_three(
    place: Place, session: Callable[..., Any], new_subject: Any, home: Path, password: str, clock: Any
) -> None:
    first, uid = _began(place, session, new_subject)
    kept = backup(session("coordinator"), place.folder / "b.crfbackup")
    first = session("nurse")
    _value(first, uid, "139")  # the first computer goes on
    assert not place.send(first).forked
    again = place.folder / "again"
    restore(again, kept.path, "admin", password, clock=clock)
    second = session("admin", again)
    place.enrol(second)
    second = session("nurse", again)
    assert two_histories(second) is None, "nobody told it yet"
    _value(second, uid, "149")  # the same answer, unseen by the first
    came = place.send(second)
    assert (came.state, came.epoch, came.forked) == ("applied", 2, True)
    assert "two histories" in came.texts["en"] and "两条历史" in came.texts["zh"]
    assert "Another computer" in place.answer(second).texts["en"]
    assert "另一台电脑" in place.answer(first).texts["zh"]
    ends = {one.identity.epoch: one.end for one in own_chains(first.store)}, own_chains(second.store)[-1].end
    assert elsewhere(second.store.conn) == [(1, ends[0][1])] and elsewhere(first.store.conn) == [(2, ends[1])]
    for one in (first, second):
        said = two_histories(one)
        assert said is not None and "Another computer" in said["en"] and safety(one).only_here == 0
        assert verify(session("coordinator", one.home)).problems == []
    assert _state(place) == "conflict", "both values are kept and somebody has to choose"
    assert central_verify.verify(place.conn).ok


def test_a_copied_home_forks_its_chain_and_both_branches_stay(
    place: Place, session: Callable[..., Any], new_subject: Any, home: Path
) -> None:
    first, uid = _began(place, session, new_subject)
    session("coordinator")  # the nurse's store is closed: the files are whole
    clone = place.folder / "clone"
    shutil.copytree(home, clone, ignore=shutil.ignore_patterns("*.lock", "*-wal", "*-shm"))
    first = session("nurse")
    _value(first, uid, "139")
    assert not place.send(first).forked
    second = session("nurse", clone)
    _value(second, uid, "149")
    came = place.send(second)
    assert (came.state, came.epoch, came.forked) == ("applied", 1, True)
    for one in (first, second):
        place.answer(one)
        assert elsewhere(one.store.conn)[0][0] == 1 and two_histories(one) is not None
        assert safety(one).only_here == 0
    assert _state(place) == "conflict" and central_verify.verify(place.conn).ok
    _value(first, uid, "70", "PULSE")
    assert place.send(first).state == "applied", "each branch goes on"
    assert begin_new_epoch(session("admin", clone)) == 2
    again = session("admin", clone)
    place.enrol(again)
    _value(session("nurse", clone), uid, "71", "RESP")
    second = session("nurse", clone)
    came = place.send(second)
    while not came.new:
        came = place.send(second)
    assert (came.state, came.epoch, came.forked) == ("applied", 2, True)
    place.answer(second)
    assert safety(second).only_here == 0 and verify(session("coordinator", clone)).problems == []
    assert central_verify.verify(place.conn).ok
