"""Making a vault, and changing who may open it and how.

Each change reads the file anew, checks its MAC with the data key at hand, changes it, counts the
writing and replaces the file whole.  The caller holds the home's one-writer lock and appends the record
that belongs to the change; who may do what is `model/workflow.py`, except for what needs the site key:
only an administrator has that.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from crf_app.crypto import boxes
from crf_app.crypto import slot as key_slot
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import make_site_certificate
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import Ed25519Key, P256Key, X25519Key
from crf_app.crypto.passwords import DEFAULT, Cost, check_policy, password_bytes
from crf_app.errors import NotAllowed, ValueRejected, WrongState
from crf_app.settings import make_home
from crf_app.store.attempts import Clock, forget_run, read_attempts
from crf_app.store.people import ADMINISTRATOR, is_last_administrator
from crf_app.store.vault import (
    Device,
    Opened,
    Person,
    check_mac,
    data_key_info,
    device_aad,
    find_slot,
    header,
    mac,
    site_key_info,
    unlock_counted,
    voucher_bytes,
)
from crf_app.store.vault import (
    opened as all_keys,
)
from crf_app.store.vault_file import (
    CUSTODIANS,
    FORMAT,
    VERSION,
    Slot,
    Vault,
    read_vault,
    vault_path,
    write_vault,
)


@dataclass(frozen=True, slots=True, repr=False)
class NewPerson:
    """Somebody who gets a slot.  `own_password`: typed by this very person (first run), so it need not
    be changed, and the signing key is made at once; else it is a one-time password."""

    user: str
    name: str
    role: str
    password: str
    own_password: bool = False


def create_vault(
    home: Path,
    *,
    study: str,
    site: str,
    device: str,
    people: Sequence[NewPerson],
    at: datetime,
    cost: Cost = DEFAULT,
) -> Opened:
    """The first run: keys of site and device, a slot for each of at least two people.

    Returns the first administrator's keys with the site key, one-time password or not.  Raises
    WrongState if a vault is there already, ValueRejected (people, passwords), StorageError.
    """
    make_home(home)
    if vault_path(home).exists():
        raise WrongState(
            "This folder holds a study already. Sign in, or choose another folder.",
            "该文件夹已有研究。请登录，或选择其他文件夹。",
            where=str(home),
        )
    _check_first_people(people)
    vault_id, data_key, site_key = secrets.token_hex(8), boxes.new_key(), P256Key.generate()
    certificate = make_site_certificate(site_key, study, site, at)
    vault: Vault = {
        "format": FORMAT,
        "version": VERSION,
        "vault_id": vault_id,
        "study": study,
        "site": site,
        "generation": 1,
        "written": 0,
        "site_ca": {"public": b64(site_key.public), "certificate": b64(certificate), "private": {}},
        "vouchers": {"1": b64(site_key.sign(voucher_bytes(vault_id, 1, data_key)))},
        "device": device_part(vault_id, Device(_device_id(device), 1, *_device_keys()), data_key),
        "slots": [],
        "mac": "",
    }
    made = [add_slot(vault, person, data_key, site_key, cost) for person in people]
    write_new(home, vault, data_key)
    slot, keys = next(pair for pair in made if pair[0]["role"] == ADMINISTRATOR)
    return all_keys(home, vault, slot, keys, data_key, site_key=site_key)


def add_user(admin: Opened, person: NewPerson, cost: Cost = DEFAULT) -> None:
    """A slot with a one-time password.  Raises NotAllowed, WrongState (the id was taken), ValueRejected."""
    site_key = site_key_of(admin)

    def edit(vault: Vault) -> None:
        add_slot(vault, replace(person, own_password=False), admin.data_key, site_key, cost)

    change_vault(admin, edit)


def reset_user(admin: Opened, user: str, one_time: str, cost: Cost = DEFAULT) -> None:
    """A forgotten password: new keys and a one-time password under the same id.  The old signing key is
    gone; what it signed stays valid, and the person needs a new certificate."""
    site_key = site_key_of(admin)

    def edit(vault: Vault) -> None:
        old = find_slot(vault, user)
        place = vault["slots"].index(old)
        vault["slots"].remove(old)
        person = NewPerson(user, old["name"], old["role"], one_time)
        add_slot(vault, person, admin.data_key, site_key, cost)
        vault["slots"].insert(place, vault["slots"].pop())

    change_vault(admin, edit)
    forget_run(admin.home, user)


def set_person(admin: Opened, user: str, *, name: str | None = None, role: str | None = None) -> None:
    """Another printed name or role.  Raises WrongState when the last administrator would step down."""
    site_key = site_key_of(admin)

    def edit(vault: Vault) -> None:
        slot = find_slot(vault, user)
        if role is not None and role != ADMINISTRATOR:
            keep_one_administrator(admin.home, vault, user)
        slot["name"] = slot["name"] if name is None else _printed_name(name)
        slot["role"] = slot["role"] if role is None else _role(role)
        _share_site_key(vault, slot, site_key)

    change_vault(admin, edit)


def lock_user(admin: Opened, user: str) -> None:
    """Nobody signs in as `user` until unlocked.  Raises WrongState for the last administrator."""
    site_key_of(admin)

    def edit(vault: Vault) -> None:
        keep_one_administrator(admin.home, vault, user)
        find_slot(vault, user)["state"] = "locked"

    change_vault(admin, edit)


def unlock_user(admin: Opened, user: str) -> None:
    """Ends a lock by an administrator and one by wrong passwords."""
    site_key_of(admin)

    def edit(vault: Vault) -> None:
        slot = find_slot(vault, user)
        slot["state"] = "active" if slot["sign_public"] else "must_change"

    change_vault(admin, edit)
    forget_run(admin.home, user)


def change_password(
    mine: Opened, old: str, new: str, *, cost: Cost = DEFAULT, clock: Clock = time.monotonic
) -> Opened:
    """The own password, by the old one.  The first change makes the signing key and state "active".

    Raises WrongPassword, AccountLocked (a wrong `old` counts as a try), ValueRejected (policy, or the
    same password again).  Returns the keys to go on with.
    """
    vault = _verified(mine)
    slot = find_slot(vault, mine.user)
    person, tries = unlock_counted(mine.home, vault, slot, old, clock)
    forget_run(mine.home, mine.user)
    if password_bytes(old) == password_bytes(new):
        raise ValueRejected(
            "This is the old password. Choose another one.", "新密码与旧密码相同。请另选密码。"
        )
    _check_password(vault, slot["id"], slot["name"], new)
    person = replace(person, sign=person.sign or P256Key.generate())
    slot["state"] = "active"
    return _relock(mine, vault, slot, person, new, cost, tries.total)


def strengthen(mine: Opened, password: str, cost: Cost = DEFAULT, clock: Clock = time.monotonic) -> Opened:
    """Lock the same keys by the same password at today's cost; nothing is written if it is enough already
    (`mine.cost`).  Raises WrongPassword, AccountLocked."""
    if (mine.cost.m, mine.cost.t) >= (cost.m, cost.t):
        return mine
    vault = _verified(mine)
    slot = find_slot(vault, mine.user)
    person, tries = unlock_counted(mine.home, vault, slot, password, clock)
    forget_run(mine.home, mine.user)
    return _relock(mine, vault, slot, person, password, cost, tries.total)


def begin_epoch(mine: Opened, epoch: int) -> Opened:
    """New keys for this device under a higher epoch; the earlier ones stay, to send what they sealed.

    Raises ValueRejected for a number that is not higher.  The store follows by `store.begin_epoch`.
    """
    old = mine.device
    if not old.epoch < epoch < 2**31:
        raise ValueRejected(
            f"The next epoch of this device is {old.epoch + 1} or higher. Choose such a number.",
            f"本设备的下一时期编号应为{old.epoch + 1}或更大，请重新填写。",
            where=str(epoch),
        )
    device = Device(old.id, epoch, *_device_keys(), (*old.earlier, replace(old, earlier=())))

    def edit(vault: Vault) -> None:
        vault["device"] = device_part(vault["vault_id"], device, mine.data_key)

    change_vault(mine, edit)
    return replace(mine, device=device, written=mine.written + 1)


def _relock(
    mine: Opened, vault: Vault, slot: Slot, person: Person, password: str, cost: Cost, tries: int
) -> Opened:
    _lock(vault["vault_id"], slot, person, password, cost)
    write_new(mine.home, vault, mine.data_key)
    return replace(all_keys(mine.home, vault, slot, person, mine.data_key), tries=tries)


def change_vault(mine: Opened, edit: Callable[[Vault], None], data_key: bytes | None = None) -> None:
    """Read, check, edit, count and replace the file; `data_key`: under another key from now on."""
    vault = _verified(mine)
    edit(vault)
    write_new(mine.home, vault, data_key or mine.data_key)


def _verified(mine: Opened) -> Vault:
    vault = read_vault(mine.home)
    check_mac(vault, mine.data_key)
    return vault


def write_new(home: Path, vault: Vault, data_key: bytes) -> None:
    """Count the writing, seal and replace the file.  Raises StorageError."""
    vault["version"] = VERSION
    vault["written"] += 1
    vault["mac"] = mac(vault, data_key)
    write_vault(home, vault)


def add_slot(
    vault: Vault, person: NewPerson, data_key: bytes, site_key: P256Key, cost: Cost
) -> tuple[Slot, Person]:
    """Append a slot with fresh keys; the data key, and an administrator's site key, sealed to it."""
    _check_user(vault, person.user)
    _check_password(vault, person.user, person.name, person.password)
    sign = P256Key.generate() if person.own_password else None
    keys = Person(X25519Key.generate(), Ed25519Key.generate(), sign, sha256(site_key.public))
    slot: Slot = {
        "id": person.user,
        "kind": "user",
        "name": _printed_name(person.name),
        "role": _role(person.role),
        "state": "active" if person.own_password else "must_change",
        "public": b64(keys.box.public),
        "seal_public": b64(keys.seal.public),
    }
    vault_id, generation = vault["vault_id"], vault["generation"]
    info = data_key_info(vault_id, person.user, generation)
    slot["dek"] = {str(generation): b64(boxes.seal_to(keys.box.public, info, data_key))}
    _lock(vault_id, slot, keys, person.password, cost)
    _share_site_key(vault, slot, site_key)
    vault["slots"].append(slot)
    return slot, keys


