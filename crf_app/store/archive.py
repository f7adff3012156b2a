"""The archive for long keeping: the whole ledger in plain text, to be checked without this program.

    README.txt            what it is and how to check it
    manifest.json         canonical JSON: study, who, when, chains, every other file with size and SHA-256
    manifest.sig          Ed25519 (64 bytes) by the device over "crf-archive/1" NUL manifest.json
    ledger/D1.1.txt       a record a line: place, TAB, chain hash, TAB, canonical bytes
    seals.jsonl           the device's seal of each chain end
    receipts.jsonl        central's signed receipts
    documents/SHA256.*    signed PDFs and definitions, by their own hash
    records/SHA256.json   the canonical record that each signature is over, taken out of its PDF

It is a zip, written beside its name and brought to disk; it takes the name when the caller's block ends, so
that what must happen in between (its record in the ledger) happens first.  `tools/verify_ledger.py` reads it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.encoding import b64
from crf_app.errors import LedgerBroken, SignatureBroken, StoreDamaged
from crf_app.model.progress import Progress, silent
from crf_app.model.record import ChainIdentity, chain_hash, record_id
from crf_app.settings.files import refuse_no_place, sync_folder
from crf_app.store import ledger, reads
from crf_app.store.store import Sign, Store, refusals
from crf_app.sync.lines import Receipt

FORMAT: Final = "crf-archive/1"
_RECEIPT: Final = "signed receipt "
_EVERY: Final = 1000  # records between two looks at whether the person stopped
_WHOLE: Final = 2**62  # every record of a chain


@dataclass(frozen=True, slots=True)
class Contents:
    """What the caller adds: `about` goes into the manifest, `files` beside it.

    `record_in` takes the signed record out of a PDF (SignatureBroken where there is none), `sign` is the
    device's Ed25519 key.
    """

    about: Mapping[str, object]
    files: Mapping[str, bytes]
    record_in: Callable[[bytes], Mapping[str, object]]
    sign: Sign


@dataclass(frozen=True, slots=True)
class Archive:
    """What was written; `manifest` is the SHA-256 of manifest.json, which names everything else."""

    path: Path
    manifest: str
    records: int
    chains: int
    documents: int


@dataclass(frozen=True, slots=True)
class _Seal:
    device: str
    epoch: int
    seq: int
    hash: str
    signature: bytes

    def line(self) -> bytes:
        place = {"device": self.device, "epoch": self.epoch, "seq": self.seq, "hash": self.hash}
        return canonical(place | {"signature": b64(self.signature)}) + b"\n"


def keep_receipt(conn: Any, receipt: Receipt) -> None:
    """Keep central's signature for an archive: the newest of each of central's epochs covers those before."""
    said = canonical(receipt.signed_json()).decode()
    conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"{_RECEIPT}{receipt.cepoch:06d}", said))


@contextmanager
def archive_file(
    store: Store, out: Path, contents: Contents, progress: Progress = silent
) -> Iterator[Archive]:
    """The finished file beside `out`; it takes its name after the block, and goes if anything is raised.

    `store` is a connection that nobody writes to meanwhile (`session.reader()`): one snapshot is read.
    `progress` counts records and documents.
    Raises StorageFull, StorageError, Cancelled; LedgerBroken or StoreDamaged for what does not verify.
    """
    refuse_no_place(out)
    half = out.with_name(out.name + ".half")
    try:
        with refusals(out):
            made = _write(store, half, out, contents, progress)
        yield made
        with refusals(out):
            os.replace(half, out)
            sync_folder(out.parent)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _write(store: Store, half: Path, out: Path, contents: Contents, progress: Progress) -> Archive:
    half.unlink(missing_ok=True)  # left over, or a link that somebody laid there
    with open(half, "xb", opener=lambda name, how: os.open(name, how, 0o600)) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            store.conn.execute("BEGIN")
            try:
                made = _Writer(store, archive, contents, progress).all(out)
            finally:
                store.conn.execute("ROLLBACK")
        file.flush()
        os.fsync(file.fileno())
    return made


class _Writer:
    """One archive while it is written: each part is hashed as it goes by."""

    def __init__(
        self, store: Store, archive: zipfile.ZipFile, contents: Contents, progress: Progress
    ) -> None:
        self.store, self.archive, self.contents, self.progress = store, archive, contents, progress
        self.files: dict[str, dict[str, object]] = {}
        self.done, self.records = 0, 0
        counted = "SELECT (SELECT count(*) FROM audit_record) + (SELECT count(*) FROM blob)"
        self.of = store.conn.execute(counted).fetchone()[0]

    def all(self, out: Path) -> Archive:
        for name, data in self.contents.files.items():
            self.put(name, [data])
        seals = [_Seal(*row) for row in self.store.conn.execute("SELECT * FROM seal ORDER BY device, epoch")]
        for seal in seals:
            self.put(f"ledger/{seal.device}.{seal.epoch}.txt", self._chain(seal))
        self._refuse_unsealed()
        self.put("seals.jsonl", [seal.line() for seal in seals])
        self.put("receipts.jsonl", [one.encode() + b"\n" for one in receipts_kept(self.store.conn)])
        documents = self._documents()
        self._signed_records()
        chains = [[one.device, one.epoch, one.seq, one.hash] for one in seals]
        said = {"format": FORMAT, **self.contents.about, "chains": chains, "files": self.files}
        manifest = canonical(said)
        signature = self.contents.sign(FORMAT.encode() + b"\0" + manifest)
        self.put("manifest.json", [manifest])
        self.put("manifest.sig", [signature])
        return Archive(out, sha256(manifest), self.records, len(seals), documents)

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        """One file of the archive, piece by piece: a ledger may be larger than the memory."""
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name)  # without a time of its own: the manifest says when
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        with self.archive.open(info, "w", force_zip64=True) as place:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                place.write(piece)
        self.files[name] = {"sha256": digest.hexdigest(), "size": size}

    def step(self) -> None:
        if self.done % _EVERY == 0:
            self.progress(self.done, self.of)
        self.done += 1

    def _chain(self, seal: _Seal) -> Iterator[bytes]:
        """The records of a chain from its beginning; they must lead to its seal."""
        place = self.store.identity
        identity = ChainIdentity(place.study, place.env, place.site, seal.device, seal.epoch)
        hash_, expected = identity.genesis(), 1
        for seq, data in ledger.segment(self.store.conn, identity, 1, _WHOLE):
            self.step()
            hash_ = chain_hash(hash_, record_id(data))
            if seq != expected:
                raise _broken(seal)
            yield b"%d\t%s\t%s\n" % (seq, hash_.hex().encode(), data)
            expected += 1
            self.records += 1
        if (expected - 1, hash_.hex()) != (seal.seq, seal.hash):
            raise _broken(seal)

    def _refuse_unsealed(self) -> None:
        """Every record was written: there is none in a chain without a seal."""
        if self.store.conn.execute("SELECT count(*) FROM audit_record").fetchone()[0] != self.records:
            raise _broken(_Seal(self.store.identity.device, self.store.identity.epoch, 0, "", b""))

    def _documents(self) -> int:
        several = 0
        for name, data in self.store.conn.execute("SELECT sha256, bytes FROM blob ORDER BY sha256"):
            self.step()
            if sha256(data) != name:
                raise StoreDamaged(
                    "A stored document was changed. No archive was written; run verify.",
                    "所存文件被改动，未写出存档，请运行 verify。",
                    where=name[:16],
                )
            self.put(f"documents/{name}{_ending(data)}", [data])
            several += 1
        self.progress(self.of, self.of)
        return several

    def _signed_records(self) -> None:
        """What each signature is over, once.  One that cannot be had is left out, and the check names it."""
        for _, record in reads.records_of_kind(self.store.conn, "sign.make"):
            said = json.loads(record.value or "{}")
            pdf = reads.blob(self.store.conn, str(said.get("pdf_sha256")))
            if pdf is None:
                continue  # signed on another device: its paper stays there
            try:
                data = canonical(self.contents.record_in(pdf))
            except SignatureBroken:
                continue
            name = f"records/{sha256(data)}.json"
            if name not in self.files:
                self.put(name, [data])
            self.progress(self.of, self.of)


def receipts_kept(conn: Any) -> list[str]:
    """Central's receipts with its signature, as canonical JSON; at most one of each of central's epochs."""
    sql = "SELECT value FROM meta WHERE name GLOB ? ORDER BY name"
    return [row[0] for row in conn.execute(sql, (f"{_RECEIPT}*",))]


def _ending(data: bytes) -> str:
    return ".pdf" if data[:5] == b"%PDF-" else ".json" if data[:1] == b"{" else ""


def _broken(seal: _Seal) -> LedgerBroken:
    return LedgerBroken(
        "The ledger does not lead to its seal. No archive was written; run verify.",
        "账本与其封印不符，未写出存档，请运行 verify。",
        where=f"{seal.device}.{seal.epoch}",
    )
