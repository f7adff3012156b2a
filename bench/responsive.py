"""P17: is the window ever still for more than 100 ms while slow work runs?

A timer of 5 ms beats in the window's thread; the longest time between two beats is what a person would feel.
The jobs are begun as a person begins them (buttons and pages of the real window) and end when their result
stands in the window.  Export, import, backup and verify run in the window's worker with the bar over the
window, as the page of the device runs them.  The receipt is central's, made here with keys of its own: ingest
itself runs at central.  The pages between the jobs are a
row of their own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bench.homes import fill, made_home, session_of
from bench.measure import Row, give, say
from crf_app.actions.completing import complete_form
from crf_app.actions.demo.demo_site import PASSWORD
from crf_app.actions.exporting import export_csv
from crf_app.actions.form_page import form_page
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.odm.odm_import import import_odm
from crf_app.actions.safekeeping.keeping import backup, verify_aside
from crf_app.actions.session import Session
from crf_app.actions.subject_list import SubjectList
from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.errors import CrfError, NotComplete
from crf_app.model.clock import utc_text
from crf_app.model.keys import FormKey
from crf_app.model.progress import Progress
from crf_app.sync.bundle import Place, write_bundle
from crf_app.sync.central_public import CENTRAL, CentralPublic
from crf_app.sync.lines import End, Receipt
from crf_app.ui import app as program
from crf_app.ui.main_window import MainWindow
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.pdf_preview import PdfPreviewPage
from crf_app.ui.pages.sign_in import SignInPage
from crf_app.ui.pages.signing_sheet import SigningSheet
from crf_app.ui.pages.sync import SyncPageWidget

PAGES = ("form", "casebook", "signing sheet")
BEAT_MS, FELT_MS, LONGEST_S = 5, 100.0, 600
SIGN, BOX = Ed25519Key.generate(), X25519Key.generate()


class Heart(QObject):
    """Beats in the window's thread and keeps the gaps between beats, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)

    def begin(self) -> None:
        self.gaps, self._last = [], time.perf_counter()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1e3)
        self._last = now


