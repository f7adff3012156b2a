"""One made-up subject, filled visit by visit up to today through the same actions as the window.

A clock that walks through the past lets visits lie where they would lie.  The demo site and `gen` use it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crf_app.actions import completing, enter_data, findings, rows, subjects
from crf_app.actions.demo.made_up import Maker
from crf_app.actions.gate import closed_by
from crf_app.actions.people.own_password import confirm
from crf_app.actions.people.proving import Proven
from crf_app.actions.session import Session
from crf_app.actions.standing import open_points
from crf_app.errors import NotComplete
from crf_app.model import schedule
from crf_app.model.definition import StudyEventDef
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.retired import as_asked, forms_asked


@dataclass
class WalkingClock:
    """Time that stands where it is put and moves on by a second with every look."""

    at: datetime
    _ticks: float = field(default=0.0)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def monotonic(self) -> float:
        self._ticks += 1.0
        return self._ticks


@dataclass(frozen=True)
class Plan:
    """How far a subject has come: day 1 lies `ago` days back, None while in screening."""

    n: int
    ago: int | None


@dataclass
class MadeUpSubject:
    """Fills one made-up subject visit by visit up to today."""

    session: Session
    made: Maker
    clock: WalkingClock
    today: datetime
    plan: Plan
    uid: str = ""
    arm: str = ""
    checkers: tuple[Proven, ...] = ()  # people who confirm what is answered by an own password, in turns

    def fill(self) -> None:
        start = self.today - timedelta(days=(self.plan.ago or 5) + (5 if self.plan.ago else 0))
        self._at(start)
        self.uid = subjects.add_subject(self.session, subjects.next_number(self.session)).subject
        arms = self.session.study.arms
        self.arm = arms[(self.plan.n - 1) % len(arms)].code if arms else ""
        for event in self._events():
            day = self._day_of(event, start)
            if day is not None and day.date() <= self.today.date():
                self._at(day)
                self._visit(event, day)
        if self.plan.ago and self.plan.n % 3 == 0:
            self._logs(self.today - timedelta(days=self.plan.ago))

    def _at(self, day: datetime) -> None:
        self.clock.at = day.replace(hour=12, minute=30, second=0, microsecond=0)

    def _day_of(self, event: StudyEventDef, start: datetime) -> datetime | None:
        if event.type != "Scheduled":
            return None
        if event.from_day is not None or (event.day is None and event.month is None):
            return start  # screening, or a visit without a planned day
        if self.plan.ago is None:
            return None
        day1 = self.today - timedelta(days=self.plan.ago)
        planned = schedule.planned_date(event, day1.date())
        return day1 + (planned - day1.date()) if planned else None

    def _events(self) -> list[StudyEventDef]:
        """The visits that are asked now."""
        return [event for event in self.session.study.event if event.until is None]

    def _form(self, oid: str) -> FormDef:
        """What the form asks now."""
        return as_asked(self.session.study.forms[oid], ())

    def _logs(self, day: datetime) -> None:
        """One made-up row in each log; forms of a death, of a report or of the end stay empty."""
        for event in self._events():
            for oid in forms_asked(event) if event.type == "Common" else ():
                key, form = FormKey(self.uid, event.oid, oid), self._form(oid)
                if closed_by(self.session.subject(self.uid), key) is not None:
                    continue
                answers = self.made.form(form, day.date(), {"n": str(self.plan.n)})
                if not answers:
                    continue
                enter_data.enter_form(self.session, key, answers)
                for group in form.item_group:
                    if group.repeating:
                        self._log_row(key, group.oid, day)

    def _log_row(self, key: FormKey, group: str, day: datetime) -> None:
        part = rows.add_row(self.session, key, group).row
        made = self.made.form(
            self._form(key.form),
            day.date(),
            {"n": str(self.plan.n)},
            {group: [part.partition("~")[2]]},
        )
        answers = {local: text for local, text in made.items() if local.startswith(part)}
        enter_data.enter_form(self.session, key, answers)

    def _visit(self, event: StudyEventDef, day: datetime) -> None:
        recent = (self.today - day).days < 9
        filled = []
        for place, key in enumerate(self._keys(event)):
            if recent and place > 3 and self.plan.n % 2:
                break  # this visit is still being worked on
            enter_data.enter_form(self.session, key, self._answers(key, event, day))
            self._confirm(key)
            self._judge(key)
            filled.append(key)
        self._at(min(day + timedelta(days=1), self.today))  # the last vital signs are of the next day
        if not (recent and self.plan.n % 3 == 0):
            for key in filled:
                self._complete(key)

    def _keys(self, event: StudyEventDef) -> Iterator[FormKey]:
        """The visit's forms in their order, each when it can be begun: consent comes before the others."""
        waiting = [FormKey(self.uid, event.oid, oid) for oid in forms_asked(event)]
        while waiting:
            data = self.session.subject(self.uid)
            key = next((one for one in waiting if closed_by(data, one) is None), None)
            if key is None:
                return
            waiting.remove(key)
            yield key

    def _confirm(self, key: FormKey) -> None:
        """What people answer by their own passwords, each another one."""
        asked = [
            one for one in self.session.subject(self.uid).state(key).items.values() if one.item.own_password
        ]
        for one, person in zip((one for one in asked if one.collected), self.checkers, strict=False):
            confirm(self.session, ItemKey(key, *one.local.split("/")), person)

    def _judge(self, key: FormKey) -> None:
        """Results outside their range are judged: not clinically significant, as before."""
        state = self.session.subject(self.uid).state(key)
        asked = [local for local in state.empty_mandatory if state.items[local].item.companion_of]
        if asked and self.plan.n % 5:
            enter_data.enter_form(self.session, key, dict.fromkeys(asked, "N"))

    def _answers(self, key: FormKey, event: StudyEventDef, day: datetime) -> dict[str, str]:
        words = {"n": str(self.plan.n), "event": event.short_name, "dose": self._dose()}
        form = self._form(key.form)
        answers = self.made.form(form, day.date(), words)
        arm_item = next((fact.item for fact in self.session.study.subject_facts if fact.name == "ARM"), "")
        for local in answers:
            if local.endswith("/" + arm_item):
                answers[local] = self.arm
        return self._spiced(key, answers)

    def _dose(self) -> str:
        return next((arm.dose for arm in self.session.study.arms if arm.code == self.arm), "")

    def _spiced(self, key: FormKey, answers: dict[str, str]) -> dict[str, str]:
        """Some forms get something to look at: not done, below the limit, unusual, not possible."""
        items = self._form(key.form).items
        numbers = [local for local in answers if items[local.split("/")[1]].lab]
        pick = (self.plan.n * 7 + len(key.event) + ord(key.event[-1])) % 11
        if not numbers or pick not in (3, 5, 7, 8):
            return answers
        local = numbers[(self.plan.n + pick) % len(numbers)]
        item = items[local.split("/")[1]]
        spiced = {
            3: "!ND",
            5: "<" + answers[local].lstrip("<"),
            7: _beyond(item, "Soft"),
            8: _beyond(item, "Hard"),
        }[pick]
        hard_now = pick == 8 and self.plan.n % 6  # only a few are not possible
        return answers if hard_now or not spiced else answers | {local: spiced}

    def _complete(self, key: FormKey) -> None:
        """Answer soft checks and complete; what cannot be completed stays started."""
        data = self.session.subject(self.uid)
        for point in open_points(self.session, data, key):
            if point.kind == "soft" and self.plan.n % 4:
                findings.answer_finding(self.session, point.key, point.check, "Same on the source document")
        try:
            completing.complete_form(self.session, key)
        except NotComplete:
            return


def _beyond(item: ItemDef, limit: str) -> str:
    """A whole number just over the upper limit, or "" where there is none."""
    upper = [one.value for one in item.range_check if one.comparator == "LE" and one.soft_hard == limit]
    return str(int(float(upper[0])) + 1) if upper else ""
