"""`restore`: a backup becomes a home on a clean computer; what stood there is never written over."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions.session import sign_in, sign_out
from crf_app.store import ledger

Run = Callable[..., Any]
ADMIN = "lantern harbour kite"


@pytest.fixture
def kept(run: Run, home: Path, tmp_path: Path) -> Path:
    """A backup of the home."""
    said = run("backup", str(tmp_path / "b.crfbackup"), "--json", home=home, as_="ada")
    assert said.code == 0, said.err
    return Path(said.row["backup"])


def _end(home: Path, user: str = "ada", password: str = ADMIN) -> tuple[Any, list[Any]]:
    session = sign_in(home, user, password)
    try:
        end, entries = session.store.end, list(ledger.placed(session.store.conn))
        return (session.identity.epoch, end.seq, end.hash.hex()), entries
    finally:
        sign_out(session)


def test_a_clean_computer_goes_on_from_the_same_chain_end_in_a_new_epoch(
    run: Run, home: Path, kept: Path, tmp_path: Path
) -> None:
    (_, seq, hash_), before = _end(home)
    again = tmp_path / "again"
    said = run("restore", str(kept), "--json", home=again, as_="ada").row
    assert said["continues"] == {"epoch": 1, "seq": seq, "hash": hash_} and said["epoch"] == 2
    assert (said["device"], said["records"], said["enrolled"], said["aside"]) == ("D1", seq, True, None)
    hash_before = run("state-hash", "--json", home=home, as_="nia").row
    assert run("verify", "--json", home=again, as_="ada").row["problems"] == []
    assert run("put", "ZN001", "SCR", "VS", "SYSBP=128", home=again, as_="nia").code == 0
    (epoch, _, _), after = _end(again)
    assert epoch == 2 and [one for one in after if one[0][1] == 1] == before
    first = next(entry.record for place, entry in after if place[1:] == (2, 1))
    assert (first.kind, first.key, first.from_) == ("device.epoch", "D1", hash_)
    assert json.loads(first.value or "")["continues"] == {"epoch": 1, "seq": seq}
    made = run("verify", "--json", home=again, as_="ada").row
    assert (made["ok"], made["chains"]) == (True, 2)
    assert run("state-hash", "--json", home=home, as_="nia").row == hash_before
    assert sorted(one.name for one in again.iterdir() if one.is_dir()) in ([], ["log"])


def test_a_nurse_restores_and_an_administrator_makes_the_request(
    run: Run, home: Path, kept: Path, tmp_path: Path
) -> None:
    again, request = tmp_path / "again", tmp_path / "request.json"
    said = run("restore", str(kept), home=again, as_="nia")
    assert said.code == 0 and "administrator" in said.out and "epoch 2" in said.out
    refused = run("device", "request", str(request), "--json", home=again, as_="nia")
    assert (refused.code, refused.row["error"]) == (5, "not_allowed") and not request.exists()
    assert run("device", "request", str(request), home=again, as_="ada").code == 0
    asked = json.loads(request.read_bytes())
    assert (asked["device"], asked["epoch"]) == ("D1", 2)
    assert run("verify", home=again, as_="ada").code == 0
