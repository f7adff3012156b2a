"""A subject, short addresses, and what stands in the ledger: for the tests of actions."""

from __future__ import annotations

from collections.abc import Callable
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
