"""Take in one bundle: one transaction, everything or nothing.

Lock the device's chain → the checks of the format → stream: hash, decode, compare spelling, COPY straight
into the ledger (what overlaps is recognised by position and hash) → seal → lock the touched units and fold
→ chain end, receipt, inbox → commit.  A bundle whose predecessor is missing waits in the inbox and is offered
again after each bundle of that device.  A refusal changes nothing but the inbox's list.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from crf_app.central import chains, columns, current_values, histories, inbox, receipts, standing
from crf_app.central.chains import Attachment, Chain
from crf_app.central.database import refusals
from crf_app.central.keys import CentralKeys
from crf_app.crypto.keys import verify_ed25519
from crf_app.errors import BundleRefused, CrfError, LimitExceeded, TooNew
from crf_app.model.record import chain_hash, record_id, seal_bytes
from crf_app.sync import container
from crf_app.sync import refusals as sentences
from crf_app.sync.bundle import Author, OpenBundle, open_envelope
from crf_app.sync.container import Envelope
from crf_app.sync.limits import AGREED, Limits
from crf_app.sync.lines import Blob, End, Have, Segment

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

MAX_TICK_STEP: Final = 2**32


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a bundle: applied, repeated (known before) or gap (it waits for an earlier one).

    `receipt` is (cepoch, n), or None for a gap; `released` are waiting bundles that could be applied now.
    """

    bundle: str
    state: str
    device: str
    epoch: int
    first: int
    last: int
    new: int
    receipt: tuple[int, int] | None
    forked: bool
    released: tuple[Ingested, ...]
    texts: dict[str, str] = field(hash=False)

    @property
    def number(self) -> str:
        return f"{self.receipt[0]}.{self.receipt[1]}" if self.receipt else ""


class _Gap(Exception):
    """The predecessor is not here: not a refusal, the bundle waits."""

    def __init__(self, opened: OpenBundle, chain: Chain) -> None:
        self.opened = opened
        self.chain = chain


def ingest(
    conn: Connection[Any], keys: CentralKeys, data: bytes, *, now: str, limits: Limits = AGREED
) -> Ingested:
    """Take in the bundle `data`; `now` is the time of arrival (UTC text).

    Raises BundleRefused, LimitExceeded or TooNew with the ledger as it was and the reason in the inbox.
    """
    with refusals():
        outcome, waiting = _offer(conn, keys, data, now, limits)
        if not waiting:
            return outcome
        released = tuple(_offer_waiting(conn, keys, outcome.device, now, limits))
    return _outcome(outcome, released) if released else outcome


_Done = tuple[Ingested, bool]  # what became of it, and whether bundles that wait can be offered again now


def _offer(conn: Connection[Any], keys: CentralKeys, data: bytes, now: str, limits: Limits) -> _Done:
    import psycopg

    try:
        return _apply(conn, keys, data, now, limits)
    except (BundleRefused, LimitExceeded, TooNew) as refusal:
        _refuse(conn, data, refusal, now)
    except psycopg.errors.ProgramLimitExceeded:
        _refuse(conn, data, sentences.too_large("index"), now)
    except psycopg.DataError:
        _refuse(conn, data, sentences.altered("data"), now)


def _apply(conn: Connection[Any], keys: CentralKeys, data: bytes, now: str, limits: Limits) -> _Done:
    """Apply, or keep what came too early; tried again when the predecessor came meanwhile."""
    while True:
        try:
            with _without_collection(), conn.transaction(), conn.cursor() as cur:
                return _Ingest(cur, keys, data, now, limits).run()
        except _Gap as gap:
            kept = _keep(conn, gap, data, now)
        if kept is not None:
            return kept, False


def _offer_waiting(
    conn: Connection[Any], keys: CentralKeys, device: str, now: str, limits: Limits
) -> Iterator[Ingested]:
    """Offer the waiting bundles again, until a round brings nothing."""
    found = True
    while found:
        found = False
        for data in inbox.waiting(conn, device):
            try:
                outcome, _ = _offer(conn, keys, data, now, limits)
            except (BundleRefused, LimitExceeded, TooNew):
                continue  # it stands in the inbox as refused, with its reason
            if outcome.state == "applied":
                found = True
                yield outcome


