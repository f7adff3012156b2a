"""Where a person's own whole check ended, so that the next one goes on from there (`verify --new`, ADR-0030).

It is signed with that person's key, and counts for nobody else: whoever has the data key could write one in
the own name only, and would deceive nobody but himself.  It names the place and hash of the chain, and the
keys and roles of people at it, so that nothing before it is believed a second time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from crf_app.actions.safekeeping.checking_seals import People, Start
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import verify_p256
from crf_app.errors import CrfError
from crf_app.model.clock import utc_text
from crf_app.store.store import refusals, transaction

_PREFIX: Final = b"crf-verified/1\0"
_UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, CrfError)


@dataclass(frozen=True, slots=True)
class Point:
    """Where to go on, and when it was checked up to there (UTC)."""

    at: str
    start: Start


def point_of(session: Session, conn: Any) -> Point | None:
    """The last one of this person for the present chain; None where there is none that holds."""
    key = session.keys.sign
    row = conn.execute("SELECT value FROM meta WHERE name = ?", (_name(session),)).fetchone()
    if row is None or key is None:
        return None
    try:
        said = json.loads(row[0])
        signature = unb64(said.pop("signature"))
        place = {name: said[name] for name in ("study", "env", "device", "epoch", "by")}
        if place != _place(session) or not verify_p256(key.public, signature, _PREFIX + canonical(said)):
            return None
        who = said["people"]
        people = People(
            {user: unb64(public) for user, public in who["keys"].items()},
            dict(who["roles"]), frozenset(who["may_ask"]), bool(who["sealing"]),
        )  # fmt: skip
        return Point(said["at"], Start(said["epoch"], said["seq"], bytes.fromhex(said["hash"]), people))
    except _UNREADABLE:
        return None  # it was changed, or is of another program: the check begins anew


def keep_point(session: Session, end: Start) -> None:
    """After a check without a problem.  Nothing is kept while there is no own key.  Raises StorageError."""
    key, people = session.keys.sign, end.people
    if key is None:
        return
    who = {
        "keys": {user: b64(public) for user, public in people.keys.items()},
        "roles": people.roles, "may_ask": sorted(people.may_ask), "sealing": people.sealing,
    }  # fmt: skip
    said = {"seq": end.seq, "hash": end.hash.hex(), "at": utc_text(session.clock.now()), "people": who}
    said |= _place(session)
    text = canonical(said | {"signature": b64(key.sign(_PREFIX + canonical(said)))}).decode()
    store = session.store
    with refusals(store.path), transaction(store.conn):
        store.conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_name(session), text))


def _name(session: Session) -> str:
    return f"verified {session.user}"


def _place(session: Session) -> dict[str, object]:
    here = session.identity
    return {
        "study": here.study,
        "env": here.env,
        "device": here.device,
        "epoch": here.epoch,
        "by": session.user,
    }
