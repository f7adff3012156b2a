"""Every cell of the table of rights, through the actions: allowed, or refused with exactly one record."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from crf_app.actions import (
    completing,
    enter_data,
    exporting,
    findings,
    form_page,
    queries,
    rows,
    signing,
    subjects,
)
from crf_app.actions.lab import lab_ranges
from crf_app.actions.odm import odm_export, odm_import
from crf_app.actions.people import accounts, proving
from crf_app.actions.printing import paper
from crf_app.actions.safekeeping import archiving, keeping
from crf_app.actions.study import amendments, migrating
from crf_app.actions.sync import syncing
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import CrfError, MustChangePassword, NotAllowed
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.model.workflow import MAY, Step
from crf_app.store import reads

PASSWORD = "lantern harbour kite"
ONCE = "one-time made-up words"
RANGE = {"laboratory": "Made-up laboratory", "item": "LBC.ALT", "high": "40"}
ROLES = ("nurse", "coordinator", "investigator", "administrator", "monitor", "data_manager", "auditor")


@pytest.fixture(scope="module")
def prepared(made_home, tmp_path_factory):
    """A home with all seven roles and a subject: a complete form, a soft and a hard finding, a conflict.

    Made once; each test copies it.  The monitor, data manager and auditor are made up as well.
    """
    from datetime import datetime, timedelta, timezone

    from crf_app.actions.session import sign_in, sign_out

    home = Path(shutil.copytree(made_home, tmp_path_factory.mktemp("may") / "home"))

    class Clock:
        def now(self):
            return datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=8)))

        def monotonic(self):
            return 0.0

    admin = sign_in(home, "admin", PASSWORD, Clock())
    for role in ROLES[4:]:
        accounts.add_user(admin, role, f"Made-up {role}", role, ONCE, cost=LIGHT)
    sign_out(admin)
    for role in ROLES[4:]:
        person = sign_in(home, role, ONCE, Clock())
        accounts.change_password(person, ONCE, PASSWORD, cost=LIGHT)
        sign_out(person)
    nurse = sign_in(home, "nurse", PASSWORD, Clock())
    uid = subjects.add_subject(nurse, "ZN001").subject
    enter_data.enter_form(nurse, FormKey(uid, "SE.SCR", "F.IC"), {"IG.IC/I.IC.DSSTDAT_IC": "2026-01-05"})
    enter_data.enter_form(nurse, FormKey(uid, "SE.V1", "F.VS"), {
        "IG.VS.PERF/I.VS.VSPERF": "Y", "IG.VS/I.VS.VSDAT": "2026-11-20", "IG.VS/I.VS.SYSBP": "128",
        "IG.VS/I.VS.DIABP": "80", "IG.VS/I.VS.PULSE": "72", "IG.VS/I.VS.RESP": "16", 
        "IG.VS/I.VS.TEMP": "36.6", "IG.VS/I.VS.WEIGHT": "65",
    })  # fmt: skip
    completing.complete_form(nurse, FormKey(uid, "SE.V1", "F.VS"))
    broken = FormKey(uid, "SE.V2", "F.VS")
    enter_data.enter_value(nurse, ItemKey(broken, "IG.VS", "I.VS.SYSBP"), "190")
    enter_data.enter_value(nurse, ItemKey(broken, "IG.VS", "I.VS.PULSE"), "350")
    twice = "SE.V3/F.VS/IG.VS/I.VS.SYSBP"
    nurse.commit([Draft("item.set", uid, twice, value="120"), Draft("item.set", uid, twice, value="130")])
    sign_out(nurse)
    return home, uid


class Place:
    """The addresses of the prepared subject."""

    def __init__(self, uid, folder):
        self.uid, self.folder = uid, folder
        self.complete = FormKey(uid, "SE.V1", "F.VS")
        self.open = FormKey(uid, "SE.V4", "F.VS")
        self.soft = ItemKey(FormKey(uid, "SE.V2", "F.VS"), "IG.VS", "I.VS.SYSBP")
        self.hard = ItemKey(FormKey(uid, "SE.V2", "F.VS"), "IG.VS", "I.VS.PULSE")
        self.conflict = ItemKey(FormKey(uid, "SE.V3", "F.VS"), "IG.VS", "I.VS.SYSBP")


def _check(s, key, severity):
    found = s.subject(key.subject).state(key.form_key).findings
    return next(one.check for one in found if one.local == key.local and one.severity == severity)


def _thread(s, p):
    rows = reads.queries_of_form(s.store.conn, p.soft.form_key)
    return next(one.thread for one in rows if one.key == p.soft.path)


def _head(s, p):
    return s.subject(p.uid).items[p.conflict.path].heads[0]


ACTS = {
    Step.READ: [lambda s, p: form_page.form_page(s, p.complete), lambda s, p: subjects.subjects(s),
                lambda s, p: queries.queries(s)],
    Step.ADD_SUBJECT: [lambda s, p: subjects.add_subject(s, "ZN002"),
                       lambda s, p: subjects.add_visit(s, p.uid, "SE.UNS", "fever")],
    Step.ENTER: [lambda s, p: enter_data.enter_value(s, ItemKey(p.open, "IG.VS", "I.VS.SYSBP"), "128"),
                 lambda s, p: enter_data.mark_missing(s, ItemKey(p.open, "IG.VS", "I.VS.SYSBP"), "ND"),
                 lambda s, p: enter_data.enter_form(s, p.open, {"IG.VS/I.VS.SYSBP": "128"}),
                 lambda s, p: rows.add_row(s, FormKey(p.uid, "SE.LOG", "F.AE"), "IG.AE")],
    Step.CONFIRM: [lambda s, p: proving.prove(s, s.user, PASSWORD)],
    Step.COMPLETE: [lambda s, p: completing.complete_form(s, FormKey(p.uid, "SE.LOG", "F.AE"))],
    Step.REOPEN: [lambda s, p: completing.reopen_form(s, p.complete, "missed something")],
    Step.ANSWER_QUERY: [lambda s, p: queries.answer_query(s, _thread(s, p), "seen"),
                        lambda s, p: findings.answer_finding(s, p.soft, _check(s, p.soft, "soft"), "seen")],
    Step.OPEN_QUERY: [lambda s, p: queries.open_query(s, p.soft, "is it so?")],
    Step.CLOSE_QUERY: [lambda s, p: queries.close_query(s, _thread(s, p), "fine")],
    Step.EXPLAIN_HARD: [lambda s, p: findings.answer_finding(s, p.hard, _check(s, p.hard, "hard"), "so")],
    Step.RESOLVE: [lambda s, p: enter_data.resolve(s, p.conflict, _head(s, p), "source checked")],
    Step.SIGN_AUTHOR: [lambda s, p: signing.sign_form(s, p.complete, PASSWORD, "authorship")],
    Step.SIGN_APPROVE: [lambda s, p: signing.sign_form(s, p.complete, PASSWORD, "approval"),
                        lambda s, p: signing.signing_sheet(s, p.complete)],
    Step.PRINT: [lambda s, p: paper.form_pdf(s, p.complete, "en"),
                 lambda s, p: paper.blank_pdf(s, "F.VS", "en"),
                 lambda s, p: paper.printed(s, b"pdf", "F.VS")],
    Step.EXPORT: [lambda s, p: exporting.export_csv(s, p.folder / "csv"),
                  lambda s, p: odm_export.export_odm(s, p.folder / "data.xml")],
    Step.ARCHIVE: [lambda s, p: archiving.archive(s, p.folder / "archive.zip")],
    Step.IMPORT: [lambda s, p: odm_import.import_odm(s, p.folder / "none.xml")],
    Step.BUNDLE: [lambda s, p: syncing.make_bundle(s, p.folder / "b.crf"),
                  lambda s, p: syncing.apply_file(s, b"no bundle")],
    Step.BACKUP: [lambda s, p: keeping.backup(s, p.folder / "backup.zip")],
    Step.VERIFY: [lambda s, p: keeping.verify(s), lambda s, p: keeping.state_hash(s),
                  lambda s, p: keeping.rebuild(s)],
    Step.MANAGE_USERS: [lambda s, p: accounts.add_user(s, "new", "Made-up", "nurse", ONCE, cost=LIGHT),
                        lambda s, p: accounts.lock_user(s, "nurse" if s.user != "nurse" else "coordinator"),
                        lambda s, p: accounts.unlock_user(s, "auditor")],
    Step.CERTIFY: [lambda s, p: accounts.certify(s, "monitor")],
    Step.WITNESS: [lambda s, p: accounts.witness(s, "auditor")],
    Step.ENROL_DEVICE: [lambda s, p: syncing.device_request(s)],
    Step.OWN_PASSWORD: [lambda s, p: accounts.list_users(s),
                        lambda s, p: accounts.change_password(s, PASSWORD, "a made-up phrase", cost=LIGHT)],
    Step.LAB_RANGES: [lambda s, p: lab_ranges.add_range(s, RANGE),
                      lambda s, p: lab_ranges.change_range(s, "R-none", RANGE, "why"),
                      lambda s, p: lab_ranges.end_range(s, "R-none", "2026-11-22", "why"),
                      lambda s, p: lab_ranges.import_ranges(s, b"laboratory,item,high\nMade-up,LBC.ALT,40")],
    Step.AMEND: [lambda s, p: amendments.put_in_force(s, s.study, s.clock.now().date(), "why"),
                 lambda s, p: amendments.activate(s, p.folder / "none", s.clock.now().date(), "why")],
    Step.MIGRATE: [lambda s, p: migrating.migrate(s, [p.uid], "why")],
}  # fmt: skip


@pytest.mark.requirement("demand 6")
def test_every_step_of_the_table_has_an_action():
    assert set(ACTS) == set(Step)


@pytest.fixture
def site(prepared, tmp_path):
    """A copy of the prepared home, and its addresses."""
    made, uid = prepared
    return Path(shutil.copytree(made, tmp_path / "may")), Place(uid, tmp_path)


@pytest.mark.requirement("demand 6")
@pytest.mark.parametrize("role", ROLES)
def test_what_the_table_refuses_is_one_record_and_changes_nothing(site, session, tmp_path, records, role):
    home, place = site
    person = session(role, home)
    tables = dump(person)
    for step, acts in ACTS.items():
        for act in acts if role not in MAY[step] else ():
            end = person.store.end.seq
            with pytest.raises(NotAllowed) as refused:
                act(person, place)
            assert refused.value.exit_code == 5
            assert refused.value.sentence("zh") != refused.value.sentence("en")
            found = records(person, end)
            assert [one.kind for one in found[-1:]] == ["session.refuse"], step
            assert [one.kind for one in found[:-1]] == (
                ["session.start"] if person.store.end.seq == end + 2 else []
            )
            said = json.loads(found[-1].value)
            assert found[-1].user == person.user and said["code"] == "role"
            assert role not in MAY[Step(said["step"])]
            assert dump(person) == tables
    assert not list(tmp_path.glob("*.zip")) and not list(tmp_path.glob("*.crf"))
    assert sum(one.kind == "session.start" and one.user == person.user for one in records(person)[-60:]) >= 1


_OTHERS = ("wrong_state", "not_complete", "bundle_refused", "not_found", "definition_wrong")


@pytest.mark.requirement("demand 6")
@pytest.mark.parametrize("role", ROLES)
def test_what_the_table_allows_is_not_refused(site, session, records, role):
    """Some acts find another refusal in this small home (no central); none is about the right."""
    home, place = site
    person = session(role, home)
    end, done = person.store.end.seq, 0
    for step, acts in ACTS.items():
        for act in acts if role in MAY[step] else ():
            try:
                act(person, place)
                done += 1
            except NotAllowed:
                raise
            except CrfError as refusal:
                assert refusal.code in _OTHERS, (
                    step,
                    refusal,
                )
    assert done >= 4
    assert not [one for one in records(person, end) if one.kind == "session.refuse"]


def dump(session):
    from crf_app.store.migrations import FOLDED

    return {table: session.store.conn.execute(f"SELECT * FROM {table}").fetchall() for table in FOLDED}


def test_a_second_refusal_in_a_session_is_one_more_record(session, records):
    nurse = session("nurse")
    end = nurse.store.end.seq
    for _ in range(2):
        with pytest.raises(NotAllowed):
            accounts.certify(nurse, "coordinator")
    assert [one.kind for one in records(nurse, end)] == ["session.start", "session.refuse", "session.refuse"]


def test_a_one_time_password_opens_nothing_but_its_own_change(session, home, tmp_path):
    accounts.add_user(session("admin"), "fresh", "Made-up", "nurse", ONCE, cost=LIGHT)
    fresh = session("fresh", password=ONCE)
    end = fresh.store.end.seq
    place = Place("001-nobody", tmp_path)
    for step, acts in ACTS.items():
        if step in (
            Step.OWN_PASSWORD,
            Step.CONFIRM,
            Step.ANSWER_QUERY,
            Step.CLOSE_QUERY,
            Step.EXPLAIN_HARD,
            Step.RESOLVE,
        ):
            continue  # these look at a subject that is not there, or are the change itself
        with pytest.raises(MustChangePassword):
            acts[0](fresh, place)
    assert fresh.store.end.seq == end
