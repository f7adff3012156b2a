"""Read the clinical data of an ODM file, 1.3 or 2.0: subject after subject, in bounded memory.

What is held is one group of the file and the statements of one subject; a file that keeps audit records or
annotations apart from the data and names them by ID is read twice.  A known element that is broken refuses
the file with line and element; elements that this program does not read are counted in `losses`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from crf_app.exchange.clinical import Admin, Event, Form, Group, Item, Location, SignatureDef, Subject, User
from crf_app.exchange.data_heads import required
from crf_app.exchange.data_parts import Parts
from crf_app.exchange.xml_in import NAMESPACES, RootFacts, XmlStream, facts_of, open_xml, too_much

#: statements of one subject that are held at a time
MOST: Final = 500_000
#: where a file names a statement's audit record, signature or annotation instead of holding it
_BY_ID: Final = (b"AuditRecordID", b"SignatureID", b"AnnotationID")
_CHUNK: Final = 1 << 20
_APART: Final = ("AuditRecords", "Signatures", "Annotations")


@dataclass
class DataFile:
    """An open file.  `admin` and `losses` are whole when `subjects` has ended; people stand before data."""

    path: Path
    facts: RootFacts
    admin: Admin = field(default_factory=Admin)
    losses: Counter[str] = field(default_factory=Counter)

    def subjects(self) -> Iterator[Subject]:
        """Every SubjectData in the order of the file.

        Raises ExchangeRefused for what is broken, LimitExceeded for a subject that is too large.
        """
        parts = Parts(self.path, NAMESPACES[self.facts.odm], self.losses)
        if self.facts.odm == "1.3.2" and _names_by_id(self.path):
            with open_xml(self.path) as xml:
                _read_apart(xml, parts)
            self.losses.clear()  # they are counted below
        with open_xml(self.path) as xml:
            yield from _Walk(self, parts, xml).subjects()


@contextmanager
def open_data(path: Path) -> Iterator[DataFile]:
    """The file, ready to be read.  Raises as `xml_in.open_xml`, and ExchangeRefused for what is not ODM."""
    with open_xml(path) as xml:
        for _, root in xml.events(events=("start",)):
            facts = facts_of(path, root)
            break
    yield DataFile(path, facts)


def _names_by_id(path: Path) -> bool:
    """Whether the file may name audit records by ID; one that is not ASCII-like is taken to."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            window = tail + chunk
            if b"\x00" in chunk or any(one in window for one in _BY_ID):
                return True
            tail = window[-16:]
    return False


def _read_apart(xml: XmlStream, parts: Parts) -> None:
    """Remember the audit records, signatures and annotations that stand behind the data."""
    tags = [parts.tag(one) for one in ("AuditRecord", "Signature", "Annotation", "SubjectData")]
    apart = {parts.tag(one) for one in _APART}
    for _, element in xml.events(*tags):
        parent = element.getparent()
        if parent is not None and parent.tag in apart:
            parts.remember(element)
            xml.let_go(element)
        elif element.tag == tags[3]:
            xml.let_go(element)


