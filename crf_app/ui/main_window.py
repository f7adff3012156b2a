"""The frame: rail, right-patient header, one page, status bar; lock, sheets and quiet notices.

Pages know actions, the frame knows pages.  There is one page at a time; going somewhere builds it anew, so
nothing stale is ever shown; only the form page is kept, and opens each record from nothing.  A page is
imported when it is first shown, which keeps the start quick.
`ledger_changed` tells the open page what a commit touched.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from shiboken6 import isValid

from crf_app.errors import CrfError
from crf_app.model.clock import Clock, SystemClock
from crf_app.settings.preferences import Preferences, read_preferences, write_preferences
from crf_app.ui import style, trace, words
from crf_app.ui.coming_version import ComingVersion
from crf_app.ui.density import Density
from crf_app.ui.help_place import HelpPlace
from crf_app.ui.idle import MINUTE_MS, Idle
from crf_app.ui.long_work import LongWork
from crf_app.ui.scanner import Scanner
from crf_app.ui.ways import Ways
from crf_app.ui.worker import Worker

if TYPE_CHECKING:
    from crf_app.actions.casebook import Header
    from crf_app.actions.changes import Changes
    from crf_app.actions.safekeeping.clock_watch import Jump
    from crf_app.actions.session import Session
    from crf_app.actions.study.editions import Edition
    from crf_app.model.keys import FormKey
    from crf_app.ui.lock_cover import LockCover
    from crf_app.ui.pages.form import FormPageWidget
    from crf_app.ui.renewal import Renewal
    from crf_app.ui.rolling import RollingBackups
    from crf_app.ui.shell import Shell
    from crf_app.ui.typed.interruption import Interruption
    from crf_app.ui.wristband import WristbandGuard

SIZE, LEAST = (1280, 800), (960, 600)
_SOON_MS = 100  # after what was put on the screen is painted
_KEYS = {"Ctrl+1": "day", "Ctrl+2": "subjects", "Ctrl+3": "queries", "Ctrl+4": "review", "Ctrl+5": "sync",
         "Ctrl+K": "find"}  # fmt: skip


class MainWindow(Ways):
    """One window, one person at a time."""

    ledger_changed = Signal(object)

    def __init__(self, home: Path, clock: Clock | None = None) -> None:
        super().__init__()
        self.home, self.clock = home, clock or SystemClock()
        self._session: Session | None = None
        self.cover: LockCover | None = None
        self.shell: Shell | None = None
        self.locked = False
        self._form: FormPageWidget | None = None  # kept, since making one is slow; a child of the shell
        self.version = ComingVersion(self)
        self.preferences: Preferences = read_preferences(home)
        self.worker = Worker(self)
        self.long = LongWork(self)
        self.helping = HelpPlace(self)
        self.idle = Idle(self, self.preferences.idle * MINUTE_MS)
        self.idle.idle.connect(self.lock)
        self.density = Density(self)
        self.scanner = Scanner(self)
        self.scanner.scanned.connect(self._on_scanned)
        self.wristband: WristbandGuard | None = None  # of the person who works
        self.rolling: RollingBackups | None = None  # of the running program
        self.renewal: Renewal | None = None  # of the running program
        self._outer = QStackedWidget()
        self.setCentralWidget(self._outer)
        self.setWindowTitle(words.say("app.title"))
        self.setMinimumSize(*LEAST)
        self.resize(*SIZE)
        words.set_language(self.preferences.language)
        words.changed.connect(self._on_language)
        self.ledger_changed.connect(self._on_ledger_changed)
        self._bind_keys()

    # who works

    @property
    def session(self) -> Session:
        """The person at work.  Asked only by pages that exist after sign-in."""
        assert self._session is not None
        return self._session

    @property
    def session_or_none(self) -> Session | None:
        return self._session

    def start(self) -> None:
        """Sign-in, or the first run when nothing is set up here."""
        from crf_app.actions.people.people_here import home_state

        if home_state(self.home) == "empty":
            self.show_first_run()
        else:
            self.show_sign_in()

    def signed_in(self, session: Session) -> None:
        """Somebody opened the store; a one-time password must be changed before anything else."""
        self._session = session
        session.language = words.language()
        if session.must_change:
            from crf_app.ui.pages.own_password import MustChangePage

            self.put_outer(MustChangePage(self))
            return
        self.interruption.begin()
        from crf_app.ui.wristband import WristbandGuard

        self.wristband = WristbandGuard(self)
        self._build_shell()
        self.go(self._entries()[0])
        self.version.tell_news()
        self.interruption.return_to_place()
        self._say_jumps(session.look_at_clock())
        for one in session.findings[:1]:
            self.tell(one.texts, "hard")
        QTimer.singleShot(_SOON_MS, self, self._make_form_page)
        self.idle.watch(self.windowHandle())
        self.density.watch(self.windowHandle())
        self.scanner.watch(self.windowHandle())
        self.scanner.on = True
        self.idle.start()

    def sign_out(self) -> None:
        """The person leaves; the store closes, and the running program begins anew with empty memory."""
        self.leave_session()
        if self.renewal is not None:
            self.renewal.begin()

    def leave_session(self) -> None:
        """Back to sign-in in this process: the store is closed, but keys may stay in memory until it ends."""
        from crf_app.actions.session import sign_out

        self.helping.hide()
        self.worker.stop()
        self.long.clear()
        behind_lock = self.locked
        self._uncover()
        self.scanner.forget()
        self.scanner.on, self.wristband = False, None
        self.idle.stop()
        if self.shell is not None:
            self.shell.leave_page(forget=True)
        if self._session is not None:
            self.interruption.leave(behind_lock=behind_lock)
        self.shell = self._form = None
        self.version.forget()
        if self._session is not None:
            if self.rolling is not None:
                self.rolling.leave(self._session)
            sign_out(self._session)
            self._session = None
        self.start()
        gc.collect()  # what `app.warm_up` keeps from running while somebody works

    # where one goes

    def go(self, entry: str) -> None:
        """An entry of the rail, or "find" and "help"."""
        if self._session is None or self.locked or self.stopped or self.shell is None or self.shell.busy:
            return
        if self.long.running:
            self.long.show_now()
            return
        if ("day" if entry == "find" else entry) not in self._entries():
            return
        ways = {
            "day": self.show_day, "find": self.go_find, "subjects": self.show_subjects,
            "queries": self.show_queries, "review": self.show_review, "sync": self.show_sync,
            "account": self.show_account, "help": self.show_help,
        }  # fmt: skip
        ways[entry]()

    def go_find(self) -> None:
        """The cursor in the search: of the list of subjects where that is open, else of "my day"."""
        if getattr(self.page, "rail", "") not in ("day", "subjects") or self.page_of_subject:
            self.show_day()
        search = self.page.findChild(QWidget, "find") if self.page is not None else None
        if search is not None:
            search.setFocus()

    @property
    def page_of_subject(self) -> bool:
        """Whether a subject's record is open."""
        return self.shell is not None and bool(self.shell.header.subject)

    def show_form(self, form_key: FormKey) -> None:
        """One form, to be filled in or read."""
        trace.mark("form.open")
        self.take_density()
        self._make_form_page()
        assert self._form is not None
        self._form.open(form_key)
        self.put_page(self._form, subject=True)

    def open_form(self, form_key: FormKey) -> None:
        """A form where work goes on: the steps of a dose, for who enters, else the form's own page."""
        from crf_app.actions.dose.administration import is_administration
        from crf_app.model.workflow import Step

        steps = is_administration(self.session.study, form_key.form_oid)
        if steps and self.session.verdict(Step.ENTER).allowed:
            from crf_app.ui.pages.administration import AdministrationPage

            self.put_page(AdministrationPage(self, form_key), subject=True)
        else:
            self.show_form(form_key)

    def show_row(self, form_key: FormKey, part: str) -> None:
        """A row of a repeating group (`IG.AE~…`), with the cursor in its first question."""
        self.show_form(form_key)
        if self._form is not None:
            self._form.go_to_part(part)

    def show_help(self) -> None:
        """What one does on this page, and its keys."""
        self.helping.show()

    # what pages ask for

    def set_subject(self, header: Header, visit: str = "") -> None:
        """Whose record is open; repainted before any field."""
        if self.shell is not None:
            self.shell.header.show_subject(header, visit)

    def say_saved(self, changes: Changes) -> None:
        """A commit is on disk: say when, and let the open page read again."""
        if self.shell is not None and changes.at:
            self.shell.status.show_saved(changes.at)
        self.ledger_changed.emit(changes)
        if self._session is not None and self._session.jumps:
            jumps, self._session.jumps = self._session.jumps, []
            self._say_jumps(jumps)

    def _say_jumps(self, jumps: Sequence[Jump]) -> None:
        """The computer's clock is not honest: said over the page, the last thing that was found."""
        if jumps:
            from crf_app.ui.clock_words import jump_words

            self.tell(jump_words(jumps[-1], self.clock), "soft")

    def refuse(self, error: CrfError) -> None:
        """A refusal without a better place: inline under the header."""
        if self.shell is not None:
            self.shell.notice.refuse(error)

    def tell(self, texts: dict[str, str], state: str = "") -> None:
        """A sentence in both languages, inline under the header."""
        if self.shell is not None:
            self.shell.notice.say(texts, state)

    def show_sheet(self, content: QWidget) -> None:
        """Cover the page by `content`; Esc closes it."""
        if self.shell is not None and not self.locked:
            self.shell.show_sheet(content)

    @property
    def form_is_open(self) -> bool:
        """Whether the page is a form: what is typed there is not to be disturbed."""
        return self._form is not None and self.page is self._form

    def leave_form(self) -> None:
        """The kept form page saves its field and closes its record."""
        if self._form is not None:
            self._form.leave()

    def hide_sheet(self) -> None:
        if self.helping.hide():
            return
        if self.shell is not None:
            self.shell.hide_sheet()

    def hold_page(self) -> None:
        """Nothing of the page can be touched: something covers it."""
        self._outer.setEnabled(False)

    def release_page(self) -> None:
        self._outer.setEnabled(True)

    @property
    def page(self) -> QWidget | None:
        """The page that is open in the frame, or the one that stands alone (sign-in, first run)."""
        return self.shell.page if self.shell is not None else self._outer.currentWidget()

    def use_preferences(self, preferences: Preferences) -> None:
        """Language, light or dark, scale: at once, and remembered on this computer."""
        write_preferences(self.home, preferences)
        before, self.preferences = self.preferences, preferences
        redress = _look_of(preferences) != _look_of(before)
        self.idle.timer.setInterval(preferences.idle * MINUTE_MS)
        words.set_language(preferences.language)
        if redress:
            self._dress()

    # lock

    def lock(self) -> None:
        """Cover the screen at once; keys stay in memory, what was typed stays in its field."""
        from crf_app.actions.session import see_now
        from crf_app.ui.lock_cover import LockCover

        if self._session is None or self.shell is None or self.locked:
            return
        self.helping.hide()
        self.scanner.give_up()
        self.scanner.on = False
        self.locked = True
        self._focus_before = QApplication.focusWidget()
        self.cover = LockCover(self, self._session)
        self.shell.setEnabled(False)
        self.idle.stop()
        self.interruption.lock()
        see_now(self._session)
        QTimer.singleShot(_SOON_MS, self, gc.collect)  # once the cover is seen; as at sign-out

    def cover_lines(self) -> list[str]:
        """What the lock screen reminds of."""
        from crf_app.ui.cover_lines import cover_lines

        return cover_lines(self) if self._session is not None and self._entries()[0] == "day" else []

    def unlock(self, edition: Edition | None = None) -> None:
        """The password was right: everything is as it was.  `edition`: the day of a version came."""
        assert self.shell is not None
        self._uncover()
        before = self._focus_before
        if before is not None and isValid(before):
            before.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
        elif (again := getattr(self.page, "back_to_field", None)) is not None:
            again()  # its row was made anew beneath the cover
        if edition is not None:
            self.version.use(edition)
        self.idle.start()

    # inside

    @property
    def interruption(self) -> Interruption:
        """Drafts of who works, and where everybody was."""
        from crf_app.ui.typed.interruption import interruption_of

        return interruption_of(self)

    @property
    def _reads(self) -> bool:
        from crf_app.model.workflow import Step

        return self.session.verdict(Step.READ).allowed

    def _entries(self) -> tuple[str, ...]:
        entries = ("day", "subjects", "queries", "review", "sync", "account", "help")
        return entries if self._reads else ("account", "sync", "help")

    def _build_shell(self) -> None:
        from crf_app.actions.my_day import saved_today
        from crf_app.ui.shell import Shell

        self._form = None
        self.shell = Shell(self.go, self._entries(), self.clock)
        self.shell.rail.show_person(self.session.name)
        self.shell.status.show_device(self.session.device)
        if self._reads:
            self.shell.status.show_saved(saved_today(self.session))
        if self.wristband is not None:
            self.shell.header.show_checked(self.wristband.checked)
        self.shell.banner.setVisible(self.session.env == "test")
        self.put_outer(self.shell)
        self.interruption.show_waiting()
        self._say_safety()

    def _make_form_page(self) -> None:
        """Soon after sign-in, while the person looks for a subject: the page of all forms, without rows."""
        from crf_app.ui.pages.form import FormPageWidget

        if self.shell is None or self._session is None or (self._form is not None and self._form.fits()):
            return
        self._form = FormPageWidget(self)
        self.shell.hold(self._form)
        for part in self._form.findChildren(QWidget):
            part.ensurePolished()

    def put_outer(self, widget: QWidget) -> None:
        old = self._outer.currentWidget()
        self._outer.addWidget(widget)
        self._outer.setCurrentWidget(widget)
        if old is not None:
            self._outer.removeWidget(old)
            old.deleteLater()
        begin = getattr(widget, "begin", None)
        if begin is not None:
            begin()

    def take_density(self) -> None:
        """Larger or smaller targets, as the hand that works needs; only while a page opens."""
        wanted, now = self.density.wanted(self.preferences.density), style.current()
        app = QApplication.instance()
        if wanted != now.density and isinstance(app, QApplication):
            style.apply(app, now.theme, now.scale, wanted)

    def put_page(self, page: QWidget, *, subject: bool = False) -> None:
        assert self.shell is not None
        self.scanner.give_up()
        if self.version.waits:
            self.version.take()
            page = getattr(page, "made_anew", lambda: page)()
        if not subject:
            self.shell.header.close_subject()
        self.shell.put(page)

    def _say_safety(self) -> None:
        from crf_app.actions.my_day import open_query_count
        from crf_app.actions.sync.syncing import safety

        if self._session is not None and self.shell is not None:
            now = safety(self._session)
            self.shell.status.show_safety(now.only_here, now.records_here, received=now.safe_seq > 0)
            self.shell.rail.show_open(open_query_count(self._session) if self._reads else 0)

    def _on_ledger_changed(self, changes: Changes) -> None:
        self._say_safety()
        refresh = getattr(self.page, "refresh", None)
        if refresh is not None:
            refresh(changes)

    def _on_language(self) -> None:
        if self._session is not None:
            self._session.language = words.language()
        if self.preferences.language != words.language():
            self.preferences = replace(self.preferences, language=words.language())
            write_preferences(self.home, self.preferences)
        self.setWindowTitle(words.say("app.title"))
        for widget in (self.shell, self.cover, self._outer.currentWidget(), self.helping, self.long):
            say_again = getattr(widget, "retranslate", None)
            if say_again is not None:
                say_again()

    def _dress(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        density = self.density.wanted(self.preferences.density)
        style.apply(app, self.preferences.theme, self.preferences.scale / 100, density)
        if self.shell is not None:
            self._build_shell()
            self.show_account()

    def _bind_keys(self) -> None:
        for keys, entry in _KEYS.items():
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(lambda entry=entry: self.go(entry))
        QShortcut(QKeySequence("Ctrl+L"), self).activated.connect(self.lock)
        QShortcut(QKeySequence("F1"), self).activated.connect(self.show_help)

    @property
    def stopped(self) -> bool:
        """Whether the wristband of another subject was scanned: nothing is written until somebody decides."""
        return self.wristband is not None and self.wristband.stops

    def _on_scanned(self, text: str) -> None:
        if self.wristband is not None:
            self.wristband.on_text(text)

    def _uncover(self) -> None:
        self.locked = False
        self.scanner.on = self._session is not None
        if self.cover is not None:
            self.cover.hide()
            self.cover.deleteLater()
            self.cover = None
        if self.shell is not None:
            self.shell.setEnabled(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.idle.watch(self.windowHandle())
        self.density.watch(self.windowHandle())
        self.scanner.watch(self.windowHandle())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.cover is not None:
            self.cover.setGeometry(self.rect())
        self.long.place()
        self.helping.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Everything that left its field is on disk already; the store closes."""
        from crf_app.actions.session import sign_out

        if not self.long.may_close():
            event.ignore()
            return
        self.worker.wait()
        words.changed.disconnect(self._on_language)
        if self.shell is not None:
            self.shell.leave_page()
        if self._session is not None:
            self.interruption.leave(behind_lock=False)
            if self.rolling is not None:
                self.rolling.leave(self._session)
            sign_out(self._session)
            self._session = None
        super().closeEvent(event)
        if self.rolling is not None:
            self.hide()
            self.rolling.wait()


def _look_of(preferences: Preferences) -> tuple[object, ...]:
    """What the window is dressed by."""
    return preferences.theme, preferences.scale, preferences.density
