"""P13 and P14: what grows with the ledger, and how fast all of it is checked.

Stores of 10^4, 10^5 and 10^6 audit rows (`--rows` for one more) are filled through `store.ledger.append`, a
visit's 300 answers to a transaction, subject after subject, every tenth record a correction (`records.py`).
In each the same new subject is worked with: an answer until it is durable (P4), the page of a filled form as
the window reads it (Python only), signing in.  All sizes stand side by side and take turns, so that the
ratio to the smallest is of one run.  Verify is timed against a single pass that reads the same rows, spells
each as canonical JSON and hashes it into its chain.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.entry import FORMS, Edits, made_answers
from bench.homes import made_home, session_of
from bench.measure import Pair, Row, compare, give, rate_row, say, time_row, timed
from bench.records import append_records
from crf_app.actions import enter_data, subjects
from crf_app.actions.demo.demo_site import PASSWORD
from crf_app.actions.form_page import form_page
from crf_app.actions.safekeeping import keeping
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.model.clock import SystemClock
from crf_app.model.keys import FormKey
from crf_app.model.record import FIELD_NAMES
from crf_app.store import checking
from crf_app.store.check_report import Report

FLOOR_BYTES = 184
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_NAMES = ", ".join(f'"{name}"' for name in FIELD_NAMES)
_ROWS = f"SELECT hash, id, {_NAMES} FROM audit_record ORDER BY seq"


@dataclass(slots=True)
class Size:
    """One store of about `rows` records, and a subject in it that is worked with."""

    rows: int
    home: Path
    session: Session
    edits: Edits
    bytes: int = 0

    def edit(self, count: int) -> float:
        """Seconds for one answer until it is durable."""
        return self.edits.one_by_one(count)

    def read(self, count: int) -> float:
        """Seconds for what the page of one form reads, from a subject that is not in memory."""

        def work() -> None:
            for _ in range(count):
                self.session.forget()
                form_page(self.session, self.edits.key)

        return timed(work) / count


def filled(home: Path, session: Session, rows: int) -> Size:
    """Fill to `rows` records, then add the subject that is worked with: all forms of two visits."""
    took = timed(lambda: append_records(session, rows))
    session.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = (home / "study.db").stat().st_size
    say(f"{session.store.end.seq} records in {took:.0f} s, {size / session.store.end.seq:.0f} bytes each")
    uid = subjects.add_subject(session, subjects.next_number(session)).subject
    for event in session.study.event[:2]:
        for form in event.form_oids:
            key = FormKey(uid, event.oid, form)
            enter_data.enter_form(session, key, made_answers(session, key, 0))
    return Size(rows, home, session, Edits(session, FormKey(uid, *FORMS[60])), size // session.store.end.seq)


def in_turns(sizes: Sequence[Size], work: Callable[[Size], float], blocks: int) -> list[float]:
    """The median of each size, measured in turns."""
    times: list[list[float]] = [[] for _ in sizes]
    for block in range(blocks + 1):
        for of_size, size in zip(times, sizes, strict=True):
            took = work(size)
            if block:  # the first is the warm-up
                of_size.append(took)
    return [statistics.median(one) for one in times]


def growth_rows(sizes: Sequence[Size], what: str, work: Callable[[Size], float], blocks: int) -> None:
    """P13: each larger store against the smallest."""
    medians = in_turns(sizes, work, blocks)
    for size, median in zip(sizes[1:], medians[1:], strict=True):
        words = f"{what}, {size.rows:.0e} audit rows".replace("e+0", "e")
        pair = Pair(median, medians[0], blocks)
        give(time_row("P13", words, f"the same at {sizes[0].rows:.0e}".replace("e+0", "e"), 1.3, pair))


def opening(home: Path) -> float:
    """Seconds to sign in (with a cheap password cost) until the session stands."""
    began = []
    took = timed(lambda: began.append(sign_in(home, "nurse", PASSWORD, SystemClock())))
    sign_out(began[0])
    return took


def open_row(small: Path, large: Path, rows: int, blocks: int) -> None:
    """P14: milliseconds that opening the large store takes longer."""
    pair = compare(lambda: opening(large), lambda: opening(small), blocks)
    more = (pair.a - pair.b) * 1e3
    what = f"opening a store of {rows:.0e} audit rows, ms more than the smallest".replace("e+0", "e")
    give(Row("P14", what, "the smallest", more, "at most", 50.0, pair.a * 1e3, pair.b * 1e3, "ms", blocks))


def single_pass(conn: Any) -> int:
    """The floor of verify: each row read, spelled as canonical JSON, hashed into the chain and compared."""
    chain, count = b"", 0
    for hash_, _, *row in conn.execute(_ROWS):
        record = {name: value for name, value in zip(FIELD_NAMES, row, strict=True) if value is not None}
        for name in ("parents", "covers"):
            if name in record:
                record[name] = json.loads(record[name])
        text = _ENCODER.encode(record)
        chain = sha256(chain + sha256(text.encode()).digest()).digest()
        count += len(chain) == len(hash_) // 2
    return count


def verify_rows(size: Size, blocks: int) -> None:
    """P14: the chain alone, and the whole of verify, against the single pass."""
    store, records = size.session.store, size.session.store.end.seq
    place = (store.identity.device, store.identity.epoch)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def whole() -> float:
        return timed(lambda: _sound(keeping.verify(size.session)))

    def chain() -> float:
        return timed(
            lambda: _sound(
                checking.verify_one_chain(store, place, keeping.seal_checker(store.conn, size.session))
            )
        )

    def floor() -> float:
        return timed(lambda: single_pass(store.conn))

    words = "one pass: read, spell, hash"
    what = f"verify, chain and seals of {records} records"
    give(rate_row("P14", what, words, 0.6, compare(chain, floor, blocks), records))
    what = f"verify, everything (pages, chain, documents, folds, signatures) of {records} records"
    pair = compare(whole, floor, max(1, blocks // 2))
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    give(rate_row("P14", what, words, 0.6, pair, records, f"memory at most {more:.0f} MB more"))


def _sound(report: Report) -> None:
    if not report.sound:
        raise SystemExit(f"verify found {report.problems[:1]}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int, default=0, help="one more size, for example 10000000")
    options = parser.parse_args()
    wanted = [10**3, 10**4] if options.quick else [10**4, 10**5, 10**6]
    wanted += [options.rows] if options.rows else []
    count, blocks = (10, 3) if options.quick else (100, 9)
    with ExitStack() as stack:
        homes = [stack.enter_context(made_home("W0")) for _ in wanted]
        with ExitStack() as sessions:
            sizes = [
                filled(home, sessions.enter_context(session_of(home)), rows)
                for home, rows in zip(homes, wanted, strict=True)
            ]
            growth_rows(sizes, "an answer until it is durable", lambda one: one.edit(count), blocks)
            growth_rows(sizes, "what a form of 60 items reads", lambda one: one.read(count // 10), blocks)
            largest = sizes[-1]
            what = f"bytes of study.db for each of {largest.rows} records"
            note = "columns by name, hashes as text"
            ratio = largest.bytes / FLOOR_BYTES
            give(
                Row(
                    "P13", what, "bare table", ratio, "at most", 1.3, largest.bytes, FLOOR_BYTES, "B", 1, note
                )
            )
            verify_rows(sizes[1], 3 if options.quick else 5)
        open_row(homes[0], homes[-1], wanted[-1], 3 if options.quick else 7)


if __name__ == "__main__":
    main()
