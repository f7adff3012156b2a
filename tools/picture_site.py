"""The made-up site that the pictures of `docs/pictures` show: eleven subjects on 6 October 2026, 14:02.

Everything goes through the same actions as the window, under a clock that walks through the past.  People,
subjects and values are invented; the chemistry of one subject is written out, so that the same finding,
trend and earlier values stand on every picture.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from crf_app.actions import enter_data, queries, signing, subjects
from crf_app.actions.demo import demo_site
from crf_app.actions.demo.made_up import Maker, maker
from crf_app.actions.demo.made_up_subject import MadeUpSubject, Plan, WalkingClock
from crf_app.actions.people.proving import prove
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.crypto.passwords import LIGHT
from crf_app.model.definition import StudyEventDef
from crf_app.model.keys import FormKey, ItemKey

NOW: Final = datetime(2026, 10, 6, 14, 2, 31, tzinfo=timezone(timedelta(hours=8)))
#: days since day 1 of each subject, by number; None: in screening
AGO: Final = (160, 98, 90, 42, 54, 33, 28, 21, 7, 1, None)
SHOWN, DOSED = 7, 9  # the subject of most pictures, and the one whose infusion is under way
#: chemistry of the shown subject at SCR, V1, V2, V3, V4
CHEMISTRY: Final = {
    "ALB": ("28.4", "28.9", "29.1", "29.5", "29.8"),
    "PROT": ("63.0", "63.8", "64.2", "64.8", "65.1"),
    "BILI": ("56.3", "54.0", "52.1", "50.0", "48.2"),
    "BILDIR": ("27.1", "26.0", "24.8", "23.9", "22.6"),
    "ALT": ("58", "52", "49", "47", "46"),
    "AST": ("70", "64", "60", "55", "51"),
    "ALP": ("138", "136", "134", "133", "131"),
    "SODIUM": ("134.6", "135.0", "135.2", "135.4", "135.9"),
    "K": ("3.9", "4.0", "4.1", "4.0", "4.2"),
}
#: typed at V5 before the picture; the finding comes with ALT, which is typed for it
TYPED: Final = {"ALB": "31.2", "PROT": "66.4", "BILI": "41.6", "BILDIR": "19.8"}
_EVENTS: Final = ("SE.SCR", "SE.V1", "SE.V2", "SE.V3", "SE.V4")


@dataclass
class StandingClock:
    """The afternoon of the pictures; time does not pass unless somebody moves it."""

    at: datetime = field(default=NOW)
    ticks: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        self.ticks += 0.001
        return self.ticks


@dataclass
class Shown(MadeUpSubject):
    """A made-up subject some of whose answers are written out."""

    def _answers(self, key: FormKey, event: StudyEventDef, day: datetime) -> dict[str, str]:
        if self.plan.n == SHOWN:
            self.arm = "MED"
        answers = super()._answers(key, event, day)
        for local in answers:
            variable = local.rpartition(".")[2]
            if variable in _WHO.get(self.plan.n, {}):
                answers[local] = _WHO[self.plan.n][variable]
            if key.form == "F.LBC" and variable in CHEMISTRY and self.plan.n == SHOWN:
                answers[local] = CHEMISTRY[variable][_EVENTS.index(event.oid)]
        return answers

    def _spiced(self, key: FormKey, answers: dict[str, str]) -> dict[str, str]:
        return answers if self.plan.n in _WHO else super()._spiced(key, answers)

    def _day_of(self, event: StudyEventDef, start: datetime) -> datetime | None:
        """The third infusion of the shown subject was a day late; one visit of another is missing."""
        day = super()._day_of(event, start)
        if self.plan.n == 3 and event.oid == "SE.V7":
            return None
        if day is not None and self.plan.n == SHOWN and event.oid == "SE.V3":
            return day + timedelta(days=1)
        return day

    def _keys(self, event: StudyEventDef) -> Iterator[FormKey]:
        """Of the visits of today only the first forms are filled in."""
        keys = super()._keys(event)
        if self.plan.n == SHOWN and event.oid == "SE.V5":
            return (key for key in keys if key.form in ("F.SV", "F.VS", "F.PE", "F.LBH"))
        if self.plan.n == DOSED and event.oid == "SE.V2":
            return (key for key in keys if key.form == "F.SV")
        return keys


_WHO: Final = {
    SHOWN: {"BRTHDAT": "1974-03", "SEX": "F", "HEIGHT": "161", "WEIGHT": "62.0"},
    DOSED: {"BRTHDAT": "1968-02", "SEX": "M"},
}


def make_picture_site(home: Path, folder: Path, ago: Sequence[int | None] = AGO) -> dict[str, str]:
    """Fill an empty home; `ago` as `AGO`, for a site that is made faster.  Returns subject number → uid."""
    clock = WalkingClock(NOW - timedelta(days=240))
    demo_site.make_people(home, folder, clock, LIGHT)
    with _session(home, "nurse", clock) as session:
        checkers = tuple(prove(session, user, demo_site.PASSWORD) for user in demo_site.CHECKERS)
        made: Maker = maker(session.study, folder, 7)
        made = Maker(made.study, made.table, random.Random(7))
        for n, days in enumerate(ago, 1):
            Shown(session, made, clock, NOW, Plan(n, days), checkers=checkers).fill()
        found = {one.label: one.uid for one in subjects.subjects(session)}
    _sign(home, clock, found["ZN007"])
    _ask(home, clock, found)
    clock.at = NOW - timedelta(minutes=2)
    with _session(home, "nurse", clock) as session:
        _type_chemistry(session, found["ZN007"])
    return found


def _type_chemistry(session: Session, uid: str) -> None:
    key = FormKey(uid, "SE.V5", "F.LBC")
    head = {"LBPERF": "Y", "LBDAT": "2026-10-06", "LBTIM": "08:10", "LBFAST": "Y"}
    wanted = head | TYPED
    form = session.study.forms["F.LBC"]
    answers = {f"{form.group_of[f'I.LBC.{name}'].oid}/I.LBC.{name}": text for name, text in wanted.items()}
    enter_data.enter_form(session, key, answers)


def _sign(home: Path, clock: WalkingClock, uid: str) -> None:
    """The first three visits of the shown subject are signed; one form is corrected afterwards."""
    from crf_app.store import reads

    clock.at = NOW - timedelta(days=6)
    with _session(home, "investigator", clock) as session:
        for key, row in sorted(reads.forms_of_subject(session.store.conn, uid).items()):
            if key.event in _EVENTS[1:4] and row.status == "complete":
                signing.sign_form(session, key, demo_site.PASSWORD, "approval")
    with _session(home, "nurse", clock) as session:
        key = FormKey(uid, "SE.V3", "F.VS")
        enter_data.enter_value(
            session, ItemKey(key, "IG.VS", "I.VS.PULSE"), "71", reason="Typing error (made up)"
        )


def _ask(home: Path, clock: WalkingClock, found: dict[str, str]) -> None:
    with _session(home, "investigator", clock) as session:
        for label, event, form, item, words in (
            ("ZN007", "SE.V4", "F.LBC", "BILDIR", "Please compare with the laboratory report (made up)."),
            (
                "ZN004",
                "SE.V4",
                "F.VS",
                "WEIGHT",
                "Lower than at the visit before. Ascites drained? (made up)",
            ),
        ):
            group = session.study.forms[form].group_of[f"I.{form[2:]}.{item}"].oid
            key = ItemKey(FormKey(found[label], event, form), group, f"I.{form[2:]}.{item}")
            queries.open_query(session, key, words)


@contextmanager
def _session(home: Path, user: str, clock: WalkingClock) -> Iterator[Session]:
    session = sign_in(home, user, demo_site.PASSWORD, clock)
    try:
        yield session
    finally:
        sign_out(session)
