"""The rows as one table for a terminal and for docs/performance.md (Markdown)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.measure import Row

_HEAD = ("id", "what", "this program", "floor", "floor is", "ratio", "goal", "")
_MARKS = ("<!-- table -->", "<!-- end of table -->")
_SIGNS = {"at most": "≤", "at least": "≥", "exactly": "="}


def printed(rows: Sequence[Row]) -> str:
    """The rows of the measurements as a table."""
    return "\n".join(aligned([_HEAD, *(_cells(row) for row in rows)]))


def aligned(cells: Sequence[tuple[str, ...]]) -> list[str]:
    """The lines of a Markdown table whose first row is its head, columns aligned."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    goal = f"{_SIGNS[row.sense]} {row.goal:g}"
    words = row.what + (f" ({row.note})" if row.note else "")
    met = "met" if row.met else "MISSED"
    return (
        row.id,
        words,
        _amount(row.a, row.unit),
        _amount(row.b, row.unit),
        row.floor,
        f"{row.value:.3g}",
        goal,
        met,
    )


def _amount(amount: float | None, unit: str) -> str:
    if amount is None:
        return ""
    return f"{amount:,.0f} {unit}" if amount >= 1000 else f"{amount:.3g} {unit}"


def write_between_marks(path: Path, table: str, when: str) -> None:
    """Replace what stands between the marks of a document.  Raises ValueError where the marks are not."""
    text = path.read_text("utf-8")
    before, found, rest = text.partition(_MARKS[0])
    _, closed, after = rest.partition(_MARKS[1])
    if not (found and closed):
        raise ValueError(f"{path} has no place for the table: {' … '.join(_MARKS)}")
    path.write_text(f"{before}{_MARKS[0]}\n{when}\n\n{table}\n{_MARKS[1]}{after}", "utf-8")
