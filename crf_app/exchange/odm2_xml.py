"""ODM 2.0 as XML: names, the order in which the schema wants children, and words in several languages.

Definitions are written and read as what `Study.model_dump(exclude_defaults=True)` makes of them: a field that
is absent has its default.  Which element says which field is decided in `odm2_*.py`, one file a kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from crf_app.exchange.odm_parts import Languages
from crf_app.exchange.odm_parts import read_text as text_of_pairs
from crf_app.exchange.odm_parts import write_text as text_pairs
from crf_app.exchange.xml_in import NAMESPACES, XML_LANG

_NSMAP: Final[Any] = {None: NAMESPACES["2.0"]}  # lxml takes None for the default namespace
NS: Final = f"{{{NAMESPACES['2.0']}}}"
PLAIN: Final = "text/plain"
_TRANSLATED: Final = NS + "TranslatedText"
#: characters that XML 1.0 cannot hold
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: the children of each element that a piece of a file can be given back to, in the order of the schema
ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "ODM": ("Description", "Study", "AdminData", "ReferenceData", "ClinicalData", "Association"),
    "Study": ("Description", "MetaDataVersion"),
    "MetaDataVersion": (
        *("Description", "Include", "Standards", "AnnotatedCRF", "SupplementalDoc", "ValueListDef"),
        *("WhereClauseDef", "Protocol", "WorkflowDef", "StudyEventGroupDef", "StudyEventDef", "ItemGroupDef"),
        *("ItemDef", "CodeList", "ConditionDef", "MethodDef", "CommentDef", "Leaf"),
    ),
    "Protocol": (
        *("Description", "StudySummary", "StudyStructure", "TrialPhase", "StudyTimings", "StudyIndications"),
        *("StudyInterventions", "StudyObjectives", "StudyEndPoints", "StudyTargetPopulation"),
        *("StudyEstimands", "InclusionExclusionCriteria", "StudyEventGroupRef", "WorkflowRef", "Alias"),
    ),
    "StudyEventDef": ("Description", "ItemGroupRef", "WorkflowRef", "Coding", "Alias"),
    "ItemGroupDef": (
        *("Description", "Class", "ItemGroupRef", "Coding", "WorkflowRef", "Origin", "Alias", "Leaf"),
    ),
    "ItemRef": ("Origin", "WhereClauseRef"),
    "ItemDef": (
        *("Description", "Definition", "Question", "Prompt", "CRFCompletionInstructions"),
        *(
            "ImplementationNotes",
            "CDISCNotes",
            "RangeCheck",
            "CodeListRef",
            "ValueListRef",
            "Coding",
            "Alias",
        ),
    ),
    "CodeList": ("Description", "CodeListItem", "Coding", "Alias"),
    "CodeListItem": ("Description", "Decode", "Coding", "Alias"),
    "ConditionDef": ("Description", "MethodSignature", "FormalExpression", "Alias"),
    "MethodDef": ("Description", "MethodSignature", "FormalExpression", "Alias", "DocumentRef"),
}


#: what names a reference among its like
KEYS: Final[Mapping[str, str]] = {
    "ItemGroupRef": "ItemGroupOID",
    "ItemRef": "ItemOID",
    "CodeListItem": "CodedValue",
}
_DEEPER: Final = "\t"


def place_of(kind: str, oid: str, child: str, key: str) -> tuple[str, str]:
    """The place (`Foreign.at`) of a child: kinds and keys on the way to it, as in ODM 1.3 files."""
    return f"{kind}/{child}", f"{oid}{_DEEPER}{key}"


def rank(parent: str, tag: str) -> int:
    """Where a child with this tag stands in its parent; whatever the schema does not know stands last."""
    order = ORDER.get(parent, ())
    name = tag.removeprefix(NS)
    name = "ItemGroupRef" if parent == "ItemGroupDef" and name == "ItemRef" else name  # in any order
    return order.index(name) if name in order else len(order)


def put_in(parent: Any, child: Any) -> None:
    """Insert `child` behind the children that stand before it or beside it in the schema."""
    name = str(parent.tag).removeprefix(NS)
    own = rank(name, str(child.tag))
    at = next((n for n, one in enumerate(parent) if rank(name, str(one.tag)) > own), len(parent))
    parent.insert(at, child)


def sub(parent: Any, name: str, **attributes: str | None) -> Any:
    """A new last child; attributes that are None are left out."""
    from lxml import etree

    element = etree.SubElement(parent, NS + name)
    for key, value in attributes.items():
        if value is not None:
            element.set(key, xml_text(value))
    return element


def new(name: str, **attributes: str | None) -> Any:
    """A new element that stands alone; attributes that are None are left out."""
    from lxml import etree

    element = etree.Element(NS + name, nsmap=_NSMAP)
    for key, value in attributes.items():
        if value is not None:
            element.set(key, xml_text(value))
    return element


def xml_text(text: str) -> str:
    """`text` without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def write_text(parent: Any, name: str, text: Mapping[str, Any] | None, languages: Languages) -> Any:
    """An element of words such as Question: `text` in the languages of the study.  None without `text`."""
    if text is None:
        return None
    element = sub(parent, name)
    for tag, words in text_pairs(text, languages)[0]:
        translated = sub(element, "TranslatedText", Type=PLAIN)
        if tag:
            translated.set(XML_LANG, tag)
        translated.text = xml_text(words)
    return element


def read_text(element: Any, languages: Languages, verbatim: bool = True) -> dict[str, Any] | None:
    """The plain words of an element as a dump of `Text`; None where it has none."""
    if element is None:
        return None
    pairs = [
        (one.get(XML_LANG, ""), one.text or "")
        for one in element.iterchildren(_TRANSLATED)
        if one.get("Type", PLAIN) == PLAIN and not len(one)
    ]
    if not verbatim:
        pairs = [(tag, words.strip()) for tag, words in pairs if words.strip()]
    return text_of_pairs(pairs, languages)


def is_plain(element: Any) -> bool:
    """Whether it is a TranslatedText that a Text can hold: not of another media type, no XHTML."""
    return element.tag == _TRANSLATED and element.get("Type", PLAIN) == PLAIN and not len(element)


def child(element: Any, tag: str) -> Any:
    """The first child with a tag, or None.  Much quicker than `find`, which reads its argument as a path."""
    return next(element.iterchildren(tag), None)


def same_words(words: str) -> dict[str, Any]:
    """A text that has no translation."""
    return {"en": words, "zh": words}
