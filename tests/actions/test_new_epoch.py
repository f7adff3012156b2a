"""A new epoch: stopped anywhere, the next sign-in finishes it; the chain before stays as it is."""

from __future__ import annotations

import json

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.safekeeping import new_epoch
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.safekeeping.new_epoch import begin_new_epoch
from crf_app.errors import ValueRejected
from crf_app.store import ledger


def _chains(session):
    return [(one.identity.epoch, one.end) for one in new_epoch.own_chains(session.store)]


def test_the_chain_before_is_closed_and_the_next_names_its_end(nurse, at, session):
    enter_value(nurse, at("SE.V1", "VS.SYSBP"), "128")
    admin = session("admin")
    end = admin.store.end
    assert begin_new_epoch(admin) == 2 and admin.identity.epoch == 2
    again = session("nurse")
    enter_value(again, at("SE.V1", "VS.DIABP"), "80")
    assert _chains(again)[0] == (1, end.seq) and _chains(again)[1][1] > 2
    place = "device = ? AND epoch = ? AND seq = ?"
    (first,) = [one.record for one in ledger.entries(again.store.conn, place, ("D1", 2, 1))]
    assert (first.kind, first.from_) == ("device.epoch", end.hash.hex())
    assert json.loads(first.value)["occasion"] == "copy"
    assert verify(session("coordinator")).problems == []
    with pytest.raises(ValueRejected):
        begin_new_epoch(session("admin"), number=2)


class Stopped(BaseException):
    """Stands for a program that ends here."""


@pytest.mark.parametrize("step", ["begin_epoch", "append"])
def test_stopped_between_vault_and_store_it_is_finished_at_the_next_sign_in(
    session, home, clock, password, monkeypatch, step
):
    admin = session("admin")
    end = admin.store.end.seq

    def stop(*_, **__):
        raise Stopped

    with monkeypatch.context() as patched:
        target = new_epoch if step == "begin_epoch" else new_epoch.ledger
        patched.setattr(target, step, stop)
        with pytest.raises(Stopped):
            begin_new_epoch(admin)
    nurse = session("nurse")
    assert _chains(nurse) == [(1, end), (2, 1)]
    assert verify(session("coordinator")).problems == []
