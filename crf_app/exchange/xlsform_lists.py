"""Lists of choices of an XLSForm → code lists.  The stored code is the choice's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from crf_app.exchange.oids import NewOids
from crf_app.exchange.report import Report
from crf_app.exchange.xlsform_words import Words, clean
from crf_app.model.definition import JsonObject

_READ: Final = frozenset({"name", "label", "list name", "list_name", "__row"})
_DONE: Final = "OK"  # what an acknowledgement is stored as, there and here


class Lists:
    """The code lists of a form: those of the workbook, and one for acknowledgements where it has any."""

    def __init__(self, oids: NewOids, words: Words, report: Report) -> None:
        self.code_lists: list[JsonObject] = []
        self._oids, self._words, self._report = oids, words, report
        self._oid_of: dict[str, str] = {}
        self._codes: dict[str, dict[str, str]] = {}

    def add(self, name: str, choices: Sequence[Mapping[str, Any]], sheet: str = "choices") -> str:
        """The OID of the list `name`, made when it is first met."""
        if name not in self._oid_of:
            oid = self._oids.made(name, "list")
            self._oid_of[name] = oid
            self.code_lists.append(
                {
                    "oid": oid,
                    "name": {"en": clean(name), "zh": clean(name)},
                    "items": [*self._items(name, choices, sheet)],
                    "alias": [{"context": "XLSForm list_name", "name": clean(name)}],
                }
            )
            self._report.count("choice list")
        return self._oid_of[name]

    def codes(self, oid: str) -> Mapping[str, str]:
        """The workbook's names of a list's choices → stored codes."""
        return next(self._codes[name] for name, own in self._oid_of.items() if own == oid)

    def done(self) -> str:
        """The list with the one code of an acknowledgement."""
        label = {"English (en)": "Confirmed", "中文 (zh)": "已确认"}
        return self.add("acknowledged", [{"name": _DONE, "label": label}])

    def _items(self, name: str, choices: Iterable[Mapping[str, Any]], sheet: str) -> Iterable[JsonObject]:
        taken = self._codes.setdefault(name, {})
        for choice in choices:
            given = clean(choice["name"])
            code = self._code(given, set(taken.values()), f"{sheet}, {clean(name)}")
            if code is None:
                continue
            taken[given] = code
            self._report.count("choice")
            self._left(choice, sheet)
            yield {"coded_value": code, "decode": self._words.text(choice.get("label"), given)}

    def _code(self, given: str, taken: set[str], where: str) -> str | None:
        """The code to store: ours holds no `;`, which stands between several; one of two equal ones."""
        code = given.replace(";", "_")
        if code in taken:
            self._say(f"The choice `{given}` stands twice; the first is taken.",
                      f"选项 `{given}` 重复，取第一个。", where)  # fmt: skip
            return None
        if code != given:
            self._say(
                f"The choice `{given}` is stored as `{code}`.", f"选项 `{given}` 存储为 `{code}`。", where
            )
        if " 00:00:00" in given:
            self._say(f"The choice `{given}` was made a date by the spreadsheet; it is stored so.",
                      f"选项 `{given}` 被表格软件转成日期，按原样存储。", where)  # fmt: skip
        return code

    def _left(self, choice: Mapping[str, Any], sheet: str) -> None:
        for column in choice:
            if column not in _READ:
                self._say(f"The column `{clean(column)}` of the sheet {sheet} is left out.",
                          f"{sheet} 工作表的列 `{clean(column)}` 未导入。", "")  # fmt: skip

    def _say(self, en: str, zh: str, where: str) -> None:
        self._report.say("changed", en, zh, where)
