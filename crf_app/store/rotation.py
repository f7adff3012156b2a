"""A new data key: vault and data file go over to it, and a kill at any point leaves one of the two states.

    1  the vault offers the new key beside the present one: sealed to everybody who stays, vouched for by
       the site key                                                        (`offer`)
    2  a copy of the data file is written under the new key, checked, and gets the records of the rotation
                                                                            (`copy_under`, the caller)
    3  the copy takes the place of the data file                            (`Store.go_over`)
    4  the vault drops the earlier key, and who has no part in the new one  (`take_over`)

Until 3 the present key opens the file and the offer is withdrawn at the next sign-in; from 3 on only the new
one does, and whoever signs in next finishes 4.  So nobody who is left out ever opens what is written later,
also with an earlier copy of `vault.json`.  (ADR-0026)
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from crf_app.crypto import boxes
from crf_app.crypto.encoding import b64, unb64
from crf_app.errors import IdentityRefused, StoreDamaged, WrongState
from crf_app.model.progress import Progress, silent
from crf_app.settings.files import require_room
from crf_app.store.copying import copy_database
from crf_app.store.lock import HomeLock
from crf_app.store.store import DATABASE, Store, open_store, peek_end, refusals
from crf_app.store.vault import (
    Opened,
    check_voucher,
    data_key_info,
    find_slot,
    unseal_data_key,
    voucher_bytes,
)
from crf_app.store.vault_change import change_vault, device_part, keep_one_administrator, site_key_of
from crf_app.store.vault_file import Vault, read_vault

COPY: Final = f"{DATABASE}.coming"


def offer(admin: Opened, without: str | None = None) -> bytes:
    """A new data key, sealed to everybody but `without`; nothing else changes yet.

    Raises NotAllowed, IdentityRefused (nobody of that id), WrongState (oneself, or the last
    administrator), StorageError.
    """
    site_key, key, coming = site_key_of(admin), boxes.new_key(), admin.generation + 1

    def edit(vault: Vault) -> None:
        if without is not None:
            _check_leaving(admin, vault, without)
        present, name = str(vault["generation"]), vault["vault_id"]
        voucher = b64(site_key.sign(voucher_bytes(name, coming, key)))
        vault["vouchers"] = {present: vault["vouchers"][present], str(coming): voucher}
        for slot in vault["slots"]:
            slot["dek"] = {present: slot["dek"][present]}
            if slot["id"] != without:
                info = data_key_info(name, slot["id"], coming)
                slot["dek"][str(coming)] = b64(boxes.seal_to(unb64(slot["public"]), info, key))

    change_vault(admin, edit)
    return key


def copy_under(store: Store, key: bytes, progress: Progress = silent) -> Path:
    """The data file as it stands, under `key`, beside it.  `store` is a reader or stands still meanwhile.

    Raises StorageFull before anything is written where there is no room, StorageError, StoreDamaged when the
    copy is not what was read, Cancelled; then no copy is left.
    """
    copy = store.path.with_name(COPY)
    with refusals(copy):
        _remove(copy)
        require_room(copy, store.path.stat().st_size)
        try:
            store.conn.execute("BEGIN")
            try:
                copy_database(store.conn, key, copy, lambda left, of: progress(of - left, of))
                _check_copy(store, copy, key)
            finally:
                store.conn.execute("ROLLBACK")
        except BaseException:
            _remove(copy)
            raise
    return copy


def take_over(mine: Opened, key: bytes) -> Opened:
    """The vault goes over to the key that was offered; who has no part in it is in it no more."""
    coming = mine.generation + 1
    name = str(coming)

    def edit(vault: Vault) -> None:
        vault["generation"] = coming
        vault["vouchers"] = {name: vault["vouchers"][name]}
        vault["slots"] = [slot for slot in vault["slots"] if name in slot["dek"]]
        for slot in vault["slots"]:
            slot["dek"] = {name: slot["dek"][name]}
        staying = {slot["id"] for slot in vault["slots"]}
        shared = vault["site_ca"]["private"]
        vault["site_ca"]["private"] = {user: box for user, box in shared.items() if user in staying}
        vault["device"] = device_part(vault["vault_id"], mine.device, key)

    change_vault(mine, edit, key)
    return replace(mine, data_key=key, generation=coming, written=mine.written + 1, coming=False)


def open_home(home: Path, keys: Opened) -> tuple[Opened, Store]:
    """The store by the key that fits; a rotation that was stopped is finished, or withdrawn.

    Raises as `open_store`; IdentityRefused for somebody who was left out of it.
    """
    try:
        store = open_store(home, keys.data_key, keys.device.sign.sign)
    except StoreDamaged:
        if not keys.coming:
            raise
        keys = _finish(home, keys)
        return keys, open_store(home, keys.data_key, keys.device.sign.sign)
    if keys.coming:
        keys = _withdraw(keys)
    _remove(home / COPY)
    return keys, store


def withdraw(keys: Opened) -> Opened:
    """The offer is taken back, but only while the present key opens the file: else the new one is the one."""
    if peek_end(keys.home, keys.data_key) is None:
        return replace(keys, coming=True)
    _remove(keys.home / COPY)
    return _withdraw(keys)


def _withdraw(keys: Opened) -> Opened:
    def edit(vault: Vault) -> None:
        present = str(vault["generation"])
        vault["vouchers"] = {present: vault["vouchers"][present]}
        for slot in vault["slots"]:
            slot["dek"] = {present: slot["dek"][present]}

    change_vault(keys, edit)
    return replace(keys, written=keys.written + 1, coming=False)


def _finish(home: Path, keys: Opened) -> Opened:
    lock = HomeLock(home)
    try:
        vault, coming = read_vault(home), keys.generation + 1
        slot = find_slot(vault, keys.user)
        if str(coming) not in slot["dek"]:
            raise IdentityRefused(
                "This person was removed from this computer. Somebody else signs in.",
                "该人员已从本机移除，请由他人登录。",
                where=keys.user,
            )
        key = unseal_data_key(vault, slot, keys.box, coming)
        check_voucher(vault, key, coming)
        if peek_end(home, key) is None:
            raise StoreDamaged(
                "The data file is damaged. Nothing was changed. Restore the last backup.",
                "数据文件已损坏，未作任何改动，请恢复最近的备份。",
                where=DATABASE,
            )
        return take_over(keys, key)
    finally:
        lock.release()


def _check_leaving(admin: Opened, vault: Vault, user: str) -> None:
    find_slot(vault, user)
    if user == admin.user:
        raise WrongState(
            "Nobody removes the own account. Another administrator does.",
            "不能移除本人账户，请由另一位管理员操作。",
            where=user,
        )
    keep_one_administrator(admin.home, vault, user)


def _check_copy(store: Store, copy: Path, key: bytes) -> None:
    """Each page by its code, the structure, the number of rows of each table."""
    from sqlcipher3 import dbapi2

    other = dbapi2.connect(str(copy), isolation_level=None)
    try:
        other.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        other.execute("PRAGMA cipher_log_level = NONE")
        sound = not other.execute("PRAGMA cipher_integrity_check").fetchall()
        sound = sound and other.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        if not sound or _contents(other) != _contents(store.conn):
            raise StoreDamaged(
                "The new data file does not read back as it was written. It was removed again.",
                "新的数据文件读回与写入不符，已删除，未作任何改动。",
                where=copy.name,
            )
    finally:
        other.close()


def _contents(conn: Any) -> list[tuple[Any, ...]]:
    schema = conn.execute("SELECT name, type, sql FROM sqlite_master ORDER BY name, type").fetchall()
    tables = [name for name, kind, _ in schema if kind == "table"]
    counts = [(name, conn.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in tables]
    settings = [
        (name, conn.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
    ]
    return [*schema, *counts, *settings]


def _remove(copy: Path) -> None:
    with refusals(copy):
        for name in (copy.name, f"{copy.name}-wal", f"{copy.name}-shm", f"{copy.name}-journal"):
            copy.with_name(name).unlink(missing_ok=True)
