"""Who works, where, in which study: the first argument of every action.

Signing in opens the vault and the store; nothing is written until the session's first record, whose
transaction also holds `session.start` with the tries that failed before.  A refusal of authority is
recorded.  The study is read from the store only, never from `forms/` behind signed data.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from crf_app import __version__
from crf_app.actions.changes import Changes, touched
from crf_app.actions.lab.range_table import KIND as RANGE
from crf_app.actions.lab.range_table import range_table
from crf_app.actions.people.people_here import Person, Place, home_place, home_state, people
from crf_app.actions.safekeeping.clock_watch import ClockWatch, Jump
from crf_app.actions.study.editions import KIND as ACTIVATION
from crf_app.actions.study.editions import Edition, Editions, activations, active_edition, in_force
from crf_app.actions.subject_data import SubjectData, load_subject
from crf_app.crypto.canonical import canonical
from crf_app.errors import CrfError, MustChangePassword, NotAllowed, NotFound, StoreDamaged
from crf_app.model.clock import Clock, SystemClock, offset_text, utc_text
from crf_app.model.definition import Study
from crf_app.model.keys import ItemKey, form_key_of
from crf_app.model.record import ChainIdentity, Draft, Stamp
from crf_app.model.workflow import Facts, Step, Verdict, may
from crf_app.rules.expression import Rules
from crf_app.rules.ranges import RangeTable
from crf_app.store import ledger, reads, vault, witness
from crf_app.store.damage import is_noted
from crf_app.store.rotation import open_home
from crf_app.store.store import Sign, Store, database_refusals, reader

__all__ = [
    "Person",
    "Place",
    "Session",
    "check_password",
    "home_place",
    "home_state",
    "people",
    "reading",
    "see_now",
    "sign_in",
    "sign_out",
]


_log = logging.getLogger(__name__)


@dataclass
class Counted:
    """Answers, by subject, behind what central holds of each own chain (`safe`); see `unsent.py`."""

    safe: tuple[int, ...] = ()
    upto: int = 0
    by_subject: Counter[str] = field(default_factory=Counter)

    def begin(self, safe: tuple[int, ...]) -> None:
        self.safe, self.upto = safe, safe[-1]
        self.by_subject = Counter()

    def add(self, counts: Mapping[str, int], upto: int) -> None:
        self.by_subject.update(counts)
        self.upto = upto


@dataclass
class Session:
    """One person at work on one open store."""

    home: Path
    keys: vault.Opened
    store: Store
    study: Study
    rules: Rules
    clock: Clock
    language: str = "en"
    started: bool = False
    settles: ItemKey | None = None  # the field whose typed text the next commit of its value takes away
    counted: Counted = field(default_factory=Counted)
    watch: ClockWatch | None = None  # None where the time is made up
    jumps: list[Jump] = field(default_factory=list)  # recorded, and not yet said
    findings: list[witness.Finding] = field(default_factory=list)  # at sign-in: what is older than it was
    _unstored: list[Jump] = field(default_factory=list)
    _subjects: dict[str, SubjectData] = field(default_factory=dict)
    _ranges: RangeTable | None = None
    _editions: Editions | None = None

    @property
    def user(self) -> str:
        return self.keys.user

    @property
    def name(self) -> str:
        return self.keys.name

    @property
    def role(self) -> str:
        return self.keys.role

    @property
    def must_change(self) -> bool:
        return self.keys.must_change

    @property
    def identity(self) -> ChainIdentity:
        return self.store.identity

    @property
    def env(self) -> str:
        return self.store.identity.env

    @property
    def site(self) -> str:
        return self.store.identity.site

    @property
    def device(self) -> str:
        return self.store.identity.device

    def subject(self, uid: str) -> SubjectData:
        """The subject's answers, loaded once.  Raises NotFound."""
        day = self.clock.now().date()
        data = self._subjects.get(uid)
        if data is None or data.today != day:
            if reads.subject_of_uid(self.store.conn, uid) is None:
                raise NotFound("There is no such subject here.", "本机没有该受试者。", where=uid)
            data = load_subject(self.store.conn, self.study, self.rules, uid, day, self.ranges, self.editions)
            self._subjects = {uid: data}
        return data

    def forget(self) -> None:
        """Read everything anew: after a bundle was applied, or a transaction failed."""
        self._subjects = {}
        self._ranges = self._editions = None

    @property
    def ranges(self) -> RangeTable:
        """The site's reference ranges, read once."""
        if self._ranges is None:
            self._ranges = range_table(self.store.conn, self.site)
        return self._ranges

    @property
    def editions(self) -> Editions:
        """The versions of the definition that this site has worked with."""
        if self._editions is None:
            self._editions = Editions(self.store.conn, self.store.path.name)
        return self._editions

    def version_in_force(self) -> Edition | None:
        """The version in force today, read and compiled, where it is another one than is worked with."""
        conn, file, today = self.store.conn, self.store.path.name, self.clock.now().date()
        active = in_force(conn, activations(conn), today)
        if active is not None and active.sha256 == self.study.sha256:
            return None
        return active_edition(conn, today, file)

    def work_with(self, edition: Edition) -> None:
        """Another version from now on; the one before is not loaded again for its forms."""
        before = Edition(self.study, self.rules)
        self.study, self.rules = edition
        self.forget()
        self.editions.know(before)

    def see_version_in_force(self) -> bool:
        """Work with the version of the definition that is in force today; whether it is another one."""
        edition = self.version_in_force()
        if edition is not None:
            self.work_with(edition)
        return edition is not None

    def verdict(self, step: Step, facts: Facts | None = None) -> Verdict:
        """May this person take `step`?  For offering, not for acting: see `require`."""
        return may(self.role, step, facts or Facts(must_change=self.must_change))

    def require(self, step: Step, where: str = "", facts: Facts | None = None) -> None:
        """Raise NotAllowed, and record it, unless this person may take `step`."""
        if self.must_change and step is not Step.OWN_PASSWORD:
            raise MustChangePassword("Choose your own password first.", "请先设置自己的密码。")
        verdict = self.verdict(step, facts)
        if verdict.allowed:
            return
        self.record_refusal(step, verdict, where)
        raise NotAllowed(verdict.en, verdict.zh, where=where, step=step.value, code=verdict.code)

    def record_refusal(self, step: Step, verdict: Verdict, where: str) -> None:
        """What was refused, to whom, why: one record."""
        said = canonical({"step": step.value, "code": verdict.code, "where": where}).decode()
        self.commit([Draft("session.refuse", value=said)])

    @property
    def next_seq(self) -> int:
        """The place in the chain that the next record of this session will have."""
        return self.store.end.seq + (1 if self.started else 2)

    def stamp(self) -> Stamp:
        now = self.clock.now()
        return Stamp(self.user, self.role, utc_text(now), offset_text(now), __version__, self.study.version)

    def commit(
        self,
        drafts: Sequence[Draft],
        blobs: Mapping[str, bytes] | None = None,
        others: Mapping[str, Sign] | None = None,
    ) -> Changes:
        """One durable transaction, sealed by who works; returns only after it is on disk.

        `others`: whose records are among the drafts besides, by user, and how they seal them.
        """
        self.look_at_clock()
        stamp = self.stamp()
        drafts = [self._under_its_version(one) for one in drafts] if self.editions.several else drafts
        first = [] if self.started else [self.start_draft()]
        first += [one.draft() for one in self._unstored]
        try:
            entries = ledger.append(
                self.store, [*first, *drafts], stamp, blobs, self.settles, self.sealers() | dict(others or {})
            )
        except BaseException:
            self.forget()
            raise
        self.started = True
        # what was found at sign-in was said then
        self.jumps += [one for one in self._unstored if one.source != "ledger"]
        self._unstored = []
        if any(one.record.kind in (RANGE, ACTIVATION) for one in entries):
            self.forget()
        for uid, data in self._subjects.items():
            data.reread(self.store.conn, [one.record for one in entries if one.record.subject == uid])
        return Changes(touched(entries), f"{self.clock.now():%H:%M:%S}", tuple(one.id for one in entries))

    def sealers(self) -> dict[str, Sign]:
        """How this person seals; nobody while the one-time password stands: there is no key yet."""
        return {} if self.keys.sign is None else {self.user: self.keys.sign.sign}

    def look_at_clock(self) -> list[Jump]:
        """Jumps of the clock that are found now, and those that wait for the next record."""
        if self.watch is not None:
            self._unstored += self.watch.look()
        return self._unstored

    def see_jump(self, jump: Jump) -> None:
        """Somebody else found one: it stands in the ledger before the next record."""
        self._unstored.append(jump)

    def _under_its_version(self, draft: Draft) -> Draft:
        """A record about a form that stands under an earlier version is made under that one."""
        if draft.subject is None or draft.def_ is not None or "/" not in (draft.key or ""):
            return draft
        key = form_key_of(draft.subject, draft.key or "")
        return replace(draft, def_=self.subject(draft.subject).edition(key).study.version)

    def start_draft(self) -> Draft:
        """The record that this session began: it stands before its first one."""
        keys = self.keys
        said = {"failed_tries": keys.wrong_tries, "tries": keys.tries, "program": __version__}
        said |= {"written": keys.written, "generation": keys.generation}  # as in the witness, a second time
        return Draft("session.start", key=self.user, value=canonical(said).decode())

    def reader(self) -> Store:
        """A second connection, for a worker thread; close it after use."""
        return reader(self.store, self.keys.data_key)


