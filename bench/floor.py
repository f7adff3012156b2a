"""The floor of storing answers: bare SQL in the same engine, as short as good code gets.

The file lies beside the home that is measured, encrypted with the same cipher and page size, WAL and
synchronous FULL like the store's; one transaction is one sync to disk.  No triggers, no second index, no
checks: an audit row with the columns of the ledger, its chain hash, and the current value.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from crf_app.model.record import FIELD_NAMES

_FIELDS = [name for name in FIELD_NAMES if name != "device"]
_COLUMNS = ("device", "epoch", "seq", "hash", "id", "cell_unit", *_FIELDS)
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_SCHEMA = f"""
CREATE TABLE plain (n INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE audit ({_NAMES}, PRIMARY KEY (device, epoch, seq));
CREATE INDEX audit_cell ON audit (cell_unit, "key");
CREATE TABLE current (subject, "key", value, missing, unit, head, "user", at, PRIMARY KEY (subject, "key"));
"""
_AUDIT = f"INSERT INTO audit ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_CURRENT = """INSERT INTO current VALUES (?, ?, ?, NULL, NULL, ?, ?, ?) ON CONFLICT DO UPDATE SET
value = excluded.value, head = excluded.head, "user" = excluded."user", at = excluded.at"""


class Floor:
    """One encrypted database with a ledger and current values, and nothing around them."""

    def __init__(self, path: Path) -> None:
        self.conn: Any = dbapi2.connect(str(path), isolation_level=None)
        self.conn.execute(f"PRAGMA key = \"x'{os.urandom(32).hex()}'\"")
        self.conn.execute("PRAGMA journal_mode = WAL")
        self.conn.execute("PRAGMA synchronous = FULL")
        self.conn.executescript(_SCHEMA)
        self.seq, self.hash = 0, b""

    def commit_one(self, text: str) -> None:
        """One plain row, one transaction."""
        self.conn.execute("BEGIN IMMEDIATE")
        self.conn.execute("INSERT INTO plain (text) VALUES (?)", (text,))
        self.conn.execute("COMMIT")

    def save(self, unit: str, answers: Mapping[str, str]) -> None:
        """A form's answers: for each an audit row, its chain hash and the current value; one transaction."""
        rows, values = [], []
        for key, value in answers.items():
            self.seq += 1
            record = {
                "app": "0.1.0",
                "at": "2026-11-22T12:00:00.000Z",
                "def": "1",
                "device": "DEVICE01",
                "key": key,
                "kind": "item.set",
                "offset": "+08:00",
                "parents": ["0" * 64],
                "reason": "typing, before completion",
                "role": "nurse",
                "salt": os.urandom(16).hex(),
                "subject": "subject001",
                "tick": self.seq,
                "user": "nurse",
                "v": 1,
                "value": value,
            }
            text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
            self.hash = sha256(self.hash + text.encode()).digest()
            hash_ = self.hash.hex()
            content = record | {"parents": '["' + "0" * 64 + '"]'}
            place = ("DEVICE01", 1, self.seq, hash_, hash_, unit)
            rows.append((*place, *(content.get(name) for name in _FIELDS)))
            values.append(("subject001", key, value, hash_, "nurse", record["at"]))
        self.conn.execute("BEGIN IMMEDIATE")
        self.conn.executemany(_AUDIT, rows)
        self.conn.executemany(_CURRENT, values)
        self.conn.execute("COMMIT")


@contextmanager
def floor(path: Path) -> Iterator[Floor]:
    """A floor in the file `path`, closed afterwards."""
    one = Floor(path)
    try:
        yield one
    finally:
        one.conn.close()
