"""Study and MetaDataVersion of ODM 2.0: the study's own names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from crf_app.exchange.odm2_known import Known
from crf_app.exchange.odm2_xml import NS
from crf_app.exchange.xml_in import XML_LANG
from crf_app.model.definition import JsonObject

#: the OIDs of the group that holds every visit, and of the plan
EVENTS: Final = "CRF-APP.EVENTS"
TIMING: Final = "CRF-APP.TIMING"


def study_attributes(study: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        "OID": study.get("odm_oid") or study["oid"],
        "StudyName": study["name"]["en"] or "-",
        "ProtocolName": study["protocol"] or "-",
    }


def metadata_attributes(study: Mapping[str, Any]) -> dict[str, str | None]:
    return {"OID": f"MDV.{study['version']}", "Name": study["version"] or "-"}


def read_study(known: Known, element: Any, metadata: Any) -> JsonObject:
    """What Study and MetaDataVersion say natively of the study's own fields."""
    name = {"en": element.get("StudyName", ""), "zh": element.get("StudyName", "")}
    title = known.words(element, "Description") or name
    given = element.get("OID")
    oid = re.sub("[^A-Za-z0-9_-]+", "_", given)[:40]
    odm_oid = {"odm_oid": given} if oid != given else {}
    return odm_oid | {
        "oid": oid,
        "name": name,
        "title": title,
        "version": metadata.get("Name", ""),
        "protocol": element.get("ProtocolName", ""),
    }


def language_tags(root: Any) -> list[str]:
    """The languages of all texts, in the order in which they first stand there."""
    tags = dict.fromkeys([one.get(XML_LANG) for one in root.iter(NS + "TranslatedText")])
    return [tag for tag in tags if tag]


def read_languages(tags: Collection[str]) -> JsonObject:
    """`languages`: those of all texts (`language_tags`), where they are not English and Chinese."""
    return {} if set(tags) == {"en", "zh"} else {"languages": list(tags) or ["en"]}
