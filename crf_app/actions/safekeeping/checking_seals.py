"""Part of `verify`: did each person set the own seal under what the ledger says she wrote?

Whoever is signed in holds the data key, and with it the device's key: chain and device seal alone would let
an insider write, or alter and hash again, under another name.  So each transaction ends at seals of people
(`store/ledger.py`): a person's last record of it, and its end, carry an ECDSA signature over the chain before
it.  A transaction is a run of records with one time.

A person's key is the one that she asked for last (`key.request`), and she may ask once for each time that an
administrator added or reset her.  Records of version 1 have no seals; a device that has gone on to version 2
does not go back.  `session.*`, `clock.jump` and what the witness finds may stand alone in the transaction of
somebody who has no key yet, and need no seal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from crf_app.actions.session import Session
from crf_app.crypto.certificates import read_certificate
from crf_app.crypto.encoding import unb64
from crf_app.crypto.keys import verify_p256
from crf_app.errors import CrfError
from crf_app.model.progress import Progress, silent
from crf_app.model.record import genesis, recovery_bytes, user_seal_bytes
from crf_app.store.check_report import Report
from crf_app.store.ledger import ABOUT_PEOPLE, Sealed, sealed_rows
from crf_app.store.people import ADMINISTRATOR

_SYSTEM: Final = "system"
_UNSEALED: Final = ("session.", "clock.jump", "attempts.", "witness.")
_UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, CrfError)
_EVERY: Final = 500


@dataclass(frozen=True, slots=True)
class People:
    """Who may seal with which key at some place of the chain, and who is what by then."""

    keys: dict[str, bytes] = field(default_factory=dict)  # user → public key (DER)
    roles: dict[str, str] = field(default_factory=dict)
    may_ask: frozenset[str] = frozenset()
    sealing: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """A place of the chain, its hash, and the people of then."""

    epoch: int
    seq: int
    hash: bytes
    people: People


BEGINNING: Final = Start(0, 0, b"", People())


def check_seals(
    session: Session, conn: Any, report: Report, progress: Progress = silent, start: Start = BEGINNING
) -> Start:
    """Add a problem for each person whose records of this device are not, or not so, sealed by her.

    Returns the place where it ended, from which another check can go on.
    """
    identity, people = session.identity, start.people
    run = _Run(
        read_certificate(session.keys.site_certificate).public,
        dict(people.keys), dict(people.roles), set(people.may_ask), sealing=people.sealing,
    )  # fmt: skip
    run.before = dict(run.roles)
    chain, seq, previous = start.epoch, start.seq, start.hash
    for done, row in enumerate(sealed_rows(conn, session.device, (start.epoch, start.seq)), 1):
        if done % _EVERY == 0:
            progress(done, None)
        if row.epoch != chain:
            run.end()
            chain = row.epoch
            previous = genesis(identity.study, identity.env, identity.device, row.epoch)
        run.take(row, previous)
        seq, previous = row.seq, row.hash
    run.end()
    run.tell(report)
    return Start(chain, seq, previous, People(run.keys, run.roles, frozenset(run.may_ask), run.sealing))


@dataclass
class _Run:
    """The transaction that goes by, who people are by then, and what was found wrong so far."""

    site: bytes  # the site's public key (DER)
    keys: dict[str, bytes] = field(default_factory=dict)  # user → public key (DER)
    roles: dict[str, str] = field(default_factory=dict)
    may_ask: set[str] = field(default_factory=set)
    at: str = ""
    sealing: bool = False  # a record of version 2 has been met
    waiting: dict[str, Sealed] = field(default_factory=dict)  # user → her last record that is not sealed yet
    admitting: list[Sealed] = field(default_factory=list)  # records that only an administrator writes
    before: dict[str, str] = field(default_factory=dict)  # the roles before this transaction
    founders: set[str] = field(default_factory=set)  # who may admit people, and the first of them oneself
    wrong: dict[tuple[str, str], tuple[Sealed, int]] = field(default_factory=dict)

    def take(self, row: Sealed, previous: bytes) -> None:
        if row.at != self.at:
            self.end()
            self.at = row.at
        if row.kind in ABOUT_PEOPLE:
            self._person(row)
        if row.v < 2:
            if self.sealing:
                self._add("old", row.user, row)
            return
        self.sealing = True
        if not row.kind.startswith(_UNSEALED):
            self.waiting[row.user] = row
        if row.seal:
            self._look(row, previous)

    def _person(self, row: Sealed) -> None:
        """Who she is, and whether she may have another key."""
        try:
            if row.kind == "key.request":
                self.may_ask.remove(row.about)
                self.keys[row.about] = unb64(json.loads(row.value)["public"])
                return
            if row.kind in ("vault.create", "vault.recover"):
                if row.kind == "vault.create" or self._recovered(row):
                    self.founders.add(row.user)
                return
            self.admitting.append(row)
            if row.kind != "user.reset":
                self.roles[row.about] = str(json.loads(row.value)["role"])
            if row.kind != "user.role":
                self.may_ask.add(row.about)
        except _UNREADABLE:
            self._add("key", row.about, row)

    def _recovered(self, row: Sealed) -> bool:
        """Two cards gave the site's key, which signed for this person."""
        said = json.loads(row.value)
        signature = unb64(said.pop("signature"))
        return said["user"] == row.user and verify_p256(self.site, signature, recovery_bytes(said))

    def _look(self, row: Sealed, previous: bytes) -> None:
        user, _, signature = row.seal.partition(":")
        if row.user not in (user, _SYSTEM):
            self._add("other", row.user, row)
            self.waiting.pop(row.user, None)  # said once
        elif not self._holds(user, signature, user_seal_bytes(previous, row.unsealed)):
            self._add("broken", user, row)
        self.waiting.pop(user, None)
        self.waiting.pop(_SYSTEM, None)  # it wrote on behalf of who seals behind it

    def _holds(self, user: str, signature: str, said: bytes) -> bool:
        try:
            return user in self.keys and verify_p256(self.keys[user], unb64(signature), said)
        except CrfError:
            return False

    def end(self) -> None:
        """The transaction is over: who wrote in it has sealed it, and might admit whom it admits."""
        for user, row in self.waiting.items():
            self._add("missing", user, row)
        for row in self.admitting:
            if row.user not in self.founders and self.before.get(row.user) != ADMINISTRATOR:
                self._add("role", row.user, row)
        self.before = dict(self.roles)
        for one in (self.waiting, self.admitting, self.founders):
            one.clear()

    def _add(self, kind: str, user: str, row: Sealed) -> None:
        first, count = self.wrong.get((kind, user), (row, 0))
        self.wrong[kind, user] = (first, count + 1)

    def tell(self, report: Report) -> None:
        """One sentence for each person and kind of fault: an early fault breaks every seal behind it."""
        for (kind, user), (row, count) in self.wrong.items():
            en, zh = _told(kind, user)
            if count > 1:
                en, zh = f"{en} The same holds for {count - 1} more.", f"{zh}另有 {count - 1} 处相同。"
            report.add(f"audit_record {row.device}.{row.epoch} #{row.seq}", en, zh, row.seq)


def _told(kind: str, user: str) -> tuple[str, str]:
    return {
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
        "key": (
            f"A key was asked for in the name of {user}, whom no administrator had added or reset.",
            f"以 {user} 的名义申请了密钥，但管理员并未新增或重置该人员。",
        ),
        "role": (
            f"{user}, who is no administrator, wrote that a person is added, reset or has another role.",
            f"{user} 并非管理员，却记录了人员的新增、重置或角色变更。",
        ),
        "old": (
            "This record has an older form than those before it, without seals.",
            "此记录的格式早于之前的记录，且无个人封印。",
        ),
    }[kind]
