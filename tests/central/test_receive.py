"""One bundle at central: applied once, whole or not at all, and what is refused changes nothing."""

from __future__ import annotations

import hashlib
import random
import threading
from dataclasses import replace

import psycopg
import pytest
from central_simulator import NOW, request_of
from ledger_simulator import FORM, Device, item

from crf_app.central import database, devices, feed, receive, state, verify
from crf_app.crypto.keys import Ed25519Key
from crf_app.errors import BundleRefused, CrfError, LimitExceeded, StorageError, TooNew
from crf_app.model.record import RECORD_VERSION, genesis
from crf_app.rules.state_hash import state_hash
from crf_app.sync.bundle import OwnRecords, write_bundle
from crf_app.sync.limits import AGREED
from crf_app.sync.lines import Blob
from crf_app.sync.receipt import read_receipt


def agrees(central, *seen: Device) -> None:
    """Central holds exactly what these devices hold, folded alike, and proves it against itself."""
    entries = {one.id: one for device in seen for one in device.entries}
    assert state.state_hash(central.conn) == state_hash(entries.values())
    assert verify.verify(central.conn).problems == ()


def busy(device: Device) -> Device:
    for n in range(5):
        device.answer(n, str(120 + n))
    device.answer(0, "182", 'transcription error: 血压\t"q" \\ \u2028')
    device.make("item.set", key=item(7), missing="ND", reason="line one\nline two")
    device.make("item.set", key=item(8), value="<5", unit="10*9/L")
    return device


def test_a_bundle_is_applied_and_central_agrees_with_the_device(central):
    (d,) = central.enrol("D07")
    busy(d)
    d.make("subject.add", key="SE.V1", value="001-0007")
    d.lock("complete")
    d.signature()
    outcome = central.ingest(central.bundle(d))
    assert (outcome.state, outcome.new, outcome.receipt) == ("applied", len(d.own), (1, 1))
    assert f"{len(d.own)} new records" in outcome.texts["en"] and "1.1" in outcome.texts["zh"]
    agrees(central, d)


def test_the_same_file_gives_the_same_receipt(central):
    (d,) = central.enrol("D07")
    data = central.bundle(busy(d))
    first = central.ingest(data)
    d.answer(1, "5", "later")
    central.ingest(central.bundle(d, len(d.own)))
    again = central.ingest(data)
    assert (again.state, again.new, again.receipt) == ("repeated", 0, first.receipt)
    assert central.one("SELECT count(*) FROM receipt") == 2
    agrees(central, d)


def test_the_same_records_in_another_file_are_recognised_by_position(central):
    (d,) = central.enrol("D07")
    one, other = central.bundle(busy(d)), central.bundle(d)
    assert one != other
    central.ingest(one)
    again = central.ingest(other)
    assert (again.state, again.new, again.receipt) == ("applied", 0, (1, 1))
    agrees(central, d)


def test_overlapping_bundles_add_only_what_is_new(central):
    (d,) = central.enrol("D07")
    busy(d)
    central.ingest(central.bundle(d, 1, 5))
    assert central.ingest(central.bundle(d, 3, 7)).new == 2
    assert central.ingest(central.bundle(d, 2, 4)).new == 0
    assert central.ingest(central.bundle(d, 1)).new == len(d.own) - 7
    agrees(central, d)


def test_a_gap_waits_is_named_and_closes_by_itself(central):
    (d,) = central.enrol("D07")
    busy(d)
    early = central.ingest(central.bundle(d, 8))
    middle = central.ingest(central.bundle(d, 5, 7))
    assert (early.state, early.receipt) == ("gap", None)
    assert "Records 1–7 of D07 have not arrived yet" in early.texts["en"] and "1–7" in early.texts["zh"]
    assert "Records 1–4" in middle.texts["en"]
    assert central.one("SELECT count(*) FROM audit_record") == 0
    closed = central.ingest(central.bundle(d, 1, 4))
    assert [one.first for one in closed.released] == [5, 8]
    assert f"{len(d.own)} new records" in closed.texts["en"]
    assert central.one("SELECT count(*) FROM inbox WHERE state = 'applied'") == 3
    agrees(central, d)


def test_a_gap_offered_again_after_its_predecessor_was_applied_answers_with_a_receipt(central):
    (d,) = central.enrol("D07")
    late = central.bundle(busy(d), 5)
    central.ingest(late)
    central.ingest(central.bundle(d, 1, 4))
    again = central.ingest(late)
    assert (again.state, again.receipt) == ("repeated", (1, 2))


