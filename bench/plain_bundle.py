"""The plain pipeline: what a bundle is at least, written out with the same libraries and without our classes.

make   one JSON text a record, zstd level 1, AES-256-GCM under a file key that HPKE (X25519) wraps, Ed25519
open   the same backwards, and each record parsed and put into a SHA-256 chain
copy   open, one COPY into a table with a primary key, commit

It has no limits, no checks of fields, no second spelling to refuse and no receipts: a floor, not a rival.
`orjson` is not used, as the program does not use it either.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import zstandard
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from psycopg import Connection

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_SIGNATURE, _WRAPPED, _NONCE = 64, 32 + 32 + 16, 12
_dumps = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

#: the columns of the ledger in the order in which `copy` writes them
COLUMNS = (
    "device", "epoch", "seq", "branch", "site", "id", "hash", "cell_unit", "app", "at", "clock", "covers",
    "def", "digest", "from", "key", "kind", "meaning", "missing", "n", "offset", "origin", "parents",
    "reason", "role", "salt", "subject", "target", "thread", "tick", "unit", "user", "v", "value",
)  # fmt: skip
QUOTED = ", ".join(f'"{name}"' for name in COLUMNS)
PLAIN = f"COPY plain ({QUOTED}) FROM STDIN"
_FIELDS = COLUMNS[8:]


@dataclass(frozen=True)
class Ends:
    """The keys of both ends."""

    sign: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    box: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)


def make(ends: Ends, records: list[dict[str, Any]]) -> bytes:
    """A sealed, signed file of the records."""
    lines = "\n".join(map(_dumps, records)).encode("utf-8")
    packed = zstandard.ZstdCompressor(level=1).compress(lines)
    key, nonce = os.urandom(32), os.urandom(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, packed, None)
    body = _SUITE.encrypt(key, ends.box.public_key(), b"plain") + sealed
    return ends.sign.sign(hashlib.sha512(body).digest()) + body


def open_lines(ends: Ends, data: bytes) -> list[bytes]:
    """The lines of a file whose signature holds."""
    body = memoryview(data)[_SIGNATURE:]
    ends.sign.public_key().verify(data[:_SIGNATURE], hashlib.sha512(body).digest())
    key = _SUITE.decrypt(bytes(body[:_WRAPPED]), ends.box, b"plain")
    sealed = body[_WRAPPED:]
    packed = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
    lines: list[bytes] = zstandard.ZstdDecompressor().decompress(packed).split(b"\n")
    return lines


def read(ends: Ends, data: bytes) -> list[tuple[dict[str, Any], bytes, bytes]]:
    """(record, id, hash) of each line, chained from nothing."""
    out, hash_ = [], b""
    for line in open_lines(ends, data):
        id_ = hashlib.sha256(line).digest()
        hash_ = hashlib.sha256(hash_ + id_).digest()
        out.append((json.loads(line), id_, hash_))
    return out


def copy(conn: Connection[Any], ends: Ends, data: bytes, first: int) -> None:
    """Open a file and put its records into the table `plain`, one transaction."""
    rows = [_row(*one, seq) for seq, one in enumerate(read(ends, data), first)]
    with conn.transaction(), conn.cursor() as cur, cur.copy(PLAIN) as into:
        into.write("".join(rows).encode("utf-8"))


def _row(record: dict[str, Any], id_: bytes, hash_: bytes, seq: int) -> str:
    """One line of COPY text; the made-up records hold nothing that needs an escape."""
    subject, key = record.get("subject"), record.get("key", "")
    unit = f"F|{subject}|{'/'.join(key.split('/')[:2])}" if subject else "G"
    place = f"{record['device']}\t1\t{seq}\t0\t001\t\\\\x{id_.hex()}\t\\\\x{hash_.hex()}\t{unit}"
    return place + "".join(f"\t{_cell(record.get(name))}" for name in _FIELDS) + "\n"


def _cell(value: object) -> object:
    if value is None:
        return "\\N"
    return f"{{{','.join(value)}}}" if isinstance(value, list) else value
