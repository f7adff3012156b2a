"""The inside of a bundle: lines, and the one grammar both ways.

    @{"have":[[device, epoch, seq, hash], …]}                  chain ends the sender holds
    @{"n":k,"prev":hash,"seg":[device, epoch, first]}          then k lines: a record's bytes, or #id (hidden)
    @{"seal":base64}                                           the author's Ed25519 seal over its end
    @{"receipt":{device, cepoch, n, tips, ends, issued_at},"signature":base64}    from central only
    @{"blob":sha256}                                           then one line of base64

Each line ends with a line feed; what stands behind @ is canonical JSON.  Records are handed on as bytes:
what they say is checked by whoever appends them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64, unb64
from crf_app.errors import IntegrityError
from crf_app.sync import refusals
from crf_app.sync.container import canonical_object
from crf_app.sync.limits import AGREED, Limits

_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


class End(NamedTuple):
    """A chain end, or any position in a chain: `hash` is 64 hex digits."""

    device: str
    epoch: int
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Have:
    """Chain ends that the sender holds."""

    ends: tuple[End, ...]

    def line(self) -> bytes:
        return _directive({"have": [list(end) for end in self.ends]})


@dataclass(frozen=True, slots=True)
class Blob:
    """An attachment named by its own hash."""

    sha256: str
    data: bytes

    def line(self) -> bytes:
        return _directive({"blob": self.sha256}) + base64.b64encode(self.data) + b"\n"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What central holds of `device`: all its chain ends, by hash, in `ends`.  (cepoch, n) only grows.

    `signature` is central's Ed25519 over `statement`, so that a receipt can be shown to somebody long after
    the file that brought it; empty where the file alone was signed.
    """

    device: str
    cepoch: int
    n: int
    tips: tuple[End, ...]
    ends: tuple[End, ...]
    issued_at: str
    signature: bytes = b""

    @property
    def number(self) -> tuple[int, int]:
        return (self.cepoch, self.n)

    def as_json(self) -> dict[str, Any]:
        ends, tips = [list(one) for one in self.ends], [list(one) for one in self.tips]
        place = {"device": self.device, "cepoch": self.cepoch, "n": self.n}
        return {**place, "tips": tips, "ends": ends, "issued_at": self.issued_at}

    def statement(self, study: str, env: str) -> bytes:
        """The bytes that central signs."""
        return b"crf-receipt/1\0" + canonical({"study": study, "env": env, "receipt": self.as_json()})

    def signed_json(self) -> dict[str, Any]:
        """The line's object; without `signature` where there is none."""
        signature = {"signature": b64(self.signature)} if self.signature else {}
        return {"receipt": self.as_json()} | signature

    def line(self) -> bytes:
        return _directive(self.signed_json())


@dataclass
class Segment:
    """A stretch of one chain.  Read all of `records`, then `seal()`; `prev` is the hash before `first`."""

    device: str
    epoch: int
    first: int
    prev: bytes
    n: int
    _lines: Iterator[bytes] = field(repr=False)
    _left: int = field(init=False)

    def __post_init__(self) -> None:
        self._left = self.n

    def records(self) -> Iterator[bytes]:
        """The lines of the records, as they stand in the file."""
        for line in self._lines:
            self._left -= 1
            if line.startswith(b"@"):
                raise refusals.altered("segment")
            yield line
            if not self._left:
                return
        raise refusals.altered("segment")

    def seal(self) -> bytes:
        """The 64-byte seal behind the last record."""
        if self._left:
            raise ValueError("the records of a segment are read before its seal")
        line = next(self._lines, b"")
        raw = _directive_of(line)
        if set(raw) != {"seal"}:
            raise refusals.altered("seal")
        self._left = -1
        return _bytes(raw["seal"])

    @property
    def finished(self) -> bool:
        return self._left < 0


Part = Have | Segment | Receipt | Blob


def segment_line(device: str, epoch: int, first: int, prev: bytes, n: int) -> bytes:
    return _directive({"seg": [device, epoch, first], "prev": prev.hex(), "n": n})


def seal_line(signature: bytes) -> bytes:
    return _directive({"seal": b64(signature)})