class _Ingest:
    """The state of one transaction."""

    def __init__(self, cur: Cursor[Any], keys: CentralKeys, data: bytes, now: str, limits: Limits) -> None:
        self.cur = cur
        self.keys = keys
        self.data = data
        self.now = now
        self.limits = limits
        self.touched = current_values.Touched()
        self.site = ""
        self.standing: standing.Standing | None = None
        self.sealed: tuple[chains.Position, bytes]
        self.new = 0
        self.have: tuple[End, ...] = ()

    def run(self) -> _Done:
        name = container.bundle_name(self.data)
        self.study, earlier = standing.begin(self.cur, name)
        if earlier is not None:
            return _repeated(name, earlier), False
        envelope = container.read(self.data, self.limits)
        known = chains.lock(self.cur, envelope.header.device)
        opened = self._open(envelope, known)
        chain = known[opened.header.epoch]
        self.site = chain.site
        self._read(opened, chain)
        return self._finish(opened, known, chain)

    def _open(self, envelope: Envelope, known: dict[int, Chain]) -> OpenBundle:
        def lookup(device: str, epoch: int) -> Author | None:
            self.standing = standing.of_device(self.cur, device, epoch) if epoch in known else None
            return self.standing.author if self.standing else None

        study, env = self.study.study, self.study.env
        return open_envelope(
            envelope, study=study, env=env, lookup=lookup, mine=self.keys.box, limits=self.limits
        )

    def _read(self, opened: OpenBundle, chain: Chain) -> None:
        segments = 0
        for part in opened.parts():
            if isinstance(part, Segment):
                segments += 1
                self._segment(opened, chain, part)
            elif isinstance(part, Blob):
                self._blob(part)
            elif isinstance(part, Have):
                self.have = part.ends
            else:
                raise sentences.altered("receipt")  # only central gives receipts
        if segments != 1:
            raise sentences.altered("segments")

    def _segment(self, opened: OpenBundle, chain: Chain, segment: Segment) -> None:
        header, last = opened.header, segment.first + segment.n - 1
        place = (header.device, header.epoch, header.first, header.last)
        if place != (segment.device, segment.epoch, segment.first, last):
            raise sentences.altered("segment")
        study = (self.study.study, self.study.env)
        at = chains.attach(self.cur, chain, study, segment.first, segment.prev, segment.n)
        if at is None and segment.first == 1:
            raise sentences.altered("chain")
        if at is None:
            raise _Gap(opened, chain)
        hash_ = self._append(segment, at)
        seal = segment.seal()
        to_seal = seal_bytes(*study, chain.device, chain.epoch, last, hash_)
        if not verify_ed25519(opened.author.sign_public, seal, to_seal):
            raise sentences.altered("seal")
        self.sealed = (last, hash_), seal

    def _append(self, segment: Segment, at: Attachment) -> bytes:
        """COPY the new records of the segment; the chain hash of its end."""
        copier = _Copier(self, segment, at)
        rows = copier.rows()
        first = next(rows, None)  # reads over what is known: no query may run inside COPY
        if first is not None:
            with self.cur.copy(columns.COPY) as copy:
                copy.write(first.encode("utf-8"))
                for piece in columns.batches(rows):
                    copy.write(piece)
            at.chain.ends[copier.branch] = (segment.first + segment.n - 1, copier.hash)
        self.new += copier.new
        return copier.hash

    def _blob(self, blob: Blob) -> None:
        self.cur.execute("INSERT INTO blob VALUES (%s, %s) ON CONFLICT DO NOTHING", (blob.sha256, blob.data))

    def _finish(self, opened: OpenBundle, known: dict[int, Chain], chain: Chain) -> _Done:
        current_values.store(self.cur, self.touched)
        chains.save(self.cur, chain, *self.sealed)
        assert self.standing is not None  # the author was found
        latest, is_new = self.standing.receipt, self.new > 0
        joints = histories.joints(self.cur, known)
        held = histories.ends(known, joints)
        number = receipts.issue(self.cur, self.study, chain, held, self.now, latest, is_new=is_new)
        arrived = inbox.Arrived(
            opened.name, chain.site, opened.header, self.now, "applied", "", self.new, *number, self.have
        )
        inbox.put(self.cur, arrived, len(self.data), self.data)
        h = opened.header
        outcome = Ingested(
            opened.name, "applied", h.device, h.epoch, h.first, h.last, self.new, number,
            histories.parted(known, joints), (), {},
        )  # fmt: skip
        return _outcome(outcome, ()), self.standing.waiting


