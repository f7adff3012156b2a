"""Who can sign in on this computer: the cards of the sign-in page, read from the vault alone.

Needs no password and no database, and loads neither.  Names and roles are shown as written; they are
verified when somebody signs in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crf_app.store.attempts import Attempts, read_attempts
from crf_app.store.vault_file import Vault, people_slots, read_vault, recovery_slots, vault_path

ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """`state`: active, must_change (one-time password) or locked (by an administrator or by wrong tries)."""

    user: str
    name: str
    role: str
    state: str


@dataclass(frozen=True, slots=True)
class Place:
    """What the sign-in page says about the home: study, site, device."""

    study: str
    site: str
    device: str


def is_set_up(home: Path) -> bool:
    """Whether this home holds a vault (else the first-run page comes)."""
    return vault_path(home).exists()


def list_people(home: Path) -> list[Person]:
    """Everybody with a slot, in the order they were added.  Raises as `read_vault`."""
    vault, tries = read_vault(home), read_attempts(home)
    return [
        Person(slot["id"], slot["name"], slot["role"], shown_state(vault, slot["id"], tries))
        for slot in people_slots(vault)
    ]


def read_place(home: Path) -> Place:
    """Study, site and device of this home.  Raises as `read_vault`."""
    vault = read_vault(home)
    return Place(vault["study"], vault["site"], vault["device"]["id"])


def cards_state(home: Path) -> str:
    """Custodian cards: `none`, `unread` (made, never read back) or `ready`.  Raises as `read_vault`."""
    slots = recovery_slots(read_vault(home))
    return "none" if not slots else "ready" if any(slot["confirmed"] for slot in slots) else "unread"


def shown_state(vault: Vault, user: str, tries: dict[str, Attempts]) -> str:
    """The slot's state; `locked` also after ten wrong tries, but never for the last administrator."""
    slot = next(slot for slot in people_slots(vault) if slot["id"] == user)
    used_up = tries.get(user, Attempts()).used_up and not is_last_administrator(vault, user, tries)
    return "locked" if used_up else str(slot["state"])


def is_last_administrator(vault: Vault, user: str, tries: dict[str, Attempts]) -> bool:
    """Whether `user` is an administrator and no other one can sign in to unlock anybody."""
    able = {
        slot["id"]
        for slot in people_slots(vault)
        if slot["role"] == ADMINISTRATOR and slot["state"] != "locked"
    }
    others = {name for name in able - {user} if not tries.get(name, Attempts()).used_up}
    return user in able and not others