def _lock(vault_id: str, slot: Slot, keys: Person, password: str, cost: Cost) -> None:
    inner = {
        "box": b64(keys.box.raw),
        "seal": b64(keys.seal.raw),
        "root": keys.root,
        "sign": b64(keys.sign.der) if keys.sign else "",
    }
    locked = key_slot.lock(inner, password_bytes(password), header(vault_id, slot), cost)
    slot["kdf"], slot["private"] = dict(locked.kdf), locked.private
    slot["sign_public"] = b64(keys.sign.public) if keys.sign else ""


def _share_site_key(vault: Vault, slot: Slot, site_key: P256Key) -> None:
    """Administrators have the site key, nobody else."""
    shared, user = vault["site_ca"]["private"], slot["id"]
    if slot["role"] == ADMINISTRATOR:
        info = site_key_info(vault["vault_id"], user)
        shared[user] = b64(boxes.seal_to(unb64(slot["public"]), info, site_key.der))
    else:
        shared.pop(user, None)


def _device_keys() -> tuple[Ed25519Key, X25519Key]:
    return Ed25519Key.generate(), X25519Key.generate()


def device_part(vault_id: str, device: Device, data_key: bytes) -> dict[str, object]:
    """What the file holds of a device: its public keys, and the private ones under the data key."""
    part: dict[str, object] = {"id": device.id, "epoch": device.epoch}
    part |= {"sign_public": b64(device.sign.public), "box_public": b64(device.box.public)}
    inner: dict[str, object] = {"sign": b64(device.sign.raw), "box": b64(device.box.raw)}
    if device.earlier:
        inner["earlier"] = [
            {"epoch": one.epoch, "sign": b64(one.sign.raw), "box": b64(one.box.raw)} for one in device.earlier
        ]
    sealed = boxes.seal(boxes.hkdf(data_key, "crf-device/1"), canonical(inner), device_aad(vault_id, part))
    return part | {"private": b64(sealed)}


