"""The first run is whole or not at all, wherever it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crf_app.actions.people.first_run import HALF, NewPerson, Place, init
from crf_app.actions.session import home_state, sign_in, sign_out
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import StorageError, WrongState

FORMS = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"
SECRET = "lantern harbour kite"
PEOPLE = [
    NewPerson("admin", "Made-up Administrator", "administrator", SECRET, True),
    NewPerson("inv", "Made-up Investigator", "investigator", SECRET + " two", True),
]

#: a first run that kills itself at its nth step
STOPPED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from crf_app.actions.people import first_run
from crf_app.crypto.passwords import LIGHT
left = int(sys.argv[3])
def stop(real):
    def step(*args, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **options)
    return step
first_run.os.replace = stop(os.replace)
first_run.sync_folder = stop(first_run.sync_folder)
first_run._fill = stop(first_run._fill)
first_run.create_store = stop(first_run.create_store)
people = [first_run.NewPerson("admin", "Made-up Administrator", "administrator", sys.argv[4], True),
          first_run.NewPerson("inv", "Made-up Investigator", "investigator", sys.argv[4] + " two", True)]
forms = Path(sys.argv[1]) / "forms" / "hucmsc"
first_run.init(Path(sys.argv[2]), forms, first_run.Place("001", "D1"), people, cost=LIGHT)
"""


def _init(home: Path) -> None:
    init(home, FORMS, Place("001", "D1"), PEOPLE, cost=LIGHT)


@pytest.mark.parametrize("step", range(8))
def test_a_killed_first_run_can_be_done_again(tmp_path: Path, step: int) -> None:
    home = tmp_path / "home"
    script = tmp_path / "stopped.py"
    script.write_text(STOPPED, "utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(FORMS.parents[1]), str(home), str(step), SECRET],
        env=os.environ | {"PYTHONWARNINGS": "ignore"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if step < 6:
        assert done.returncode == -signal.SIGKILL, done.stderr
    if home_state(home) == "empty":
        _init(home)
    sign_out(sign_in(home, "admin", SECRET))
    assert not (home / HALF).exists() or home_state(home) == "ready"


def test_data_without_keys_are_never_overwritten(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _init(home)
    (home / "vault.json").rename(tmp_path / "vault.json")
    before = (home / "study.db").read_bytes()
    with pytest.raises(StorageError):
        _init(home)
    assert (home / "study.db").read_bytes() == before


def test_a_home_that_is_set_up_is_not_set_up_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _init(home)
    with pytest.raises(WrongState):
        _init(home)
