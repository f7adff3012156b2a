"""Hostile and broken files of data: refused or listed in words, in bounded memory, nothing half imported."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.actions.odm.odm_admin import Odm
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.odm.odm_import import OdmImport, import_odm
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import Session
from crf_app.errors import CrfError, ExchangeRefused, LimitExceeded, WrongState
from crf_app.exchange.schema_check import check
from crf_app.model.keys import FormKey
from crf_app.store import ledger, reads

SignedIn = Callable[..., Session]
TRAIL = (
    "<AuditRecord><UserRef UserOID='U'/><LocationRef LocationOID='L'/>"
    "<DateTimeStamp>2026-01-01T00:00:00Z</DateTimeStamp></AuditRecord>"
)
ODM = (
    "<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3' FileOID='F' FileType='Snapshot' "
    "CreationDateTime='2026-01-01T00:00:00Z'>"
)


def item(oid: str, value: str, inside: str = "") -> str:
    return f"<ItemData ItemOID='{oid}' Value='{value}'>{inside}</ItemData>"


def vitals(*items: str, visit: str = "SE.V1") -> str:
    return (
        f"<StudyEventData StudyEventOID='{visit}'><FormData FormOID='F.VS'>"
        "<ItemGroupData ItemGroupOID='IG.VS'>"
        + "".join(items)
        + "</ItemGroupData></FormData></StudyEventData>"
    )


def subject(label: str, *events: str) -> str:
    return f"<SubjectData SubjectKey='{label}'>{''.join(events)}</SubjectData>"


@pytest.fixture
def here(session: SignedIn) -> Session:
    return session("coordinator")


@pytest.fixture
def taken(here: Session, tmp_path: Path) -> Callable[..., OdmImport]:
    """taken(subjects…): what becomes of a file with these subjects."""

    def made(*subjects: str, study: str = "", **options: Any) -> OdmImport:
        path = tmp_path / "in.xml"
        path.write_text(file_of(study or here.study.oid, *subjects), "utf-8", "surrogatepass")
        return import_odm(here, path, **options)

    return made


def file_of(study: str, *subjects: str) -> str:
    data = f"<ClinicalData StudyOID='{study}' MetaDataVersionOID='1'>{''.join(subjects)}</ClinicalData>"
    return f"{ODM}{data}</ODM>"


def labels(session: Session) -> list[str]:
    return [one.label for one in reads.subject_names(session.store.conn)]


def values(session: Session) -> set[str]:
    return {
        one.record.value or ""
        for one in ledger.entries(session.store.conn, "seq > ?", (0,))
        if one.record.kind == "item.set"
    }


@pytest.mark.parametrize(
    "label",
    ["../x", "\U0001f600", "|", "ZN001|F", "ZN001/SE.V1", "%00", "~", "A" * 5000, "‮ZN001"],
)
def test_a_hostile_subject_number_is_refused_in_words(
    taken: Callable[..., OdmImport], here: Session, label: str
) -> None:
    done = taken(subject(label, vitals(item("I.VS.SYSBP", "120"))), subject("ZN007"))
    assert done.outcomes == {"refused": 1} and labels(here) == ["ZN007"]
    assert len(done.lines[0].texts["zh"]) > 5 and len(done.lines[0].what) < 200


@pytest.mark.parametrize(
    "reference", ["&#0;", "&#xD800;", "&#xFFFE;", "&#x110000;", "\x00", "\x0b", "\ud800"]
)
def test_what_is_no_character_of_xml_refuses_the_file(
    taken: Callable[..., OdmImport], here: Session, reference: str
) -> None:
    with pytest.raises(ExchangeRefused):
        taken(subject("ZN001", vitals(item("I.VS.SYSBP", f"12{reference}"))))
    assert labels(here) == []


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2025-02-29", "2026-13-01", "0000-01-01", "2026-1", "10000-01-01"]
)
def test_a_day_that_the_calendar_does_not_have_is_listed(
    taken: Callable[..., OdmImport], here: Session, day: str
) -> None:
    done = taken(subject("ZN001", vitals(item("I.VS.VSDAT", day, TRAIL), item("I.VS.SYSBP", "120", TRAIL))))
    assert done.outcomes["refused"] == 1 and values(here) == {"120"}


@pytest.mark.parametrize(
    "moment", ["2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00+99:99"]
)
def test_a_moment_of_an_audit_record_that_does_not_exist_refuses_the_file(
    taken: Callable[..., OdmImport], here: Session, moment: str
) -> None:
    trail = TRAIL.replace("2026-01-01T00:00:00Z", moment)
    with pytest.raises(ExchangeRefused):
        taken(subject("ZN001", vitals(item("I.VS.SYSBP", "120", trail))))
    assert labels(here) == []


def test_a_value_of_more_than_a_mebibyte_is_listed_and_the_rest_taken(
    taken: Callable[..., OdmImport], here: Session
) -> None:
    long = "x" * ((1 << 20) + 1)
    done = taken(
        subject(
            "ZN001",
            "<StudyEventData StudyEventOID='SE.LOG'><FormData FormOID='F.AE'>"
            "<ItemGroupData ItemGroupOID='IG.AE' ItemGroupRepeatKey='1'>"
            f"{item('I.AE.AETERM', long, TRAIL)}</ItemGroupData></FormData></StudyEventData>",
            vitals(item("I.VS.SYSBP", "120", TRAIL)),
        )
    )
    assert done.outcomes["refused"] == 1 and "120" in values(here) and long not in values(here)


@pytest.mark.parametrize("part", ["reason", "user", "note", "key"])
def test_a_long_text_beside_a_value_is_refused_or_listed(
    taken: Callable[..., OdmImport], here: Session, part: str
) -> None:
    long = "x" * ((1 << 20) + 1)
    trail = {
        "reason": TRAIL.replace("</AuditRecord>", f"<ReasonForChange>{long}</ReasonForChange></AuditRecord>"),
        "user": TRAIL.replace("'U'", f"'{long}'"),
        "note": TRAIL + f"<Annotation SeqNum='1'><Comment>{long}</Comment></Annotation>",
        "key": TRAIL,
    }[part]
    event = vitals(item("I.VS.SYSBP", "120", trail))
    if part == "key":
        event = event.replace("<FormData ", f"<FormData FormRepeatKey='{long}' ")
    try:
        done = taken(subject("ZN001", event), subject("ZN002"))
    except CrfError as refusal:
        assert len(refusal.sentence("zh")) < 2000 and verify(here).sound
    else:
        assert done.outcomes.get("refused") and all(len(one.what) < 2000 for one in done.lines)


def test_the_same_subject_item_and_audit_record_twice_are_one(
    taken: Callable[..., OdmImport], here: Session
) -> None:
    one = subject("ZN001", vitals(item("I.VS.SYSBP", "120", TRAIL), item("I.VS.SYSBP", "121", TRAIL)))
    done = taken(one, one)
    assert labels(here) == ["ZN001"] and done.added == 1
    uid = reads.subject_names(here.store.conn)[0].uid
    assert here.subject(uid).values(FormKey(uid, "SE.V1", "F.VS"))["IG.VS/I.VS.SYSBP"].value == "121"
    assert taken(one, one).records == 0


@pytest.mark.parametrize("study", ["../x", "X" * 3000, "\U0001f600"])
def test_data_of_another_study_are_refused_by_name(
    taken: Callable[..., OdmImport], here: Session, study: str
) -> None:
    with pytest.raises(WrongState) as refusal:
        taken(subject("ZN001"), study=study)
    assert len(refusal.value.sentence("zh")) < 1000 and labels(here) == []


def test_a_hundred_thousand_items_in_a_group_are_one_answer_or_too_many(
    taken: Callable[..., OdmImport], here: Session
) -> None:
    many = vitals(*(item(f"I.VS.NONE{n}", "1") for n in range(100_000)))
    done = taken(subject("ZN001", many))
    assert done.outcomes == {"refused": 100_000} and len(done.lines) <= 1000
    assert here.store.end.seq < 200


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE ODM [<!ENTITY a 'aaaaaaaaaa'>]>" + file_of("X", subject("&a;")),
        file_of("X", "<A>" * 5000 + "</A>" * 5000),
        file_of("X", subject("ZN001", "<StudyEventData>" * 300 + "</StudyEventData>" * 300)),
        "<ODM/>",
        "",
    ],
)
def test_a_file_that_is_no_such_file_is_refused(here: Session, tmp_path: Path, text: str) -> None:
    (tmp_path / "in.xml").write_text(text, "utf-8")
    with pytest.raises((ExchangeRefused, LimitExceeded)):
        import_odm(here, tmp_path / "in.xml")
    assert labels(here) == []


def test_an_attribute_without_end_is_refused_in_bounded_memory(here: Session, tmp_path: Path) -> None:
    path = tmp_path / "in.xml"
    start = file_of(here.study.oid, "<SubjectData SubjectKey='")
    with path.open("wb") as file:  # a gibibyte that takes no place on the disk
        file.write(start[: start.index("</ClinicalData>")].encode())
        file.write(b"x" * (6 << 20))
        file.truncate(1 << 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((ExchangeRefused, LimitExceeded)):
        import_odm(here, path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB


WEIRD = """<AdminData><User OID="U" UserType="Nobody"/><Location OID="L" Name="L" LocationType="Site"/>
<Location OID="L2" Name=""><MetaDataVersionRef StudyOID="" MetaDataVersionOID="" EffectiveDate="never"/>
</Location>
<SignatureDef OID="S" Methodology="Ink"><Meaning/></SignatureDef></AdminData>"""
NOTES = (
    "<Annotation SeqNum='-7'><Comment>made up</Comment></Annotation>"
    "<Annotation SeqNum='0'><Flag><FlagValue CodeListOID='X'></FlagValue></Flag></Annotation>"
    "<Annotation SeqNum='1'><Comment>?</Comment><Flag><FlagValue CodeListOID='Q'/>"
    "<FlagType CodeListOID='CRF.FLAG'>QUERY.THREAD</FlagType></Flag><Flag><FlagValue CodeListOID='Q'>Open"
    "</FlagValue><FlagType CodeListOID='CRF.FLAG'>QUERY.STATUS</FlagType></Flag></Annotation>"
)
SIGNED = (
    "<Signature><UserRef UserOID='U'/><LocationRef LocationOID='L'/><SignatureRef SignatureOID='S'/>"
    "<DateTimeStamp>2026-01-01T24:00:00Z</DateTimeStamp></Signature>"
)


@pytest.mark.parametrize("odm", ["1.3.2", "2.0"])
@pytest.mark.parametrize("snapshot", [False, True])
def test_whatever_was_taken_can_be_exported(here: Session, tmp_path: Path, odm: Odm, snapshot: bool) -> None:
    signed = SIGNED.replace("01T24", "01T23")
    form = vitals(item("I.VS.SYSBP", "120", TRAIL + signed + NOTES))
    form = form.replace("<ItemGroupData", f"{TRAIL}{signed}{NOTES}<ItemGroupData", 1)
    form = form.replace("<FormData", f"{TRAIL}{NOTES}<FormData", 1)
    text = file_of(here.study.oid, subject("ZN001", TRAIL + NOTES + form)).replace(ODM, ODM + WEIRD)
    (tmp_path / "in.xml").write_text(text, "utf-8")
    assert set(import_odm(here, tmp_path / "in.xml").losses) == {"Flag"}  # those without a value
    export_odm(here, tmp_path / "out.xml", odm, snapshot=snapshot)
    check(tmp_path / "out.xml", odm)
    said = (tmp_path / "out.xml").read_text("utf-8")
    assert said.count("made up") == 4 and said.count('SignatureOID="S"') == 2


def test_a_signature_at_no_time_refuses_the_file(taken: Callable[..., OdmImport], here: Session) -> None:
    with pytest.raises(ExchangeRefused):
        taken(subject("ZN001", vitals(item("I.VS.SYSBP", "120", TRAIL + SIGNED.replace("T24", "T25")))))
    assert labels(here) == []


# ---- cut short, damaged, killed


@pytest.fixture(scope="module")
def large() -> Callable[[str], str]:
    def made(study: str, subjects: int = 12) -> str:
        names = ("SYSBP", "DIABP", "PULSE", "RESP")
        some = [item(f"I.VS.{name}", str(n + 60), TRAIL) for n, name in enumerate(names)]
        return file_of(study, *(subject(f"ZN{n:03}", vitals(*some)) for n in range(1, subjects + 1)))

    return made


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(share=st.floats(0.02, 0.98), damage=st.booleans())
def test_a_file_cut_or_damaged_anywhere_leaves_whole_subjects_only(
    here: Session, tmp_path: Path, large: Callable[[str], str], share: float, damage: bool
) -> None:
    data = large(here.study.oid).encode()
    at = int(len(data) * share)
    path = tmp_path / "in.xml"
    path.write_bytes(data[:at] + b"\x00<" + data[at + 2 :] if damage else data[:at])
    with pytest.raises(CrfError):
        import_odm(here, path)
    for one in reads.subject_names(here.store.conn):
        found = [key for key in here.subject(one.uid).items if key.startswith("SE.V1/F.VS/IG.VS/")]
        assert len(found) >= 4


KILLED = """
import os, signal, sys
from datetime import datetime, timezone
from pathlib import Path
from crf_app.actions.session import sign_in
from crf_app.actions.odm.odm_import import import_odm
home, file, after = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
session = sign_in(home, "coordinator", sys.argv[4])
def say(subjects, answers):
    if subjects == after:
        os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[5] == "inside":
    append, count = session.store.conn.execute, [0]
    from crf_app.store import ledger
    kept = ledger.append
    def broken(*args, **more):
        count[0] += 1
        if count[0] == after:
            import threading
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGKILL)).start()
        return kept(*args, **more)
    ledger.append = broken
import_odm(session, file, say=say)
"""


@pytest.mark.parametrize("where", ["between", "inside"])
@pytest.mark.parametrize("after", [1, 7])
def test_killed_during_the_import_and_again_is_the_same_as_at_once(
    made_home: Path,
    session: SignedIn,
    password: str,
    tmp_path: Path,
    large: Callable[[str], str],
    where: str,
    after: int,
) -> None:
    killed, whole = (Path(shutil.copytree(made_home, tmp_path / name)) for name in ("killed", "whole"))
    other = session("coordinator", whole)
    path = tmp_path / "in.xml"
    path.write_text(large(other.study.oid), "utf-8")
    import_odm(other, path)
    wanted = state(other)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(killed), str(path), str(after), password, where], check=False
    )
    assert done.returncode == -signal.SIGKILL
    again = session("coordinator", killed)
    import_odm(again, path)
    assert state(again) == wanted and verify(again).sound
    assert import_odm(again, path).records == 0


def state(session: Session) -> dict[str, dict[str, str | None]]:
    names = reads.subject_names(session.store.conn)
    return {
        one.label: {k: v.answer.value for k, v in session.subject(one.uid).items.items()} for one in names
    }
