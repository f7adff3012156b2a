"""Pieces of an ODM 2.0 file that this program does not read: kept, and put back where they stood.

What is kept of an element are the attributes that writing it anew would not give, and the children that are
not read.  A piece that is put back takes the place of what the program would say there itself.
Places (`Foreign.at`) are kinds and keys on the way from a definition, as in ODM 1.3 files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from crf_app.exchange.odm2_event import planned_attributes, read_planned
from crf_app.exchange.odm2_known import ALIAS
from crf_app.exchange.odm2_xml import KEYS, NS, place_of, put_in
from crf_app.exchange.odm_parts import element_of
from crf_app.exchange.report import Report
from crf_app.exchange.rest import CONTEXT
from crf_app.exchange.xml_in import local
from crf_app.model.definition import JsonObject, Study

At = tuple[str, str]
_SINGLE: Final = ("Study", "MetaDataVersion", "Protocol")
#: elements of which a parent has one at most
_ONCE: Final = frozenset(
    (
        *("Description", "MethodSignature", "StudySummary", "StudyStructure", "StudyTimings", "Question"),
        *("CRFCompletionInstructions", "Decode", "CodeListRef", "ErrorMessage"),
    )
)
_GROUP_REF: Final = NS + "ItemGroupRef"


class Kept:
    """The pieces that a reader has no use for."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._pieces: dict[tuple[str, str, str, str], list[str]] = {}

    def of(
        self,
        at: At,
        element: Any,
        written: Mapping[str, str | None],
        is_read: Callable[[Any], bool],
    ) -> None:
        """Keep what writing gives otherwise (`written`: attributes) and the children that are not read."""
        said = written.get
        for name, value in element.items():
            if said(name) != value:
                self.attribute(at, name, value, element)
        for child in element:
            if not is_read(child):
                self.element(at, child)

    def attribute(self, at: At, name: str, value: str, element: Any) -> None:
        self._pieces.setdefault((*at, "attribute", name), []).append(value)
        self._say(f"{local(element)}/@{name.rpartition('}')[2]}", element)

    def element(self, at: At, element: Any) -> None:
        if element.tag == ALIAS and element.get("Context") == CONTEXT:
            return  # ours, a second time
        self._pieces.setdefault((*at, "element", str(element.tag)), []).append(text_of(element))
        self._say(local(element), element)

    def _say(self, name: str, element: Any) -> None:
        if self._report.again("kept", name):
            return
        owner = element
        while owner.get("OID") is None and owner.getparent() is not None:
            owner = owner.getparent()
        where = f"{self._report.file}:{element.sourceline} {local(owner)} {owner.get('OID', '')}".rstrip()
        self._report.say("kept", name, name, where)

    def pieces(self) -> list[JsonObject]:
        """The dumps of `Foreign`, in an order that does not depend on that of the file."""
        return [
            {"odm": "2.0", "at": [kinds, keys], "kind": kind, "name": name, "xml": xml}
            for (kinds, keys, kind, name), found in sorted(self._pieces.items())
            for xml in found
        ]


def text_of(element: Any) -> str:
    """An element as text that stands alone: always the same for the same content, not indented."""
    from lxml import etree

    copy = deepcopy(element) if len(element) else element
    for one in copy.iter("{*}*"):
        if len(one) and _is_indent(one.text) and all(_is_indent(child.tail) for child in one):
            one.text = None
            for child in one:
                child.tail = None
    return str(etree.tostring(copy, method="c14n", exclusive=True, with_tail=False).decode("utf-8"))


def _is_indent(text: str | None) -> bool:
    return not text or (not text.strip() and "\n" in text)


def given_back(study: Study) -> frozenset[tuple[str, str, str]]:
    """(kinds, keys, name) of all pieces that will be put back."""
    return frozenset(
        (*piece.at, piece.name.rpartition("}")[2]) for piece in study.foreign if piece.odm == "2.0"
    )