class _Walk:
    """One reading of the data: what was read of the element that is still open."""

    def __init__(self, file: DataFile, parts: Parts, xml: XmlStream) -> None:
        self.file, self.parts, self.xml = file, parts, xml
        self.two = file.facts.odm == "2.0"
        self.groups: list[Group] = []
        self.forms: list[Form] = []
        self.events: list[Event] = []
        self.held = 0
        #: where groups of items are of no subject
        self._no_subject = (parts.tag("ReferenceData"), parts.tag("ClinicalData"))
        #: what stands in a group beside its head
        self._inside = ("ItemGroupData", "ItemData") if self.two else ()

    def subjects(self) -> Iterator[Subject]:
        tag = self.parts.tag
        group, form, event = tag("ItemGroupData"), tag("FormData"), tag("StudyEventData")
        subject, data, admin = tag("SubjectData"), tag("ClinicalData"), tag("AdminData")
        others = [tag(one) for one in ("ReferenceData", "Association", "MetaDataVersion")]
        holders = {
            group: {group, event} if self.two else {form},
            form: {event},
            event: {subject},
            subject: {data},
        }
        for _, element in self.xml.events(group, form, event, subject, data, admin, *others):
            kind = element.tag
            if kind in holders and not self._stands_in(element, holders[kind]):
                continue
            if kind == group:
                self._group(element)
            elif kind == form:
                self._form(element, required(self.parts, element, "FormOID"), element.get("FormRepeatKey"))
            elif kind == event:
                self._event(element)
            elif kind == subject:
                yield self._subject(element)
            elif kind == admin:
                self.file.admin = _joined(self.file.admin, self.parts, element)
            elif kind == data:
                self.parts.lose_children(element, "SubjectData", "ItemGroupData", *_APART)
            elif not kind.endswith("MetaDataVersion"):
                self.file.losses[kind.rpartition("}")[2]] += 1
            self.xml.let_go(element)

    def _stands_in(self, element: Any, holders: set[str]) -> bool:
        """Whether a piece of data stands where it may; data of no subject are left out.

        Raises ExchangeRefused for a piece elsewhere: it would be taken for a part of what comes next.
        """
        parent = element.getparent()
        if parent is not None and parent.tag in holders:
            return True
        if (
            parent is not None
            and parent.tag in self._no_subject
            and element.tag == self.parts.tag("ItemGroupData")
        ):
            if parent.tag == self._no_subject[1]:
                self.parts.lose(element)
            self.groups.clear()  # those inside it
            self.xml.let_go(element)
            return False
        raise self.parts.broken(element, "This element does not stand here.", "此元素不应在此处。")

    def _group(self, element: Any) -> None:
        """A group; in 2.0 the outer one is the form, which may hold items of its own."""
        inner = element.getparent().tag == element.tag
        if self.two and not inner:
            oid = required(self.parts, element, "ItemGroupOID")
            self._form(element, oid, element.get("ItemGroupRepeatKey"), self._items(element))
            return
        oid = required(self.parts, element, "ItemGroupOID")
        audit, signature, notes = self.parts.head(element, *self._inside)
        self.groups.append(
            Group(
                oid,
                element.get("ItemGroupRepeatKey"),
                self._items(element),
                self.parts.transaction(element),
                audit,
                signature,
                notes,
                element.sourceline,
            )
        )

    def _items(self, element: Any) -> tuple[Item, ...]:
        items = self.parts.items(element, self.two)
        self.held += len(items) + 1
        if self.held > MOST:
            raise too_much(self.file.path.name)
        return items

    def _form(self, element: Any, oid: str, repeat_key: str | None, items: tuple[Item, ...] = ()) -> None:
        audit, signature, notes = self.parts.head(element, *(self._inside or ("ItemGroupData",)))
        transaction = self.parts.transaction(element)
        groups = tuple(self.groups)
        self.groups.clear()
        line = element.sourceline
        self.forms.append(Form(oid, repeat_key, groups, transaction, audit, signature, notes, items, line))

    def _event(self, element: Any) -> None:
        audit, signature, notes = self.parts.head(element, "FormData", "ItemGroupData")
        oid = required(self.parts, element, "StudyEventOID")
        repeat_key, forms = element.get("StudyEventRepeatKey"), tuple(self.forms)
        self.forms.clear()
        transaction, line = self.parts.transaction(element), element.sourceline
        self.events.append(Event(oid, repeat_key, forms, transaction, audit, signature, notes, line))

    def _subject(self, element: Any) -> Subject:
        parent = element.getparent()
        site = element.find(self.parts.tag("SiteRef"))
        audit, signature, notes = self.parts.head(element, "StudyEventData", "SiteRef")
        events = tuple(self.events)
        self.events.clear()
        self.held = 0
        return Subject(
            required(self.parts, element, "SubjectKey"),
            required(self.parts, parent, "StudyOID"),
            required(self.parts, parent, "MetaDataVersionOID"),
            events,
            None if site is None else required(self.parts, site, "LocationOID"),
            self.parts.transaction(element),
            audit,
            signature,
            notes,
            element.sourceline,
        )


def _joined(admin: Admin, parts: Parts, element: Any) -> Admin:
    """`admin` and what another AdminData says."""
    return Admin(
        admin.users + tuple(_user(parts, one) for one in element.iterchildren(parts.tag("User"))),
        admin.locations + tuple(_location(parts, one) for one in element.iterchildren(parts.tag("Location"))),
        admin.signatures
        + tuple(_signature(parts, one) for one in element.iterchildren(parts.tag("SignatureDef"))),
    )


def _user(parts: Parts, element: Any) -> User:
    text = parts.child_text
    login = text(element, "LoginName") if parts.one else text(element, "UserName")
    return User(required(parts, element, "OID"), login, text(element, "FullName"), element.get("UserType"))


def _location(parts: Parts, element: Any) -> Location:
    """A place; of several versions of metadata that it works by, the first."""
    ref = element.find(parts.tag("MetaDataVersionRef"))
    get = ref.get if ref is not None else {}.get
    oid = required(parts, element, "OID")
    study, version, since = get("StudyOID", ""), get("MetaDataVersionOID", ""), get("EffectiveDate", "")
    return Location(oid, element.get("Name", oid), study, version, since)


def _signature(parts: Parts, element: Any) -> SignatureDef:
    meaning, legal = parts.child_text(element, "Meaning"), parts.child_text(element, "LegalReason")
    oid, method = required(parts, element, "OID"), element.get("Methodology")
    return SignatureDef(oid, meaning or "", legal or "", method)