class _Copier:
    """Turns the lines of a segment into COPY rows; skips the records that are known by position and hash."""

    def __init__(self, run: _Ingest, segment: Segment, at: Attachment) -> None:
        self.run = run
        self.segment = segment
        self.at = at
        self.hash = segment.prev
        self.branch = 0
        self.new = 0

    def rows(self) -> Iterator[str]:
        lines = self._new_lines()
        first = next(lines, None)
        if first is None:
            return
        self.branch = self.at.branch_for_new()
        tick = 0 if columns.decode(first[0])[-1] <= MAX_TICK_STEP else self._tick_before()
        device, touched, site = self.segment.device, self.run.touched, self.run.site
        where = f"{self.segment.epoch}\t{self.branch}"
        for line, seq, id_ in itertools.chain((first,), lines):
            decoded = columns.decode(line)
            if decoded[1] != device or decoded[-1] > tick + MAX_TICK_STEP:
                raise sentences.altered("record: device or tick")
            tick = decoded[-1]
            place = touched.add(decoded, id_, site)
            self.new += 1
            hashes = f"\\\\x{id_.hex()}\t\\\\x{self.hash.hex()}"
            yield f"{place}\t{where}\t{seq}\t{hashes}\t{decoded[0]}\n"

    def _tick_before(self) -> int:
        """The tick that the first new record goes on from; only a very large one needs it to be judged."""
        return chains.tick_at(self.run.cur, self.at.chain, self.at.last)

    def _new_lines(self) -> Iterator[tuple[bytes, int, bytes]]:
        """(line, seq, id) of the records behind those that are known; `hash` is the chain's at each."""
        known = bool(self.at.known)
        for seq, line in enumerate(self.segment.records(), self.segment.first):
            if line[:1] == b"#":
                raise sentences.altered("hidden record")  # a device hides nothing of its own from central
            id_ = record_id(line)
            self.hash = chain_hash(self.hash, id_)
            if known:
                known = self.at.knows((seq, self.hash))
            if not known:
                yield line, seq, id_


@contextmanager
def _without_collection() -> Iterator[None]:
    """What one bundle makes lives to its end: looking for cycles meanwhile costs a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _keep(conn: Connection[Any], gap: _Gap, data: bytes, now: str) -> Ingested | None:
    """Keep a bundle that came too early; None when its chain has grown since that was found."""
    h, chain = gap.opened.header, gap.chain
    with conn.transaction(), conn.cursor() as cur:
        if chains.lock(cur, h.device)[h.epoch].ends != chain.ends:
            return None
        arrived = inbox.Arrived(gap.opened.name, chain.site, h, now, "gap", "predecessor missing")
        inbox.put(cur, arrived, len(data), data)
    held = max((seq for seq, _ in chain.ends.values()), default=0)
    first = held + 1 if held < h.first - 1 else h.first - 1
    en = (f"Records {first}–{h.first - 1} of {h.device} have not arrived yet. The bundle is kept and waits; "
          "send the earlier one.")  # fmt: skip
    zh = f"{h.device} 的记录 {first}–{h.first - 1} 尚未到达。数据包已保留，请补发之前的数据包。"
    texts = {"en": en, "zh": zh}
    return Ingested(
        gap.opened.name, "gap", h.device, h.epoch, h.first, h.last, 0, None, chain.forked, (), texts
    )


def _repeated(name: str, known: standing.Earlier) -> Ingested:
    number = f"{known.receipt[0]}.{known.receipt[1]}"
    texts = {
        "en": f"This bundle was applied before. Nothing changes; its receipt is {number}.",
        "zh": f"此数据包此前已接收，未作任何改动；回执仍为 {number}。",
    }
    place = (known.device, known.epoch, known.first, known.last)
    return Ingested(name, "repeated", *place, 0, known.receipt, False, (), texts)


def _outcome(one: Ingested, released: tuple[Ingested, ...]) -> Ingested:
    last = released[-1] if released else one
    new = one.new + sum(other.new for other in released)
    en = f"{new} new records of {one.device} are in the database. The receipt is {last.number}."
    zh = f"已接收 {one.device} 的 {new} 条新记录。回执编号 {last.number}。"
    if last.forked:
        en += " This device wrote two histories: both are kept; tell the data manager."
        zh += "该设备存在两条历史记录链，均已保留；请通知数据管理员。"
    texts = {"en": en, "zh": zh}
    return Ingested(
        one.bundle, "applied", one.device, one.epoch, one.first, one.last, one.new, last.receipt, last.forked,
        released, texts,
    )  # fmt: skip


def _refuse(conn: Connection[Any], data: bytes, refusal: CrfError, now: str) -> NoReturn:
    with conn.transaction(), conn.cursor() as cur:
        inbox.refuse(cur, data, refusal, now)
    raise refusal