def give_back(root: Any, study: Study) -> None:
    """Put the pieces of an ODM 2.0 file where they stood; one whose place is gone stays out."""
    places = dict(_places(root))
    last: dict[At, Any] = {}
    for piece in study.foreign:
        parent = places.get(piece.at) if piece.odm == "2.0" else None
        if parent is None:
            continue
        if piece.kind == "attribute":
            parent.set(piece.name, piece.xml)
            continue
        child = element_of(piece.xml)
        if child.tag == _GROUP_REF and local(parent) in ("ItemRef", "ItemGroupDef"):
            _nest(root, parent, child, last.get(piece.at))
        else:
            _put(parent, child)
        last[piece.at] = child
    _plan_anew(root, study)


def _put(parent: Any, child: Any) -> None:
    before = parent.find(child.tag) if local(child) in _ONCE else None
    if before is not None:
        parent.remove(before)
    put_in(parent, child)


def _nest(root: Any, place: Any, child: Any, before: Any) -> None:
    """A group stands again in the group it stood in: behind an item, or before all; no longer in the form."""
    group = place if local(place) == "ItemGroupDef" else place.getparent()
    inner = child.get("ItemGroupOID")
    for one in list(group.iterchildren(_GROUP_REF)):
        if one.get("ItemGroupOID") == inner:  # in a form, between its own items
            group.remove(one)
    for form in root.iter(NS + "ItemGroupDef"):
        refs = {one.get("ItemGroupOID"): one for one in form.iterchildren(_GROUP_REF)}
        if form is not group and inner in refs and _leads_to(root, form, group.get("OID"), inner):
            form.remove(refs[inner])
    if before is not None:
        before.addnext(child)
    elif place is not group:
        place.addnext(child)
    else:
        first = next((one for one in group if one.tag in (NS + "ItemRef", _GROUP_REF)), None)
        put_in(group, child) if first is None else first.addprevious(child)


def _leads_to(root: Any, form: Any, group: str, inner: str) -> bool:
    """Whether the form refers to the group, beside the one that shall stand in it, or through others."""
    defs = {one.get("OID"): one for one in root.iter(NS + "ItemGroupDef")}
    seen: set[str] = set()
    found = [one.get("ItemGroupOID") for one in form.iterchildren(_GROUP_REF)]
    while found:
        oid = found.pop()
        if oid == group:
            return True
        if oid not in seen and oid != inner and oid in defs:
            seen.add(oid)
            found += [one.get("ItemGroupOID") for one in defs[oid].iterchildren(_GROUP_REF)]
    return False


def _plan_anew(root: Any, study: Study) -> None:
    """Constraints that are put back say the days of the visits as they are now."""
    events = {event.odm_oid or event.oid: event for event in study.event}
    for one in root.iter(NS + "RelativeTimingConstraint"):
        event = events.get(one.get("SuccessorOID"))
        now = planned_attributes(event.model_dump(mode="json", exclude_defaults=True)) if event else None
        said = read_planned(one)
        if event is None or now is None or not said:
            continue
        if any(said.get(key) != value for key, value in _plan_of(event).items()):
            for name, value in now.items():
                one.set(name, value or "")


def _plan_of(event: Any) -> dict[str, int | None]:
    days = {"day": event.day, "month": event.month}
    return days | {"before": event.before or None, "after": event.after or None}


def _places(root: Any) -> Iterator[tuple[At, Any]]:
    yield ("ODM", ""), root
    study = root.find(NS + "Study")
    metadata = study.find(NS + "MetaDataVersion")
    yield ("Study", ""), study
    yield ("MetaDataVersion", ""), metadata
    for one in metadata:
        kind = local(one)
        key = "" if kind in _SINGLE else one.get("OID", "")
        yield (kind, key), one
        yield from _inside(kind, key, one)


def _inside(kind: str, oid: str, element: Any) -> Iterable[tuple[At, Any]]:
    for child in element:
        name = local(child)
        if name in KEYS:
            yield place_of(kind, oid, name, child.get(KEYS[name], "")), child
        else:
            yield place_of(kind, oid, name, limit_key(child) if name == "RangeCheck" else ""), child


def limit_key(element: Any) -> str:
    """What names a limit among those of an item."""
    value = element.findtext(NS + "CheckValue") or ""
    return f"{element.get('Comparator', '')} {value.strip()}"
