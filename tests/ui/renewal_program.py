"""The program of `test_renewal.py`: the real window on a home; somebody signs in, and out from the lock.

python renewal_program.py --home HOME; the password is the first line of stdin, "go" the second.
Executed again by the window it tells who is remembered, and waits on the sign-in page.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLineEdit

from crf_app.actions.session import sign_in
from crf_app.model.keys import FormKey
from crf_app.ui import app
from crf_app.ui.main_window import MainWindow
from crf_app.ui.renewal import GEOMETRY, PLACES

USER, LOCAL = "nurse", "IG.VS/I.VS.SYSBP"
planted: list[object] = []
AGAIN = GEOMETRY in os.environ


def window() -> MainWindow:
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))


def tell(*said: object) -> None:
    print(*said, sep="\t", flush=True)


def work() -> None:
    """Signed in with a form open; the key is told, so that the test knows what to look for."""
    here = window()
    here.resize(1111, 650)
    typed = sys.stdin.readline().rstrip("\n")
    planted.extend((typed, QLineEdit(typed)))  # as if somebody had forgotten it there
    here.signed_in(sign_in(here.home, USER, typed, here.clock))
    uid = here.session.store.conn.execute("SELECT uid FROM subject").fetchone()[0]
    here.show_form(FormKey(uid, "SE.V1", "F.VS"))
    QApplication.processEvents()
    tell("in", here.session.keys.data_key.hex(), uid)
    sys.stdin.readline()
    here.lock()
    here.cover.other.click()


def stand() -> None:
    here = window()
    told = here.interruption.places()
    tell("again", here.width(), here.height(), here.session_or_none, told, PLACES in os.environ, here.home)


app.application()
QTimer.singleShot(300, stand if AGAIN else work)
sys.exit(app.run(Path(sys.argv[2])))
