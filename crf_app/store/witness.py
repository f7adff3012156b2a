"""`witness.json`: what this computer saw last of vault, ledger and wrong tries; what is older is refused.

It lies beside the vault, with a MAC under a key derived from the data key, and is written whole at sign-in,
lock, sign-out, bundle and backup, never with each answer.  So the files may always be ahead of it; one that
is behind was put back.  The ledger says the same a second time: `session.start` holds the vault's count and
the tries.
All of them rolled back together cannot be seen on this computer; central sees it (ADR-0028).
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from crf_app.crypto import boxes
from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64
from crf_app.errors import VaultRolledBack
from crf_app.settings.files import storage_refusal, write_file
from crf_app.store.attempts import keep_totals, read_attempts
from crf_app.store.store import Store
from crf_app.store.vault import Opened, check_mac
from crf_app.store.vault_file import read_vault

NAME: Final = "witness.json"
FORMAT: Final = "crf-witness/1"
MISSING: Final = "witness.missing"
TRIES_BACK: Final = "attempts.rollback"
_SENTENCES: Final = {
    MISSING: {
        "en": "witness.json was missing or changed. It was made anew and the audit trail says so. Tell the "
        "administrator, unless the files were put here on purpose.",
        "zh": "witness.json 缺失或被改动，现已重新生成，并已记入稽查轨迹。"
        "若非有意放置这些文件，请告知管理员。",
    },
    TRIES_BACK: {
        "en": "The list of wrong passwords was deleted or is an older one. The audit trail says so. Tell the "
        "administrator, unless the files were put here on purpose.",
        "zh": "密码错误记录被删除或为旧文件，已记入稽查轨迹。若非有意放置这些文件，请告知管理员。",
    },
}
_MAX_BYTES: Final = 1 << 20
_FIELDS: Final = {"vault": str, "device": str, "hash": str, "generation": int, "epoch": int, "seq": int,
                  "written": int, "attempts": dict}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Witness:
    """The last place of the device's chain, the vault's writings, all tries ever by user."""

    vault: str
    generation: int
    device: str
    epoch: int
    seq: int
    hash: str
    written: int
    attempts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not stop anybody, but is recorded and said: its kind and what belongs to it."""

    kind: str
    said: dict[str, object]

    @property
    def texts(self) -> dict[str, str]:
        return _SENTENCES[self.kind]


def refuse_older_vault(mine: Opened) -> None:
    """Before the store is opened: an older vault may have another data key.  Raises VaultRolledBack.

    The generation is believed without its MAC, which only the later key could check: whoever writes a
    false one gets a refusal, no more than by taking the vault away.
    """
    told = _content(mine.home)
    if (
        told is not None
        and _is_shaped(told)
        and told["vault"] == mine.vault
        and told["generation"] > mine.generation
    ):
        raise _older_vault()
    seen = _checked(told, mine)
    if seen is not None and seen.written > mine.written:
        raise _older_vault()


def compare(mine: Opened, store: Store) -> list[Finding]:
    """What the witness and the ledger know against what lies here.  Writes nothing.

    Raises VaultRolledBack for a vault or a ledger that is behind.
    """
    refuse_older_vault(mine)
    last = _last_start(store)
    if int(last.get("written", 0)) > mine.written or int(last.get("generation", 0)) > mine.generation:
        raise _older_vault()
    told = _content(mine.home)
    seen = _checked(told, mine)
    found = []
    if seen is not None:
        _refuse_older_ledger(seen, store)
    elif last.get("generation") == mine.generation:  # one under this key had been written before that record
        found.append(Finding(MISSING, {"how": "missing" if told is None else "altered"}))
    behind = _tries_behind(mine, seen, store)
    if behind:
        found.append(Finding(TRIES_BACK, {"people": behind}))
    return found


def mend_tries(mine: Opened, found: list[Finding]) -> Opened:
    """Totals never fall: those that were rolled back are what is known of them again."""
    totals = {user: tries for one in found if one.kind == TRIES_BACK for user, tries in _known(one).items()}
    if not totals:
        return mine
    keep_totals(mine.home, totals)
    return replace(mine, tries=max(mine.tries, totals.get(mine.user, 0)))


def write(mine: Opened, store: Store) -> None:
    """What is so now; nothing is written where the file says it already.

    Also after the data key was replaced, with the new keys: the earlier witness cannot be checked with them.
    Raises StorageError, StorageFull, VaultTampered (the vault was changed under this session).
    """
    vault = read_vault(mine.home)
    check_mac(vault, mine.data_key)
    seen = _checked(_content(mine.home), mine)
    tries = {user: one.total for user, one in read_attempts(mine.home).items()}
    written = max(mine.written, vault["written"])
    if seen is not None:  # an older file that was put under a running session does not lower it
        written = max(written, seen.written)
        tries = {user: max(tries.get(user, 0), seen.attempts.get(user, 0)) for user in tries | seen.attempts}
    here, end = store.identity, store.end
    now = Witness(
        mine.vault, mine.generation, here.device, here.epoch, end.seq, end.hash.hex(), written, tries
    )
    if now != seen:
        write_file(mine.home / NAME, _encoded(now, mine.data_key), own=True)


