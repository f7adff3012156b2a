"""Names of the definitions of an ODM 1.3 file: our OID beside the file's, the name, what else is there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from crf_app.exchange.odm1_element import At, Elements
from crf_app.exchange.odm1_xml import NS
from crf_app.exchange.oids import Kind, NewOids
from crf_app.exchange.report import Report
from crf_app.exchange.xml_in import local
from crf_app.model.definition import JsonObject


class Definitions(Elements):
    """The file at hand.  `lines`: our OID → line of the file.  `new`: the OIDs of ours that are taken."""

    def __init__(self, path: Path, report: Report) -> None:
        super().__init__(path, report)
        self.lines: dict[str, int] = {}
        self.new = NewOids()

    def named(self, element: Any, at: At, kind: Kind, rest: JsonObject) -> JsonObject:
        fields: JsonObject = {"name": self.name(element, at, rest)}
        self.identify(fields, element, element.get("OID"), kind, rest.get("oid"))
        return fields

    def identify(
        self, fields: JsonObject, element: Any, written: str, kind: Kind, own: object, form: str = ""
    ) -> None:
        """Our OID, and the file's where it is another."""
        if isinstance(own, str) and self.new.claim(own):
            oid = own
        elif (self.ours and self.new.claim(written)) or self.new.keep(written, kind):
            oid = written
        else:
            oid = self.new.made(written, kind, form)
        fields["oid"] = oid
        self.lines.setdefault(oid, element.sourceline)
        if oid != written and "odm_oid" not in fields:
            fields["odm_oid"] = written
            if not self.ours:
                self.renamed(local(element), written, oid)

    def renamed(self, kind: str, written: str, oid: str) -> None:
        self.report.say("changed", f"{kind} {written} is called {oid} here.",
                        f"{kind} {written} 在此处名为 {oid}。")  # fmt: skip

    def others(self, element: Any, at: At, read: tuple[str, ...], known: tuple[str, ...]) -> None:
        """Keeps what an element holds beside its name, its aliases and what has been read."""
        tags = {f"{NS}{name}" for name in (*read, "Description", "Alias")}
        for child in element:
            if child.tag not in tags:
                self.keep_element(child, at)
        self.other_attributes(element, at, known)

    def say_all_not_run(self, rules: Iterable[JsonObject], element: Any) -> None:
        for rule in rules:
            self.say_not_run(rule, element)
