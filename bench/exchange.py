"""P11, P12, P12b: bundles made and opened, and what central does with them.

P11   make = `actions/syncing.make_bundle` (read the encrypted store, spell, chain, seal, pack, encrypt, sign,
      write the file to disk); open = all checks of the format, each record hashed, chained and decoded as at
      central.  Against `plain_bundle`, which begins with the records as dicts in memory.
P12   `central/receive.ingest` of one bundle into an empty central on the embedded PostgreSQL, against COPY of
      the very same rows (taken out of central as COPY text) into a table with the ledger's columns and
      primary key, and a commit.  Two processes: two centrals' workers, two devices, one database.
P12b  bundle after bundle of 60 values through the same `ingest`, against open, COPY and commit of as many
      plain bundles.  Each bundle is a transaction of its own on both sides.  Once a bundle is a form as it is
      saved, once the chain is cut after every 60 records, so that most bundles touch two forms or more.

A record is an answer as `bench/records.py` writes it, a tenth of them corrections.  "completed forms" are the
same with the record that completes each form, as in daily use.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psycopg

from bench import plain_bundle
from bench.central_place import ENV, NOW, STUDY, CentralPlace, central_place
from bench.homes import made_home, session_of
from bench.measure import Pair, Row, compare, give, rate_row, say, timed
from bench.plain_bundle import PLAIN, QUOTED, Ends
from bench.records import append_records
from crf_app.actions.people.first_run import Place
from crf_app.actions.session import Session
from crf_app.actions.sync import syncing
from crf_app.central import columns, database, receive
from crf_app.central.keys import CentralKeys
from crf_app.crypto.keys import Ed25519Key, X25519Key, verify_ed25519
from crf_app.model.record import chain_hash, record_id, seal_bytes
from crf_app.store import ledger
from crf_app.sync import bundle as bundles
from crf_app.sync.lines import Segment

SIZE_B = 48.6  # bytes a record, measured for the prototype (architecture of the format)
SMALL = 60


@dataclass(frozen=True)
class Sizes:
    records: int
    small: int
    blocks: int


FULL, QUICK = Sizes(100_000, 1000, 5), Sizes(5_000, 30, 3)


@dataclass(frozen=True)
class Sent:
    """A device's whole chain as records and as one bundle."""

    session: Session
    data: bytes
    lines: list[bytes]

    def cut(self, keys: CentralKeys, ends: Sequence[int]) -> list[bytes]:
        """The same chain as bundles, one up to each of `ends`."""
        i = self.session.identity
        place = bundles.Place(i.study, i.env, i.device, i.epoch)
        sign = self.session.keys.device.sign.sign
        prev, out = i.genesis(), []
        for first, end in pairwise((0, *ends)):
            some = self.lines[first:end]
            own = bundles.OwnRecords(enumerate(some, first + 1), prev, len(some))
            out.append(bundles.write_bundle(place, sign, [keys.box.public], NOW, own).data)
            for line in some:
                prev = chain_hash(prev, record_id(line))
        return out

    def form_ends(self) -> list[int]:
        """After the last answer of each form; what stands between two forms goes with the second."""
        forms = ["/".join(json.loads(line).get("key", "").split("/")[:2]) for line in self.lines]
        changes = [n for n, (one, other) in enumerate(pairwise([*forms, ""]), 1) if one != other]
        return [n for n in changes if forms[n - 1].startswith("SE.")]


def main() -> None:
    sizes = QUICK if "--quick" in sys.argv else FULL
    with ExitStack() as stack:
        central = stack.enter_context(central_place())
        say(f"two devices with {sizes.records} records each")
        one = _sent(stack, central.keys, Place("001", "D1"), sizes.records)
        two = _sent(stack, central.keys, Place("002", "D2"), sizes.records)
        done = _sent(stack, central.keys, Place("003", "D3"), sizes.records, completed=True)
        forms = _sent(stack, central.keys, Place("004", "D4"), SMALL * (sizes.small + 5), corrected=False)
        central.enrol([syncing.device_request(each.session) for each in (one, two, done, forms)])
        _bundle_rows(one, central.keys, sizes)
        _whole_row(central, one, sizes, "")
        _whole_row(central, done, sizes, ", completed forms")
        _two_row(central, (one, two), sizes)
        _small_row(central, forms, forms.form_ends()[: sizes.small], "a form of 60 answers each", sizes)
        ends = range(SMALL, SMALL * (sizes.small + 1), SMALL)
        _small_row(central, one, ends, "60 records each: forms go on, answers are corrected", sizes)