def _encoded(witness: Witness, data_key: bytes) -> bytes:
    said = {name: getattr(witness, name) for name in _FIELDS} | {"format": FORMAT}
    return canonical(said | {"mac": _mac(said, data_key)})


def _mac(said: dict[str, object], data_key: bytes) -> str:
    return b64(hmac.digest(boxes.hkdf(data_key, "crf-witness-mac/1"), canonical(said), "sha256"))


def _content(home: Path) -> dict[str, Any] | None:
    """The file as it stands, {} where it is no JSON object; None where there is none."""
    try:
        with (home / NAME).open("rb") as file:
            found = json.loads(file.read(_MAX_BYTES))
    except FileNotFoundError:
        return None
    except OSError as reason:
        raise storage_refusal(reason, home / NAME) from reason
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_shaped(told: dict[str, Any]) -> bool:
    if set(told) != {*_FIELDS, "format", "mac"} or told["format"] != FORMAT:
        return False
    if any(type(told[name]) is not kind for name, kind in _FIELDS.items()) or type(told["mac"]) is not str:
        return False
    return all(type(total) is int for total in told["attempts"].values())


def _checked(told: dict[str, Any] | None, mine: Opened) -> Witness | None:
    """The witness, where it is one of this vault under this data key; else None."""
    if told is None or not _is_shaped(told):
        return None
    said = {name: told[name] for name in (*_FIELDS, "format")}
    if not hmac.compare_digest(_mac(said, mine.data_key).encode(), told["mac"].encode()):
        return None
    found = Witness(**{name: told[name] for name in _FIELDS})
    return found if (found.vault, found.generation) == (mine.vault, mine.generation) else None


def _refuse_older_ledger(seen: Witness, store: Store) -> None:
    """The ledger holds the record that the witness saw last, at its place."""
    if seen.seq == 0 or seen.device != store.identity.device:
        return
    sql = "SELECT hash FROM audit_record WHERE device = ? AND epoch = ? AND seq = ?"
    held = store.conn.execute(sql, (seen.device, seen.epoch, seen.seq)).fetchone()
    if held is None or held[0] != seen.hash:
        raise VaultRolledBack(
            "The data file is older than what this computer saw last, or another one. Nothing was changed. "
            "Put the right study.db back, or restore the last backup and let the files here be moved aside.",
            "数据文件比本机上次所见的旧，或不是同一文件，未作任何改动。请放回正确的 study.db，"
            "或恢复最近的备份并移开此处的文件。",
            where=store.path.name,
            seen=seen.seq,
            here=store.end.seq,
        )


#: of one person; a device writes its chain in the table's own order, so neither the length of the ledger nor
#: that of the last session counts
_START_OF: Final = (
    "SELECT seq, value FROM audit_record WHERE cell_unit = 'G' AND \"key\" = ? AND +kind = 'session.start' "
    "AND +device = ? AND +epoch = ? ORDER BY rowid DESC LIMIT 1"
)


def _last_start(store: Store) -> dict[str, Any]:
    """What the last `session.start` of the present chain says; a restored device begins without one."""
    users = [user for (user,) in store.conn.execute('SELECT "user" FROM person')]
    found = [_start_of(store, user) for user in users]
    return _said(max((one for one in found if one is not None), default=None))


def _start_of(store: Store, user: str) -> tuple[int, str] | None:
    place = (user, store.identity.device, store.identity.epoch)
    row: tuple[int, str] | None = store.conn.execute(_START_OF, place).fetchone()
    return row


def _tries_in_ledger(store: Store, user: str) -> int:
    return int(_said(_start_of(store, user)).get("tries", 0))


def _said(row: tuple[int, str] | None) -> dict[str, Any]:
    found = json.loads(row[1]) if row and row[1] else {}
    return found if isinstance(found, dict) else {}


def _tries_behind(mine: Opened, seen: Witness | None, store: Store) -> dict[str, list[int]]:
    """(known, found) of each person whose tries are fewer than they were; this sign-in does not count."""
    known = dict(seen.attempts) if seen is not None else {}
    known[mine.user] = max(known.get(mine.user, 0), _tries_in_ledger(store, mine.user))
    here = {user: one.total for user, one in read_attempts(mine.home).items()}
    here[mine.user] = mine.tries - 1
    return {user: [total, here.get(user, 0)] for user, total in known.items() if here.get(user, 0) < total}


def _known(found: Finding) -> dict[str, int]:
    people = found.said["people"]
    assert isinstance(people, dict)
    return {user: pair[0] for user, pair in people.items()}


def _older_vault() -> VaultRolledBack:
    return VaultRolledBack(
        "The key file is older than what this computer saw last. Nothing was changed. Put the right "
        "vault.json back, or restore the last backup and let the files here be moved aside.",
        "密钥文件比本机上次所见的旧，未作任何改动。请放回正确的 vault.json，"
        "或恢复最近的备份并移开此处的文件。",
        where="vault.json",
    )
