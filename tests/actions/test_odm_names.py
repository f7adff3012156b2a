"""Every name in a file of data stands in the definition of the same file; versions and people are told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.odm.odm_admin import Odm
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.odm.odm_import import import_odm
from crf_app.actions.people.first_run import NewPerson, Place, init
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.actions.study import amendments
from crf_app.actions.study.definitions import load_study
from crf_app.actions.study.study_import import import_study
from crf_app.actions.subjects import add_subject, next_number
from crf_app.crypto.passwords import LIGHT
from crf_app.exchange.clinical import Form, Subject
from crf_app.exchange.data_in import open_data
from crf_app.exchange.schema_check import check
from crf_app.model.definition import Study
from crf_app.model.keys import FormKey, ItemKey, new_uid
from crf_app.model.load_expand import changed
from crf_app.model.record import Draft
from crf_app.store import reads

VERSIONS: tuple[Odm, ...] = ("1.3.2", "2.0")
FORMS = Path(__file__).parents[2] / "forms"
STANDARDS = Path(os.environ.get("CRF_STANDARDS", Path(__file__).parents[3] / "shared" / "standards"))
OTHERS = ("odm-1.3.2/cdash-odm-test.xml", "odm-1.3.2/odm-data-snapshot.xml", "odm-2.0/Atlas_QS_ODMv2.xml",
          "odm-2.0/Demographics_RACE_check_all_that_apply.xml")  # fmt: skip
PASSWORD = "made up for a test 1"
PEOPLE = tuple(
    NewPerson(user, f"Made-up {user}", user, PASSWORD, own_password=True)
    for user in ("coordinator", "investigator", "administrator")
)
#: groups in groups three deep, and items in the form itself on both sides of them
DEEP = """<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" FileType="Snapshot" FileOID="M"
 ODMVersion="2.0"
 CreationDateTime="2026-11-22T09:00:00Z" Granularity="Metadata"><Study OID="MADE.UP" StudyName="Made up"
 ProtocolName="Made up"><MetaDataVersion OID="1" Name="1"><StudyEventDef OID="V" Name="Visit" Repeating="No"
 Type="Scheduled"><ItemGroupRef ItemGroupOID="FORM" Mandatory="Yes"/></StudyEventDef>
 <ItemGroupDef OID="FORM" Name="Form" Repeating="No" Type="Form"><ItemRef ItemOID="FIRST" Mandatory="No"
 OrderNumber="1"/><ItemGroupRef ItemGroupOID="OUTER" Mandatory="No" OrderNumber="2"/><ItemRef ItemOID="LAST"
 Mandatory="No" OrderNumber="3"/></ItemGroupDef>
 <ItemGroupDef OID="OUTER" Name="Outer" Repeating="No" Type="Section"><ItemRef ItemOID="A" Mandatory="No"/>
 <ItemGroupRef ItemGroupOID="MIDDLE" Mandatory="No"/></ItemGroupDef>
 <ItemGroupDef OID="MIDDLE" Name="Middle" Repeating="No" Type="Section"><ItemRef ItemOID="B" Mandatory="No"/>
 <ItemGroupRef ItemGroupOID="INNER" Mandatory="No"/></ItemGroupDef>
 <ItemGroupDef OID="INNER" Name="Inner" Repeating="Simple" Type="Section"><ItemRef ItemOID="C"
 Mandatory="No"/></ItemGroupDef>ITEMS</MetaDataVersion></Study></ODM>""".replace(
    "ITEMS",
    "".join(
        f'<ItemDef OID="{oid}" Name="{oid}" DataType="text"><Question><TranslatedText xml:lang="en" '
        f'Type="text/plain">{oid}?</TranslatedText></Question></ItemDef>'
        for oid in ("FIRST", "LAST", "A", "B", "C")
    ),
)


@pytest.fixture
def at_work(tmp_path: Path, clock: Any) -> Iterator[Callable[..., Session]]:
    """at_work(folder, "a", "coordinator"): that person on the home `a`, made of the folder when it is new."""
    now: list[Session] = []

    def opened(folder: Path, name: str = "a", user: str = "coordinator") -> Session:
        home = tmp_path / name
        for one in now:
            sign_out(one)
        if not home.exists():
            home.mkdir()
            init(home, folder, Place("S01", "D1", "test"), PEOPLE, clock, LIGHT)
        now[:] = [sign_in(home, user, PASSWORD, clock)]
        return now[0]

    yield opened
    for one in now:
        sign_out(one)


def answer_everything(session: Session) -> set[str]:
    """Records of an answer to every item of every form in every visit, as a source may have sent them."""
    uid, study = add_subject(session, next_number(session)).subject, session.study
    drafts, asked = list[Draft](), set[str]()
    for event in study.event:
        visit = event.oid
        if event.repeating:
            visit += f"~{new_uid()}"
            drafts.append(Draft("event.add", subject=uid, key=visit, reason="made up"))
        for form in (study.forms[oid] for oid in event.form_oids):
            for group in form.item_group:
                part = group.oid
                if group.rows is not None:
                    part += f"~{study.code_lists[group.rows].items[0].coded_value}"
                elif group.repeating:
                    part += f"~{new_uid()}"
                    path = f"{visit}/{form.oid}/{part}"
                    drafts.append(Draft("row.add", subject=uid, key=path, n="1"))
                for item in group.item:
                    key = f"{visit}/{form.oid}/{part}/{item.oid}"
                    drafts.append(Draft("item.set", subject=uid, key=key, value="1", unit=item.unit))
                    asked.add(item.oid)
    session.commit(drafts)
    return asked


def unknown_names(path: Path) -> tuple[set[str], int]:
    """(names of the data that the file's definition does not have in this place, how many were read)."""
    from lxml import etree

    root: Any = etree.parse(path).getroot()
    meta: Any = root.find("{*}Study/{*}MetaDataVersion")
    below: dict[str, set[str]] = {}
    for one in meta:
        kind, oid = etree.QName(one).localname, one.get("OID")
        if kind in ("StudyEventDef", "FormDef", "ItemGroupDef"):
            below[oid] = {
                ref.get(f"{etree.QName(ref).localname.removesuffix('Ref')}OID")
                for ref in one
                if etree.QName(ref).localname in ("FormRef", "ItemGroupRef", "ItemRef")
            }
    events = {one.get("OID") for one in meta.iterchildren("{*}StudyEventDef")}
    units = {one.get("OID") for one in root.iter("{*}MeasurementUnit")}
    missing, count = set[str](), 0

    def reached(oid: str) -> set[str]:
        """What stands below, in groups of groups, too."""
        found = below.get(oid, set())
        return found | {one for inner in found for one in reached(inner)}

    for one in root.iterfind("{*}ClinicalData//*"):
        kind, parent = etree.QName(one).localname, one.getparent()
        if kind not in ("StudyEventData", "FormData", "ItemGroupData", "ItemData", "MeasurementUnitRef"):
            continue
        name = one.get(f"{kind.removesuffix('Data').removesuffix('Ref')}OID")
        count += 1
        if kind == "StudyEventData":
            known = events
        elif kind == "MeasurementUnitRef":
            known = units
        else:
            of = etree.QName(parent).localname.removesuffix("Data")
            holder = parent.get(f"{of}OID")
            known = below.get(holder, set()) if kind == "ItemData" else reached(holder)
        if name not in known:
            missing.add(f"{kind} {name}")
    return missing, count


def data_of(path: Path) -> list[Subject]:
    with open_data(path) as file:
        found = list(file.subjects())
    assert not file.losses
    return found


def exported(session: Session, path: Path, odm: Odm, snapshot: bool = False) -> Path:
    export_odm(session, path, odm, snapshot=snapshot)
    check(path, odm)
    return path


def assert_every_name_is_there(session: Session, folder: Path, asked: set[str]) -> None:
    for odm in VERSIONS:
        for snapshot in (False, True):
            path = exported(session, folder / f"{odm}-{snapshot}.xml", odm, snapshot)
            missing, count = unknown_names(path)
            assert missing == set() and count > len(asked)


def test_every_name_in_a_file_of_the_real_trial_is_defined_in_it(
    session: Callable[..., Session], tmp_path: Path
) -> None:
    here = session("coordinator")
    assert_every_name_is_there(here, tmp_path, answer_everything(here))


@pytest.mark.skipif(not STANDARDS.is_dir(), reason="other people's files are not here: set CRF_STANDARDS")
@pytest.mark.parametrize("name", OTHERS)
def test_every_name_in_a_file_of_an_imported_study_is_defined_in_it(
    at_work: Callable[..., Session], tmp_path: Path, name: str
) -> None:
    session = at_work(import_study(STANDARDS / name, tmp_path / "study").folder)
    assert_every_name_is_there(session, tmp_path, answer_everything(session))


def deep(tmp_path: Path) -> Path:
    (tmp_path / "deep.xml").write_text(DEEP, "utf-8")
    return import_study(tmp_path / "deep.xml", tmp_path / "study").folder


@pytest.mark.parametrize("odm", VERSIONS)
def test_items_of_a_form_itself_and_groups_three_deep_come_back(
    at_work: Callable[..., Session], tmp_path: Path, odm: Odm
) -> None:
    folder = deep(tmp_path)
    session = at_work(folder)
    asked = answer_everything(session)
    assert len(asked) == 5
    assert_every_name_is_there(session, tmp_path, asked)
    first = exported(session, tmp_path / "first.xml", odm)
    (subject,) = data_of(first)
    own = [item.oid for form in forms_of(subject) for item in form.items]
    assert own == (["FIRST", "LAST"] if odm == "2.0" else [])
    other = at_work(folder, "b")
    done = import_odm(other, first)
    assert (done.answers, done.losses) == (5, {}) and set(done.outcomes) <= {"kept"}
    assert data_of(exported(other, tmp_path / "again.xml", odm)) == [subject]


def test_data_of_groups_three_deep_are_read(at_work: Callable[..., Session], tmp_path: Path) -> None:
    """Another system says them as the definition does: groups inside groups."""
    session = at_work(deep(tmp_path))

    def group(oid: str, *inside: str, key: str = "") -> str:
        return f'<ItemGroupData ItemGroupOID="{oid}"{key}>{"".join(inside)}</ItemGroupData>'

    def item(oid: str) -> str:
        return f'<ItemData ItemOID="{oid}"><Value>made up {oid}</Value></ItemData>'

    inner = [group("INNER", item("C"), key=f' ItemGroupRepeatKey="{n}"') for n in (1, 2)]
    outer = group("OUTER", item("A"), group("MIDDLE", item("B"), *inner))
    label = next_number(session)
    (tmp_path / "data.xml").write_text(
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" FileType="Snapshot" FileOID="D" ODMVersion="2.0" '
        'CreationDateTime="2026-11-22T09:00:00Z"><ClinicalData StudyOID="MADE.UP" MetaDataVersionOID="1">'
        f'<SubjectData SubjectKey="{label}"><StudyEventData StudyEventOID="V">'
        + group("FORM", item("FIRST"), outer, item("LAST"))
        + "</StudyEventData></SubjectData></ClinicalData></ODM>",
        "utf-8",
    )
    done = import_odm(session, tmp_path / "data.xml")
    assert (done.answers, done.outcomes, done.losses) == (6, {}, {})
    (one,) = data_of(exported(session, tmp_path / "out.xml", "2.0", snapshot=True))
    said = sorted(item.value or "" for form in forms_of(one) for item in all_items(form))
    assert said == sorted(f"made up {oid}" for oid in ("FIRST", "LAST", "A", "B", "C", "C"))


def forms_of(subject: Subject) -> list[Form]:
    return [form for event in subject.events for form in event.forms]


def all_items(form: Form) -> list[Any]:
    return [*form.items, *(item for group in form.groups for item in group.items)]


# ---- a study that changed


def second(study: Study) -> Study:
    """Version 2 does not ask the diastolic pressure."""
    form = study.forms["F.VS"]
    group = form.item_group[0]
    kept = tuple(one for one in group.item if one.oid != "I.VS.DIABP")
    rules = tuple(one for one in form.condition if "DIABP" not in one.expression and "DIABP" not in one.item)
    other = changed(form, item_group=(changed(group, item=kept), *form.item_group[1:]), condition=rules)
    rest = tuple(other if one.oid == "F.VS" else one for one in study.form)
    return changed(study, version="2", form=rest)


def amended_home(at_work: Callable[..., Session], name: str, answers: bool) -> Session:
    """A home on version 2; with answers one subject was completed under 1, another one begun under 2."""
    folder = FORMS / "demo-vitals"
    session = at_work(folder, name)
    old = begun(session, DIABP="80") if answers else None
    if old is not None:
        complete_form(session, old)
    session = at_work(folder, name, "investigator")
    amendments.put_in_force(session, second(load_study(folder)[0]), session.clock.now().date(), "made up")
    session = at_work(folder, name)
    if answers:
        complete_form(session, begun(session))
    return session


def begun(session: Session, **more: str) -> FormKey:
    uid = add_subject(session, next_number(session)).subject
    key = FormKey(uid, "SE.V1", "F.VS")
    for name, text in ({"SYSBP": "120", "HEIGHT": "170", "WEIGHT": "65"} | more).items():
        enter_value(session, ItemKey(key, "IG.VS", f"I.VS.{name}"), text)
    return key


def flags(subject: Subject, kind: str) -> list[str]:
    notes = [note for form in forms_of(subject) for note in form.notes]
    return [flag.value for note in notes for flag in note.flags if flag.type == kind]


@pytest.mark.parametrize("odm", VERSIONS)
@pytest.mark.parametrize("snapshot", [False, True])
def test_a_form_says_its_version_and_status_and_both_come_back(
    at_work: Callable[..., Session], tmp_path: Path, odm: Odm, snapshot: bool
) -> None:
    session = amended_home(at_work, "a", answers=True)
    first = exported(session, tmp_path / "first.xml", odm, snapshot)
    assert unknown_names(first)[0] == set()
    old, new = data_of(first)
    assert (flags(old, "FORM.VERSION"), flags(new, "FORM.VERSION")) == (["1"], ["2"])
    assert (flags(old, "FORM.STATUS"), flags(new, "FORM.STATUS")) == (["complete"], ["complete"])
    assert "I.VS.DIABP" in {item.oid for form in forms_of(old) for item in all_items(form)}
    other = amended_home(at_work, "b", answers=False)
    done = import_odm(other, first)
    assert (done.added, done.losses, done.outcomes) == (2, {}, {})  # what version 1 asked is asked in it
    under = [reads.form_versions(other.store.conn, one.uid) for one in reads.subject_names(other.store.conn)]
    assert [list(one.values()) for one in under] == [["1"], ["2"]]
    again = data_of(exported(other, tmp_path / "again.xml", odm, snapshot))
    assert again == [old, new] and verify(other).sound
    assert import_odm(other, first).records == 0


def test_people_of_two_homes_with_one_user_id_are_two_people(
    at_work: Callable[..., Session], tmp_path: Path
) -> None:
    amended_home(at_work, "a", answers=True)
    first = exported(at_work(FORMS / "demo-vitals", "a"), tmp_path / "a.xml", "1.3.2")
    other = amended_home(at_work, "b", answers=True)
    for label in {one.label for one in reads.subject_names(other.store.conn)}:
        first.write_text(first.read_text("utf-8").replace(f'"{label}"', f'"{label[:-1]}9"'), "utf-8")
    import_odm(other, first)
    with open_data(exported(other, tmp_path / "b.xml", "1.3.2")) as file:
        subjects = list(file.subjects())
    users = {one.oid for one in file.admin.users if one.login == "coordinator"}
    said = {item.audit.user for s in subjects for f in forms_of(s) for item in all_items(f) if item.audit}
    assert len(users) == 2 and users <= said
