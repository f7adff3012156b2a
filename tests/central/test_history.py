"""Histories of several devices into PostgreSQL: cut at random, shuffled, repeated, lost and sent again.

Laws 1, 2, 10, 12 (forks) and 13, each drawn by Hypothesis.  CRF_SOAK multiplies the number of histories.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from central_simulator import NOW, Central, request_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_simulator import Device

from crf_app.central import columns, devices, feed, state, verify
from crf_app.central.columns import QUOTED_FIELDS
from crf_app.model.record_reading import record_of
from crf_app.rules.state_hash import state_hash
from crf_app.sync.receipt import read_receipt

SOAK = int(os.environ.get("CRF_SOAK", "1"))
quick = settings(
    max_examples=12 * SOAK,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
NAMES = ("D07", "D12", "D31")
WHO = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("answer"),
            WHO,
            st.integers(0, 3),
            st.sampled_from(["1", "2", "<3", 'x"\\\t血\n压', "\\N"]),
        ),
        st.tuples(st.just("answer"), WHO, st.integers(0, 3), st.sampled_from(["1", "2"])),
        st.tuples(st.just("meet"), WHO, WHO, st.just("")),
        st.tuples(st.just("lock"), WHO, st.just(0), st.sampled_from(["open", "complete", "locked"])),
        st.tuples(st.just("sign"), WHO, st.just(0), st.just("")),
        st.tuples(st.just("row"), WHO, st.just(0), st.sampled_from(["aaaaaaaaaa", "bbbbbbbbbb"])),
        st.tuples(st.just("subject"), WHO, st.integers(0, 1), st.sampled_from(["001-0001", "001-0002"])),
        st.tuples(st.just("session"), WHO, st.just(0), st.just("")),
        st.tuples(
            st.just("send"), WHO, st.integers(0, 8), st.sampled_from(["once", "twice", "late", "lost"])
        ),
    ),
    min_size=5,
    max_size=40,
)


def play(device: Device, step: tuple[str, int, int, str], all_devices: list[Device]) -> None:
    kind, _, n, text = step
    if kind == "answer":
        device.answer(n, text)
    elif kind == "meet":
        device.see(all_devices[n])
    elif kind == "lock":
        device.lock(text)
    elif kind == "sign":
        device.signature()
    elif kind == "row":
        device.row(text)
    elif kind == "subject":
        device.make("subject.label", subject=f"001-{n:010d}", key="SE.SCR", value=text)
    elif kind == "session":
        device.make("session.start", subject=None, def_=None)


class Post:
    """Carries bundles: some come twice, some late, some never."""

    def __init__(self, central: Central) -> None:
        self.central = central
        self.late: list[bytes] = []
        self.numbers: dict[str, list[tuple[int, int]]] = {}

    def send(self, device: Device, back: int, how: str) -> None:
        first = max(1, len(device.own) - back)
        data = self.central.bundle(device, first)
        if how == "late":
            self.late.append(data)
        elif how != "lost":
            for _ in range(2 if how == "twice" else 1):
                self.deliver(data)

    def deliver(self, data: bytes) -> None:
        outcome = self.central.ingest(data)
        if outcome.state == "applied" and outcome.receipt:
            self.numbers.setdefault(outcome.device, []).append(outcome.receipt)


@pytest.mark.requirement("laws 1, 2, 10, 13")
@quick
@given(steps=STEPS, shuffle=st.randoms(use_true_random=False))
def test_central_holds_the_set_folded_as_on_a_device_however_it_came(
    new_central: Callable[[], Central], steps, shuffle
):
    central = new_central()
    made, post = central.enrol(*NAMES), Post(central)
    for step in steps:
        if step[0] == "send":
            post.send(made[step[1]], step[2], step[3])
        else:
            play(made[step[1]], step, made)
    shuffle.shuffle(post.late)
    for data in post.late:
        post.deliver(data)
    for device in shuffle.sample(made, 3):
        post.deliver(central.bundle(device))
    entries = {one.id: one for device in made for one in device.entries}
    assert state.state_hash(central.conn) == state_hash(entries.values())
    result = verify.verify(central.conn)
    assert result.problems == () and result.records == len(entries)
    assert central.one("SELECT count(*) FROM inbox WHERE state = 'gap'") == 0
    _columns_give_back_the_bytes(central, made)
    _receipts_grow_and_are_true(central, made, post)


def _columns_give_back_the_bytes(central: Central, made: list[Device]) -> None:
    lines = {device.name: device.lines for device in made}
    rows = central.conn.execute(f"SELECT device, seq, {QUOTED_FIELDS} FROM audit_record").fetchall()
    for device, seq, *fields in rows:
        assert record_of(columns.raw_of_columns(fields)).canonical() == lines[device][seq - 1]
        assert columns.record_of_columns(fields).canonical() == lines[device][seq - 1]


def _receipts_grow_and_are_true(central: Central, made: list[Device], post: Post) -> None:
    for device in made:
        assert post.numbers[device.name] == sorted(post.numbers[device.name])
        data = feed.receipt(central.conn, central.keys, device.name, now=NOW).data
        read = read_receipt(data, central=central.keys.public, device=device.name, mine=device.box)
        assert read.receipt.ends == (device.end(),) and read.receipt.number == post.numbers[device.name][-1]
        others = {one.end() for one in made if one is not device}
        assert all(
            tip.seq <= end.seq for tip in read.receipt.tips for end in others if tip.device == end.device
        )


@pytest.mark.requirement("law 12")
@quick
@given(data=st.data())
def test_every_branch_of_a_forked_chain_is_kept_in_whatever_order_it_comes(
    new_central: Callable[[], Central], data
):
    central = new_central()
    first = Device("D07")
    devices.device_add(central.conn, request_of(first), now=NOW)
    lives = [first]
    for number in range(data.draw(st.integers(3, 12))):
        one = data.draw(st.sampled_from(lives))
        if len(lives) < 4 and data.draw(st.booleans()):
            lives.append(one.clone())
        else:
            one.answer(number % 3, str(number), f"life {len(lives)} step {number}")
    files = []
    for one in lives:
        cuts = sorted(data.draw(st.sets(st.integers(1, len(one.own)), max_size=3)) | {1})
        for start, stop in zip(cuts, [*cuts[1:], len(one.own) + 1], strict=True):
            overlap = data.draw(st.integers(0, 2))
            files.append(central.bundle(one, max(1, start - overlap), stop - 1))
    for file in data.draw(st.permutations(files)):
        central.ingest(file)
    entries = {one.id: one for life in lives for one in life.entries}
    assert state.state_hash(central.conn) == state_hash(entries.values())
    assert verify.verify(central.conn).problems == ()
    assert central.one("SELECT count(*) FROM inbox WHERE state <> 'applied'") == 0
    assert central.one("SELECT count(*) FROM audit_record") == len(entries)
