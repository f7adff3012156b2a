"""The folded tables: what is kept step by step is what a rebuild gives."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.model.record import Draft, cover, cover_digest
from crf_app.rules.fold import heads_of
from crf_app.rules.unit_state import FormUnit
from crf_app.store import ledger, projections
from crf_app.store.migrations import FOLDED
from crf_app.store.store import transaction

SUBJECTS = ("001-aaaaaaaaaa", "001-bbbbbbbbbb")
FORMS = ("SE.V1/F.VS", "SE.V1/F.LBC")
ITEMS = ("IG.VS/I.VS.SYSBP", "IG.VS/I.VS.DIABP", "IG.AE~r1/I.AE.AETERM")


def dump(conn):
    return {table: sorted(conn.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in FOLDED}


def rebuilt(conn):
    with transaction(conn):
        projections.rebuild(conn)
    return dump(conn)


def test_rebuilding_changes_nothing(filled):
    before = dump(filled.conn)
    assert all(before[table] for table in FOLDED)
    assert rebuilt(filled.conn) == before


def test_rebuilding_mends_what_was_edited(filled):
    before = dump(filled.conn)
    filled.conn.execute("UPDATE item_data SET value = '999'")
    filled.conn.execute("DELETE FROM query")
    assert rebuilt(filled.conn) == before


# random histories of one device: every kind of record, several to a transaction


@st.composite
def steps(draw):
    kind = draw(
        st.sampled_from(["answer", "answer", "answer", "query", "status", "sign", "row", "head", "new"])
    )
    return (
        kind, draw(st.sampled_from(SUBJECTS)), draw(st.sampled_from(FORMS)), draw(st.sampled_from(ITEMS)),
        draw(st.integers(0, 5)), draw(st.booleans()),
    )  # fmt: skip


class Maker:
    """Turns a step into a draft that names the heads of its cell (or, as a fork would, none)."""

    def __init__(self, conn):
        self.conn = conn

    def draft(self, step) -> Draft:
        kind, subject, form, item, choice, aware = step
        return getattr(self, f"_{kind}")(subject, form, item, choice, aware)

    def _entries(self, subject, form):
        return list(ledger.entries(self.conn, "cell_unit = ?", (f"F|{subject}|{form}",)))

    def _heads(self, subject, form, kinds, key, aware):
        cell = [e for e in self._entries(subject, form) if e.record.kind in kinds and e.record.key == key]
        return tuple(e.id for e in heads_of(cell)) if aware else ()

    def _unit(self, subject, form) -> FormUnit:
        return projections.fold(f"F|{subject}|{form}", self._entries(subject, form))

    def _answer(self, subject, form, item, choice, aware):
        kinds = ("item.set", "item.derive", "item.resolve")
        key = f"{form}/{item}"
        heads = self._heads(subject, form, kinds, key, aware)
        return Draft(kinds[choice % 3], subject, key, heads, value=(None, "1", "2")[choice % 3])

    def _query(self, subject, form, item, choice, aware):
        kinds = ("query.open", "query.answer", "query.close", "query.reopen", "query.cancel")
        key = f"{form}/{item}"
        heads = self._heads(subject, form, kinds, key, aware)
        system = {"user": "system", "role": "system", "value": '{"check":"C.1"}'} if choice == 0 else {}
        return Draft(kinds[choice % 5], subject, key, heads, thread=f"Q-{item[-5:]}", **system)

    def _status(self, subject, form, item, choice, aware):
        value = ("open", "complete", "frozen", "locked", "archived", "open")[choice]
        covers = cover(self._unit(subject, form).present_ids()) if value in ("frozen", "locked") else ()
        heads = self._heads(subject, form, ("form.status",), form, aware)
        return Draft("form.status", subject, form, heads, covers, value=value)

    def _sign(self, subject, form, item, choice, aware):
        ids = self._unit(subject, form).present_ids()
        return Draft("sign.make", subject, form, covers=cover(ids), digest=cover_digest(form, ids))

    def _row(self, subject, form, item, choice, aware):
        kinds = ("row.add", "row.delete", "row.restore")
        key = f"{form}/IG.AE~r1"
        seen = cover(e.id for e in self._entries(subject, form)) if aware else ()
        return Draft(
            kinds[choice % 3], subject, key, self._heads(subject, form, kinds, key, aware), seen, n="1"
        )

    def _head(self, subject, form, item, choice, aware):
        kind = ("subject.add", "subject.label", "subject.status", "event.add", "user.add", "user.grant")[
            choice
        ]
        if kind.startswith("user"):
            return Draft(kind, key="u-lin", value='{"name":"made up"}' if choice == 4 else "locked")
        key = "SE.UNS~x" if kind == "event.add" else subject
        return Draft(kind, subject, key, value="withdrawn" if choice == 2 else f"ZN00{choice}", reason="r")

    def _new(self, subject, form, item, choice, aware):
        return Draft("future.thing", subject if aware else None, f"{form}/{item}", value="?")


@pytest.mark.requirement("law 2")
@pytest.mark.requirement("house law 3")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.lists(steps(), min_size=1, max_size=3), max_size=12))
def test_what_is_kept_step_by_step_is_what_a_rebuild_gives(tmp_path, bench_at, history):
    bench = bench_at(tmp_path / secrets.token_hex(8))
    try:
        maker = Maker(bench.conn)
        for transaction_ in history:
            bench.append(*(maker.draft(step) for step in transaction_))
        before = dump(bench.conn)
        assert rebuilt(bench.conn) == before
        if history:
            assert bench.problems() == []
    finally:
        bench.close()


def test_a_kept_answer_counts_its_steps(filled):
    row = filled.conn.execute("SELECT value, steps FROM item_data WHERE \"key\" LIKE '%SYSBP'").fetchone()
    assert row == ("182", 2)
