"""import(export(study)) is the study, byte for byte, in ODM 2.0: ours, amended, made up, and any other."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from crf_app.actions.demo.made_up_study import Shape, write_study
from crf_app.exchange.odm_in import study_from_odm
from crf_app.exchange.odm_out import odm_of
from crf_app.exchange.schema_check import check
from crf_app.model.amending import amended
from crf_app.model.definition import Study
from crf_app.model.load import load

FORMS = Path(__file__).parents[2] / "forms"
ODM = "{http://www.cdisc.org/ns/odm/v2.0}"


@cache
def study_of(name: str) -> Study:
    return load(FORMS / name).study


def through(study: Study, folder: Path) -> Study:
    data = odm_of(study, "2.0")
    check(data, "2.0")
    path = folder / "study.xml"
    path.write_bytes(data)
    return study_from_odm(path)[0]


def without_items(study: Study) -> Study:
    """The next version, without the last item of the second form and the last form."""
    raw = study.model_dump(mode="json", exclude_defaults=True)
    raw["version"] = "next"
    gone = raw["form"].pop()["oid"]
    for event in raw["event"]:
        event["forms"] = [one for one in event["forms"] if one["form"] != gone]
    form = raw["form"][1]
    form["item_group"][-1]["item"].pop()
    form.pop("condition", None)
    return Study.model_validate(raw)


@pytest.mark.parametrize("name", ["hucmsc", "demo-vitals"])
def test_our_studies_come_back(name: str, tmp_path: Path) -> None:
    study = study_of(name)
    assert through(study, tmp_path).canonical_bytes() == study.canonical_bytes()


def test_an_amended_study_comes_back_with_what_was_retired(tmp_path: Path) -> None:
    old = study_of("demo-vitals")
    study = amended(old, without_items(old))
    assert any(form.until for form in study.form)
    assert any(item.until for form in study.form for item in form.items.values())
    assert through(study, tmp_path).canonical_bytes() == study.canonical_bytes()
    retired = root_of(study).findall(f".//{ODM}*[@CollectionExceptionConditionOID='COND.RETIRED']")
    assert retired and {one.get("Mandatory") for one in retired} == {"No"}


def test_a_made_up_study_comes_back(tmp_path: Path) -> None:
    write_study(tmp_path / "forms", Shape(visits=3, forms=(12, 7)))
    study = load(tmp_path / "forms").study
    assert through(study, tmp_path).canonical_bytes() == study.canonical_bytes()


@pytest.mark.parametrize("name", ["hucmsc", "demo-vitals"])
def test_a_study_is_the_same_through_both_versions(name: str, tmp_path: Path) -> None:
    study = study_of(name)
    path = tmp_path / "old.xml"
    path.write_bytes(odm_of(study, "1.3.2"))
    assert through(study_from_odm(path)[0], tmp_path).canonical_bytes() == study.canonical_bytes()


def root_of(study: Study) -> Any:
    return etree.fromstring(odm_of(study, "2.0"))


@pytest.mark.parametrize("name", ["hucmsc", "demo-vitals"])
def test_visits_forms_and_lists_are_not_written_whole_as_json(name: str) -> None:
    alias = root_of(study_of(name)).find(f".//{ODM}Protocol/{ODM}Alias[@Context='crf-app/1']")
    assert not {"event", "form", "code_list"} & json.loads(alias.get("Name")).keys()


def test_groups_that_are_only_numbered_are_not_written_whole_as_json(tmp_path: Path) -> None:
    """A name such as IG.F1.1, which another system's file could not keep, stays as it is in ours."""
    write_study(tmp_path / "made_up", Shape(1, (3,)))
    study = load(tmp_path / "made_up").study
    assert any(group.oid.endswith(".1") for form in study.form for group in form.item_group)
    assert "item_group" not in odm_of(study, "2.0").decode("utf-8")
    assert through(study, tmp_path).canonical_bytes() == study.canonical_bytes()


def test_windows_units_and_rules_are_said_natively() -> None:
    root = root_of(study_of("hucmsc"))
    timing = root.find(f".//{ODM}RelativeTimingConstraint[@SuccessorOID='SE.V2']")
    assert dict(timing.attrib) == {
        "OID": "TIMING.SE.V2",
        "Name": timing.get("Name"),
        "PredecessorOID": "SE.V1",
        "SuccessorOID": "SE.V2",
        "Type": "StartToStart",
        "TimepointRelativeTarget": "P7D",
        "TimepointPreWindow": "P1D",
        "TimepointPostWindow": "P1D",
    }
    screening = root.find(f".//{ODM}RelativeTimingConstraint[@SuccessorOID='SE.SCR']")
    assert (screening.get("TimepointRelativeTarget"), screening.get("TimepointPostWindow")) == (
        "-P28D",
        "P27D",
    )
    group = root.find(f".//{ODM}ItemGroupDef[@OID='IG.VS']")
    reference = group.find(f"{ODM}ItemRef[@ItemOID='I.VS.SYSBP']")
    unit = root.find(f".//{ODM}ItemDef[@OID='{reference.get('UnitsItemOID')}']")
    units = root.find(f".//{ODM}CodeList[@OID='{unit.find(f'{ODM}CodeListRef').get('CodeListOID')}']")
    assert units[0].get("CodedValue") == "mm[Hg]"
    assert root.find(f".//{ODM}Arm[@OID='ARM.LOW']") is not None
    rows = root.find(f".//{ODM}ItemGroupDef[@Repeating='Static']")
    assert rows.find(f"{ODM}ItemRef[@Repeat='Yes']") is not None
    for reference in root.iter(f"{ODM}ItemRef"):
        if reference.get("MethodOID"):
            method = root.find(f".//{ODM}MethodDef[@OID='{reference.get('MethodOID')}']")
            assert method.find(f"{ODM}FormalExpression").get("Context") == "CEL"


