"""A ready demo site: four made-up people, 24 made-up subjects in all states, one seed.

Everything goes through the same actions as the window, under a clock that walks through the past, so that
visits lie where they would lie.  Names, values and dates are invented and say so; the environment is `test`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from crf_app.actions import enter_data, queries, signing
from crf_app.actions.demo.made_up import maker
from crf_app.actions.demo.made_up_subject import MadeUpSubject, Plan, WalkingClock
from crf_app.actions.people import accounts, first_run
from crf_app.actions.people.proving import prove
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.crypto.passwords import DEFAULT, Cost
from crf_app.model.clock import Clock, SystemClock
from crf_app.model.definition import Study
from crf_app.model.keys import FormKey, ItemKey

PASSWORD: Final = "lantern harbour kite"  # printed by `demo`; the data behind it are made up
PEOPLE: Final = (
    ("admin", "Administrator Demo", "administrator"),
    ("investigator", "Investigator Demo", "investigator"),
    ("coordinator", "Coordinator Demo", "coordinator"),
    ("nurse", "Nurse Demo", "nurse"),
)
CHECKERS: Final = ("nurse", "coordinator")  # who confirm a dose
PLACE: Final = first_run.Place("001", "D1", "test")
SUBJECTS: Final = 24
Say = Callable[[str], None]


def make_demo_site(
    home: Path, folder: Path, say: Say, subjects_wanted: int = SUBJECTS, cost: Cost = DEFAULT, seed: int = 1
) -> None:
    """Fill an empty home.  Raises WrongState when it holds a study already."""
    today = SystemClock().now()
    clock = WalkingClock(today.replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=420))
    make_people(home, folder, clock, cost)
    say("made-up site: 4 people")
    made = maker(_study_of(home, clock), folder, seed)
    plans = [_plan(n, subjects_wanted) for n in range(1, subjects_wanted + 1)]
    with _session(home, "nurse", clock) as session:
        checkers = tuple(prove(session, user, PASSWORD) for user in CHECKERS)
        for plan in plans:
            MadeUpSubject(session, made, clock, today, plan, checkers=checkers).fill()
        say(f"made-up subjects: {len(plans)}")
    with _session(home, "investigator", clock) as session:
        count = sum(_sign_some(session, plan) for plan in plans)
        _ask_some(session, plans)
        say(f"made-up signatures: {count}")
    with _session(home, "nurse", clock) as session:
        _change_after_signature(session, plans)


def _study_of(home: Path, clock: WalkingClock) -> Study:
    with _session(home, "admin", clock) as session:
        return session.study


def make_people(home: Path, folder: Path, clock: Clock, cost: Cost, place: first_run.Place = PLACE) -> None:
    """A new home with the study of `folder` and the four made-up people."""
    first = [
        first_run.NewPerson(user, name, role, PASSWORD, own_password=True) for user, name, role in PEOPLE[:2]
    ]
    first_run.init(home, folder, place, first, clock=clock, cost=cost)
    once = "first sign-in only " + "2026"
    with _session(home, "admin", clock) as session:
        for user, name, role in PEOPLE[2:]:
            accounts.add_user(session, user, name, role, once, cost=cost)
    for user, _, _ in PEOPLE[2:]:
        with _session(home, user, clock, once) as session:
            accounts.change_password(session, once, PASSWORD, cost=cost)


@contextmanager
def _session(home: Path, user: str, clock: Clock, password: str = PASSWORD) -> Iterator[Session]:
    session = sign_in(home, user, password, clock)
    try:
        yield session
    finally:
        sign_out(session)


def _plan(n: int, wanted: int) -> Plan:
    """Spread over the trial: the last three are in screening, the others began 2 to 400 days ago."""
    if n > wanted - 3:
        return Plan(n, None)
    steps = (400, 330, 260, 200, 176, 170, 168, 150, 120, 96, 84, 70, 58, 57, 40, 30, 29, 22, 15, 9, 8)
    return Plan(n, steps[(n - 1) % len(steps)])


def _sign_some(session: Session, plan: Plan) -> int:
    """The investigator signs two forms of day 1 of every third subject."""
    from crf_app.store import reads

    if plan.n % 3 or plan.ago is None:
        return 0
    uid = reads.subjects(session.store.conn)[plan.n - 1].uid
    early = [event.oid for event in session.study.event][:2]
    done = [
        key
        for key, row in sorted(reads.forms_of_subject(session.store.conn, uid).items())
        if row.status == "complete" and key.event in early and _has_numbers(session, key)
    ]
    count = 0
    for key in done[:2]:
        signing.sign_form(session, key, PASSWORD, "approval")
        count += 1
    return count


def _ask_some(session: Session, plans: list[Plan]) -> None:
    """The investigator asks about a value of every fifth subject."""
    from crf_app.store import reads

    for plan in plans[::5]:
        uid = reads.subjects(session.store.conn)[plan.n - 1].uid
        data = session.subject(uid)
        for key in sorted(reads.forms_of_subject(session.store.conn, uid)):
            if _has_numbers(session, key):
                local = next(iter(data.state(key).items))
                group, item = local.split("/")
                queries.open_query(
                    session, ItemKey(key, group, item), "Please compare with the source (made up)."
                )
                break


def _has_numbers(session: Session, key: FormKey) -> bool:
    items = session.study.forms[key.form].items.values()
    return any(item.data_type == "integer" and not item.derived for item in items)


def _change_after_signature(session: Session, plans: list[Plan]) -> None:
    """One signed form is corrected, so that its signature is shown as broken."""
    from crf_app.store import reads

    for plan in plans:
        uid = reads.subjects(session.store.conn)[plan.n - 1].uid
        for unit, states in reads.signature_states(session.store.conn, uid).items():
            event, form = unit.split("|")[2].split("/")
            data = session.subject(uid)
            key = FormKey(uid, event, form)
            number = next(
                (
                    one
                    for local, one in data.state(key).items.items()
                    if one.item.data_type == "integer"
                    and not one.item.derived
                    and one.answer.value
                    and states
                ),
                None,
            )
            if number is not None:
                group, item = number.local.split("/")
                enter_data.enter_value(
                    session,
                    ItemKey(key, group, item),
                    str(int(number.answer.value or "0") + 1),
                    reason="Typing error (made up)",
                )
                return
