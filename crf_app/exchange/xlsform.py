"""An XLSForm workbook → a study with one form at one visit.

Top groups are the form's groups; groups inside them have both names; a repeat is a group whose rows are
added.  Rules are kept as text and not run: every question is asked.  Sheets are read in `xlsform_sheets.py`,
questions become items in `xlsform_items.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from crf_app.errors import LimitExceeded
from crf_app.exchange.oids import NewOids
from crf_app.exchange.report import ImportReport, Report
from crf_app.exchange.study_defaults import completed
from crf_app.exchange.xlsform_items import Items
from crf_app.exchange.xlsform_lists import Lists
from crf_app.exchange.xlsform_refusals import nothing_asked
from crf_app.exchange.xlsform_sheets import Sheets, read_sheets
from crf_app.exchange.xlsform_words import Words, clean, joined, kept
from crf_app.model.definition import JsonObject, Study
from crf_app.model.load import MAX_ITEMS

MAX_DEPTH: Final = 40
_BETWEEN: Final = " › "
#: names that pyxform makes up for itself
_MADE: Final = ("reserved_name_for_field_list_labels_", "generated_table_list_label_")
_SETTINGS: Final = frozenset(
    {
        "type",
        "name",
        "title",
        "id_string",
        "sms_keyword",
        "default_language",
        "version",
        "children",
        "choices",
    }
)
_NOTES: Final = ("note", "q note", "add note prompt")


def study_from_xlsform(path: Path) -> tuple[Study, ImportReport]:
    """The study of a workbook, and what reading it came to.

    Raises NotFound, StorageError, LimitExceeded, ExchangeRefused (naming sheet and row).
    """
    sheets = read_sheets(path)
    report = Report(path.name)
    study = _Reader(sheets, report, path).study()
    return study, report.done()


@dataclass(frozen=True)
class _Place:
    """Where questions stand.  `rules`: what decides whether they are asked; `rows`: inside a repeat."""

    name: str = "main"
    heading: JsonObject | None = None
    rules: tuple[Mapping[str, Any], ...] = ()
    rows: JsonObject | None = None
    on_items: tuple[tuple[str, str], ...] = ()  # (expression, group) for each item of these rows
    depth: int = 0


@dataclass
class _Run:
    """Questions one after the other that make one group, and notes that wait for the next of them."""

    group: JsonObject | None = None
    notes: list[JsonObject] = field(default_factory=list)


class _Reader:
    def __init__(self, sheets: Sheets, report: Report, path: Path) -> None:
        self._form = sheets.form
        self._report, self._path = report, path
        for kind in ("group", "question", "choice list", "choice"):
            report.count(kind, 0)  # in this order
        self._sheets = sheets
        self._rows = {str(row["name"]): number for number, row in reversed([*enumerate(sheets.rows, 2)])
                      if "name" in row}  # fmt: skip
        self._words = Words()
        self._oids = NewOids()
        self._id = clean(self._form["id_string"])
        self._title = Words().text(self._form.get("title"), self._id)  # in no language
        self._oid = self._oids.made(self._id[:24], "form")
        self._lists = Lists(self._oids, self._words, report)
        self._items = Items(
            self._oid, self._oids, self._lists, self._words, report, self._row_of, self._external()
        )
        self._groups: list[JsonObject] = []
        self._made_counts: dict[str, str] = {}  # calculation that pyxform made up → the number of rows

    def study(self) -> Study:
        self._walk(self._form["children"], _Place())
        groups = [group for group in self._groups if group["item"]]
        if not groups:
            raise nothing_asked(self._path.name)
        if sum(len(group["item"]) for group in groups) > MAX_ITEMS:
            raise LimitExceeded(
                f"{self._path.name} asks more than {MAX_ITEMS} questions. Split the form.",
                f"{self._path.name} 超过 {MAX_ITEMS} 个问题，请拆分表单。",
                where=self._path.name,
            )
        for name, choices in (self._form.get("choices") or {}).items():
            self._lists.add(str(name), choices)
        self._say_whole()
        return Study.model_validate(completed(self._whole(groups), self._report))

    def _whole(self, groups: list[JsonObject]) -> JsonObject:
        title, oid = self._title, self._oid
        visit = {"en": "Visit", "zh": "访视"}
        self._report.say("added", "One visit, at which the form is filled in.", "一次访视，填写此表单。")
        return {
            "oid": self._study_oid(),
            "version": clean(self._form.get("version") or "1"),
            "name": title,
            "title": title,
            "languages": self._words.languages,
            "event": [
                {"oid": "SE.V1", "name": visit, "short_name": "V1", "type": "Scheduled", "number": "1",
                 "forms": [{"form": oid}]}
            ],
            "code_list": self._lists.code_lists,
            "form": [
                {"oid": oid, "name": title, "item_group": groups,
                 "alias": [{"context": "XLSForm form_id", "name": self._id}]}
            ],
            "alias": self._settings(),
        }  # fmt: skip

    def _study_oid(self) -> str:
        """The form's id as far as an OID can spell it."""
        oid = re.sub(r"[^A-Za-z0-9_-]+", "_", self._id)[:40].strip("_") or "XLSFORM"
        if oid != self._id:
            self._report.say("changed", f"The study is called {oid}; its form_id is `{self._id}`.",
                             f"研究代号为 {oid}；form_id 为 `{self._id}`。", "settings")  # fmt: skip
        return oid

    def _settings(self) -> list[JsonObject]:
        """What the sheet settings says for the program that it was made for."""
        found = []
        for key, value in self._form.items():
            if key not in _SETTINGS and isinstance(value, (str, bool, int)) and kept(value):
                self._report.say("kept", f"Setting `{clean(key)}`.", f"设置 `{clean(key)}`。", "settings")
                found.append({"context": f"XLSForm settings {kept(key)}", "name": kept(value)})
        return found

    def _say_whole(self) -> None:
        sheets = self._sheets
        if sheets.formulas:
            self._report.say("changed",
                             f"Cells with formulas: {sheets.formulas}; the last results are read.",
                             f"{sheets.formulas} 个单元格含公式，读取其最近结果。")  # fmt: skip
        if sheets.macros:
            self._report.say("changed", "The workbook's macros are left out.", "未导入工作簿中的宏。")

    def _row_of(self, name: str) -> str:
        return f"survey {self._rows[name]}" if name in self._rows else "survey"

    def _external(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._sheets.external:
            name = row.get("list name") or row.get("list_name")
            if name and row.get("name"):
                found.setdefault(str(name), []).append(row)
        return found

    # groups

    def _walk(self, children: Sequence[Mapping[str, Any]], place: _Place) -> None:
        run = _Run(place.rows)
        for child in children:
            kind, name = str(child.get("type")), str(child.get("name"))
            if kind in ("group", "repeat", "loop"):
                if not (child.get("control") or {}).get("bodyless"):
                    self._end(run)
                    self._inside(child, place)
                    run.group = place.rows
            elif kind in _NOTES:
                self._note(child, name, run)
            elif _counts(child) and name not in self._rows:
                self._made_counts[f"${{{name}}}"] = child["bind"]["calculate"]
            elif not name.startswith(_MADE):
                self._question(child, place, run)
        self._end(run)

    def _question(self, row: Mapping[str, Any], place: _Place, run: _Run) -> None:
        item = self._items.item(row)
        if item is None:
            return
        if run.group is None:
            run.group = self._group(place)
        rules = [self._items.rule("collect_when", text, item["oid"], name) for text, name in place.on_items]
        if rules:
            item["not_run"] = [*rules, *item.get("not_run", [])]
        for note in run.notes:
            item["help"] = joined(note, item["help"], " ") if "help" in item else note
        run.notes.clear()
        run.group["item"].append(item)

    def _note(self, row: Mapping[str, Any], name: str, run: _Run) -> None:
        """A note stands as help at the question that follows it, else at the one before."""
        text = self._words.given(row.get("label"))
        if name.startswith(_MADE) or text is None:
            return
        self._report.count("note")
        if (row.get("bind") or {}).get("relevant"):
            en, zh = "A note with a condition is always shown.", "带条件的说明始终显示。"
            self._report.say("changed", en, zh, self._row_of(name))
        run.notes.append(text if not run.notes else joined(run.notes.pop(), text, " "))

    def _end(self, run: _Run) -> None:
        """Notes that no question follows go to the last question, or into the report."""
        for note in run.notes:
            if run.group is not None and run.group["item"]:
                last = run.group["item"][-1]
                last["help"] = joined(last["help"], note, " ") if "help" in last else note
            else:
                self._report.say("changed", f"A note without a question is left out: {note['en']}",
                                 f"没有问题的说明未导入：{note['zh']}", "survey")  # fmt: skip
        run.notes.clear()
        run.group = None

    def _inside(self, row: Mapping[str, Any], place: _Place) -> None:
        """The questions of a group or repeat."""
        if place.depth >= MAX_DEPTH:
            raise LimitExceeded(
                f"{self._path.name} has groups inside groups, more than {MAX_DEPTH} deep. Make it flatter.",
                f"{self._path.name} 的组嵌套超过 {MAX_DEPTH} 层，请减少层数。",
                where=f"{self._path.name} {self._row_of(str(row['name']))}",
            )
        place = replace(place, depth=place.depth + 1)
        name, repeats = str(row["name"]), row["type"] != "group"
        children = row.get("children") or ()
        relevant = (row.get("bind") or {}).get("relevant")
        if place.rows is not None and not repeats:
            more = ((str(relevant), name),) if relevant else ()
            self._walk(children, replace(place, on_items=(*place.on_items, *more)))
            return
        rules = (*place.rules, row) if relevant else place.rules
        inner = _Place(name, self._heading(row, children, place), rules, depth=place.depth)
        if not repeats:
            self._walk(children, inner)
            return
        if place.rows is not None:
            self._report.say(
                "changed",
                "A repeat inside a repeat stands beside it: its rows do not belong to one row of the other.",
                "重复组中的重复组改为并列，其行不再从属于外层的某一行。",
                self._row_of(name),
            )
        group = self._group(inner) | {"repeating": True}
        self._groups[-1] = group
        self._count(group, row, name)
        self._walk(children, replace(inner, rows=group))

    def _count(self, group: JsonObject, row: Mapping[str, Any], name: str) -> None:
        """How many rows: a number bounds them, an expression is kept."""
        count = str((row.get("control") or {}).get("jr:count", ""))
        given = kept(self._made_counts.get(count, count))
        if given.isdecimal() and 0 < int(given) <= 1_000:
            group["max_rows"] = int(given)
        elif given:
            group["alias"].append({"context": "XLSForm repeat_count", "name": given})
            self._report.say("changed", f"The number of rows, {given}, is not fixed: rows are added.",
                             f"行数 {given} 不固定，可自行添加。", self._row_of(name))  # fmt: skip

    def _heading(
        self, row: Mapping[str, Any], children: Sequence[Mapping[str, Any]], place: _Place
    ) -> JsonObject:
        """The group's name after those around it; of a table-list it stands at a note that pyxform makes."""
        label = row.get("label")
        if label is None and children and str(children[0].get("name")).startswith(_MADE[1]):
            label = children[0].get("label")
        own = self._words.text(label, str(row["name"]))
        return own if place.heading is None else joined(place.heading, own, _BETWEEN)

    def _group(self, place: _Place) -> JsonObject:
        oid = self._oids.made(place.name, "group", self._oid)
        group: JsonObject = {
            "oid": oid,
            "name": place.heading or self._title,
            "item": [],
            "alias": [{"context": "XLSForm name", "name": kept(place.name)}] if place.heading else [],
        }
        rules = [
            self._items.rule("collect_when", row["bind"]["relevant"], oid, str(row["name"]))
            for row in place.rules
        ]
        if rules:
            group["not_run"] = rules
        self._groups.append(group)
        self._report.count("group")
        return group


def _counts(row: Mapping[str, Any]) -> bool:
    """A calculation that pyxform made up for the number of a repeat's rows."""
    return str(row.get("name")).endswith("_count") and row.get("type") == "calculate"
