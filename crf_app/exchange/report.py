"""What reading another system's file came to: what was read, what is not run, what was kept or changed.

For whoever imports a study, before she uses it.  A reader collects into `Report`, `ImportReport` is the
result.  Words are in both languages; no line holds data of subjects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Section = Literal["read", "not_run", "kept", "changed", "added"]
HEADINGS: Final[Mapping[Section, tuple[str, str]]] = {
    "read": ("Read", "已读取"),
    "not_run": ("Rules in another language, kept and not run", "其他语言的规则，已保留，不运行"),
    "kept": ("Kept and given back on export, not used here", "已保留，导出时原样写回，此处不使用"),
    "changed": ("Changed", "已更改"),
    "added": ("Added, because the file does not say it", "文件中没有，由程序补充"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report.  `where`: file, line and element; `count`: how many it speaks for."""

    section: Section
    en: str
    zh: str
    where: str = ""
    count: int = 1

    def sentence(self, language: str = "en") -> str:
        words = self.zh if language == "zh" else self.en
        times = f" ({self.count})" if self.count > 1 else ""
        return f"{words}{times}" + (f"  [{self.where}]" if self.where else "")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`counts`: kind of element → how many were read, in the order of the file's kinds."""

    file: str
    counts: Mapping[str, int]
    lines: tuple[Line, ...]

    def of(self, section: Section) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.section == section)

    def sentences(self, language: str = "en") -> list[str]:
        """The report as lines of text, with headings."""
        chinese = language == "zh"
        found = [self.file, *(f"  {kind}: {count}" for kind, count in self.counts.items())]
        for section, headings in HEADINGS.items():
            lines = self.of(section)
            if lines:
                found.append(headings[1] if chinese else headings[0])
                found += (f"  {line.sentence(language)}" for line in lines)
        return found

    def as_json(self, language: str = "en") -> dict[str, object]:
        return {
            "file": self.file,
            "counts": dict(self.counts),
            **{section: [line.sentence(language) for line in self.of(section)] for section in HEADINGS},
        }


@dataclass(slots=True)
class Report:
    """A report being collected.  The same words again are counted, with the place of the first."""

    file: str
    counts: dict[str, int] = field(default_factory=dict)
    _lines: dict[tuple[Section, str], Line] = field(default_factory=dict)

    def count(self, kind: str, more: int = 1) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + more

    def say(self, section: Section, en: str, zh: str, where: str = "") -> None:
        if not self.again(section, en):
            self._lines[section, en] = Line(section, en, zh, where)

    def again(self, section: Section, en: str) -> bool:
        """Counts words that have been said before; whether they have."""
        before = self._lines.get((section, en))
        if before is not None:
            self._lines[section, en] = Line(section, en, before.zh, before.where, before.count + 1)
        return before is not None

    def done(self) -> ImportReport:
        return ImportReport(self.file, dict(self.counts), tuple(self._ordered()))

    def _ordered(self) -> Iterator[Line]:
        for section in HEADINGS:
            yield from (line for line in self._lines.values() if line.section == section)
