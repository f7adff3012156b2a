"""The hash that says two places agree: it sees every record and every unit, and no order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crf_app.model.record import AuditRecord
from crf_app.rules.state_hash import duplicate_labels, fold_all, state_hash, state_hash_of
from crf_app.rules.unit_state import entry

BASE = AuditRecord(
    kind="item.set",
    device="D1",
    user="u",
    role="nurse",
    at="2026-11-22T08:00:00.000Z",
    offset="+08:00",
    app="0",
    tick=1,
    salt="0" * 32,
    subject="001-aaaaaaaaaa",
    key="SE.V1/F.VS/IG.VS/I.VS.SYSBP",
    value="128",
)
ADDED = entry(replace(BASE, kind="subject.add", key=BASE.subject, value="ZN001"))
ONE = entry(BASE)
TWO = entry(replace(BASE, tick=2, value="130", parents=(ONE.id,), salt="1" * 32))
PERSON = entry(replace(BASE, kind="user.add", key="u", subject=None, value="{}"))
ALL = [ADDED, ONE, TWO, PERSON]


@pytest.mark.requirement("law 1")
def test_order_and_repeats_do_not_matter():
    assert state_hash(ALL) == state_hash(reversed(ALL)) == state_hash(ALL + ALL[:2])


@pytest.mark.parametrize("place", range(4))
def test_every_record_counts(place):
    assert state_hash(ALL[:place] + ALL[place + 1 :]) != state_hash(ALL)


@pytest.mark.parametrize("change", [{"value": "129"}, {"reason": "r"}, {"user": "v"}, {"salt": "2" * 32}])
def test_every_field_counts(change):
    assert state_hash([ADDED, ONE, PERSON, entry(replace(TWO.record, **change))]) != state_hash(ALL)


def test_the_hash_from_stored_states_is_the_hash_from_records():
    units = fold_all(ALL)
    states = {name: unit.as_json() for name, unit in units.items()}
    ids = [one.id for one in reversed(ALL)]
    assert state_hash_of(states, ids, duplicate_labels(units)) == state_hash(ALL)


def test_a_number_that_two_subjects_carry_counts():
    other = entry(replace(ADDED.record, subject="001-bbbbbbbbbb", key="001-bbbbbbbbbb", salt="3" * 32))
    assert duplicate_labels(fold_all([*ALL, other])) == {"ZN001": ["001-aaaaaaaaaa", "001-bbbbbbbbbb"]}


def test_an_empty_ledger_has_a_hash():
    assert len(state_hash([])) == 64
