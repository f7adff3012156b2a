"""An ODM 2.0 file of another maker, damaged at random: refused in words, or read and given back."""

from __future__ import annotations

import copy
from pathlib import Path
from random import Random
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from crf_app.errors import CrfError
from crf_app.exchange.odm_in import study_from_odm
from crf_app.exchange.odm_out import odm_of
from crf_app.rules.expression import compile_study

PARSER: Final = etree.XMLParser(remove_comments=True)
WHOLE: Final[Any] = etree.parse(str(Path(__file__).parent / "files" / "odm2-made-up.xml"), PARSER).getroot()
ODM: Final = "{http://www.cdisc.org/ns/odm/v2.0}"
VALUES: Final = (
    *(
        "",
        "Yes",
        "No",
        "0",
        "-1",
        "9" * 30,
        "I.A.B",
        "IG.X",
        "体重",
        "a\tb",
        " ",
        "IN",
        "CEL",
        "text",
        "IT.SEX",
    ),
    *(
        "DEMO",
        "OUTER",
        "CL.ROW",
        "C.NOTE",
        "P1D",
        "-P3M",
        "Static",
        "Simple",
        "CRF-APP.TIMING",
        "IT.AGE.UNIT",
    ),
)
NAMES: Final = (
    *(
        "{urn:v}a",
        "Name",
        "MethodOID",
        "OrderNumber",
        "UnitsItemOID",
        "Repeat",
        "CollectionExceptionConditionOID",
    ),
)
RESTS: Final = ('{"refs": {"G.DM": 4}}', '{"forms": 3}', '{"oid": "I.X.Y"}', '{"not_run": null}', "[", "{}")


def damage(root: Any, random: Random) -> None:
    """One change somewhere: an element or attribute gone, doubled, moved, renamed or filled otherwise."""
    elements = list(root.iter("{*}*"))
    one, other = random.choice(elements), random.choice(elements)
    kind = random.randrange(7)
    if kind == 0 and one.getparent() is not None:
        one.getparent().remove(one)
    elif kind == 1 and one.attrib:
        del one.attrib[random.choice(list(one.attrib))]
    elif kind == 2 and one.attrib:
        one.set(random.choice(list(one.attrib)), random.choice(VALUES))
    elif kind == 3 and one.getparent() is not None:
        one.addnext(copy.deepcopy(one))
    elif kind == 4:
        one.set(random.choice(NAMES), random.choice(VALUES))
    elif kind == 5 and other is not root and other not in one.iterancestors():
        one.append(copy.deepcopy(other))
    elif kind == 6:
        etree.SubElement(one, f"{ODM}Alias", Context="crf-app/1", Name=random.choice(RESTS))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_a_damaged_file_is_refused_or_given_back(tmp_path: Path, random: Random, changes: int) -> None:
    root = copy.deepcopy(WHOLE)
    for _ in range(changes):
        damage(root, random)
    path, again = tmp_path / "damaged.xml", tmp_path / "again.xml"
    path.write_bytes(etree.tostring(root))
    try:
        study, _ = study_from_odm(path)
    except CrfError as refused:
        assert refused.sentence("en") != refused.sentence("zh")
        return
    compile_study(study)
    data = odm_of(study, "2.0")
    again.write_bytes(data)
    assert study_from_odm(again)[0].canonical_bytes() == study.canonical_bytes()
