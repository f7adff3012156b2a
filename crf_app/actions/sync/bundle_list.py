"""Bundles made here and files taken in from central: number, what is inside, way, receipt.

The list of bundles is a convenience of this device (`meta`), no record about data; receipts are central's
signed words.  Making and applying is `syncing.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from crf_app.actions.session import Session
from crf_app.model.record import ChainIdentity
from crf_app.store import bundle_reads, reads
from crf_app.store.own_chains import own_chains
from crf_app.store.store import refusals, transaction

#: bundles that are remembered
MOST: Final = 100
_FIRST_EPOCH: Final = 1  # of bundles that were remembered before a device had several
#: records of one step of counting
_STEP: Final = 4000
_VALUES: Final = ("item.set", "item.resolve")
_ANSWERS: Final = ("query.answer",)
_SIGNATURES: Final = ("sign.make",)


@dataclass(frozen=True, slots=True)
class Inside:
    """What some records are: answers entered, signatures, answers to queries, anything else."""

    values: int = 0
    signatures: int = 0
    answers: int = 0
    others: int = 0

    @property
    def records(self) -> int:
        return self.values + self.signatures + self.answers + self.others

    def plus(self, other: Inside) -> Inside:
        return Inside(
            self.values + other.values,
            self.signatures + other.signatures,
            self.answers + other.answers,
            self.others + other.others,
        )


NOTHING_INSIDE: Final = Inside()


@dataclass(frozen=True, slots=True)
class BundleSeen:
    """A bundle that was made here.  `n`: its number; `safe`: a receipt covers it, issued at `receipt_at`.

    `place`: disk or folder to which it was written, `disk`: a removable one; `size` in bytes, 0 where it is
    not known (as `inside` is empty then).
    """

    made_at: str
    name: str
    first: int
    last: int
    safe: bool
    n: int = 0
    inside: Inside = NOTHING_INSIDE
    place: str = ""
    disk: bool = False
    size: int = 0
    receipt_at: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class ReceiptSeen:
    """A receipt that was taken in: central's number, up to which record, when it was signed and taken in."""

    n: int
    last: int
    issued_at: str
    applied_at: str


@dataclass(frozen=True, slots=True)
class Way:
    """Where a bundle was written to."""

    place: str
    disk: bool


def way_of(path: Path) -> Way:
    """The disk that holds the file, else its folder."""
    from crf_app.actions.sync.disks import removable_disks

    folder = path.resolve().parent
    for disk in removable_disks():
        if folder.is_relative_to(disk.path):
            return Way(disk.label, True)
    return Way(folder.name or str(folder), False)


def bundles_made(session: Session) -> tuple[BundleSeen, ...]:
    """Newest first."""
    chains = {one.identity.epoch: one for one in own_chains(session.store)}
    out = []
    for place, one in enumerate(made := _stored(session)):
        epoch = one.get("epoch", _FIRST_EPOCH)
        safe = epoch in chains and one["last"] <= chains[epoch].safe
        first = _covered_at(session, chains[epoch].identity, one["last"]) if safe else ""
        out.append(
            BundleSeen(
                one["made_at"], one["name"], one["first"], one["last"], safe,
                one.get("n", place + 1), Inside(**one.get("inside", {})), one.get("place", ""),
                one.get("disk", False), one.get("size", 0), first, epoch,
            )
        )  # fmt: skip
    assert len(out) == len(made)
    return tuple(reversed(out))


def _covered_at(session: Session, identity: ChainIdentity, last: int) -> str:
    """When central issued the first receipt that covers this place of a chain (UTC)."""
    rows = sorted(bundle_reads.receipts(session.store.conn, identity), key=lambda row: row[1])
    return next((row[2] for row in rows if row[1] >= last), "")


def receipts_seen(session: Session) -> tuple[ReceiptSeen, ...]:
    """Receipts for this device's chain, newest first."""
    return tuple(ReceiptSeen(*row) for row in bundle_reads.receipts(session.store.conn, session.identity))


def remember(session: Session, one: BundleSeen) -> None:
    """Put a bundle that was just written on the list, with the next number."""
    before = _stored(session)
    n = max([each.get("n", place + 1) for place, each in enumerate(before)], default=0) + 1
    kept: dict[str, Any] = {
        "made_at": one.made_at, "name": one.name, "first": one.first, "last": one.last, "n": n,
        "inside": asdict(one.inside), "place": one.place, "disk": one.disk, "size": one.size,
        "epoch": one.epoch,
    }  # fmt: skip
    text = json.dumps([*before, kept][-MOST:])
    with refusals(session.store.path), transaction(session.store.conn):
        session.store.conn.execute("INSERT OR REPLACE INTO meta VALUES ('bundles', ?)", (text,))


def ranges(session: Session) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last place in the present chain of what is on the way, and of what waits for a bundle."""
    safe, end = reads.safe_end(session.store.conn, session.identity), session.store.end.seq
    mine = (one for one in _stored(session) if one.get("epoch", _FIRST_EPOCH) == session.identity.epoch)
    sent = min(max([safe, *(one["last"] for one in mine)]), end)
    return (safe + 1, sent), (sent + 1, end)


def count_inside(session: Session, identity: ChainIdentity, first: int, last: int) -> Inside:
    """What the records `first` to `last` of one of this device's chains are."""
    found = NOTHING_INSIDE
    for piece in counting(session, first, last, identity):
        found = found.plus(piece)
    return found


def counting(
    session: Session, first: int, last: int, identity: ChainIdentity | None = None
) -> Iterator[Inside]:
    """The same a piece at a time; without `identity` of the present chain."""
    for start in range(first, last + 1, _STEP):
        end = min(start + _STEP - 1, last)
        kinds = bundle_reads.kinds_between(session.store.conn, identity or session.identity, start, end)
        yield _inside(kinds)


def next_reminder(last: str, session: Session, days: int) -> date | None:
    """The day from which a bundle is reminded of; `last`: the UTC time from which the days count."""
    if not last:
        return None
    moment = datetime.fromisoformat(last).astimezone(session.clock.now().tzinfo)
    return moment.date() + timedelta(days=days)


def _inside(kinds: Mapping[str, int]) -> Inside:
    def of(some: tuple[str, ...]) -> int:
        return sum(kinds.get(kind, 0) for kind in some)

    values, signatures, answers = of(_VALUES), of(_SIGNATURES), of(_ANSWERS)
    return Inside(values, signatures, answers, sum(kinds.values()) - values - signatures - answers)


def _stored(session: Session) -> list[dict[str, Any]]:
    """Oldest first."""
    stored = reads.meta(session.store.conn, "bundles")
    made: list[dict[str, Any]] = json.loads(stored) if stored else []
    return made
