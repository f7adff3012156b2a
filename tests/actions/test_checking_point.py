"""A check goes on from where the same person's last one ended, and from nobody else's."""

from __future__ import annotations

import json

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.safekeeping import keeping
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64
from crf_app.errors import Cancelled
from crf_app.model.record import Draft
from crf_app.store import checking
from tests.actions.test_attack_seals import of, rewrite


@pytest.fixture
def checked(session, at):
    """The nurse has entered, checked everything, and entered more."""
    nurse = session("nurse")
    enter_value(nurse, at("SE.V1", "VS.SYSBP"), "128")
    report = keeping.verify(nurse)
    keeping.remember(nurse, report)
    enter_value(nurse, at("SE.V1", "VS.DIABP"), "80")
    return nurse, report.records


def test_only_what_is_new_is_looked_at(checked):
    nurse, before = checked
    report = keeping.verify(nurse, new=True)
    assert report.problems == [] and report.since[0] == before
    assert 0 < report.records < before


def test_it_moves_on_with_each_check(checked):
    nurse, before = checked
    keeping.remember(nurse, keeping.verify(nurse, new=True))
    again = keeping.verify(nurse, new=True)
    assert again.since[0] > before and again.records == 0 and again.problems == []


def test_somebody_else_begins_at_the_beginning(checked, session):
    _, before = checked
    report = keeping.verify(session("coordinator"), new=True)
    assert report.since is None and report.records > before


def test_a_check_with_a_problem_is_no_beginning(checked):
    nurse, before = checked
    nurse.store.conn.execute("UPDATE item_data SET value = '999'")
    keeping.remember(nurse, keeping.verify(nurse))
    assert keeping.verify(nurse, new=True).since[0] == before


@pytest.mark.parametrize("what", ["value", "table", "name", "seal"])
def test_what_is_wrong_after_it_is_found(checked, at, what):
    nurse, before = checked
    conn = nurse.store.conn
    conn.execute("DROP TRIGGER audit_record_no_update")
    if what == "value":
        conn.execute("UPDATE audit_record SET value = '81' WHERE seq > ? AND kind = 'item.set'", (before,))
    elif what == "table":
        conn.execute("UPDATE item_data SET value = '81' WHERE \"key\" LIKE '%DIABP'")
    elif what == "name":
        where = at("SE.V1", "VS.PULSE")
        nurse.commit(
            [Draft("item.set", where.subject, where.path, value="72", user="coordinator", role="coordinator")]
        )
    else:
        conn.execute("UPDATE seal SET seq = seq + 1")
    assert keeping.verify(nurse, new=True).problems


def test_another_record_at_its_place_is_found(checked):
    """The chain hash of the place is the one that was checked, or what follows does not fit it."""
    nurse, before = checked
    conn = nurse.store.conn
    conn.execute("DROP TRIGGER audit_record_no_update")
    conn.execute("UPDATE audit_record SET hash = ? WHERE seq = ?", ("0" * 64, before))
    assert keeping.verify(nurse, new=True).problems


def test_a_record_before_it_that_is_gone_is_found(checked):
    nurse, _ = checked
    conn = nurse.store.conn
    conn.execute("DROP TRIGGER audit_record_no_delete")
    assert conn.execute("DELETE FROM audit_record WHERE kind = 'vault.create'").rowcount == 1
    report = keeping.verify(nurse, new=True)
    assert [one["en"] for one in report.problems] == ["Records that were checked before are missing: 1."]


def test_all_hashes_before_it_computed_again_are_found(session, at):
    enter_value(session("nurse"), at("SE.V1", "VS.SYSBP"), "128")
    insider = session("coordinator")
    keeping.remember(insider, keeping.verify(insider))
    enter_value(insider, at("SE.V1", "VS.TEMP"), "36.6")
    assert keeping.verify(insider, new=True).problems == []
    rewrite(insider, lambda records: records[of(records, "SYSBP")].update(value="99"))
    told = [one["en"] for one in keeping.verify(insider, new=True).problems]
    assert "This is not the record that was checked before." in told


def test_a_change_in_place_before_it_is_for_the_whole_check(checked):
    """The limit of a check of what is new, kept so that nobody believes more than holds."""
    nurse, _ = checked
    conn = nurse.store.conn
    conn.execute("DROP TRIGGER audit_record_no_update")
    changed = conn.execute("UPDATE audit_record SET reason = 'x' WHERE kind = 'vault.create'")
    assert changed.rowcount == 1
    assert keeping.verify(nurse, new=True).problems == []
    assert any("content was changed" in one["en"] for one in keeping.verify(nurse).problems)


def test_a_check_that_was_stopped_leaves_the_last_one(checked, monkeypatch):
    monkeypatch.setattr(checking, "_EVERY", 1)
    nurse, before = checked

    def stop(done: int, total: int | None = None) -> None:
        raise Cancelled

    for new in (False, True):
        with pytest.raises(Cancelled):
            keeping.verify(nurse, stop, new=new)
    assert not nurse.store.conn.in_transaction
    assert keeping.verify(nurse, new=True).since[0] == before


def test_a_point_that_somebody_else_wrote_counts_for_nothing(checked, session):
    nurse, _ = checked
    conn = nurse.store.conn
    said = json.loads(conn.execute("SELECT value FROM meta WHERE name = 'verified nurse'").fetchone()[0])
    del said["signature"]
    said |= {"seq": nurse.store.end.seq, "hash": nurse.store.end.hash.hex()}
    insider = session("coordinator")
    signature = b64(insider.keys.sign.sign(b"crf-verified/1\0" + canonical(said)))
    insider.store.conn.execute(
        "UPDATE meta SET value = ? WHERE name = 'verified nurse'",
        (canonical(said | {"signature": signature}).decode(),),
    )
    assert keeping.verify(session("nurse"), new=True).since is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"signature":1}', "[" * 3000])
def test_what_is_no_point_is_a_whole_check(checked, text):
    nurse, _ = checked
    nurse.store.conn.execute("UPDATE meta SET value = ? WHERE name = 'verified nurse'", (text,))
    assert keeping.verify(nurse, new=True).since is None


def test_another_epoch_is_checked_whole(checked):
    from crf_app.actions.safekeeping.new_epoch import begin_new_epoch

    nurse, _ = checked
    begin_new_epoch(nurse)
    report = keeping.verify(nurse, new=True)
    assert report.since is None and report.problems == []
