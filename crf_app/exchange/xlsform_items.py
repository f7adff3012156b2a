"""A question of an XLSForm → an item: type, list, bounds, words; rules as text that is not run.

What there is no field for is kept as an alias, `XLSForm <column>`.  A question that nobody types (a picture,
what a device records by itself) gives no item and stands in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from crf_app.errors import ValueRejected
from crf_app.exchange.oids import NewOids
from crf_app.exchange.report import Report
from crf_app.exchange.xlsform_lists import Lists
from crf_app.exchange.xlsform_refusals import unknown_type
from crf_app.exchange.xlsform_rules import CONTEXT, bounds, plain_number, yes_or_no
from crf_app.exchange.xlsform_words import Words, clean, kept
from crf_app.model.datatype import parse
from crf_app.model.definition import JsonObject
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.source_rules import USES

_TYPES: Final = {
    "string": "text", "int": "integer", "decimal": "decimal", "date": "date", "time": "time",
    "dateTime": "datetime",
}  # fmt: skip
_SELECTS: Final = ("select one", "select all that apply", "select one external", "rank")
#: what is read into a field of ours; every other column is kept as an alias
_READ: Final = frozenset(
    {"type", "name", "label", "hint", "choices", "list_name", "itemset", "query", "default", "actions",
     "_dynamic_default", "bind.required", "bind.relevant", "bind.constraint", "bind.calculate", "bind.type",
     "choice_filter"}
)  # fmt: skip
#: pyxform's name of a column → the workbook's
_COLUMNS: Final = {
    "bind.jr:constraintMsg": "constraint_message",
    "bind.jr:requiredMsg": "required_message",
    "bind.readonly": "read_only",
    "control.appearance": "appearance",
}


class Items:
    """Makes the items of one form."""

    def __init__(
        self,
        form: str,
        oids: NewOids,
        lists: Lists,
        words: Words,
        report: Report,
        row_of: Callable[[str], str],
        external: Mapping[str, Sequence[Mapping[str, Any]]],
    ) -> None:
        self._form, self._oids, self._lists = form, oids, lists
        self._words, self._report, self._row_of = words, report, row_of
        self._external = external

    def item(self, row: Mapping[str, Any]) -> JsonObject | None:
        """The item of a question; None for one that nobody types."""
        name, kind = str(row["name"]), str(row["type"])
        typed = self._typed(row, name, kind)
        if typed is None:
            return None
        base = _base(kind)
        bind = dict(base.get("bind", {})) | dict(row.get("bind") or {})
        item: JsonObject = {
            "oid": self._oids.made(name, "item", self._form),
            "question": self._words.text(row.get("label"), name),
            **typed,
        }
        self._rules(item, bind, row)
        hint = self._words.given(row.get("hint") or base.get("hint"))
        if hint is not None:
            item["help"] = hint
        item["alias"] = [{"context": "XLSForm name", "name": kept(name)}, *self._aliases(row, item)]
        self._default(item, row)
        self._report.count("question")
        return item

    def rule(self, use: str, expression: Any, named: str, where: str, message: Any = None) -> JsonObject:
        """A rule that is kept as text, said in the report."""
        text = kept(expression)
        en, zh = USES[use]
        self._report.say("not_run", f"{named}, {en}: {text}", f"{named}，{zh}：{text}", self._row_of(where))
        said: JsonObject = {"use": use, "context": CONTEXT, "expression": text}
        words = self._words.given(message)
        return said | ({"message": words} if words is not None else {})

    # types

    def _typed(self, row: Mapping[str, Any], name: str, kind: str) -> JsonObject | None:
        if kind in _SELECTS:
            return self._select(row, name, kind)
        base = _base(kind)
        if not base:
            raise unknown_type(self._report.file, self._row_of(name), clean(kind))
        tag = base.get("control", {}).get("tag")
        if tag == "trigger" and kind != "background-geopoint":
            return {"data_type": "text", "code_list": self._lists.done()}
        if kind == "range":
            return _range(row)
        if kind != "calculate" and (tag is None or tag in ("upload", "action", "trigger")):
            self._left_out(name, kind)
            return None
        return self._plain(row, name, kind, base)

    def _plain(self, row: Mapping[str, Any], name: str, kind: str, base: Mapping[str, Any]) -> JsonObject:
        given = (row.get("bind") or {}).get("type") or base.get("bind", {}).get("type", "string")
        data_type = _TYPES.get(given)
        if data_type is None:
            self._as_text(name, kind)
            return {"data_type": "text"}
        looks = str((row.get("control") or {}).get("appearance", "")).split()
        partial = data_type == "date" and bool({"month-year", "year"} & set(looks))
        return {"data_type": "partialDate" if partial else data_type}

    def _select(self, row: Mapping[str, Any], name: str, kind: str) -> JsonObject:
        chosen = str(row.get("itemset") or row.get("query") or "")
        if kind == "select one external":
            choices, sheet = self._external.get(chosen, ()), "external_choices"
        else:
            choices, sheet = row.get("choices") or (), "choices"
        if not choices or kind == "rank":
            self._as_text(name, kind if kind == "rank" else f"{kind} {chosen}")
            return {"data_type": "text"}
        prefix = "external " if sheet == "external_choices" else ""
        code_list = self._lists.add(f"{prefix}{chosen}", choices, sheet)
        several = kind == "select all that apply"
        return {"data_type": "text", "code_list": code_list} | ({"multiple": True} if several else {})

    def _as_text(self, name: str, kind: str) -> None:
        kind = clean(kind)
        self._report.say("changed", f"`{kind}` has no field here: it is asked as text.",
                         f"此处没有 `{kind}` 字段，改为文本。", self._row_of(name))  # fmt: skip

    def _left_out(self, name: str, kind: str) -> None:
        kind = clean(kind)
        self._report.say("changed", f"`{kind}` is left out: nothing is typed there.",
                         f"`{kind}` 无需录入，未导入。", self._row_of(name))  # fmt: skip

    # rules

    def _rules(self, item: JsonObject, bind: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        oid, name, found = item["oid"], str(row["name"]), []
        if bind.get("relevant"):
            found.append(self.rule("collect_when", bind["relevant"], oid, name))
        required = yes_or_no(str(bind.get("required", "no")))
        if bind.get("calculate"):
            found.append(self.rule("method", bind["calculate"], oid, name))
        elif required:
            item["mandatory"] = True
        elif required is None:
            found.append(self.rule("mandatory_when", bind["required"], oid, name))
        if bind.get("constraint"):
            message = bind.get("jr:constraintMsg")
            found += self._constraint(item, str(bind["constraint"]), message, name)
        if row.get("choice_filter"):
            found.append(self.rule("check", row["choice_filter"], oid, name))
        if found:
            item["not_run"] = found

    def _constraint(self, item: JsonObject, expression: str, message: Any, name: str) -> list[JsonObject]:
        """Bounds of a number are checked; any other rule is kept with its message."""
        number = item["data_type"] in ("integer", "decimal")
        checks = bounds(expression) if number and "range_check" not in item else None
        if checks is None:
            return [self.rule("check", expression, item["oid"], name, message)]
        item["range_check"] = checks
        self._report.count("range")
        return []

    def _default(self, item: JsonObject, row: Mapping[str, Any]) -> None:
        """A value that the field can hold is proposed; anything else is kept as a rule."""
        given = row.get("default")
        if given is None:
            return
        text = kept(given)
        if item.get("code_list"):
            text = self._lists.codes(item["code_list"]).get(text, text)
        if row.get("_dynamic_default") or not self._fits(item, text):
            rule = self.rule("default", given, item["oid"], str(row["name"]))
            item["not_run"] = [*item.get("not_run", []), rule]
        else:
            item["default"] = text

    def _fits(self, item: JsonObject, text: str) -> bool:
        """Whether the text is exactly what the field would store."""
        known = next((one for one in self._lists.code_lists if one["oid"] == item.get("code_list")), None)
        lists = {known["oid"]: CodeList.model_validate(known)} if known else {}
        if known and text not in lists[known["oid"]].by_code:
            return False
        try:
            return parse(ItemDef.model_validate(item), text, lists) == text
        except ValueRejected:
            return False

    # the rest

    def _aliases(self, row: Mapping[str, Any], item: JsonObject) -> Iterator[JsonObject]:
        """Every column that no field holds, by its name."""
        for path, value in _flat(row):
            if path in _READ or path.split("::")[0] in ("label", "hint") or not kept(value):
                continue
            column = _as_in_sheet(path)
            said_by_rule = column.startswith("constraint_message") and "range_check" not in item
            if said_by_rule or (row["type"] == "range" and path.startswith(("parameters.", "control."))):
                continue
            self._report.say("kept", f"Column `{clean(column)}`.", f"列 `{clean(column)}`。",
                             self._row_of(str(row["name"])))  # fmt: skip
            yield {"context": f"XLSForm {kept(column)}", "name": kept(value)}


def _base(kind: str) -> Mapping[str, Any]:
    """What pyxform knows of a question type; nothing for one it does not know."""
    from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

    base: Mapping[str, Any] = QUESTION_TYPE_DICT.get(kind, {})
    return base


def _as_in_sheet(path: str) -> str:
    """A column as the workbook names it."""
    column, mark, language = path.partition("::")
    return f"{_COLUMNS.get(column, column)}{mark}{language}"


def _range(row: Mapping[str, Any]) -> JsonObject:
    """`range`: a number from `start` to `end`."""
    given = row.get("parameters") or {}
    whole = (row.get("bind") or {}).get("type", "int") == "int"
    first, last = plain_number(str(given.get("start", 1))), plain_number(str(given.get("end", 10)))
    low, high = sorted((first, last), key=float)
    checks = [
        {"comparator": sign, "value": value, "soft_hard": "Hard"}
        for sign, value in (("GE", low), ("LE", high))
    ]
    return {"data_type": "integer" if whole else "decimal", "range_check": checks}


def _flat(row: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """(column, value) of nested columns: `control.appearance`, `media.image::English (en)`."""
    for key, value in row.items():
        name = f"{path}{key}"
        if name in ("choices", "actions", "children"):
            continue
        if isinstance(value, Mapping):
            spoken = (not path and key in ("label", "hint", "guidance_hint")) or path.startswith(
                ("media", "bind")
            )
            yield from _flat(
                value, f"{name}::" if spoken and key != "media" and key != "bind" else f"{name}."
            )
        elif isinstance(value, (str, int, float)):
            yield name, value