def _sent(stack: ExitStack, keys: CentralKeys, place: Place, records: int, **kind: bool) -> Sent:
    home = stack.enter_context(made_home(place=place))
    session = stack.enter_context(session_of(home))
    syncing.add_central(session, keys.public.encoded())
    append_records(session, records, **kind)
    made = syncing.make_bundle(session, home / "whole.crf")
    found = ledger.segment(session.store.conn, session.identity, 1, syncing.MOST)
    return Sent(session, made.path.read_bytes(), [line for _, line in found])


def _bundle_rows(sent: Sent, keys: CentralKeys, sizes: Sizes) -> None:
    count, ends = len(sent.lines), Ends()
    records = [json.loads(line) for line in sent.lines]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "made.crf"
        pair = compare(
            lambda: timed(lambda: syncing.make_bundle(sent.session, out)),
            lambda: timed(lambda: plain_bundle.make(ends, records)),
            sizes.blocks,
        )
    what, floor = f"make a bundle of {count} records from the store", "json, zstd, AES-GCM, Ed25519 in memory"
    give(rate_row("P11", what, floor, 0.7, pair, count))
    plain = plain_bundle.make(ends, records)
    pair = compare(
        lambda: timed(lambda: _open(sent, keys)),
        lambda: timed(lambda: plain_bundle.read(ends, plain)),
        sizes.blocks,
    )
    what, floor = (
        f"open a bundle of {count} records, decoded and chained",
        "verify, decrypt, unzip, json, chain",
    )
    give(rate_row("P11", what, floor, 0.7, pair, count))
    size = len(sent.data) / count
    floor = "prototype of the format"
    give(
        Row("P11", "bundle size, bytes a record", floor, size / SIZE_B, "at most", 1.1, size, SIZE_B, "B", 1)
    )


def _open(sent: Sent, keys: CentralKeys) -> None:
    """As central reads: all checks, hashes, chain, seal, every record decoded."""
    public = sent.session.keys.device.sign.public
    opened = bundles.open_bundle(
        sent.data, study=STUDY, env=ENV, lookup=lambda _, __: bundles.Author(public), mine=keys.box
    )
    for part in opened.parts():
        if isinstance(part, Segment):
            hash_ = part.prev
            for line in part.records():
                hash_ = chain_hash(hash_, record_id(line))
                columns.decode(line)
            signed = seal_bytes(STUDY, ENV, part.device, part.epoch, part.first + part.n - 1, hash_)
            assert verify_ed25519(public, part.seal(), signed)


def _whole_row(central: CentralPlace, sent: Sent, sizes: Sizes, words: str) -> None:
    rows = _rows_of(central, sent)

    def whole() -> float:
        with central.connected() as conn:
            return timed(lambda: _ingest(conn, central.keys, sent.data))

    def plain() -> float:
        with central.connected() as conn:
            return timed(lambda: _copy(conn, rows))

    pair = compare(whole, plain, sizes.blocks)
    what = f"ingest a bundle of {len(sent.lines)} records{words}, one process"
    give(rate_row("P12", what, "COPY of the same rows, primary key", 0.25, pair, len(sent.lines)))


def _ingest(conn: psycopg.Connection[Any], keys: CentralKeys, data: bytes) -> None:
    outcome = receive.ingest(conn, keys, data, now=NOW)
    assert outcome.state == "applied" and outcome.new


