"""A dose at the bedside, read from what is stored: times, clocks, pauses, people, what is due.

A reading: nothing here writes, so it is the same after a restart and on another device.  What the person does
is in `administering.py`.  Which items mean what says the form's `administration` (`model/definition.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import NotFound
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.form_def import Administration, FormDef
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.workflow import Step
from crf_app.store import reads


@dataclass(frozen=True, slots=True)
class ClockView:
    """A limit that runs: since when, until when."""

    name: Text
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class PromptView:
    """A row of the observations.  `due` is None while the moment it counts from is not known.

    `state`: waiting, due, overdue, begun, done.
    """

    row: str
    name: Text
    due: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Checker:
    """A person who confirmed by an own password; empty names before that.  `at` is local time.

    An answer whose record is somebody else's (an import) is a statement, and nobody has confirmed.
    """

    key: ItemKey
    question: Text
    user: str
    name: str
    role: str
    at: str


@dataclass(frozen=True, slots=True)
class Dose:
    """One administration as it stands.  Times are local, with offset; amounts as stored."""

    key: FormKey
    said: Administration
    number: str
    planned: int
    started: datetime | None
    ended: datetime | None
    pauses: tuple[tuple[datetime, datetime | None], ...]
    clocks: tuple[ClockView, ...]
    prompts: tuple[PromptView, ...]
    checkers: tuple[Checker, ...]
    volume: Decimal | None
    rate: Decimal | None
    amount: Decimal | None
    expiry: datetime | None
    observed: FormKey | None
    watch: tuple[Text, ...]

    @property
    def paused_since(self) -> datetime | None:
        """The start of the interruption that goes on now."""
        return next((start for start, end in self.pauses if end is None and self.ended is None), None)

    @property
    def running(self) -> bool:
        return self.started is not None and self.ended is None

    def elapsed(self, now: datetime) -> timedelta:
        """From start to end, or to now; never below zero when a clock was set back."""
        if self.started is None:
            return timedelta(0)
        return max((self.ended or now) - self.started, timedelta(0))

    def flowing(self, now: datetime) -> timedelta:
        """As `elapsed`, without the interruptions."""
        paused = sum(((end or self.ended or now) - start for start, end in self.pauses), timedelta(0))
        return max(self.elapsed(now) - max(paused, timedelta(0)), timedelta(0))

    def volume_so_far(self, now: datetime) -> Decimal | None:
        """What the rate that was typed makes of the time that flowed, at most the bag; None without both."""
        if self.rate is None or self.volume is None or self.started is None:
            return None
        hours = Decimal(int(self.flowing(now).total_seconds())) / 3600
        return min(self.rate * hours, self.volume)

    def next_prompt(self) -> PromptView | None:
        """The observation that is due first and not begun."""
        open_ = [
            one for one in self.prompts if one.due is not None and one.state in ("waiting", "due", "overdue")
        ]
        return min(open_, key=lambda one: one.due or datetime.max, default=None)


#: an observation that nobody made this long after its moment is no task of the day any more
_FORGOTTEN = timedelta(days=2)


def is_administration(study: Study, form_oid: str) -> bool:
    """Whether the form is one that gives a dose."""
    form = study.forms.get(form_oid)
    return form is not None and form.administration is not None


def dose(session: Session, key: FormKey) -> Dose:
    """How the administration stands now.  Raises NotFound for a form that gives none, NotAllowed."""
    session.require(Step.READ, str(key))
    data = session.subject(key.subject)
    form = data.form_def(key)
    said = form.administration
    if said is None:
        raise NotFound("This form gives no dose.", "此表单不是给药记录。", where=str(key))
    now = session.clock.now()
    look = _Look(session, data, key, form, now)
    started, ended = look.moment(said.start), look.moment(said.end)
    observed = _observed_key(data, key, said)
    return Dose(
        key, said,
        look.value(said.number), _planned(data, key),
        started, ended,
        look.pauses(said),
        look.clocks(said),
        look.prompts(said, observed, started, ended),
        look.checkers(),
        look.number(said.volume), look.number(said.rate), look.number(said.amount),
        look.moment((said.expiry,)) if said.expiry else None,
        observed,
        _watch(data, said),
    )  # fmt: skip


def prompts_due(session: Session, uid: str) -> list[tuple[FormKey, PromptView]]:
    """Observations of this subject's doses that are due or overdue now, the oldest first.

    What was not done for two days is a matter of the form, which still asks for it.
    """
    data, since = session.subject(uid), session.clock.now() - _FORGOTTEN
    found = []
    for key in data.started_forms():
        if is_administration(session.study, key.form):
            late = (one for one in dose(session, key).prompts if one.state in ("due", "overdue"))
            found += [(key, one) for one in late if one.due is not None and one.due > since]
    return sorted(found, key=lambda one: one[1].due or datetime.max.astimezone())


class _Look:
    """Reads the items of one administration."""

    def __init__(
        self, session: Session, data: SubjectData, key: FormKey, form: FormDef, now: datetime
    ) -> None:
        self.session, self.data, self.key, self.form, self.now = session, data, key, form, now
        self.values = data.values(key)

    def local(self, oid: str) -> str:
        return f"{self.form.group_of[oid].oid}/{oid}"

    def value(self, oid: str | None) -> str:
        """The answer as stored, empty where there is none."""
        answer = self.values.get(self.local(oid)) if oid is not None else None
        return answer.value or "" if answer is not None else ""

    def number(self, oid: str | None) -> Decimal | None:
        text = self.value(oid).lstrip("<>=")
        return Decimal(text) if text else None

    def moment(self, oids: Sequence[str]) -> datetime | None:
        """Local time of one item, or of a date and a time.

        Where the time was recorded in that very minute, the seconds of its record are known too.
        """
        parts = [self.value(oid) for oid in oids]
        if not all(parts):
            return None
        path = f"{self.key.path}/{self.local(oids[-1])}"
        row = self.data.items.get(path)
        record = reads.record(self.session.store.conn, self.key.subject, path, row.head) if row else None
        if row is None or record is None:
            return _local("T".join(parts), self.now)
        recorded = datetime.fromisoformat(record.at.replace("Z", "+00:00")).astimezone(_zone(record.offset))
        typed = _local("T".join(parts), recorded)
        return recorded if typed is not None and recorded.replace(second=0, microsecond=0) == typed else typed

    def clocks(self, said: Administration) -> tuple[ClockView, ...]:
        """Those whose moment is known."""
        begun = [(one, self.moment((one.since,))) for one in said.clock]
        return tuple(ClockView(one.name, at, at + timedelta(minutes=one.minutes)) for one, at in begun if at)

    def pauses(self, said: Administration) -> tuple[tuple[datetime, datetime | None], ...]:
        if said.pause is None:
            return ()
        _, start, end, _ = said.pause
        found = []
        for uid in self.data.live_rows(self.key).get(self.form.group_of[start].oid, ()):
            part = f"{self.form.group_of[start].oid}~{uid}"
            begun, ended = (self.values.get(f"{part}/{oid}") for oid in (start, end))
            first = _local(begun.value, self.now) if begun is not None and begun.value else None
            last = _local(ended.value, self.now) if ended is not None and ended.value else None
            if first is not None:
                found.append((first, last))
        return tuple(found)

    def checkers(self) -> tuple[Checker, ...]:
        """The items that people answer by their own passwords, in the order of the paper."""
        names = {
            user: said.get("name", user) for user, (said, _) in reads.people(self.session.store.conn).items()
        }
        out = []
        for group in self.form.item_group:
            for item in group.item:
                if item.own_password:
                    out.append(self._checker(ItemKey(self.key, group.oid, item.oid), item.question, names))
        return tuple(out)

    def _checker(self, key: ItemKey, question: Text, names: dict[str, str]) -> Checker:
        row = self.data.items.get(key.path)
        record = None
        if row is not None and row.answer.value:
            record = reads.record(self.session.store.conn, key.subject, key.path, row.head)
        if row is None or record is None or record.user != row.answer.value:
            return Checker(key, question, "", "", "", "")  # nobody, or a statement of somebody else
        at = datetime.fromisoformat(row.at.replace("Z", "+00:00")).astimezone(_zone(record.offset))
        return Checker(
            key, question, record.user, names.get(record.user, record.user), record.role, f"{at:%H:%M:%S}"
        )

    def prompts(
        self, said: Administration, observed: FormKey | None, started: datetime | None, ended: datetime | None
    ) -> tuple[PromptView, ...]:
        """Every fixed row of the observations; those without a moment of their own wait."""
        if observed is None or said.observed is None:
            return ()
        form = self.data.form_def(observed)
        group = next(one for one in form.item_group if one.oid == said.observed)
        rows = self.data.edition(observed).study.code_lists[group.rows or ""].items
        moments = {one.row: one for one in said.prompt}
        out = []
        for code in rows:
            prompt = moments.get(code.coded_value)
            base = None if prompt is None else started if prompt.after == "start" else ended
            due = (
                base + timedelta(minutes=prompt.minutes) if base is not None and prompt is not None else None
            )
            grace = timedelta(minutes=said.late_after)
            state = self._row_state(observed, f"{said.observed}~{code.coded_value}", due, grace)
            out.append(PromptView(code.coded_value, code.decode, due, state))
        return tuple(out)

    def _row_state(self, observed: FormKey, part: str, due: datetime | None, grace: timedelta) -> str:
        items = [one for one in self.data.state(observed).items.values() if one.group == part]
        asked = [one for one in items if one.collected and one.mandatory and not one.item.derived]
        if asked and all(not one.answer.empty for one in asked):
            return "done"
        if any(not one.answer.empty for one in items):
            return "begun"
        if due is None or due > self.now:
            return "waiting"
        return "overdue" if self.now > due + grace else "due"


def _local(text: str, now: datetime) -> datetime | None:
    """`2026-10-06T14:31` in the time zone of the bedside; None for a partial one."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=now.tzinfo)
    except ValueError:
        return None


