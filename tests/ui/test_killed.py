"""kill -9 of the real window's process while somebody types: what was saved is there, the text comes back."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import sign_in
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui.typed.waiting_bar import WaitingBar

PASSWORD = "made up for a test 1"
PROGRAM = Path(__file__).with_name("typing_program.py")
SYS, PULSE = "IG.VS/I.VS.SYSBP", "IG.VS/I.VS.PULSE"


def killed_while_typing(home: Path, uid: str) -> list[list[str]]:
    """The lines of the program until a second after its last key; then it is killed."""
    command = [sys.executable, str(PROGRAM), str(home), uid]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stderr is not None
        said = []
        for line in child.stdout:
            said.append(line.rstrip("\n").split("\t"))
            if said[-1][0] == "second":
                break
        child.kill()
        complaint = child.stderr.read()
    assert child.returncode == -signal.SIGKILL, complaint
    return said


def test_a_killed_window_loses_nothing_that_was_saved_or_typed_a_second_ago(desk: Callable[..., Any]) -> None:
    made = desk()
    window, uid = made.window, made.uid
    key = FormKey(uid, "SE.V1", "F.VS")
    performed = "I.VS.VSPERF"
    group = made.session.study.forms["F.VS"].group_of[performed].oid
    enter_value(made.session, ItemKey(key, group, performed), "Y")
    window.sign_out()
    said = killed_while_typing(window.home, uid)
    assert [one[:2] for one in said] == [["typed", SYS], ["saved", SYS], ["second", PULSE]]
    assert said[0][2] == "quiet" and said[1][2].startswith("Saved on this device")
    window.signed_in(sign_in(window.home, "made.nurse", PASSWORD, window.clock))
    QApplication.processEvents()
    lines = {one.key.local: one.state.answer.value for one in form_page(window.session, key).lines}
    assert (lines[SYS], lines[PULSE]) == ("128", None)
    assert verify(window.session).problems == []
    bar = window.shell.findChild(WaitingBar)
    assert (
        bar.words.text().startswith("The program stopped at ") and '"7" was being typed' in bar.words.text()
    )
    bar.go.click()
    row = window.page.view.row(PULSE)
    assert row.input.text() == "7" and row.status == "unsaved" and row.input.hasFocus()
