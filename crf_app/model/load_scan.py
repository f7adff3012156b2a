"""What must fit in a study's scans: patterns that compile, groups that are named, items that exist.

A text that a scanner sends is read by `actions/scanning.py`; nothing is read here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from crf_app.model import pattern
from crf_app.model.definition import ScanDef
from crf_app.model.definition_text import Problem, Source, guess

#: the group that holds a subject's number
SUBJECT = "subject"


def scan_problems(
    scan: ScanDef, source: Source, block: tuple[int, int], items: Collection[str]
) -> Iterator[Problem]:
    """Mistakes of one `[[scan]]`, each at its line of the block.  `items`: OIDs of all items there are."""
    for key, name, en, zh, hint in _mistakes(scan, items):
        lines = range(block[0], block[1] + 1)
        line = next((n for n in lines if source.lines[n - 1].lstrip().startswith(key)), block[0])
        yield Problem(source.file, line, name, en, zh, *hint)


_Mistake = tuple[str, str, str, str, tuple[str, str]]


def _mistakes(scan: ScanDef, items: Collection[str]) -> Iterator[_Mistake]:
    for oid in scan.fills.values():
        if oid not in items:
            yield ("fills", oid, f"`fills` names `{oid}`, which is not defined.",
                   f"`fills` 指向未定义的 `{oid}`。", guess(oid, items))  # fmt: skip
    if (reason := pattern.fault(scan.pattern)) is not None:
        hint = (reason, reason)
        yield ("pattern", scan.code, "`pattern` is not a regular expression.",
               "`pattern` 不是正则表达式。", hint)  # fmt: skip
        return
    yield from _unnamed(scan, pattern.names(scan.pattern))


def _unnamed(scan: ScanDef, groups: frozenset[str]) -> Iterator[_Mistake]:
    """Groups of the pattern and names of `fills` are the same, but for the subject's number."""
    if scan.kind == SUBJECT and SUBJECT not in groups:
        yield ("pattern", scan.code, "No group of `pattern` is named `subject`.",
               "`pattern` 中没有名为 `subject` 的组。",
               ("write it like (?P<subject>ZN[0-9]{3})", "写法如 (?P<subject>ZN[0-9]{3})"))  # fmt: skip
    if SUBJECT in scan.fills:
        yield ("fills", SUBJECT, "The subject's number fills no item.", "受试者编号不填入条目。", ("", ""))
    for name in sorted(groups - scan.fills.keys() - {SUBJECT}):
        yield ("pattern", name, f"The group `{name}` fills no item.", f"组 `{name}` 未填入任何条目。",
               ("name its item in `fills`, or write (?:…)", "请在 `fills` 写明，或写作 (?:…)"))  # fmt: skip
    for name in sorted(scan.fills.keys() - groups - {SUBJECT}):
        yield ("fills", name, f"`pattern` has no group `{name}`.", f"`pattern` 中没有组 `{name}`。",
               guess(name, groups))  # fmt: skip
