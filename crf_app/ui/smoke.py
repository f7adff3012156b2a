"""`crf-app --smoke`: does this copy of the program work on this computer?

A short journey by keys through the real window, on a made-up site in a folder that is removed afterwards: a
form filled in, completed, signed, its PDF judged, a forged copy of it refused, the store verified.  Each step
is one line with its seconds; the first that does not come out is said and ends the run.  It is how a built
program is tried, so it leaves nothing out that is packed as a file or imported late, except central's side.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from crf_app.actions.demo.demo_site import make_demo_site
from crf_app.actions.form_page import form_page
from crf_app.actions.printing import paper
from crf_app.actions.printing.checking_paper import verify_pdf
from crf_app.actions.safekeeping import keeping
from crf_app.actions.study.definitions import study_folders
from crf_app.crypto.passwords import DEFAULT, Cost
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey
from crf_app.settings.shipped import forms_folder
from crf_app.ui.app import warm_up
from crf_app.ui.journey import Journey, Say
from crf_app.ui.player import Stuck

FAULT = 70


class Smoke(Journey):
    """The journey's first steps, each of them checked in the store as well."""

    def play(self) -> None:
        """All of it.  Raises Stuck or CrfError where a step does not come out."""
        try:
            self._steps()
        finally:
            self.window.close()  # a window that stays would write into a home that is gone

    def _steps(self) -> None:
        form = self.plan["signed"]
        self._sign_in("Nurse")
        self._new_subject()
        self._fill(form)
        self._languages()
        self._leave()
        self._sign_in("Investigator")
        key = FormKey(self.uid, self.plan["event"], form)
        self._read_again(key)
        self._sign()
        self._judge_paper(key)
        self._verify_store()
        self._leave()

    def _read_again(self, key: FormKey) -> None:
        """What was typed is in the store that another person opened."""
        lines = {line.key.local: line for line in form_page(self.window.session, key).lines}
        typed = {
            local: text
            for local, text in self.answers[key.form].items()
            if text and lines[local].state.collected
        }
        lost = [local for local, text in typed.items() if lines[local].state.answer.value != text]
        if lost or not typed:
            raise Stuck(f"typed, but not in the store: {', '.join(lost) or 'nothing was typed'}")
        self.say(f"{len(typed)} values are in the store as typed")

    def _judge_paper(self, key: FormKey) -> None:
        """The signed PDF is valid, and one changed byte of it is noticed."""
        session = self.window.session
        data, roots = self.pdf.read_bytes(), paper.roots_of(paper.site_root_pem(session))
        verdict = verify_pdf(data, roots)
        if verdict.exit_code:
            raise Stuck(f"the signed PDF is not accepted: {verdict.sentence('en')}")
        forged = verify_pdf(_one_byte_changed(data), roots)
        if not forged.exit_code:
            raise Stuck("a PDF with a changed byte is accepted")
        self.say(f"signed PDF of {len(data) // 1024} kB; with one byte changed: {forged.sentence('en')}")

    def _verify_store(self) -> None:
        if not keeping.verify(self.window.session).sound:
            raise Stuck("the store does not verify")
        self.say("every byte of the store verifies")


def _one_byte_changed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def smoke(say: Say, cost: Cost = DEFAULT) -> int:
    """Run it in a folder of its own.  Returns 0, the refusal's exit code, or 70 for a fault of ours."""
    faults: list[str] = []
    before, sys.excepthook = sys.excepthook, _noting(faults)
    started = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="crf-smoke-") as folder:
            _run(Path(folder), _timed(say), cost)
        if faults:
            raise Stuck(f"a fault in the window: {faults[0]}")
    except (Stuck, CrfError) as stop:
        say(f"stopped: {stop}")
        return stop.exit_code if isinstance(stop, CrfError) else FAULT
    finally:
        sys.excepthook = before
    say(f"all well, {time.perf_counter() - started:.1f} s")
    return 0


def _run(folder: Path, say: Say, cost: Cost) -> None:
    warm_up()
    say("libraries load")
    offered = study_folders(forms_folder())
    if not offered:
        raise Stuck("no study definition comes with the program")
    say(f"studies to choose from: {', '.join(one.oid for one in offered)}")
    study = offered[0].folder
    make_demo_site(folder / "home", study, lambda _: None, 1, cost)
    say("made-up site: four people, one subject")
    Smoke(folder / "home", folder, study, say).play()


def _timed(say: Say) -> Say:
    """Each line with the seconds since the one before."""
    last = [time.perf_counter()]

    def timed(line: str) -> None:
        now = time.perf_counter()
        say(f"{now - last[0]:6.2f} s  {line}")
        last[0] = now

    return timed


def _noting(faults: list[str]) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """An exception hook for what goes wrong inside the window's own event handlers."""

    def note(kind: type[BaseException], bug: BaseException, trail: TracebackType | None) -> None:
        faults.append(kind.__name__)
        sys.__excepthook__(kind, bug, trail)

    return note
