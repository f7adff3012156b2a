"""The definitions of an ODM 2.0 MetaDataVersion, put together: native fields, the rest, OIDs of ours.

The order of naming is that of the file: visits, code lists, then forms with their groups and items.
"""

from __future__ import annotations

import re
from collections import ChainMap
from pathlib import Path
from typing import Any, Final

from crf_app.exchange.odm2_event import read_event, read_form_ref, read_timing
from crf_app.exchange.odm2_foreign import Kept
from crf_app.exchange.odm2_group import read_form, read_group, read_group_ref, rows_of
from crf_app.exchange.odm2_item import read_item, read_item_ref, read_unit, unit_codes
from crf_app.exchange.odm2_keeping import Keeping
from crf_app.exchange.odm2_known import Known, our_alias, read_aliases
from crf_app.exchange.odm2_list import read_codes, read_list
from crf_app.exchange.odm2_rest import FORM, OTHER_PIECES, OWN_ITEMS, REFS
from crf_app.exchange.odm2_rule import read_condition, read_method
from crf_app.exchange.odm2_structure import Form, Group, Item, Structure, in_order, is_made, our_oid
from crf_app.exchange.odm2_study import language_tags, read_languages, read_study
from crf_app.exchange.odm2_xml import NS, child
from crf_app.exchange.odm_parts import DATA_TYPES, Languages
from crf_app.exchange.oids import Kind, NewOids
from crf_app.exchange.report import Report
from crf_app.exchange.rest import CONTEXT, joined
from crf_app.exchange.xml_in import broken
from crf_app.model.def_base import Def
from crf_app.model.definition import JsonObject, Study, StudyEventDef
from crf_app.model.form_def import ConditionDef, FormDef, ItemGroupDef, MethodDef
from crf_app.model.item_def import CodeList, ItemDef

_ROW_CODE: Final = re.compile(r"[A-Za-z0-9._-]+")


