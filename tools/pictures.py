"""Makes every picture of `docs/pictures`: each screen in English, Chinese, dark and at 200 %.

`python tools/pictures.py FOLDER [NAME ...]` makes the made-up site of `picture_site.py` in a temporary place,
opens the real window on it without a screen and goes to each screen by the calls and keys of a person.  What
is shown stands in `SCREENS`; tests go through the same table.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).resolve().parent))

from picture_site import DOSED, NOW, SHOWN, StandingClock, make_picture_site
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from crf_app.actions.demo.demo_site import PASSWORD
from crf_app.actions.dose.administering import start_now, take_product
from crf_app.actions.enter_data import enter_form
from crf_app.actions.people.own_password import confirm
from crf_app.actions.people.proving import prove
from crf_app.actions.row_copies import fill_row
from crf_app.actions.rows import remove_row
from crf_app.actions.session import sign_in
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.ui import style, words
from crf_app.ui.app import application
from crf_app.ui.main_window import MainWindow
from crf_app.ui.pages.accounts import AccountPage
from crf_app.ui.pages.casebook import HISTORY, CasebookPage
from crf_app.ui.pages.casebook_acts import sign_visit_of
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.player import Player
from crf_app.ui.typed.drafts import drafts_of

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Dress:
    """How the window is dressed for a picture; `suffix` is the end of the picture's name."""

    suffix: str
    language: str = "en"
    theme: str = "light"
    scale: int = 100


DRESSES: Final = (
    Dress(""),
    Dress("_zh", language="zh"),
    Dress("_dark", theme="dark"),
    Dress("_200", scale=200),
)


@dataclass
class Stage:
    """One window on the made-up site, with its player; `subjects` is number → uid."""

    window: MainWindow
    player: Player
    subjects: dict[str, str]
    earlier: list[MainWindow] = field(default_factory=list)  # of a program that was stopped

    def key(self, form: str, event: str, n: int = SHOWN) -> FormKey:
        return FormKey(self.subjects[f"ZN{n:03d}"], event, form)

    def field(self, oid: str) -> None:
        """The cursor into the field of an item of the open form."""
        page = cast(FormPageWidget, self.window.page)
        page.go_to(next(one.key for one in page.view.rows() if one.key.item == oid))
        self.player.wait()


def _sign_in_page(stage: Stage) -> None:
    stage.window.show_sign_in()  # the page of the first run may stand there
    stage.player.wait(20)
    stage.player.type("Nurse")


def _chemistry(stage: Stage) -> None:
    """A result is typed that needs a second look."""
    stage.window.show_form(stage.key("F.LBC", "SE.V5"))
    stage.player.wait(400)
    stage.field("I.LBC.ALT")
    stage.player.type("268")
    stage.player.press("Enter")
    stage.player.wait(300)


def _people(stage: Stage) -> None:
    """Somebody leaves: what will happen is said before it does."""
    stage.window.show_account()
    stage.player.wait(200)
    people = cast(AccountPage, stage.window.page).people
    people.table.selectRow(2)
    people.buttons["remove"].click()
    stage.player.wait(200)
    stage.player.type("End of the made-up contract")


def _reason(stage: Stage) -> None:
    """A stored result is typed again: the change wants its reason."""
    stage.window.show_form(stage.key("F.LBC", "SE.V4"))
    stage.player.wait(400)
    stage.field("I.LBC.ALT")
    stage.player.type("45")
    stage.player.press("Enter")
    stage.player.wait(300)


def _adverse_events(stage: Stage) -> None:
    """Three events, one of them struck out, the cursor in the last."""
    key, session = stage.key("F.AE", "SE.LOG"), stage.window.session
    events = (
        ("Oedema (made up)", "2026-09-20", "N", "2026-09-30"),
        ("Rash (made up)", "2026-09-24", "N", "2026-09-24"),
        ("Itching (made up)", "2026-10-06", "Y", ""),
    )
    enter_form(session, key, {"IG.AEYN/I.AE.AEYN": "Y"})
    for term, start, ongoing, end in events:
        answers = {"AETERM": term, "AESTDAT": start, "AEONGO": ongoing, "AEENDAT": end}
        said = {f"I.AE.{name}": Answer(text) for name, text in answers.items() if text}
        made = fill_row(session, key, "IG.AE", said)
        if term.startswith("Rash"):
            remove_row(session, key, made.changes.row, "Entered for another subject (made up)")
    stage.window.show_form(key)
    stage.player.wait(400)


def _signing(stage: Stage) -> None:
    """A whole visit: the meaning is chosen, the password half typed."""
    key = stage.key("F.SV", "SE.V4", 4)
    sign_visit_of(stage.window, key.subject, key.event)
    stage.player.wait(400)
    for key_ in ("Down", "Down"):
        stage.player.press(key_)
    stage.player.type(" ")
    stage.player.press("Tab")
    stage.player.type("made up wo")


