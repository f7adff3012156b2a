"""The address of one answer, and what stands there.

subject / event[~n] / form / group[~row] / item.  A repeat carries random characters, never a running number,
so that two devices never mean different things by one key.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_uid(length: int = 10) -> str:
    """Random characters for a subject, a row or a repeated visit: never a running number."""
    return "".join(secrets.choice(_BASE36) for _ in range(length))


@dataclass(frozen=True, slots=True, order=True)
class FormKey:
    """One form instance: subject uid / event[~n] / form."""

    subject: str
    event: str
    form: str

    @property
    def path(self) -> str:
        return f"{self.event}/{self.form}"

    @property
    def event_oid(self) -> str:
        return self.event.partition("~")[0]

    @property
    def form_oid(self) -> str:
        return self.form.partition("~")[0]

    def __str__(self) -> str:
        return f"{self.subject}/{self.event}/{self.form}"


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """The address of one answer.  `group` carries the row: `IG.AE~k3j9x0q2mz`."""

    form_key: FormKey
    group: str
    item: str

    @property
    def subject(self) -> str:
        return self.form_key.subject

    @property
    def path(self) -> str:
        """The address under the subject, as a record's `key` holds it."""
        return f"{self.form_key.path}/{self.group}/{self.item}"

    @property
    def group_oid(self) -> str:
        return self.group.partition("~")[0]

    @property
    def row(self) -> str:
        """The row's uid or fixed code; empty for a group that does not repeat."""
        return self.group.partition("~")[2]

    @property
    def local(self) -> str:
        """The address within its form: `IG.VS/I.VS.SYSBP`."""
        return f"{self.group}/{self.item}"

    def __str__(self) -> str:
        return f"{self.subject}/{self.path}"


def form_key_of(subject: str, path: str) -> FormKey:
    """The form that a record's key lies in (`SE.V1/F.VS/…`)."""
    event, form = path.split("/")[:2]
    return FormKey(subject, event, form)


def item_key_of(subject: str, path: str) -> ItemKey:
    event, form, group, item = path.split("/")
    return ItemKey(FormKey(subject, event, form), group, item)


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands in one cell: canonical text, or a missing code, with the unit that was typed."""

    value: str | None = None
    missing: str | None = None
    unit: str | None = None

    @property
    def empty(self) -> bool:
        return self.value is None and self.missing is None
