"""docs/hand-over.md: its commands, in their order, on two homes, a stick and a real central."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crf_app import cli
from crf_app.actions.people import first_run
from crf_app.crypto.passwords import LIGHT

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docs" / "hand-over.md").read_text("utf-8")
PASSWORD, SECRET = "lantern harbour kite", "granite orchard sail"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Outside pytest's own: PostgreSQL runs as another user where we are root."""
    made = Path(tempfile.mkdtemp(prefix="crf-hand-over-"))
    yield made
    shutil.rmtree(made)


def test_the_commands_of_the_page_hand_a_device_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = folder / "secret"
    monkeypatch.setenv("CRF_SECRET_FILE", str(secret))
    monkeypatch.delenv("CRF_CENTRAL_DSN", raising=False)
    (folder / "stick").mkdir()
    places = {"HOME_OLD": folder / "old", "HOME_NEW": folder / "new", "STICK": folder / "stick"}

    def run(line: str) -> str:
        for name, path in places.items():
            line = line.replace(name, str(path))
        words = line.split()[1:]
        at_central = words[0] == "central"
        secret.write_text(SECRET if at_central else PASSWORD, "utf-8")
        words += ["--central-home", str(folder / "central")] if at_central else []
        code = cli.main(words, lambda *_: 0)
        said = capsys.readouterr()
        assert code == 0, f"{line}: {said.out}{said.err}"
        return said.out

    people = [
        first_run.NewPerson("ada", "Made-up A", "administrator", PASSWORD, own_password=True),
        first_run.NewPerson("ivo", "Made-up I", "investigator", "violet anchor meadow", own_password=True),
    ]
    place = first_run.Place("001", "D1")
    first_run.init(folder / "old", PROJECT / "forms" / "hucmsc", place, people, cost=LIGHT)
    run("crf-app central init --study HUCMSC")
    run("crf-app --home HOME_OLD --as ada device request STICK/old.json")
    run("crf-app central device add STICK/old.json")
    run(f"crf-app --home HOME_OLD --as ada device add-central {folder}/central/central.pub")
    commands = re.findall(r"^\$ (crf-app .*)$", TEXT, re.M)
    assert len(commands) > 8
    said = {command: run(command) for command in commands}
    drilled = re.search(r"Chain end +(\d+/\d+) ([0-9a-f]{64})", said[commands[2]])
    assert drilled is not None and f"chain end {drilled[1]} {drilled[2]}" in said[commands[3]]
    here, safe = re.search(r"(\d+) records here.* (\d+) safe", said[commands[-1]]).groups()  # type: ignore[union-attr]
    assert here == safe and int(here) > 10 and "epoch 2" in said[commands[3]]
    assert sys.modules.keys() >= {"psycopg"}
