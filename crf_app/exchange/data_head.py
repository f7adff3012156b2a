"""What stands before the data in a file: the definition as text, and the OIDs by which data name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crf_app.exchange.odm_out import odm_of
from crf_app.exchange.xml_in import Odm
from crf_app.model.definition import Study

_BEFORE_DATA: Final = ("}Description", "}Study", "}AdminData")


@dataclass(frozen=True, slots=True)
class StudyText:
    """`text`: the elements before the data; `study` and `version`: OIDs of Study and MetaDataVersion."""

    text: str
    study: str
    version: str


def study_text(study: Study, odm: Odm) -> StudyText:
    """The definition for a file of data.  Raises ExchangeRefused as `odm_of`."""
    from lxml import etree

    root = etree.fromstring(odm_of(study, odm))
    element = root.find("{*}Study")
    assert element is not None  # what was validated has one
    version = element.find("{*}MetaDataVersion")
    assert version is not None
    pieces = [one for one in root if str(one.tag).endswith(_BEFORE_DATA)]
    text = "".join(etree.tostring(one, encoding="unicode", with_tail=False) for one in pieces)
    return StudyText(text, element.get("OID", study.oid), version.get("OID", study.version))
