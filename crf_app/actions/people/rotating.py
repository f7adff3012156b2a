"""A new data key for this computer, alone or because a person leaves it (`store/rotation.py`, ADR-0026).

In the window the copy is made off its thread (`copy_under_new_key`, by a connection of its own) and the
rest in a moment (`go_over`); where something was written meanwhile, all stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crf_app.actions.changes import Changes, touched
from crf_app.actions.session import Session, see_now
from crf_app.crypto.canonical import canonical
from crf_app.errors import Busy, ReasonRequired, ValueRejected
from crf_app.model.progress import Progress, silent
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.rules.fold import heads_of
from crf_app.rules.unit_state import Entry
from crf_app.store import ledger, reads, rotation
from crf_app.store.store import refusals, store_of_copy


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """What waits to take the place of the data file; `written`: how far the present one was by then."""

    key: bytes
    copy: Path
    leaving: str | None
    reason: str
    written: tuple[int, int]


def rotate(session: Session, reason: str, leaving: str | None = None, progress: Progress = silent) -> Changes:
    """All of it in one go.  Raises as `begin_new_key`, `copy_under_new_key` and `go_over`."""
    return go_over(session, copy_under_new_key(session, begin_new_key(session, reason, leaving), progress))


def begin_new_key(session: Session, reason: str, leaving: str | None = None) -> NewKey:
    """Offer a new data key to everybody but `leaving`, who is removed with it.

    Raises NotAllowed, ReasonRequired, WrongState (oneself, the last administrator), IdentityRefused (nobody
    of this id), StorageError.
    """
    session.require(Step.MANAGE_USERS, leaving or "")
    reason = reason.strip()
    if not reason:
        raise ReasonRequired("Say why.", "请说明原因。", where=leaving or "")
    if len(reason) > 500:
        raise ValueRejected(
            "A reason has at most 500 characters.", "原因最多500个字符。", where=leaving or ""
        )
    key = rotation.offer(session.keys, leaving)
    return NewKey(key, session.store.path.with_name(rotation.COPY), leaving, reason, _written(session))


def copy_under_new_key(session: Session, new: NewKey, progress: Progress = silent) -> NewKey:
    """The data file under the new key, beside it.  Raises StorageFull, StorageError, Cancelled."""
    store = session.reader()
    try:
        rotation.copy_under(store, new.key, progress)
    except BaseException:
        give_up(session)
        raise
    finally:
        store.close()
    return new


def go_over(session: Session, new: NewKey) -> Changes:
    """The copy gets the records of what is done and takes the place of the data file.

    Raises Busy where something was written meanwhile or the file is read elsewhere, StorageError; then all is
    as before, or the store is `closed`: the next sign-in finishes what was begun.
    """
    try:
        if _written(session) != new.written:
            raise Busy(
                "Something was written meanwhile. Nothing was changed; try again.",
                "其间有新内容写入，未作任何改动，请重试。",
                where=new.copy.name,
            )
        entries = _append(session, new)
        with refusals(session.store.path):
            session.store.go_over(new.copy, new.key)
    except BaseException:
        give_up(session)
        if session.keys.coming:
            session.store.close()  # the file has gone over already: the next sign-in follows
        raise
    try:
        session.keys = rotation.take_over(session.keys, new.key)
    except BaseException:
        session.store.close()  # vault and session are of two keys: nobody goes on with these
        raise
    session.started = True
    session.forget()
    see_now(session)
    return Changes(touched(entries), f"{session.clock.now():%H:%M:%S}", tuple(one.id for one in entries))


def give_up(session: Session) -> None:
    """The copy is removed and the offer withdrawn, where the present key still is the one."""
    session.keys = rotation.withdraw(session.keys)


def _append(session: Session, new: NewKey) -> list[Entry]:
    """The records stand in the new file only, so that they are there exactly where it is."""
    drafts = [] if session.started else [session.start_draft()]
    if new.leaving is not None:
        drafts.append(_end(session, new.leaving, new.reason))
    said = canonical({"generation": session.keys.generation + 1}).decode()
    drafts.append(Draft("vault.rotate", value=said, reason=new.reason))
    with store_of_copy(session.store, new.copy, new.key) as store:
        return ledger.append(store, drafts, session.stamp(), sealers=session.sealers())


def _end(session: Session, user: str, reason: str) -> Draft:
    grants = [
        one for one in reads.records_of_kind(session.store.conn, "user.grant") if one.record.key == user
    ]
    parents = tuple(one.id for one in heads_of(grants))
    return Draft("user.grant", key=user, value="ended", parents=parents, reason=reason)


def _written(session: Session) -> tuple[int, int]:
    """How much this process has written to the store: records, and rows of any kind."""
    return session.store.end.seq, int(session.store.conn.total_changes)
