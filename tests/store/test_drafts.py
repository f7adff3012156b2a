"""Typed text that is not saved lies beside the ledger: durable, by person, and no record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.record import Draft, Stamp
from crf_app.store import drafts, ledger
from crf_app.store.drafts import Kept

SUBJECT = "001-k3j9x0q2mz"
FORM = FormKey(SUBJECT, "SE.V1", "F.VS")
STAMP = Stamp("nurse", "nurse", "2026-11-22T08:00:00.000Z", "+08:00", "0.1.0", "1")
PULSE, SYS = ItemKey(FORM, "IG.VS", "I.VS.PULSE"), ItemKey(FORM, "IG.VS", "I.VS.SYSBP")


def kept(user: str = "nurse", key: ItemKey = PULSE, text: str = "7", at: str = "2026-11-22T08:00:00.000Z"):
    return Kept(user, key, text, None, "", "", at, "+08:00", "D1")


def test_a_draft_is_there_after_the_store_was_closed(bench: Any) -> None:
    drafts.write(bench.store, [kept()], [])
    bench.close()
    bench.open()
    assert drafts.of_user(bench.conn, "nurse") == [kept()]
    assert drafts.of_user(bench.conn, "doctor") == []


def test_one_row_for_each_person_and_field(bench: Any) -> None:
    drafts.write(bench.store, [kept(text="7"), kept(user="doctor", text="8")], [])
    drafts.write(bench.store, [kept(text="72"), kept(key=SYS, text="1", at="2026-11-22T08:01:00.000Z")], [])
    assert [one.text for one in drafts.of_user(bench.conn, "nurse")] == ["1", "72"]
    drafts.write(bench.store, [], [("nurse", PULSE)])
    assert [one.key for one in drafts.of_user(bench.conn, "nurse")] == [SYS]
    assert [one.text for one in drafts.of_user(bench.conn, "doctor")] == ["8"]


def test_another_person_learns_that_text_waits_and_never_what_it_says(bench: Any) -> None:
    drafts.write(bench.store, [kept(text="secret of the nurse")], [])
    found = drafts.of_others(bench.conn, "doctor", FORM)
    assert found == {PULSE: drafts.Waits("nurse", "2026-11-22T08:00:00.000Z", "+08:00")}
    assert "secret" not in repr(found)
    assert drafts.of_others(bench.conn, "nurse", FORM) == {}
    assert drafts.of_others(bench.conn, "doctor", FormKey(SUBJECT, "SE.V1", "F.VSI")) == {}


def test_a_draft_is_no_record_and_verify_finds_nothing(filled: Any) -> None:
    end, before = filled.store.end, list(ledger.entries(filled.conn))
    drafts.write(filled.store, [kept(text="typed and not saved")], [])
    drafts.end(filled.store, "nurse", "2026-11-22T09:00:00.000Z")
    assert filled.store.end == end and list(ledger.entries(filled.conn)) == before
    assert filled.problems() == []


def test_the_draft_of_a_value_goes_in_the_transaction_that_stores_it(bench: Any) -> None:
    drafts.write(bench.store, [kept(text="72"), kept(key=SYS), kept(user="doctor")], [])
    made = Draft("item.set", SUBJECT, PULSE.path, value="72")
    ledger.append(bench.store, [made], STAMP, settles=PULSE)
    assert [one.key for one in drafts.of_user(bench.conn, "nurse")] == [SYS]
    assert drafts.of_user(bench.conn, "doctor") == [kept(user="doctor")]


def test_a_refused_value_keeps_its_draft(bench: Any) -> None:
    """What is recorded of a refusal is no answer; what rolls back takes nothing away."""
    drafts.write(bench.store, [kept()], [])
    ledger.append(bench.store, [Draft("session.refuse", value="{}")], STAMP, settles=PULSE)
    bench.conn.execute(
        "CREATE TRIGGER made_up BEFORE UPDATE ON seal BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )
    with pytest.raises(Exception, match="full"):
        ledger.append(bench.store, [Draft("item.set", SUBJECT, PULSE.path, value="7")], STAMP, settles=PULSE)
    assert drafts.of_user(bench.conn, "nurse") == [kept()]


def test_leaving_in_order_is_told_from_a_stop(bench: Any) -> None:
    drafts.write(bench.store, [kept(), kept(user="doctor")], [])
    drafts.end(bench.store, "nurse", "2026-11-22T09:00:00.000Z")
    assert drafts.of_user(bench.conn, "nurse")[0].ended == "2026-11-22T09:00:00.000Z"
    assert drafts.of_user(bench.conn, "doctor")[0].ended == ""


def test_no_draft_stands_in_clear_in_any_file(bench: Any) -> None:
    drafts.write(bench.store, [kept(text="canary typed and not saved")], [])
    for path in Path(bench.home).iterdir():
        assert b"canary" not in path.read_bytes()


def test_a_store_of_the_second_step_gets_a_place_for_drafts(filled: Any) -> None:
    filled.conn.executescript("DROP TABLE draft; DELETE FROM _sqlite_migrations WHERE name = 'm003_drafts'")
    filled.close()
    (filled.home / "vault.json").write_text("{}", "utf-8")
    filled.open()
    assert drafts.of_user(filled.conn, "nurse") == [] and filled.problems() == []
