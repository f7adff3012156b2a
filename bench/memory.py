"""P15: the memory of a process whose window shows the 200-item form, and what opening it leaves behind.

A signs in, opens the form from the casebook and waits until the heavy libraries are imported too, as the real
window does after its first paint; B is a process with a bare QMainWindow.  Each in a process of its own.  The
cycles are those of `cycles.py`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from statistics import median

import psutil

from bench import homes, measure
from bench.cycles import cycled
from bench.desk import Desk

_MB = 2**20
_BARE = """
import os, sys
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1280, 800)
window.show()
for _ in range(50):
    app.processEvents()
print("idle", flush=True)
sys.stdin.read()
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args(arguments).quick
    blocks = 1 if quick else 5
    with homes.made_home("W0") as home:
        measure.say("a filled home")
        homes.fill(home, subjects=2)
        ours, bare, light = [], [], []
        for _ in range(blocks):
            bare.append(_bare())
            with Desk(home) as desk:
                desk.ask("casebook", subject=0)
                desk.ask("open", subject=0, event="SE.V13", form="F.Q200")
                desk.ask("wait")
                light.append(desk.memory)
                desk.ask("warm_up")
                ours.append(desk.memory)
    a, b = median(ours), median(bare)
    note = f"{median(light):.0f} MB before the libraries for rules, paper and signing are imported"
    measure.give(
        measure.Row("P15", "memory with the 200-item form open", "a bare window", a / b, "at most", 2.0,
                    a, b, "MB", blocks, note)
    )  # fmt: skip
    _cycles(50 if quick else 1000)
    return 0


def _cycles(times: int) -> None:
    measure.say(f"{times} times open and close")
    found = cycled(times)
    what = f"growth of memory over {times} times open and close of the 200-item form"
    measure.give(
        measure.Row("P15", what, "nothing", found.growth, "at most", 5.0, found.rss_after, found.rss_before,
                    "MB", 1)
    )  # fmt: skip
    what = f"references to None gained or lost over {times} times open and close"
    note = "gained: PySide6 notes a None for each virtual function of an object and never lets it go"
    measure.give(
        measure.Row("P15", what, "nothing", found.none_delta, "exactly", 0.0, unit="", blocks=1,
                    note=note if found.none_delta > 0 else "")
    )  # fmt: skip


def _bare() -> float:
    """Memory in MB of a process with a bare window."""
    process = subprocess.Popen(
        [sys.executable, "-c", _BARE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdout.readline()
    memory = float(psutil.Process(process.pid).memory_info().rss) / _MB
    process.stdin.close()
    process.wait()
    return memory


if __name__ == "__main__":
    sys.exit(main())
