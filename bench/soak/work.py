"""Random work at the real window: keys, lock, persons, stops, switches; each value in its record (ADR-0023).

The exercise is that of `tests/ui/right_record.py`; one seed is one run of `STEPS` acts on a copy of one home.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from bench.soak.outcome import Outcome

EXERCISE = "work at the window"
STEPS = 80
STUDY = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"
PEOPLE = ("nurse", "coordinator")


def work_shard(count: int, first: int) -> Outcome:
    """`count` seeds from `first` on, in this process, which gets the QApplication."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from right_record import Afternoon, prepare

    from crf_app.actions.demo.demo_site import PASSWORD, make_people
    from crf_app.crypto.passwords import LIGHT
    from crf_app.ui import app, style

    began, problems, keys = time.monotonic(), [], 0
    with tempfile.TemporaryDirectory(prefix="crf-soak-") as folder:
        home = Path(folder) / "home"
        make_people(home, STUDY, Afternoon(), LIGHT)
        prepare(home, PEOPLE[0], PASSWORD, Afternoon())
        qt = app.application()
        style.load_font()
        style.apply(qt, "light", 1.0)
        for seed in range(first, first + count):
            found, pressed = _played(home, Path(folder) / f"seed{seed}", PASSWORD, seed)
            problems += [f"seed {seed}: {one}" for one in found]
            keys += pressed
    lost = sum(" is lost" in one for one in problems)
    notes = {"keys pressed in fields": float(keys)}
    return Outcome(
        EXERCISE, count, count, lost, len(problems) - lost, began, time.monotonic(), notes=notes,
        problems=tuple(problems[:5]),
    )  # fmt: skip


def _played(home: Path, place: Path, password: str, seed: int) -> tuple[list[str], int]:
    from PySide6.QtCore import QCoreApplication, QEvent
    from right_record import Work

    shutil.copytree(home, place / "home")
    work = Work(place / "home", PEOPLE, password, seed)
    try:
        return work.play(STEPS), work.keys
    finally:
        work.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        shutil.rmtree(place)
