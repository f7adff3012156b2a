"""A made-up site that is ready for the faults: a complete form to sign, a central to send to, values to put.

Made once a process and copied for each try.  `judged` says what a try left: it opens the home with the real
program, in this process.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from kill_rounds import lines
from ledger_simulator import CENTRAL_BOX

from bench.soak.forked import Ended, Program
from crf_app.actions.demo.demo_site import PASSWORD, make_people
from crf_app.actions.enter_data import enter_value
from crf_app.actions.printing.checking_paper import verify_pdf
from crf_app.actions.printing.paper import roots_of, site_root_pem
from crf_app.actions.safekeeping.keeping import verify
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.actions.subjects import add_subject
from crf_app.actions.sync.syncing import add_central
from crf_app.crypto.keys import Ed25519Key
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import CrfError
from crf_app.model.clock import SystemClock
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import reads
from crf_app.store.ledger import entries
from crf_app.store.rotation import COPY
from crf_app.store.store import DATABASE
from crf_app.sync.bundle import Author, open_bundle
from crf_app.sync.central_public import CentralPublic
from crf_app.sync.lines import Segment

STUDY = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"
FORM = ("ZN001", "V1", "MELD")
VALUES = 3
OWN = {"vault.json", DATABASE, "attempts.json", "attempts.lock", "writer.lock", "witness.json", "log",
       "backups"}  # fmt: skip
WITH_LOG = OWN | {f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal"}

_COMING = {f"{COPY}{end}" for end in ("", "-wal", "-shm", "-journal")}


@dataclass(frozen=True, slots=True)
class Act:
    """A verb that stores or writes; `file` is what it leaves in the folder beside the home, if anything."""

    name: str
    user: str
    verb: tuple[str, ...]
    file: str = ""


ACTS = (
    Act("put", "nurse", ("put", "--stdin")),
    Act("sign", "investigator", ("sign", *FORM, "--meaning", "approval", "--pdf", "{out}/signed.pdf"),
        "signed.pdf"),
    Act("export", "nurse", ("pdf", "form", *FORM, "{out}/form.pdf"), "form.pdf"),
    Act("backup", "coordinator", ("backup", "{out}/made.crfbackup"), "made.crfbackup"),
    Act("bundle", "nurse", ("bundle", "make", "{out}/made.crf"), "made.crf"),
    Act("rotate", "admin", ("keys", "rotate", "--reason", "made up")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """One home with the folder that its files go to."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def environment(self) -> dict[str, str]:
        """To call the program here; its temporary folder is one that can be looked into."""
        secret = str(self.folder / "secret")
        return {"CRF_HOME": str(self.home), "CRF_SECRET_FILE": secret, "TMPDIR": str(self.folder / "tmp")}

    def verb(self, act: Act) -> list[str]:
        return ["--json", "--as", act.user, *(one.replace("{out}", str(self.out)) for one in act.verb)]

    def run(self, program: Program, act: Act, more: dict[str, str] | None = None, **how: Any) -> Ended:
        """`act` here, to its end; `more` goes into its environment."""
        environment = self.environment() | (more or {})
        return program.run(self.verb(act), environment, stdin=self.folder / "lines", **how)


