"""Take over the clinical data of a CDISC ODM file: subjects, visits, rows, answers, queries, signatures.

One durable transaction for each subject.  Every answer is checked as one that is typed; what does not fit is
told line by line and the rest is taken.  The same file twice appends nothing; other values than those that
stand here are left, unless a reason makes them corrections.  A signature cannot be valid in another home: it
is kept as a statement of its source.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crf_app.actions.lab.report_line import ReportLine
from crf_app.actions.odm.odm_places import Places
from crf_app.actions.odm.odm_subject import SubjectImport
from crf_app.actions.odm.odm_work import Tell, Work
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData, load_subject
from crf_app.crypto.canonical import canonical
from crf_app.errors import WrongState
from crf_app.model.keys import form_key_of, new_uid
from crf_app.model.progress import Cancelled, Progress, counted, silent
from crf_app.model.record import Draft
from crf_app.model.typed import shown
from crf_app.model.workflow import Step
from crf_app.store import reads

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Admin, Subject
    from crf_app.exchange.data_in import DataFile

#: lines of the report that are kept; all of them are told
MOST_LINES: Final = 1000
_AT_ONCE: Final = 500  # people or places in one record


@dataclass(frozen=True, slots=True)
class OdmImport:
    """What became of a file.

    `outcomes`: outcome → how many lines (refused, differs, kept, empty, derived …); `lines`: the first of
    them; `losses`: elements of the file that are not read → how many;
    `stopped`: the person stopped it, the subjects taken before that stay.
    """

    subjects: int
    added: int
    answers: int
    records: int
    outcomes: dict[str, int]
    lines: tuple[ReportLine, ...]
    losses: dict[str, int]
    stopped: bool = False


def import_odm(
    session: Session,
    path: Path,
    *,
    dry_run: bool = False,
    reason: str = "",
    tell: Tell = lambda line: None,
    say: Callable[[int, int], None] = lambda subjects, answers: None,
    progress: Progress = silent,
) -> OdmImport:
    """Everything of the file at `path` that fits; `reason` makes other values than ours corrections.

    `tell` gets each line of the report at once, `say` (subjects, answers) after each subject, `progress` the
    subjects; stopped, whole subjects stay.
    Raises NotAllowed, ExchangeRefused (not ODM, a broken element), WrongState (another study), LimitExceeded,
    StorageError; whole subjects before that point stay.
    """
    from crf_app.exchange.data_in import open_data

    session.require(Step.IMPORT, path.name)
    with open_data(path) as file:
        return _Import(session, file, dry_run, reason.strip(), tell, say, progress).run()


class _Import:
    def __init__(
        self,
        session: Session,
        file: DataFile,
        dry_run: bool,
        reason: str,
        tell: Tell,
        say: Callable[[int, int], None],
        progress: Progress,
    ) -> None:
        self.session, self.file, self.dry_run, self.reason = session, file, dry_run, reason
        self._tell, self.say, self.progress = tell, say, progress
        self.places = Places(session.study)
        self.outcomes: Counter[str] = Counter()
        self.losses: Counter[str] = Counter()
        self.lines: list[ReportLine] = []
        self.uids = _uids(session)
        self.told = False

    def tell(self, line: ReportLine) -> None:
        self.outcomes[line.outcome] += 1
        if len(self.lines) < MOST_LINES:
            self.lines.append(line)
        self._tell(line)

    def run(self) -> OdmImport:
        subjects = added = answers = records = 0
        stopped = False
        try:
            for subject in counted(self.file.subjects(), self.progress):
                self._check_study(subject)
                subjects += 1
                drafts, new, count = self._subject(subject)
                answers, added = answers + count, added + new
                if drafts and not self.dry_run:
                    records += self._commit(drafts)
                elif drafts:
                    records += len(drafts)
                self.session.forget()
                self.say(subjects, answers)
        except Cancelled:
            stopped = True
        losses, told = dict(self.file.losses + self.losses), dict(self.outcomes)
        return OdmImport(subjects, added, answers, records, told, tuple(self.lines), losses, stopped)

    def _check_study(self, subject: Subject) -> None:
        """Raises WrongState for data of another study."""
        study = self.session.study
        if subject.study in (study.oid, study.odm_oid):
            return
        raise WrongState(
            f"The file holds data of the study {shown(subject.study)}, this home {study.oid}. Choose "
            "the home of that study.",
            f"文件中是研究 {shown(subject.study)} 的数据，本机的研究为 {study.oid}。请选择该研究的数据。",
            where=f"{self.file.path.name}:{subject.line}",
        )

    def _subject(self, subject: Subject) -> tuple[Sequence[Draft], bool, int]:
        label = unicodedata.normalize("NFKC", subject.key).strip()
        known = self.uids.get(label, [])
        refusal = self._refused(label, known)
        if refusal is not None:
            self.tell(ReportLine(subject.line, "refused", refusal, shown(subject.key)))
            return (), False, 0
        uid = known[0] if known else f"{self.session.site}-{new_uid()}"
        session = self.session
        day = session.clock.now().date()
        data = load_subject(
            session.store.conn, session.study, session.rules, uid, day, session.ranges, session.editions
        )
        work = Work(
            session, self.places, subject, data, self.tell, lose=self._lose, new=not known, reason=self.reason
        )
        done = SubjectImport(work).outcome()
        if not known:
            self.uids[label] = [uid]
        drafts = [_under(data, one) for one in done.drafts] if session.editions.several else done.drafts
        return drafts, done.added, done.answers

    def _lose(self, what: str) -> None:
        self.losses[what] += 1

    def _refused(self, label: str, known: list[str]) -> dict[str, str] | None:
        if len(known) > 1:
            return {"en": "Two subjects carry this number here.", "zh": "此编号对应两名受试者。"}
        if not known and not re.fullmatch(self.session.study.subject_pattern, label, re.ASCII):
            example = self.session.study.subject_format.format(n=1)
            return {"en": f"This is no subject number of the study; one is written like {example}.",
                    "zh": f"不是本研究的受试者编号，格式如 {example}。"}  # fmt: skip
        return None

    def _commit(self, drafts: Sequence[Draft]) -> int:
        """One durable transaction; the first one also says what file it is from and whom it speaks of."""
        first = [] if self.told else list(_about(self.file))
        self.session.forget()  # nothing of this subject is shown: nothing need be read again
        done = self.session.commit([*first, *drafts])
        self.told = True
        return done.records


def _under(data: SubjectData, draft: Draft) -> Draft:
    """A record about a form is made under the version of the definition by which the form is read here."""
    if "/" not in (draft.key or ""):
        return draft
    key = form_key_of(data.uid, draft.key or "")
    return replace(draft, def_=data.edition(key).study.version)


def _uids(session: Session) -> dict[str, list[str]]:
    """number → uids of the subjects that are here."""
    out: dict[str, list[str]] = {}
    for one in reads.subject_names(session.store.conn):
        out.setdefault(one.label, []).append(one.uid)
    return out


def _about(file: DataFile) -> Iterator[Draft]:
    """What was imported: the file by its SHA-256, and its people, places and meanings of signatures."""
    with file.path.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    facts = file.facts
    said = {
        "format": "odm",
        "odm": facts.odm,
        "file": facts.file_oid,
        "sha256": digest,
        "name": file.path.name,
    }
    for admin in _parts(file.admin):
        yield Draft("import.make", value=canonical(said | {"admin": admin}).decode())


def _parts(admin: Admin) -> Iterator[dict[str, Any]]:
    """The people and places in pieces that a record can hold; one piece at least."""
    most = max(len(admin.users), len(admin.locations), len(admin.signatures), 1)
    for start in range(0, most, _AT_ONCE):
        end = start + _AT_ONCE
        yield {
            "users": [asdict(one) for one in admin.users[start:end]],
            "locations": [asdict(one) for one in admin.locations[start:end]],
            "signatures": [asdict(one) for one in admin.signatures[start:end]],
        }
