"""A small real store: one device, its key, and a way to append answers of a made-up form."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from crf_app.crypto.keys import Ed25519Key, verify_ed25519
from crf_app.model.record import ChainIdentity, Draft, Stamp
from crf_app.rules.unit_state import Entry
from crf_app.store import checking, ledger
from crf_app.store.check_report import Report
from crf_app.store.store import Store, create_store, open_store

IDENTITY = ChainIdentity("LIVER-1", "test", "001", "D1", 1)
STAMP = Stamp("nurse", "nurse", "2026-11-22T08:00:00.000Z", "+08:00", "0.1.0", "1")
SUBJECT = "001-k3j9x0q2mz"
FORM = "SE.V1/F.VS"


@dataclass
class Bench:
    """A home with its keys; `store` is open unless closed by hand."""

    home: Path
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    sign: Ed25519Key = field(default_factory=Ed25519Key.generate)
    store: Store = None  # type: ignore[assignment]

    @property
    def path(self) -> Path:
        return self.home / "study.db"

    @property
    def conn(self) -> Any:
        return self.store.conn

    def create(self) -> Bench:
        self.store = create_store(self.home, self.key, IDENTITY, self.sign.sign)
        return self

    def open(self, key: bytes | None = None) -> Store:
        self.store = open_store(self.home, key or self.key, self.sign.sign)
        return self.store

    def close(self) -> None:
        self.store.close()

    def append(self, *drafts: Draft, blobs: dict[str, bytes] | None = None) -> list[Entry]:
        return ledger.append(self.store, drafts, STAMP, blobs)

    def put(self, item: str, value: str | None, *parents: Entry, reason: str | None = None) -> Entry:
        key, named = f"{FORM}/IG.VS/{item}", tuple(one.id for one in parents)
        return self.append(Draft("item.set", SUBJECT, key, named, value=value, reason=reason))[0]

    def verify(self, store: Store | None = None) -> Report:
        return checking.verify(store or self.store, self.verify_seal)

    def verify_seal(self, device: str, epoch: int, signed: bytes, signature: bytes) -> bool:
        return (device, epoch) == ("D1", 1) and verify_ed25519(self.sign.public, signature, signed)

    def problems(self) -> list[str]:
        return [f"{one['where']}: {one['en']}" for one in self.verify().problems]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty store in a home of its own."""
    home = tmp_path / "bench"
    home.mkdir()
    made = Bench(home).create()
    yield made
    made.close()


@pytest.fixture
def bench_at() -> Callable[[Path], Bench]:
    """bench_at(home): another empty store; the test closes it."""

    def at(home: Path) -> Bench:
        home.mkdir()
        return Bench(home).create()

    return at


@pytest.fixture
def filled(bench: Bench) -> Bench:
    """A subject, a person, answers with a correction, a query, a row, a status, a signature, a document."""
    bench.append(Draft("user.add", key="nurse", value='{"name":"made up","role":"nurse"}'))
    bench.append(Draft("subject.add", SUBJECT, SUBJECT, value="ZN001"))
    bench.append(Draft("event.add", SUBJECT, "SE.UNS~abc", reason="fever"))
    one = bench.put("I.VS.SYSBP", "128")
    two = bench.put("I.VS.SYSBP", "182", one, reason="transcription error: 血压")
    bench.put("I.VS.DIABP", "80")
    bench.append(Draft("query.open", SUBJECT, f"{FORM}/IG.VS/I.VS.SYSBP", thread="U-1", value="sure?"))
    row = bench.append(Draft("row.add", SUBJECT, f"{FORM}/IG.AE~k3j9", n="1"))[0]
    bench.append(Draft("form.status", SUBJECT, FORM, value="complete"))
    data = b"a made-up document"
    from crf_app.crypto.canonical import canonical, sha256
    from crf_app.model.record import cover, cover_digest
    from crf_app.rules.fold import fold_form

    form = [e for e in ledger.entries(bench.conn) if e.record.subject and "F.VS" in (e.record.key or "")]
    ids = fold_form(SUBJECT, FORM, form).present_ids()
    assert two.id in ids and row.id in ids
    said = canonical({"pdf_sha256": sha256(data)}).decode()
    bench.append(
        Draft("sign.make", SUBJECT, FORM, covers=cover(ids), digest=cover_digest(FORM, ids), value=said),
        blobs={sha256(data): data},
    )
    return bench


@pytest.fixture
def unguarded() -> Callable[[Any], None]:
    """What somebody with the data key and a tool of the database can do first: drop the guards."""

    def drop(conn: Any) -> None:
        for name in ("no_update", "no_delete", "no_replace"):
            conn.execute(f"DROP TRIGGER audit_record_{name}")

    return drop