def _history(stage: Stage) -> None:
    """A value that was corrected after its signature."""
    key = stage.key("F.VS", "SE.V3")
    stage.window.show_history(ItemKey(key, "IG.VS", "I.VS.PULSE"))


def _subject_history(stage: Stage) -> None:
    """Everything that was done to one subject's record, as a tab of the casebook."""
    stage.window.show_casebook(stage.subjects[f"ZN{SHOWN:03d}"])
    stage.player.wait(300)
    cast(CasebookPage, stage.window.page).show_tab(HISTORY)


def _focus_view(stage: Stage) -> None:
    """One field at a time, large, with its keypad."""
    stage.window.show_form(stage.key("F.VS", "SE.V5"))
    stage.player.wait(400)
    page = cast(FormPageWidget, stage.window.page)
    if not page.focus.is_open:
        stage.field("I.VS.SYSBP")
        page.room.switch_large()


def _wrong_wristband(stage: Stage) -> None:
    """The wristband of another subject is scanned while a form is open."""
    stage.window.show_form(stage.key("F.VS", "SE.V5"))
    stage.player.wait(400)
    stage.window.scanner.scanned.emit("ZN003")


def _waiting_text(stage: Stage) -> None:
    """The program was stopped while a result was being typed, and the same person is back."""
    stage.window.show_form(stage.key("F.LBC", "SE.V5"))
    stage.player.wait(400)
    stage.field("I.LBC.AST")
    stage.player.type("6")
    drafts_of(stage.window).write()
    before = stage.window
    home = before.home.parent / "after"
    shutil.copytree(before.home, home, ignore=shutil.ignore_patterns("*-shm", "*.lock", "lock"))
    after = MainWindow(home, before.clock)
    after.preferences = before.preferences
    words.set_language(before.preferences.language)
    before.hide()
    stage.earlier.append(before)
    stage.window = stage.player.window = after
    after.show()
    after.signed_in(sign_in(home, "nurse", PASSWORD, after.clock))


def _infusion(stage: Stage) -> None:
    """The second infusion runs for 12 minutes: bag scanned, two people, the first vital signs come."""
    window, key = stage.window, stage.key("F.EX", "SE.V2", DOSED)
    session, clock = window.session, cast(StandingClock, window.clock)
    clock.at = NOW - timedelta(minutes=24)
    enter_form(session, key, {f"IG.EX.GIVEN/I.EX.{name}": "Y" for name in ("ECYN", "X_PRESAFE", "X_PREMED")})
    label = {
        "ECREFID": "MSC-2610-0913-02",
        "X_CELLS": "1.02e8",
        "X_BAGVOL": "100",
        "X_EXPDTM": "2026-10-06T18:00",
    }
    take_product(session, key, {f"I.EX.{name}": text for name, text in label.items()})
    more = {"ECLOT": "2610", "X_PRODFRM": "FROZEN", "X_COA": "Y", "X_STERIL": "CONF", "X_ENDO": "CONF",
            "X_MYCO": "CONF", "X_RCVCOND": "OK", "X_VIAB": "91.5", "X_RCVDTM": "2026-10-06T13:20",
            "X_THAWDTM": "2026-10-06T13:31"}  # fmt: skip
    enter_form(session, key, {f"IG.EX.PROD/I.EX.{name}": text for name, text in more.items()})
    vitals = replace(key, form="F.VSI")
    before = {"VSDAT": "2026-10-06", "VSTIM": "13:40", "SYSBP": "124", "DIABP": "78", "PULSE": "78",
              "RESP": "17", "TEMP": "36.6", "OXYSAT": "97"}  # fmt: skip
    enter_form(session, vitals, {"IG.VSI.PERF/I.VSI.VSPERF": "Y"})
    enter_form(session, vitals, {f"IG.VSI~PRE/I.VSI.{name}": text for name, text in before.items()})
    for oid, user in (("I.EX.X_IDCHK1", "nurse"), ("I.EX.X_IDCHK2", "coordinator")):
        confirm(session, ItemKey(key, "IG.EX.CHECK", oid), prove(session, user, PASSWORD))
    clock.at = NOW - timedelta(minutes=12, seconds=42)
    start_now(session, key)
    enter_form(session, key, {"IG.EX/I.EX.X_RATEINI": "200"})
    clock.at = NOW
    window.open_form(key)
    stage.player.wait(500)
    window.page.take_now()  # type: ignore[union-attr]


def _form(form: str, event: str, n: int = SHOWN) -> Callable[[Stage], None]:
    def show(stage: Stage) -> None:
        stage.window.show_form(stage.key(form, event, n))

    return show


@dataclass(frozen=True)
class Screen:
    """`user`: who is signed in, nobody for ""; `show` goes there."""

    user: str
    show: Callable[[Stage], object]