def sign_in(
    home: Path, user: str, password: str, clock: Clock | None = None, *, unpacked: bool = False
) -> Session:
    """Open the vault and the store for one person.

    `unpacked`: the home was just unpacked from a backup, so it has no witness and may be as old as it is.
    Raises WrongPassword (tries_left, wait_seconds), AccountLocked, IdentityRefused, VaultTampered,
    VaultRolledBack, TooNew, Busy, StoreDamaged, StorageError.
    """
    watch = clock or SystemClock()
    keys = vault.open_vault(home, user, password, clock=watch.monotonic)
    if not unpacked:
        witness.refuse_older_vault(keys)
    keys, store = open_home(home, keys)
    try:
        findings = [] if unpacked else _compare(keys, store)
        _check_place(keys, store)
        with database_refusals(store.path):
            study, rules = active_edition(store.conn, watch.now().date(), store.path.name)
        session = Session(home, keys, store, study, rules, watch)
        if isinstance(watch, SystemClock):
            session.watch = ClockWatch(watch, reads.own_end_at(store.conn, store.identity))
        session.editions.read_ahead(study.version)
        if store.identity.epoch != keys.device.epoch or (keys.device.earlier and not store.end.seq):
            from crf_app.actions.safekeeping.new_epoch import (
                finish_epoch,  # a new epoch was stopped midway: rare
            )

            finish_epoch(session)
        if not unpacked:
            _witness(session, findings)
        return session
    except BaseException:
        store.close()
        raise


