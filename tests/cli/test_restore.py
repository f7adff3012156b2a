"""`restore`: a backup becomes a home on a clean computer; what stood there is never written over."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
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


def test_a_home_that_holds_something_is_moved_aside_whole_or_left_alone(
    run: Run, home: Path, kept: Path
) -> None:
    before = {one.name: one.read_bytes() for one in home.iterdir() if one.is_file()}
    refused = run("restore", str(kept), "--json", home=home, as_="ada")
    assert (refused.code, refused.row["error"]) == (3, "wrong_state") and "not empty" in refused.row[
        "message"
    ]
    assert {one.name: one.read_bytes() for one in home.iterdir() if one.is_file()} == before
    said = run("restore", str(kept), "--move-aside", "--json", home=home, as_="ada").row
    aside = Path(said["aside"])
    assert aside.parent == home and {"study.db", "vault.json"} <= {one.name for one in aside.iterdir()}
    assert all((aside / name).read_bytes() == before[name] for name in ("study.db", "vault.json"))
    assert run("verify", "--json", home=home, as_="ada").row["chains"] == 2
    assert run("verify", "--json", home=aside, as_="nia").row["chains"] == 1  # the old home still opens


def test_a_backup_that_is_older_than_the_home_is_named_so(run: Run, home: Path, kept: Path) -> None:
    assert run("put", "ZN001", "SCR", "VS", "SYSBP=128", home=home, as_="nia").code == 0
    refused = run("restore", str(kept), "--move-aside", "--json", home=home, as_="ada")
    assert refused.code == 3 and "the backup ends at 1/" in refused.row["message"]
    assert run("verify", "--json", home=home, as_="ada").row["chains"] == 1
    said = run("restore", str(kept), "--move-aside", "--older", "--json", home=home, as_="ada")
    assert said.code == 0 and said.row["epoch"] == 2


def test_a_damaged_home_is_moved_aside_as_it_lies(run: Run, home: Path, kept: Path) -> None:
    data = bytearray((home / "study.db").read_bytes())
    data[100:8000] = b"\0" * 7900
    (home / "study.db").write_bytes(data)
    said = run("restore", str(kept), "--move-aside", "--json", home=home, as_="ada")
    assert said.code == 0, said.err
    assert (Path(said.row["aside"]) / "study.db").read_bytes() == data
    assert run("verify", home=home, as_="ada").code == 0


def test_the_backup_of_another_site_is_named_as_foreign(run: Run, home: Path, tmp_path: Path) -> None:
    from crf_app.actions.people import first_run
    from crf_app.crypto.passwords import LIGHT

    other, file = tmp_path / "other", tmp_path / "o.crfbackup"
    people = [
        first_run.NewPerson("ada", "Made-up A", "administrator", ADMIN, own_password=True),
        first_run.NewPerson("ivo", "Made-up I", "investigator", "violet anchor meadow", own_password=True),
    ]
    forms = Path(__file__).parents[2] / "forms" / "hucmsc"
    first_run.init(other, forms, first_run.Place("002", "D9"), people, cost=LIGHT)
    assert run("backup", str(file), home=other, as_="ada").code == 0
    refused = run("restore", str(file), "--move-aside", "--json", home=home, as_="ada")
    assert refused.code == 3 and "site 002, device D9" in refused.row["message"]
    assert run("verify", home=home, as_="ada").code == 0


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def _zip_with(*names: str) -> Callable[[bytes], bytes]:
    def made(_: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                archive.writestr(name, b"made up")
        return file.getvalue()

    return made


@pytest.mark.parametrize(
    "change",
    [_cut, _flipped, lambda _: b"", lambda _: b"no zip", _zip_with("vault.json"),
     _zip_with("vault.json", "study.db", "../evil"), _zip_with("study.db", "vault.json"),
     lambda data: data[: data.rindex(b'{"device"')] + b"x" * 9],
)  # fmt: skip
def test_what_is_not_a_whole_backup_is_refused_and_leaves_nothing(
    run: Run, kept: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    kept.write_bytes(change(kept.read_bytes()))
    again = tmp_path / "again"
    refused = run("restore", str(kept), "--json", home=again, as_="ada")
    assert refused.code == 4, refused.out
    assert [one.name for one in again.iterdir() if one.name != "writer.lock"] == []
    assert [one.name for one in tmp_path.iterdir() if "evil" in one.name] == []


def test_a_wrong_password_and_no_file_are_said_and_leave_nothing(
    run: Run, kept: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    assert run("restore", str(kept), home=again, as_="ada", secret="not this one").code == 5
    assert run("restore", str(tmp_path / "none"), home=again, as_="ada").code == 3
    assert [one.name for one in again.iterdir() if one.name != "writer.lock"] == []


_KILLED = """
import os, signal, sys
from pathlib import Path
from crf_app.actions.safekeeping.restoring import restore
archive, place, password = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
left = [0]
def hook(event, args):
    step = f"{event} {args[:2]}" if event in ("os.rename", "os.mkdir") else ""
    steps = ("set_aside_", "restoring')", "restoring/study.db", "restoring/vault.json'")
    if any(one in step for one in steps):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
for n in range(1, 16):
    child = os.fork()
    if not child:
        left[0] = n
        restore(Path(place, str(n)), archive, "ada", password, move_aside=True, older=True)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print(n, os.WTERMSIG(status), flush=True)
    if status == 0:
        break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are tried where a process can be copied")
def test_killed_anywhere_the_home_is_the_old_one_or_waits_for_a_restore_that_goes_on(
    run: Run, home: Path, kept: Path, tmp_path: Path
) -> None:
    places = tmp_path / "places"
    for n in range(1, 16):
        shutil.copytree(home, places / str(n))
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(kept), str(places), ADMIN], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    ends = [line.split() for line in done.stdout.splitlines()]
    assert len(ends) > 5 and {one[1] for one in ends[:-1]} == {"9"} and ends[-1][1] == "0"
    killed_while_moving = 0
    old = [(home / name).read_bytes() for name in ("vault.json", "study.db")]
    for n, _ in ends:
        place = places / n
        if [one.read_bytes() for one in (place / "vault.json", place / "study.db") if one.exists()] == old:
            continue
        if not (place / "vault.json").exists():
            killed_while_moving += 1
            said = run("restore", str(kept), "--move-aside", "--json", home=place, as_="ada")
            assert said.code == 0, said.err
            whole = [one for one in place.glob("set_aside_*") if (one / "vault.json").exists()]
            assert [(one / "study.db").exists() for one in whole] == [True], n
        assert run("verify", "--json", home=place, as_="ada").row["ok"], n
    assert killed_while_moving >= 2
