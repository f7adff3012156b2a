"""The people, places and meanings of signatures to which the data of an ODM file refer.

Those of this home, and those that imported files spoke of: what such a file says of them in a way that the
standard does not know is said as the standard has it, so that whatever was taken can be given on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

from crf_app.actions.consequences import SYSTEM
from crf_app.actions.odm.odm_names import (
    LEGAL_REASON,
    SYSTEM_USER,
    local_iso,
    location_oid,
    meaning_oid,
    user_oid,
)
from crf_app.actions.odm.odm_teller import Names
from crf_app.actions.session import Session
from crf_app.store import reads

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Admin, Location, User

Odm = Literal["1.3.2", "2.0"]
_ROLES: Final = frozenset({None, "Sponsor", "Investigator", "Lab", "Other"})
#: what a version of the standard can say of people and of signatures
_USER_TYPES: Final[dict[Odm, frozenset[str | None]]] = {
    "1.3.2": _ROLES,
    "2.0": _ROLES | {"Subject", "Monitor", "Data analyst", "Care provider", "Assessor"},
}
_METHODS: Final = (None, "Digital", "Electronic")


def admin_of(session: Session, names: Names, odm: Odm) -> Admin:
    """The people of this home and those that imported files spoke of."""
    from crf_app.exchange import clinical

    users, places = _own_users(session, names), [_own_place(session, names)]
    meanings = [
        clinical.SignatureDef(
            meaning_oid(one.code), " / ".join(dict.fromkeys((one.text.en, one.text.zh))), LEGAL_REASON,
            "Digital",
        )
        for one in session.study.meanings
    ]  # fmt: skip
    for entry in reads.records_of_kind(session.store.conn, "import.make"):
        said: dict[str, Any] = json.loads(entry.record.value or "{}").get("admin", {})
        users += [clinical.User(**one) for one in said.get("users", ())]
        places += [clinical.Location(**one) for one in said.get("locations", ())]
        meanings += [clinical.SignatureDef(**one) for one in said.get("signatures", ())]
    users = [one if one.type in _USER_TYPES[odm] else replace(one, type="Other") for one in users]
    meanings = [one if one.method in _METHODS else replace(one, method=None) for one in meanings]
    places = [one if _is_whole(one) else _at_this_study(one, places[0]) for one in places]
    return clinical.Admin(tuple(_unique(users)), tuple(_unique(places)), tuple(_unique(meanings)))


def _is_whole(place: Location) -> bool:
    """Whether a place of another file has a name and says by which definition it works, and since when."""
    try:
        date.fromisoformat(place.since)
    except ValueError:
        return False
    return bool(place.study and place.version and place.name) and len(place.since) == len("2026-01-01")


def _at_this_study(place: Location, own: Location) -> Location:
    """The standard wants a definition named: that of the file."""
    return replace(place, study=own.study, version=own.version, since=own.since, name=place.name or place.oid)


def _own_users(session: Session, names: Names) -> list[User]:
    from crf_app.exchange.clinical import User

    out = [User(SYSTEM_USER, SYSTEM, "crf-app", "Other")]
    for user, (said, _) in reads.people(session.store.conn).items():
        kind = "Investigator" if said.get("role") == "investigator" else "Other"
        out.append(User(user_oid(names.home, user), user, said.get("name") or None, kind))
    return out


def _own_place(session: Session, names: Names) -> Location:
    from crf_app.exchange.clinical import Location

    active = reads.records_of_kind(session.store.conn, "def.activate")
    since = min((local_iso(one.record.at, one.record.offset)[:10] for one in active), default="2000-01-01")
    return Location(location_oid(session.site), session.site, names.study, names.version, since)


def _unique(things: Iterable[Any]) -> list[Any]:
    """The first of each OID."""
    out: dict[str, Any] = {}
    for one in things:
        out.setdefault(one.oid, one)
    return list(out.values())
