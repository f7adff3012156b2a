"""Central's own keys: `central.json` under a secret, `central.pub` to carry to the devices.

central.json  canonical JSON {"format": "crf-central", "version": 1, "study", "env", "sign_public",
              "box_public", "kdf", "private"}; kdf and private as in a vault's slot (crypto/slot.py),
              the other members are its header; inside: {"sign", "box"}, base64 raw private keys
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crf_app.crypto import slot
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.errors import IdentityRefused, TooNew, VaultTampered, WrongPassword, WrongState
from crf_app.sync.central_public import CentralPublic

PRIVATE: Final = "central.json"
PUBLIC: Final = "central.pub"
FORMAT: Final = "crf-central"
VERSION: Final = 1
_HEADER: Final = ("format", "version", "study", "env", "sign_public", "box_public")


@dataclass(frozen=True, slots=True, repr=False)
class CentralKeys:
    """The opened keys of one study's central."""

    study: str
    env: str
    sign: Ed25519Key
    box: X25519Key

    @property
    def public(self) -> CentralPublic:
        return CentralPublic(self.study, self.env, self.sign.public, self.box.public)


def create_keys(folder: Path, study: str, env: str, secret: bytes) -> CentralKeys:
    """New keys in `folder`: central.json under `secret`, central.pub.  Raises WrongState if they exist."""
    if (folder / PRIVATE).exists():
        raise WrongState(
            "Central's keys are here already. Use them, or choose another folder.",
            "此处已有中心密钥。请使用现有密钥，或选择其他文件夹。",
            where=PRIVATE,
        )
    keys = CentralKeys(study, env, Ed25519Key.generate(), X25519Key.generate())
    header = _header(keys.public)
    locked = slot.lock({"sign": b64(keys.sign.raw), "box": b64(keys.box.raw)}, secret, header)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / PUBLIC, keys.public.encoded(), 0o644)
    _write(folder / PRIVATE, canonical({**header, "kdf": dict(locked.kdf), "private": locked.private}), 0o600)
    return keys


def unlock_keys(folder: Path, secret: bytes) -> CentralKeys:
    """The keys of `folder`.  Raises WrongPassword, VaultTampered, TooNew, WrongState when there are none."""
    raw = _read(folder / PRIVATE)
    header = {name: raw[name] for name in _HEADER}
    try:
        inner = slot.unlock(slot.Locked(raw["kdf"], raw["private"]), secret, header)
    except IdentityRefused:
        raise WrongPassword(
            "Central's secret is not right, or its key file was changed.",
            "中心密钥口令不正确，或密钥文件已被改动。",
            where=PRIVATE,
        ) from None
    sign, box = Ed25519Key.from_raw(unb64(inner["sign"])), X25519Key.from_raw(unb64(inner["box"]))
    keys = CentralKeys(raw["study"], raw["env"], sign, box)
    if _header(keys.public) != header:
        raise _tampered()
    return keys


def _header(public: CentralPublic) -> dict[str, Any]:
    return {
        "format": FORMAT, "version": VERSION, "study": public.study, "env": public.env,
        "sign_public": b64(public.sign_public), "box_public": b64(public.box_public),
    }  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise WrongState(
            "There are no central keys in this folder. Run central init first.",
            "此文件夹中没有中心密钥。请先运行 central init。",
            where=PRIVATE,
        )
    try:
        raw = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise _tampered() from None
    if isinstance(raw, dict) and type(raw.get("version")) is int and raw["version"] > VERSION:
        raise TooNew(
            "A newer program made central's keys. Start that program; nothing was changed here.",
            "中心密钥由更新版本的程序创建。请使用该版本；此处未作任何改动。",
            where=PRIVATE,
        )
    if (
        not isinstance(raw, dict)
        or set(raw) != {*_HEADER, "kdf", "private"}
        or not isinstance(raw["kdf"], dict)
    ):
        raise _tampered()
    return raw


def _tampered() -> VaultTampered:
    return VaultTampered(
        "Central's key file was changed or cut. Restore it from the backup.",
        "中心密钥文件被改动或不完整。请从备份恢复。",
        where=PRIVATE,
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all: beside it, to disk, then renamed."""
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
