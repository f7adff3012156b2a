"""Bad input of every kind: one sentence, the agreed exit code, the JSON shape, nothing lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions.session import sign_in, sign_out

Run = Callable[..., Any]
Program = tuple[list[str], dict[str, str]]
NURSE = "copper willow stream"


def refused(said: Any, code: int, name: str) -> dict[str, Any]:
    """The one JSON object of a refusal, its shape checked."""
    assert said.code == code, said.out + said.err
    row = said.rows[-1]
    assert row["error"] == name
    assert row["message"] and "where" in row
    assert not said.err
    return dict(row)


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ("SYSBP=abc", "value_rejected"),
        ("SYSBP=1e308", "value_rejected"),
        ("TEMP=36,6", "value_rejected"),
        ("VSDAT=2026-02-30", "value_rejected"),
        ("VSPOS=NOWHERE", "value_rejected"),
        ("SYSBP=!XX", "value_rejected"),
        ("BMI=22.5", "value_rejected"),
        ("VSREASND=because", "value_rejected"),
        ("NOSUCH=1", "not_found"),
        ("SYSBP=120 furlong", "value_rejected"),
        ("SYSBP=" + "9" * 5000, "value_rejected"),
    ],
)
def test_text_that_has_no_value_is_refused_and_nothing_is_stored(
    run: Run, home: Path, item: str, error: str
) -> None:
    before = run("audit", home=home, as_="nia").out
    row = refused(run("--json", "put", "ZN001", "V1", "VS", item, home=home, as_="nia"), 3, error)
    assert row["stored"] == []
    assert run("audit", home=home, as_="nia").out == before


def test_the_first_refusal_stops_and_says_what_is_stored(run: Run, home: Path) -> None:
    said = run("--json", "put", "ZN001", "V1", "VS", "SYSBP=120", "DIABP=x", "PULSE=70", home=home, as_="nia")
    assert refused(said, 3, "value_rejected")["stored"] == ["I.VS.SYSBP"]
    values = {
        one["item"]: one["value"]
        for one in run("get", "ZN001", "V1", "VS", "--json", home=home, as_="nia").rows
    }
    assert (values["I.VS.SYSBP"], values["I.VS.DIABP"], values["I.VS.PULSE"]) == ("120", None, None)


@pytest.mark.parametrize("argv", [("ZN999", "V1", "VS"), ("ZN001", "V99", "VS"), ("ZN001", "V1", "XX")])
def test_what_is_not_there_is_said(run: Run, home: Path, argv: tuple[str, ...]) -> None:
    refused(run("--json", "get", *argv, home=home, as_="nia"), 3, "not_found")


def test_a_home_without_study_is_said(run: Run, tmp_path: Path) -> None:
    refused(run("--json", "login", home=tmp_path / "none", as_="nia"), 3, "not_found")


def test_a_wrong_password_is_5_counted_and_recorded(run: Run, home: Path) -> None:
    row = refused(
        run("--json", "login", home=home, as_="nia", secret="not the right words"), 5, "wrong_password"
    )
    assert row["tries_left"] > 0
    refused(run("--json", "login", home=home, as_="nobody", secret=NURSE), 5, "identity_refused")
    assert run("put", "ZN001", "V1", "VS", "PULSE=70", home=home, as_="nia").code == 0
    started = [one["record"] for one in run("audit", home=home, as_="nia").rows]
    last = [one for one in started if one["kind"] == "session.start"][-1]
    assert json.loads(last["value"])["failed_tries"] == 1


def test_a_role_without_the_right_is_5_and_recorded(run: Run, home: Path) -> None:
    refused(run("--json", "put", "ZN001", "V1", "VS", "PULSE=70", home=home, as_="ivo"), 5, "not_allowed")
    refused(run("--json", "user", "list", home=home, as_="nobody", secret="x" * 12), 5, "identity_refused")
    refused(run("--json", "subject", "add", home=home, as_="ada"), 5, "not_allowed")
    kinds = [one["record"]["kind"] for one in run("audit", home=home, as_="nia").rows]
    assert kinds.count("session.refuse") == 2


def test_a_one_time_password_must_change_first(run: Run, home: Path) -> None:
    one_time = "seven other lakes"
    added = run(
        "user",
        "add",
        "zoe",
        "Made-up",
        "nurse",
        home=home,
        as_="ada",
        secret=f"lantern harbour kite\n{one_time}",
    )
    assert added.code == 0
    refused(
        run("--json", "subject", "list", home=home, as_="zoe", secret=one_time), 5, "must_change_password"
    )


def test_a_second_process_is_refused_with_7(program: Program, run: Run, home: Path) -> None:
    command, environment = program
    with subprocess.Popen(
        [*command, "put", "--stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as other:
        assert other.stdin is not None and other.stdout is not None
        line = {"subject": "ZN001", "event": "V1", "form": "VS", "item": "PULSE", "value": "70"}
        other.stdin.write(json.dumps(line).encode() + b"\n")
        other.stdin.flush()
        assert json.loads(other.stdout.readline())["ok"]
        refused(run("--json", "login", home=home, as_="nia"), 7, "locked_by_another")
        other.communicate(b"")
    assert run("login", home=home, as_="nia").code == 0


def test_a_damaged_store_is_4(run: Run, home: Path) -> None:
    file = home / "study.db"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    said = run("--json", "verify", home=home, as_="nia")
    assert said.code == 4, said.out + said.err
    row = said.rows[-1]
    assert row.get("problems") or row.get("error") == "store_damaged"


def test_a_changed_vault_is_4(run: Run, home: Path) -> None:
    file = home / "vault.json"
    vault = json.loads(file.read_text("utf-8"))
    vault["slots"][0]["role"] = "investigator"
    file.write_text(json.dumps(vault), "utf-8")
    refused(run("--json", "login", home=home, as_="nia"), 4, "vault_tampered")


def test_a_store_of_a_newer_program_is_6(run: Run, home: Path) -> None:
    session = sign_in(home, "nia", NURSE)
    conn = session.store.conn
    columns = [row[1] for row in conn.execute("PRAGMA table_info(_sqlite_migrations)")]
    named = {"migration_set": "store", "name": "m999_from_the_future", "applied_at": "2099-01-01"}
    row = conn.execute("SELECT * FROM _sqlite_migrations ORDER BY rowid DESC LIMIT 1").fetchone()
    newer = [
        named.get(name) if name in ("name", "applied_at") else old
        for name, old in zip(columns, row, strict=True)
    ]
    if "id" in columns:
        newer[columns.index("id")] = None
    conn.execute(f"INSERT INTO _sqlite_migrations VALUES ({', '.join('?' * len(newer))})", newer)
    conn.commit()
    sign_out(session)
    refused(run("--json", "login", home=home, as_="nia"), 6, "too_new")


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are set as POSIX does")
def test_a_full_disk_is_8_and_what_was_acknowledged_stays(program: Program, run: Run, home: Path) -> None:
    command, environment = program
    size = max(file.stat().st_size for file in home.glob("study.db*"))
    lines = "".join(
        json.dumps(
            {"subject": "ZN001", "event": "V1", "form": "VS", "item": "PULSE", "value": str(60 + n % 40)}
        )
        + "\n"
        for n in range(400)
    )

    def small_files() -> None:
        import resource  # POSIX alone has it

        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, resource.RLIM_INFINITY))

    done = subprocess.run(
        [*command, "put", "--stdin"],
        input=lines.encode(),
        capture_output=True,
        env=environment,
        check=False,
        preexec_fn=small_files,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 8, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert {one["error"] for one in answers if not one["ok"]} <= {"storage_full", "storage"}
    there = {one["id"] for one in run("audit", home=home, as_="nia").rows}
    stored = [one for one in answers if one["ok"]]
    assert stored and {one["record"] for one in stored} <= there
    assert run("verify", home=home, as_="nia").code == 0
    assert run("put", "ZN001", "V1", "VS", "RESP=14", home=home, as_="nia").code == 0


def test_a_folder_that_cannot_be_written_is_8(run: Run, home: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "diagnostic.txt"
    refused(run("--json", "diagnostic", str(nowhere), home=home), 8, "storage")


def test_a_file_that_is_too_large_is_9(run: Run, tmp_path: Path) -> None:
    big = tmp_path / "big.crf"
    with big.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    refused(run("--json", "bundle", "inspect", str(big)), 9, "limit_exceeded")


def test_a_file_that_is_no_bundle_is_refused(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.crf"
    other.write_bytes(b"not a bundle")
    refused(run("--json", "bundle", "inspect", str(other)), 5, "bundle_refused")


def test_definitions_with_mistakes_are_3_and_all_are_listed(run: Run, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "forms" / "hucmsc"
    folder = Path(shutil.copytree(source, tmp_path / "study"))
    text = (folder / "vs.toml").read_text("utf-8").replace("mandatory = true", "mandatry = true", 1)
    (folder / "vs.toml").write_text(text.replace("VS.SYSBP <= VS.DIABP", "VS.SYSBP <= VS.DIAPB"), "utf-8")
    said = run("check", str(folder))
    assert said.code == 3
    assert "vs.toml:" in said.out and "mandatry" in said.out
    row = refused(run("--json", "check", str(folder)), 3, "definition_wrong")
    assert row["problems"][0]["file"] == "vs.toml" and row["problems"][0]["line"] > 1


def test_good_definitions_are_counted(run: Run) -> None:
    said = run("--json", "check", str(Path(__file__).parents[2] / "forms"))
    assert said.code == 0
    trial = next(row for row in said.rows if row["study"] == "HUCMSC")
    assert all(row["ok"] for row in said.rows) and trial["forms"] >= 12


def test_a_weak_password_is_refused_at_init(run: Run, home: Path, tmp_path: Path) -> None:
    people = ("--person", "a", "Made-up A", "administrator", "--person", "b", "Made-up B", "investigator")
    forms = Path(__file__).parents[2] / "forms" / "hucmsc"
    argv = ("--json", "init", "--study", str(forms), "--site", "001", "--device", "D1", *people)
    refused(run(*argv, home=tmp_path / "new", secret="short\nviolet anchor meadow"), 3, "value_rejected")
    refused(run(*argv, home=home, secret="lantern harbour kite\nviolet anchor meadow"), 3, "wrong_state")
    assert run(*argv, home=tmp_path / "new", secret="only one line given").code == 2
