"""ODM data out of one home and into another: same values, trail, queries and statements; nothing silent."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions import queries, rows, signing, subjects
from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.odm.odm_admin import Odm
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.odm.odm_import import OdmImport, import_odm
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import Session
from crf_app.errors import ExchangeRefused, NotAllowed, WrongState
from crf_app.exchange.clinical import Item, Subject
from crf_app.exchange.data_in import open_data
from crf_app.exchange.schema_check import check
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import reads

SignedIn = Callable[..., Session]
VERSIONS: tuple[Odm, ...] = ("1.3.2", "2.0")
SYSBP = "I.VS.SYSBP"


def data_of(path: Path) -> list[Subject]:
    with open_data(path) as file:
        found = list(file.subjects())
    assert not file.losses
    return found


def person(oid: str) -> str:
    """Site and user id of a person's OID, which names the key of the site, too; the program's as it is."""
    if oid == "U.system":
        return oid
    found = re.fullmatch(r"U\.(\w+)\.[A-Z2-7]{8}\.(\w+)", oid)
    assert found, oid
    return " ".join(found.groups())


def items_of(subject: Subject, oid: str) -> list[Item]:
    """Every statement about one item, in order."""
    groups = [g for event in subject.events for form in event.forms for g in form.groups]
    return [item for group in groups for item in group.items if item.oid == oid]


@pytest.fixture
def filled(
    session: SignedIn, new_subject: Callable[..., str], at: Any, vital_signs: Any, password: str
) -> Path:
    """A home: a correction, a missing answer, rows, an extra visit, queries, a signature of one subject."""
    nurse = session("nurse")
    vital_signs(nurse, at, "SE.V1")
    key = at("SE.V1", "VS.SYSBP")
    enter_value(nurse, key, "131", reason="typing error <made up> & more")
    complete_form(nurse, key.form_key)
    ae = at.form("SE.LOG", "F.AE")
    enter_value(nurse, ItemKey(ae, "IG.AEYN", "I.AE.AEYN"), "Y")
    first = rows.add_row(nurse, ae, "IG.AE").row
    enter_value(nurse, ItemKey(ae, first, "I.AE.AETERM"), 'made-up\nheadache "x" 头痛')
    second = rows.add_row(nurse, ae, "IG.AE").row
    enter_value(nurse, ItemKey(ae, second, "I.AE.AETERM"), "entered twice")
    rows.remove_row(nurse, ae, second, "twice")
    subjects.add_visit(nurse, at.uid, "SE.UNS", "fever (made up)")
    mark_missing(nurse, at("SE.SCR", "VS.TEMP"), "ND")
    enter_value(nurse, at("SE.SCR", "VS.SYSBP"), "250")
    investigator = session("investigator")
    queries.open_query(investigator, key, "Please compare with the source")
    signing.sign_form(investigator, key.form_key, password, "approval")
    return investigator.home


@pytest.fixture
def empty(made_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_home, tmp_path / "other"))


@pytest.fixture
def exported(filled: Path, session: SignedIn, tmp_path: Path) -> Callable[..., Path]:
    def made(odm: Odm = "1.3.2", snapshot: bool = False) -> Path:
        path = tmp_path / f"out_{odm}_{snapshot}.xml"
        export_odm(session("coordinator", filled), path, odm, snapshot=snapshot)
        return path

    return made


@pytest.mark.parametrize("odm", VERSIONS)
@pytest.mark.parametrize("snapshot", [False, True])
def test_export_import_export_gives_the_same_data(
    exported: Callable[..., Path], session: SignedIn, empty: Path, tmp_path: Path, odm: Odm, snapshot: bool
) -> None:
    first = exported(odm, snapshot)
    check(first, odm)
    other = session("coordinator", empty)
    done = import_odm(other, first)
    assert (done.subjects, done.added, done.outcomes, done.losses) == (1, 1, {}, {})
    export_odm(other, tmp_path / "again.xml", odm, snapshot=snapshot)
    assert data_of(tmp_path / "again.xml") == data_of(first)
    assert verify(other).sound


def test_the_trail_says_each_step_with_who_when_and_why(exported: Callable[..., Path]) -> None:
    (subject,) = data_of(exported())
    visits = {event.oid for event in subject.events}
    assert {"SE.SCR", "SE.V1", "SE.LOG", "SE.UNS"} <= visits
    steps = [one for one in items_of(subject, SYSBP) if one.value in ("128", "131")]
    assert [one.transaction for one in steps] == ["Insert", "Update"]
    audit = steps[1].audit
    assert audit is not None and audit.reason == "typing error <made up> & more"
    assert (person(audit.user), audit.location) == ("001 nurse", "L.001") and audit.at.endswith("+08:00")
    (temp,) = [one for one in items_of(subject, "I.VS.TEMP") if one.missing]
    assert (temp.missing, temp.value) == ("ND", None)
    asked = [step for one in items_of(subject, SYSBP) for step in one.queries]
    assert "Please compare with the source" in [step.text for step in asked if not step.system]
    assert any(step.system and json.loads(step.said or "")["check"] for step in asked)
    signed = [form for event in subject.events for form in event.forms if form.signature is not None]
    assert [person(form.signature.user) for form in signed if form.signature] == ["001 investigator"]
    struck = [g for e in subject.events for f in e.forms for g in f.groups if g.transaction == "Remove"]
    assert [one.audit.reason for one in struck if one.audit] == ["twice"]


def test_people_places_and_meanings_stand_in_the_file(exported: Callable[..., Path]) -> None:
    with open_data(exported()) as file:
        (subject,) = file.subjects()
    users = {person(one.oid) for one in file.admin.users}
    said = {person(one.audit.user) for one in items_of(subject, SYSBP) if one.audit}
    assert said | {"U.system", "001 investigator"} <= users
    assert [one.oid for one in file.admin.locations] == ["L.001"]
    assert {"SD.approval", "SD.authorship", "SD.review"} == {one.oid for one in file.admin.signatures}
    assert all("handwritten" in one.legal_reason for one in file.admin.signatures)


def test_the_same_file_twice_appends_nothing(
    exported: Callable[..., Path], session: SignedIn, empty: Path
) -> None:
    path = exported()
    other = session("coordinator", empty)
    import_odm(other, path)
    end = other.store.end.seq
    done = import_odm(other, path)
    assert (done.records, done.answers, done.outcomes, other.store.end.seq) == (0, 0, {}, end)


def test_a_dry_run_says_the_same_and_stores_nothing(
    exported: Callable[..., Path], session: SignedIn, empty: Path
) -> None:
    path = exported()
    other = session("coordinator", empty)
    end = other.store.end.seq
    dry = import_odm(other, path, dry_run=True)
    assert other.store.end.seq == end and reads.subject_names(other.store.conn) == []
    done = import_odm(other, path)
    assert (dry.answers, dry.outcomes, dry.added) == (done.answers, done.outcomes, done.added)


def test_the_importing_person_stands_beside_the_origin(
    exported: Callable[..., Path], session: SignedIn, empty: Path, records: Callable[..., list[Any]]
) -> None:
    path = exported()
    other = session("coordinator", empty)
    import_odm(other, path)
    kept = [one for one in records(other, kind="item.set") if (one.key or "").endswith(SYSBP)]
    assert {one.user for one in kept} == {"coordinator"} and len({one.subject for one in kept}) == 1
    assert {person(json.loads(one.origin)["user"]) for one in kept} == {"001 nurse"}
    about = [json.loads(one.value) for one in records(other, kind="import.make") if one.subject is None]
    assert [one["odm"] for one in about] == ["1.3.2"] and len(about[0]["sha256"]) == 64
    stated = [json.loads(one.value) for one in records(other, kind="import.make") if one.subject]
    assert [one["signature"]["meaning"] for one in stated if "signature" in one] == ["SD.approval"]
    assert records(other, kind="sign.make") == []  # no signature of ours


def test_another_value_here_is_left_unless_a_reason_is_given(
    exported: Callable[..., Path], session: SignedIn, empty: Path, tmp_path: Path
) -> None:
    path = exported()
    other = session("coordinator", empty)
    import_odm(other, path)
    uid = reads.subject_names(other.store.conn)[0].uid
    key = ItemKey(FormKey(uid, "SE.V1", "F.VS"), "IG.VS", SYSBP)
    enter_value(other, key, "140", reason="source says 140 (made up)")
    end = other.store.end.seq
    done = import_odm(other, path)
    assert done.outcomes == {"differs": 1} and other.store.end.seq == end
    (line,) = done.lines
    assert "140" in line.texts["en"] and "131" in line.texts["zh"] and line.line > 1
    done = import_odm(other, path, reason="the source was right (made up)")
    assert (done.answers, done.outcomes) == (1, {})
    assert other.subject(uid).values(key.form_key)[key.local].value == "131"
    assert import_odm(other, path, reason="again").records == 0


def test_what_does_not_fit_is_told_with_its_line_and_the_rest_is_taken(
    exported: Callable[..., Path], session: SignedIn, empty: Path
) -> None:
    path = exported()
    text = path.read_text("utf-8")
    text = text.replace('Value="131"', 'Value="high"').replace(
        'ItemOID="I.VS.PULSE"', 'ItemOID="I.VS.NONE"', 1
    )
    head, _, data = text.partition("<ClinicalData")
    path.write_text(head + "<ClinicalData" + data.replace('FormOID="F.AE"', 'FormOID="F.XX"'), "utf-8")
    other = session("coordinator", empty)
    done = import_odm(other, path)
    assert done.added == 1 and set(done.outcomes) == {"refused"}
    said = {line.what.split("/")[-1]: line for line in done.lines}
    lines = path.read_text("utf-8").split("\n")
    assert "I.VS.SYSBP" in lines[said["I.VS.SYSBP"].line - 1] and "high" in said["I.VS.SYSBP"].texts["en"]
    assert any("F.XX" in line.what for line in done.lines)
    uid = reads.subject_names(other.store.conn)[0].uid
    values = other.subject(uid).values(FormKey(uid, "SE.V1", "F.VS"))
    assert values["IG.VS/I.VS.SYSBP"].value == "128" and values["IG.VS/I.VS.DIABP"].value == "80"
    assert verify(other).sound


def test_a_check_that_fires_on_imported_values_opens_its_query(
    exported: Callable[..., Path], session: SignedIn, empty: Path
) -> None:
    path = exported(snapshot=True)
    text = path.read_text("utf-8").replace('Value="80"', 'Value="290"')
    path.write_text(text, "utf-8")
    other = session("coordinator", empty)
    import_odm(other, path)
    asked = {row.check for row in reads.queries(other.store.conn) if row.status == "Open"}
    before = {row.check for row in reads.queries(session("coordinator").store.conn)}
    assert asked - before


def test_a_hidden_answer_without_a_trail_is_refused_and_with_one_kept(
    session: SignedIn, empty: Path, tmp_path: Path
) -> None:
    def made(audit: str, label: str) -> OdmImport:
        path = tmp_path / "hidden.xml"
        study = other.study
        path.write_text(
            "<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3' FileOID='F' FileType='Snapshot' "
            f"CreationDateTime='2026-01-01T00:00:00Z'><ClinicalData StudyOID='{study.oid}' "
            f"MetaDataVersionOID='1'><SubjectData SubjectKey='{label}'><StudyEventData StudyEventOID='SE.V1'>"
            "<FormData FormOID='F.VS'><ItemGroupData ItemGroupOID='IG.VS.PERF'>"
            "<ItemData ItemOID='I.VS.VSPERF' Value='N'/></ItemGroupData><ItemGroupData ItemGroupOID='IG.VS'>"
            f"<ItemData ItemOID='I.VS.SYSBP' Value='120'>{audit}</ItemData></ItemGroupData></FormData>"
            "</StudyEventData></SubjectData></ClinicalData></ODM>",
            "utf-8",
        )
        return import_odm(other, path)

    other = session("coordinator", empty)
    trail = (
        "<AuditRecord><UserRef UserOID='U'/><LocationRef LocationOID='L'/>"
        "<DateTimeStamp>2026-01-01T00:00:00Z</DateTimeStamp></AuditRecord>"
    )
    assert made("", "ZN001").outcomes == {"refused": 1}
    kept = made(trail, "ZN002")
    assert (kept.outcomes, kept.answers) == ({"kept": 1}, 2)


@pytest.mark.parametrize("user", ["nurse", "administrator"])
def test_others_may_not_import(
    exported: Callable[..., Path],
    session: SignedIn,
    empty: Path,
    user: str,
    records: Callable[..., list[Any]],
) -> None:
    path = exported()
    other = session(user, empty)
    with pytest.raises(NotAllowed):
        import_odm(other, path)
    assert len(records(other, kind="session.refuse")) == 1


def test_data_of_another_study_are_refused(
    exported: Callable[..., Path], session: SignedIn, empty: Path
) -> None:
    path = exported()
    other = session("coordinator", empty)
    text = path.read_text("utf-8").replace(f'StudyOID="{other.study.oid}"', 'StudyOID="OTHER"')
    path.write_text(text, "utf-8")
    with pytest.raises(WrongState, match="OTHER"):
        import_odm(other, path)


def test_a_file_cut_short_is_refused_and_whole_subjects_before_it_stay(
    exported: Callable[..., Path], session: SignedIn, empty: Path
) -> None:
    path = exported()
    text = path.read_text("utf-8")
    path.write_text(text[: text.rindex("</ClinicalData>")], "utf-8")
    other = session("coordinator", empty)
    with pytest.raises(ExchangeRefused):
        import_odm(other, path)
    assert len(reads.subject_names(other.store.conn)) == 1 and verify(other).sound
