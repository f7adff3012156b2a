"""P1: from the start of the process to the first picture, against a bare PySide6 process.

Both are timed from outside: from just before the process is made to the moment the process itself wrote
into its trace, on the monotonic clock that all processes of a system share.  The floor is the shortest
PySide6 program that shows an empty main window; it marks its first picture in the same way.  Both run from
bytecode, as installed programs do; the program starts as its launcher does it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.homes import fill, made_home
from bench.measure import Pair, compare, give, time_row

BLOCKS, GOAL = 15, 1.5
LONGEST_S = 60
LAUNCHER = "import sys; from crf_app.__main__ import main; sys.exit(main())"
BARE = """
import json, os, time
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

def mark():
    with open(os.environ["CRF_TRACE"], "a", encoding="utf-8") as file:
        file.write(json.dumps({"event": "window.painted", "ns": time.monotonic_ns()}) + "\\n")

class First(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, mark)
        return False

app = QApplication([])
window = QMainWindow()
first = First(window)
window.installEventFilter(first)
window.show()
app.exec()
"""


def main() -> None:
    quick = _quick()
    with made_home("W0") as home, tempfile.TemporaryDirectory(prefix="crf-bench-") as folder:
        fill(home, "W0", 1 if quick else 24, 300 if quick else None)
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, "utf-8")
        program = [sys.executable, "-c", LAUNCHER, "--home", str(home)]
        keep_bytecode(Path(folder) / "bytecode")
        pair = start_pair(program, [sys.executable, str(bare)], 3 if quick else BLOCKS)
        give(
            time_row(
                "P1",
                "process start to first painted window with its people",
                "bare PySide6 process to its first painted QMainWindow",
                GOAL,
                pair,
            )
        )


def keep_bytecode(folder: Path) -> None:
    """The processes started from now on compile what they import once, in the warm-up."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def start_pair(program: Sequence[str], floor: Sequence[str], blocks: int) -> Pair:
    """The two processes started in turns; also the packed program can be given."""
    return compare(lambda: seconds_to_paint(program), lambda: seconds_to_paint(floor), blocks)


def seconds_to_paint(command: Sequence[str]) -> float:
    """Start, wait for `window.painted`, end the process.  Raises RuntimeError when it never paints."""
    with tempfile.TemporaryDirectory(prefix="crf-bench-") as folder:
        trace = Path(folder) / "trace"
        trace.touch()
        environment = os.environ | {"CRF_TRACE": str(trace)}
        began = time.monotonic_ns()
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            return (_painted_at(trace, process) - began) / 1e9
        finally:
            process.terminate()
            process.wait()


def _painted_at(trace: Path, process: subprocess.Popen[bytes]) -> int:
    """Monotonic nanoseconds of the mark.  Looks rarely, so that waiting takes nothing from the process."""
    last = time.monotonic() + LONGEST_S
    while time.monotonic() < last and process.poll() is None:
        for line in trace.read_text("utf-8").splitlines():
            mark = json.loads(line)
            if mark["event"] == "window.painted":
                return int(mark["ns"])
        time.sleep(0.02)
    raise RuntimeError(f"{process.args} painted nothing")


def _quick() -> bool:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    return bool(parser.parse_args().quick)


if __name__ == "__main__":
    main()
