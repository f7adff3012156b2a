"""What must fit together in the study's words about a subject: facts, statuses, flow, required forms.

Conditions are not looked at here: `rules/subject_status.py` compiles them and finds their lines in
`subject_places`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from crf_app.model.definition import StatusDef, Study, SubjectFact
from crf_app.model.definition_text import Place, Problem, Source, guess
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.load_expand import DATES
from crf_app.model.load_scan import scan_problems

_EVERYTHING: Final = "*"


def subject_problems(
    study: Study, forms: Iterable[FormDef], source: Source, items: Collection[str]
) -> Iterator[Problem]:
    """Names that name nothing, and facts that could never be read.  `items`: OIDs of all items there are."""
    known = _Subjects(study, {form.oid: form for form in forms}, source, items)
    for number, fact in enumerate(study.subject_facts):
        yield from known.fact(fact, known.block("subject_facts", number))
    for number, status in enumerate(study.status):
        yield from known.status(status, known.block("status", number))
    for number, scan in enumerate(study.scan):
        yield from scan_problems(scan, source, known.block("scan", number), items)


def subject_places(study: Study, source: Source) -> dict[str, Place]:
    """Where the rules about subjects stand: `status.CODE`, `flow.CODE`, `SE.V1/F.VS` → file and line."""
    places = {}
    for key, codes in (
        ("status", [one.code for one in study.status]),
        ("flow", [one.code for one in study.flow]),
    ):
        for number, code in enumerate(codes):
            first, last = _block(source, key, number)
            places[f"{key}.{code}"] = Place(source.file, _line(source, "when", first, last))
    for event in study.event:
        for ref in event.forms:
            places[f"{event.oid}/{ref.form}"] = source.near(event.oid, f'"{ref.form}"')
    return places


class _Subjects:
    def __init__(
        self, study: Study, forms: Mapping[str, FormDef], source: Source, items: Collection[str]
    ) -> None:
        self.study, self.forms, self.source, self.known = study, forms, source, items
        self.items = {oid: item for form in forms.values() for oid, item in form.items.items()}
        self.names = study.events.keys() | {oid for event in study.event for oid in event.form_oids}

    def block(self, key: str, number: int) -> tuple[int, int]:
        return _block(self.source, key, number)

    def fact(self, fact: SubjectFact, block: tuple[int, int]) -> Iterator[Problem]:
        for oid in (fact.item, *fact.also):
            if oid not in self.known:
                yield self._unknown("subject_facts", oid, self.known, block)
            elif oid in self.items:
                yield from self._misfit(fact, self.items[oid], block)
        if fact.event is not None and fact.event not in self.study.events:
            yield self._unknown("subject_facts", fact.event, self.study.events, block)

    def _misfit(self, fact: SubjectFact, item: ItemDef, block: tuple[int, int]) -> Iterator[Problem]:
        first = self.items.get(fact.item)
        if first is not None and (item.data_type, item.code_list) != (first.data_type, first.code_list):
            yield self._at(
                item.oid,
                block,
                f"`{item.oid}` and `{first.oid}` are of different types or code lists.",
                f"`{item.oid}` 与 `{first.oid}` 的类型或代码表不同。",
                ("a fact has one type: make two facts", "一个事实只有一种类型，请分为两个事实"),
            )
        form = next(one for one in self.forms.values() if item.oid in one.items)
        group = form.group_of[item.oid]
        if group.repeating or group.rows is not None:
            yield self._at(
                item.oid,
                block,
                f"`{item.oid}` stands in rows; a fact is read where an item stands once.",
                f"`{item.oid}` 为多行条目，事实只能读取单行条目。",
            )

    def status(self, status: StatusDef, block: tuple[int, int]) -> Iterator[Problem]:
        for key, some in (("closes", status.closes), ("keeps", status.keeps)):
            for name in some:
                if name not in self.names and name != _EVERYTHING:
                    yield self._unknown(key, name, self.names, block)
        if status.since is None:
            return
        fact = next((one for one in self.study.subject_facts if one.name == status.since), None)
        if fact is None:
            yield self._unknown("since", status.since, [one.name for one in self.study.subject_facts], block)
        elif fact.item in self.items and self.items[fact.item].data_type not in DATES:
            en, zh = f"`since` names {fact.name}, which is no date.", f"`since` 指向的 {fact.name} 不是日期。"
            yield self._at(status.since, block, en, zh)

    def _unknown(self, key: str, name: str, known: Iterable[str], block: tuple[int, int]) -> Problem:
        en, zh = f"`{key}` names `{name}`, which is not defined.", f"`{key}` 指向未定义的 `{name}`。"
        return self._at(name, block, en, zh, guess(name, known))

    def _at(
        self, name: str, block: tuple[int, int], en: str, zh: str, hint: tuple[str, str] = ("", "")
    ) -> Problem:
        """A problem at the line of the block that holds the name."""
        lines = range(block[0], block[1] + 1)
        line = next((n for n in lines if f'"{name}"' in self.source.lines[n - 1]), block[0])
        return Problem(self.source.file, line, name, en, zh, *hint)


def _block(source: Source, key: str, number: int) -> tuple[int, int]:
    """First and last line of the nth table `[[key]]`; the whole file if it has no such header."""
    header = re.compile(rf"\s*\[\[{re.escape(key)}\]\]")
    starts = [n for n, text in enumerate(source.lines, 1) if header.match(text)]
    if number >= len(starts):
        return 1, len(source.lines)
    first = starts[number]
    following = (n for n in range(first + 1, len(source.lines) + 1) if source.lines[n - 1].startswith("["))
    return first, next(following, len(source.lines) + 1) - 1


def _line(source: Source, key: str, first: int, last: int) -> int:
    """The line of `key = …` in a block, else the block's first line."""
    rule = re.compile(rf"\s*{re.escape(key)}\s*=")
    return next((n for n in range(first, last + 1) if rule.match(source.lines[n - 1])), first)
