"""What a rule reads, in words: `prev.VS.WEIGHT` → “Weight” at the visit before.

An item is called by its question.  Where that is long, or another item of the form is called the same, its
variable stands behind it; an item of another form than the rule's is said with its form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.rules.environment import Name
from crf_app.rules.phrase import ATOM, Pair, Phrase, joined, put

_LONGEST: Final = {"en": 70, "zh": 40}
_KINDS: Final[Mapping[str, Pair]] = {
    "flag": ("the flag of {0}", "{0}的标志"),
    "uln": ("the upper limit of normal of {0}", "{0}的正常值上限"),
    "grade": ("the suggested grade of {0}", "{0}的建议分级"),
    "subjects": ("the number of subjects with the same {0}", "{0}相同的受试者人数"),
}
_PLACES: Final[Mapping[str, Pair]] = {
    "row": ("{0} of this row", "本行{0}"),
    "prev": ("{0} at the last earlier visit that has it", "此前最近一次有值访视的{0}"),
    "base": ("{0} at baseline", "基线{0}"),
}
_CLAUSES: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "known": (("{0} has a value", "{0}有值"), ("{0} has no value", "{0}无值")),
    "taken": (
        ("the same {0} stands elsewhere in the study", "研究中别处有相同的{0}"),
        ("the same {0} stands nowhere else in the study", "研究中别处没有相同的{0}"),
    ),
}
_FACTS: Final[Mapping[str, Pair]] = {
    "event.OID": ("the visit", "访视"),
    "event.NUMBER": ("the number of the visit", "访视编号"),
    "event.DAY": ("the study day of the visit", "访视的研究日"),
    "event.OUTSIDE": ("the number of days outside the visit window", "超出访视窗口的天数"),
    "event.MISSING": ("the required forms of the visit that nobody began", "本访视尚未开始的必填表单"),
    "event.NEXT": ("the date of the next later visit", "下一次访视的日期"),
    "consent.VERSION": ("the version of the consent form in force", "现行知情同意书版本"),
    "consent.FROM": (
        "the first day of the consent form in force", "现行知情同意书的启用日期",
    ),
    "today": ("today", "今天"),
    "row.CODE": ("this row", "本行项目"),
    "row.ROW": ("this row", "本行记录"),
    "subject.DOSE": ("the planned dose of the subject's group", "受试者所在组的计划剂量"),
}  # fmt: skip
_PICKS: Final[Mapping[str, Pair]] = {
    "first": ("", ""), "last": ("last ", "最近一次"), "smallest": ("smallest ", "最小的"),
    "largest": ("largest ", "最大的"),
}  # fmt: skip
_COLUMNS: Final[Mapping[str, Pair]] = {
    "ROW": ("the row itself", "该行记录"),
    "N": ("its row number", "其行号"),
    "EVENT": ("its visit", "其访视"),
    "NUMBER": ("its visit number", "其访视编号"),
    "TYPE": ("its kind of visit", "其访视类型"),
    "DATE": ("its visit date", "其访视日期"),
    "WHEN": ("its place beside this visit", "其相对于本次访视的位置"),
}
#: codes that no code list holds
FACT_CODES: Final[Mapping[str, Mapping[str, Pair]]] = {
    "flag": {"H": ("H (high)", "H（高）"), "L": ("L (low)", "L（低）")},
    "TYPE": {
        "Scheduled": ("scheduled", "计划访视"),
        "Unscheduled": ("unscheduled", "计划外访视"),
        "Common": ("without a day", "无固定日期"),
    },
    "WHEN": {"earlier": ("earlier", "更早"), "this": ("this visit", "本次"), "later": ("later", "更晚")},
}


@dataclass(frozen=True, slots=True)
class Label:
    """How an item is called in both languages."""

    en: str
    zh: str


class OperandWords:
    """Names of a study's rules in words."""

    def __init__(self, study: Study, names: Mapping[str, Name]) -> None:
        self.study, self.names = study, names
        self.labels = {oid: label for form in study.form for oid, label in _labels(form).items()}

    def item(self, item: ItemDef, form: str) -> Phrase:
        """“Weight”, with its form's name where the rule stands in another form."""
        label = self.labels[item.oid]
        home = self.study.form_of_item[item.oid]
        if home.oid == form:
            return Phrase(label.en, label.zh)
        return Phrase(f"{label.en} ({home.name.en})", f"{label.zh}（{home.name.zh}）")

    def name(self, name: str, form: str, *, denied: bool = False) -> Phrase | None:
        """The name in words, as its opposite where it is `denied`; None for one that nobody knows."""
        known = self.names.get(name)
        if known is None:
            return None
        if known.kind in _CLAUSES:
            return put(_CLAUSES[known.kind][denied], self._inner(known, form))
        return self._value(known, form)

    def column(self, source: Name, column: str, form: str, line: str) -> Phrase | None:
        """A column of a line of a list; `line`: the line's own name where there are two at once, else ""."""
        columns = dict(source.columns)
        if column not in columns:
            return None
        item = columns[column]
        if item is None:
            fact = put(_COLUMNS[column], level=ATOM)
            return (
                fact if not line else put(("{0} ({1})", "{0}（{1}）"), fact, Phrase(line, line), level=ATOM)
            )
        pair = ("{1}'s {0}", "{1} 的{0}") if line else ("its {0}", "其{0}")
        return put(pair, self.item(item, source.form), Phrase(line, line), level=ATOM)

    def rows(self, source: Name) -> Phrase:
        """The list: rows of a group, or visits with a form."""
        form = self.study.forms[source.form]
        if source.kind == "visits":
            return Phrase(f"the visits with “{form.name.en}”", f"有“{form.name.zh}”的各次访视")
        group = next(one for one in form.item_group if one.oid == source.group)
        words = form.name_of_rows(group)
        return Phrase(f"the rows of “{words.en}”", f"“{words.zh}”的各行")

    def _inner(self, known: Name, form: str) -> Phrase:
        """What `known.…` asks about."""
        if known.item is not None:
            return self._at(known, self.item(known.item, form))
        plain = self.names.get(known.name.removeprefix("known."))
        return self._value(plain, form) if plain is not None else Phrase(known.name, known.name)

    def _value(self, known: Name, form: str) -> Phrase:
        if known.name in _FACTS:
            return put(_FACTS[known.name], level=ATOM)
        fact = known.name.removeprefix("partial.").removeprefix("subject.")
        if known.kind == "partial" and known.item is None:
            known = self.names.get(f"subject.{fact}", known)
        if known.item is None:
            return Phrase(known.name, known.name)
        if known.kind == "subject":
            return self._fact(known.name.rpartition(".")[2], known.item)
        said = self._at(known, self.item(known.item, form))
        return put(_KINDS[known.kind], said, level=ATOM) if known.kind in _KINDS else said

    def _fact(self, name: str, item: ItemDef) -> Phrase:
        """A subject fact: every item that may hold it, at its visit; which value of several."""
        fact = next(one for one in self.study.subject_facts if one.name == name)
        items = [item]
        items += [self.study.form_of_item[oid].items[oid] for oid in fact.also if oid in self.labels]
        said = joined((self.item(one, "") for one in items), (" or ", "或"), ATOM)
        event = self.study.events.get(fact.event or "")
        at = quoted(event.name) if event is not None else Phrase("", "")
        pair = (
            ("the subject's {2}{0} at {1}", "受试者在{1}的{2}{0}")
            if event
            else ("the subject's {2}{0}", "受试者的{2}{0}")
        )
        return put(pair, said, at, Phrase(*_PICKS[fact.pick]), level=ATOM)

    def _at(self, known: Name, item: Phrase) -> Phrase:
        if known.place == "at" and known.item is not None:
            code = known.name.partition("at.")[2].removesuffix(f".{known.item.variable}")
            words = self.row_code(known.group, code)
            return put(("{0} in the row {1}", "{1}一行的{0}"), item, words, level=ATOM)
        return put(_PLACES[known.place], item, level=ATOM) if known.place in _PLACES else item

    def row_code(self, group: str, code: str) -> Phrase:
        """The row of a group with one fixed row for each code."""
        found = next((one for form in self.study.form for one in form.item_group if one.oid == group), None)
        codes = self.study.code_lists.get(found.rows) if found is not None and found.rows else None
        entry = codes.by_code.get(code) if codes is not None else None
        return quoted(entry.decode) if entry is not None else Phrase(f"“{code}”", f"“{code}”")


def quoted(text: Text) -> Phrase:
    return Phrase(f"“{text.en}”", f"“{text.zh}”")


def _labels(form: FormDef) -> dict[str, Label]:
    """item OID → what it is called inside its form."""
    asked = Counter(item.question.en for item in form.items.values())
    asked += Counter(item.question.zh for item in form.items.values())
    found = {}
    for oid, item in form.items.items():
        en, zh = _short(item.question.en, "en"), _short(item.question.zh, "zh")
        alone = asked[item.question.en] == 1 == asked[item.question.zh] or (
            item.question.en == item.question.zh and asked[item.question.en] == 2
        )
        whole = (en, zh) == (item.question.en, item.question.zh)
        mark = "" if alone and whole else item.variable.partition(".")[2]
        found[oid] = Label(f"“{en}”{mark and f' [{mark}]'}", f"“{zh}”{mark and f'[{mark}]'}")
    return found


def _short(text: str, language: str) -> str:
    most = _LONGEST[language]
    plain = " ".join(text.split())
    if len(plain) <= most:
        return plain
    head = plain[:most]
    cut = head.rfind(" ") if language == "en" and " " in head[most // 2 :] else most
    return f"{head[:cut].rstrip(' ,;，；')}…"