def _rows_of(central: CentralPlace, sent: Sent) -> list[bytes]:
    """The very rows of the ledger as COPY text, in pieces of 64 kB."""
    with central.connected() as conn:
        _ingest(conn, central.keys, sent.data)
        with conn.cursor() as cur, cur.copy(f"COPY audit_record ({QUOTED}) TO STDOUT") as out:  # type: ignore[arg-type]
            text = b"".join(bytes(piece) for piece in out)
    return [text[at : at + 65536] for at in range(0, len(text), 65536)]


def _copy(conn: psycopg.Connection[Any], rows: Sequence[bytes]) -> None:
    with conn.transaction(), conn.cursor() as cur, cur.copy(PLAIN) as into:  # type: ignore[arg-type]
        for piece in rows:
            into.write(piece)


def _two_row(central: CentralPlace, both: tuple[Sent, Sent], sizes: Sizes) -> None:
    rows = _rows_of(central, both[0])
    count = len(both[0].lines)

    def together() -> float:
        """Wall time for two bundles at once, halved: what one bundle of the two costs."""
        with central.empty() as name:
            return _at_once(central, name, both) / 2

    def plain() -> float:
        with central.connected() as conn:
            return timed(lambda: _copy(conn, rows))

    pair = compare(together, plain, sizes.blocks)
    what = f"ingest two bundles of {count} records of two devices, two processes"
    give(rate_row("P12", what, "COPY of the same rows by one process", 0.4, pair, count))


def _at_once(central: CentralPlace, name: str, both: Sequence[Sent]) -> float:
    """Seconds from the common start to the end of the later one, by the clock that processes share."""
    context = multiprocessing.get_context("spawn")
    start, times = context.Barrier(len(both)), context.Queue()
    raw = (central.keys.sign.raw, central.keys.box.raw)
    dsn = central.at(name).dsn
    workers = [context.Process(target=_worker, args=(dsn, raw, each.data, start, times)) for each in both]
    for worker in workers:
        worker.start()
    measured = [times.get(timeout=300) for _ in workers]  # a worker that breaks off gives nothing
    for worker in workers:
        worker.join()
    return max(end for _, end in measured) - min(begin for begin, _ in measured)


def _worker(dsn: str, raw: tuple[bytes, bytes], data: bytes, start: Barrier, times: Any) -> None:
    keys = CentralKeys(STUDY, ENV, Ed25519Key.from_raw(raw[0]), X25519Key.from_raw(raw[1]))
    with database.connect(database.Server(dsn)) as conn:
        start.wait(60)
        began = time.perf_counter()
        _ingest(conn, keys, data)
        times.put((began, time.perf_counter()))


def _small_row(central: CentralPlace, sent: Sent, at: Sequence[int], words: str, sizes: Sizes) -> None:
    ours, ends = sent.cut(central.keys, [n for n in at if n <= len(sent.lines)]), Ends()
    begins = (0, *at)
    plain = [
        plain_bundle.make(ends, [json.loads(line) for line in sent.lines[first:last]])
        for first, last in zip(begins, at, strict=False)
        if last <= len(sent.lines)
    ]

    def each_of(work: Callable[[psycopg.Connection[Any]], Iterator[None]]) -> Callable[[], float]:
        def run() -> float:
            with central.connected() as conn:
                return timed(lambda: sum(1 for _ in work(conn)))

        return run

    def ingested(conn: psycopg.Connection[Any]) -> Iterator[None]:
        for data in ours:
            yield _ingest(conn, central.keys, data)

    def copied(conn: psycopg.Connection[Any]) -> Iterator[None]:
        for first, data in zip(begins, plain, strict=False):
            yield plain_bundle.copy(conn, ends, data, first + 1)

    pair: Pair = compare(each_of(ingested), each_of(copied), sizes.blocks)
    what = f"ingest {len(ours)} bundles one by one, {words}"
    give(rate_row("P12b", what, "open, COPY, commit of plain bundles", 0.5, pair, len(ours)))


if __name__ == "__main__":
    main()
