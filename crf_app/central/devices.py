"""Which computers may send: taken in by their request, after two people compared the fingerprints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crf_app.central.database import read_study, refusals
from crf_app.crypto import certificates
from crf_app.crypto.encoding import fingerprint
from crf_app.errors import IdentityRefused, NotFound, WrongState
from crf_app.sync import refusals as sentences
from crf_app.sync.enrolment import DeviceRequest, read_request

if TYPE_CHECKING:
    from psycopg import Connection, Cursor


@dataclass(frozen=True, slots=True)
class Device:
    """One enrolled (device, epoch)."""

    site: str
    device: str
    epoch: int
    name: str
    fingerprint: str
    added_at: str
    revoked_at: str | None
    texts: dict[str, str] = field(hash=False, default_factory=dict)


def device_add(conn: Connection[Any], request: bytes, *, now: str, expected: str | None = None) -> Device:
    """Take in the device of a request file; `expected` is the fingerprint that was read out, if it was typed.

    The same request twice changes nothing.  Raises IdentityRefused for an altered or foreign request, another
    fingerprint, other keys than before, or another site certificate than the site's first device brought.
    """
    asked = read_request(request)
    study = read_study(conn)
    if (asked.identity.study, asked.identity.env) != (study.study, study.env):
        raise sentences.foreign()
    if expected is not None and expected.strip().upper() != asked.fingerprint:
        raise _other_fingerprint()
    with refusals(), conn.transaction(), conn.cursor() as cur:
        cur.execute("LOCK TABLE device IN SHARE ROW EXCLUSIVE MODE")
        _check_site(cur, asked)
        _insert(cur, asked, now)
        found = _find(cur, asked.identity.device, asked.identity.epoch)
    assert found is not None
    return _added(found, asked)


def device_revoke(
    conn: Connection[Any], device: str, *, now: str, reason: str, epoch: int | None = None
) -> list[Device]:
    """Refuse this device's bundles from now on (all epochs, or one).  What it sent before stays."""
    with refusals(), conn.transaction():
        conn.execute(
            "UPDATE device SET revoked_at = %s, revoked_reason = %s"
            " WHERE device = %s AND (%s::int IS NULL OR epoch = %s) AND revoked_at IS NULL",
            (now, reason, device, epoch, epoch),
        )
        found = [one for one in device_list(conn) if one.device == device and epoch in (None, one.epoch)]
    if not found:
        raise NotFound(
            "There is no such device. See device list for the names.",
            "没有该设备。请用 device list 查看名称。",
            where=device,
        )  # fmt: skip
    return found


def device_list(conn: Connection[Any]) -> list[Device]:
    """All devices by site, name and epoch."""
    with refusals():
        rows = conn.execute(
            "SELECT site, device, epoch, name, sign_public || box_public, added_at, revoked_at"
            " FROM device ORDER BY site, device, epoch"
        ).fetchall()
    return [_device(row) for row in rows]


def box_keys(cur: Cursor[Any], device: str) -> list[bytes]:
    """The public keys to which a feed for this device is sealed, newest epoch first."""
    rows = cur.execute(
        "SELECT box_public FROM device WHERE device = %s AND revoked_at IS NULL ORDER BY epoch DESC",
        (device,),
    ).fetchall()
    return list(dict.fromkeys(row[0] for row in rows))


def _insert(cur: Cursor[Any], asked: DeviceRequest, now: str) -> None:
    i = asked.identity
    there = cur.execute(
        "SELECT site, sign_public, box_public FROM device WHERE device = %s AND epoch = %s",
        (i.device, i.epoch),
    ).fetchone()
    if there is not None:
        if there != (i.site, i.sign_public, i.box_public):
            raise _taken(i.device)
        return
    if cur.execute("SELECT 1 FROM device WHERE device = %s AND site <> %s", (i.device, i.site)).fetchone():
        raise _taken(i.device)
    cur.execute(
        "INSERT INTO device (site, device, epoch, name, sign_public, box_public, site_certificate, request,"
        " added_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            i.site,
            i.device,
            i.epoch,
            i.name,
            i.sign_public,
            i.box_public,
            asked.site_certificate,
            asked.data,
            now,
        ),
    )
    cur.execute("INSERT INTO chain (site, device, epoch) VALUES (%s, %s, %s)", (i.site, i.device, i.epoch))


def _check_site(cur: Cursor[Any], asked: DeviceRequest) -> None:
    """All devices of a site are vouched for by one site key."""
    mine = certificates.read_certificate(asked.site_certificate).public
    rows = cur.execute(
        "SELECT DISTINCT site_certificate FROM device WHERE site = %s", (asked.identity.site,)
    ).fetchall()
    if any(certificates.read_certificate(row[0]).public != mine for row in rows):
        raise IdentityRefused(
            "This request carries another key of the site than the devices before. Compare with the site.",
            "该申请的中心密钥与先前设备不一致。请与该中心核对。",
            where="site",
        )


def _find(cur: Cursor[Any], device: str, epoch: int) -> Device | None:
    row = cur.execute(
        "SELECT site, device, epoch, name, sign_public || box_public, added_at, revoked_at"
        " FROM device WHERE device = %s AND epoch = %s",
        (device, epoch),
    ).fetchone()
    return _device(row) if row else None


def _device(row: tuple[Any, ...]) -> Device:
    site, device, epoch, name, keys, added_at, revoked_at = row
    return Device(site, device, epoch, name, fingerprint(keys), added_at, revoked_at)


def _added(found: Device, asked: DeviceRequest) -> Device:
    texts = {
        "en": f"Device {found.device} (epoch {found.epoch}) of site {found.site} is enrolled. Fingerprint "
        f"{found.fingerprint}, site {asked.site_fingerprint}: compare both with the people there.",
        "zh": f"中心 {found.site} 的设备 {found.device}（第 {found.epoch} 代）已登记。"
        f"指纹 {found.fingerprint}，中心指纹 {asked.site_fingerprint}：请与对方核对。",
    }
    return Device(
        found.site,
        found.device,
        found.epoch,
        found.name,
        found.fingerprint,
        found.added_at,
        found.revoked_at,
        texts,
    )


def _taken(device: str) -> WrongState:
    return WrongState(
        "A device of this name is enrolled with other keys. A restored device needs a new epoch.",
        "同名设备已用其他密钥登记。恢复后的设备需要新的代号。",
        where=device,
    )


def _other_fingerprint() -> IdentityRefused:
    return IdentityRefused(
        "The fingerprint is another one than was read out. Do not enrol; ask the site for a new request.",
        "指纹与对方宣读的不一致。请勿登记，并向该中心索取新的申请。",
        where="fingerprint",
    )
