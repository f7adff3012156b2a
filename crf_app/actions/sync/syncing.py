"""Bundles out, receipts in: one file by stick, mail or network; nothing is sent by itself.

A bundle holds this device's own records after the last receipt, so what was lost on the way goes again.
A record is *safe in two places* when central's signed receipt names a chain end of ours at or behind it
by hash.  Making and applying a bundle append no record.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crf_app.actions.people.enrolling import enrolment_draft, enrolment_of
from crf_app.actions.safekeeping.clock_watch import behind_central
from crf_app.actions.safekeeping.two_histories import said_with
from crf_app.actions.session import Session, see_now
from crf_app.actions.sync.bundle_list import (
    BundleSeen,
    ReceiptSeen,
    bundles_made,
    count_inside,
    receipts_seen,
    remember,
    way_of,
)
from crf_app.actions.sync.unsent import unsent_answers
from crf_app.crypto.encoding import fingerprint
from crf_app.errors import StorageFull, WrongState
from crf_app.model.clock import utc_text
from crf_app.model.progress import Progress, counted, silent
from crf_app.model.record import AuditRecord, ChainIdentity, Draft
from crf_app.model.workflow import Step
from crf_app.settings.files import write_file
from crf_app.settings.folders import refuse_network_folder
from crf_app.store import ledger, reads
from crf_app.store.archive import keep_receipt
from crf_app.store.own_chains import OwnChain, held_first, keys_of, note_elsewhere, own_chains
from crf_app.store.store import refusals, transaction

MOST: Final = 250_000
_TURN: Final = "bundle epoch"


@dataclass(frozen=True, slots=True)
class Safety:
    """For the status bar: what is only here, and how far central holds the present chain."""

    only_here: int
    records_here: int
    safe_seq: int
    end_seq: int


@dataclass(frozen=True, slots=True)
class BundleMade:
    path: Path
    first: int
    last: int
    records: int
    waiting: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SyncPage:
    """Three numbers: on this device, in a bundle, central has it; and what is known of both sides."""

    here: int
    sent: int
    safe: int
    last_receipt: str
    bundles: tuple[BundleSeen, ...]
    receipts: tuple[ReceiptSeen, ...]
    central: str
    device: str
    fingerprint: str
    site_fingerprint: str


@dataclass(frozen=True, slots=True)
class Applied:
    texts: Mapping[str, str]
    safe_seq: int
    is_new: bool


def safety(session: Session) -> Safety:
    """How much is only on this device."""
    chains = own_chains(session.store)
    waiting, safe, end = sum(one.waiting for one in chains), chains[-1].safe, chains[-1].end
    return Safety(sum(unsent_answers(session).values()), waiting, safe, end)


def sync_page(session: Session) -> SyncPage:
    """Everything the sync page shows."""
    conn, chains = session.store.conn, own_chains(session.store)
    bundles = bundles_made(session)
    row = conn.execute("SELECT issued_at FROM receipt ORDER BY cepoch DESC, n DESC LIMIT 1").fetchone()
    central = known_central(session)
    return SyncPage(
        sum(one.end for one in chains),
        sum(_sent(one, bundles) for one in chains),
        sum(one.safe for one in chains),
        row[0] if row else "",
        bundles,
        receipts_seen(session),
        _central_fingerprint(central),
        session.device,
        device_fingerprint(session),
        fingerprint(_site_public(session)),
    )


def _sent(chain: OwnChain, bundles: Sequence[BundleSeen]) -> int:
    """The last place of a chain that went into a bundle, or that central has anyway."""
    return max([chain.safe, *(one.last for one in bundles if one.epoch == chain.identity.epoch)])


def _central_fingerprint(stored: bytes | None) -> str:
    if not stored:
        return ""
    from crf_app.sync.central_public import read_central_public

    return read_central_public(stored).fingerprint


def _site_public(session: Session) -> bytes:
    from crf_app.crypto.certificates import read_certificate

    return read_certificate(session.keys.site_certificate).public


def device_fingerprint(session: Session) -> str:
    """Shown here and at central; two people compare it."""
    from crf_app.actions.people.first_run import device_identity

    return device_identity(session.keys, session.study.oid, session.env).fingerprint


def device_request(session: Session) -> bytes:
    """The file that asks central to take this device's bundles.

    Raises NotAllowed where this is a new epoch and the person does not hold the site's key.
    """
    from crf_app.actions.people.first_run import device_identity
    from crf_app.sync.enrolment import write_request

    session.require(Step.ENROL_DEVICE)
    identity = device_identity(session.keys, session.study.oid, session.env)
    return write_request(
        identity,
        session.keys.site_certificate,
        _enrolment(session),
        utc_text(session.clock.now()),
        session.keys.device.sign.sign,
    )


def _enrolment(session: Session) -> AuditRecord:
    """The site's voucher for the keys of today; an administrator makes it where it is missing."""
    found = enrolment_of(session.store)
    if found is None:
        draft = enrolment_draft(session.keys, session.study.oid, session.env, session.store)
        session.commit([draft])
        found = enrolment_of(session.store)
        assert found is not None  # it was stored just now
    return found


