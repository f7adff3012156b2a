"""The vault: every key of one home in `vault.json`, opened by one person's password.

A random data key opens the database.  Each person owns an X25519 pair, and the data key is sealed to
the public half; the private half is locked by the password (Argon2id, AES-256-GCM, the slot's header
as associated data).  The site key vouches for the data key, and each locked part pins the site key, so
nobody can put another data key in.  A MAC under the data key covers everything else.  A person's
signing key is made when the person chooses the own password: no administrator ever had it.

Opening lives here; making and changing slots in `vault_change.py`, the file's shape in `vault_file.py`,
wrong passwords in `attempts.py`.  What the key generation is: the running number of the data key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crf_app.crypto import boxes
from crf_app.crypto import slot as key_slot
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import read_certificate
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import Ed25519Key, P256Key, X25519Key, verify_p256
from crf_app.crypto.passwords import Cost, check_kdf, password_bytes
from crf_app.errors import IdentityRefused, IntegrityError, ValueRejected, VaultTampered
from crf_app.store.attempts import (
    Attempts,
    Clock,
    account_locked,
    begin,
    forget_run,
    read_attempts,
    wrong_password,
)
from crf_app.store.people import ADMINISTRATOR, is_last_administrator
from crf_app.store.vault_file import Slot, Vault, people_slots, read_vault, tampered


@dataclass(frozen=True, slots=True, repr=False)
class Device:
    """The keys of this computer: `sign` seals chain ends and bundles, `box` receives feeds.

    `earlier`: the keys of its earlier epochs, oldest first.  They send what those chains hold and open what
    was sealed to them; nothing is appended under them any more.
    """

    id: str
    epoch: int
    sign: Ed25519Key
    box: X25519Key
    earlier: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """What one right password gives.  Held in memory for one session; nothing here is ever printed.

    `sign` is None while the one-time password stands (`state` is "must_change").  `site_key` is None
    but for an administrator with an own password.  `written` counts the vault's writings; `tries` and
    `wrong_tries` (all tries ever; wrong ones since the last right one) go into the ledger.  `coming`: a later
    data key was offered and the vault has not gone over to it (`rotation.py`).
    """

    home: Path
    vault: str
    study: str
    site: str
    user: str
    name: str
    role: str
    state: str
    generation: int
    written: int
    data_key: bytes
    device: Device
    seal: Ed25519Key
    box: X25519Key
    sign: P256Key | None
    site_key: P256Key | None
    site_certificate: bytes
    cost: Cost
    tries: int
    wrong_tries: int
    coming: bool = False

    @property
    def must_change(self) -> bool:
        return self.state == "must_change"


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """The private keys out of one locked slot."""

    box: X25519Key
    seal: Ed25519Key
    sign: P256Key | None
    root: str  # SHA-256 of the site's public key


def open_vault(home: Path, user: str, password: str, *, clock: Clock = time.monotonic) -> Opened:
    """Sign in: 205 ms, of which Argon2id takes 195.

    Raises NotFound, TooNew, VaultTampered, IdentityRefused (unknown user), WrongPassword (with
    `tries_left` and `wait_seconds`), AccountLocked.  Writes `attempts.json` only.
    """
    vault = read_vault(home)
    slot = find_slot(vault, user)
    try:
        person, tries = unlock_counted(home, vault, slot, password, clock)
        data_key = unseal_data_key(vault, slot, person.box, vault["generation"])
        check_mac(vault, data_key)
        _check_root(vault, person.root)
        check_voucher(vault, data_key, vault["generation"])
        mine = opened(home, vault, slot, person, data_key, tries=tries)
    except VaultTampered:
        raise
    except IntegrityError:  # a key or a text in it that is not written as agreed
        raise tampered("A key in it is not as agreed.", "其中的密钥不符合约定。") from None
    forget_run(home, user)
    return mine


def find_slot(vault: Vault, user: str) -> Slot:
    """Raises IdentityRefused for somebody without a slot."""
    for slot in people_slots(vault):
        if slot["id"] == user:
            return slot
    raise IdentityRefused(
        "Nobody with this user id can sign in on this computer. Pick a name from the list.",
        "本机没有该用户。请从列表中选择姓名。",
    )


def unlock_counted(
    home: Path, vault: Vault, slot: Slot, password: str, clock: Clock
) -> tuple[Person, Attempts]:
    """The private keys; the try is on disk before the password is looked at."""
    check_kdf(slot["kdf"])
    if slot["state"] == "locked":
        raise account_locked()
    may_lock = not is_last_administrator(vault, slot["id"], read_attempts(home))
    tries = begin(home, slot["id"], may_lock=may_lock, clock=clock)
    try:
        locked = key_slot.Locked(slot["kdf"], slot["private"])
        inner = key_slot.unlock(locked, password_bytes(password), header(vault["vault_id"], slot))
    except (IdentityRefused, ValueRejected):
        raise wrong_password(tries, may_lock=may_lock) from None
    return _person(slot, inner), tries


def header(vault_id: str, slot: Slot) -> dict[str, object]:
    """What stands readable beside the locked part and cannot be changed without breaking it."""
    fixed = {name: slot[name] for name in ("id", "kind", "public", "seal_public")}
    return {"vault": vault_id} | fixed


def data_key_info(vault_id: str, user: str, generation: int) -> str:
    return f"crf-dek/1|{vault_id}|{user}|{generation}"


def site_key_info(vault_id: str, user: str) -> str:
    return f"crf-site-key/1|{vault_id}|{user}"


def voucher_bytes(vault_id: str, generation: int, data_key: bytes) -> bytes:
    """What the site key signs to vouch for a data key."""
    said = {"vault": vault_id, "generation": generation, "key": hashlib.sha256(data_key).hexdigest()}
    return b"crf-generation/1\0" + canonical(said)


def mac(vault: Vault, data_key: bytes) -> str:
    """HMAC-SHA256 over everything but the MAC itself."""
    content = canonical({name: part for name, part in vault.items() if name != "mac"})
    return b64(hmac.digest(boxes.hkdf(data_key, "crf-vault-mac/1"), content, "sha256"))


def check_mac(vault: Vault, data_key: bytes) -> None:
    if not hmac.compare_digest(mac(vault, data_key).encode(), vault["mac"].encode()):
        raise tampered("Its seal does not fit.", "完整性校验不符。")


def opened(
    home: Path,
    vault: Vault,
    slot: Slot,
    person: Person,
    data_key: bytes,
    *,
    tries: Attempts | None = None,
    site_key: P256Key | None = None,
) -> Opened:
    """All keys that this person may hold, each checked against its public half.  Raises VaultTampered."""
    count = tries or Attempts()
    return Opened(
        home=home,
        vault=vault["vault_id"],
        study=vault["study"],
        site=vault["site"],
        user=slot["id"],
        name=slot["name"],
        role=slot["role"],
        state=slot["state"],
        generation=vault["generation"],
        written=vault["written"],
        data_key=data_key,
        device=device_of(vault, data_key),
        seal=person.seal,
        box=person.box,
        sign=person.sign,
        site_key=site_key or _site_key(vault, slot, person),
        site_certificate=_site_certificate(vault),
        cost=check_kdf(slot["kdf"]),
        tries=count.total,
        wrong_tries=max(0, count.run - 1),
        coming=str(vault["generation"] + 1) in vault["vouchers"],
    )


def device_aad(vault_id: str, device: Mapping[str, object]) -> bytes:
    fixed = {name: device[name] for name in ("id", "epoch", "sign_public", "box_public")}
    return canonical({"vault": vault_id} | fixed)


def _person(slot: Slot, inner: Mapping[str, str]) -> Person:
    """The keys of the locked part; they must be the halves of the public keys shown beside it."""
    if set(inner) != {"box", "seal", "root", "sign"}:
        raise tampered("A locked part is not as agreed.", "加密部分不符合约定。")
    box, seal = X25519Key.from_raw(unb64(inner["box"])), Ed25519Key.from_raw(unb64(inner["seal"]))
    sign = P256Key.from_der(unb64(inner["sign"])) if inner["sign"] else None
    mine = [b64(box.public), b64(seal.public), b64(sign.public) if sign else ""]
    if mine != [slot["public"], slot["seal_public"], slot["sign_public"]]:
        raise tampered("A person's public keys do not fit the private ones.", "人员的公钥与私钥不符。")
    return Person(box, seal, sign, inner["root"])


def unseal_data_key(vault: Vault, slot: Slot, box: X25519Key, generation: int) -> bytes:
    """The data key of a generation, by its person's key.  Raises VaultTampered."""
    info = data_key_info(vault["vault_id"], slot["id"], generation)
    try:
        return boxes.open_from(box.raw, info, unb64(slot["dek"].get(str(generation))))
    except (IdentityRefused, IntegrityError):
        raise tampered("The data key does not open.", "数据密钥无法打开。") from None