class Reading:
    """One MetaDataVersion.  `lines`: our OID → line; `kept`: what is given back."""

    def __init__(self, path: Path, report: Report, root: Any, element: Any, metadata: Any) -> None:
        self._report, self._element, self._metadata = report, element, metadata
        self.kept = Kept(report)
        self.lines: dict[str, int] = {}
        protocol = metadata.find(NS + "Protocol")
        self._names = NewOids()
        made = {kind: {one.get("OID"): one for one in metadata.iterchildren(NS + kind)}
                for kind in ("ConditionDef", "MethodDef", "ItemDef", "CodeList")}  # fmt: skip
        self._tags = language_tags(root)
        self.known = Known(
            ours=protocol is not None and our_alias(protocol) is not None,
            languages=Languages.of(self._tags),
            rules=ChainMap(made["ConditionDef"], made["MethodDef"]),
            items=made["ItemDef"],
            codes=made["CodeList"],
            path=path,
        )
        self._protocol = protocol
        if self.known.ours:
            self.known.made = frozenset(oid for oid, one in made["ItemDef"].items() if is_made(one))
        else:
            self._forget_marks(metadata)

    def study(self) -> JsonObject:
        """The study as a dump of `Study`; without what every study needs, if it is not ours."""
        names, metadata = self._names, self._metadata
        events = [(one, self._our(one, "event")) for one in metadata.iterchildren(NS + "StudyEventDef")]
        lists = self._lists()
        self._skipped = self._said_otherwise()
        structure = Structure(self.known, metadata, names, frozenset(self._skipped))
        fields = read_study(self.known, self._element, metadata) | read_languages(self._tags)
        fields["code_list"] = lists
        fields["form"] = [self._form(form) for form in structure.forms]
        self._rules_of(fields["form"])
        forms = {form.element.get("OID"): form.oid for form in structure.forms}
        fields["event"] = self._events(events, forms)
        if self._protocol is not None:
            fields |= read_aliases(self._protocol)
        keeping = Keeping(self.kept, self.known, structure, fields, frozenset(self._skipped))
        keeping.study(self._element, metadata)
        return self._finished(fields)

    def _forget_marks(self, metadata: Any) -> None:
        """Our Alias means nothing in a file that this program did not write."""
        for alias in list(metadata.iter(NS + "Alias")):
            if alias.get("Context") == CONTEXT:
                alias.getparent().remove(alias)

    def _finished(self, fields: JsonObject) -> JsonObject:
        protocol = self._protocol
        rest = {} if protocol is None else self.known.rest(protocol, Study, OTHER_PIECES)
        pieces = [*rest.pop(OTHER_PIECES, []), *self.kept.pieces()]
        return joined(fields | ({"foreign": pieces} if pieces else {}), rest)

    def _our(self, element: Any, kind: Kind) -> str:
        written = element.get("OID")
        oid = our_oid(self._names, self.known.ours, written, kind)
        self.lines[oid] = element.sourceline or 1
        if oid != written:
            self._renamed(written, oid, element)
        return oid

    def _renamed(self, written: str, oid: str, element: Any) -> None:
        if not self.known.ours:
            self._report.say("changed", f"{written} is {oid} here; export gives {written} back.",
                             f"{written} 在此为 {oid}；导出时写回 {written}。",
                             f"{self.known.path.name}:{element.sourceline}")  # fmt: skip

    def _lists(self) -> list[JsonObject]:
        """The code lists that have codes: one without them, such as a dictionary, is kept as it stands."""
        found = []
        for element in self.known.codes.values():
            if is_made(element) or element.find(NS + "CodeListItem") is None:
                continue
            oid = self._our(element, "list")
            self.known.lists[element.get("OID")] = oid
            self._check_codes(element)
            native = {"oid": oid} | read_list(self.known, element, oid)
            fields, _ = self.known.whole(element, native, CodeList)
            found.append(fields | {"items": read_codes(self.known, element)})
        return found

    def _check_codes(self, element: Any) -> None:
        seen = set()
        for one in element.iterchildren(NS + "CodeListItem"):
            code = one.get("CodedValue")
            if code in seen:
                raise broken(
                    self.known.path, one, "This code stands twice in its list.", "此代码在代码表中重复。"
                )
            seen.add(code)

    def _said_otherwise(self) -> set[str]:
        """Items of another system that become a unit or fixed rows here: OIDs in the file."""
        found: set[str] = set()
        for group in self._metadata.iterchildren(NS + "ItemGroupDef"):
            rows = rows_of(self.known, group)
            if rows is not None and self._fit_rows(rows[1]) and rows[1] not in self.known.made:
                found.add(rows[1])
            for reference in group.iterchildren(NS + "ItemRef"):
                unit = self.unit_of(reference)
                oid = None if unit is None else unit.get("OID")
                if oid is not None and oid not in self.known.made and len(unit_codes(self.known, unit)) == 1:
                    found.add(oid)
        return found

    def unit_of(self, reference: Any) -> Any:
        """The item that holds the unit of a number, or None."""
        unit = self.known.items.get(reference.get("UnitsItemOID"))
        if unit is None:
            return None
        item = self.known.items[reference.get("ItemOID")]
        if child(item, NS + "CodeListRef") is not None:
            return None
        return unit if DATA_TYPES.get(item.get("DataType")) in ("integer", "decimal") else None

    def _fit_rows(self, item: str) -> bool:
        """Whether the codes of the list of an item can name rows."""
        codes = unit_codes(self.known, self.known.items[item])
        return all(_ROW_CODE.fullmatch(code) for code in codes)

    def _form(self, form: Form) -> JsonObject:
        known = self.known
        self.lines[form.oid] = form.element.sourceline or 1
        if form.oid != form.element.get("OID"):
            self._renamed(form.element.get("OID"), form.oid, form.element)
        native = {"oid": form.oid} | read_form(known, form.element, form.oid)
        fields, inside = known.whole(form.element, native, FormDef, REFS, OWN_ITEMS)
        refs, own = inside.get(REFS, {}), list(inside.get(OWN_ITEMS, ()))
        groups: list[JsonObject] = []
        for group in form.groups:
            if group.own:
                groups += self._own_items(form, group, refs, own)
            else:
                groups.append(self._group(group, refs))
        return fields | {"item_group": groups}

    def _own_items(
        self, form: Form, group: Group, refs: JsonObject, own: list[JsonObject]
    ) -> list[JsonObject]:
        """Items that stand in the form itself, as a group that bears the OID of the form."""
        native = {"oid": group.oid, "odm_oid": form.element.get("OID")}
        native["name"] = self.known.named(form.element)
        items = [self._item(item, refs) for item in group.items]
        if not own:
            return [native | {"item": items}]
        return [joined(native, own.pop(0)) | {"item": items}]

    def _group(self, group: Group, refs: JsonObject) -> JsonObject:
        known, element = self.known, group.element
        self.lines[group.oid] = element.sourceline or 1
        native: JsonObject = {"oid": group.oid} | read_group(known, element, group.oid)
        rows = rows_of(known, element)
        if rows is not None and rows[1] not in self._skipped and rows[1] not in known.made:
            del native["rows"]
            native["repeating"] = True
        fields, inside = known.whole(element, native, ItemGroupDef, REFS)
        said = joined(read_group_ref(known, group.reference), refs.get(element.get("OID"), {}))
        self._not_run(said, group.oid, element)
        fields |= said
        return fields | {"item": [self._item(item, inside.get(REFS, {})) for item in group.items]}

    def _item(self, item: Item, refs: JsonObject) -> JsonObject:
        known, element = self.known, item.element
        self.lines[item.oid] = element.sourceline or 1
        native = {"oid": item.oid} | read_item(known, element, item.oid)
        unit = self.unit_of(item.reference)
        if unit is not None and (unit.get("OID") in known.made or unit.get("OID") in self._skipped):
            native |= read_unit(known, unit)
        fields, _ = known.whole(element, native, ItemDef)
        said = joined(read_item_ref(known, item.reference, element), refs.get(element.get("OID"), {}))
        self._not_run(said, item.oid, element)
        return fields | said

    def _not_run(self, said: JsonObject, oid: str, element: Any) -> None:
        """Say which rules are kept as text."""
        for rule in [] if self.known.ours else said.get("not_run", []):
            words = rule["expression"] or (rule.get("message") or {}).get("en", "")
            line, words = f"{oid} {rule['use']} [{rule['context']}]", " ".join(words.split())
            where = f"{self.known.path.name}:{element.sourceline}"
            self._report.say("not_run", f"{line}: {words}", f"{line}：{words}", where)

    def _rules_of(self, forms: list[JsonObject]) -> None:
        """Our edit checks and derivations, into their forms."""
        by_oid = {form["oid"]: form for form in forms}
        rules: tuple[tuple[type[Def], str, Any], ...] = (
            (MethodDef, "method", read_method),
            (ConditionDef, "condition", read_condition),
        )
        for model, key, read in rules:
            for element in self._metadata.iterchildren(NS + model.__name__):
                fields, inside = self.known.whole(element, read(self.known, element), model, FORM)
                form = by_oid.get(inside.get(FORM))
                if form is not None:
                    form.setdefault(key, []).append(fields)

    def _events(self, events: list[tuple[Any, str]], forms: dict[str, str]) -> list[JsonObject]:
        plans = read_timing(self._protocol)
        found = []
        for number, (element, oid) in enumerate(events, 1):
            native: JsonObject = {"oid": oid} | read_event(self.known, element, oid, number)
            native |= plans.get(element.get("OID"), {})
            references = in_order(element.iterchildren(NS + "ItemGroupRef"))
            native["forms"] = [
                read_form_ref(self.known, one, forms[one.get("ItemGroupOID")]) for one in references
            ]
            for form in native["forms"]:
                self._not_run(form, f"{oid} {form['form']}", element)
            found.append(self.known.whole(element, native, StudyEventDef)[0])
        return found