def add_central(session: Session, data: bytes) -> str:
    """Take central's public keys (`central.pub`); returns the fingerprint to compare.

    Raises IdentityRefused, WrongState (another study, or another central is known already).
    """
    from crf_app.sync.central_public import read_central_public

    central = read_central_public(data)
    known = known_central(session)
    if known == data:
        return central.fingerprint
    session.require(Step.ENROL_DEVICE, "central")
    if (central.study, central.env) != (session.study.oid, session.env):
        raise WrongState(
            "This central belongs to another study, or to the test environment.",
            "该中心属于其他研究或测试环境。",
            where="central.pub",
        )
    if known is not None:
        raise WrongState(
            "Another central is known here. Ask the administrator.",
            "本机已登记其他中心，请联系管理员。",
            where="central.pub",
        )
    session.commit([Draft("central.add", key="central", value=data.decode("ascii"))])
    return central.fingerprint


def known_central(session: Session) -> bytes | None:
    """Central's public keys as the ledger has them, with who added them and when; None before that."""
    for _, record in reads.records_of_kind(session.store.conn, "central.add"):
        return (record.value or "").encode("ascii")
    return None


def default_bundle_name(session: Session) -> str:
    """`CSHUC_001_D1_20261122T080000Z.crf`: study, site, device, time; no subject."""
    now = utc_text(session.clock.now())[:19].replace("-", "").replace(":", "")
    return f"{session.study.oid}_{session.site}_{session.device}_{now}Z.crf"


def make_bundle(
    session: Session, path: Path, central_pub: bytes | None = None, progress: Progress = silent
) -> BundleMade:
    """Write this device's records after the last receipt, sealed to central.

    A bundle holds records of one epoch; what a restored device brought along goes first, by itself.
    `path` is a file or a folder (then the default name).  Over 250,000 records it is the first part and
    `waiting` says how many wait; `progress` counts records.
    Raises WrongState (central unknown, nothing to send), StorageFull, Cancelled; then there is no file.
    """
    from crf_app.sync.bundle import OwnRecords, Place, write_bundle

    session.require(Step.BUNDLE)
    if central_pub is not None:
        add_central(session, central_pub)
    stored = known_central(session)
    if stored is None:
        raise WrongState(
            "Central is not known here yet. Add its central.pub first.",
            "尚未登记中心，请先添加 central.pub。",
        )
    from crf_app.sync.central_public import read_central_public

    central = read_central_public(stored)
    chain, later = _to_send(session)
    identity, first = chain.identity, chain.safe + 1
    conn, keys = session.store.conn, keys_of(session.keys.device, identity.epoch)
    out = path / default_bundle_name(session) if path.is_dir() else path
    refuse_network_folder(out.resolve().parent)
    several = min(MOST, chain.waiting)
    records = counted(ledger.segment(conn, identity, first, MOST), progress, several)
    place = Place(identity.study, identity.env, identity.device, identity.epoch)
    made_at = utc_text(session.clock.now())
    written = write_bundle(
        place,
        keys.sign.sign,
        [central.box_public],
        made_at,
        OwnRecords(
            records,
            _hash_at(conn, identity, first - 1),
            chain.waiting,
            lambda seq: _hash_at(conn, identity, seq),
        ),
    )
    progress(several, several)
    _check_space(out.parent, len(written.data))
    write_file(out, written.data)
    inside, way = count_inside(session, identity, written.first, written.last), way_of(out)
    remember(
        session,
        BundleSeen(
            made_at, out.name, written.first, written.last, False,
            inside=inside, place=way.place, disk=way.disk, size=len(written.data),
            epoch=identity.epoch,
        ),
    )  # fmt: skip
    if later:
        _note_turn(session, identity.epoch)
    see_now(session)
    waiting = written.waiting + later
    return BundleMade(
        out, written.first, written.last, written.records, waiting, len(written.data), written.name
    )