def test_two_devices_on_one_answer_are_a_conflict_with_one_id(central):
    d, e = central.enrol("D07", "D12")
    d.answer(1, "5")
    e.answer(1, "6")
    central.ingest(central.bundle(d))
    central.ingest(central.bundle(e))
    assert central.one("SELECT state FROM item_data") == "conflict"
    agrees(central, d, e)
    d.see(e)
    d.answer(1, "6", "source checked")
    central.ingest(central.bundle(d, len(d.own)))
    assert central.one("SELECT state || value FROM item_data") == "clean6"
    agrees(central, d, e)


def test_completed_and_reopened_forms_are_followed_without_folding_again(central, monkeypatch):
    (d,) = central.enrol("D07")
    monkeypatch.setattr(receive.current_values, "fold_again", lambda *_: pytest.fail("folded again"))
    for step, value in enumerate(("complete", "open", "complete"), 5):
        d.answer(1, str(step))
        d.lock(value)
        central.ingest(central.bundle(d, central.one("SELECT coalesce(max(seq), 0) + 1 FROM audit_record")))
        agrees(central, d)
    assert central.one("SELECT value FROM item_data WHERE state = 'status'") == "complete"


def test_a_central_of_the_first_steps_is_brought_up_with_its_completed_forms(central):
    """There a completed form was special and had no row of its own."""
    (d,) = central.enrol("D07")
    d.answer(1, "5")
    d.lock("complete")
    central.ingest(central.bundle(d))
    central.conn.execute("DELETE FROM item_data WHERE state = 'status'")
    central.conn.execute("UPDATE form_data SET special = true")
    central.conn.execute("DELETE FROM schema_step WHERE name LIKE '0003%'")
    assert verify.verify(central.conn).problems != ()
    assert [name[:4] for name in database.migrate(central.conn)] == ["0003"]
    agrees(central, d)


@pytest.mark.parametrize("last", ["frozen", "locked"])
def test_a_lock_makes_a_form_special_and_what_comes_after_it_late(central, last):
    (d,) = central.enrol("D07")
    d.answer(1, "5")
    d.lock("complete")
    central.ingest(central.bundle(d))
    known = len(d.own)
    d.lock(last)
    d.answer(2, "7")
    central.ingest(central.bundle(d, known + 1))
    assert central.one("SELECT special FROM form_data WHERE left(cell_unit, 2) = 'F|'")
    agrees(central, d)


def test_two_devices_that_complete_one_form_agree_with_both(central):
    d, e = central.enrol("D07", "D12")
    d.answer(1, "5")
    d.lock("complete")
    e.see(d)
    d.lock("open")
    e.lock("complete")
    central.ingest(central.bundle(e))
    central.ingest(central.bundle(d))
    agrees(central, d, e)


def test_a_parent_that_has_not_arrived_makes_no_value_wrong_later(central):
    d, e = central.enrol("D07", "D12")
    d.answer(1, "5")
    e.see(d)
    e.answer(1, "6")
    central.ingest(central.bundle(e))
    central.ingest(central.bundle(d))
    assert central.one("SELECT value FROM item_data") == "6"
    agrees(central, d, e)


def test_a_restored_device_makes_a_fork_and_both_branches_stay(central):
    (d,) = central.enrol("D07")
    busy(d)
    backup = d.clone()
    d.answer(1, "11", "first life")
    d.answer(2, "12", "first life")
    backup.answer(1, "21", "second life")
    central.ingest(central.bundle(d))
    forked = central.ingest(central.bundle(backup, len(backup.own)))
    assert forked.forked and "two histories" in forked.texts["en"] and forked.new == 1
    backup.answer(3, "22", "second life")
    d.answer(3, "13", "first life")
    assert central.ingest(central.bundle(backup, 4)).new == 1
    assert central.ingest(central.bundle(d, 4)).new == 1
    assert central.one("SELECT max(branch) FROM audit_record") == 1
    agrees(central, d, backup)
    receipt = read_receipt(
        feed.receipt(central.conn, central.keys, "D07", now=NOW).data,
        central=central.keys.public, device="D07", mine=d.box,
    )  # fmt: skip
    assert set(receipt.receipt.ends) == {d.end(), backup.end()}


def test_two_epochs_of_a_device_are_two_chains_and_one_receipt(central):
    (d,) = central.enrol("D07")
    second = replace(Device("D07", 2), tick=d.tick)
    devices.device_add(central.conn, request_of(second), now=NOW)
    busy(d)
    second.see(d)
    second.answer(0, "99", "new epoch")
    assert central.ingest(central.bundle(second)).receipt == (1, 1)
    assert central.ingest(central.bundle(d)).receipt == (1, 2)
    agrees(central, d, second)


