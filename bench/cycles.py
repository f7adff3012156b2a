"""Open and close the 200-item form in the real window, over and over: what stays behind each time.

`cycled(n)` does it in a process of its own and is what `soak` and the row P15 call; `python -m bench.cycles
--cycles N` is that process and prints one JSON line.  One cycle opens F.Q200 of a filled made-up subject and
goes back to her casebook; two subjects take turns.  Memory and the references to None are read after a
warm-up and at the end, each time at the same page after a collection; whatever Qt or Python says is kept.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bench import homes

WARM_UP = 50
_MB = 2**20
#: the offscreen platform says so of every window; tests leave it out as well (pyproject.toml)
_KNOWN = "This plugin does not support propagateSizeHints"


@dataclass(frozen=True, slots=True)
class Cycled:
    """Resident memory in MB and references to None, before and after `cycles` cycles.

    `curve` is the memory at each tenth of the way, `said` every line on stderr and every message of Qt.
    `opened` counts the pages that came to stand with all 200 items.
    """

    cycles: int
    opened: int
    rss_before: float
    rss_after: float
    none_before: int
    none_after: int
    seconds: float
    curve: tuple[float, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def growth(self) -> float:
        return self.rss_after - self.rss_before

    @property
    def none_delta(self) -> int:
        return self.none_after - self.none_before


def cycled(cycles: int, warm_up: int = WARM_UP) -> Cycled:
    """Run it in a new process.  Raises RuntimeError when that process breaks off."""
    command = [sys.executable, "-W", "always", "-m", "bench.cycles"]
    done = subprocess.run(
        [*command, "--cycles", str(cycles), "--warm-up", str(warm_up)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the window's process ended with {done.returncode}: {done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    said = (*found.pop("said"), *done.stderr.splitlines())
    return Cycled(**found | {"curve": tuple(found["curve"]), "said": said})


def open_and_close(home: Path, cycles: int, warm_up: int = WARM_UP) -> Cycled:
    """The exercise itself, in this process, which gets the QApplication; `home` holds two filled subjects."""
    with qt_messages() as said, _Desk(home) as desk:
        for n in range(warm_up):
            desk.cycle(n)
        rss, none = _now()
        began, curve, opened = time.perf_counter(), [], 0
        for n in range(cycles):
            opened += desk.cycle(n)
            if (n + 1) % max(1, cycles // 10) == 0:
                curve.append(round(_rss(), 2))
        seconds = time.perf_counter() - began
        rss_after, none_after = _now()
    return Cycled(cycles, opened, rss, rss_after, none, none_after, seconds, tuple(curve), tuple(said))


class _Desk:
    """The real window with the nurse at work."""

    def __init__(self, home: Path) -> None:
        from crf_app.actions.demo.demo_site import PASSWORD
        from crf_app.actions.session import sign_in
        from crf_app.actions.subjects import subjects
        from crf_app.ui import app

        self.app = app.application()
        self.window = app.build(self.app, home)
        self.window.show()
        session = sign_in(home, "nurse", PASSWORD)
        self.window.signed_in(session)
        self.uids = [one.uid for one in subjects(session)][:2]

    def __enter__(self) -> _Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.window.close()
        self.window.deleteLater()
        self._settle()

    def cycle(self, n: int) -> int:
        """Open the form and go back; 1 when all its items stood there, else 0."""
        from crf_app.model.keys import FormKey

        uid = self.uids[n % len(self.uids)]
        self.window.show_form(FormKey(uid, "SE.V13", "F.Q200"))
        self._settle()
        page = self.window.page
        stood = len(page.view.rows()) if page is not None and hasattr(page, "view") else 0
        del page
        self.window.show_casebook(uid)
        self._settle()
        return int(stood >= 200)

    def _settle(self) -> None:
        """What the event loop would do between two acts, the deletion of the page before included."""
        from PySide6.QtCore import QCoreApplication, QEvent

        for _ in range(3):
            self.app.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _now() -> tuple[float, int]:
    gc.collect()
    return _rss(), sys.getrefcount(None)


def _rss() -> float:
    return float(psutil.Process().memory_info().rss) / _MB


@contextmanager
def qt_messages() -> Iterator[list[str]]:
    """What Qt says meanwhile, but for what the offscreen platform says of every window."""
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

    said: list[str] = []

    def keep(kind: QtMsgType, context: QMessageLogContext, words: str) -> None:
        if words != _KNOWN:
            said.append(f"{kind.name}: {words}")

    before = qInstallMessageHandler(keep)
    try:
        yield said
    finally:
        qInstallMessageHandler(before)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cycles", description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--warm-up", type=int, default=WARM_UP)
    options = parser.parse_args()
    with homes.made_home() as home:
        homes.fill(home, subjects=2)
        print(json.dumps(asdict(open_and_close(home, options.cycles, options.warm_up))))


if __name__ == "__main__":
    main()
