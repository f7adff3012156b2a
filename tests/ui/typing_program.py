"""The program of `test_killed.py`: a real window on the home in argv, keys typed, each stand told on a line.

python typing_program.py HOME SUBJECT_UID
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.session import sign_in
from crf_app.model.clock import SystemClock
from crf_app.model.keys import FormKey
from crf_app.ui import app, words

PASSWORD = "made up for a test 1"
SYS, PULSE = "IG.VS/I.VS.SYSBP", "IG.VS/I.VS.PULSE"


def main(home: Path, uid: str) -> int:
    qt = app.application()
    window = app.build(qt, home)
    words.set_language("en")
    window.show()
    window.activateWindow()
    window.signed_in(sign_in(home, "made.nurse", PASSWORD, SystemClock()))
    window.show_form(FormKey(uid, "SE.V1", "F.VS"))
    QApplication.processEvents()
    view, status = window.page.view, window.shell.status
    view.row(SYS).input.select()
    QTest.keyClicks(view.row(SYS).input, "128")
    tell("typed", SYS, "said" if status.saved.text() else "quiet")
    QTest.keyClick(view.row(SYS).input, Qt.Key.Key_Return)
    tell("saved", SYS, status.saved.text())
    view.row(PULSE).input.select()
    QTest.keyClicks(view.row(PULSE).input, "7")
    QTimer.singleShot(1000, lambda: tell("second", PULSE, view.row(PULSE).input.text()))
    return qt.exec()


def tell(*said: str) -> None:
    print("\t".join(said), flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
