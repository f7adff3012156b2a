"""Versions in force and moved forms at central: taken whole, folded as on the devices, equal in one hash."""

from __future__ import annotations

import json

import pytest
from central_simulator import NOW, request_of
from ledger_simulator import Device

from crf_app.central import devices, state, verify
from crf_app.rules.fold import fold, unit_of
from crf_app.rules.state_hash import state_hash
from crf_app.rules.unit_state import FormUnit

ACTIVE = json.dumps({"from": "2026-11-23", "sha256": "0" * 64, "version": "2"})


def activate(device: Device) -> None:
    device.make("def.activate", subject=None, key="001", value=ACTIVE, reason="made-up amendment")


def moved(device: Device, like: str, version: str) -> None:
    """The form that holds the record `like` is read by another version from now on."""
    record = next(one.record for one in device.entries if one.id == like)
    path = "/".join((record.key or "").split("/")[:2])
    device.make("form.migrate", subject=record.subject, key=path, value=version, reason="made up")


@pytest.mark.parametrize("turn", [1, -1])
def test_versions_arrive_in_any_order_and_central_agrees(central, turn):
    one, other = Device("D01"), Device("D02")
    requests = [request_of(one), request_of(other)]
    first = one.answer(1, "46")
    other.see(one)
    activate(one)
    moved(one, first.id, "2")
    moved(other, first.id, "1")
    other.answer(1, "47")
    for request in requests:
        devices.device_add(central.conn, request, now=NOW)
    for device in (one, other)[::turn]:
        assert central.ingest(central.bundle(device)).state == "applied"
    entries = {entry.id: entry for device in (one, other) for entry in device.entries}
    assert state.state_hash(central.conn) == state_hash(entries.values())
    assert verify.verify(central.conn).problems == ()
    unit = unit_of(first)
    form = fold(unit, [entry for entry in entries.values() if unit_of(entry.record) == unit])
    assert isinstance(form, FormUnit) and form.unknown == ()  # a move is known and changes no answer