class Run:
    """One window, its heart, and the worst gap of each job."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.app = program.application()
        self.window: MainWindow = program.build(self.app, home)
        self.window.show()
        self.folder, self.heart, self.worst = folder, Heart(), dict[str, float]()
        self.felt: dict[str, int] = {}
        self.until(lambda: len(self.heart.gaps) > 3)

    def until(self, reached: Callable[[], object]) -> None:
        """Let events run as the program does.  Raises RuntimeError when it never comes."""
        last = time.monotonic() + LONGEST_S
        while not reached():
            if time.monotonic() > last:
                raise RuntimeError("the job did not end")
            QTest.qWait(1)

    def job(self, name: str, begin: Callable[[], object], ended: Callable[[], object]) -> None:
        """Begin, let it end, and two more beats for what its end does to the window."""
        self.heart.begin()
        began = time.perf_counter()
        begin()
        self.until(ended)
        beats = len(self.heart.gaps)
        self.until(lambda: len(self.heart.gaps) > beats + 2)
        self.worst[name] = max(self.worst.get(name, 0.0), *self.heart.gaps)
        self.felt[name] = self.felt.get(name, 0) + sum(gap > FELT_MS for gap in self.heart.gaps)
        say(f"{name}: worst gap {max(self.heart.gaps):.0f} ms in {time.perf_counter() - began:.2f} s")

    def aside(self, name: str, kind: str, work: Callable[[Progress], object]) -> None:
        """Long work in the window's worker, with its bar."""
        came: list[object] = []

        def refused(refusal: CrfError) -> None:
            raise refusal

        self.job(name, lambda: self.window.worker.run_long(kind, work, came.append, refused), lambda: came)

    def sign_in(self, user: str) -> None:
        page = self.window.page
        assert isinstance(page, SignInPage)
        page.choose(next(card for card in page.cards if card.user == user))
        page.password.setText(PASSWORD)
        self.job("sign in", page.open.click, lambda: self.window.shell is not None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    with made_home("W0") as home, tempfile.TemporaryDirectory(prefix="crf-bench-") as folder:
        fill(home, "W0", 1 if quick else 24, 300 if quick else None)
        key, long = _forms(home)
        run = _measured(Run(home, Path(folder)), key, long)
        give(_row(run, "slow work runs", [name for name in run.worst if name not in PAGES]))
        give(_row(run, "a page is opened for the first time", PAGES))


def _forms(home: Path) -> tuple[FormKey, FormKey]:
    """A form that is complete and can be signed, and the longest form of the study."""
    with session_of(home) as session:
        uid, last = SubjectList(session).names[0].uid, session.study.event[-1].oid
        keys = [FormKey(uid, event.oid, form) for event in session.study.event for form in event.form_oids]
        started = [
            key for key in keys if form_page(session, key).status != "open" and _complete(session, key)
        ]
        return started[0], FormKey(uid, last, "F.Q200")


def _complete(session: Session, key: FormKey) -> bool:
    if form_page(session, key).status == "complete":
        return True
    try:
        complete_form(session, key)
    except NotComplete:
        return False
    return True


def _measured(run: Run, key: FormKey, long: FormKey) -> Run:
    window, folder = run.window, run.folder
    warm_up = threading.Thread(target=program.warm_up)
    run.job("imports", warm_up.start, lambda: not warm_up.is_alive())
    run.sign_in("investigator")
    run.job("form", partial(window.show_form, key), lambda: isinstance(window.page, FormPageWidget))
    _paper(run, key)
    _paper(run, long)
    _signature(run, key)
    _exchange(run)
    session = window.session
    run.aside("export", "csv", lambda progress: export_csv(session, folder / "csv", progress))
    file = folder / "data.xml"
    run.aside("ODM", "odm_out", lambda progress: export_odm(session, file, say=progress))
    run.aside("ODM back", "odm_in", lambda progress: import_odm(session, file, progress=progress))
    run.aside("backup", "backup", lambda progress: backup(session, folder / "backup.crfbackup", progress))
    run.aside("verify", "verify", lambda progress: verify_aside(session, progress))
    window.close()
    return run


def _paper(run: Run, key: FormKey) -> None:
    window = run.window
    run.job("paper", lambda: window.show_pdf(key), lambda: _preview(window).data)
    run.job("casebook", _preview(window).back.click, lambda: _all_read(window))


def _all_read(window: MainWindow) -> bool:
    """The casebook stands there and every form of it was read."""
    return isinstance(window.page, CasebookPage) and not window.page.rest.working


def _preview(window: MainWindow) -> PdfPreviewPage:
    assert isinstance(window.page, PdfPreviewPage)
    return window.page


def _signature(run: Run, key: FormKey) -> None:
    window = run.window
    window.show_form(key)
    QApplication.processEvents()
    page = window.page
    assert isinstance(page, FormPageWidget) and window.shell is not None
    run.job("signing sheet", page.acts.sign, lambda: window.shell and window.shell.sheet)
    sheet = window.shell.sheet.content if window.shell.sheet else None
    assert isinstance(sheet, SigningSheet)
    sheet.meanings[0].setChecked(True)
    sheet.password.setText(PASSWORD)
    run.job("sign", sheet.sign_button.click, lambda: page.shown is not None and page.shown.signature)


def _exchange(run: Run) -> None:
    window = run.window
    identity = window.session.identity
    public = run.folder / "central.pub"
    public.write_bytes(CentralPublic(identity.study, identity.env, SIGN.public, BOX.public).encoded())
    window.show_sync()
    page = window.page
    assert isinstance(page, SyncPageWidget)
    page.add_central_path(public)
    out = run.folder / "bundle.crf"
    run.job("bundle", lambda: page.write(out), lambda: out.exists() and not window.worker.working)
    receipt = run.folder / "receipt.crf"
    receipt.write_bytes(_receipt(window))
    run.job("receipt", lambda: page.apply_path(receipt), lambda: not window.worker.working)


def _receipt(window: MainWindow) -> bytes:
    identity, end = window.session.identity, window.session.store.end
    ends = (End(identity.device, identity.epoch, end.seq, end.hash.hex()),)
    at = utc_text(window.clock.now())
    place = Place(identity.study, identity.env, CENTRAL, 1)
    content = Receipt(identity.device, 1, 1, (), ends, at)
    return write_bundle(place, SIGN.sign, [window.session.keys.device.box.public], at, receipt=content).data


def _row(run: Run, during: str, names: Sequence[str]) -> Row:
    return Row(
        "P17",
        f"times the window stood still for over {FELT_MS:.0f} ms while {during}",
        "none",
        sum(run.felt[name] for name in names),
        "exactly",
        0,
        unit="",
        blocks=1,
        note="worst gap in ms: " + ", ".join(f"{name} {run.worst[name]:.0f}" for name in names),
    )


if __name__ == "__main__":
    sys.exit(main())
