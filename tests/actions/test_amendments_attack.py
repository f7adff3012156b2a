"""What an amendment must not do to data that are there: hard cases, each of which once went wrong."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pypdf import PdfReader

from crf_app.actions import exporting
from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value, mark_missing
from crf_app.actions.form_page import form_page
from crf_app.actions.lab.lab_import import import_results
from crf_app.actions.lab.lab_mapping import LabMapping
from crf_app.actions.printing.paper import blank_pdf, form_pdf
from crf_app.actions.rows import add_row
from crf_app.actions.safekeeping.keeping import rebuild, verify
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.study import amendments, migrating
from crf_app.actions.subjects import add_subject, next_number
from crf_app.errors import AmendmentRefused, NotFound, StoreDamaged, ValueRejected
from crf_app.model.def_base import Text
from crf_app.model.definition import FormRef, Reason, Study, StudyEventDef
from crf_app.model.form_def import ConditionDef, ItemGroupDef, MethodDef
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef, MeasurementUnit, ReferenceRange
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.load_expand import changed, companions

sys.path.insert(0, str(Path(__file__).parents[1] / "model"))
from amendment_strategy import demo_vitals, with_form, with_group, with_item, with_list, without_rules

WHY = "Amendment, made up"
VITALS = {"SYSBP": "120", "DIABP": "80", "HEIGHT": "170", "WEIGHT": "65"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, password: str) -> Path:
    """A home with forms/demo-vitals, an investigator and a coordinator.  Never opened."""
    from datetime import datetime, timezone

    from crf_app.actions.people import accounts, first_run
    from crf_app.crypto.passwords import LIGHT

    home, once = tmp_path_factory.mktemp("attack") / "home", "one-time made-up words"
    clock = _Clock(datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=8))))
    people = [
        first_run.NewPerson(user, f"Made-up {user}", role, password, own_password=True)
        for user, role in (("admin", "administrator"), ("investigator", "investigator"))
    ]
    folder = Path(__file__).parents[2] / "forms" / "demo-vitals"
    first_run.init(home, folder, first_run.Place("001", "D1", "test"), people, clock=clock, cost=LIGHT)
    admin = sign_in(home, "admin", password, clock)
    accounts.add_user(admin, "coordinator", "Made-up coordinator", "coordinator", once, cost=LIGHT)
    sign_out(admin)
    first = sign_in(home, "coordinator", once, clock)
    accounts.change_password(first, once, password, cost=LIGHT)
    sign_out(first)
    return home


class _Clock:
    def __init__(self, at: Any) -> None:
        self.at = at

    def now(self) -> Any:
        return self.at

    def monotonic(self) -> float:
        return 1000.0


@pytest.fixture
def work(made: Path, tmp_path: Path, clock: Any, password: str) -> Iterator[Callable[[str], Any]]:
    """work("coordinator"): that person at work on a home with forms/demo-vitals; one at a time."""
    home, now = Path(shutil.copytree(made, tmp_path / "home")), list[Any]()

    def at_work(user: str) -> Any:
        while now:
            sign_out(now.pop())
        now.append(sign_in(home, user, password, clock))
        return now[0]

    yield at_work
    for one in now:
        sign_out(one)


def form_of(uid: str, name: str = "VS", event: str = "SE.V1") -> FormKey:
    return FormKey(uid, event, f"F.{name}")


def cell(uid: str, variable: str, form: str = "VS", group: str = "", event: str = "SE.V1") -> ItemKey:
    return ItemKey(form_of(uid, form, event), group or f"IG.{form}", f"I.{form}.{variable}")


def subject(session: Any) -> str:
    return str(add_subject(session, next_number(session)).subject)


def enter(session: Any, uid: str, values: dict[str, str]) -> None:
    for variable, text in values.items():
        enter_value(session, cell(uid, variable), text)


def put(work: Callable[[str], Any], study: Study, version: str, days: int = 0) -> Any:
    session = work("investigator")
    day = session.clock.now().date() + timedelta(days=days)
    amendments.put_in_force(session, changed(study, version=version), day, WHY)
    return work("coordinator")


PULSE = ItemDef(oid="I.VS.PULSE", question=Text(en="Pulse", zh="脉搏"), data_type="integer", unit="/min")


def with_pulse(study: Study, item: ItemDef = PULSE) -> Study:
    form = study.forms["F.VS"]
    return with_group(study, form, form.item_group[0], item=(*form.item_group[0].item, item))


def without(study: Study, oid: str) -> Study:
    form = study.form_of_item[oid]
    group = form.group_of[oid]
    return with_group(study, form, group, item=tuple(one for one in group.item if one.oid != oid))


def with_sex_unknown(study: Study) -> Study:
    code = CodeListItem(coded_value="U", decode=Text(en="Unknown", zh="不详"))
    return with_list(study, study.code_lists["CL.SEX"], (*study.code_lists["CL.SEX"].items, code))


def with_visit(study: Study) -> Study:
    """With a second visit."""
    event = StudyEventDef(
        oid="SE.V2", name=Text(en="Second visit", zh="第二次访视"), short_name="V2", type="Scheduled",
        number="2", day=8, forms=(FormRef(form="F.SV"), FormRef(form="F.VS")),
    )  # fmt: skip
    return changed(study, event=(*study.event, event))


def with_rows(study: Study, *codes: str) -> Study:
    """With a group of one fixed row for each of these codes."""
    names = tuple(CodeListItem(coded_value=one, decode=Text(en=one, zh=one)) for one in codes)
    rows = CodeList(oid="CL.ROWS", name=Text(en="Rows", zh="行"), items=names)
    item = ItemDef(oid="I.SYM.FIXED", question=Text(en="Fixed", zh="固定"), data_type="text")
    group = ItemGroupDef(oid="IG.FIXED", name=Text(en="Fixed", zh="固定"), rows="CL.ROWS", item=(item,))
    form = study.forms["F.SYM"]
    study = changed(study, code_list=(*study.code_list, rows))
    return with_form(study, form, item_group=(*form.item_group, group))


def words_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def stays(session: Any, to: str) -> list[str]:
    """Why each form is not moved; "" for one that is."""
    return [move.stays.en if move.stays else "" for move in migrating.plan(session, to=to)]


# a form is not moved to where its answers cannot be read


def test_a_code_that_a_version_does_not_know_keeps_the_form_from_it(work: Callable[[str], Any]) -> None:
    session = put(work, with_sex_unknown(demo_vitals()), "2")
    uid = subject(session)
    enter_value(session, cell(uid, "SEX", "SV"), "U")
    (why,) = stays(session, "1")
    assert "another code" in why
    assert migrating.migrate(session, [], WHY, to="1") == []
    assert form_page(session, form_of(uid, "SV")).version == "2"


@pytest.mark.parametrize("typed", [{"SYSBP": "120.5"}, {"HEIGHT": "2 m"}])
def test_a_number_that_a_version_cannot_read_keeps_the_form_from_it(
    work: Callable[[str], Any], typed: dict[str, str]
) -> None:
    study = demo_vitals()
    study = with_item(study, study.forms["F.VS"].items["I.VS.SYSBP"], data_type="decimal")
    meter = MeasurementUnit(unit="m", factor="100")
    study = with_item(study, study.forms["F.VS"].items["I.VS.HEIGHT"], units=(meter,))
    session = put(work, study, "2")
    uid = subject(session)
    enter(session, uid, typed)
    (why,) = stays(session, "1")
    assert "kind of number" in why


def test_an_answer_in_a_row_that_a_version_does_not_have_keeps_the_form_from_it(
    work: Callable[[str], Any],
) -> None:
    session = put(work, with_rows(demo_vitals(), "A"), "2")
    session = put(work, with_rows(demo_vitals(), "A", "B"), "3")
    uid = subject(session)
    form = form_of(uid, "SYM")
    enter_value(session, ItemKey(form, "IG.FIXED~B", "I.SYM.FIXED"), "made up")
    (why,) = stays(session, "2")
    assert "does not know" in why


def test_a_form_with_rows_only_can_be_moved(work: Callable[[str], Any]) -> None:
    study = without_rules(demo_vitals())
    session = put(work, study, "2")
    uid = subject(session)
    add_row(session, form_of(uid, "SYM"), "IG.SYM")
    less = with_list(study, study.code_lists["CL.SYMPTOM"], study.code_lists["CL.SYMPTOM"].items[:2])
    session = put(work, less, "3")
    assert [move.key for move, _ in migrating.migrate(session, [], WHY)] == [form_of(uid, "SYM")]
    assert form_page(session, form_of(uid, "SYM")).version == "3"


# what is retired is asked of nobody


def test_a_fixed_row_that_is_retired_keeps_its_answer_and_asks_nothing(work: Callable[[str], Any]) -> None:
    session = put(work, with_rows(demo_vitals(), "A", "B"), "2")
    uid = subject(session)
    form = form_of(uid, "SYM")
    enter_value(session, ItemKey(form, "IG.FIXED~B", "I.SYM.FIXED"), "made up")
    session = put(work, with_rows(demo_vitals(), "A"), "3")
    migrating.migrate(session, [], WHY)
    shown = {line.key.local: line for line in form_page(session, form).lines}
    kept = shown["IG.FIXED~B/I.SYM.FIXED"]
    assert kept.state.answer.value == "made up" and not kept.state.collected
    with pytest.raises(ValueRejected):
        enter_value(session, ItemKey(form, "IG.FIXED~B", "I.SYM.FIXED"), "other", reason="made up")
    paper = words_of(form_pdf(session, form, "en"))
    assert "B (until version 2)" in paper and "made up" in paper
    without_it = form_page(session, form_of(subject(session), "SYM"))
    assert form_page(session, form).retired != without_it.retired  # the window does not share their sheet


def test_a_retired_code_stays_beside_others_and_is_chosen_nowhere_else(work: Callable[[str], Any]) -> None:
    study = without_rules(demo_vitals())
    several = ItemDef(
        oid="I.VS.SEVERAL", question=Text(en="Which", zh="哪些"), data_type="text",
        code_list="CL.SYMPTOM", multiple=True,
    )  # fmt: skip
    study = with_pulse(study, several)
    session = put(work, study, "2")
    old, new = subject(session), subject(session)
    enter(session, old, {"SEVERAL": "HEADACHE;DIZZINESS"})
    symptoms = study.code_lists["CL.SYMPTOM"]
    less = tuple(one for one in symptoms.items if one.coded_value != "DIZZINESS")
    session = put(work, with_list(study, symptoms, less), "3")
    migrating.migrate(session, [], WHY)
    enter(session, old, {"SEVERAL": "HEADACHE;DIZZINESS;PALPITATIONS"})
    shown = {line.key.item: line for line in form_page(session, form_of(old)).lines}
    assert set((shown["I.VS.SEVERAL"].state.answer.value or "").split(";")) == {
        "HEADACHE", "DIZZINESS", "PALPITATIONS",
    }  # fmt: skip
    enter(session, old, {"SEVERAL": "HEADACHE"})
    for uid in (old, new):
        with pytest.raises(ValueRejected):
            enter(session, uid, {"SEVERAL": "HEADACHE;DIZZINESS"})


def test_what_was_typed_does_not_come_back_calculated_nor_the_other_way_round(
    work: Callable[[str], Any],
) -> None:
    """The calculation would write over what people typed."""
    study = demo_vitals()
    session = put(work, with_pulse(study), "2")
    uid = subject(session)
    enter(session, uid, {"SYSBP": "120", "PULSE": "70"})
    put(work, study, "3")
    back = with_pulse(study, changed(PULSE, method="M.VS.PULSE"))
    method = MethodDef(oid="M.VS.PULSE", expression="VS.SYSBP")
    back = with_form(back, back.forms["F.VS"], method=(*back.forms["F.VS"].method, method))
    with pytest.raises(AmendmentRefused, match="typed and would be calculated"):
        put(work, back, "4")
    bmi = study.forms["F.VS"].items["I.VS.BMI"]
    gone = with_form(without(study, "I.VS.BMI"), without(study, "I.VS.BMI").forms["F.VS"], method=())
    put(work, gone, "4")
    with pytest.raises(AmendmentRefused, match="calculated and would be typed"):
        put(work, with_pulse(gone, changed(bmi, method=None)), "5")
    put(work, study, "5")  # calculated again, as it was


def test_a_form_that_is_not_asked_any_more_is_not_printed_blank(work: Callable[[str], Any]) -> None:
    study = demo_vitals()
    event = changed(study.event[0], forms=study.event[0].forms[:2])
    forms = tuple(form for form in study.form if form.oid != "F.SYM")
    session = put(work, changed(study, form=forms, event=(event,)), "2")
    assert blank_pdf(session, "F.VS", "en").startswith(b"%PDF")
    with pytest.raises(NotFound):
        blank_pdf(session, "F.SYM", "en")


# versions side by side


def test_a_check_reads_what_a_later_version_let_in(work: Callable[[str], Any]) -> None:
    """A form of version 2 reads another form of version 3: decimals there, and another unit."""
    study = demo_vitals()
    visit = study.forms["F.SV"]
    high = ConditionDef(
        oid="C.SV.HIGH", expression="VS.SYSBP > 100.0", severity="soft", item="I.SV.SVSTDAT",
        message=Text(en="High: {I.VS.SYSBP}", zh="偏高：{I.VS.SYSBP}"),
    )  # fmt: skip
    study = with_form(study, visit, condition=(*visit.condition, high))
    session = put(work, study, "2")
    uid = subject(session)
    enter_value(session, cell(uid, "SVSTDAT", "SV"), "2026-11-20")
    pressure = study.forms["F.VS"].items["I.VS.SYSBP"]
    kpa = MeasurementUnit(unit="kPa", factor="7.5")
    session = put(work, with_item(study, pressure, data_type="decimal", units=(kpa,)), "3")
    for typed in ("120", "120.5", "16 kPa"):
        enter(session, uid, {"SYSBP": typed})
        page = form_page(session, form_of(uid, "SV"))
        assert page.version == "2"
        assert [one.texts["en"] for one in page.open_points if one.kind == "soft"] == [f"High: {typed}"]


def test_an_export_says_the_range_by_which_the_form_was_read(
    work: Callable[[str], Any], tmp_path: Path
) -> None:
    study = demo_vitals()
    pressure = study.forms["F.VS"].items["I.VS.SYSBP"]
    first = (ReferenceRange(low="100", high="140"),)
    session = put(work, with_item(study, pressure, reference=first), "2")
    uid = subject(session)
    enter(session, uid, {"SYSBP": "130"})
    session = put(work, with_item(study, pressure, reference=(ReferenceRange(low="90", high="120"),)), "3")
    flags = {line.key.item: line.state.flag for line in form_page(session, form_of(uid)).lines}
    assert flags["I.VS.SYSBP"] == ""
    exporting.export_csv(session, tmp_path / "out")
    lines = (tmp_path / "out" / "values.csv").read_text("utf-8-sig").splitlines()
    assert next(one for one in lines if "I.VS.SYSBP" in one).endswith(",100,140,default,,2")


def test_a_clock_that_is_set_back_hides_nothing_that_was_entered(
    work: Callable[[str], Any], clock: Any, tmp_path: Path
) -> None:
    session = put(work, with_visit(with_pulse(demo_vitals())), "2")
    uid = subject(session)
    enter_value(session, cell(uid, "PULSE", event="SE.V2"), "70")
    clock.move(days=-1)
    session = work("coordinator")
    assert session.study.version == "2"
    assert [one.state for one in amendments.versions(session)] == ["past", "in force"]
    shown = {line.key.item: line for line in form_page(session, form_of(uid, event="SE.V2")).lines}
    assert shown["I.VS.PULSE"].state.answer.value == "70"
    exporting.export_csv(session, tmp_path / "out")


def test_a_coming_version_under_which_nothing_was_entered_waits_for_its_day(
    work: Callable[[str], Any], clock: Any
) -> None:
    session = put(work, with_pulse(demo_vitals()), "2", days=3)
    subject(session)
    assert work("coordinator").study.version == "1"
    clock.move(days=3)
    assert work("coordinator").study.version == "2"
    clock.move(days=-1)
    assert work("coordinator").study.version == "1"  # nobody entered anything under it


@pytest.mark.parametrize("how", ["UPDATE blob SET bytes = X'7b7d'", "DELETE FROM blob"])
def test_an_earlier_version_that_is_damaged_is_said_where_a_form_needs_it(
    work: Callable[[str], Any], how: str
) -> None:
    """People still sign in, look for the damage and work on what is whole."""
    session = work("coordinator")
    old = subject(session)
    enter(session, old, {"SYSBP": "120"})
    session = put(work, with_pulse(demo_vitals()), "2")
    new = subject(session)
    enter(session, new, {"SYSBP": "121"})
    first = session.editions.found[0].sha256
    session.store.conn.execute("BEGIN IMMEDIATE")
    session.store.conn.execute(f"{how} WHERE sha256 = ?", (first,))
    session.store.conn.execute("COMMIT")
    session = work("coordinator")
    with pytest.raises(StoreDamaged, match="last backup"):
        form_page(session, form_of(old))
    assert form_page(session, form_of(new)).version == "2"
    assert [one["where"] for one in verify(session).problems] == [f"blob {first[:16]}"]


def test_a_reason_for_a_missing_value_is_one_of_the_version_of_the_form(work: Callable[[str], Any]) -> None:
    session = work("coordinator")
    uid = subject(session)
    enter(session, uid, {"SYSBP": "120"})
    study = demo_vitals()
    refused = Reason(code="REFUSED", text=Text(en="Refused", zh="拒绝"))
    session = put(work, changed(study, missing_reasons=(*study.missing_reasons, refused)), "2")
    with pytest.raises(ValueRejected):
        mark_missing(session, cell(uid, "HEIGHT"), "REFUSED")
    migrating.migrate(session, [], WHY)
    mark_missing(session, cell(uid, "HEIGHT"), "REFUSED")
    (why,) = stays(session, "1")
    assert "another code" in why


# laboratory results


ALT = ItemDef(
    oid="I.VS.ALT", question=Text(en="ALT", zh="谷丙转氨酶"), data_type="decimal", unit="U/L", lab=True
)


def with_tests(study: Study, *items: ItemDef) -> Study:
    for item in items:
        for one in (item, *companions(item)):
            study = with_pulse(study, one)
    return study


def test_a_test_that_a_form_does_not_ask_is_refused_in_words_and_its_successor_bears_the_name(
    work: Callable[[str], Any],
) -> None:
    """ALT gets another unit, so another OID; one form stands under version 2, one under version 3."""
    study = demo_vitals()
    session = put(work, with_tests(study, ALT), "2")
    enter(session, subject(session), {"SYSBP": "120"})
    session = put(work, with_tests(study, changed(ALT, oid="I.VS.ALT2", unit="ukat/L")), "3")
    subject(session)
    mapping = LabMapping("made-up", {"subject": "s", "visit": "v", "test": "t", "value": "r"}, {})
    lines = b"s,v,t,r\nD001,V1,ALT,5\nD002,V1,ALT,5\nD002,V1,VS.ALT,5\n"
    said = import_results(session, lines, mapping).lines
    assert [one.outcome for one in said] == ["refused", "entered", "refused"]
    assert "Version 2" in said[0].texts["en"] and "第 3 版" in said[2].texts["zh"]


# what a version may be called


@pytest.mark.parametrize("version", ["", " 2", "2 ", "2\n3", "2\x00", "\u202e2", "x" * 101])
def test_a_version_is_one_line_that_can_be_seen(version: str) -> None:
    with pytest.raises(ValidationError):
        changed(demo_vitals(), version=version)


@pytest.mark.parametrize("version", ["..", "<b>2</b>", "a|b", "a/b", "'; --", "%s {n}", "版本 2", "😀"])
def test_any_name_of_a_version_is_stored_printed_and_exported(
    work: Callable[[str], Any], tmp_path: Path, version: str
) -> None:
    session = put(work, with_pulse(demo_vitals()), version)
    uid = subject(session)
    enter(session, uid, VITALS | {"PULSE": "70"})
    complete_form(session, form_of(uid))
    session = put(work, demo_vitals(), "next")
    migrating.migrate(session, [], WHY)
    page = form_page(session, form_of(uid))
    pulse = next(line for line in page.lines if line.key.item == "I.VS.PULSE")
    assert pulse.state.item.question.en == f"Pulse (until version {version})"
    assert form_pdf(session, form_of(uid), "zh").startswith(b"%PDF")
    exporting.export_csv(session, tmp_path / "out")
    migrating.migrate(session, [], WHY, to=version)
    assert form_page(session, form_of(uid)).version == version
    rebuild(session)
    assert verify(session).problems == []
