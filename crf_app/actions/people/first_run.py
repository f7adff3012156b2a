"""Set up a home: vault, store, the study's definition, the first two people.

The two are together at the computer.  The administrator issues the certificates of the first run; each of
the two is the witness of the other's identity, and the ledger says that it was the first run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crf_app import __version__
from crf_app.actions.study.definitions import load_study
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import make_user_certificate
from crf_app.crypto.encoding import b64, fingerprint, unb64
from crf_app.crypto.passwords import DEFAULT, Cost
from crf_app.errors import StorageError, ValueRejected, WrongState
from crf_app.model.clock import Clock, SystemClock, offset_text, utc_text
from crf_app.model.definition import Study
from crf_app.model.record import ChainIdentity, Draft, Stamp
from crf_app.settings.files import sync_folder
from crf_app.settings.folders import make_home, refuse_network_folder
from crf_app.store import ledger, vault
from crf_app.store.store import DATABASE, Store, create_store, refusals, transaction
from crf_app.store.vault_change import NewPerson, create_vault
from crf_app.store.vault_file import Slot, people_slots, read_vault, vault_path
from crf_app.sync.enrolment import DeviceIdentity, enrol_value

__all__ = ["NewPerson", "Place", "init"]
ENVIRONMENTS = ("test", "production")
HALF = "setting_up"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a home stands: site and device are short codes, `env` is `test` or `production`."""

    site: str
    device: str
    env: str = "test"


def init(
    home: Path,
    folder: Path,
    place: Place,
    people: Sequence[NewPerson],
    clock: Clock | None = None,
    cost: Cost = DEFAULT,
) -> Study:
    """Make the home ready.

    Raises DefinitionError, ValueRejected (people, passwords, codes), WrongState (set up), StorageError.
    """
    _check(place)
    refuse_network_folder(home)
    study, _ = load_study(folder)
    now = (clock or SystemClock()).now()
    half = _begin(home)
    try:
        keys = create_vault(
            half, study=study.oid, site=place.site, device=place.device, people=people, at=now, cost=cost
        )
        identity = ChainIdentity(study.oid, place.env, place.site, place.device, keys.device.epoch)
        store = create_store(half, keys.data_key, identity, keys.device.sign.sign)
        try:
            _fill(store, keys, study, people, now)
        finally:
            store.close()
        _finish(half, home)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)  # the home stays empty: the first run can be done again
        raise
    return study


def _begin(home: Path) -> Path:
    """Where everything is made first: a run that is stopped leaves nothing that looks ready.

    Raises WrongState for a home that is set up, StorageError for data whose keys are elsewhere.
    """
    if vault_path(home).exists():
        raise WrongState(
            "This folder holds a study already. Sign in, or choose another folder.",
            "该文件夹已有研究。请登录，或选择其他文件夹。",
            where=str(home),
        )
    half = home / HALF
    if (home / DATABASE).exists() and not half.exists():
        raise StorageError(
            "This folder holds data without its keys. Nothing was changed. Put vault.json back, or choose "
            "another folder.",
            "该文件夹中有数据但缺少密钥，未作任何改动。请放回 vault.json，或选择其他文件夹。",
            where=str(home),
        )
    make_home(home)
    shutil.rmtree(half, ignore_errors=True)
    return make_home(half)


def _finish(half: Path, home: Path) -> None:
    """The database first, the vault last: only with the vault the home is ready."""
    with refusals(home / DATABASE):
        os.replace(half / DATABASE, home / DATABASE)
        sync_folder(home)
        os.replace(vault_path(half), vault_path(home))
        sync_folder(home)
    shutil.rmtree(half, ignore_errors=True)


def _fill(store: Store, keys: vault.Opened, study: Study, people: Sequence[NewPerson], now: datetime) -> None:
    """The definition and the first records."""
    data = study.canonical_bytes()
    with refusals(store.path), transaction(store.conn):
        store.conn.execute("INSERT INTO blob VALUES (?, ?)", (sha256(data), data))
    stamp = Stamp(keys.user, keys.role, utc_text(now), offset_text(now), __version__, study.version)
    sealers = {} if keys.sign is None else {keys.user: keys.sign.sign}
    first = _first_records(keys, study, store.identity.env, people, now)
    ledger.append(store, first, stamp, sealers=sealers)


def _check(place: Place) -> None:
    if place.env not in ENVIRONMENTS:
        raise ValueRejected(
            "The environment is test or production.", "环境只能是 test 或 production。", where=place.env
        )
    for code in (place.site, place.device):
        if not (code.isascii() and code.replace("-", "").replace("_", "").isalnum() and len(code) <= 20):
            raise ValueRejected(
                "Site and device are short codes of letters, digits, - and _.",
                "中心与设备代码只含字母、数字、- 和 _。",
                where=code,
            )


def _first_records(
    keys: vault.Opened, study: Study, env: str, people: Sequence[NewPerson], now: datetime
) -> list[Draft]:
    certificate = keys.site_certificate
    vaulted = {
        "vault": keys.vault,
        "site_certificate": b64(certificate),
        "people": [one.user for one in people],
    }
    out = [
        Draft("vault.create", value=canonical(vaulted).decode()),
        Draft("device.enrol", key=keys.device.id, value=_enrolment(keys, study, env)),
        Draft(
            "def.activate",
            key=keys.site,
            value=canonical({"version": study.version, "sha256": study.sha256}).decode(),
        ),
    ]
    for person in people:
        named = canonical({"name": person.name, "role": person.role}).decode()
        out += [
            Draft("user.add", key=person.user, value=named),
            Draft("user.grant", key=person.user, value="active"),
        ]
    for slot in people_slots(read_vault(keys.home)):
        out += _certified(keys, slot, people, now)
    return out


def _enrolment(keys: vault.Opened, study: Study, env: str) -> str:
    """What the device is, with the site key's signature over it."""
    assert keys.site_key is not None  # the first run holds the site key
    return enrol_value(device_identity(keys, study.oid, env), keys.site_key.sign)


def device_identity(keys: vault.Opened, study: str, env: str) -> DeviceIdentity:
    device = keys.device
    return DeviceIdentity(
        study, env, keys.site, device.id, device.epoch, device.id, device.sign.public, device.box.public
    )


def _certified(keys: vault.Opened, slot: Slot, people: Sequence[NewPerson], now: datetime) -> list[Draft]:
    if not slot["sign_public"] or keys.site_key is None:
        return []  # has a one-time password: no signing key yet
    public = unb64(slot["sign_public"])
    der = make_user_certificate(keys.site_key, keys.site_certificate, public, slot["id"], slot["name"], now)
    other = next(one.user for one in people if one.user != slot["id"])
    issued = {"certificate": b64(der), "fingerprint": fingerprint(public), "sha256": sha256(der)}
    seen = {"certificate_sha256": sha256(der), "witness": other, "occasion": "first run, both present"}
    return [
        Draft("key.request", key=slot["id"], value=canonical({"public": slot["sign_public"]}).decode()),
        Draft("key.certify", key=slot["id"], value=canonical(issued).decode()),
        Draft("key.witness", key=slot["id"], value=canonical(seen).decode()),
    ]
