"""A subject, short addresses, and what stands in the ledger: for the tests of actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crf_app.model.keys import FormKey, ItemKey


class Addresses:
    """`at("SE.V1", "VS.SYSBP")` → ItemKey; `at.form("SE.V1", "F.VS")` → FormKey, of one subject."""

    def __init__(self, study: Any, uid: str) -> None:
        self.study, self.uid = study, uid

    def form(self, event: str, form: str) -> FormKey:
        return FormKey(self.uid, event, form)

    def __call__(self, event: str, variable: str, row: str = "") -> ItemKey:
        oid = f"I.{variable}"
        form = self.study.form_of_item[oid]
        group = form.group_of[oid].oid + (f"~{row}" if row else "")
        return ItemKey(FormKey(self.uid, event, form.oid), group, oid)


@pytest.fixture
def nurse(session: Callable[..., Any]) -> Any:
    return session("nurse")


@pytest.fixture
def at(nurse: Any, new_subject: Callable[..., str]) -> Addresses:
    """Addresses of a new subject who consented; the nurse is signed in."""
    return Addresses(nurse.study, new_subject(nurse))


@pytest.fixture
def records() -> Callable[..., list[Any]]:
    """records(session, after=seq, kind="item.set"): AuditRecords in the order of the chain."""
    from crf_app.store import ledger

    def found(session: Any, after: int = 0, kind: str | None = None) -> list[Any]:
        out = [one.record for one in ledger.entries(session.store.conn, "seq > ?", (after,))]
        return [one for one in out if kind in (None, one.kind)]

    return found


VS = {"VS.VSPERF": "Y", "VS.VSDAT": "2026-11-20", "VS.SYSBP": "128", "VS.DIABP": "80", "VS.PULSE": "72",
      "VS.RESP": "16", "VS.TEMP": "36.6", "VS.WEIGHT": "65"}  # fmt: skip


@pytest.fixture
def vital_signs() -> Callable[..., None]:
    """vital_signs(session, at, "SE.V1"): all that is mandatory, value by value, no finding."""
    from crf_app.actions.enter_data import enter_value

    def entered(session: Any, at: Addresses, event: str = "SE.V1", **other: str) -> None:
        values = VS | {f"VS.{name}": text for name, text in other.items()}
        for variable, text in values.items():
            enter_value(session, at(event, variable), text)

    return entered


LISTS = """
[[code_list]]
oid = "CL.NY"
name = { en = "No, yes", zh = "否是" }
items = [{ coded_value = "Y", decode = { en = "Yes", zh = "是" } }]
"""


@pytest.fixture
def site_of(tmp_path: Path, clock: Any, password: str) -> Iterator[Callable[..., Any]]:
    """site_of({"study": "…", "ae": "…"}, "coordinator"): a person at work in a study of these files."""
    from crf_app.actions.people import accounts, first_run
    from crf_app.actions.session import sign_in, sign_out
    from crf_app.crypto.passwords import LIGHT

    once, open_now = "one-time made-up words", []

    def made(files: Mapping[str, str], role: str = "nurse") -> Any:
        folder, home = tmp_path / "small", tmp_path / "small-home"
        folder.mkdir()
        for name, text in ({"codelists": LISTS} | dict(files)).items():
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        people = [
            first_run.NewPerson(user, f"Made-up {user}", first, password, own_password=True)
            for user, first in (("admin", "administrator"), ("investigator", "investigator"))
        ]
        first_run.init(home, folder, first_run.Place("001", "D1", "test"), people, clock=clock, cost=LIGHT)
        admin = sign_in(home, "admin", password, clock)
        accounts.add_user(admin, "nurse", "Made-up Nurse", role, once, cost=LIGHT)
        sign_out(admin)
        session = sign_in(home, "nurse", once, clock)
        accounts.change_password(session, once, password, cost=LIGHT)
        open_now.append(session)
        return session

    yield made
    for one in open_now:
        sign_out(one)
