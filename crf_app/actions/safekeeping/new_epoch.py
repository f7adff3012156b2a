"""The device goes on in a new epoch: new keys, a new chain that names the end of the one before (ADR-0025).

After a restore, and where a copy of this home wrote on as the same device.  The vault is written first, the
store follows; a program that was killed in between is found at the next sign-in, which finishes it.
"""

from __future__ import annotations

from typing import Final

from crf_app.actions.people.enrolling import enrolment_draft
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64
from crf_app.errors import StoreDamaged
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.store import ledger, vault_change
from crf_app.store.own_chains import own_chains
from crf_app.store.store import begin_epoch

RESTORE: Final = "restore"
COPY: Final = "copy"


def begin_new_epoch(session: Session, occasion: str = COPY, number: int | None = None) -> int:
    """Returns the number of the new epoch; `number`: a higher one, where central knows a later one.

    Where an administrator does it the site vouches for the new keys at once.
    Raises NotAllowed, ValueRejected (number), StorageError, StoreDamaged.
    """
    session.require(Step.ENROL_DEVICE)
    wanted = session.keys.device.epoch + 1 if number is None else number
    session.keys = vault_change.begin_epoch(session.keys, wanted)
    _follow(session, occasion)
    return wanted


def finish_epoch(session: Session) -> None:
    """The vault knows a later epoch than the store: it was stopped in between."""
    _follow(session, COPY)


def _follow(session: Session, occasion: str) -> None:
    """The store's chain of the vault's epoch, with its first records."""
    store, keys = session.store, session.keys
    before = [one for one in own_chains(store) if one.identity.epoch < keys.device.epoch and one.end]
    if not before:
        raise StoreDamaged(
            "The records of this device are missing. Nothing was changed. Restore the last backup.",
            "本设备的记录缺失，未作任何改动，请恢复最近的备份。",
            where=store.path.name,
        )
    earlier = before[-1]
    sql = "SELECT hash FROM audit_record WHERE device = ? AND epoch = ? AND seq = ?"
    place = (store.identity.device, earlier.identity.epoch, earlier.end)
    hash_ = store.conn.execute(sql, place).fetchone()[0]
    begin_epoch(store, keys.device.epoch, keys.device.sign.sign)
    said = {
        "epoch": keys.device.epoch,
        "continues": {"epoch": earlier.identity.epoch, "seq": earlier.end},
        "occasion": occasion,
        "sign_public": b64(keys.device.sign.public),
        "box_public": b64(keys.device.box.public),
    }
    first = Draft("device.epoch", key=keys.device.id, from_=hash_, value=canonical(said).decode())
    vouched = [] if keys.site_key is None else [enrolment_draft(keys, session.study.oid, session.env, store)]
    ledger.append(store, [first, *vouched], session.stamp(), sealers=session.sealers())
    session.forget()
