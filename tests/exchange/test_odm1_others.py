"""ODM 1.3 files of other makers: read whole, run safely, given back; a broken one is refused at its line."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from crf_app.errors import DefinitionError, ExchangeRefused
from crf_app.exchange.imported import checked
from crf_app.exchange.odm_in import study_from_odm
from crf_app.exchange.odm_out import odm_of
from crf_app.exchange.oids import OidMap
from crf_app.exchange.report import ImportReport
from crf_app.exchange.schema_check import check, without_vendor_pieces
from crf_app.exchange.xml_in import open_xml
from crf_app.model.definition import Study
from crf_app.rules.expression import compile_study

MADE_UP = Path(__file__).parent / "files" / "made_up_1_3.xml"
STANDARDS = Path(os.environ.get("CRF_STANDARDS", Path(__file__).parents[3] / "shared" / "standards"))
NS = "{http://www.cdisc.org/ns/odm/v1.3}"


@pytest.fixture(scope="module")
def imported() -> tuple[Study, ImportReport]:
    return study_from_odm(MADE_UP)


def pieces(root: etree._Element) -> Counter[tuple[str, str, str]]:
    """Every attribute and text of the definition, with the element it stands in."""
    found: Counter[tuple[str, str, str]] = Counter()
    for one in root.iter("{*}*"):
        name = etree.QName(one).localname
        if any(etree.QName(up).localname in ("ClinicalData", "ODM") for up in (one, *one.iterancestors())
               if up is one or etree.QName(up).localname == "ClinicalData"):  # fmt: skip
            continue
        for key, value in one.attrib.items():
            if key != "OrderNumber" or name == "CodeListItem":
                found[name, str(key), str(value)] += 1
        words = "".join(one.itertext()).strip()
        if words and name in ("TranslatedText", "CheckValue", "FormalExpression", "Role", "Presentation"):
            found[name, "", words] += 1
    return found


def given_back(path: Path, tmp_path: Path) -> tuple[Study, bytes]:
    """Imports, exports, imports again; nothing of the first file is missing in the second."""
    study, _ = study_from_odm(path)
    compile_study(study)
    data = odm_of(study, "1.3.2")
    again = tmp_path / "again.xml"
    again.write_bytes(data)
    root = etree.fromstring(data)
    check(without_vendor_pieces(root, "1.3.2"), "1.3.2")
    assert study_from_odm(again)[0].canonical_bytes() == study.canonical_bytes()
    with open_xml(path) as xml:
        first = xml.whole()
    old = [*first.iter(f"{NS}MetaDataVersion")][:-1]
    for one in old:
        one.getparent().remove(one)
    assert pieces(first) - pieces(root) == Counter()
    return study, data


@pytest.mark.requirement("unknown elements are kept and given back")
def test_a_file_of_another_maker_is_given_back_whole(tmp_path: Path) -> None:
    _, data = given_back(MADE_UP, tmp_path)
    root = etree.fromstring(data)
    vendor = "{urn:example:vendor}"
    assert root.get(f"{vendor}Export") == "full"
    assert root.findtext(f".//{NS}StudyEventDef/{vendor}Colour") == "green"
    assert root.find(f".//{NS}ItemRef[@{vendor}Row='3']").get("ItemOID") == "IT.INITIALS"
    assert "".join(root.find(f".//{NS}TranslatedText[{vendor}b]").itertext()) == "Day and time"
    assert root.find(f".//{NS}ItemDef[@OID='IT.SEX']").get("DataType") == "integer"
    assert len(root.findall(f".//{NS}ItemDef[@OID='IT.INITIALS']")) == 1  # used twice, written once


@pytest.mark.parametrize("name", ["cdash-odm-test.xml", "odm-data-snapshot.xml"])
def test_the_files_of_the_standard_are_given_back_whole(name: str, tmp_path: Path) -> None:
    path = STANDARDS / "odm-1.3.2" / name
    if not path.is_file():
        pytest.skip("the folder of other people's files is not here: set CRF_STANDARDS")
    given_back(path, tmp_path)


def test_each_use_of_a_shared_group_has_items_of_its_own(imported: tuple[Study, ImportReport]) -> None:
    study, _ = imported
    first, second = (study.forms[oid].item_group[0] for oid in ("F.DM", "F.VS"))
    assert first.odm_oid == second.odm_oid == "G.COMMON"
    assert [one.odm_oid for one in first.item] == [one.odm_oid for one in second.item]
    assert not {one.oid for one in first.item} & {one.oid for one in second.item}
    oids = OidMap.of(study)
    assert oids.item(second.oid, "IT.DAY") == second.item[1].oid
    assert oids.group("F.VS", "G.COMMON") == second.oid
    assert oids.form("FORM.VS") == "F.VS" and oids.event("VISIT1") == "SE.VISIT1"
    assert oids.item(second.oid, "IT.SEX") is None


def test_visits_stand_in_the_order_of_the_protocol(imported: tuple[Study, ImportReport]) -> None:
    study, _ = imported
    assert [one.odm_oid for one in study.event] == ["VISIT1", "VISIT2", None]
    assert study.event[1].repeating and study.event[1].type == "Unscheduled"
    assert [ref.mandatory for ref in study.event[0].forms] == [True, False]


def test_a_form_that_no_visit_asks_for_gets_a_visit(imported: tuple[Study, ImportReport]) -> None:
    study, report = imported
    assert study.event[2].form_oids == ("F.LOST",)
    assert any("F.LOST" in line.sentence() for line in report.of("added"))


def test_words_are_read_in_every_language(imported: tuple[Study, ImportReport]) -> None:
    study, _ = imported
    assert study.languages == ("en", "zh-CN", "de")
    items = study.forms["F.DM"].items
    assert items["I.DM.SEX"].question.zh == "性别" and items["I.DM.SEX"].help is not None
    assert items["I.DM.INITIALS"].question.en == "Initials"
    assert items["I.DM.DAY"].question.other[0].text == "Tag"
    weight = study.forms["F.VS"].items["I.VS.WEIGHT"]
    assert weight.question.en == "Weight of <body>"  # a comment and CDATA in it
    assert study.forms["F.DM"].name.zh == "人口学资料"


def test_types_units_and_ranges_are_read(imported: tuple[Study, ImportReport]) -> None:
    study, _ = imported
    weight = study.forms["F.VS"].items["I.VS.WEIGHT"]
    assert (weight.data_type, weight.unit, weight.significant_digits) == ("decimal", "kg", 1)
    assert [(one.comparator, one.value) for one in weight.range_check] == [("GE", "30"), ("LE", "400")]
    sex = study.forms["F.DM"].items["I.DM.SEX"]
    assert sex.data_type == "text" and sex.code_list is not None  # answers of a list are codes
    assert [one.coded_value for one in study.code_lists[sex.code_list].items] == ["1", "2"]
    grade = study.forms["F.VS"].items["I.VS.GRADE"]
    assert [one.decode.en for one in study.code_lists[grade.code_list or ""].items] == ["A", "B"]


def test_rules_of_other_languages_are_kept_and_not_run(imported: tuple[Study, ImportReport]) -> None:
    study, report = imported
    form = study.forms["F.VS"]
    assert [(one.use, one.context) for one in form.items["I.VS.BMI"].not_run] == [("method", "Python 3")]
    assert form.items["I.VS.BMI"].method is None and form.items["I.VS.BMI"].mandatory
    checks = form.items["I.VS.WEIGHT"].not_run
    assert [(one.use, one.context, one.expression) for one in checks] == [
        ("check", "ODM", "IN 40, 50"),
        ("check", "XPath", ". < 300"),
    ]
    assert checks[1].message is not None and checks[1].message.en == "Too heavy"
    assert "not collected" in form.item_group[1].not_run[0].context
    assert study.event[0].forms[1].not_run[0].expression == "//SEX = 2"
    assert len(report.of("not_run")) == 4
    rules = compile_study(study)
    assert not any(one.checks for one in rules.forms.values())


def test_cel_of_another_maker_is_not_run(tmp_path: Path) -> None:
    """Only what this program wrote runs: another's CEL has other names and another meaning."""
    text = MADE_UP.read_text("utf-8").replace('Context="XPath"', 'Context="CEL"')
    path = tmp_path / "cel.xml"
    path.write_text(text, "utf-8")
    study, _ = study_from_odm(path)
    assert study.forms["F.VS"].item_group[1].collect_when is None
    again = tmp_path / "again.xml"
    again.write_bytes(odm_of(study, "1.3.2"))
    assert study_from_odm(again)[0].canonical_bytes() == study.canonical_bytes()


