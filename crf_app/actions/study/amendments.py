"""Put a new version of the definition in force: which version stands from which day, said by a record.

The stored definition is the new files' plus whatever the version before asked (`model/amending.py`), so that
it alone knows all that was ever collected.  Moving forms that are begun is `migrating.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crf_app.actions.changes import Changes
from crf_app.actions.session import Session
from crf_app.actions.study.definitions import load_study
from crf_app.actions.study.editions import KIND, Activation, activations, in_force, missing, stored_edition
from crf_app.actions.study.study_diff import Compared
from crf_app.crypto.canonical import canonical
from crf_app.errors import AmendmentRefused, ReasonRequired, ValueRejected, WrongState
from crf_app.model.amending import amended, refusal
from crf_app.model.amendment_refusals import reused
from crf_app.model.definition import Study
from crf_app.model.differences import differences
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.rules.expression import compile_study


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version that was put in force; `state`: past, in force, coming."""

    activation: Activation
    state: str


def versions(session: Session) -> list[VersionLine]:
    """Every version of the definition that this site has put in force, oldest first."""
    found = activations(session.store.conn)
    today = session.clock.now().date()
    now = in_force(session.store.conn, found, today)
    return [VersionLine(one, _state(one, now, today)) for one in found]


def _state(one: Activation, now: Activation | None, today: date) -> str:
    if one is now:
        return "in force"
    return "coming" if one.valid_from > today.isoformat() else "past"


def amendment(session: Session, folder: Path) -> Compared:
    """What the definition in `folder` would change here; nothing is stored.

    Raises DefinitionError, AmendmentRefused (it would read data as something else), WrongState (no change).
    """
    return _compared(session, load_study(folder)[0])


def proposed(session: Session, new: Study) -> Compared:
    """What a definition that is loaded would change here, also what is refused; nothing is stored.

    Raises WrongState (no change), AmendmentRefused where the version alone is refused.
    """
    try:
        return _compared(session, new)
    except AmendmentRefused:
        before = _latest(session)
        compared = Compared(before, new, differences(before, new))
        if not compared.refused:
            raise
        return compared


def _compared(session: Session, new: Study) -> Compared:
    before = _latest(session)
    study = amended(before, new)
    if study.sha256 == before.sha256:
        raise WrongState(
            f"This is version {before.version}, which stands here already. Nothing would change.",
            f"该定义即第 {before.version} 版，本机已有，无任何变化。",
            where=before.version,
        )
    _refuse_known_version(session, study)
    compile_study(study)
    return Compared(before, study, differences(before, study))


def activate(session: Session, folder: Path, valid_from: date, reason: str) -> Changes:
    """Put the definition in `folder` in force for this site from a day on, today or later.

    Forms that are begun keep their version.  Raises what `amendment` raises, ReasonRequired, ValueRejected
    (a day that is past), NotAllowed.
    """
    session.require(Step.AMEND)
    return put_in_force(session, load_study(folder)[0], valid_from, reason)


def put_in_force(session: Session, new: Study, valid_from: date, reason: str) -> Changes:
    """As `activate`, for a definition that is loaded."""
    session.require(Step.AMEND)
    if not reason.strip():
        raise ReasonRequired(
            "Why is the definition changed? Name the approval, such as the amendment's number.",
            "请说明修改原因，例如方案修订号及批件。",
        )
    if valid_from < session.clock.now().date():
        raise ValueRejected(
            f"{valid_from} is past. A version begins today or later.",
            f"{valid_from} 已过。新版本只能自今日或之后生效。",
            where=valid_from.isoformat(),
        )
    study = _compared(session, new).new
    said = {"version": study.version, "sha256": study.sha256, "from": valid_from.isoformat()}
    draft = Draft(KIND, key=session.site, value=canonical(said).decode(), reason=reason.strip())
    done = session.commit([draft], {study.sha256: study.canonical_bytes()})
    session.see_version_in_force()
    return done


def _refuse_known_version(session: Session, study: Study) -> None:
    """A version string that stood for another definition here stands for it for ever."""
    for one in activations(session.store.conn):
        if one.version == study.version and one.sha256 != study.sha256:
            raise refusal([reused(study)])


def _latest(session: Session) -> Study:
    """The definition that was activated last, also one that is still to come."""
    last = activations(session.store.conn)[-1]
    edition = stored_edition(session.store.conn, last.sha256, session.store.path.name)
    if edition is None:
        raise missing(session.store.path.name)
    return edition.study
