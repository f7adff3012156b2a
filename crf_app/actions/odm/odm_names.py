"""What the store's people, places, times and origins are called in an ODM file, and back.

An answer that came with an ODM file keeps its source's audit record in the field `origin`; it is what is said
of it again on export.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from crf_app.actions.consequences import SYSTEM
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import fingerprint
from crf_app.model.clock import offset_text
from crf_app.model.definition import Study

SYSTEM_USER: Final = "U.system"
_OF_AUDIT: Final = ("user", "location", "at", "reason", "source", "edit_point")
LEGAL_REASON: Final = (
    "The signer's electronic signature is meant as the legally binding equivalent of the handwritten one. / "
    "签名人的电子签名与其手写签名具有同等法律效力。"
)


def user_oid(home: str, user: str) -> str:
    """`home`: `home_name`."""
    return SYSTEM_USER if user == SYSTEM else f"U.{home}.{user}"


def home_name(site: str, site_key: bytes) -> str:
    """`001.K3J9X0Q2`: the same for all devices of a site's key, another for a home with a key of its own."""
    return f"{site}.{fingerprint(site_key, 1)}"


def location_oid(site: str) -> str:
    return f"L.{site}"


def meaning_oid(code: str) -> str:
    return f"SD.{code}"


@lru_cache(maxsize=2_000)
def local_iso(at: str, offset: str) -> str:
    """A record's time as it was there: `2026-10-06T14:02:31.000+08:00`."""
    moment = datetime.fromisoformat(f"{at[:-1]}+00:00").astimezone(
        datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo
    )
    return moment.isoformat(timespec="milliseconds")


def now_iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}{offset_text(moment)}"


def origin_text(audit: Any, **more: str) -> str:
    """An audit record of a file (`clinical.Audit`) as a record's `origin`: canonical JSON of what it says."""
    if not more and audit.edit_point is None and audit.reason is None and audit.source is not None:
        at, place, user = _quoted(audit.at), _quoted(audit.location), _quoted(audit.user)
        source = audit.source if audit.source.isalnum() and audit.source.isascii() else None
        said = f'"{source}"' if source is not None else json.dumps(audit.source, ensure_ascii=False)
        return f'{{"at":{at},"location":{place},"source":{said},"user":{user}}}'
    every = {name: getattr(audit, name) for name in _OF_AUDIT} | more
    return canonical({name: value for name, value in every.items() if value is not None}).decode()


@lru_cache(maxsize=5_000)
def _quoted(text: str) -> str:
    """As canonical JSON has it."""
    return json.dumps(text, ensure_ascii=False)


def origin_of(text: str) -> dict[str, str]:
    said: dict[str, str] = json.loads(text)
    return said


def units_of(study: Study) -> dict[str, str]:
    """unit → its OID in a file of ODM 1.3: the file's that it came with, else made of its text."""
    from crf_app.exchange.odm1_units import kept_names

    kept = kept_names(study.foreign)
    every = {unit for form in study.form for item in form.items.values() for unit in units_named(item)}
    return {unit: kept.get(unit, f"MU.{unit}") for unit in every}


def units_named(item: Any) -> list[str]:
    """The units that may stand in an answer to an item."""
    return [one for one in (item.unit, *(other.unit for other in item.units)) if one]