def parts(lines: Iterator[bytes], limits: Limits = AGREED) -> Iterator[Part]:
    """The parts of an opened bundle in order; each segment must be read to its seal before the next part.

    Raises BundleRefused for anything outside the grammar, LimitExceeded for too many records.
    """
    records = 0
    for line in lines:
        raw = _directive_of(line)
        if set(raw) == {"seg", "prev", "n"}:
            segment = _segment(raw, lines)
            records += segment.n
            if records > limits.records:
                raise refusals.too_large("records")
            yield segment
            if not segment.finished:
                raise ValueError("a segment is read to its seal before the next part")
        else:
            yield _other(raw, lines)


def _other(raw: dict[str, Any], lines: Iterator[bytes]) -> Part:
    if set(raw) == {"have"}:
        return Have(_ends(raw["have"]))
    if set(raw) == {"receipt"}:
        return _receipt(raw["receipt"])
    if set(raw) == {"receipt", "signature"}:
        return receipt_of(raw)
    if set(raw) == {"blob"}:
        return _blob(raw["blob"], next(lines, b""))
    raise refusals.altered("line")


def _segment(raw: dict[str, Any], lines: Iterator[bytes]) -> Segment:
    place, n = raw["seg"], raw["n"]
    if not isinstance(place, list) or len(place) != 3 or not isinstance(place[0], str):
        raise refusals.altered("segment")
    if not all(type(one) is int and 1 <= one < 2**53 for one in (place[1], place[2], n)):
        raise refusals.altered("segment")
    return Segment(place[0], place[1], place[2], bytes.fromhex(_hex(raw["prev"])), n, lines)


def receipt_of(raw: dict[str, Any]) -> Receipt:
    """The receipt of `signed_json`.  Raises BundleRefused, KeyError for what is none with a signature."""
    return replace(_receipt(raw["receipt"]), signature=_bytes(raw["signature"]))


def _receipt(raw: object) -> Receipt:
    names = {"device", "cepoch", "n", "tips", "ends", "issued_at"}
    if not isinstance(raw, dict) or set(raw) != names or not isinstance(raw["device"], str):
        raise refusals.altered("receipt")
    if not all(type(raw[name]) is int and 1 <= raw[name] < 2**53 for name in ("cepoch", "n")):
        raise refusals.altered("receipt")
    if not isinstance(raw["issued_at"], str) or not _AT.fullmatch(raw["issued_at"]):
        raise refusals.altered("receipt")
    tips, ends = _ends(raw["tips"]), _ends(raw["ends"])
    return Receipt(raw["device"], raw["cepoch"], raw["n"], tips, ends, raw["issued_at"])


def _ends(raw: object) -> tuple[End, ...]:
    if not isinstance(raw, list):
        raise refusals.altered("chain ends")
    return tuple(_end(one) for one in raw)


def _end(raw: object) -> End:
    if not isinstance(raw, list) or len(raw) != 4 or not isinstance(raw[0], str):
        raise refusals.altered("chain ends")
    if not all(type(one) is int and 0 <= one < 2**53 for one in raw[1:3]):
        raise refusals.altered("chain ends")
    return End(raw[0], raw[1], raw[2], _hex(raw[3]))


def _blob(name: object, line: bytes) -> Blob:
    try:
        data = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise refusals.altered("attachment") from None
    if base64.b64encode(data) != line or hashlib.sha256(data).hexdigest() != name:
        raise refusals.altered("attachment")
    return Blob(str(name), data)


def _directive(value: dict[str, Any]) -> bytes:
    return b"@" + canonical(value) + b"\n"


def _directive_of(line: bytes) -> dict[str, Any]:
    if not line.startswith(b"@"):
        raise refusals.altered("line")
    return canonical_object(line[1:])


def _hex(value: object) -> str:
    if not isinstance(value, str) or not _HEX64.fullmatch(value):
        raise refusals.altered("hash")
    return value


def _bytes(value: object) -> bytes:
    try:
        return unb64(value)
    except IntegrityError:
        raise refusals.altered("seal") from None