SCREENS: Final[dict[str, Screen]] = {
    "first_run": Screen("", lambda stage: stage.window.show_first_run()),
    "sign_in": Screen("", _sign_in_page),
    "recover": Screen("", lambda stage: stage.window.show_recover()),
    "my_day": Screen("nurse", lambda stage: stage.window.show_day()),
    "review": Screen("investigator", lambda stage: stage.window.show_review()),
    "plots": Screen("nurse", lambda stage: stage.window.show_plots("I.LBC.ALT")),
    "results": Screen("nurse", lambda stage: stage.window.show_results(stage.key("F.LBC", "SE.V4"))),
    "this_device": Screen("coordinator", lambda stage: stage.window.show_device()),
    "subjects": Screen("nurse", lambda stage: stage.window.show_subjects()),
    "casebook": Screen("nurse", lambda stage: stage.window.show_casebook(stage.subjects[f"ZN{SHOWN:03d}"])),
    "subject_history": Screen("nurse", _subject_history),
    "form_chemistry": Screen("nurse", _chemistry),
    "form_vitals": Screen("nurse", _form("F.VS", "SE.V5")),
    "form_eligibility": Screen("nurse", _form("F.IE", "SE.SCR", 11)),
    "focus_view": Screen("nurse", _focus_view),
    "reason_for_change": Screen("nurse", _reason),
    "infusion_bag": Screen("nurse", lambda stage: stage.window.open_form(stage.key("F.EX", "SE.V2", DOSED))),
    "infusion": Screen("nurse", _infusion),
    "adverse_events": Screen("nurse", _adverse_events),
    "queries": Screen("nurse", lambda stage: stage.window.show_queries()),
    "sync": Screen("nurse", lambda stage: stage.window.show_sync()),
    "account": Screen("nurse", lambda stage: stage.window.show_account()),
    "people": Screen("admin", _people),
    "help": Screen("nurse", lambda stage: stage.window.show_help()),
    "locked": Screen("nurse", lambda stage: stage.window.lock()),
    "wrong_wristband": Screen("nurse", _wrong_wristband),
    "waiting_text": Screen("nurse", _waiting_text),
    "flow": Screen("nurse", lambda stage: (stage.window.show_subjects(), stage.window.show_flow())),
    "laboratory": Screen("coordinator", lambda stage: stage.window.show_laboratory()),
    "study": Screen("investigator", lambda stage: stage.window.show_study()),
    "signing": Screen("investigator", _signing),
    "audit_history": Screen("nurse", _history),
    "pdf_preview": Screen("nurse", lambda stage: stage.window.show_pdf(stage.key("F.LBC", "SE.V3"))),
}


@contextmanager
def stage(home: Path, subjects: dict[str, str], user: str, pictures: Path) -> Iterator[Stage]:
    """The window with that person at work, or at the cards; closed again afterwards."""
    window = MainWindow(home, StandingClock())
    window.show()
    if user:
        window.signed_in(sign_in(home, user, PASSWORD, window.clock))
    else:
        window.start()
    there = Stage(window, Player(window, pictures), subjects)
    yield there
    for one in (there.window, *there.earlier):
        _close(one)


def _close(window: MainWindow) -> None:
    if window.shell is not None:
        window.locked = False
        window.sign_out()
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def dress(app: QApplication, how: Dress) -> None:
    """The look of everything that is made from now on."""
    style.apply(app, how.theme, how.scale / 100)
    words.set_language(how.language)


def take(app: QApplication, home: Path, subjects: dict[str, str], name: str, how: Dress, out: Path) -> Path:
    """One picture, on a copy of the site: what is typed for it is not there in the next."""
    dress(app, how)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(home, Path(folder) / "home"))
        return _taken(copy, subjects, name, how, out)


def _taken(home: Path, subjects: dict[str, str], name: str, how: Dress, out: Path) -> Path:
    with stage(home, subjects, SCREENS[name].user, out) as there:
        there.window.preferences = replace(
            there.window.preferences, language=how.language, theme=how.theme, scale=how.scale
        )
        words.set_language(how.language)
        there.player.wait(200)
        SCREENS[name].show(there)
        there.player.wait(900)
        return there.player.picture(name + how.suffix)


def make(out: Path, wanted: list[str]) -> None:
    """Every picture, or those of the screens in `wanted`."""
    app = application()
    style.load_font()
    app.setFont(style.font(style.current()))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        subjects = make_picture_site(home, ROOT / "forms" / "hucmsc")
        for name in wanted or SCREENS:
            for how in DRESSES:
                sys.stdout.write(f"{take(app, home, subjects, name, how, out).name}\n")
    for widget in list(app.topLevelWidgets()):
        if isinstance(widget, QWidget):
            widget.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2:])
