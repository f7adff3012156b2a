"""The day of the person who works: doses, reports, visits, forms to sign, queries, and where the data are.

Pure readings of the store.  What one person sees at once is read at once; what grows with the number of
subjects comes in steps: go through `MyDay.steps()` to its end, or a piece at a time between the window's
events, then everything is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from crf_app.actions.clocks import RunningClock, running_clocks, subjects_with_clocks
from crf_app.actions.consequences import asked
from crf_app.actions.dose.doses_now import DoseNow, doses_now
from crf_app.actions.queries import place_words
from crf_app.actions.session import Session
from crf_app.actions.sync.syncing import known_central, safety, sync_page
from crf_app.actions.visits_due import AT_ONCE, DueVisit, VisitsDue
from crf_app.model.def_base import Text
from crf_app.model.keys import FormKey, ItemKey, item_key_of
from crf_app.model.workflow import Step
from crf_app.rules.unit_state import MISTAKE
from crf_app.store import day_reads, marks, reads
from crf_app.store.day_reads import OpenQuery
from crf_app.store.own_chains import own_chains

_NONE: Final = Text(en="", zh="")
#: queries whose words are read for the page; the rest are counted
SHOWN_QUERIES: Final = 4


@dataclass(frozen=True, slots=True)
class AskedOfMe:
    """A query that this person may answer (or close, once it is answered), with the words of its place."""

    thread: str
    label: str
    key: ItemKey
    visit: Text
    item: Text
    texts: dict[str, str]
    at: str


@dataclass(frozen=True, slots=True)
class WaitingForm:
    """A complete form without a valid signature; `again`: something changed after it was signed."""

    key: FormKey
    label: str
    visit: Text
    form: Text
    again: bool


@dataclass(frozen=True, slots=True)
class DueReport:
    """A report that is due for one subject."""

    label: str
    clock: RunningClock


@dataclass(frozen=True, slots=True)
class WhereDataAre:
    """`values`: answers on this device; times in UTC, "" where there is none; `bundle_at`: last bundle."""

    values: int
    only_here: int
    oldest: str
    saved_at: str
    receipt_at: str
    bundle_at: str
    received: bool
    central_known: bool

    @property
    def safe(self) -> int:
        """Answers that two places hold."""
        return max(self.values - self.only_here, 0) if self.received else 0


@dataclass
class MyDay:
    """What is known so far; `whole` once `steps` has come to its end."""

    session: Session
    today: date
    subjects: int
    signers: tuple[str, ...]
    to_sign: tuple[WaitingForm, ...]
    open_queries: int
    for_me: int = 0
    asked: tuple[AskedOfMe, ...] = ()
    where: WhereDataAre = field(default_factory=lambda: WhereDataAre(0, 0, "", "", "", "", False, False))
    visits: list[DueVisit] = field(default_factory=list)
    reports: tuple[DueReport, ...] = ()
    doses: tuple[DoseNow, ...] = ()
    whole: bool = False

    def of(self, group: str) -> list[DueVisit]:
        """Today: begun ones first, then what closes soonest.  Overdue: the latest first.  Ahead: by plan, the
        next visit of each subject."""
        some = sorted((one for one in self.visits if one.group == group), key=_first)
        if group != "ahead":
            return some
        first: dict[str, DueVisit] = {}
        for one in some:
            first.setdefault(one.uid, one)
        return list(first.values())

    def steps(self) -> Iterator[None]:
        """Read the rest, some subjects at a time."""
        names, due = _counting(self.session), VisitsDue(self.session)
        values, visits, reports, doses = 0, list[DueVisit](), list[DueReport](), list[DoseNow]()
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            visits += due.read(some)
            values += day_reads.answers_entered(self.session.store.conn, [one.uid for one in some])
            reports += _reports(self.session, some)
            doses += doses_now(self.session, [(one.uid, one.label) for one in some])
            yield
        yield from self._queries()
        self.reports = tuple(sorted(reports, key=lambda one: (one.clock.due, one.label)))
        self.doses = tuple(sorted(doses, key=lambda one: (one.due, one.label)))
        self.visits, self.where, self.whole = visits, where_data_are(self.session, values), True

    def _queries(self) -> Iterator[None]:
        shown: list[AskedOfMe] = []
        count, labels = 0, _labels(self.session)
        for one in _for_role(self.session):
            if not _may_answer(self.session, one):
                continue
            count += 1
            if len(shown) < SHOWN_QUERIES:
                shown.append(_words(self.session, one, labels))
            yield
        self.for_me, self.asked = count, tuple(shown)


def values_here(session: Session) -> Iterator[int]:
    """Answers on this device, counted some subjects at a time."""
    names = _counting(session)
    for start in range(0, len(names), AT_ONCE):
        some = [one.uid for one in names[start : start + AT_ONCE]]
        yield day_reads.answers_entered(session.store.conn, some)


def my_day(session: Session) -> MyDay:
    """What costs little, at once.  Raises NotAllowed for a person who does not read."""
    session.require(Step.READ)
    conn = session.store.conn
    return MyDay(
        session,
        session.clock.now().date(),
        len(_counting(session)),
        _signers(session),
        forms_to_sign(session),
        day_reads.open_query_count(conn),
    )


def open_query_count(session: Session) -> int:
    """Queries that wait for an answer, of everybody."""
    return day_reads.open_query_count(session.store.conn)


def saved_today(session: Session) -> str:
    """Local time of this device's last answer, "14:02:31"; "" where it is of another day."""
    at = day_reads.last_answer_at(session.store.conn, session.identity)
    if not at or days_since(session, at):
        return ""
    return f"{datetime.fromisoformat(at).astimezone(session.clock.now().tzinfo):%H:%M:%S}"


