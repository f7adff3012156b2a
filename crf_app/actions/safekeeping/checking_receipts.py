"""Part of `verify`: does the ledger still lead to what central signed that it holds?

Somebody with the data key also has the device's key: he can write the whole ledger anew, with sound hashes
and a sound seal.  What central holds by its hash he cannot change, and its receipts, which it signed, lie
here.  A chain that was closed because another computer went on with it (ADR-0025) is said on the page
"Bundles" and is no problem.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from crf_app.actions.session import Session
from crf_app.actions.sync.syncing import known_central
from crf_app.crypto.keys import verify_ed25519
from crf_app.errors import CrfError
from crf_app.store.archive import receipts_kept
from crf_app.store.check_report import Report
from crf_app.store.own_chains import elsewhere
from crf_app.sync.central_public import read_central_public
from crf_app.sync.lines import End, Receipt, receipt_of

_CUT: Final = (
    "Central signed that it holds this record, and it is not here: the end of the chain was cut off.",
    "中心已签名确认持有该记录，而本机没有：链尾被截断。",
)
_ANEW: Final = (
    "Central signed that it holds another record here: the chain was written anew.",
    "中心签名确认此处为另一条记录：该链被重写。",
)
_FORGED: Final = ("A receipt was changed: central did not sign it.", "回执被改动：并非中心所签。")
_UNREADABLE: Final = (ValueError, LookupError, TypeError, CrfError)


def check_receipts(session: Session, conn: Any, report: Report) -> None:
    """Add a problem to `report` for each end of this device's chains that is not what central signed."""
    away: dict[int, int] = {}
    for epoch, seq in elsewhere(conn):
        away[epoch] = max(seq, away.get(epoch, 0))
    for end in dict.fromkeys(_ends(session, conn, report)):
        row = conn.execute(
            "SELECT hash FROM audit_record WHERE device = ? AND epoch = ? AND seq = ?", end[:3]
        ).fetchone()
        if end.seq > away.get(end.epoch, 0) and (row is None or row[0] != end.hash):
            report.add(f"audit_record {end.device}.{end.epoch} #{end.seq}", *(_CUT if row is None else _ANEW))


def _ends(session: Session, conn: Any, report: Report) -> Iterator[End]:
    """Where this device's chains stood by central's receipts: those it signed, and the list of all."""
    for text in receipts_kept(conn):
        try:
            receipt = receipt_of(json.loads(text))
            good = _signed_by_central(session, receipt)
        except _UNREADABLE:
            good = False
        if good:
            yield from (one for one in receipt.ends if one.device == session.device)
        else:
            report.add("receipt", *_FORGED)
    rows = conn.execute(
        "SELECT device, epoch, seq, hash FROM receipt WHERE device = ?", (session.device,)
    ).fetchall()
    yield from (End(*row) for row in rows)


def _signed_by_central(session: Session, receipt: Receipt) -> bool:
    stored = known_central(session)
    if stored is None:
        return False
    central = read_central_public(stored)
    said = receipt.statement(central.study, central.env)
    return verify_ed25519(central.sign_public, receipt.signature, said)
