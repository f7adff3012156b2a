"""The recovery slots of the vault: two of three custodian cards open the door once (ADR-0027).

A recovery key receives the data key and the site key as an administrator does; it is locked in three
envelopes, one for each pair of cards.  The header, which names the site key, is bound into each envelope, so
that nobody can put other keys beside it.  A set that was made and not yet read back stands beside the one
before, which works until then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Final

from crf_app.crypto import boxes
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.cards import Card, new_cards, pair_key, pair_name
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import P256Key, X25519Key
from crf_app.crypto.passwords import DEFAULT, Cost
from crf_app.errors import IdentityRefused
from crf_app.store.attempts import Clock, begin, forget_run
from crf_app.store.people import ADMINISTRATOR
from crf_app.store.vault import (
    Opened,
    check_mac,
    check_voucher,
    data_key_info,
    site_key_info,
    unseal_data_key,
)
from crf_app.store.vault import opened as all_keys
from crf_app.store.vault_change import NewPerson, add_slot, change_vault, site_key_of, write_new
from crf_app.store.vault_file import CUSTODIANS, RECOVERY, Slot, Vault, read_vault, recovery_slots, tampered

ATTEMPTS_OF: Final = CUSTODIANS  # wrong pairs are counted and slowed as wrong passwords are


def make_cards(admin: Opened) -> list[Card]:
    """A new set of three; an earlier one works on until this one is read back.  Raises NotAllowed."""
    site_key, made, key = site_key_of(admin), new_cards(admin.vault), X25519Key.generate()

    def edit(vault: Vault) -> None:
        drop_sets(vault, lambda slot: slot["confirmed"])
        vault["slots"].append(_slot(vault, made, key, admin.data_key, site_key))

    change_vault(admin, edit)
    return made


def confirm_cards(admin: Opened, one: Card, other: Card) -> str:
    """Two cards of the new set were read back: it is the one from now on.  Returns its generation.

    Raises IdentityRefused when they open nothing here, ValueRejected (the same card twice, two sets).
    """
    site_key_of(admin)
    _open_envelope(read_vault(admin.home), one, other)

    def edit(vault: Vault) -> None:
        drop_sets(vault, lambda slot: slot["generation"] == one.generation)
        for slot in recovery_slots(vault):
            slot["confirmed"] = True

    change_vault(admin, edit)
    return one.generation


def open_by_cards(
    home: Path, one: Card, other: Card, clock: Clock = time.monotonic
) -> tuple[Vault, bytes, P256Key]:
    """The vault, the data key and the site key; for nothing else than adding an administrator.

    The try is on disk before the cards are looked at.  Raises ValueRejected, IdentityRefused, WrongPassword
    (while a wait runs), VaultTampered.
    """
    vault = read_vault(home)
    pair_key(one, other)  # two of one set, before a try is counted
    begin(home, ATTEMPTS_OF, may_lock=False, clock=clock)
    slot, key = _open_envelope(vault, one, other)
    data_key = unseal_data_key(vault, slot, key, vault["generation"])
    check_mac(vault, data_key)
    check_voucher(vault, data_key, vault["generation"])
    try:
        info = site_key_info(vault["vault_id"], slot["id"])
        der = boxes.open_from(key.raw, info, unb64(vault["site_ca"]["private"][slot["id"]]))
    except (IdentityRefused, KeyError):
        raise tampered("The site key does not open.", "中心密钥无法打开。") from None
    forget_run(home, ATTEMPTS_OF)
    return vault, data_key, P256Key.from_der(der)


def new_administrator(
    home: Path, opened: tuple[Vault, bytes, P256Key], person: NewPerson, cost: Cost = DEFAULT
) -> Opened:
    """A slot for the new administrator, who typed the own password; in memory, until `let_in`.

    Raises WrongState (the id is taken), ValueRejected.
    """
    vault, data_key, site_key = opened
    person = replace(person, role=ADMINISTRATOR, own_password=True)
    slot, keys = add_slot(vault, person, data_key, site_key, cost)
    return all_keys(home, vault, slot, keys, data_key, site_key=site_key)


def let_in(home: Path, opened: tuple[Vault, bytes, P256Key]) -> None:
    """The vault with the new slot gets its place.  Raises StorageError."""
    vault, data_key, _ = opened
    write_new(home, vault, data_key)


def drop_sets(vault: Vault, keep: Callable[[Slot], bool]) -> None:
    """Leave out the recovery slots that `keep` does not hold for, with their copies of the site key."""
    gone = {slot["id"] for slot in recovery_slots(vault) if not keep(slot)}
    vault["slots"] = [slot for slot in vault["slots"] if slot["id"] not in gone]
    for name in gone:
        vault["site_ca"]["private"].pop(name, None)


def _slot(vault: Vault, cards: list[Card], key: X25519Key, data_key: bytes, site_key: P256Key) -> Slot:
    generation, name = cards[0].generation, vault["vault_id"]
    slot: Slot = {
        "id": f"{CUSTODIANS}-{generation}",
        "kind": RECOVERY,
        "generation": generation,
        "public": b64(key.public),
        "root": sha256(site_key.public),
        "confirmed": False,
    }
    aad = _header(name, slot)
    slot["envelopes"] = {
        pair_name(one, other): b64(boxes.seal(pair_key(one, other), key.raw, aad))
        for one, other in combinations(cards, 2)
    }
    present = vault["generation"]
    info = data_key_info(name, slot["id"], present)
    slot["dek"] = {str(present): b64(boxes.seal_to(key.public, info, data_key))}
    shared = boxes.seal_to(key.public, site_key_info(name, slot["id"]), site_key.der)
    vault["site_ca"]["private"][slot["id"]] = b64(shared)
    return slot


def _header(vault_id: str, slot: Slot) -> bytes:
    fixed = {name: slot[name] for name in ("id", "kind", "generation", "public", "root")}
    return canonical({"vault": vault_id} | fixed)


def _open_envelope(vault: Vault, one: Card, other: Card) -> tuple[Slot, X25519Key]:
    key = pair_key(one, other)
    slot = next((s for s in recovery_slots(vault) if s["generation"] == one.generation), None)
    if slot is None or one.vault != vault["vault_id"]:
        raise IdentityRefused(
            "These cards are not of this computer, or a newer set has replaced them. Take the newest set.",
            "这些卡不属于本机，或已被新的一套取代，请使用最新的一套。",
        )
    try:
        sealed = unb64(slot["envelopes"][pair_name(one, other)])
        raw = boxes.open_box(key, sealed, _header(vault["vault_id"], slot))
    except (IdentityRefused, KeyError):
        raise IdentityRefused(
            "These two cards do not open the vault together. Compare them with the paper, group by group.",
            "这两张卡无法共同打开密钥文件，请与纸面逐组核对。",
        ) from None
    box = X25519Key.from_raw(raw)
    if b64(box.public) != slot["public"] or slot["root"] != sha256(unb64(vault["site_ca"]["public"])):
        raise tampered("The recovery keys do not fit.", "恢复密钥不符。")
    return slot, box
