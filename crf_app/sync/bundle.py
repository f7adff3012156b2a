"""Make a bundle, look at one, open one.

A device's bundle is one segment: its own records after the last receipt.  Opening checks in the order of
the format (architecture, "bundle"): size and shape, version, study, author, signature, addressee,
declared sizes, decryption, unpacking.  Nothing is decrypted before the signature is checked, and the
records themselves are left to whoever appends them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from crf_app.crypto.keys import X25519Key
from crf_app.errors import LedgerBroken
from crf_app.model.record import chain_hash, record_id, seal_bytes
from crf_app.sync import container, lines, packing, refusals
from crf_app.sync.container import Envelope, Header
from crf_app.sync.limits import AGREED, Limits
from crf_app.sync.lines import Blob, Have, Part, Receipt

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Author:
    """What is known of the (device, epoch) that a header names.  `revoked_at` is a time or None."""

    sign_public: bytes
    revoked_at: str | None = None


Lookup = Callable[[str, int], Author | None]


@dataclass(frozen=True, slots=True)
class OwnRecords:
    """The records to send: (seq, canonical bytes) in order, and the chain hash before the first.

    `available` is how many there are; the bundle takes as many as are allowed.  `hash_at` is the chain's hash
    as it was stored with the record at a place: what is sent must lead there.
    """

    records: Iterable[tuple[int, bytes]]
    prev: bytes
    available: int
    hash_at: Callable[[int], bytes] | None = None


@dataclass(frozen=True, slots=True)
class WrittenBundle:
    """A finished file.  `waiting` records did not fit and go into the next one."""

    data: bytes
    name: str
    first: int
    last: int
    records: int
    waiting: int
    texts: dict[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Summary:
    """What anybody can read of a bundle without a key; nothing is verified."""

    name: str
    size: int
    header: Header
    texts: dict[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class OpenBundle:
    """A bundle whose author is verified.  `parts()` can be read once."""

    name: str
    header: Header
    author: Author
    limits: Limits
    lines: Iterator[bytes] = field(repr=False)

    def parts(self) -> Iterator[Part]:
        return lines.parts(self.lines, self.limits)


@dataclass(frozen=True, slots=True)
class Place:
    """Who makes a bundle, for which study and environment."""

    study: str
    env: str
    device: str
    epoch: int


def write_bundle(
    place: Place,
    sign: Sign,
    recipients: Sequence[bytes],
    made_at: str,
    own: OwnRecords | None = None,
    *,
    have: Sequence[lines.End] = (),
    receipt: Receipt | None = None,
    blobs: Sequence[Blob] = (),
    limits: Limits = AGREED,
) -> WrittenBundle:
    """The finished file of `place`, sealed to the raw X25519 keys `recipients`.

    Over 250,000 records, or over the agreed sizes, it holds the first part and says how many wait.
    Raises WrongState when there is nothing to send, LedgerBroken for a gap in `own` or another end.
    """
    extra = [
        Have(tuple(have)).line(),
        *([receipt.line()] if receipt else []),
        *(blob.line() for blob in blobs),
    ]
    stretch = _Stretch.take(own, limits) if own else None
    if stretch is None and receipt is None:
        raise refusals.nothing_to_send()
    while True:
        body = [*extra, *(stretch.lines(place, sign) if stretch else ())]
        data = _closed(place, sign, recipients, made_at, body, stretch, limits)
        if len(data) <= limits.file:
            break
        if stretch is None or len(stretch.records) == 1:
            raise refusals.too_large("file")
        stretch = stretch.half()
    return _written(data, stretch, own.available if own else 0)


def inspect(data: bytes, limits: Limits = AGREED) -> Summary:
    """The readable header.  Raises BundleRefused, TooNew or LimitExceeded for checks 1 and 2."""
    envelope = container.read(data, limits)
    h = envelope.header
    en = (
        f"Study {h.study} ({h.env}), device {h.device} epoch {h.epoch}, records {h.first}–{h.last}, "
        f"made at {h.made_at}, {len(data)} bytes. The signature is not checked yet."
    )
    zh = (
        f"研究 {h.study}（{h.env}），设备 {h.device} 第 {h.epoch} 代，记录 {h.first}–{h.last}，"
        f"生成于 {h.made_at}，{len(data)} 字节。签名尚未核验。"
    )
    return Summary(envelope.name, len(data), h, {"en": en, "zh": zh})


def open_bundle(
    data: bytes, *, study: str, env: str, lookup: Lookup, mine: X25519Key, limits: Limits = AGREED
) -> OpenBundle:
    """Checks 1 to 9; the lines are unpacked while they are read.

    Raises BundleRefused (forged, foreign, unknown or withdrawn device, not for this key), TooNew,
    LimitExceeded.
    """
    envelope = container.read(data, limits)
    return open_envelope(envelope, study=study, env=env, lookup=lookup, mine=mine, limits=limits)


def open_envelope(
    envelope: Envelope, *, study: str, env: str, lookup: Lookup, mine: X25519Key, limits: Limits = AGREED
) -> OpenBundle:
    """As `open_bundle` from check 3 on, for a file whose header was read."""
    author = verify_author(envelope, study=study, env=env, lookup=lookup)
    if container.key_id(mine.public) not in dict(envelope.header.to):
        raise refusals.not_for_me()
    packing.check_sizes(envelope.header, limits)
    packed = container.unseal(envelope, mine)
    return OpenBundle(
        envelope.name, envelope.header, author, limits, packing.unpack(packed, envelope.header, limits)
    )


def verify_author(envelope: Envelope, *, study: str, env: str, lookup: Lookup) -> Author:
    """Checks 3 to 5: study and environment, author known and not withdrawn, signature over these bytes."""
    header = envelope.header
    if (header.study, header.env) != (study, env):
        raise refusals.foreign()
    author = lookup(header.device, header.epoch)
    if author is None:
        raise refusals.not_enrolled()
    if author.revoked_at is not None:
        raise refusals.withdrawn(author.revoked_at[:10])
    if not envelope.is_signed_by(author.sign_public):
        raise refusals.altered("signature")
    return author


def read_file(path: Path, limits: Limits = AGREED) -> bytes:
    """The bytes of a bundle file; one that is too large is refused before it is read."""
    if path.stat().st_size > limits.file:
        raise refusals.too_large("file")
    return path.read_bytes()


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Consecutive records of one chain that go into one bundle."""

    first: int
    prev: bytes
    records: list[bytes]
    hash_at: Callable[[int], bytes] | None

    @classmethod
    def take(cls, own: OwnRecords, limits: Limits) -> _Stretch | None:
        taken: list[bytes] = []
        first, room = 0, limits.plain - 2 * limits.line
        for seq, data in islice(own.records, limits.records):
            first = first or seq
            if seq != first + len(taken):
                raise _broken(seq)
            size = len(data) + 1
            if size > limits.line + 1:
                raise refusals.too_large("line")
            if size > room:
                break
            room -= size
            taken.append(data)
        return cls(first, own.prev, taken, own.hash_at) if taken else None

    def half(self) -> _Stretch:
        return _Stretch(self.first, self.prev, self.records[: len(self.records) // 2], self.hash_at)

    @property
    def last(self) -> int:
        return self.first + len(self.records) - 1

    def lines(self, place: Place, sign: Sign) -> Iterator[bytes]:
        """The segment's first line, all records, the seal."""
        hash_ = self.prev
        yield lines.segment_line(place.device, place.epoch, self.first, self.prev, len(self.records))
        yield b"\n".join(self.records) + b"\n"
        for data in self.records:
            hash_ = chain_hash(hash_, record_id(data))
        if self.hash_at is not None and self.hash_at(self.last) != hash_:
            raise _broken(self.last)
        to_seal = seal_bytes(place.study, place.env, place.device, place.epoch, self.last, hash_)
        yield lines.seal_line(sign(to_seal))


def _closed(
    place: Place, sign: Sign, recipients: Sequence[bytes], made_at: str, body: Sequence[bytes],
    stretch: _Stretch | None, limits: Limits,
) -> bytes:  # fmt: skip
    first, last = (stretch.first, stretch.last) if stretch else (0, 0)
    plain, count = sum(map(len, body)), sum(one.count(b"\n") for one in body)
    if (
        plain > limits.plain
        or count > limits.records + limits.extra_lines
        or len(recipients) > limits.recipients
    ):
        raise refusals.too_large("unpacked")
    header = Header(
        place.study, place.env, place.device, place.epoch, first, last, count, plain, 0, made_at, ()
    )  # fmt: skip
    return container.close(header, packing.pack(body, limits), recipients, sign)


def _written(data: bytes, stretch: _Stretch | None, available: int) -> WrittenBundle:
    count = len(stretch.records) if stretch else 0
    waiting = max(0, available - count)
    en, zh = f"{count} records are in the bundle.", f"数据包包含 {count} 条记录。"
    if waiting:
        en += f" {waiting} more wait for the next one."
        zh += f"另有 {waiting} 条将放入下一个数据包。"
    first, last = (stretch.first, stretch.last) if stretch else (0, 0)
    return WrittenBundle(data, container.bundle_name(data), first, last, count, waiting, {"en": en, "zh": zh})


def _broken(seq: int) -> LedgerBroken:
    return LedgerBroken(
        f"The ledger is not whole at record {seq}. No bundle was made; run verify.",
        f"记录 {seq} 处数据不完整。未生成数据包，请运行 verify。",
        where=str(seq),
    )
