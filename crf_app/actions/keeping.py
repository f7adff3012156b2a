"""Keep the data: verify, back up, rebuild, and the one hash that says two places agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crf_app.actions.checking_signatures import check_signatures
from crf_app.actions.session import Session
from crf_app.crypto.encoding import unb64
from crf_app.crypto.keys import verify_ed25519
from crf_app.errors import StoreDamaged
from crf_app.model.workflow import Step
from crf_app.settings.folders import refuse_network_folder
from crf_app.store import backup as backups
from crf_app.store import checking, projections
from crf_app.store.checking import Report
from crf_app.store.store import Store, database_refusals, refusals, transaction

Progress = Callable[[int, int], None]


def verify(session: Session, progress: Progress | None = None, store: Store | None = None) -> Report:
    """Chain, seals, pages, database, blobs, folded tables and signatures.  Appends nothing."""
    session.require(Step.VERIFY)
    where = store or session.store
    report = checking.verify(where, seal_checker(where.conn, session), progress)
    try:
        with database_refusals(where.path):
            check_signatures(session, where.conn, report)
    except StoreDamaged:
        if report.sound:
            raise  # else it is said already
    return report


def seal_checker(conn: Any, session: Session) -> Callable[[str, int, bytes, bytes], bool]:
    """Seals are checked with the keys that the ledger enrolled; this device's own key must be among them."""
    keys = {(session.device, session.keys.device.epoch): session.keys.device.sign.public}
    from crf_app.store.reads import records_of_kind

    for _, record in records_of_kind(conn, "device.enrol"):
        said = json.loads(record.value or "{}")
        keys.setdefault((record.key or "", int(said.get("epoch", 1))), unb64(said["sign_public"]))

    def check(device: str, epoch: int, signed: bytes, signature: bytes) -> bool:
        public = keys.get((device, epoch))
        return public is not None and verify_ed25519(public, signature, signed)

    return check


def state_hash(session: Session) -> str:
    """Equal here and at central right after ingest.  Appends nothing."""
    session.require(Step.VERIFY)
    return checking.state_hash_of_store(session.store)


def rebuild(session: Session) -> int:
    """All folded tables anew from the ledger; returns the number of records."""
    session.require(Step.VERIFY)
    with refusals(session.store.path), transaction(session.store.conn):
        projections.rebuild(session.store.conn)
    session.forget()
    return session.store.end.seq


def backup(session: Session, out: Path) -> backups.Backup:
    """Vault and database in one checked file.  Raises StorageFull, StorageError, StoreDamaged."""
    session.require(Step.BACKUP)
    refuse_network_folder(out.resolve().parent)
    return backups.write_backup(session.store, out)
