"""What became of each line of a file or a pasted text: nothing is dropped without a sentence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_HEAD: Final = ("line", "outcome", "what", "message")
#: a spreadsheet runs what begins like this
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """`outcome` in one word (taken, same, refused …), `texts` its sentence in both languages."""

    line: int
    outcome: str
    texts: Mapping[str, str]
    what: str = ""

    def as_json(self, language: str) -> dict[str, Any]:
        return {
            "line": self.line,
            "outcome": self.outcome,
            "what": self.what,
            "message": self.texts[language],
        }


def report_csv(lines: Iterable[ReportLine], language: str) -> bytes:
    """The report for a spreadsheet: UTF-8 with a mark, no cell is run as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    for one in lines:
        said = one.as_json(language)
        writer.writerow([_plain(str(said[name])) for name in _HEAD])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "backslashreplace")


def _plain(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text
