"""Reference ranges and mappings at central: taken whole, folded as on the devices, and equal in one hash."""

from __future__ import annotations

import json

import pytest
from central_simulator import NOW, request_of
from ledger_simulator import SITE, Device

from crf_app.central import devices, state, verify
from crf_app.model.lab_range import LabRange, read_range
from crf_app.rules.fold import fold, unit_of
from crf_app.rules.state_hash import state_hash
from crf_app.rules.unit_state import HeaderUnit

MAPPING = {"columns": {"subject": "受试者", "test": "Item", "value": "Result", "visit": "Visit"},
           "tests": {"谷丙转氨酶": "LBC.ALT"}}  # fmt: skip


def range_of(device: Device, high: str, *parents: str) -> str:
    """The range R-one as the device writes it; its record's id."""
    value = LabRange("R-one", SITE, "检验科 (made up)", "LBC.ALT", "U/L", "M", low="9", high=high).canonical()
    reason = "typing error" if parents else None
    return device.make("lab.range", subject=None, key="R-one", value=value, parents=parents, reason=reason).id


def agrees(central, *seen: Device) -> None:
    entries = {one.id: one for device in seen for one in device.entries}
    assert state.state_hash(central.conn) == state_hash(entries.values())
    assert verify.verify(central.conn).problems == ()


def test_ranges_and_mappings_arrive_and_central_agrees(central):
    (d,) = central.enrol("D07")
    d.answer(1, "46")
    range_of(d, "40", range_of(d, "50"))
    d.make("lab.mapping", subject=None, key="hospital", value=json.dumps(MAPPING, ensure_ascii=False))
    done = central.ingest(central.bundle(d))
    assert (done.state, done.new) == ("applied", len(d.own))
    assert central.ingest(central.bundle(d)).new == 0
    agrees(central, d)


@pytest.mark.parametrize("turn", [1, -1])
def test_two_devices_that_change_one_range_unseen_agree_whatever_came_first(central, turn):
    one, other = Device("D01"), Device("D02")
    requests = [request_of(one), request_of(other)]
    first = range_of(one, "50")
    other.see(one)
    range_of(one, "40", first)
    range_of(other, "60", first)
    other.make("lab.mapping", subject=None, key="hospital", value="words of another program")
    for request in requests:
        devices.device_add(central.conn, request, now=NOW)
    for device in (one, other)[::turn]:
        assert central.ingest(central.bundle(device)).state == "applied"
    agrees(central, one, other)
    entries = {entry.id: entry for device in (one, other) for entry in device.entries}
    study = fold("G", [entry for entry in entries.values() if unit_of(entry.record) == "G"])
    assert isinstance(study, HeaderUnit)
    found = [read_range("R-one", head.record.value) for head in study.cells["lab.range:R-one"]]
    assert {one.high for one in found if one} == {"40", "60"}, "both stay until a person decides"
