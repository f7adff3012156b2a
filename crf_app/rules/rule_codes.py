"""How a constant of a rule is said: a code in words of the list that the part beside it is answered from."""

from __future__ import annotations

from collections.abc import Mapping

from crf_app.model.definition import Study
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.rules.environment import Name
from crf_app.rules.operand_words import FACT_CODES, OperandWords, quoted
from crf_app.rules.phrase import Phrase
from crf_app.rules.rule_scope import Codes, Scope
from crf_app.rules.syntax_tree import Node


class CodeWords:
    """The codes of a study in words."""

    def __init__(self, study: Study, names: Mapping[str, Name], operands: OperandWords) -> None:
        self.study, self.names, self.operands = study, names, operands

    def at(self, node: Node, scope: Scope) -> Codes | None:
        """How a constant beside this part is said."""
        if node.kind == "name":
            if node.text in scope.lines:
                return scope.lines[node.text].codes
            return self._of_name(node.text, scope)
        if node.kind == "field" and node.children[0].kind == "name":
            line = scope.lines.get(node.children[0].text)
            if line is not None and line.source is not None:
                item = dict(line.source.columns).get(node.text)
                return self.of_item(item) if item is not None else self._of_fact(node.text)
        return None

    def _of_name(self, name: str, scope: Scope) -> Codes | None:
        known = self.names.get(name)
        if known is None:
            return None
        if name == "event.OID":
            return self._of_fact("EVENT")
        if name == "row.CODE":
            return lambda code: self.operands.row_code(scope.group, code)
        if known.kind == "flag":
            return _fact_codes("flag")
        plain = known.kind in ("value", "prev", "base", "subject")
        return self.of_item(known.item) if plain and known.item is not None else None

    def _of_fact(self, column: str) -> Codes | None:
        if column != "EVENT":
            return _fact_codes(column) if column in FACT_CODES else None
        events = self.study.events
        return lambda code: quoted(events[code].name) if code in events else plain(code)

    def of_item(self, item: ItemDef) -> Codes | None:
        code_list: CodeList | None = self.study.code_lists.get(item.code_list or "")
        if code_list is None:
            return None
        known = code_list.by_code
        return lambda code: quoted(known[code].decode) if code in known else plain(code)


def _fact_codes(kind: str) -> Codes:
    known = FACT_CODES[kind]
    return lambda code: Phrase(*known[code]) if code in known else plain(code)


def plain(code: str) -> Phrase:
    return Phrase(f"“{code}”", f"“{code}”")
