"""A rule in words: its parsed tree said in both languages, items called by their questions.

What cannot be said is shown as it is written, between backquotes; never a sentence that is not so.  Where an
answer that a rule needs is not there, the rule gives nothing: that is so for every rule and is not repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.item_def import ItemDef
from crf_app.model.units import shown_unit
from crf_app.rules import rule_phrases as words
from crf_app.rules.environment import Name
from crf_app.rules.operand_words import OperandWords
from crf_app.rules.phrase import ALL, ANY, ATOM, CHOICE, CLAUSE, SUM, Phrase, joined, put
from crf_app.rules.rule_codes import CodeWords, plain
from crf_app.rules.rule_scope import Line, Scope, flat, is_name, is_truth, source_of
from crf_app.rules.syntax_tree import Node, tree
from crf_app.rules.walks import Walk, walk_of
from crf_app.rules.written import Unworded, written

_MOST_DIGITS: Final = 15
_SPACED_FROM: Final = 100_000
_TRUTHS: Final = {"true": ("true", "真"), "false": ("false", "假")}
_WITH_UNIT: Final = ("value", "prev", "base", "subject", "uln")


class RuleWords:
    """The rules of one study in words."""

    def __init__(self, study: Study, names: Mapping[str, Name]) -> None:
        self.study, self.names = study, names
        self.operands = OperandWords(study, names)
        self.codes = CodeWords(study, names, self.operands)

    def of(self, expression: Any, text: str, *, form: str = "", item: ItemDef | None = None) -> Text:
        """A compiled expression (`Program.expression`) and its text → both languages.

        `form`, `item`: where the rule stands; an item gives words to the codes that a method gives it.
        """
        group = self.study.forms[form].group_of[item.oid].oid if form and item is not None else ""
        codes = self.codes.of_item(item) if item is not None else None
        try:
            said = self._say(tree(expression.serialize()), Scope(form, group, codes)).bare()
        except Unworded:
            return Text(en=_as_written(text), zh=_as_written(text))
        return Text(en=_sentence(said.en), zh=said.zh)

    def _say(self, node: Node, scope: Scope) -> Phrase:
        """The part in words; as it is written where it has none.  Raises Unworded where it cannot be."""
        said = self._words(node, scope)
        if said is not None:
            return said
        text = _as_written(written(node))
        return Phrase(text, text)

    def _words(self, node: Node, scope: Scope) -> Phrase | None:
        if node.kind == "name":
            return self._name(node, scope, denied=False)
        if node.kind == "number":
            return Phrase(_number(node), _number(node))
        if node.kind == "constant":
            return self._constant(node, scope)
        if node.kind == "field":
            return self._field(node, scope)
        if node.kind == "walk":
            walk = walk_of(node)
            return self._walk(walk, scope, denied=False) if walk is not None else None
        if node.kind == "call":
            return self._call(node, scope)
        return self._list(node, scope) if node.note == "list" else None

    def _name(self, node: Node, scope: Scope, *, denied: bool) -> Phrase | None:
        line = scope.lines.get(node.text)
        if line is not None:
            return put(line.said, level=ATOM) if not line.truth and line.source is None else None
        known = self.names.get(node.text)
        if known is not None and known.type == "LIST":
            return self.operands.rows(known)
        return self.operands.name(node.text, scope.form, denied=denied)

    def _constant(self, node: Node, scope: Scope) -> Phrase | None:
        if node.note != "text":
            return put(_TRUTHS[node.note], level=ATOM) if node.note in _TRUTHS else None
        if not node.text:
            return put(words.EMPTY_TEXT, level=ATOM)
        return scope.codes(node.text) if scope.codes is not None else plain(node.text)

    def _field(self, node: Node, scope: Scope) -> Phrase | None:
        (inner,) = node.children
        line = scope.lines.get(inner.text) if inner.kind == "name" else None
        if node.note == "has" or line is None or line.source is None:
            return None
        several = sum(one.source is not None for one in scope.lines.values()) > 1
        return self.operands.column(line.source, node.text, scope.form, inner.text if several else "")

    def _call(self, node: Node, scope: Scope) -> Phrase | None:
        if node.text in ("_&&_", "_||_"):
            return self._joint(node, scope)
        if node.text == "!_":
            return self._denied(node.children[0], scope)
        if node.text in ("_==_", "_!=_", "@in") or node.text in words.CLAUSES:
            return self._statement(node, scope, denied=False)
        if node.text in words.ORDER:
            return self._order(node, scope)
        if node.text == "_?_:_":
            return self._choice(node, scope)
        if node.text == "_+_":
            return self._plus(node, scope)
        if node.text == "_[_]":
            return self._first(node, scope)
        if node.text == "size":
            return self._size(node, scope)
        if node.text == "round":
            return self._rounded(node, scope)
        return self._value(node, scope)

    def _joint(self, node: Node, scope: Scope) -> Phrase:
        level, pair = (ALL, words.AND) if node.text == "_&&_" else (ANY, words.OR)
        return joined((self._say(one, scope).within(CLAUSE) for one in flat(node)), pair, level)

    # --- statements and their opposites

    def _denied(self, node: Node, scope: Scope) -> Phrase:
        """The opposite of a part."""
        said: Phrase | None = None
        if node.kind == "name" and node.text not in scope.lines:
            known = self.names.get(node.text)
            said = (
                self._name(node, scope, denied=True) if known is not None and known.type == "BOOL" else None
            )
        elif node.kind == "walk":
            walk = walk_of(node)
            said = self._walk(walk, scope, denied=True) if walk is not None else None
        elif node.kind == "call" and node.text == "!_":
            said = self._words(node.children[0], scope)
        elif node.kind == "call" and (node.text == "@in" or node.text in words.CLAUSES):
            said = self._statement(node, scope, denied=True)
        return said or put(words.NOT, self._say(node, scope).within(ATOM))

    def _statement(self, node: Node, scope: Scope, *, denied: bool) -> Phrase | None:
        if node.text in ("_==_", "_!=_"):
            return self._equal(node, scope, same=(node.text == "_==_") != denied)
        if node.text == "@in":
            one, some = node.children
            first = self._say(one, replace(scope, codes=None)).within(SUM)
            among = self._say(some, replace(scope, codes=self.codes.at(one, scope)))
            return put(words.AMONG[denied], first, among)
        pair, first_part = words.CLAUSES[node.text][denied], node.children[0]
        if len(node.children) != 1 + max(int(place) for place in "0123" if f"{{{place}}}" in pair[0]):
            return None
        parts = [self._operand(first_part, scope, node.children[1])]
        return put(pair, *parts, *(self._operand(one, scope, first_part) for one in node.children[1:]))

    def _equal(self, node: Node, scope: Scope, *, same: bool) -> Phrase:
        one, other = node.children
        if is_truth(one, self.names, scope) or is_truth(other, self.names, scope):
            parts = (self._say(part, scope).within(ATOM) for part in (one, other))
            return put(words.SAME[not same], *parts, level=ALL)
        if other.kind == "constant" and other.note == "text" and not other.text:
            return put(words.EMPTY[not same], self._operand(one, scope, other))
        first, second = self._operand(one, scope, other), self._operand(other, scope, one)
        return put(words.CLAUSES["_==_"][not same], first, second)

    def _order(self, node: Node, scope: Scope) -> Phrase:
        one, other = node.children
        table = words.TEXT_ORDER if any("string" in name for name in node.overloads) else words.ORDER
        return put(table[node.text], self._operand(one, scope, other), self._operand(other, scope, one))

    def _operand(self, node: Node, scope: Scope, beside: Node) -> Phrase:
        """A side of a comparison: a code in the words of the other side's list, a number in its unit."""
        said = self._say(node, replace(scope, codes=self.codes.at(beside, scope))).within(SUM)
        known = (
            self.names.get(beside.text) if beside.kind == "name" and beside.text not in scope.lines else None
        )
        if node.kind != "number" or known is None or known.item is None or known.kind not in _WITH_UNIT:
            return said
        en, zh = (shown_unit(known.item.unit, language) for language in ("en", "zh"))
        return Phrase(f"{said.en} {en}".rstrip(), f"{said.zh} {zh}".rstrip())

    def _choice(self, node: Node, scope: Scope) -> Phrase:
        en, zh = [], []
        while node.kind == "call" and node.text == "_?_:_":
            condition, value, node = node.children
            when = self._say(condition, replace(scope, codes=None)).within(ANY)
            then = self._say(value, scope).within(CLAUSE)
            en.append(f"if {when.en}, then {then.en}")
            zh.append(f"若{when.zh}，则为{then.zh}")
        last = self._say(node, scope).within(ANY)
        return Phrase("; otherwise ".join([*en, last.en]), "；否则".join([*zh, f"为{last.zh}"]), CHOICE)

    # --- values

    def _plus(self, node: Node, scope: Scope) -> Phrase | None:
        if any("list" in name for name in node.overloads):
            return joined((self._some(one, scope) for one in flat(node)), ("; ", "；"), CHOICE).bracketed()
        if not any("string" in name for name in node.overloads):
            return joined((self._say(one, scope).within(SUM) for one in node.children), (" + ", " + "), SUM)
        day, middle = node.children[0].children if len(node.children[0].children) == 2 else (None, None)
        if day is None or middle is None or (middle.kind, middle.text) != ("constant", "T"):
            return None
        parts = (self._say(one, scope).within(ATOM) for one in (day, node.children[1]))
        return put(words.MOMENT, *parts, level=ATOM)

    def _some(self, node: Node, scope: Scope) -> Phrase:
        """A part of a list that is put together: `known.A ? [A] : []` is A where there is one."""
        if node.kind == "call" and node.text == "_?_:_":
            condition, there, none = node.children
            if there.note == "list" == none.note and len(there.children) == 1 and not none.children:
                value = self._say(there.children[0], scope).within(SUM)
                return put(words.IF_SO, self._say(condition, scope).within(ALL), value)
        return self._say(node, scope).within(ATOM)

    def _first(self, node: Node, scope: Scope) -> Phrase | None:
        """`[x].map(m, …)[0]` gives x a short name; of another list it is the first."""
        some, place = node.children
        if place.kind != "number" or float(place.text) != 0:
            return None
        named = self._named(node, scope)
        return named or put(words.FIRST, self._say(some, scope).within(ATOM), level=ATOM)

    def _named(self, node: Node, scope: Scope) -> Phrase | None:
        """`[x].map(b, [y].map(c, …))[0][0]`: as many short names as there are indexes."""
        depth, inner = 0, node
        while inner.kind == "call" and inner.text == "_[_]" and inner.children[1].text == "0.0":
            depth, inner = depth + 1, inner.children[0]
        walks: list[Walk] = []
        while len(walks) < depth:
            walk = walk_of(inner) if inner.kind == "walk" else None
            if walk is None or walk.macro != "map" or walk.condition is not None or walk.body is None:
                return None
            if walk.source.note != "list" or len(walk.source.children) != 1:
                return None
            walks.append(walk)
            inner = walk.body
        short = {walk.variable: Line(said=(walk.variable, walk.variable)) for walk in walks}
        said = self._say(inner, replace(scope, lines={**scope.lines, **short}))
        named = [self._short_name(walks, place, short, scope) for place in range(len(walks))]
        return put(words.WHERE, said.within(CHOICE), joined(named, words.AND_WHERE, ATOM), level=CHOICE)

    def _short_name(self, walks: list[Walk], place: int, short: Mapping[str, Line], scope: Scope) -> Phrase:
        """What a short name stands for; it may be made of the names before it."""
        before = {one.variable: short[one.variable] for one in walks[:place]}
        inside = replace(scope, lines={**scope.lines, **before}, codes=None)
        walk = walks[place]
        value = self._say(walk.source.children[0], inside).within(SUM)
        return put(words.EQUALS, Phrase(walk.variable, walk.variable), value, level=ATOM)

    def _size(self, node: Node, scope: Scope) -> Phrase | None:
        if len(node.children) != 1:
            return None
        of_text = any("string" in name for name in node.overloads)
        some = self._say(node.children[0], scope).within(ATOM)
        return put(words.LENGTH if of_text else words.NUMBER_OF, some, level=ATOM)

    def _rounded(self, node: Node, scope: Scope) -> Phrase | None:
        said = self._say(node.children[0], scope).within(SUM)
        if len(node.children) == 1:
            return put(words.ROUNDED_WHOLE, said).bracketed()
        if node.children[1].kind != "number":
            return None
        decimals = int(float(node.children[1].text))
        if decimals < 0:
            multiple = f"{10**-decimals:,}".replace(",", " ")
            return put(words.ROUNDED_TO, said, Phrase(multiple, multiple)).bracketed()
        pair = {0: words.ROUNDED_WHOLE, 1: words.ROUNDED_ONE}.get(decimals, words.ROUNDED)
        return put(pair, said, Phrase(str(decimals), str(decimals))).bracketed()

    def _value(self, node: Node, scope: Scope) -> Phrase | None:
        if node.text not in words.VALUES:
            return None
        pair, level, loosest = words.VALUES[node.text]
        bare = replace(scope, codes=None)
        parts = [self._say(one, bare).within(loosest) for one in node.children]
        if node.text in ("_*_", "_-_"):  # (a × b) × c needs no brackets
            parts[0] = self._say(node.children[0], bare).within(level)
        return put(pair, *parts, level=level)

    # --- lists

    def _list(self, node: Node, scope: Scope) -> Phrase:
        if not node.children:
            return put(words.EMPTY_LIST, level=ATOM)
        parts = (self._say(one, scope).within(CLAUSE) for one in node.children)
        return joined(parts, ("; ", "；"), CHOICE).bracketed()

    def _walk(self, walk: Walk, scope: Scope, *, denied: bool) -> Phrase | None:
        source, inside = self._say(walk.source, scope).within(ATOM), self._inside(walk, scope)
        if inside.lines[walk.variable].truth:
            if walk.macro in words.THEMSELVES and is_name(walk.condition, walk.variable):
                return put(words.THEMSELVES[walk.macro][denied], source, level=ALL)
            return self._counted(walk, source) if not denied else None
        if walk.macro in words.WALKS and walk.condition is not None:
            condition = self._say(walk.condition, inside).within(CLAUSE)
            return put(words.WALKS[walk.macro][denied], source, condition, level=ALL)
        if denied:
            return None
        if walk.macro == "filter" and walk.condition is not None:
            return put(words.FILTER, source, self._say(walk.condition, inside).within(ATOM), level=SUM)
        if walk.condition is None and walk.body is not None:
            return put(words.MAP, source, self._say(walk.body, inside).within(ATOM), level=SUM)
        return None

    @staticmethod
    def _counted(walk: Walk, source: Phrase) -> Phrase | None:
        """`[known.A, known.B].filter(k, !k)`: those of the statements that are not so."""
        if walk.macro != "filter" or walk.condition is None:
            return None
        if is_name(walk.condition, walk.variable):
            return put(words.SO, source, level=SUM)
        denied = walk.condition.kind == "call" and walk.condition.text == "!_"
        if denied and is_name(walk.condition.children[0], walk.variable):
            return put(words.NOT_SO, source, level=SUM)
        return None

    def _inside(self, walk: Walk, scope: Scope) -> Scope:
        """The scope of what is said about each line."""
        source = source_of(walk.source, self.names, scope)
        if source is not None:
            line = Line(source=source)
        else:
            items = walk.source.children if walk.source.note == "list" else ()
            truth = bool(items) and all(is_truth(one, self.names, scope) for one in items)
            named = any(one.source is None and not one.truth for one in scope.lines.values())
            said = (walk.variable, walk.variable) if named or not items else words.IT
            line = Line(None, said, self.codes.at(items[0], scope) if items else None, truth)
        return replace(scope, lines={**scope.lines, walk.variable: line}, codes=None)


def _number(node: Node) -> str:
    value = float(node.text)
    if value != int(value) or abs(value) >= 10**_MOST_DIGITS:
        return node.text.replace("-", "−")
    spaced = f"{int(value):,}".replace(",", " ") if abs(value) >= _SPACED_FROM else f"{int(value)}"
    return spaced.replace("-", "−")


def _as_written(text: str) -> str:
    return f"`{' '.join(text.split())}`"


def _sentence(text: str) -> str:
    """With a capital letter, where it begins with a word."""
    return text[:1].upper() + text[1:] if text[:1].islower() and text[1:2].isalpha() else text