def refused(central, data: bytes, kind: type[CrfError] = BundleRefused) -> CrfError:
    """Central refuses, and its state is what it was."""
    before = state.state_hash(central.conn), central.one("SELECT count(*) FROM audit_record")
    with pytest.raises(kind) as caught:
        central.ingest(data)
    assert (state.state_hash(central.conn), central.one("SELECT count(*) FROM audit_record")) == before
    name = hashlib.sha256(data).hexdigest()
    assert central.one("SELECT state FROM inbox WHERE bundle = %s", name) == "refused"
    assert central.one("SELECT reason FROM inbox WHERE bundle = %s", name).startswith(caught.value.code)
    return caught.value


@pytest.mark.requirement("law 9")
def test_every_cut_and_flipped_bit_changes_nothing(central):
    (d,) = central.enrol("D07")
    busy(d)
    central.ingest(central.bundle(d, 1, 4))
    data = central.bundle(d, 5)
    before = state.state_hash(central.conn)
    changed = [data[:length] for length in range(0, len(data), 29)]
    for bit in range(0, len(data) * 8, 67):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        changed.append(bytes(flipped))
    for one in changed:
        with pytest.raises((BundleRefused, LimitExceeded, TooNew)):
            central.ingest(one)
    assert state.state_hash(central.conn) == before
    assert central.one("SELECT count(*) FROM inbox WHERE state = 'refused'") == len(set(changed))
    assert central.ingest(data).state == "applied"
    agrees(central, d)


def test_unknown_withdrawn_foreign_and_stolen_are_refused(central):
    (d,) = central.enrol("D07")
    busy(d)
    stranger = Device("D66")
    stranger.answer(1, "5")
    assert refused(central, central.bundle(stranger)).where == "device"
    thief = replace(d.clone(), sign=Ed25519Key.generate())
    assert refused(central, central.bundle(thief)).where == "signature"
    foreign = write_bundle(
        replace(d.place, env="production"), d.sign.sign, [central.keys.box.public], NOW,
        OwnRecords(enumerate(d.lines, 1), bytes(32), len(d.lines)),
    )  # fmt: skip
    assert refused(central, foreign.data).where == "study"
    assert refused(central, d.bundle().data).where == "recipient"
    devices.device_revoke(central.conn, "D07", now=NOW, reason="lost")
    assert "withdrawn on 2026-11-22" in refused(central, central.bundle(d)).sentence("en")


def test_a_device_enrolled_later_sends_the_refused_file_again(central):
    d = Device("D07")
    request = request_of(d)
    busy(d)
    data = central.bundle(d)
    refused(central, data)
    devices.device_add(central.conn, request, now=NOW)
    assert central.ingest(data).state == "applied"


def test_a_chain_that_does_not_attach_to_its_genesis_is_refused(central):
    (d,) = central.enrol("D07")
    busy(d)
    d.hashes = [bytes(32), *d.hashes]
    own = OwnRecords(enumerate(d.lines, 1), bytes(32), len(d.lines))
    data = write_bundle(d.place, d.sign.sign, [central.keys.box.public], NOW, own).data
    assert refused(central, data).where == "chain"


def test_a_seal_of_another_key_is_refused_though_the_file_is_signed(central):
    (d,) = central.enrol("D07")
    busy(d)
    other = Ed25519Key.generate()

    def sign(data: bytes) -> bytes:
        return d.sign.sign(data) if data.startswith(b"crf-bundle-1") else other.sign(data)

    own = OwnRecords(enumerate(d.lines, 1), central_genesis(d), len(d.lines))
    data = write_bundle(d.place, sign, [central.keys.box.public], NOW, own).data
    assert refused(central, data).where == "seal"


def central_genesis(d: Device) -> bytes:
    return genesis(d.place.study, d.place.env, d.name, d.epoch)


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (b'{"a":1}', "record"), (b"{", "record"), (b'{"tick":1e3}', "record"), (b"#" + b"0" * 64, "hidden"),
        (b"[" * 200_000, "record"), (b"\xff\xfe", "record"), (b'{"v":NaN}', "record"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_record_is_refused_though_it_is_signed_and_sealed(central, line, where):
    (d,) = central.enrol("D07")
    lines = [*d.lines, line]
    own = OwnRecords(enumerate(lines, 1), central_genesis(d), len(lines))
    data = write_bundle(d.place, d.sign.sign, [central.keys.box.public], NOW, own).data
    assert refused(central, data).where.startswith(where)


def hostile(d: Device, **fields: object) -> Device:
    d.make(**({"kind": "item.set", "key": item(0), "value": "1"} | fields))
    return d


def test_a_record_of_another_device_or_of_a_wild_tick_is_refused(central):
    (d,) = central.enrol("D07")
    other = replace(d.clone(), tick=2**40)
    assert refused(central, central.bundle(hostile(other))).where == "record: device or tick"
    d.add(replace(d.own[0], device="D08", tick=2))
    assert refused(central, central.bundle(d)).where == "record: device or tick"


def test_what_postgresql_cannot_index_is_a_refusal(central):
    (d,) = central.enrol("D07")
    long = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))
    refused(central, central.bundle(hostile(d, subject=f"001-{long}")), LimitExceeded)