def test_the_report_says_in_both_languages_what_was_kept_changed_and_added(
    imported: tuple[Study, ImportReport],
) -> None:
    _, report = imported
    kept = "\n".join(line.sentence() for line in report.of("kept"))
    for piece in ("Layout (urn:example:vendor)", "AdminData", "ItemDef SASFieldName", "Presentation", "Role"):
        assert piece in kept
    assert any("old" in line.en for line in report.of("read"))
    assert any("ClinicalData" in line.en for line in report.of("read"))
    assert any("repeats" in line.en for line in report.of("changed"))
    assert {"Meanings of a signature: the program's own."} <= {line.en for line in report.of("added")}
    assert report.sentences("zh") != report.sentences("en")
    assert len(report.sentences("zh")) == len(report.sentences("en"))


ALIAS = '<Alias Context="CDASH" Name="SUBJINIT"/>'
BROKEN = [
    ('OID="IT.BMI" Name="BMI" DataType="double"', 'OID="IT.BMI" Name="BMI"', "ItemDef IT.BMI"),
    ('DataType="double"', 'DataType="number"', "ItemDef IT.BMI"),
    ('<ItemDef OID="IT.BMI" Name="BMI"', '<ItemDef OID="IT.BMI"', "ItemDef IT.BMI"),
    ('<ItemDef OID="IT.BMI" ', '<ItemDef ', "ItemDef BMI"),
    ('<ItemDef OID="IT.BMI" ', '<ItemDef OID="IT.SEX" ', "ItemDef IT.SEX"),
    ('Length="5"', 'Length="five"', "ItemDef IT.WEIGHT"),
    ('Length="5"', 'Length="0"', "ItemDef IT.WEIGHT"),
    ('SignificantDigits="1"', 'SignificantDigits="-1"', "ItemDef IT.WEIGHT"),
    ('ItemOID="IT.BMI" OrderNumber="2"', 'ItemOID="IT.NONE" OrderNumber="2"', "ItemRef IT.NONE"),
    ('ItemOID="IT.BMI" OrderNumber="2"', 'ItemOID="IT.WEIGHT" OrderNumber="2"', "ItemRef IT.WEIGHT"),
    ('ItemOID="IT.BMI" OrderNumber="2"', 'ItemOID="IT.BMI" OrderNumber="two"', "ItemRef IT.BMI"),
    ('ItemGroupOID="G.DM" OrderNumber="2"', 'ItemGroupOID="G.NO" OrderNumber="2"', "ItemGroupRef G.NO"),
    ('FormOID="FORM.DM" OrderNumber="1"', 'FormOID="FORM.NO" OrderNumber="1"', "FormRef FORM.NO"),
    ('StudyEventOID="VISIT1"', 'StudyEventOID="VISIT9"', "StudyEventRef VISIT9"),
    ('Repeating="Yes" Type="Unscheduled"', 'Repeating="yes" Type="Unscheduled"', "StudyEventDef VISIT2"),
    ('Type="Unscheduled"', 'Type="Sometimes"', "StudyEventDef VISIT2"),
    ('FormOID="FORM.DM" OrderNumber="1" Mandatory="Yes"', 'FormOID="FORM.DM" OrderNumber="1"', "FormRef"),
    ('Comparator="GE"', 'Comparator="ABOUT"', "RangeCheck"),
    ('Comparator="GE" SoftHard="Soft"', 'Comparator="GE"', "RangeCheck GE"),
    ('CodedValue="1" OrderNumber', 'CodedValue="2" OrderNumber', "CodeList CL.1"),
    ('CodedValue="1" ', '', "CodeListItem"),
    (ALIAS, '<Alias Context="CDASH"/>', "Alias CDASH"),
    (ALIAS, '<Alias Context="crf-app/1" Name="{"/>', "Alias crf-app/1"),
    (ALIAS, '<Alias Context="crf-app/1" Name="[]"/>', "Alias crf-app/1"),
    (ALIAS, '<Alias Context="crf-app/1" Name=\'{"length":"x"}\'/>', "length"),
    (ALIAS, '<Alias Context="crf-app/1" Name=\'{"extra":1}\'/>', "extra"),
    ('<Protocol>', '<Include StudyOID="S" MetaDataVersionOID="old"/><Protocol>', "Include S"),
    ('<MetaDataVersion OID="v 2" ', '<MetaDataVersion ', "MetaDataVersion Second"),
    ('<Study OID="Made up / 1">', '<Study>', "Study"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where"), BROKEN)
def test_a_broken_element_refuses_the_file_at_its_line(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    text = MADE_UP.read_text("utf-8")
    assert old in text
    path = tmp_path / "broken.xml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ExchangeRefused) as caught:
        study_from_odm(path)
    sentence = caught.value.sentence("en")
    assert where in sentence and caught.value.sentence("zh") != sentence
    line = int(caught.value.where.split(":")[1].split()[0])
    assert 1 < line < 145


def test_oids_that_are_spelled_as_ours_stay(tmp_path: Path) -> None:
    text = MADE_UP.read_text("utf-8")
    for old, new in (("FORM.DM", "F.DM"), ("IT.SEX", "I.DM.SEX"), ("G.DM", "IG.DM"), ("VISIT1", "SE.V1")):
        text = text.replace(f'"{old}"', f'"{new}"')
    path = tmp_path / "ours.xml"
    path.write_text(text, "utf-8")
    study, _ = study_from_odm(path)
    form = study.forms["F.DM"]
    assert form.odm_oid is None and "I.DM.SEX" in form.items and study.event[0].oid == "SE.V1"
    assert study.forms["F.LOST"].item_group[0].item[0].odm_oid == "I.DM.SEX"  # the second use is renamed


def test_a_definition_without_visits_opens(tmp_path: Path) -> None:
    """A library of forms: every form stands in a visit that the program adds."""
    text = MADE_UP.read_text("utf-8")
    for begin, end in (("<Protocol>", "</Protocol>"), ('<StudyEventDef OID="VISIT1"', "</StudyEventDef>"),
                       ('<StudyEventDef OID="VISIT2"', "</StudyEventDef>")):  # fmt: skip
        head, _, tail = text.partition(begin)
        text = head + tail.partition(end)[2]
    path = tmp_path / "library.xml"
    path.write_text(text, "utf-8")
    study, _ = study_from_odm(path)
    assert [event.oid for event in study.event] == ["SE.UNPLACED"]
    assert [form.oid for form in study.form] == ["F.DM", "F.VS", "F.LOST"]
    compile_study(study)


def test_a_mistake_that_definition_files_may_not_have_is_found_at_its_line() -> None:
    """The checks of definition files run on what was imported, with the lines of the imported file."""
    study, _ = study_from_odm(MADE_UP)
    gone = study.model_copy(update={"event": study.event[:1]})
    with pytest.raises(DefinitionError) as caught:
        checked(gone, MADE_UP, {"F.LOST": 49})
    assert caught.value.where.startswith("made_up_1_3.xml:")
    assert "F.LOST" in str(caught.value.details["problems"])
