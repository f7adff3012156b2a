"""The law of amendments: whatever is amended and moved, every acknowledged answer can still be read."""

from __future__ import annotations

import csv
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.actions import exporting
from crf_app.actions.casebook import casebook
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.safekeeping.keeping import rebuild
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.actions.study import amendments, migrating
from crf_app.actions.subjects import add_subject, next_number
from crf_app.errors import CrfError, ReasonRequired
from crf_app.model.definition import Study
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import ItemKey

sys.path.insert(0, str(Path(__file__).parents[1] / "model"))
from amendment_strategy import demo_vitals, random_amendment

TYPED = {
    "integer": ("100", "55"),
    "decimal": ("65.5", "70"),
    "text": ("made up", "words"),
    "time": ("08:00",),
    "date": ("2026-11-20", "2026-11-21"),
    "partialDate": ("2026-10",),
    "datetime": ("2026-11-20 08:00",),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, password: str) -> Path:
    """A home with forms/demo-vitals, an investigator and a coordinator.  Never opened."""
    from crf_app.actions.people import accounts, first_run
    from crf_app.crypto.passwords import LIGHT

    home, once = tmp_path_factory.mktemp("law") / "home", "one-time made-up words"
    people = [
        first_run.NewPerson(user, f"Made-up {user}", role, password, own_password=True)
        for user, role in (("admin", "administrator"), ("investigator", "investigator"))
    ]
    folder = Path(__file__).parents[2] / "forms" / "demo-vitals"
    first_run.init(home, folder, first_run.Place("001", "D1", "test"), people, cost=LIGHT)
    admin = sign_in(home, "admin", password)
    accounts.add_user(admin, "coordinator", "Made-up coordinator", "coordinator", once, cost=LIGHT)
    sign_out(admin)
    first = sign_in(home, "coordinator", once)
    accounts.change_password(first, once, password, cost=LIGHT)
    sign_out(first)
    return home


class Site:
    """A site at work: enters, amends, moves, and remembers what was acknowledged."""

    def __init__(self, home: Path, password: str, seed: int) -> None:
        self.home, self.password, self.chance = home, password, random.Random(seed)
        self.written: Study = demo_vitals()
        self.acknowledged: dict[ItemKey, str] = {}
        self.uids: list[str] = []
        self.counts: dict[str, int] = {}

    def as_(self, user: str) -> Session:
        return sign_in(self.home, user, self.password)

    def enter(self) -> None:
        session = self.as_("coordinator")
        if not self.uids:
            self.uids = [add_subject(session, next_number(session)).subject for _ in range(2)]
        for _ in range(6):
            uid = self.chance.choice(self.uids)
            keys = [cell.key for cell in casebook(session, uid).cells.values() if cell.state != "closed"]
            page = form_page(session, self.chance.choice(keys))
            for line in page.lines:
                if self.chance.random() < 0.5:
                    self._try(session, line.key, line.state.item)
        sign_out(session)

    def _try(self, session: Session, key: ItemKey, item: ItemDef) -> None:
        lists = session.subject(key.subject).edition(key.form_key).study.offered_lists
        codes = [one.coded_value for one in lists[item.code_list].items] if item.code_list else []
        text = self.chance.choice(codes or TYPED[item.data_type])
        try:
            enter_value(session, key, text, reason="made up")
        except ReasonRequired:
            raise
        except CrfError:
            return  # derived, or not asked now: refused, so nothing was acknowledged
        self.acknowledged[key] = text
        self.counts["entered"] = self.counts.get("entered", 0) + 1

    def amend(self, version: str) -> None:
        self.written = random_amendment(self.chance.choice, self.written, version)
        session = self.as_("investigator")
        amendments.put_in_force(session, self.written, session.clock.now().date(), "made up")
        if self.chance.random() < 0.5:
            moved = migrating.migrate(session, [], "made up")
            self.counts["moved"] = self.counts.get("moved", 0) + len(moved)
        sign_out(session)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_acknowledged_answer_is_readable_after_any_amendments(
    made: Path, password: str, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    work = tmp_path_factory.mktemp("try")
    site = Site(Path(shutil.copytree(made, work / "home")), password, seed)
    site.enter()
    for version in "23456":
        site.amend(version)
        site.enter()
    assert site.counts["entered"] > 5
    session = site.as_("coordinator")
    try:
        _all_there(session, site, work / "out")
        rebuild(session)
        session.forget()
        _all_there(session, site, work / "again")
    finally:
        sign_out(session)


def _all_there(session: Session, site: Site, out: Path) -> None:
    """On the page of its form, in the casebook and in the export."""
    cells: dict[str, Any] = {uid: casebook(session, uid).cells for uid in site.uids}
    exporting.export_csv(session, out)
    exported = {
        (one["event"], one["form"], one["group"], one["row"], one["item"], one["value"])
        for one in _lines(out / "values.csv")
    }
    for key, text in site.acknowledged.items():
        form = key.form_key
        assert (form.event, form.form) in cells[form.subject]
        lines = {line.key: line for line in form_page(session, form).lines}
        assert key in lines, f"{key} is not on its page"
        value = lines[key].state.answer.value
        assert value is not None and value.replace("T", " ") == text
        assert (form.event, form.form, key.group_oid, key.row, key.item, value) in exported


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
