"""What references lead to while a MetaDataVersion of ODM 2.0 is read, or written and read back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from crf_app.exchange.odm2_rest import rest_in
from crf_app.exchange.odm2_xml import NS, child, read_text
from crf_app.exchange.odm_parts import Languages
from crf_app.exchange.rest import CONTEXT, joined
from crf_app.exchange.xml_in import broken
from crf_app.model.def_base import Def
from crf_app.model.definition import JsonObject

ALIAS: Final = NS + "Alias"


@dataclass(slots=True)
class Known:
    """`ours`: this program wrote the file, so that its CEL is ours and its words are taken as they stand.

    `rules` (ConditionDef, MethodDef), `items`, `codes` (CodeList): elements by OID.
    `lists`: OID of a CodeList that has codes → our OID of it.  `path`: the file, for what is said about it.
    `made`: OIDs of the items that this program made from others; none where another system wrote the file.
    `limits`: RangeCheck elements that have been looked at (`odm2_item.limit_of`).
    """

    ours: bool
    languages: Languages
    rules: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, Any] = field(default_factory=dict)
    codes: Mapping[str, Any] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    path: Path = Path()
    made: Collection[str] = frozenset()
    limits: dict[Any, JsonObject | None] = field(default_factory=dict)

    def words(self, element: Any, name: str) -> JsonObject | None:
        """The words of a child such as Question."""
        return read_text(child(element, NS + name), self.languages, verbatim=self.ours)

    def named(self, element: Any) -> JsonObject:
        """Name and its translation: a Description that begins with the same words says it in full."""
        words = self.words(element, "Description")
        name = element.get("Name", "")
        return words if words is not None and name == words["en"] else {"en": name, "zh": name}

    def rest(self, element: Any, model: type[Def], *tables: str) -> JsonObject:
        """What our Alias holds (`rest_in`), empty without it.  Raises ExchangeRefused if that is wrong."""
        alias = our_alias(element) if self.ours else None
        if alias is None:
            return {}
        try:
            return rest_in(alias.get("Name", ""), model, *tables)
        except ValueError as error:
            en = f"The Alias {CONTEXT} does not hold what this program writes there ({_short(error)})."
            zh = f"别名 {CONTEXT} 的内容不是本程序所写（{_short(error)}）。"
            raise broken(self.path, alias, en, zh) from error

    def whole(
        self, element: Any, native: Mapping[str, Any], model: type[Def], *tables: str
    ) -> tuple[JsonObject, JsonObject]:
        """A definition from its element and the rest; and those of the `tables` that stand in the rest."""
        rest = self.rest(element, model, *tables)
        found = {key: rest.pop(key) for key in tables if key in rest}
        return joined(dict(native), rest), found


def _short(error: ValueError) -> str:
    return str(error)[:60]


def our_alias(element: Any) -> Any:
    """The Alias that this program wrote, or None."""
    for one in element.iterchildren(ALIAS):
        if one.get("Context") == CONTEXT:
            return one
    return None


def read_aliases(element: Any) -> JsonObject:
    """`alias` but for ours, which holds the rest."""
    aliases = list(element.iterchildren(ALIAS))
    if not aliases:
        return {}
    found = one_a_context({"context": one.get("Context", ""), "name": one.get("Name", "")} for one in aliases)
    return {"alias": found} if found else {}


def one_a_context(aliases: Iterable[Mapping[str, Any]]) -> list[JsonObject]:
    """Those of the aliases that ODM 2.0 can hold: the first of each context, without ours."""
    first: dict[str, JsonObject] = {}
    for one in aliases:
        if one["context"] != CONTEXT:
            first.setdefault(one["context"], dict(one))
    return list(first.values())


def odm_oid(element: Any, oid: str) -> JsonObject:
    """`odm_oid` where the file's OID is not ours."""
    return {} if element.get("OID") == oid else {"odm_oid": element.get("OID")}