def _check_first_people(people: Sequence[NewPerson]) -> None:
    if len(people) < 2 or not any(person.role == ADMINISTRATOR for person in people):
        raise ValueRejected(
            "A site starts with two people, one of them an administrator. Add the missing one.",
            "中心启用需要两人，其中一人为管理员。请补充。",
        )


def _check_user(vault: Vault, user: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", user):
        raise ValueRejected(
            "A user id has 1 to 32 letters, digits, dots, dashes or low lines. Choose such a one.",
            "用户名须为1至32个字母、数字、点、横线或下划线。请重新选择。",
        )
    taken = any(slot["id"].casefold() == user.casefold() for slot in vault["slots"])
    if taken or user.casefold().startswith(CUSTODIANS):
        raise WrongState(
            "This user id is taken. Choose another one.", "该用户名已被使用。请另选一个。", where=user
        )


def _check_password(vault: Vault, user: str, name: str, password: str) -> None:
    check_policy(password, own=(vault["study"], vault["site"], user, name))


def _printed_name(name: str) -> str:
    if not name.strip() or len(name) > 64 or any(not sign.isprintable() for sign in name):
        raise ValueRejected(
            "A printed name has 1 to 64 visible characters. Type the name as it stands on paper.",
            "打印姓名须为1至64个可见字符。请按书面形式填写。",
        )
    return name.strip()


def _role(role: str) -> str:
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", role):
        raise ValueRejected("This is not a role. Pick one from the list.", "没有该角色。请从列表中选择。")
    return role


def _device_id(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}", name):
        raise ValueRejected(
            "A device is named by 1 to 16 letters or digits, for example D07. Choose such a name.",
            "设备编号须为1至16个字母或数字，例如 D07。请重新填写。",
        )
    return name


def keep_one_administrator(home: Path, vault: Vault, user: str) -> None:
    """Raises WrongState when nobody else could manage people."""
    if is_last_administrator(vault, user, read_attempts(home)):
        raise WrongState(
            "This is the last administrator who can sign in. Make another one first.",
            "这是最后一位可登录的管理员。请先设立另一位管理员。",
            where=user,
        )


def site_key_of(admin: Opened) -> P256Key:
    """Raises NotAllowed for anybody but an administrator with an own password."""
    if admin.site_key is None:
        raise NotAllowed(
            "Only an administrator with an own password manages people. Ask an administrator.",
            "只有已设置本人密码的管理员才能管理人员。请联系管理员。",
        )
    return admin.site_key
