"""ODM 2.0 files of other systems: read, kept whole, given back, refused where a known element is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from crf_app.errors import CrfError, ExchangeRefused, LimitExceeded
from crf_app.exchange.odm_in import study_from_odm
from crf_app.exchange.odm_out import odm_of
from crf_app.exchange.oids import OidMap
from crf_app.exchange.report import ImportReport
from crf_app.exchange.schema_check import check
from crf_app.model.definition import Study
from crf_app.model.load import load
from crf_app.rules.expression import compile_study

STANDARDS = (
    Path(os.environ.get("CRF_STANDARDS", Path(__file__).parents[3] / "shared" / "standards")) / "odm-2.0"
)
FORMS = Path(__file__).parents[2] / "forms"
ODM = "{http://www.cdisc.org/ns/odm/v2.0}"
#: a little of everything that ODM 2.0 can say, as another system might say it
MADE_UP = Path(__file__).parent / "files" / "odm2-made-up.xml"


def made_up() -> str:
    return MADE_UP.read_text("utf-8")


def written(folder: Path, text: str | bytes, name: str = "others.xml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def imported(folder: Path, text: str | None = None) -> tuple[Study, ImportReport]:
    return study_from_odm(written(folder, text or made_up()))


def files() -> list[Path]:
    return sorted(STANDARDS.glob("*.xml"))


@pytest.fixture(params=[path.name for path in files()] or ["none"])
def standard(request: pytest.FixtureRequest) -> Path:
    path = STANDARDS / str(request.param)
    if not path.exists():
        pytest.skip("the folder of other people's files is not here: set CRF_STANDARDS")
    return path


KEYS = ("OID", "ItemOID", "ItemGroupOID", "CodedValue", "StudyEventOID", "CodeListOID", "Context")


def lost(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """What stands in an element and no longer stands in the other, whatever its order."""
    for name, value in before.attrib.items():
        if after.get(name) != value:
            yield f"{path}/@{name} {value!r} {after.get(name)!r}"
    if not len(before) and (before.text or "").strip() != (after.text or "").strip():
        yield f"{path} {before.text!r}"
    left = list(after.iterchildren("{*}*"))
    for child in before.iterchildren("{*}*"):
        key = next((name for name in KEYS if child.get(name)), "")
        like = [one for one in left if one.tag == child.tag and one.get(key) == child.get(key)] if key else [
            one for one in left if one.tag == child.tag]  # fmt: skip
        found = next((one for one in like if not list(lost(child, one))), None)
        where = f"{path}/{etree.QName(child).localname}[{child.get(key) if key else ''}]"
        if found is None:
            yield from lost(child, like[0], where) if like else [where]
        else:
            left.remove(found)


def study_of_file(data: bytes) -> Any:
    root: Any = etree.fromstring(data)
    return root.find(f"{ODM}Study")


def nothing_is_lost(path: Path, data: bytes) -> list[str]:
    return list(lost(study_of_file(path.read_bytes()), study_of_file(data)))


def test_files_of_others_come_back_whole_and_valid(standard: Path, tmp_path: Path) -> None:
    study, _ = study_from_odm(standard)
    compile_study(study)
    data = odm_of(study, "2.0")
    check(data, "2.0")
    assert nothing_is_lost(standard, data) == []
    again, _ = study_from_odm(written(tmp_path, data))
    assert again.canonical_bytes() == study.canonical_bytes()


def test_everything_of_a_made_up_file_comes_back(tmp_path: Path) -> None:
    path = written(tmp_path, made_up())
    study, _ = study_from_odm(path)
    compile_study(study)
    data = odm_of(study, "2.0")
    assert nothing_is_lost(path, data) == []
    again, _ = study_from_odm(written(tmp_path, data, "again.xml"))
    assert again.canonical_bytes() == study.canonical_bytes()
    assert odm_of(again, "2.0", created="2026-01-01T00:00:00Z") == odm_of(
        study, "2.0", created="2026-01-01T00:00:00Z"
    )


def test_pieces_that_odm_knows_stand_where_the_schema_wants_them(tmp_path: Path) -> None:
    text = made_up()
    for vendor in (' v:build="17"', ' v:rows="4"', '<v:Layout columns="2"/>'):
        assert vendor in text
        text = text.replace(vendor, "")
    check(text.encode(), "2.0")
    study, _ = imported(tmp_path, text)
    check(odm_of(study, "2.0"), "2.0")


def test_the_way_through_odm_1_3_loses_nothing(tmp_path: Path) -> None:
    study, _ = imported(tmp_path)
    there, _ = study_from_odm(written(tmp_path, odm_of(study, "1.3.2"), "old.xml"))
    assert there.canonical_bytes() == study.canonical_bytes()


def test_groups_in_groups_follow_each_other_in_their_form(tmp_path: Path) -> None:
    study, _ = imported(tmp_path)
    demo = next(form for form in study.form if form.odm_oid == "DEMO")
    assert [group.odm_oid for group in demo.item_group] == ["DEMO", "OUTER", "DYN", "INNER", "DEEP"]
    assert [item.odm_oid for item in demo.item_group[0].item] == ["IT.SEX", "IT.NOTE"]
    assert OidMap.of(study).group(demo.oid, "DEMO") == demo.item_group[0].oid
    form = study_of_file(odm_of(study, "2.0")).find(f".//{ODM}ItemGroupDef[@OID='DEMO']")
    refs = [one.get("ItemOID") or one.get("ItemGroupOID") for one in form if one.tag.endswith("Ref")]
    assert refs == ["IT.SEX", "OUTER", "IT.NOTE"]
    nested = study_of_file(odm_of(study, "2.0")).find(f".//{ODM}ItemGroupDef[@OID='OUTER']")
    refs = [one.get("ItemOID") or one.get("ItemGroupOID") for one in nested if one.tag.endswith("Ref")]
    assert refs.index("DYN") < refs.index("IT.AGE") < refs.index("INNER") < refs.index("IT.SUM")


def test_repeating_groups_fixed_rows_and_units(tmp_path: Path) -> None:
    study, _ = imported(tmp_path)
    groups = {group.odm_oid: group for form in study.form for group in form.item_group}
    assert (groups["INNER"].repeating, groups["INNER"].max_rows) == (True, 5)
    assert groups["DYN"].repeating
    assert groups["DEEP"].rows == "CL.ROW" and [one.odm_oid for one in groups["DEEP"].item] == ["IT.FLAG"]
    age = groups["OUTER"].item[0]
    assert (age.unit, age.data_type, len(groups["OUTER"].item)) == ("a", "decimal", 2)
    assert [one.unit for one in groups["SHARED"].item] == [
        None,
        None,
    ]  # two units: which one is typed is asked


def test_a_group_of_two_forms_is_written_once(tmp_path: Path) -> None:
    study, _ = imported(tmp_path)
    copies = [group.oid for form in study.form for group in form.item_group if group.odm_oid == "SHARED"]
    assert len(set(copies)) == 2
    assert odm_of(study, "2.0").count(b'<ItemGroupDef OID="SHARED"') == 1


def test_visits_are_planned_from_durations(tmp_path: Path) -> None:
    first, second, third = imported(tmp_path)[0].event
    assert (first.day, second.day, second.before, second.after, third.month) == (1, 15, 1, 3, 3)
    assert [ref.form for ref in first.forms] == ["F.DEMO", "F.VITALS"]  # by OrderNumber
    assert first.forms[0].not_run[0].odm_oid == "C.WHOLE"


def test_a_plan_that_changed_here_is_not_given_back_as_it_was(tmp_path: Path) -> None:
    study, _ = imported(tmp_path)
    moved = study.event[1].model_copy(update={"day": 22})
    amended = study.model_copy(update={"event": (study.event[0], moved, study.event[2])})
    amended.__dict__.pop("_bytes", None)
    plan = study_of_file(odm_of(amended, "2.0")).find(f".//{ODM}RelativeTimingConstraint[@OID='T2']")
    assert (plan.get("TimepointRelativeTarget"), plan.get("TimepointPreWindow")) == ("P21D", "P1D")


def test_rules_of_other_languages_are_text_that_is_not_run(tmp_path: Path) -> None:
    study, report = imported(tmp_path)
    groups = [group for form in study.form for group in form.item_group]
    lists = [group.not_run for group in groups] + [item.not_run for group in groups for item in group.item]
    rules = {rule.odm_oid or rule.expression: rule for rules in lists for rule in rules}
    assert rules["C.NOTE"].use == "collect_when" and rules["C.NOTE"].expression == "1 = 2"
    assert rules["C.INNER"].expression == "VS.NOWHERE == 'Y'"  # CEL of somebody else is not ours
    assert rules["x < 99"].context == "Python"
    assert rules["GE 2020-01-01"].use == "check"
    assert rules["M.SUM"].use == "method"
    assert len(report.of("not_run")) >= 5


def test_our_numbers_are_limits_and_their_words_are_kept(tmp_path: Path) -> None:
    study, _ = imported(tmp_path)
    age = next(item for form in study.form for item in form.items.values() if item.odm_oid == "IT.AGE")
    assert [(one.comparator, one.value, one.soft_hard) for one in age.range_check] == [
        ("GE", "18", "Hard"), ("LE", "120.50", "Soft")]  # fmt: skip


def test_languages_of_the_file_are_those_of_the_study(tmp_path: Path) -> None:
    study, _ = imported(tmp_path)
    assert set(study.languages) == {"en", "zh", "de"}
    sex = next(item for form in study.form for item in form.items.values() if item.odm_oid == "IT.SEX")
    assert (sex.question.en, sex.question.zh) == ("Words for sex", "性别")


BROKEN = [
    ('Name="SEX" DataType="integer"', 'Name="SEX"', "ItemDef IT.SEX", "DataType is missing"),
    ('DataType="incompleteDate"', 'DataType="whenever"', "ItemDef IT.DAY", "whenever"),
    ('OID="IT.DAY" Name="DAY"', 'Name="DAY"', "ItemDef DAY", "OID is missing"),
    ('Name="DAY" DataType', 'Name="DAY" Length="0" DataType', "ItemDef IT.DAY", "Length"),
    (
        '<ItemRef ItemOID="IT.DAY" Mandatory="No"/>',
        '<ItemRef ItemOID="IT.DAY"/>',
        "ItemRef IT.DAY",
        "Mandatory",
    ),
    ('ItemRef ItemOID="IT.DAY"', 'ItemRef ItemOID="IT.NONE"', "ItemRef IT.NONE", "no such ItemDef"),
    (
        'ItemGroupRef ItemGroupOID="DYN"',
        'ItemGroupRef ItemGroupOID="X"',
        "ItemGroupRef X",
        "no such ItemGroupDef",
    ),
    ('MethodOID="M.SUM"', 'MethodOID="M.X"', "ItemRef IT.SUM", "no such MethodDef"),
    (
        'CodeListRef CodeListOID="CL.ROW"',
        'CodeListRef CodeListOID="CL.X"',
        "CodeListRef CL.X",
        "no such CodeList",
    ),
    ('OID="IT.FLAG" Name', 'OID="IT.ROW" Name', "ItemDef IT.ROW", "stands twice"),
    ('CodedValue="R2"', 'CodedValue="R1"', "CodeListItem R1", "stands twice"),
    ('Repeating="Dynamic"', 'Repeating="Often"', "ItemGroupDef DYN", "Often"),
    ('Type="Common"', 'Type="Rare"', "StudyEventDef VISIT3", "Rare"),
    ('Comparator="LE"', 'Comparator="ABOUT"', "RangeCheck", "ABOUT"),
    (
        'ItemGroupRef ItemGroupOID="DEEP"',
        'ItemGroupRef ItemGroupOID="OUTER"',
        "ItemGroupRef OUTER",
        "inside itself",
    ),
    ('OID="V.1" Name="first"', 'OID="V.1"', "MetaDataVersion V.1", "Name is missing"),
]


@pytest.mark.parametrize(("before", "after", "where", "said"), BROKEN, ids=[row[3] for row in BROKEN])
def test_a_known_element_that_is_wrong_refuses_the_file(
    tmp_path: Path, before: str, after: str, where: str, said: str
) -> None:
    text = made_up()
    assert text.count(before) == 1
    changed = text.replace(before, after)
    line = text[: text.index(before)].count("\n") + 1
    with pytest.raises(ExchangeRefused) as refusal:
        imported(tmp_path, changed)
    assert where in refusal.value.where and said in refusal.value.sentence("en")
    found = int(refusal.value.where.split(":")[1].split()[0])
    assert abs(found - line) <= 1
    assert refusal.value.sentence("zh") != refusal.value.sentence("en")


def test_include_is_refused_and_the_last_version_is_read(tmp_path: Path) -> None:
    text = made_up().replace("<Standards>", '<Include StudyOID="S" MetaDataVersionOID="V.0"/><Standards>')
    with pytest.raises(ExchangeRefused):
        imported(tmp_path, text)
    older = '<MetaDataVersion OID="V.0" Name="zeroth"/>'
    study, report = imported(
        tmp_path, made_up().replace('<MetaDataVersion OID="V.1"', f'{older}<MetaDataVersion OID="V.1"')
    )
    assert study.version == "first"
    assert any("V.0" in line.en for line in report.of("read"))


def test_groups_that_multiply_are_stopped(tmp_path: Path) -> None:
    def group(number: int) -> str:
        inner = f'<ItemGroupRef ItemGroupOID="G{number + 1}" Mandatory="Yes"/>' * 2
        kind = "Form" if number == 0 else "Section"
        inner = inner if number < 40 else '<ItemRef ItemOID="I" Mandatory="No"/>'
        return f'<ItemGroupDef OID="G{number}" Name="G" Repeating="No" Type="{kind}">{inner}</ItemGroupDef>'

    text = (
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" FileOID="F" FileType="Snapshot" '
        'CreationDateTime="2026-01-01T00:00:00Z">'
        '<Study OID="S" StudyName="S" ProtocolName="P"><MetaDataVersion OID="M" Name="1">'
        + "".join(map(group, range(41)))
        + '<ItemDef OID="I" Name="I" DataType="text"/></MetaDataVersion></Study></ODM>'
    )
    with pytest.raises(LimitExceeded):
        imported(tmp_path, text)


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CrfError):
        imported(tmp_path, made_up().replace("<ODM ", '<!DOCTYPE ODM [<!ENTITY a "b">]><ODM ', 1))


def test_our_alias_must_hold_an_object(tmp_path: Path) -> None:
    study, _ = imported(tmp_path)
    root: Any = etree.fromstring(odm_of(study, "2.0"))
    alias = root.find(f".//{ODM}Protocol/{ODM}Alias[@Context='crf-app/1']")
    alias.set("Name", "[]")
    with pytest.raises(ExchangeRefused) as refusal:
        imported(tmp_path, etree.tostring(root, encoding="unicode"))
    assert "Alias" in refusal.value.where


@pytest.mark.parametrize(
    ("at", "rest"),
    [
        ("Protocol", "[1"),
        ("Protocol", "[" * 100_000),
        ("Protocol", '{"title": 5}'),
        ("Protocol", '{"arms": [{"code": 1}]}'),
        ("Protocol", '{"event": []}'),
        ("Protocol", '{"form": null}'),
        ("Protocol", '{"other_pieces": [{}]}'),
        ("ItemDef[@OID='I.VS.SYSBP']", '{"oid": 5}'),
        ("ItemDef[@OID='I.VS.SYSBP']", '{"question": null}'),
        ("ItemDef[@OID='I.VS.SYSBP']", '{"unheard": 1}'),
        ("ItemGroupDef[@OID='F.VS']", '{"refs": {"IG.VS": 5}}'),
        ("ItemGroupDef[@OID='F.VS']", '{"name": "words"}'),
        ("ItemGroupDef[@OID='IG.VS']", '{"max_rows": "many"}'),
        ("ItemGroupDef[@OID='IG.VS']", '{"refs": {"I.VS.SYSBP": {"not_run": [{"use": "never"}]}}}'),
        ("StudyEventDef", '{"forms": [{"form": 5}]}'),
        ("CodeListItem", '{"decode": null}'),
        ("MethodDef", '{"form": ["F.VS"]}'),
    ],
)
def test_our_alias_changed_by_hand_is_refused_or_read(tmp_path: Path, at: str, rest: str) -> None:
    """Whatever stands in it: a refusal in words, or a study; never a fault of the program."""
    root: Any = etree.fromstring(odm_of(load(FORMS / "demo-vitals").study, "2.0"))
    element = root.find(f".//{ODM}{at}")
    if element is None:
        element = etree.SubElement(root.find(f".//{ODM}MetaDataVersion"), f"{ODM}{at}", OID="M.X", Name="x")
    alias = element.find(f"{ODM}Alias[@Context='crf-app/1']")
    if alias is None:
        alias = etree.SubElement(element, f"{ODM}Alias", Context="crf-app/1")
    alias.set("Name", rest)
    try:
        study, _ = imported(tmp_path, etree.tostring(root, encoding="unicode"))
    except CrfError as refusal:
        assert refusal.sentence("en") != refusal.sentence("zh")
    else:
        assert study.oid == "DEMO-VITALS"
