"""A study as ODM 2.0 metadata: Study, Protocol and one MetaDataVersion.

What ODM cannot say stands as JSON in our Alias of each element (`rest.py`): each element is read back as soon
as it is written, and the rest is what that does not give.  Pieces of the file that a study came from are put
back at the end (`odm2_foreign.py`); the schema is asked before, since they may be of another namespace.
"""

from __future__ import annotations

from typing import Any, Final

from crf_app import __version__
from crf_app.exchange.odm2_event import read_timing, write_event, write_timing
from crf_app.exchange.odm2_foreign import give_back, given_back
from crf_app.exchange.odm2_group import write_form
from crf_app.exchange.odm2_in import study_of
from crf_app.exchange.odm2_known import read_aliases
from crf_app.exchange.odm2_list import write_list
from crf_app.exchange.odm2_rest import OTHER_PIECES
from crf_app.exchange.odm2_study import (
    EVENTS,
    TIMING,
    language_tags,
    metadata_attributes,
    read_languages,
    read_study,
    study_attributes,
)
from crf_app.exchange.odm2_writing import Writing, difference, without, write_aliases
from crf_app.exchange.odm2_xml import NS, new, sub, write_text
from crf_app.exchange.odm_parts import Languages
from crf_app.exchange.oids import OidMap
from crf_app.exchange.read_back import written
from crf_app.exchange.rest import CONTEXT, alias_of, plain
from crf_app.exchange.schema_check import check
from crf_app.model.definition import JsonObject, Study

_PARTS: Final = ("event", "form", "code_list", "foreign")


def write(study: Study, created: str | None = None) -> bytes:
    """See `odm_out.odm_of`."""
    return written(study, "2.0", created, _valid, study_of)


def _valid(study: Study, whole: JsonObject, created: str) -> bytes:
    """The file's bytes.  Raises ExchangeRefused if it is not valid."""
    from lxml import etree

    root = document(study, created, whole)
    etree.indent(root, " ")
    data = bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
    check(data, "2.0")
    if not any(piece.odm == "2.0" for piece in study.foreign):
        return data
    give_back(root, study)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def document(study: Study, created: str, whole: JsonObject) -> Any:
    """The ODM element without the pieces that are given back.

    `whole`: fields of the study to write whole, as JSON, whatever the elements say.
    """
    data = plain(study)
    root = new(
        "ODM",
        FileOID=f"{study.oid}.{study.sha256[:16]}",
        FileType="Snapshot",
        Granularity="Metadata",
        CreationDateTime=created,
        ODMVersion="2.0",
        SourceSystem="crf_app",
        SourceSystemVersion=__version__,
    )
    element = sub(root, "Study", **study_attributes(data))
    out = Writing(OidMap.of(study).written, Languages.of(study.languages), given_back(study))
    write_text(element, "Description", data["title"], out.languages)
    metadata = sub(element, "MetaDataVersion", **metadata_attributes(data))
    protocol = _protocol(out, metadata, data)
    _event_group(out, metadata, data)
    for code_list in data["code_list"]:
        write_list(out, code_list)
    for form in data["form"]:
        write_form(out, form)
    plans = read_timing(protocol)
    for number, event in enumerate(data["event"], 1):
        write_event(out, event, number, plans.get(out.written[event["oid"]], {}))
    out.into(metadata)
    _finish(out, root, data, whole)
    return root


def _protocol(out: Writing, metadata: Any, study: JsonObject) -> Any:
    """Arms, facts and the plan of visits."""
    protocol = sub(metadata, "Protocol")
    facts = study.get("facts", ())
    if facts:
        summary = sub(protocol, "StudySummary")
        for fact in facts:
            parameter = sub(
                summary, "StudyParameter", OID=f"PARAMETER.{fact['key']}", Term=fact["key"] or "-"
            )
            sub(parameter, "ParameterValue", Value=fact["value"]["en"])
    arms = study.get("arms", ())
    if arms:
        structure = sub(protocol, "StudyStructure")
        for arm in arms:
            one = sub(structure, "Arm", OID=f"ARM.{arm['code']}", Name=arm["name"]["en"] or "-")
            write_text(one, "Description", arm["name"], out.languages)
    timing = new("StudyTiming", OID=TIMING, Name="Visits and windows")
    write_timing(out, timing, study["event"])
    if len(timing):
        sub(protocol, "StudyTimings").append(timing)
    return protocol


def _event_group(out: Writing, metadata: Any, study: JsonObject) -> None:
    """Every visit, in one group that the protocol names; other groups are given back as they stood."""
    if not study["event"] or ("Protocol", "", "StudyEventGroupRef") in out.given:
        return
    sub(metadata.find(NS + "Protocol"), "StudyEventGroupRef", StudyEventGroupOID=EVENTS, Mandatory="Yes")
    group = sub(metadata, "StudyEventGroupDef", OID=EVENTS, Name="Visits")
    for event in study["event"]:
        asked = event["type"] == "Scheduled" and event.get("until") is None
        oid = out.written[event["oid"]]
        sub(group, "StudyEventRef", StudyEventOID=oid, Mandatory="Yes" if asked else "No")


def _finish(out: Writing, root: Any, study: JsonObject, whole: JsonObject) -> None:
    """The study's aliases and its rest, in its Protocol."""
    element = root[0]
    metadata = element.find(NS + "MetaDataVersion")
    protocol = metadata.find(NS + "Protocol")
    write_aliases(protocol, study, {})
    native = (
        read_study(out.known, element, metadata)
        | read_languages(language_tags(root))
        | read_aliases(protocol)
    )
    rest = difference(native, without(study, *_PARTS))
    foreign = [one for one in study.get("foreign", ()) if one["odm"] != "2.0"]
    rest |= ({OTHER_PIECES: foreign} if foreign else {}) | whole
    sub(protocol, "Alias", Context=CONTEXT, Name=alias_of(rest))