def _to_send(session: Session) -> tuple[OwnChain, int]:
    """A chain with something to send, and the records that wait in the others.

    They take turns, the oldest first: no bundle has to wait for the receipt of the one before.
    """
    open_ = [one for one in own_chains(session.store) if one.waiting]
    if not open_:
        raise WrongState(
            "Central has everything already. There is nothing to send.", "中心已有全部数据，无需发送。"
        )
    last = int(reads.meta(session.store.conn, _TURN) or 0)
    turn = next((one for one in open_ if one.identity.epoch > last), open_[0])
    return turn, sum(one.waiting for one in open_ if one is not turn)


def _note_turn(session: Session, epoch: int) -> None:
    with refusals(session.store.path), transaction(session.store.conn):
        session.store.conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_TURN, str(epoch)))


def _hash_at(conn: Any, identity: ChainIdentity, seq: int) -> bytes:
    """The chain's hash at a place, as it was stored."""
    if seq == 0:
        return identity.genesis()
    row = conn.execute(
        "SELECT hash FROM audit_record WHERE device = ? AND epoch = ? AND seq = ?",
        (identity.device, identity.epoch, seq),
    ).fetchone()
    return bytes.fromhex(row[0])


def _check_space(folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < needed:
        raise StorageFull(
            "There is not enough room on this disk for the bundle. Choose another one.",
            "该磁盘空间不足，请选择其他磁盘。",
            where=str(folder),
        )


def apply_file(session: Session, data: bytes, progress: Progress = silent) -> Applied:
    """Apply central's file: its receipt marks records safe.  An older receipt changes nothing.

    Raises BundleRefused, TooNew, LimitExceeded, WrongState (central unknown), Cancelled.
    """
    from crf_app.sync.central_public import read_central_public
    from crf_app.sync.receipt import read_receipt

    session.require(Step.BUNDLE)
    stored = known_central(session)
    if stored is None:
        raise WrongState(
            "Central is not known here yet. Add its central.pub first.",
            "尚未登记中心，请先添加 central.pub。",
        )
    row = session.store.conn.execute(
        "SELECT cepoch, n FROM receipt ORDER BY cepoch DESC, n DESC LIMIT 1"
    ).fetchone()
    read = read_receipt(
        data,
        central=read_central_public(stored),
        device=session.device,
        mine=session.keys.device.box,
        known=(row[0], row[1]) if row else None,
    )
    progress(0, None)
    if read.is_new:
        applied_at = utc_text(session.clock.now())
        if (jump := behind_central(session.clock, read.receipt.issued_at)) is not None:
            session.see_jump(jump)
        with refusals(session.store.path), transaction(session.store.conn):
            for end in held_first(session.store.conn, read.receipt.ends):
                session.store.conn.execute(
                    "INSERT OR IGNORE INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        read.receipt.cepoch,
                        read.receipt.n,
                        end.device,
                        end.epoch,
                        end.seq,
                        _hex(end.hash),
                        read.receipt.issued_at,
                        applied_at,
                    ),
                )
            note_elsewhere(session.store, read.receipt.ends)
            if read.receipt.signature:
                keep_receipt(session.store.conn, read.receipt)
    texts = said_with(session, read.texts)
    return Applied(texts, reads.safe_end(session.store.conn, session.identity), read.is_new)


def _hex(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.hex()


def inspect_file(data: bytes) -> tuple[Mapping[str, str], dict[str, object]]:
    """What anybody can read of a bundle without a key."""
    from crf_app.sync.bundle import inspect

    seen = inspect(data)
    h = seen.header
    return seen.texts, {
        "name": seen.name,
        "size": seen.size,
        "study": h.study,
        "env": h.env,
        "device": h.device,
        "epoch": h.epoch,
        "first": h.first,
        "last": h.last,
        "made_at": h.made_at,
    }
