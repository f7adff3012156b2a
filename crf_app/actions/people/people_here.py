"""Who can sign in on this computer, and where it stands: what the sign-in page shows.

Reads `vault.json` alone and imports neither database nor cryptography, so that the first picture is quick;
`session.py` loads the rest while the password is typed.
"""

from __future__ import annotations

from pathlib import Path

from crf_app.store.people import Person, Place, cards_state, is_set_up, list_people, read_place

__all__ = ["Person", "Place", "cards_state", "home_place", "home_state", "people"]


def home_state(home: Path) -> str:
    """`ready` when somebody can sign in here, `empty` before the first run."""
    return "ready" if is_set_up(home) else "empty"


def people(home: Path) -> list[Person]:
    """The cards of the sign-in page, from the vault alone.  Raises TooNew, VaultTampered, StorageError."""
    return list_people(home)


def home_place(home: Path) -> Place:
    """Study, site and device of this home, from the vault alone."""
    return read_place(home)
