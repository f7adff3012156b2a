"""What an action says it changed.  Open pages re-read what they show; a page never tells another page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crf_app.rules.facts import Finding
from crf_app.rules.unit_state import Entry


@dataclass(frozen=True)
class Changes:
    """`keys`: the form keys touched (as text); `at`: local time of the commit; `ids`: the new records."""

    keys: frozenset[str] = frozenset()
    at: str = ""
    ids: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    row: str = ""
    subject: str = ""

    @property
    def records(self) -> int:
        return len(self.ids)


NOTHING = Changes()


def touched(entries: Iterable[Entry]) -> frozenset[str]:
    """`subject/event/form` of every form that the records speak about."""
    out = set()
    for _, record in entries:
        parts = (record.key or "").split("/")
        if record.subject and len(parts) > 1:
            out.add(f"{record.subject}/{parts[0]}/{parts[1]}")
    return frozenset(out)