def test_no_namespace_but_odms_is_in_our_file() -> None:
    root = root_of(study_of("hucmsc"))
    names = {str(one.tag).partition("}")[0] for one in root.iter("{*}*")}
    assert names == {ODM.rstrip("}")}


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", " ", "a\nb", "\x0b", "\r\n", "<&>\"'", "]]>", "\ufffe", "-", "{}", "!(a)", "I.VS.SYSBP", "IG.VS"]
)
TEXTS = st.fixed_dictionaries(
    {"en": WORDS, "zh": WORDS},
    optional={"other": st.lists(st.fixed_dictionaries({"lang": st.sampled_from(["de", "fr", "en", "x y", ""]),
                                                      "text": WORDS}), max_size=2)},
)  # fmt: skip
NOT_RUN = st.lists(
    st.fixed_dictionaries(
        {
            "use": st.sampled_from(["collect_when", "mandatory_when", "method", "check", "default"]),
            "context": st.sampled_from(["", "CEL", "XPath", "XPath (true: not collected)", "?"]),
            "expression": WORDS,
        },
        optional={"message": TEXTS, "odm_oid": st.sampled_from(["C.1", "IT.X", "I.VS.SYSBP", "F.VS"])},
    ),
    max_size=3,
)
ALIASES = st.lists(
    st.fixed_dictionaries({"context": st.sampled_from(["SDTM", "crf-app/1", ""]), "name": WORDS}), max_size=3
)
FOREIGN = st.lists(
    st.fixed_dictionaries(
        {
            "odm": st.sampled_from(["1.3.2", "2.0"]),
            "at": st.sampled_from(
                [["ItemDef", "I.VS.SYSBP"], ["Study", ""], ["ItemDef", "gone"], ["ODM", ""]]
            ),
            "kind": st.just("attribute"),
            "name": st.sampled_from(["Name", "{urn:made-up}a"]),
            "xml": st.sampled_from(["x", "y z"]),
        }
    ),
    max_size=3,
)
ODM_OIDS = st.sampled_from(["IT.X", "I.VS.SYSBP", "X", "F.VS", "SE.V1", "a b", "IG.VS"])


@st.composite
def strange_studies(draw: st.DrawFn) -> Study:
    """Ours with strange words, OIDs of elsewhere, rules in other languages, aliases and kept pieces."""
    raw = study_of("demo-vitals").model_dump(mode="json", exclude_defaults=True)
    groups = [group for form in raw["form"] for group in form["item_group"]]
    items = [item for group in groups for item in group["item"]]
    forms_asked = [one for event in raw["event"] for one in event["forms"]]
    holders = [*raw["event"], *raw["form"], *raw["code_list"], *groups, *items]
    for one in draw(st.lists(st.sampled_from(holders), max_size=5)):
        one[draw(st.sampled_from(["odm_oid", "alias"]))] = None
    for one in holders:
        if "odm_oid" in one:
            one["odm_oid"] = draw(ODM_OIDS)
        if "alias" in one:
            one["alias"] = draw(ALIASES)
    for one in draw(st.lists(st.sampled_from([*groups, *items, *forms_asked]), max_size=4)):
        one["not_run"] = draw(NOT_RUN)
    for one in draw(
        st.lists(st.sampled_from([*groups, *items, *raw["form"], *raw["event"], *forms_asked]), max_size=3)
    ):
        one["until"] = "0"
    for one in draw(st.lists(st.sampled_from(items), max_size=3)):
        one["question"] = draw(TEXTS)
    for one in draw(st.lists(st.sampled_from([*groups, *raw["form"], *raw["event"]]), max_size=3)):
        one["name"] = draw(TEXTS)
    for one in draw(st.lists(st.sampled_from([*groups, *items]), max_size=2)):
        one["collect_when"] = draw(WORDS)
    for key in draw(st.sets(st.sampled_from(["name", "title", "sponsor"]))):
        raw[key] = draw(TEXTS)
    raw["languages"] = draw(st.sampled_from([["en", "zh"], ["en"], ["zh", "de"], ["fr"], []]))
    raw["foreign"] = draw(FOREIGN)
    raw["alias"] = draw(ALIASES)
    return Study.model_validate(raw)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(study=strange_studies())
def test_any_study_comes_back(study: Study, tmp_path: Path) -> None:
    data = odm_of(study, "2.0")
    path = tmp_path / "study.xml"
    path.write_bytes(data)
    assert study_from_odm(path)[0].canonical_bytes() == study.canonical_bytes()
