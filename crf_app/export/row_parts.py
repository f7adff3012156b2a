"""Rows that every kind of table has: headings, table heads, findings and notes under a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from crf_app.export.answers import SMALL, Sheet
from crf_app.export.layout import WIDTH, Cell, Row
from crf_app.export.paper_words import joined
from crf_app.export.text import INK2, Run, Style, wrap

HEAD = Style(7.5, bold=True, ink=INK2)
GROUP = Style(10, bold=True)


def heading(text: str) -> Row:
    return Row((Cell(0, WIDTH, wrap([Run(text, GROUP)], WIDTH)),), above=11, below=3, keep=True)


def head_row(columns: Sequence[tuple[float, float]], words: Sequence[str], right: int = -1) -> Row:
    cells = tuple(
        Cell(x, wide, wrap([Run(text, HEAD)], wide), "right" if at == right else "left")
        for at, ((x, wide), text) in enumerate(zip(columns, words, strict=True))
    )
    return Row(cells, above=2, below=2, rule="thin", keep=True)


def finding_rows(sheet: Sheet, address: str, head: tuple[Row, ...], place: str = "") -> Iterator[Row]:
    """What fired at the address and the reason given; `place` names the cell of a table."""
    findings = sheet.drawing.mark(address).findings
    for at, finding in enumerate(findings):
        said = sheet.say("answered", reason=finding.reason) if finding.reason else sheet.say("open")
        who = joined([finding.by, finding.at], sheet.language)
        runs = [
            Run(f"{sheet.say(finding.severity)}  ", replace(SMALL, bold=True)),
            Run(f"{place}{': ' if place else ''}{finding.text}  {said}{f' ({who})' if who else ''}", SMALL),
        ]
        last = at == len(findings) - 1
        cell = Cell(14, WIDTH - 14, wrap(runs, WIDTH - 14))
        yield Row((cell,), above=0, below=2.5, rule="thin" if last else "", keep=not last, head=head)


def note_row(text: str, head: tuple[Row, ...]) -> Row:
    return Row((Cell(14, WIDTH - 14, wrap([Run(text, SMALL)], WIDTH - 14)),), above=0, rule="thin", head=head)