def forms_to_sign(session: Session) -> tuple[WaitingForm, ...]:
    """Forms that wait for a signature, broken signatures first, then by subject and visit."""
    session.require(Step.READ)
    study = session.study
    labels = {one.uid: one.label for one in _counting(session)}
    found = []
    for key, again in day_reads.forms_to_sign(session.store.conn):
        event, form = study.events.get(key.event_oid), study.forms.get(key.form_oid)
        aside = "~" in key.event and key.event in marks.mistaken_visits(session.store.conn, key.subject)
        if event is not None and form is not None and key.subject in labels and not aside:
            found.append(WaitingForm(key, labels[key.subject], event.name, form.name, again))
    events, forms = list(study.events), list(study.forms)
    return tuple(sorted(found, key=lambda one: (not one.again, one.label, events.index(one.key.event_oid),
                                                one.key.event, forms.index(one.key.form_oid))))  # fmt: skip


def days_since(session: Session, at: str) -> int:
    """Days of the site's calendar between a stored time and now."""
    here = session.clock.now()
    return (here.date() - datetime.fromisoformat(at).astimezone(here.tzinfo).date()).days


def bundle_is_due(session: Session, where: WhereDataAre, days: int) -> bool:
    """Whether to remind of a bundle: answers are only here, and for `days` none was made or received.

    Before the first bundle the days count from the oldest answer that is only here.
    """
    if not where.only_here:
        return False
    last = counted_from(where)
    return bool(last) and days_since(session, last) >= days


def counted_from(where: WhereDataAre) -> str:
    """From when the days to the next reminder count (UTC); "" while there is nothing to send."""
    if not where.only_here:
        return ""
    return max(filter(None, (where.bundle_at, where.receipt_at)), default=where.oldest)


def _reports(session: Session, some: list[reads.SubjectName]) -> Iterator[DueReport]:
    labels = {one.uid: one.label for one in some}
    for uid in subjects_with_clocks(session, list(labels)):
        yield from (DueReport(labels[uid], clock) for clock in running_clocks(session, uid))


def _first(one: DueVisit) -> tuple[object, ...]:
    latest = one.window.latest or date.max
    if one.group == "today":
        return not one.begun, latest, one.label
    if one.group == "overdue":
        return latest, one.label
    return one.window.planned or one.window.earliest or date.max, one.label


def _counting(session: Session) -> list[reads.SubjectName]:
    """Everybody but who was made by mistake."""
    return [one for one in reads.subject_names(session.store.conn) if one.status != MISTAKE]


def _labels(session: Session) -> dict[str, str]:
    return {one.uid: one.label for one in reads.subject_names(session.store.conn)}


def _signers(session: Session) -> tuple[str, ...]:
    people = reads.people(session.store.conn).values()
    return tuple(said.get("name", "") for said, state in people
                 if said.get("role") == "investigator" and state == "active")  # fmt: skip


def _for_role(session: Session) -> list[OpenQuery]:
    """Open ones for those who answer, answered ones for those who close; people's before the system's."""
    conn, answers = session.store.conn, session.verdict(Step.ANSWER_QUERY).allowed
    some = day_reads.open_queries(conn) if answers else day_reads.answered_queries(conn)
    return sorted(some, key=lambda one: bool(one.check))


def _may_answer(session: Session, one: OpenQuery) -> bool:
    if not session.verdict(Step.ANSWER_QUERY).allowed:
        return session.verdict(Step.CLOSE_QUERY).allowed and not one.check
    if not one.check or session.verdict(Step.EXPLAIN_HARD).allowed:
        return True
    row = reads.query_of_thread(session.store.conn, one.thread)
    return row is not None and asked(session.store.conn, row).get("severity") != "hard"


def _words(session: Session, one: OpenQuery, labels: dict[str, str]) -> AskedOfMe:
    conn = session.store.conn
    row = reads.query_of_thread(conn, one.thread)
    assert row is not None
    key = item_key_of(row.subject, row.key)
    _, _, item = place_words(session, key)
    if row.check:
        said = asked(conn, row)
        texts = {"en": str(said.get("en", "")), "zh": str(said.get("zh", ""))}
    else:
        record = reads.record(conn, row.subject, row.key, row.steps[0])
        text = (record.value if record else None) or ""
        texts = {"en": text, "zh": text}
    return AskedOfMe(
        one.thread, labels.get(row.subject, ""), key, _place(session, key), item, texts, row.last_at
    )


def _place(session: Session, key: ItemKey) -> Text:
    """The visit in short; of a log, which has none, the form."""
    study = session.study
    event, form = study.events.get(key.form_key.event_oid), study.forms.get(key.form_key.form_oid)
    if event is not None and event.type != "Common":
        return Text(en=event.short_name, zh=event.short_name)
    return (form.short_name or form.name) if form is not None else _NONE


def _oldest_here(session: Session) -> str:
    """Time (UTC) of the first answer that central does not hold, in any of this device's chains."""
    conn = session.store.conn
    found = (day_reads.first_answer_after(conn, one.identity, one.safe) for one in own_chains(session.store))
    return min(filter(None, found), default="")


def where_data_are(session: Session, values: int) -> WhereDataAre:
    """Where the answers are; `values`: how many this device holds."""
    conn, identity, now = session.store.conn, session.identity, safety(session)
    bundles = sync_page(session).bundles
    return WhereDataAre(
        values,
        now.only_here,
        _oldest_here(session) if now.only_here else "",
        day_reads.last_answer_at(conn, identity),
        day_reads.last_receipt_at(conn),
        bundles[0].made_at if bundles else "",
        now.safe_seq > 0,
        known_central(session) is not None,
    )
