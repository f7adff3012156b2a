"""`vault.json` as a file: read strictly, written whole.  Knows its shape and no cryptography.

So the sign-in page can list the people before anything heavy is loaded.  A file of a newer program
is refused (TooNew) and never touched; a file of another shape counts as changed (VaultTampered).  The check
sum tells a disk's fault from a wrong password before a password is tried; against a person who changes the
file it is worth nothing, there the MAC stands.  What the fields hold and how they are checked: `vault.py`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from crf_app.crypto.canonical import canonical
from crf_app.errors import NotFound, TooNew, VaultTampered
from crf_app.settings.files import storage_refusal, write_file

FORMAT: Final = "crf-vault"
VERSION: Final = 2  # 2: may hold recovery slots, and has a check sum
RECOVERY: Final = "recovery"
CUSTODIANS: Final = "custodians"
_SUM: Final = "sum"  # CRC-32 of the canonical rest; in the file, never in a `Vault`
MAX_BYTES: Final = 4 << 20
Shape = dict[str, type]
STATES: Final = ("active", "must_change", "locked")
_TOP: Final[Shape] = {
    **dict.fromkeys(("format", "vault_id", "study", "site", "mac"), str),
    **dict.fromkeys(("version", "generation", "written"), int),
    **dict.fromkeys(("site_ca", "vouchers", "device"), dict),
    "slots": list,
}
_SLOT: Final[Shape] = {
    **dict.fromkeys(("id", "kind", "name", "role", "state", "public", "seal_public", "sign_public"), str),
    **dict.fromkeys(("kdf", "dek"), dict),
    "private": str,
}
_RECOVERY: Final[Shape] = {
    **dict.fromkeys(("id", "kind", "generation", "public", "root"), str),
    **dict.fromkeys(("dek", "envelopes"), dict),
    "confirmed": bool,
}
_SITE: Final[Shape] = {"public": str, "certificate": str, "private": dict}
_DEVICE: Final[Shape] = {"id": str, "epoch": int, "sign_public": str, "box_public": str, "private": str}

Vault = dict[str, Any]  # the JSON object; `_shaped` guarantees the fields named above
Slot = dict[str, Any]


def vault_path(home: Path) -> Path:
    return home / "vault.json"


def read_vault(home: Path) -> Vault:
    """The vault, of the right shape but not yet verified.

    Raises NotFound (no vault), TooNew, VaultTampered (another shape), StorageError.
    """
    path = vault_path(home)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(
            "There is no study on this computer yet. Set one up, or name the folder that holds it.",
            "本机尚无研究。请先建立研究，或指定其所在文件夹。",
            where=str(home),
        ) from None
    except OSError as reason:
        raise storage_refusal(reason, path) from reason
    return _shaped(_parsed(data))


def write_vault(home: Path, vault: Vault) -> None:
    """Replace the vault on disk, whole.  Raises StorageError."""
    summed = {**vault, _SUM: _sum(vault)} if vault["version"] >= VERSION else vault
    text = json.dumps(summed, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    write_file(vault_path(home), text.encode("utf-8"), own=True)


def people_slots(vault: Vault) -> list[Slot]:
    """The slots of people, in the order they were added."""
    return [slot for slot in vault["slots"] if slot["kind"] == "user"]


def recovery_slots(vault: Vault) -> list[Slot]:
    """The slots of custodian cards: one for each set that still opens."""
    return [slot for slot in vault["slots"] if slot["kind"] == RECOVERY]


def tampered(en: str, zh: str) -> VaultTampered:
    """A refusal that says what is wrong with the key file and what to do."""
    return VaultTampered(
        f"{en} The key file was changed outside this program. Restore it from the backup and tell the "
        "data manager.",
        f"{zh}密钥文件在程序之外被改动。请从备份恢复，并告知数据管理员。",
        where="vault.json",
    )


def _parsed(data: bytes) -> Vault:
    try:
        if len(data) > MAX_BYTES:
            raise ValueError
        vault = json.loads(data.decode("utf-8"), object_pairs_hook=_no_twins)
        canonical(vault)  # text and numbers that have no canonical bytes were not written by this program
    except (ValueError, RecursionError):
        raise tampered("It cannot be read.", "无法读取。") from None
    if not isinstance(vault, dict) or vault.get("format") != FORMAT or type(vault.get("version")) is not int:
        raise tampered("It is not a key file.", "不是密钥文件。")
    said = vault.pop(_SUM, None)
    if (said is not None or vault["version"] >= VERSION) and said != _sum(vault):
        raise tampered("Its check sum does not fit.", "校验和不符。")
    if vault["version"] > VERSION:
        raise TooNew(
            "The key file was made by a newer program. Update this program; the file was not touched.",
            "密钥文件由更新版本的程序创建。请升级本程序；文件未被改动。",
            where="vault.json",
        )
    return vault


def _sum(vault: Vault) -> str:
    """Finds what a disk did; CRC-32 is there before the first picture, which waits for no library."""
    return f"{zlib.crc32(canonical(vault)):08x}"


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError
    return out


def _shaped(vault: Vault) -> Vault:
    if not _has(vault, _TOP) or vault["version"] not in (1, VERSION):
        raise tampered("Its parts are not as agreed.", "组成部分不符合约定。")
    slots = vault["slots"]
    parts = [_has(vault["site_ca"], _SITE), _has(vault["device"], _DEVICE), *(_is_slot(s) for s in slots)]
    if not all(parts) or not _unique(slot["id"].casefold() for slot in slots):
        raise tampered("Its parts are not as agreed.", "组成部分不符合约定。")
    return vault


def _is_slot(slot: Any) -> bool:
    """A person's slot, or the one of a set of custodian cards."""
    if isinstance(slot, dict) and slot.get("kind") == RECOVERY:
        return _has(slot, _RECOVERY)
    return _has(slot, _SLOT) and slot["kind"] == "user" and slot["state"] in STATES


def _has(part: object, shape: dict[str, type]) -> bool:
    if not isinstance(part, dict) or set(part) != set(shape):
        return False
    return all(type(part[key]) is kind for key, kind in shape.items())


def _unique(names: Iterable[str]) -> bool:
    seen = list(names)
    return len(seen) == len(set(seen))
