"""What is only on this device: counted once, then only the new end of the chain, and anew after a receipt."""

from __future__ import annotations

from crf_app.actions.sync.syncing import safety
from crf_app.actions.sync.unsent import unsent_answers
from crf_app.model.record import Draft
from crf_app.store import reads

VALUE = "SE.SCR/F.DM/IG.DM/I.DM.SEX"


def test_the_count_follows_each_record_and_each_receipt(nurse, at):
    def whole() -> int:
        safe = reads.safe_end(nurse.store.conn, nurse.identity)
        return sum(reads.answers_after_by_subject(nurse.store.conn, nurse.identity, safe).values())

    before = safety(nurse).only_here
    assert before == whole()
    first = nurse.commit([Draft("item.set", subject=at.uid, key=VALUE, value="F")]).ids
    assert safety(nurse).only_here == whole() == before + 1
    assert unsent_answers(nurse)[at.uid] >= 1
    end = nurse.store.end
    nurse.store.conn.execute(
        "INSERT INTO receipt VALUES (1, 1, ?, ?, ?, ?, '', '')",
        (nurse.device, nurse.identity.epoch, end.seq, end.hash.hex()),
    )
    assert (safety(nurse).only_here, safety(nurse).safe_seq) == (0, end.seq)
    nurse.commit([Draft("item.set", subject=at.uid, key=VALUE, value="M", parents=first[-1:])])
    assert safety(nurse).only_here == whole() == 1
