"""Slow work runs in one lasting thread: a library that remembers its thread must find it alive."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FORMS = Path(__file__).resolve().parents[3] / "forms" / "hucmsc"

STORY = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, QTimer
from crf_app.ui import app
from crf_app.ui.worker import Worker
program = app.application()
worker, came, home = Worker(), [], Path(sys.argv[1])

def first_run():
    from crf_app.actions.people import first_run as first
    from crf_app.crypto.passwords import LIGHT
    people = [first.NewPerson("ada", "Made-up A", "administrator", "lantern harbour kite", True),
              first.NewPerson("ivo", "Made-up I", "investigator", "staple wagon lemon", True)]
    return first.init(home, Path(sys.argv[2]), first.Place("001", "D1"), people, cost=LIGHT)

def signing_in():
    from crf_app.actions.session import sign_in, sign_out
    sign_out(sign_in(home, "ada", "lantern harbour kite"))

for work in (first_run, signing_in, signing_in):
    loop = QEventLoop()
    def ended(word):
        came.append(word)
        loop.quit()
    worker.run(work, lambda _: ended("done"), ended)
    QTimer.singleShot(30000, loop.quit)
    loop.exec()
print(came)
"""


def test_the_first_sign_in_after_the_first_run_in_one_program(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", STORY, str(tmp_path / "home"), str(FORMS)],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert run.returncode == 0, (run.returncode, run.stderr[-2000:])
    assert run.stdout.strip() == "['done', 'done', 'done']"
