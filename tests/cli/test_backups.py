"""Automatic backups, their list and second place; the drill; nothing of it in plain text."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.safekeeping import rolling
from crf_app.actions.session import sign_in, sign_out
from crf_app.errors import StorageError
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store.backup_log import LogLine, note, read_log

Run = Callable[..., Any]
NURSE = "copper willow stream"


@pytest.fixture
def nurse(home: Path) -> Iterator[Any]:
    session = sign_in(home, "nia", NURSE)
    yield session
    sign_out(session)


def _enter(session: Any, text: str) -> None:
    (uid,) = [row[0] for row in session.store.conn.execute("SELECT uid FROM subject")]
    key = ItemKey(FormKey(uid, "SE.SCR", "F.VS"), "IG.VS", "I.VS.SYSBP")
    enter_value(session, key, text)


def test_backups_roll_and_the_newest_seven_stay_in_both_places(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "rolling_notes.crfbackup").write_bytes(b"somebody else's")
    assert run("backups", "--second", str(stick), home=home).code == 0
    monkeypatch.setattr(rolling, "KEPT", 2)
    names = []
    for n in range(4):
        session = sign_in(home, "nia", NURSE)
        job = rolling.begin(session)
        job = rolling.Job(job.home, job.name.replace("T", f"T{n}"), job.second, job.clock, job.store, job.key)
        names.append(rolling.run(job).name)
        sign_out(session)
    here = sorted(one.name for one in (home / "backups").glob("*.crfbackup"))
    there = sorted(one.name for one in stick.iterdir())
    assert here == sorted(names)[2:] and there == [*here, "rolling_notes.crfbackup"]
    assert all((home / "backups" / one).read_bytes() == (stick / one).read_bytes() for one in here)
    rows = run("backups", "--json", home=home).rows
    assert len(rows) == 4 and rows[0]["second_refused"] == "" and len(rows[0]["sha256"]) == 64
    assert rows[0]["hash"] and rows[0]["seq"] == rows[0]["records"] and rows[0]["name"] == here[-1]


def test_an_absent_second_place_is_said_and_the_backup_is_made(run: Run, home: Path, tmp_path: Path) -> None:
    run("backups", "--second", str(tmp_path / "no stick"), home=home)
    said = run("backup", "--json", home=home, as_="ada")
    assert said.code == 8 and said.row["second_refused"] == "not_found"
    assert Path(said.row["backup"]).is_file()
    assert "not_found" in run("backups", home=home).out
    assert run("backups", "--no-second", home=home).code == 0
    assert run("backup", home=home, as_="ada").code == 0


def test_it_is_due_when_something_was_recorded_and_two_hours_passed(nurse: Any, home: Path) -> None:
    assert rolling.is_due(nurse)
    made = rolling.run(rolling.begin(nurse))
    assert not rolling.is_due(nurse) and not rolling.is_due(nurse, leaving=True)
    _enter(nurse, "128")
    assert not rolling.is_due(nurse) and rolling.is_due(nurse, leaving=True)

    class Later:
        def now(self) -> Any:
            return clock.now() + timedelta(hours=3)

        def monotonic(self) -> float:
            return clock.monotonic()

    clock, nurse.clock = nurse.clock, Later()
    assert rolling.is_due(nurse)
    nurse.clock = clock
    (home / "backups" / made.name).unlink()
    assert rolling.is_due(nurse, leaving=True)


def test_somebody_goes_on_typing_while_it_is_written_and_it_is_of_one_moment(
    nurse: Any, home: Path, run: Run, tmp_path: Path
) -> None:
    job, seen, go_on = rolling.begin(nurse), threading.Event(), threading.Event()
    before = nurse.store.end.seq

    def pause(done: int, of: int | None = None, /) -> None:
        seen.set()
        assert go_on.wait(30)

    made: list[LogLine] = []
    worker = threading.Thread(target=lambda: made.append(rolling.run(job, pause)))
    worker.start()
    assert seen.wait(30)
    _enter(nurse, "128")  # while the copy is half done
    after = nurse.store.end.seq
    go_on.set()
    worker.join(60)
    assert made[0].seq == before < after
    sign_out(nurse)
    done = run("restore", str(home / "backups" / made[0].name), "--json", home=tmp_path / "again", as_="ada")
    assert done.row["continues"]["seq"] == before
    assert run("verify", "--json", home=tmp_path / "again", as_="ada").row["ok"]


def test_one_that_cannot_be_written_is_in_the_list_and_leaves_nothing(nurse: Any, home: Path) -> None:
    def full(done: int, of: int | None = None, /) -> None:
        raise StorageError("Made up.", "虚构。")

    with pytest.raises(StorageError):
        rolling.run(rolling.begin(nurse), full)
    assert [one.refused for one in read_log(home)] == ["storage"] or read_log(home)[0].refused
    assert sorted(one.name for one in (home / "backups").iterdir()) == ["log.jsonl", "log.lock"]
    assert rolling.is_due(nurse)


def test_the_drill_restores_compares_and_leaves_no_folder_and_no_plain_text(run: Run, home: Path) -> None:
    none = run("backup", "--drill", "--json", home=home, as_="ada")
    assert (none.code, none.row["error"]) == (3, "not_found")
    assert run("backup", home=home, as_="ada").code == 0
    assert run("put", "ZN001", "SCR", "VS", "SYSBP=128", home=home, as_="nia").code == 0
    said = run("backup", "--drill", "--json", home=home, as_="ada")
    assert said.code == 0, said.err
    row = said.row
    assert row["subjects"] == 1 and row["behind"] > 0 and row["chain_end"]["seq"] == row["records"]
    text = Path(row["report"]).read_text("utf-8")
    assert row["chain_end"]["hash"] in text and "0 problems" in text
    assert not (home / "backups" / "drill").exists()
    assert all(b"ZN001" not in one.read_bytes() for one in (home / "backups").iterdir())
    assert run("backups", "--json", home=home).rows[0]["what"] == "drill"


def test_a_drill_over_a_damaged_backup_says_so(run: Run, home: Path) -> None:
    path = Path(run("backup", "--json", home=home, as_="ada").row["backup"])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    said = run("backup", "--drill", "--json", home=home, as_="ada")
    assert (said.code, said.row["error"]) == (4, "store_damaged")
    assert run("backups", "--json", home=home).rows[0]["refused"] == "store_damaged"
    assert run("backup", "--drill", home=home, as_="nia").code == 5  # a nurse does not back up


def test_a_list_that_somebody_damaged_costs_only_its_lines(tmp_path: Path) -> None:
    note(tmp_path, LogLine("rolling", "2026-11-22T08:00:00.000Z", "a"))
    file = tmp_path / "backups" / "log.jsonl"
    file.write_text(file.read_text() + 'no json\n[1]\n{"what": 5, "at": "", "name": ""}\n')
    note(tmp_path, LogLine("drill", "2026-11-22T08:00:00.000Z", "b"))
    assert [one.name for one in read_log(tmp_path)] == ["b", "a"]
    assert [json.loads(one)["name"] for one in file.read_text().splitlines()] == ["a", "b"]
