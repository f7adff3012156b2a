"""The program from its start to its end: trace marks, warm-up after the first picture, clean end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

from crf_app.ui import app

RUN = """
import gc, sys, threading
from pathlib import Path
from PySide6.QtCore import QTimer
from crf_app.__main__ import open_window
from crf_app.ui import app

LATER = '''
    sqlite_utils sqlite3 sqlcipher3 cel_expr_python reportlab pyhanko lxml psycopg pypdfium2 zstandard
    pydantic cryptography click hashlib concurrent.futures logging.handlers platformdirs subprocess socket
'''.split()
early = []
mark = app.trace.mark
def look(event):
    if event == "window.painted":
        early.extend(name for name in LATER if name in sys.modules)
    mark(event)
app.trace.mark = look
program = app.application()
QTimer.singleShot(300, program.quit)
code = open_window(Path({home!r}))
for thread in threading.enumerate():
    if thread.name == "warm-up":
        thread.join()
print(code, all(name in sys.modules for name in app.HEAVY), gc.isenabled(), *early)
"""


def test_what_is_loaded_after_the_first_picture_exists():
    assert [name for name in app.HEAVY if find_spec(name) is None] == []


def test_the_program_starts_paints_warms_up_and_ends(home, tmp_path):
    trace = tmp_path / "trace.ndjson"
    environment = dict(os.environ) | {"CRF_TRACE": str(trace)}
    run = subprocess.run(
        [sys.executable, "-c", RUN.format(home=str(home))],
        capture_output=True, text=True, timeout=120, env=environment, check=True,
    )  # fmt: skip
    assert run.stdout.split() == ["0", "True", "True"], "loaded before the first picture"
    marks = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    assert [mark["event"] for mark in marks] == ["start", "window.painted"]
    assert marks[0]["ns"] < marks[1]["ns"]
    assert "Traceback" not in run.stderr


def test_a_damaged_vault_is_refused_in_words_at_the_start(home, capsys, qapp):
    (home / "vault.json").write_text("{", encoding="utf-8")
    code = app.run(home)
    assert code == 4 and capsys.readouterr().err.count("\n") == 2
