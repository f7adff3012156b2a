"""My day: what waits for the person who works, and where the data are.

Five counts, reports whose hours run, the visits of today, those that are overdue or come, the queries for
this person, and how much is only here.  The cursor is on the first button, so that Enter starts work.  What
grows with the number of subjects is read in short steps; until then a count says so.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from crf_app.actions.changes import Changes
from crf_app.actions.clocks import RunningClock
from crf_app.actions.dose.doses_now import DoseNow
from crf_app.actions.my_day import AskedOfMe, DueReport, MyDay, bundle_is_due, days_since, my_day
from crf_app.actions.visits_due import AHEAD, DueVisit
from crf_app.model.workflow import Step
from crf_app.ui import style, words
from crf_app.ui.day.day_counts import FILTERS, Counts
from crf_app.ui.day.day_rows import VisitRow
from crf_app.ui.day.day_side import AskedCard, WhereCard
from crf_app.ui.day.day_words import moment, spaced, title_of
from crf_app.ui.day.find_box import FindBox
from crf_app.ui.dose.dose_line import DoseLine
from crf_app.ui.form.report_clock import ReportClock
from crf_app.ui.in_steps import InSteps
from crf_app.ui.page import Page
from crf_app.ui.widgets.parts import button, clear, column, frame, label, row, rule, scrolled
from crf_app.ui.widgets.running_lines import RunningLines

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

#: subjects that are read before the first look; more are read between the window's events
AT_FIRST: Final = 12
#: rows of a section before "n more", and under a filter
_FEW, _MANY = 8, 60
#: from this width on (at 100 %) the right side stands beside the visits
_BESIDE_FROM: Final = 1000
_GROUPS: Final = {"due": ("today",), "overdue": ("overdue",)}


class MyDayPage(Page):
    """The first page after signing in, for everybody who reads."""

    rail = "day"
    help_topic = "my_day"

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("my_day")
        session = window.session
        self.day: MyDay = my_day(session)
        self.rest = InSteps(self)
        self.title, self.sub = label("", "home"), label("", "sub", wrap=True)
        self.search = FindBox(window)
        self.counts = Counts(self.pressed)
        self.rows: list[VisitRow] = []
        self._sections, self._more = column(8), False
        self.doses = RunningLines(window.clock, self._dose_line)
        self.reports = RunningLines(window.clock, self._report_line)
        self._doses_title, self._reports_title = label("", "card"), label("", "card")
        closes = not session.verdict(Step.ANSWER_QUERY).allowed
        self.asked = AskedCard(window.clock, self.go_to_query, window.show_queries, closes=closes)
        self.where = WhereCard(window.clock, self.make_bundle)
        self._waits_for_focus = False
        self._build()
        self._read()

    def begin(self) -> None:
        """The cursor on what is next: a visit, or what this role is here for."""
        self.search.setFocus()
        self._waits_for_focus = not self.day.whole
        if self.day.whole:
            self._go_first()

    def _go_first(self) -> None:
        """The cursor there, and in view where the page is higher than the window."""
        first = self.first_stop()
        first.setFocus()
        QTimer.singleShot(0, first, lambda: self._area.ensureWidgetVisible(first))

    def first_stop(self) -> QWidget:
        """Where Enter starts work."""
        session, buttons = self.window_.session, self.counts.buttons
        running = [*self.doses.lines, *self.reports.lines]
        if session.verdict(Step.ENTER).allowed and (running or self.rows):
            return running[0].button if running else self.rows[0].button
        if session.verdict(Step.SIGN_APPROVE).allowed and self.day.to_sign:
            return buttons["sign"]
        if self.day.for_me:
            return buttons["queries"]
        return self.rows[0].button if self.rows else self.search

    def made_anew(self) -> MyDayPage:
        """The same page for another version of the study."""
        return MyDayPage(self.window_)

    def leave(self) -> None:
        self.rest.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self.rest.stop()
        super().hideEvent(event)

    def refresh(self, changes: Changes | None = None) -> None:
        """Read again after a commit; after a switch of language only say it again."""
        if changes is not None:
            self.day = my_day(self.window_.session)
            self._read()
        elif self.day.whole:
            self._show()
        else:
            self._say_counts()

    def pressed(self, count: str) -> None:
        """A count was pressed: filter, or go where its things are."""
        if count in FILTERS:
            self.counts.only(count if self.counts.buttons[count].isChecked() else "")
            self._more = False
            self._show_sections()
            return
        window = self.window_
        {"sign": window.show_review, "queries": window.show_queries, "here": window.show_sync}[count]()

    def act(self, one: DueVisit) -> None:
        """Work goes on at its form; whoever only reads, or prepares, sees the casebook."""
        enters = self.window_.session.verdict(Step.ENTER).allowed
        if one.group == "ahead" or one.place is None or not enters:
            self.window_.show_casebook(one.uid)
        else:
            self.window_.open_form(one.place)

    def go_to_query(self, one: AskedOfMe) -> None:
        """The field that is asked about; without its form the list of queries."""
        key = one.key.form_key
        if key.form_oid in self.window_.session.study.forms:
            self.window_.open_form(key)
            go_to = getattr(self.window_.page, "go_to", None)
            if go_to is not None:
                go_to(one.key)
        else:
            self.window_.show_queries()

    def go_to_report(self, one: RunningClock) -> None:
        """The row that a report is about."""
        self.window_.show_row(one.key, one.part)

    def make_bundle(self) -> None:
        """The sync page writes it to the place used last, or asks where it shall go."""
        self.window_.show_sync()
        make = getattr(self.window_.page, "make_now", None)
        if make is not None and self.day.where.central_known:
            make()

    # reading

    def _read(self) -> None:
        self._say_counts()
        self.rest.begin(self.day.steps(), self._on_read)
        if self.day.subjects <= AT_FIRST:
            self.rest.finish()

    def _on_read(self) -> None:
        self._show()
        if self._waits_for_focus:
            self._waits_for_focus = False
            if self.search.hasFocus() and not self.search.text():
                self._go_first()

    def _show(self) -> None:
        here = QApplication.focusWidget()
        name = here.objectName() if here is not None and self.isAncestorOf(here) else ""
        self._say_counts()
        self._show_running()
        self._show_sections()
        self.asked.show_asked(self.day.asked, self.day.open_queries)
        may_send = self.window_.session.verdict(Step.BUNDLE).allowed
        self.where.show_where(self.day.where, self._reminder(), may_send=may_send)
        again = self.findChild(QWidget, name) if name else None
        if again is not None:
            again.setFocus()
        elif name:
            self._go_first()

    # words

    def _say_counts(self) -> None:
        day, whole = self.day, self.day.whole
        self.title.setText(title_of(day.today))
        self.sub.setText(self._sub())
        late, today = day.of("overdue"), day.of("today")
        said = {
            "due": (len(today), self._said_of_today(today)),
            "overdue": (len(late), self._said_of_late(late)),
            "sign": (len(day.to_sign), self._said_of_signing()),
            "queries": (day.open_queries, self._said_of_queries()),
            "here": (day.where.only_here, self._said_of_here()),
        }
        for name, (count, sub) in said.items():
            known = whole or name in ("sign", "queries")
            self.counts.buttons[name].say(spaced(count) if known else "…", sub if known else "")

    def _sub(self) -> str:
        where, session = self.day.where, self.window_.session
        key = "my_day.exchanged" if where.receipt_at else "my_day.never_exchanged"
        when = moment(self.window_.clock, where.receipt_at) if where.receipt_at else ""
        exchange = words.say(key, when=when) if self.day.whole else words.say("my_day.reading")
        return words.say(
            "my_day.sub", site=session.site, device=session.device, n=self.day.subjects, exchange=exchange
        )

    def _said_of_today(self, today: list[DueVisit]) -> str:
        begun = sum(one.begun for one in today)
        return words.say("my_day.due_begun", n=begun) if begun else words.say("my_day.due_none")

    def _said_of_late(self, late: list[DueVisit]) -> str:
        if not late:
            return words.say("my_day.overdue_none")
        return words.say("my_day.overdue_first", label=late[0].label, n=late[0].late)

    def _said_of_signing(self) -> str:
        day = self.day
        if not day.to_sign:
            return words.say("my_day.sign_none")
        again = sum(one.again for one in day.to_sign)
        if again:
            return words.say("my_day.sign_again", n=again)
        return (
            day.signers[0] if len(day.signers) == 1 else words.say("my_day.sign_people", n=len(day.signers))
        )

    def _said_of_queries(self) -> str:
        if not self.day.whole:
            return ""
        n = self.day.for_me
        return words.say("my_day.for_you", n=n) if n else words.say("my_day.for_nobody")

    def _said_of_here(self) -> str:
        at = self.day.where.oldest
        if not at:
            return words.say("my_day.here_none")
        return words.say("my_day.oldest", when=moment(self.window_.clock, at))

    def _reminder(self) -> str:
        where, session = self.day.where, self.window_.session
        if not where.central_known:
            return words.say("my_day.central_unknown") if where.only_here else ""
        if not bundle_is_due(session, where, self.window_.preferences.bundle_days):
            return ""
        if not where.bundle_at:
            return words.say("my_day.remind_first", n=days_since(session, where.oldest))
        days = days_since(session, where.bundle_at)
        if days < self.window_.preferences.bundle_days or where.bundle_at > where.oldest:
            return words.say("my_day.remind_receipt", n=days)
        return words.say("my_day.remind_bundle", n=days)

    # reports and visits

    def _show_running(self) -> None:
        """Whatever is filtered: minutes and hours run."""
        self.doses.show_all(self.day.doses)
        self.reports.show_all(self.day.reports)
        self._doses_title.setText(words.say("my_day.doses"))
        self._reports_title.setText(words.say("report.title"))
        for parts, some in (
            ((self._doses_title, self._doses_card), self.day.doses),
            ((self._reports_title, self._reports_card), self.day.reports),
        ):
            for part in parts:
                part.setVisible(bool(some))

    def _dose_line(self, one: DoseNow) -> DoseLine:
        return DoseLine(one, lambda: self.window_.open_form(one.key))

    def _report_line(self, one: DueReport) -> ReportClock:
        return ReportClock(one.clock, lambda: self.go_to_report(one.clock), one.label)

    def _show_sections(self) -> None:
        clear(self._sections)
        self.rows = []
        chosen = self.counts.chosen()
        groups = _GROUPS.get(chosen, ("today", "overdue", "ahead"))
        if "today" in groups:
            self._section("my_day.today", self.day.of("today"), self._no_today(), chosen, tall=True)
        rest = [one for name in ("overdue", "ahead") if name in groups for one in self.day.of(name)]
        if chosen != "due":
            title = "my_day.overdue" if chosen else "my_day.ahead"
            none = words.say("my_day.overdue_none" if chosen else "my_day.no_ahead", n=AHEAD)
            self._section(title, rest, none, chosen, tall=False)
        self._sections.addStretch(1)
        self._order()

    def _no_today(self) -> str:
        return words.say("my_day.no_today" if self.day.subjects else "my_day.no_subjects")

    def _section(self, title: str, some: list[DueVisit], none: str, chosen: str, *, tall: bool) -> None:
        self._sections.addWidget(label(words.say(title), "card"))
        inside = column(0)
        inside.setContentsMargins(*(style.current().px(n) for n in (16, 4, 16, 4)))
        most = _MANY if chosen or self._more else _FEW
        for number, one in enumerate(some[:most]):
            if number:
                inside.addWidget(rule())
            primary = not self.rows and self.window_.session.verdict(Step.ENTER).allowed
            self.rows.append(VisitRow(one, self.window_.clock, self.act, tall=tall, primary=primary))
            inside.addWidget(self.rows[-1])
        if not some:
            inside.addSpacing(style.current().px(8))
            inside.addWidget(label(none, "sub", wrap=True))
            inside.addSpacing(style.current().px(8))
        if len(some) > most:
            inside.addWidget(self._rest_of(len(some), most), 0, Qt.AlignmentFlag.AlignLeft)
        self._sections.addWidget(frame("card", inside))

    def _rest_of(self, count: int, most: int) -> QWidget:
        if most == _MANY:
            return label(words.say("my_day.cut", n=most), "small", wrap=True)
        made = button(words.say("my_day.more", n=count - most), "link", clicked=self._show_more)
        made.setObjectName("more_visits")
        return made

    def _show_more(self) -> None:
        self._more = True
        self._show_sections()

    def _order(self) -> None:
        """Tab: search, counts, visits, what is asked, the bundle."""
        stops: list[QWidget] = [
            self.search,
            *self.counts.buttons.values(),
            *(one.button for one in (*self.doses.lines, *self.reports.lines)),
            *(one.button for one in self.rows),
        ]
        stops += [self.asked.all, *self.asked.buttons, self.where.make]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    # how it is put together

    def _build(self) -> None:
        now = style.current()
        left, right = column(8), column(16)
        self._doses_card, self._reports_card = _card_of(self.doses), _card_of(self.reports)
        for part in (self._doses_title, self._doses_card, self._reports_title, self._reports_card):
            left.addWidget(part)
            part.hide()
        left.addLayout(self._sections, 1)
        right.addWidget(self.asked)
        right.addWidget(self.where)
        right.addStretch(1)
        self._both: QBoxLayout = row(16)
        self._both.addLayout(left, 2)
        self._both.addLayout(right, 1)
        inside = column(12)
        inside.setContentsMargins(*(now.px(n) for n in (24, 12, 24, 16)))
        inside.addLayout(self._head())
        inside.addWidget(self.notice)
        inside.addWidget(self.counts)
        inside.addSpacing(now.px(4))
        inside.addLayout(self._both, 1)
        page = column(0)
        self._area = scrolled(inside)
        page.addWidget(self._area)
        self.setLayout(page)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window or at large scale the right side comes under the left one."""
        super().resizeEvent(event)
        narrow = self.width() < style.current().px(_BESIDE_FROM)
        self._both.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        self.counts.fit(3 if narrow else len(self.counts.buttons))

    def _head(self) -> QHBoxLayout | QVBoxLayout:
        lines, top = column(0), column(8) if style.current().compact else row(16)
        lines.addWidget(self.title)
        lines.addWidget(self.sub)
        top.addLayout(lines, 1)
        line = row(8)
        line.addWidget(self.search)
        line.addWidget(self.search.scan)
        top.addLayout(line)
        return top


def _card_of(lines: QWidget) -> QWidget:
    """A card round what runs."""
    box = column(0)
    box.setContentsMargins(*(style.current().px(n) for n in (16, 4, 16, 4)))
    box.addWidget(lines)
    return frame("card", box)
