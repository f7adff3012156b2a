"""An insider with all keys of the device writes the ledger anew: what central signed tells."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.safekeeping.keeping import rebuild, verify
from crf_app.actions.sync import syncing
from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.model.record import chain_hash, genesis, record_id, seal_bytes
from crf_app.store import ledger
from crf_app.sync.bundle import Place, write_bundle
from crf_app.sync.central_public import CENTRAL, CentralPublic
from crf_app.sync.lines import End, Receipt

SIGN, BOX = Ed25519Key.generate(), X25519Key.generate()
AT = "2026-11-22T01:00:00.000Z"


@pytest.fixture
def at_work(session: Any, at: Any, vital_signs: Any) -> Any:
    """A nurse whose answers central has signed for, and one answer after them."""
    investigator = session("investigator")
    study, env = investigator.store.identity.study, investigator.store.identity.env
    syncing.add_central(investigator, CentralPublic(study, env, SIGN.public, BOX.public).encoded())
    nurse = session("nurse")
    vital_signs(nurse, at)
    apply_receipt(nurse)
    enter_value(nurse, at("SE.V1", "VS.SYSBP"), "131", reason="made-up reason")
    assert verify(nurse).sound
    return nurse


def apply_receipt(session: Any, *others: End) -> None:
    place, end = session.store.identity, session.store.end
    ends = (End(place.device, place.epoch, end.seq, end.hash.hex()), *others)
    bare = Receipt(place.device, 1, 1, (), ends, AT)
    signed = Receipt(place.device, 1, 1, (), ends, AT, SIGN.sign(bare.statement(place.study, place.env)))
    file = write_bundle(
        Place(place.study, place.env, CENTRAL, 1),
        SIGN.sign,
        [session.keys.device.box.public],
        AT,
        receipt=signed,
    )
    assert syncing.apply_file(session, file.data).is_new


def written_anew(session: Any, keep: int, **changes: str) -> None:
    """Everything after `keep` records goes; `changes` are made in the last one that stays; all seals fit."""
    conn, place = session.store.conn, session.store.identity
    for name in ("no_update", "no_delete", "no_replace"):
        conn.execute(f"DROP TRIGGER audit_record_{name}")
    conn.execute("DELETE FROM audit_record WHERE seq > ?", (keep,))
    for column, text in changes.items():
        conn.execute(f'UPDATE audit_record SET "{column}" = ? WHERE seq = ?', (text, keep))
    hash_ = genesis(place.study, place.env, place.device, place.epoch)
    for row in ledger.chain_rows(conn):
        id_ = record_id(ledger.record_of_row(row[6:]).canonical())
        hash_ = chain_hash(hash_, id_)
        conn.execute(
            "UPDATE audit_record SET id = ?, hash = ? WHERE seq = ?", (id_.hex(), hash_.hex(), row[2])
        )
    seal = session.keys.device.sign.sign(
        seal_bytes(place.study, place.env, place.device, place.epoch, keep, hash_)
    )
    conn.execute("UPDATE seal SET seq = ?, hash = ?, signature = ?", (keep, hash_.hex(), seal))
    rebuild(session)


def problems(session: Any) -> list[str]:
    """Besides the guards that are gone, which a careful insider would put back."""
    return [one["en"] for one in verify(session).problems if not one["where"].startswith("schema")]


def test_a_chain_written_anew_fails_at_the_receipt(at_work: Any) -> None:
    at = at_work.store.end.seq - 1  # the last record that central holds
    written_anew(at_work, at, reason="another")
    assert any("holds another record here" in one for one in problems(at_work))


def test_a_tail_cut_off_with_all_keys_fails_at_the_receipt(at_work: Any) -> None:
    written_anew(at_work, at_work.store.end.seq - 2)
    assert any("the end of the chain was cut off" in one for one in problems(at_work))


def test_what_came_after_the_receipt_rests_on_the_seal_of_who_wrote_it(at_work: Any) -> None:
    """Central has not signed for it yet: the device's key alone writes nothing anew in somebody's name."""
    written_anew(at_work, at_work.store.end.seq, reason="another")
    assert [one.partition(":")[0] for one in problems(at_work)] == ["The seal of nurse does not fit"]


def test_a_receipt_that_was_changed_to_fit_is_not_centrals(at_work: Any) -> None:
    conn = at_work.store.conn
    name, text = conn.execute("SELECT name, value FROM meta WHERE name GLOB 'signed receipt *'").fetchone()
    said = json.loads(text)
    said["receipt"]["ends"][0][2] -= 1
    conn.execute("UPDATE meta SET value = ? WHERE name = ?", (json.dumps(said), name))
    assert problems(at_work) == ["A receipt was changed: central did not sign it."]


@pytest.mark.parametrize("text", ["{}", "[]", "not JSON", '{"receipt": 1, "signature": "AA=="}'])
def test_a_receipt_that_is_none_is_a_problem_and_no_fault(at_work: Any, text: str) -> None:
    at_work.store.conn.execute("UPDATE meta SET value = ? WHERE name GLOB 'signed receipt *'", (text,))
    assert "A receipt was changed: central did not sign it." in problems(at_work)


def test_what_another_computer_wrote_as_this_device_is_no_alteration(session: Any, at: Any) -> None:
    """A device restored from a backup: central holds more of its earlier chain, which the page says."""
    investigator = session("investigator")
    place = investigator.store.identity
    syncing.add_central(
        investigator, CentralPublic(place.study, place.env, SIGN.public, BOX.public).encoded()
    )
    apply_receipt(investigator, End(place.device, place.epoch, 900, "ab" * 32))
    assert problems(investigator) == []
