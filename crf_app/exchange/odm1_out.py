"""A study as ODM 1.3.2: the document, its order, and the proof that reading it gives the study back.

Every kind of element has its writer in `odm1_writing.py`.  What is written is read again before anybody gets
it: a field of the study that would not come back is written whole beside the protocol, as JSON.
"""

from __future__ import annotations

from typing import Any

from crf_app import __version__
from crf_app.exchange.odm1_in import study_of
from crf_app.exchange.odm1_writing import Writing
from crf_app.exchange.odm1_xml import NS, add, give_back, prefixes
from crf_app.exchange.read_back import written
from crf_app.exchange.rest import plain
from crf_app.exchange.schema_check import check, without_vendor_pieces
from crf_app.model.definition import JsonObject, Study


def write(study: Study, created: str | None = None) -> bytes:
    """See `odm_out.odm_of`."""
    return written(study, "1.3.2", created, _valid, study_of)


def root_of(study: Study, created: str) -> Any:
    """The root element `ODM` with nothing in it yet, for this study's definition."""
    from lxml import etree

    root = etree.Element(f"{NS}ODM", nsmap=dict(prefixes(study.foreign)))
    values = {
        "FileType": "Snapshot",
        "Granularity": "Metadata",
        "FileOID": f"{study.oid}.{study.sha256[:16]}",
        "CreationDateTime": created,
        "ODMVersion": "1.3.2",
        "SourceSystem": "crf_app",
        "SourceSystemVersion": __version__,
    }
    for name, value in values.items():
        root.set(name, value)
    return root


def study_element(study: Study, root: Any, extra: JsonObject | None = None) -> Any:
    """The element `Study` with the whole definition, added to `root`; foreign pieces are not in it yet.

    `extra`: fields of the study to write whole, as JSON, whatever the elements say.
    """
    left = plain(study)
    writing = Writing(study)
    element = add(root, "Study", {"OID": writing.study_oid(left)})
    writing.global_variables(element, left)
    version = element.makeelement(f"{NS}MetaDataVersion", {})
    forms = left.pop("form", [])
    events = left.pop("event", [])
    lists = left.pop("code_list", [])
    parts = writing.parts(forms, lists)
    writing.basic_definitions(element)
    element.append(version)
    writing.version(version, left)
    writing.protocol(version, left, events, extra or {})
    for event in events:
        writing.event(version, event)
    for part in parts:
        version.extend(part)
    return element


def _document(study: Study, extra: JsonObject, created: str) -> Any:
    from lxml import etree

    root = root_of(study, created)
    study_element(study, root, extra)
    etree.indent(root, " ")
    give_back(root, study.foreign)
    return root


def _valid(study: Study, extra: JsonObject, created: str) -> bytes:
    """The file's bytes.  Raises ExchangeRefused if it is not valid."""
    from lxml import etree

    root = _document(study, extra, created)
    data = bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
    if study.foreign:
        bare = etree.tostring(without_vendor_pieces(root, "1.3.2"), encoding="UTF-8", xml_declaration=True)
        check(bytes(bare), "1.3.2")
    else:
        check(data, "1.3.2")
    return data
