"""An insider has the data key, the device's key and an own key; computes everything again; the seals tell.

What cannot be told this way, and is told by central's receipts and the witness: the insider's own last
transactions, and a tail that was cut (`docs/reliability.md`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.safekeeping.keeping import rebuild, verify
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64
from crf_app.crypto.keys import P256Key
from crf_app.model.record import Draft, chain_hash, genesis, record_id, seal_bytes, user_seal_bytes
from crf_app.rules.fold import unit_of
from crf_app.store import ledger
from crf_app.store.migrations import in_memory

Change = Callable[[list[dict[str, Any]]], None]


@pytest.fixture
def shared(session, at):
    """Nurse and coordinator have both written; the coordinator is the insider, whose session comes back."""
    nurse = session("nurse")
    for variable, text in (("VS.SYSBP", "128"), ("VS.DIABP", "80"), ("VS.PULSE", "72")):
        enter_value(nurse, at("SE.V1", variable), text)
    insider = session("coordinator")
    enter_value(insider, at("SE.V1", "VS.RESP"), "16")
    enter_value(insider, at("SE.V1", "VS.TEMP"), "36.6")
    assert verify(insider).sound
    return insider


def rewrite(insider: Any, change: Change, *, reseal: bool = True) -> None:
    """Change the chain as plain objects, then compute ids, hashes, own seals, device seal and folds again."""
    conn, i = insider.store.conn, insider.identity
    rows = [(place, entry.record) for place, entry in ledger.placed(conn)]
    raws = [record.as_json() for _, record in rows]
    mine = {n for n, raw in enumerate(raws) if raw.get("seal", "").startswith(f"{insider.user}:")}
    kept = [raws[n] | ({"mine": True} if n in mine else {}) for n in range(len(raws))]
    change(kept)
    conn.executescript(
        "DROP TRIGGER audit_record_no_update; DROP TRIGGER audit_record_no_delete; DELETE FROM audit_record;"
    )
    end, new_ids = genesis(i.study, i.env, i.device, i.epoch), {}
    for seq, raw in enumerate(kept, 1):
        own, old = raw.pop("mine", False), record_id(canonical(raw)).hex()
        if "parents" in raw:
            raw["parents"] = [new_ids.get(one, one) for one in raw["parents"]]
        if own and reseal:
            del raw["seal"]
            said = user_seal_bytes(end, canonical(raw))
            raw["seal"] = f"{insider.user}:{b64(insider.keys.sign.sign(said))}"
        name = record_id(canonical(raw))
        new_ids[old], end = name.hex(), chain_hash(end, name)
        _put(conn, i, seq, end, name, raw)
    signature = insider.store.sign(seal_bytes(i.study, i.env, i.device, i.epoch, len(kept), end))
    conn.execute("UPDATE seal SET seq = ?, hash = ?, signature = ?", (len(kept), end.hex(), signature))
    for (sql,) in in_memory().execute("SELECT sql FROM sqlite_master WHERE name LIKE 'audit_record_no_%'"):
        conn.execute(sql.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS"))
    insider.store.end = ledger.ChainEnd(len(kept), end, insider.store.end.tick)
    rebuild(insider)


def _put(conn: Any, i: Any, seq: int, end: bytes, name: bytes, raw: dict[str, Any]) -> None:
    record = ledger.record_of(raw)
    cells = {key: json.dumps(one) if isinstance(one, list) else one for key, one in raw.items()}
    cells |= {"device": i.device, "epoch": i.epoch, "seq": seq, "hash": end.hex(), "id": name.hex()}
    cells["cell_unit"] = unit_of(record)
    names = ", ".join(f'"{one}"' for one in cells)
    marks = ", ".join("?" * len(cells))
    conn.execute(f"INSERT INTO audit_record ({names}) VALUES ({marks})", tuple(cells.values()))


def of(records: list[dict[str, Any]], variable: str) -> int:
    (found,) = (n for n, one in enumerate(records) if one["kind"] == "item.set" and variable in one["key"])
    return found


def told(insider: Any) -> list[str]:
    return [one["en"] for one in verify(insider).problems]


def test_computing_all_again_changes_nothing_by_itself(shared):
    rewrite(shared, lambda records: None)
    assert told(shared) == []


def test_the_insiders_own_last_transaction_is_not_told(shared):
    """The limit of seals, kept here so that nobody believes more than holds."""
    rewrite(shared, lambda records: records[of(records, "TEMP")].update(value="39.9"))
    assert told(shared) == []


@pytest.mark.parametrize("reseal", [True, False])
def test_another_persons_value_cannot_be_changed(shared, reseal):
    rewrite(shared, lambda records: records[of(records, "PULSE")].update(value="99"), reseal=reseal)
    assert any("The seal of nurse does not fit" in one for one in told(shared))


def test_another_persons_record_cannot_be_removed(shared):
    rewrite(shared, lambda records: records.pop(of(records, "DIABP")))
    assert any("The seal of nurse does not fit" in one for one in told(shared))


def test_records_of_others_cannot_change_places(shared):
    def swap(records):
        one, two = of(records, "SYSBP"), of(records, "DIABP")
        records[one], records[two] = records[two], records[one]
        records[one]["tick"], records[two]["tick"] = records[two]["tick"], records[one]["tick"]

    rewrite(shared, swap)
    assert any("The seal of nurse does not fit" in one for one in told(shared))


def test_an_own_record_that_others_sealed_behind_cannot_be_changed(shared, session, at):
    nurse = session("nurse")
    enter_value(nurse, at("SE.V1", "VS.WEIGHT"), "65")
    insider = session("coordinator")
    rewrite(insider, lambda records: records[of(records, "TEMP")].update(value="39.9"))
    assert any("The seal of nurse does not fit" in one for one in told(insider))


def test_a_record_under_another_name_is_told(shared, at):
    where = at("SE.V1", "VS.WEIGHT")
    forged = Draft("item.set", where.subject, where.path, value="65", user="nurse", role="nurse")
    shared.commit([forged])
    assert told(shared) == ["This record stands under the name of nurse, and somebody else has sealed it."]


def test_a_record_under_another_name_before_ones_own_is_told(shared, at):
    where = at("SE.V1", "VS.WEIGHT")
    forged = Draft("item.set", where.subject, where.path, value="65", user="nurse", role="nurse")
    shared.commit([forged, Draft("session.refuse", value="{}")])
    assert told(shared) == ["This record stands under the name of nurse, who has not sealed it."]


def test_a_record_of_the_program_without_anybodys_seal_is_told(shared, at):
    where = at("SE.V1", "VS.WEIGHT")
    shared.clock.move(minutes=1)
    ledger.append(
        shared.store,
        [Draft("item.derive", where.subject, where.path, value="65", user="system", role="system")],
        shared.stamp(),
    )
    rebuild(shared)
    assert told(shared) == ["This record stands under the name of system, who has not sealed it."]


def test_a_key_that_somebody_else_asked_for_in_ones_name_seals_nothing(shared, at):
    key, where = P256Key.generate(), at("SE.V1", "VS.WEIGHT")
    asked = Draft("key.request", key="nurse", value=canonical({"public": b64(key.public)}).decode(),
                  user="nurse", role="nurse")  # fmt: skip
    forged = Draft("item.set", where.subject, where.path, value="65", user="nurse", role="nurse")
    shared.commit([asked, forged], others={"nurse": key.sign})
    said = told(shared)
    assert "A key was asked for in the name of nurse" in said[0] and "The seal of nurse" in said[1]


@pytest.mark.parametrize("kind", ["user.add", "user.reset"])
def test_only_an_administrator_makes_room_for_a_new_key(shared, kind):
    value = canonical({"name": "Made-up Nurse", "role": "nurse"}).decode()
    shared.commit([Draft(kind, key="nurse", value=value)])
    assert told(shared) == [
        "coordinator, who is no administrator, wrote that a person is added, reset or has another role."
    ]


def test_going_back_to_records_without_seals_is_told(shared):
    def plain(records):
        for one in records[of(records, "SYSBP") :]:
            one.pop("seal", None)
            one.pop("mine", None)
            one["v"] = 1

    rewrite(shared, plain)
    assert [one for one in told(shared) if "older form" in one and "more" in one]


def test_many_faults_of_one_person_are_one_sentence(shared):
    rewrite(shared, lambda records: records[of(records, "SYSBP")].update(value="99"))
    (said,) = [one for one in told(shared) if "The seal of nurse" in one]
    assert said.endswith("The same holds for 2 more.")


def test_each_person_of_a_transaction_seals_it(nurse, at, vital_signs, records):
    vital_signs(nurse, at)
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    sealed = [one for one in records(nurse) if one.user == "nurse" and one.seal]
    assert sealed and all(one.seal.startswith("nurse:") for one in sealed)
    assert records(nurse)[-1].seal  # also where the program wrote last
