"""Part of `verify`: did each person set the own seal under what the ledger says she wrote?

Whoever is signed in holds the data key, and with it the device's key: chain and device seal alone would let
an insider write, or alter and hash again, under another name.  So each transaction ends at seals of people
(`store/ledger.py`): a person's last record of it, and its end, carry an ECDSA signature over the chain before
it.  A transaction is a run of records with one time.  The keys come from the ledger: certified by the site's
key, or asked for by a person who had just been added or reset, whose certificate comes later.

Records of version 1 have no seals; a device that has gone on to version 2 does not go back.  `session.*` and
`clock.jump` may stand alone in the transaction of somebody who has no key yet, and need no seal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from crf_app.actions.session import Session
from crf_app.crypto.certificates import is_issued_by, read_certificate
from crf_app.crypto.encoding import unb64
from crf_app.crypto.keys import verify_p256
from crf_app.errors import CrfError
from crf_app.model.progress import Progress, silent
from crf_app.model.record import genesis, user_seal_bytes
from crf_app.store import reads
from crf_app.store.checking import Report
from crf_app.store.ledger import Sealed, sealed_rows

SYSTEM: Final = "system"
#: each gives its person one new key, which she asks for before it is certified
_NEW_KEYS: Final = frozenset({"user.add", "user.reset"})
_UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, CrfError)
_UNSEALED: Final = ("session.", "clock.jump")
_EVERY: Final = 500


def check_seals(session: Session, conn: Any, report: Report, progress: Progress = silent) -> None:
    """Add a problem for each person whose records of this device are not, or not so, sealed by her."""
    keys = _keys(session, conn)
    total = conn.execute("SELECT count(*) FROM audit_record WHERE device = ?", (session.device,)).fetchone()[
        0
    ]
    identity = session.identity
    run = _Run(report, keys)
    chain, previous = 0, b""
    for done, row in enumerate(sealed_rows(conn, session.device), 1):
        if done % _EVERY == 0:
            progress(done, total)
        if row.epoch != chain:
            run.end()
            chain = row.epoch
            previous = genesis(identity.study, identity.env, identity.device, row.epoch)
        run.take(row, previous)
        previous = row.hash
    run.end()
    run.tell()


def _keys(session: Session, conn: Any) -> dict[str, list[bytes]]:
    """user → public keys that may seal under this name."""
    keys: dict[str, list[bytes]] = {}
    allowed: set[str] = set()
    for _, record in reads.records_of_kind(conn, *_NEW_KEYS, "key.request", "key.certify"):
        user, value = record.key or "", record.value or ""
        if record.device != session.device:
            continue
        if record.kind in _NEW_KEYS:
            allowed.add(user)
            continue
        try:
            if record.kind == "key.certify":
                public = _certified(session, user, value)
            else:
                public = unb64(json.loads(value)["public"]) if user in allowed else None
                allowed.discard(user)
        except _UNREADABLE:
            continue  # `check_signatures` names it
        if public is not None:
            keys.setdefault(user, []).append(public)
    return keys


def _certified(session: Session, user: str, value: str) -> bytes | None:
    der = unb64(json.loads(value)["certificate"])
    found = read_certificate(der)
    good = is_issued_by(der, session.keys.site_certificate) and found.user == user
    return found.public if good else None


@dataclass
class _Run:
    """The records of one transaction, and what was found wrong of each person so far."""

    report: Report
    keys: dict[str, list[bytes]]
    begun: bool = False  # a record of version 2 has been met
    at: str = ""
    open: dict[str, Sealed] = field(default_factory=dict)  # user → her last record that waits for her seal
    wrong: dict[tuple[str, str], tuple[Sealed, int]] = field(default_factory=dict)

    def take(self, row: Sealed, previous: bytes) -> None:
        if row.at != self.at:
            self.end()
            self.at = row.at
        if row.v < 2:
            if self.begun:
                self._add("old", row.user, row)
            return
        self.begun = True
        if not row.kind.startswith(_UNSEALED):
            self.open[row.user] = row
        if row.seal:
            self._look(row, previous)

    def _look(self, row: Sealed, previous: bytes) -> None:
        user, _, signature = row.seal.partition(":")
        if row.user not in (user, SYSTEM):
            self._add("other", row.user, row)
            self.open.pop(row.user, None)  # said once
        elif not self._holds(user, signature, user_seal_bytes(previous, row.unsealed)):
            self._add("broken", user, row)
        self.open.pop(user, None)
        self.open.pop(SYSTEM, None)  # it wrote on behalf of who seals behind it

    def _holds(self, user: str, signature: str, said: bytes) -> bool:
        try:
            given = unb64(signature)
        except CrfError:
            return False
        return any(verify_p256(public, given, said) for public in reversed(self.keys.get(user, ())))

    def end(self) -> None:
        """The transaction is over: who wrote in it has sealed it."""
        for user, row in self.open.items():
            self._add("missing", user, row)
        self.open.clear()

    def _add(self, kind: str, user: str, row: Sealed) -> None:
        first, count = self.wrong.get((kind, user), (row, 0))
        self.wrong[kind, user] = (first, count + 1)

    def tell(self) -> None:
        """One sentence for each person and kind of fault: an early fault breaks every seal behind it."""
        for (kind, user), (row, count) in self.wrong.items():
            where = f"audit_record {row.device}.{row.epoch} #{row.seq}"
            for en, zh in _told(kind, user, count):
                self.report.add(where, en, zh, row.seq)


def _told(kind: str, user: str, count: int) -> Iterator[tuple[str, str]]:
    more = (f" The same holds for {count - 1} more.", f"另有 {count - 1} 处相同。") if count > 1 else ("", "")
    sentences = {
        "broken": (
            f"The seal of {user} does not fit: this record or one before it is not what {user} wrote.",
            f"{user} 的个人封印不符：此记录或之前的记录并非 {user} 所写。",
        ),
        "missing": (
            f"This record stands under the name of {user}, who has not sealed it.",
            f"此记录署名 {user}，但未经其本人封印。",
        ),
        "other": (
            f"This record stands under the name of {user}, and somebody else has sealed it.",
            f"此记录署名 {user}，却由他人封印。",
        ),
        "old": (
            "This record has an older form than those before it, without seals.",
            "此记录的格式早于之前的记录，且无个人封印。",
        ),
    }
    en, zh = sentences[kind]
    yield en + more[0], zh + more[1]
