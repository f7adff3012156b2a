"""What reading every element of ODM 1.3 needs: demanded attributes, texts, aliases, and keeping the rest.

`Elements` refuses a known element that is wrong, and collects what the program does not read (`kept`), with a
line of the report for each kind of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from crf_app.exchange.odm1_xml import NS, place_of
from crf_app.exchange.odm_parts import Languages, pairs_of, read_text, xml_of
from crf_app.exchange.report import Report
from crf_app.exchange.rest import CONTEXT, rest_of
from crf_app.exchange.xml_in import XML_LANG, broken, local, place
from crf_app.model.definition import JsonObject

YES: Final = frozenset(("Yes", "No"))
#: attributes of every reference, read wherever they stand
REF: Final = frozenset(("OrderNumber", "Mandatory", "CollectionExceptionConditionOID", "MethodOID"))
_SHOWN: Final = 60
At = tuple[str, str]


class Elements:
    """The file at hand.  `kept`: plain data of `Foreign`."""

    languages: Languages
    ours: bool

    def __init__(self, path: Path, report: Report) -> None:
        self.path, self.report = path, report
        self.kept: list[JsonObject] = []
        self.seen_refs: set[At] = set()

    def where(self, element: Any) -> str:
        return place(self.path, element)

    # --- attributes --------------------------------------------------------------------------------------

    def need(self, element: Any, name: str) -> str:
        """An attribute that must be there.  Raises ExchangeRefused."""
        value = element.get(name)
        if not value:
            raise broken(self.path, element, f"{name} is missing.", f"缺少 {name}。")
        return str(value)

    def one_of(self, element: Any, name: str, values: Collection[str]) -> str:
        """An attribute with one of these values.  Raises ExchangeRefused."""
        value = element.get(name)
        if value not in values:
            found = "missing" if value is None else f"“{value[:_SHOWN]}”"
            allowed = ", ".join(sorted(values))
            raise broken(self.path, element, f"{name} is {found}; it is one of {allowed}.",
                         f"{name} 应为以下之一：{allowed}。")  # fmt: skip
        return str(value)

    def refers(self, ref: Any, name: str, known: Collection[str]) -> str:
        """The OID that a reference names.  Raises ExchangeRefused if there is no such definition."""
        oid = self.need(ref, name)
        if oid not in known:
            raise broken(self.path, ref, f"{name} names {oid[:_SHOWN]}, which the file does not define.",
                         f"{name} 指向文件中没有定义的 {oid[:_SHOWN]}。")  # fmt: skip
        return oid

    def mandatory(self, ref: Any, at: At, kind: str, oid: str) -> None:
        """A visit or group that is not mandatory: kept, since every item says it for itself here."""
        if self.one_of(ref, "Mandatory", YES) == "No":
            self.keep_attribute(kind, place_of(*at, kind, oid), "Mandatory", "No", ref)

    def other_attributes(self, element: Any, at: At, known: Collection[str]) -> None:
        """Keeps the attributes that are not read."""
        for name, value in element.items():
            if name not in known:
                self.keep_attribute(local(element), at, str(name), str(value), element)

    # --- texts and aliases -------------------------------------------------------------------------------

    def words(self, holder: Any, at: At) -> JsonObject | None:
        """The Text of an element with TranslatedText children; None if they say nothing."""
        if holder.attrib:
            self.other_attributes(holder, at, ())
        number = 0
        for child in holder:
            if child.tag != f"{NS}TranslatedText":
                self.keep_element(child, at)
                continue
            if len(child):  # words with markup: read without it, given back with it
                self.keep_element(child, at)
            elif len(child.attrib) > 1 or (child.attrib and XML_LANG not in child.attrib):
                self.other_attributes(child, place_of(*at, "TranslatedText", number), (XML_LANG,))
            number += 1
        return read_text(pairs_of(holder, self.ours), self.languages)

    def name(self, element: Any, at: At, rest: JsonObject) -> JsonObject:
        """`Name`, in every language that the Description says it in; another Description is kept."""
        name = element.get("Name")
        if name is None or (not self.ours and not name.strip()):
            raise broken(self.path, element, "Name is missing.", "缺少 Name。")
        plain: JsonObject = {"en": name, "zh": name}
        description = element.find(f"{NS}Description")
        if description is None:
            return plain
        text = self.words(description, place_of(*at, "Description", 0))
        if text is not None and text["en"] == name:
            return text
        if "name" not in rest or text is None:
            self.keep_element(description, at)
        return plain

    def aliases(self, element: Any) -> tuple[JsonObject | None, list[JsonObject]]:
        """What our Alias holds (None without one), and the other aliases."""
        rest: JsonObject | None = None
        others = []
        for one in element.iterchildren(f"{NS}Alias"):
            context, name = one.get("Context"), one.get("Name")
            if context is None or name is None:
                raise broken(
                    self.path, one, "Alias has a Context and a Name.", "Alias 应有 Context 与 Name。"
                )
            if context != CONTEXT:
                others.append({"context": context, "name": name})
                continue
            try:
                rest = rest_of(name)
            except ValueError as error:
                raise broken(self.path, one, f"The Alias {CONTEXT} cannot be read.",
                             f"无法读取 Alias {CONTEXT}。") from error  # fmt: skip
        return rest, others

    def is_ours(self, alias: Any) -> bool:
        return bool(alias.get("Context") == CONTEXT)

    # --- what is not read --------------------------------------------------------------------------------

    def keep_element(self, element: Any, at: At, *, quiet: bool = False) -> None:
        self.kept.append(
            {
                "odm": "1.3.2",
                "at": list(at),
                "kind": "element",
                "name": str(element.tag),
                "xml": xml_of(element),
            }
        )
        if quiet:
            return
        inside, name = at[0].rpartition("/")[2], _plain_name(element.tag)
        if not self.report.again("kept", f"{name} in {inside}"):
            self.report.say("kept", f"{name} in {inside}", f"{inside} 中的 {name}", self.where(element))

    def keep_attribute(self, kind: str, at: At, name: str, value: str, element: Any) -> None:
        self.kept.append({"odm": "1.3.2", "at": list(at), "kind": "attribute", "name": name, "xml": value})
        words = f"{kind} {_plain_name(name)}"
        if not self.report.again("kept", words):
            self.report.say("kept", words, words, self.where(element))

    def say_not_run(self, rule: Mapping[str, Any], element: Any) -> None:
        text = str(rule["expression"])
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        self.report.say("not_run", f"{rule['use']}, {rule['context']}: {shown}",
                        f"{rule['use']}，{rule['context']}：{shown}", self.where(element))  # fmt: skip


def ordered(reading: Elements, refs: Iterable[Any]) -> list[Any]:
    """References by their OrderNumber if all have one, else as they stand.  Raises ExchangeRefused."""
    found = list(refs)
    numbers = []
    for ref in found:
        text = ref.get("OrderNumber")
        if text is None:
            return found
        try:
            numbers.append(int(text))
        except ValueError as error:
            raise broken(reading.path, ref, "OrderNumber is no whole number.",
                         "OrderNumber 不是整数。") from error  # fmt: skip
    if numbers == sorted(numbers):
        return found
    return [ref for _, ref in sorted(zip(numbers, found, strict=True), key=lambda pair: pair[0])]


def _plain_name(name: object) -> str:
    """A name without the namespace of ODM; another namespace stays, in brackets."""
    namespace, _, last = str(name).removeprefix(NS).rpartition("}")
    return f"{last} ({namespace[1:]})" if namespace else last