def _compare(keys: vault.Opened, store: Store) -> list[witness.Finding]:
    with database_refusals(store.path):
        return witness.compare(keys, store)


def _witness(session: Session, findings: list[witness.Finding]) -> None:
    """What was found stands in the ledger before the witness is made anew: after that nobody could see it."""
    session.findings = findings
    if findings and is_noted(session.store.path):
        return  # damaged and only read: found again at each sign-in, until it is restored
    session.keys = witness.mend_tries(session.keys, findings)
    if findings:
        drafts = [Draft(one.kind, key=session.device, value=canonical(one.said).decode()) for one in findings]
        session.commit(drafts)
    witness.write(session.keys, session.store)


def see_now(session: Session) -> None:
    """The witness as of now: at lock, sign-out, bundle and backup.

    One that cannot be written stays as it was, which is no fault: the files may be ahead of it.  A disk that
    refuses is said by the next sign-in, which has to write.
    """
    if session.store.closed:
        return
    try:
        witness.write(session.keys, session.store)
    except CrfError as refusal:
        _log.info("witness.json stays as it was: %s", refusal.code)


def _check_place(keys: vault.Opened, store: Store) -> None:
    mine = (keys.study, keys.site, keys.device.id)
    there = (store.identity.study, store.identity.site, store.identity.device)
    epochs = [keys.device.epoch, *(one.epoch for one in keys.device.earlier)]
    if mine != there or store.identity.epoch not in epochs:
        raise StoreDamaged(
            "Vault and data file belong to different devices. Nothing was changed.",
            "密钥文件与数据文件不属于同一设备，未作任何改动。",
            where=store.path.name,
        )


def reading(session: Session) -> AbstractContextManager[None]:
    """Around a person's work: damage that is met while reading is said as StoreDamaged or StorageError."""
    return database_refusals(session.store.path)


def sign_out(session: Session) -> None:
    """Close the store and let the keys go."""
    session.forget()
    see_now(session)
    session.store.close()


def check_password(session: Session, password: str) -> None:
    """The password of the person who is signed in, after a lock or before signing.

    Raises WrongPassword or AccountLocked; the wrong try is recorded.
    """
    from crf_app.errors import AccountLocked, WrongPassword

    try:
        vault.open_vault(session.home, session.user, password, clock=session.clock.monotonic)
    except (WrongPassword, AccountLocked) as refusal:
        session.commit(
            [Draft("session.fail", key=session.user, value=canonical({"code": refusal.code}).decode())]
        )
        raise