def _check_root(vault: Vault, root: str) -> None:
    if sha256(unb64(vault["site_ca"]["public"])) != root:
        raise tampered("The site key is not the one this person knows.", "中心密钥与本人所记录的不符。")


def check_voucher(vault: Vault, data_key: bytes, generation: int) -> None:
    """Whether the site key vouches for this data key.  Raises VaultTampered."""
    voucher = unb64(vault["vouchers"].get(str(generation)))
    said = voucher_bytes(vault["vault_id"], generation, data_key)
    if not verify_p256(unb64(vault["site_ca"]["public"]), voucher, said):
        raise tampered("The site key does not vouch for the data key.", "中心密钥未为数据密钥作证。")


def device_of(vault: Vault, data_key: bytes) -> Device:
    """The keys of this computer.  Raises VaultTampered."""
    part = vault["device"]
    try:
        key = boxes.hkdf(data_key, "crf-device/1")
        plain = boxes.open_box(key, unb64(part["private"]), device_aad(vault["vault_id"], part))
    except (IdentityRefused, IntegrityError):
        raise tampered("The device keys do not open.", "设备密钥无法打开。") from None
    inner = json.loads(plain)
    sign, box = Ed25519Key.from_raw(unb64(inner["sign"])), X25519Key.from_raw(unb64(inner["box"]))
    if [b64(sign.public), b64(box.public)] != [part["sign_public"], part["box_public"]]:
        raise tampered("The device keys do not fit.", "设备密钥不符。")
    earlier = tuple(_earlier(part["id"], one) for one in inner.get("earlier", ()))
    return Device(part["id"], part["epoch"], sign, box, earlier)


def _earlier(name: str, kept: Mapping[str, Any]) -> Device:
    sign, box = Ed25519Key.from_raw(unb64(kept["sign"])), X25519Key.from_raw(unb64(kept["box"]))
    return Device(name, kept["epoch"], sign, box)


def _site_key(vault: Vault, slot: Slot, person: Person) -> P256Key | None:
    """The site key, for an administrator who has chosen the own password."""
    if slot["role"] != ADMINISTRATOR or slot["state"] != "active":
        return None
    sealed = vault["site_ca"]["private"].get(slot["id"])
    try:
        info = site_key_info(vault["vault_id"], slot["id"])
        key = P256Key.from_der(boxes.open_from(person.box.raw, info, unb64(sealed)))
    except (IdentityRefused, IntegrityError):
        raise tampered("The site key does not open.", "中心密钥无法打开。") from None
    if b64(key.public) != vault["site_ca"]["public"]:
        raise tampered("The site key does not fit.", "中心密钥不符。")
    return key


def _site_certificate(vault: Vault) -> bytes:
    certificate = unb64(vault["site_ca"]["certificate"])
    if b64(read_certificate(certificate).public) != vault["site_ca"]["public"]:
        raise tampered("The site certificate does not fit.", "中心证书不符。")
    return certificate