def _zone(offset: str) -> tzinfo | None:
    """The time zone that a record was made in (`+08:00`)."""
    return datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo


def _planned(data: SubjectData, key: FormKey) -> int:
    """At how many planned visits the dose is given."""
    return sum(key.form_oid in event.form_oids for event in data.study.event if event.type == "Scheduled")


def _observed_key(data: SubjectData, key: FormKey, said: Administration) -> FormKey | None:
    """The form of the same visit that holds the observations."""
    if said.observed is None:
        return None
    here = data.event_def(key.event).form_oids
    form = next(
        (one for one in data.study.form for group in one.item_group if group.oid == said.observed), None
    )
    return FormKey(key.subject, key.event, form.oid) if form is not None and form.oid in here else None


def _watch(data: SubjectData, said: Administration) -> tuple[Text, ...]:
    """What the check asks to look for: each question with what its sentence says behind the colon."""
    if not said.watch:
        return ()
    found = [one for form in data.study.form for one in form.condition if one.check == said.watch]
    return tuple(
        _watched(data.study.form_of_item[one.item].items[one.item].question, one.message) for one in found
    )


_SAID = re.compile(r"[:：]\s*([^:：]+?)(?:\.(?:\s|$)|。)")


def _watched(question: Text, message: Text) -> Text:
    """`Pulse: a change of 30 or more`; the question alone where the sentence has no colon."""
    en, zh = (_SAID.search(words) for words in (message.en, message.zh))
    return Text(
        en=f"{question.en}: {en[1]}" if en else question.en,
        zh=f"{question.zh}：{zh[1]}" if zh else question.zh,
    )
