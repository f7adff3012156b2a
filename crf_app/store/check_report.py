"""What `verify` looked at and found: every problem in a sentence with its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crf_app.errors import StoreDamaged


@dataclass
class Report:
    """What was looked at, and every problem in a sentence with its place.

    `damaged`: number in the chain → the first problem of that record, where one chain was looked at.
    `since`: (record, day and time in UTC) up to which an earlier check of the same person is believed; `end`:
    where a check without a problem ended, for the next one to go on from.
    """

    records: int = 0
    chains: int = 0
    blobs: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)
    damaged: dict[int, dict[str, str]] = field(default_factory=dict)
    since: tuple[int, str] | None = None
    end: Any = None

    @property
    def sound(self) -> bool:
        return not self.problems

    def add(self, where: str, en: str, zh: str, seq: int = 0) -> None:
        """`seq`: the record's number in its chain, 0 for what is no record."""
        self.problems.append({"where": where, "en": en, "zh": zh})
        if seq:
            self.damaged.setdefault(seq, self.problems[-1])


def where_of(row: Sequence[Any]) -> str:
    """The place of a record whose row begins with device, epoch, number."""
    return f"audit_record {row[0]}.{row[1]} #{row[2]}"


def damaged(report: Report, path: Path) -> StoreDamaged:
    """The refusal that carries a report with problems."""
    first = report.problems[0]
    return StoreDamaged(
        f"{len(report.problems)} problems were found. First: {first['where']}: {first['en']}",
        f"发现 {len(report.problems)} 处问题。首处：{first['where']}：{first['zh']}",
        where=path.name,
        problems=json.loads(json.dumps(report.problems[:200])),
    )
