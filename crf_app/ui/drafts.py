"""What was typed and is not saved, by person and field: it comes back when its form is opened again.

Kept in memory only, as a child of the window; nobody sees another person's typing, and a text goes back only
to the record in which it was typed.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject

from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui.under_content import Pending


@dataclass(frozen=True, slots=True)
class Typed:
    """Text in a field, its unit, and why it is not saved (None: the field was never left)."""

    text: str
    unit: str | None
    pending: Pending | None


class Drafts(QObject):
    """One for a window."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._typed: dict[tuple[str, ItemKey], Typed] = {}

    def keep(self, user: str, key: ItemKey, typed: Typed | None) -> None:
        """Remember, or forget with None."""
        if typed is None:
            self._typed.pop((user, key), None)
        else:
            self._typed[user, key] = typed

    def of_form(self, user: str, key: FormKey) -> dict[ItemKey, Typed]:
        return {
            item: typed for (who, item), typed in self._typed.items() if who == user and item.form_key == key
        }


def drafts_of(window: QObject) -> Drafts:
    """The window's drafts."""
    found = window.findChild(Drafts)
    return found if isinstance(found, Drafts) else Drafts(window)
