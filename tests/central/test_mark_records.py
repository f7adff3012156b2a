"""Not done and made by mistake at central: the same fold as on a device, whichever bundle comes first."""

from __future__ import annotations

import itertools

import pytest
from ledger_simulator import FORM, SUBJECT, Device

from crf_app.central import state, verify
from crf_app.rules.state_hash import state_hash

EVENT = "SE.UNS~k3j9x0q2mz"


def marked(one: Device, other: Device) -> None:
    """One device says not done and mistake, the other one answers and completes; the first goes back."""
    one.make("subject.add", key=SUBJECT, value="001-0007")
    first = one.make("subject.status", key=SUBJECT, value="screening")
    one.make("event.add", key=EVENT, reason="made-up swelling")
    other.see(one)
    said = one.make("form.status", key=FORM, value="not_done", missing="ND", reason="made up", target="SE.V1")
    other.answer(1, "128")
    other.lock("complete")
    wrong = one.make("event.status", key=EVENT, value="entered_in_error", reason="made up")
    one.make("event.status", key=EVENT, value="open", parents=(wrong.id,), reason="made up: it was right")
    other.make("event.status", key=EVENT, value="entered_in_error", reason="made up too")
    one.make("subject.status", key=SUBJECT, value="entered_in_error", parents=(first.id,), reason="made up")
    one.make("form.status", key=FORM, value="open", parents=(said.id,), reason="made up: it was done")


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1))))
def test_central_folds_marks_as_a_device_does(central, order):
    devices = central.enrol("D07", "D08")
    marked(*devices)
    for n in order:
        central.ingest(central.bundle(devices[n]))
    entries = {one.id: one for device in devices for one in device.entries}
    assert state.state_hash(central.conn) == state_hash(entries.values())
    assert verify.verify(central.conn).problems == ()


def test_a_form_that_is_not_done_is_a_row_of_its_own_there(central):
    (one,) = central.enrol("D07")
    one.make("form.status", key=FORM, value="not_done", missing="ND", reason="made up")
    central.ingest(central.bundle(one))
    assert central.one("SELECT value FROM item_data WHERE state = 'status'") == "not_done"
