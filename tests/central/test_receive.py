"""One bundle at central: applied once, whole or not at all, and what is refused changes nothing."""

from __future__ import annotations

from crf_app.central import state, verify
from crf_app.rules.state_hash import state_hash

NOW = "2026-11-22T10:00:00.000Z"


def test_a_bundle_is_applied_and_central_agrees_with_the_device(central):
    (d,) = central.enrol("D07")
    for n in range(5):
        d.answer(n, str(120 + n))
    d.answer(0, "182", "transcription error: 血压")
    d.lock("complete")
    d.signature()
    outcome = central.ingest(central.bundle(d))
    assert (outcome.state, outcome.new, outcome.receipt) == ("applied", len(d.own), (1, 1))
    assert state.state_hash(central.conn) == state_hash(d.entries)
    result = verify.verify(central.conn)
    assert result.problems == () and result.records == len(d.own)