@dataclass(frozen=True, slots=True)
class Site:
    """The place that is copied, its records, and the certificate that its signatures end in."""

    place: Place
    before: frozenset[str]
    roots: bytes

    def copy(self, folder: Path) -> Place:
        """A place of its own for one try."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.place.folder, folder)
        return Place(folder)


@dataclass(frozen=True, slots=True)
class Bench:
    """What the shards of one process share: the site, the program, a folder to try things in."""

    site: Site
    program: Program
    folder: Path


@cache
def bench() -> Bench:
    """Made at the first call in a process, taken away at its end.  Raises NoCompiler."""
    scratch = tempfile.TemporaryDirectory(prefix="crf-soak-")
    folder = Path(scratch.name)
    program = Program(folder / "program")
    Finalize(None, _away, (program, scratch), exitpriority=10)  # atexit is not called in a pool's process
    return Bench(make_site(folder / "site", program), program, folder)


def _away(program: Program, scratch: tempfile.TemporaryDirectory[str]) -> None:
    program.close()
    scratch.cleanup()


@contextmanager
def opened(place: Place, user: str = "nurse") -> Iterator[Session]:
    session = sign_in(place.home, user, PASSWORD, SystemClock())
    try:
        yield session
    finally:
        sign_out(session)


def make_site(folder: Path, program: Program) -> Site:
    """People, a subject who consented, a complete form, a known central, in `folder`."""
    place = Place(folder)
    for one in (place.out, folder / "tmp"):
        one.mkdir(parents=True)
    (folder / "secret").write_text(PASSWORD + "\n", "utf-8")
    (folder / "lines").write_text(lines(VALUES), "utf-8")
    make_people(place.home, STUDY, SystemClock(), LIGHT)
    with opened(place) as session:
        uid = add_subject(session, FORM[0]).subject
        consent = ItemKey(FormKey(uid, "SE.SCR", "F.IC"), "IG.IC", "I.IC.DSSTDAT_IC")
        enter_value(session, consent, SystemClock().now().date().isoformat())  # before it no form is open
        study = session.study.oid
    with opened(place, "admin") as session:
        central = CentralPublic(study, session.env, Ed25519Key.generate().public, CENTRAL_BOX.public)
        add_central(session, central.encoded())
    for act in (
        Act("fill", "nurse", ("put", *FORM, "RSPERF=N", "RSREASND=!UNK")),
        Act("complete", "nurse", ("complete", *FORM)),
    ):
        done = place.run(program, act)
        if done.code:
            raise RuntimeError(f"{act.name} of the made-up site ended with {done.code}: {done.said}")
    with opened(place) as session:
        return Site(place, _ids(session), site_root_pem(session))


def _ids(session: Session) -> frozenset[str]:
    return frozenset(one.id for one in entries(session.store.conn))


@dataclass(frozen=True, slots=True)
class Judged:
    """`lost`: acknowledged and not there; `wrong`: any other law that does not hold, in words."""

    lost: tuple[str, ...]
    wrong: tuple[str, ...]


def judged(
    site: Site, place: Place, act: Act, ended: Ended, *, halves: bool = False, again: Program | None = None
) -> Judged:
    """What is worth what a try left: acknowledged things, final names, stray files, the store itself.

    `halves`: a half file may lie beside its final name, as after a kill.  `again`: the act is done once more,
    without a fault; it must succeed and leave no half file.
    """
    lost: list[str] = []
    wrong: list[str] = []
    _look_at_file(site, place, act, ended, lost, wrong)
    wrong += _stray(place, act, halves)
    try:
        with opened(place) as session:
            _look_at_store(site, session, ended, lost, wrong)
        if again is not None:
            _do_again(site, place, act, again, wrong)
    except CrfError as refusal:
        wrong.append(f"the next start is refused: {refusal.code}: {refusal}")
    return Judged(tuple(lost), tuple(wrong))


def _acknowledged(act: Act, ended: Ended) -> bool:
    return any(row.get("ok") for row in ended.rows) and act.name != "put"


def _look_at_file(
    site: Site, place: Place, act: Act, ended: Ended, lost: list[str], wrong: list[str]
) -> None:
    """Complete and valid under its name, or not there."""
    if act.file:
        path = place.out / act.file
        if path.exists():
            wrong += _worth(site, act, path)
        elif _acknowledged(act, ended):
            lost.append(f"{act.file} was acknowledged and is not there")


def _stray(place: Place, act: Act, halves: bool) -> list[str]:
    """What lies where nothing may lie: half files (but see `judged`), the temporary folder, the home."""
    known = {act.file, *((f"{act.file}.new", f"{act.file}.half") if halves else ())}
    stray = [one for one in _names(place.out) if one not in known]
    stray += [f"tmp/{one}" for one in _names(place.folder / "tmp")]
    there = WITH_LOG | (_COMING if halves else set())
    stray += [one for one in _names(place.home) if one.removesuffix(".new") not in there]
    return [f"{one} is left" for one in stray]


def _names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def _worth(site: Site, act: Act, path: Path) -> list[str]:
    """Nothing, or why the file is not whole."""
    if act.name in ("sign", "export"):
        data = path.read_bytes()
        if act.name == "sign":
            state = verify_pdf(data, roots_of(site.roots)).state.value
            return [] if state == "valid" else [f"{path.name} is {state}"]
        return (
            [] if data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF") else [f"{path.name} is cut"]
        )
    return _sound_backup(site, path) if act.name == "backup" else _sound_bundle(site, path)


def _sound_backup(site: Site, path: Path) -> list[str]:
    """It opens as a home of its own and holds what was there before."""
    copy = Place(path.parent.parent / "from-backup")
    shutil.rmtree(copy.folder, ignore_errors=True)
    shutil.unpack_archive(path, copy.home, "zip")
    try:
        with opened(copy) as session:
            missing = len(site.before - _ids(session))
            return [f"the backup lacks {missing} records"] if missing else []
    except CrfError as refusal:
        return [f"the backup does not open: {refusal.code}"]
    finally:
        shutil.rmtree(copy.folder)


def _sound_bundle(site: Site, path: Path) -> list[str]:
    with opened(site.place) as session:
        public, study, env = session.keys.device.sign.public, session.study.oid, session.env
    try:
        bundle = open_bundle(
            path.read_bytes(), study=study, env=env, lookup=lambda *_: Author(public), mine=CENTRAL_BOX
        )
        count = sum(_read(one) for one in bundle.parts() if isinstance(one, Segment))
    except CrfError as refusal:
        return [f"the bundle does not open: {refusal.code}"]
    return [] if count >= len(site.before) else [f"the bundle holds {count} records"]


def _read(segment: Segment) -> int:
    """How many records; read to the seal, as the next part wants it."""
    count = len(list(segment.records()))
    segment.seal()
    return count


def _look_at_store(site: Site, session: Session, ended: Ended, lost: list[str], wrong: list[str]) -> None:
    """The records from before, each acknowledged one with its value, a signature with its document."""
    here = {one.id: one.record for one in entries(session.store.conn)}
    lost += [f"record {one[:12]} of before" for one in sorted(site.before - set(here))]
    for row in ended.rows:
        record = row.get("record")
        if row.get("ok") and record and (record not in here or here[record].value != row.get("value")):
            lost.append(f"value {record[:12]}")
        if row.get("ok") and row.get("record_sha256") and not _signed(session, row["pdf_sha256"]):
            lost.append("the signature")
    wrong += [f"verify: {one['where']}: {one['en']}" for one in verify(session).problems]


def _signed(session: Session, pdf: str) -> bool:
    return any(
        json.loads(record.value or "{}").get("pdf_sha256") == pdf
        for _, record in reads.records_of_kind(session.store.conn, "sign.make")
    )


def _do_again(site: Site, place: Place, act: Act, program: Program, wrong: list[str]) -> None:
    """The program is usable: the same act succeeds; a form that stands signed is said to be."""
    with opened(place) as session:
        done = bool(list(reads.records_of_kind(session.store.conn, "sign.make"))) and act.name == "sign"
    ended = place.run(
        program, Act("export", "nurse", ("pdf", "form", *FORM, "{out}/signed.pdf")) if done else act
    )
    if ended.code:
        wrong.append(f"afterwards {act.name} ends with {ended.code}: {ended.said}")
    elif act.file and _names(place.out) != [act.file]:
        wrong.append(f"afterwards {', '.join(_names(place.out))} are there")
    elif act.file:
        wrong += _worth(site, act, place.out / act.file)
