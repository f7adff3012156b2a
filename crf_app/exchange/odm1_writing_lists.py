"""CodeList of ODM 1.3.2 from a code list; codes without words are given back as they were."""

from __future__ import annotations

from typing import Any

from crf_app.exchange.odm1_writing_pieces import Pieces
from crf_app.exchange.odm1_xml import NS, add, element
from crf_app.exchange.odm_parts import element_of
from crf_app.model.definition import JsonObject, Study


class ListWriting:
    """The code lists of one study."""

    def __init__(self, study: Study, pieces: Pieces) -> None:
        self._pieces = pieces
        self._enumerated = {
            (one.at[1], _coded_in(one.xml))
            for one in study.foreign
            if one.odm == "1.3.2" and one.name == f"{NS}EnumeratedItem"
        }

    def code_list(self, left: JsonObject) -> Any:
        written = self._pieces.oids.written.get(left["oid"], left["oid"])
        made = element("CodeList", {"OID": self._pieces.own_oid(left, written)})
        self._pieces.named(made, left, written)
        made.set("DataType", "text")
        for item in left.pop("items"):
            if (written, item["coded_value"]) not in self._enumerated:
                self._coded(made, item)
        self._pieces.aliases(made, left)
        return made

    def _coded(self, parent: Any, left: JsonObject) -> None:
        made = add(parent, "CodeListItem", {"CodedValue": left.pop("coded_value")})
        self._pieces.texts(made, "Decode", left, "decode", made.get("CodedValue"))
        self._pieces.aliases(made, left)


def _coded_in(xml: str) -> str:
    return str(element_of(xml).get("CodedValue", ""))
