"""The real window with the nurse at work on a filled home, driven line by line by the process that measures.

It is a process of its own because the window dresses the whole application; the floor must not wear that.
`Desk` starts it; each request is one JSON line and so is its answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from crf_app.model.item_def import ItemDef
    from crf_app.ui.pages.form import FormPageWidget

_A_WHILE_MS = 250  # a person needs longer between two acts
_BUTTONS = 2  # codes of a list that is shown as buttons


class Desk:
    """A process with the window; `ask` does one thing there."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.desk", str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        )

    def ask(self, do: str, **values: object) -> Any:
        """The answer to one request.  Raises RuntimeError when the window broke off."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the window broke off while it did {do}")
        return json.loads(line)

    @property
    def memory(self) -> float:
        """Resident memory of the window's process in MB."""
        return float(psutil.Process(self._process.pid).memory_info().rss) / 2**20

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, trail: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class _Window:
    """What can be asked for."""

    def __init__(self, home: Path) -> None:
        from crf_app.ui import app

        self.home = home
        self.app = app.application()
        self.window = app.build(self.app, home)
        self.window.show()
        self._sign_in()

    def _sign_in(self) -> None:
        from crf_app.actions.demo.demo_site import PASSWORD
        from crf_app.actions.session import sign_in
        from crf_app.actions.subjects import subjects

        self.session = sign_in(self.home, "nurse", PASSWORD)
        self.window.signed_in(self.session)
        self.uids = [one.uid for one in subjects(self.session)]
        self._settle()

    def sign_in_anew(self) -> None:
        """The person leaves and comes again: no form was opened in this window before."""
        self.window.sign_out()
        self._sign_in()

    def casebook(self, subject: int) -> None:
        """Where forms are opened from; a while passes there."""
        self.window.show_casebook(self.uids[subject])
        self._settle()

    def open(self, subject: int, event: str, form: str) -> float:
        """Seconds from the click to the first paint of the fields."""
        from bench.by_hand import Painted
        from crf_app.model.keys import FormKey

        key = FormKey(self.uids[subject], event, form)
        began = time.perf_counter()
        self.window.show_form(key)
        painted = Painted(self.page.view.canvas)
        painted.wait()
        seconds = time.perf_counter() - began
        self.page.view.canvas.removeEventFilter(painted)
        self._check()
        return seconds

    def statements(self, subject: int, event: str, form: str) -> int:
        """SQL statements from the click until nothing is to be done any more."""
        seen: list[str] = []
        self.session.store.conn.set_trace_callback(seen.append)
        self.open(subject, event, form)
        self.session.store.conn.set_trace_callback(None)
        return len(seen)

    def press(self, local: str) -> float:
        """Seconds for one key in this field, pressed until painted."""
        from bench.by_hand import typed

        row = self.page.view.row(local)
        assert row is not None
        row.input.select()
        self._settle()
        seconds = typed(row.input)
        row.input.go_back()
        self._settle()
        return seconds

    def asked(self) -> list[tuple[str, str, list[str], str]]:
        """The items of the open form with their values, for the same widgets made by hand."""
        page = self.page.shown
        assert page is not None
        return [self._asked(line.state.item, line.state.answer.value or "") for line in page.lines]

    def _asked(self, item: ItemDef, value: str) -> tuple[str, str, list[str], str]:
        if item.code_list is not None:
            codes = self.session.study.code_lists[item.code_list]
            words = [one.decode.en for one in codes.items]
            chosen = codes.by_code[value].decode.en if value else ""
            return item.question.en, "list" if len(words) > _BUTTONS else "buttons", words, chosen
        return item.question.en, "date" if item.data_type == "date" else "line", [], value

    def wait(self) -> None:
        """Until nothing is to be done any more."""
        self._settle()

    def warm_up(self) -> None:
        """As the program does after its first paint, in a thread."""
        from crf_app.ui.app import warm_up

        warm_up()
        self._settle()

    @property
    def page(self) -> FormPageWidget:
        from crf_app.ui.pages.form import FormPageWidget

        page = self.window.page
        assert isinstance(page, FormPageWidget)
        return page

    def _check(self) -> None:
        """Every field shows the value of its own record."""
        self._settle()
        page = self.page.shown
        assert page is not None and len(self.page.view.rows()) == len(page.lines)
        for row, line in zip(self.page.view.rows(), page.lines, strict=True):
            assert row.key == line.key and row.input.text() == (line.state.answer.value or ""), row.key

    def _settle(self) -> None:
        from PySide6.QtCore import QCoreApplication, QEvent
        from PySide6.QtTest import QTest

        QTest.qWait(_A_WHILE_MS)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        self.app.processEvents()


def serve(home: Path) -> None:
    """One request a line, one answer a line, until the input ends."""
    window = _Window(home)
    acts: dict[str, Callable[..., object]] = {
        name: getattr(window, name)
        for name in ("sign_in_anew", "casebook", "open", "press", "asked", "wait", "warm_up", "statements")
    }
    for line in sys.stdin:
        request = json.loads(line)
        answer = acts[request.pop("do")](**request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    window.window.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
