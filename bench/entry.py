"""P4 and P5: one answer, and a form's answers, from the edit to the disk.

A is `enter_value` and `enter_form` in a session that is signed in: parsed, rules run, derived, checks asked,
audit rows chained and sealed, tables folded, committed with synchronous FULL.  The form is filled and open,
every value is new.  B of P4 is one plain one-row commit in the same engine with the same settings on the same
disk; B of P5 is a raw SQL script that writes the audit rows with their chain hashes and the current values.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path

from bench.floor import Floor, floor
from bench.homes import fill, made_home, session_of
from bench.measure import Pair, compare, give, time_row, timed
from crf_app.actions import enter_data, subjects
from crf_app.actions.session import Session
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import FormKey, ItemKey

FORMS = {60: ("SE.V2", "F.F2"), 200: ("SE.V13", "F.Q200")}


def made_answers(session: Session, key: FormKey, n: int) -> dict[str, str]:
    """local → the n-th answer for every item that is typed, inside its usual range, each unlike the last."""
    form = session.study.forms[key.form]
    return {
        f"{group.oid}/{item.oid}": _answer(session, item, n)
        for group in form.item_group
        for item in group.item
        if not item.derived
    }


def _answer(session: Session, item: ItemDef, n: int) -> str:
    if item.code_list:
        codes = session.study.code_lists[item.code_list].items
        return codes[n % len(codes)].coded_value
    if item.data_type == "decimal":
        return f"{30 + n % 400 / 10:.1f}"
    if item.data_type == "date":
        return (date(2024, 1, 1) + timedelta(days=n % 500)).isoformat()
    return f"made up {n}"


class Edits:
    """New values of one open form, cell after cell."""

    def __init__(self, session: Session, key: FormKey) -> None:
        self.session, self.key, self.n = session, key, 1
        self._edits = self._endless()

    def _endless(self) -> Iterator[tuple[ItemKey, str]]:
        for n in cycle(range(1, 10**6)):
            for local, text in made_answers(self.session, self.key, n).items():
                group, item = local.split("/")
                yield ItemKey(self.key, group, item), text

    def one_by_one(self, count: int) -> float:
        """Seconds for one edit, `count` of them in turn."""
        some = [next(self._edits) for _ in range(count)]
        return timed(lambda: [enter_data.enter_value(self.session, *edit) for edit in some]) / count

    def whole_form(self, count: int) -> float:
        """Seconds for saving the whole form once, `count` times with other values."""
        forms = []
        for _ in range(count):
            self.n += 1
            forms.append(made_answers(self.session, self.key, 10**6 + self.n))
        return timed(lambda: [enter_data.enter_form(self.session, self.key, one) for one in forms]) / count


def open_subject(session: Session) -> str:
    """One more subject with every form of every visit filled and none completed; her uid."""
    uid = subjects.add_subject(session, subjects.next_number(session)).subject
    for event in session.study.event:
        for form in event.form_oids:
            key = FormKey(uid, event.oid, form)
            enter_data.enter_form(session, key, made_answers(session, key, 0))
    return uid


def one_edit(session: Session, home: Path, key: FormKey, count: int, blocks: int) -> Pair:
    """P4: seconds for one edit against one plain commit."""
    edits = Edits(session, key)
    with floor(home / f"plain-{key.form}.db") as bare:
        return compare(
            lambda: edits.one_by_one(count),
            lambda: timed(lambda: [bare.commit_one(f"made up {n}") for n in range(count)]) / count,
            blocks,
        )


def one_form(session: Session, home: Path, key: FormKey, count: int, blocks: int) -> Pair:
    """P5: seconds for one saved form against the raw SQL script."""
    edits = Edits(session, key)
    with floor(home / f"script-{key.form}.db") as bare:
        return compare(
            lambda: edits.whole_form(count), lambda: _scripted(bare, session, edits.key, count), blocks
        )


def _scripted(bare: Floor, session: Session, key: FormKey, count: int) -> float:
    """The same number of records as the form has: its typed items and its derived one."""
    unit = f"F|{key.subject}|{key.path}"
    derived = {
        f"{group.oid}/{item.oid}"
        for group in session.study.forms[key.form].item_group
        for item in group.item
        if item.derived
    }
    forms = [made_answers(session, key, n) | dict.fromkeys(derived, "61.2") for n in range(count)]
    with_keys = [{f"{key.path}/{local}": text for local, text in one.items()} for one in forms]
    return timed(lambda: [bare.save(unit, one) for one in with_keys]) / count


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    count, forms, blocks = (20, 2, 3) if quick else (100, 10, 11)
    with made_home("W0") as home:
        fill(home, subjects=1 if quick else 2)
        with session_of(home) as session:
            uid = open_subject(session)
            for items, place in FORMS.items():
                pair = one_edit(session, home, FormKey(uid, *place), count, blocks)
                what = f"one new answer of an open form of {items} items, until it is durable"
                give(time_row("P4", what, "one plain commit of one row", 2.5, pair))
            for items, place in FORMS.items():
                pair = one_form(session, home, FormKey(uid, *place), forms, blocks)
                what = f"a form of {items} changed answers saved in one transaction"
                give(time_row("P5", what, "raw SQL: audit rows, chain, values", 1.8, pair))


if __name__ == "__main__":
    main()