def test_a_record_of_a_newer_program_is_said_to_be_newer(central):
    (d,) = central.enrol("D07")
    refused(central, central.bundle(hostile(d, v=RECORD_VERSION + 1)), TooNew)


def test_an_unknown_kind_is_kept(central):
    (d,) = central.enrol("D07")
    busy(d)
    central.ingest(central.bundle(hostile(d, kind="item.newer")))
    agrees(central, d)


def test_attachments_are_kept_by_their_hash(central):
    (d,) = central.enrol("D07")
    blob = Blob(hashlib.sha256(b"made up").hexdigest(), b"made up")
    data = d.bundle(recipients=[central.keys.box.public], blobs=[blob]).data
    central.ingest(data)
    assert central.one("SELECT bytes FROM blob WHERE sha256 = %s", blob.sha256) == b"made up"
    agrees(central, d)


@pytest.mark.requirement("law 15")
@pytest.mark.parametrize("point", ["current_values.store", "receipts.issue", "inbox.put", "chains.save"])
def test_a_backend_killed_before_commit_leaves_nothing_and_a_repeat_gives_the_same(
    central, monkeypatch, point
):
    (d,) = central.enrol("D07")
    busy(d)
    d.lock("complete")
    central.ingest(central.bundle(d, 1, 3))
    data, before = central.bundle(d, 4), state.state_hash(central.conn)
    module, name = point.split(".")
    real = getattr(getattr(receive, module), name)

    def killed(*arguments, **named):
        out = real(*arguments, **named)
        with database.connect(central.server) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (central.conn.info.backend_pid,))
        return out

    monkeypatch.setattr(getattr(receive, module), name, killed)
    with pytest.raises(StorageError, match="does not answer"):
        central.ingest(data)
    monkeypatch.undo()
    central.conn.close()
    central.conn = database.connect(central.server)
    assert state.state_hash(central.conn) == before
    assert central.one("SELECT count(*) FROM inbox") == 1
    assert verify.verify(central.conn).ok
    assert central.ingest(data).state == "applied"
    agrees(central, d)


def test_two_workers_with_the_same_bundles_apply_each_once(central):
    (d,) = central.enrol("D07")
    busy(d)
    files = [central.bundle(d, 1, 4), central.bundle(d, 5, 7), central.bundle(d, 8)]
    found: list[list[receive.Ingested]] = [[], []]

    def work(out: list[receive.Ingested], order: list[bytes]) -> None:
        with database.connect(central.server) as conn:
            out.extend(receive.ingest(conn, central.keys, data, now=NOW) for data in order)

    workers = [
        threading.Thread(target=work, args=(found[0], files)),
        threading.Thread(target=work, args=(found[1], files[::-1])),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [len(one) for one in found] == [3, 3]
    assert central.one("SELECT count(*) FROM inbox WHERE state <> 'applied'") == 0
    agrees(central, d)


def test_a_device_withdrawn_later_keeps_what_it_sent(central):
    (d,) = central.enrol("D07")
    data = central.bundle(busy(d))
    central.ingest(data)
    devices.device_revoke(central.conn, "D07", now=NOW, reason="lost")
    agrees(central, d)
    assert central.ingest(data).state == "repeated"


def test_limits_hold_at_central(central):
    (d,) = central.enrol("D07")
    data = central.bundle(busy(d))
    with pytest.raises(LimitExceeded):
        receive.ingest(
            central.conn, central.keys, data, now=NOW, limits=replace(AGREED, records=3, extra_lines=0)
        )
    assert central.ingest(data).state == "applied"


def test_ingest_writes_with_the_least_rights(central, monkeypatch):
    (d,) = central.enrol("D07")
    seen = []
    real = receive.current_values.store

    def spy(cur, touched):
        seen.append(cur.execute("SELECT current_user").fetchone()[0])
        with pytest.raises(psycopg.errors.InsufficientPrivilege), cur.connection.transaction():
            cur.execute("UPDATE audit_record SET value = '0'")
        real(cur, touched)

    monkeypatch.setattr(receive.current_values, "store", spy)
    central.ingest(central.bundle(busy(d)))
    assert seen == ["crf_ingest"]
    assert FORM in central.one("SELECT cell_unit FROM form_data")
