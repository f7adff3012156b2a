"""What every definition has, as pieces of its ODM 1.3.2 element: OID, name, words, aliases.

Each method takes out of the plain data what it says; what is left over goes into our Alias (`aliases`).
"""

from __future__ import annotations

from typing import Any

from crf_app.exchange.odm1_xml import NS, add
from crf_app.exchange.odm_parts import Languages, Pairs, write_text
from crf_app.exchange.oids import OidMap
from crf_app.exchange.rest import CONTEXT, alias_of
from crf_app.exchange.xml_in import XML_LANG
from crf_app.model.definition import JsonObject, Study


class Pieces:
    """Those of one study.  `oids`, `languages`: how it is named and spoken of in the file."""

    def __init__(self, study: Study) -> None:
        self.oids = OidMap.of(study)
        self.languages = Languages.of(study.languages)
        self._described = {
            one.at for one in study.foreign if one.odm == "1.3.2" and one.name == f"{NS}Description"
        }

    def own_oid(self, left: JsonObject, written: str) -> str:
        """Takes out what the element's OID says."""
        self.odm_oid(left, written, left["oid"])
        if left["oid"] == written:
            del left["oid"]
        return written

    def odm_oid(self, left: JsonObject, written: str, oid: str) -> None:
        if left.get("odm_oid") == written != oid:
            del left["odm_oid"]

    def named(self, made: Any, left: JsonObject, written: str) -> None:
        """`Name`, and the name in every language as Description."""
        text = left["name"]
        name = text.get("en") or written
        made.set("Name", name)
        pairs, sound = write_text(text, self.languages)
        described = (made.tag.removeprefix(NS), written) in self._described
        if not described and (len(pairs) > 1 or pairs[0][1] != name):
            self.pairs(add(made, "Description", {}), pairs)
            sound = sound and text["en"] == name
        else:
            sound = text == {"en": name, "zh": name}
        if sound:
            del left["name"]

    def texts(self, made: Any, tag: str, left: JsonObject, key: str, instead: str = "-") -> None:
        """A Text as TranslatedText elements; `instead` stands in for words that there are none of."""
        pairs, sound = write_text(left[key], self.languages)
        self.pairs(add(made, tag, {}), pairs or [(self.languages.main, instead)])
        if sound:
            del left[key]

    def pairs(self, holder: Any, pairs: Pairs) -> None:
        for tag, words in pairs:
            add(holder, "TranslatedText", {XML_LANG: tag} if tag else {}, words)

    def aliases(
        self, made: Any, left: JsonObject, extra: JsonObject | None = None, *, always: bool = False
    ) -> None:
        """The Alias elements: those of the definition, of each context one, and ours for what is left."""
        own = left.get("alias", [])
        contexts = [one["context"] for one in own]
        for number, one in enumerate(own):
            if one["context"] not in (*contexts[:number], CONTEXT):
                add(made, "Alias", {"Context": one["context"], "Name": one["name"]})
        if len(set(contexts)) == len(contexts) and CONTEXT not in contexts:
            left.pop("alias", None)
        rest = left | (extra or {})
        if rest or always:
            add(made, "Alias", {"Context": CONTEXT, "Name": alias_of(rest)})


def yes(so: bool) -> str:
    return "Yes" if so else "No"
