"""Write the study's data as a CDISC ODM file: definition, people and places, and subject after subject.

The whole audit trail, or a snapshot of what stands now.  Subjects are read one at a time; the file is checked
by CDISC's schema while it is written and gets its name only when it is valid (`exchange/data_out.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crf_app import __version__
from crf_app.actions.changes import Changes
from crf_app.actions.odm.odm_admin import Odm, admin_of
from crf_app.actions.odm.odm_names import (
    home_name,
    now_iso,
    units_of,
)
from crf_app.actions.odm.odm_snapshot import Snapshot, Standing
from crf_app.actions.odm.odm_teller import Names, Teller
from crf_app.actions.odm.odm_trail import Trail
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.crypto.certificates import read_certificate
from crf_app.model.definition import Study
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.rules.unit_state import MISTAKE
from crf_app.settings.folders import refuse_network_folder
from crf_app.store import marks, reads, trail

if TYPE_CHECKING:
    from crf_app.exchange.clinical import Subject

#: records of a subject that are no answers but are told in a snapshot
_OTHERS = (
    "subject.add", "row.add", "event.add", "sign.make", "import.make",
    "query.open", "query.reopen", "query.answer", "query.close", "query.cancel",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written; `changes` is the record of it."""

    subjects: int
    size: int
    changes: Changes


def export_odm(
    session: Session,
    path: Path,
    odm: Odm = "1.3.2",
    *,
    snapshot: bool = False,
    say: Callable[[int, int], None] = lambda done, of: None,
) -> Exported:
    """All subjects of this home into `path`; `say(subjects written, of how many)`.

    Raises NotAllowed, ExchangeRefused (the file would not be valid), StorageError, StorageFull; then nothing
    is written.
    """
    from crf_app.exchange.clinical import Head
    from crf_app.exchange.data_out import write_odm

    session.require(Step.EXPORT)
    refuse_network_folder(path.parent)
    metadata, names = described(session, odm)
    now = session.clock.now()
    head = Head(
        f"{session.study.oid}.{session.site}.{secrets.token_hex(8)}",
        "Snapshot" if snapshot else "Transactional",
        now_iso(now),
        f"{session.study.oid} {session.site}",
        "crf-app",
        __version__,
    )
    told = _counted(subjects_of(session, names, snapshot), len(reads.subject_names(session.store.conn)), say)
    written = write_odm(path, odm, head, admin_of(session, names, odm), told, metadata)
    said = {"format": "odm", "odm": odm, "snapshot": snapshot, "subjects": written.subjects}
    record = Draft("export.make", value=canonical(said | {"file": head.file_oid}).decode())
    return Exported(written.subjects, written.size, session.commit([record]))


def described(session: Session, odm: Odm) -> tuple[str, Names]:
    """The definition as text of a Study element, and what its things are called in the file."""
    from crf_app.exchange.data_head import study_text
    from crf_app.exchange.oids import OidMap

    said, written = study_text(session.study, odm), OidMap.of(session.study).written
    units = units_of(session.study) if odm == "1.3.2" else {}
    own = _own_groups(session.study, written) if odm == "2.0" else frozenset()
    several = session.editions.several
    return said.text, Names(
        said.study, said.version, session.site, home_of(session), written, units, own, several
    )


def home_of(session: Session) -> str:
    """What the people of this home are called by: site and key of the site."""
    return home_name(session.site, read_certificate(session.keys.site_certificate).public)


def _own_groups(study: Study, written: Mapping[str, str]) -> frozenset[str]:
    """The groups that are items of a form of ODM 2.0 itself: they bear the form's own name."""
    return frozenset(
        group.oid for form in study.form for group in form.item_group if group.odm_oid == written[form.oid]
    )


def subjects_of(session: Session, names: Names, snapshot: bool) -> Iterator[Subject]:
    """Every subject by number, each read when it is its turn."""
    conn, teller = session.store.conn, Teller(names)
    for one in reads.subject_names(conn):
        if snapshot and one.status != MISTAKE:
            aside = marks.mistaken_visits(conn, one.uid)
            others = trail.records_of_kinds(conn, one.uid, *_OTHERS)
            told = Snapshot(teller, one.label, _standing(conn, one.uid, names, aside))
            answers = trail.answers_of_subject(conn, one.uid)
            yield told.told(
                [row for row in answers if row[5].partition("/")[0] not in aside],
                [row for row in others if row.key.partition("/")[0] not in aside],
            )
        elif snapshot:
            continue  # made by mistake: nothing of it stands
        else:
            yield Trail(teller, one.label).told(trail.records_of_subject(conn, one.uid))


def _standing(conn: Any, uid: str, names: Names, aside: Container[str]) -> Standing:
    """`aside`: visits that were made by mistake."""
    every = reads.forms_of_subject(conn, uid)
    forms = {key: row for key, row in every.items() if key.event not in aside}
    marked = marks.not_done_forms(conn, uid)
    versions = reads.form_versions(conn, uid) if names.several else {}
    return Standing(
        trail.struck_rows(conn, uid),
        trail.valid_signatures(conn, uid),
        {key.path: row.status for key, row in forms.items() if row.status != "open"},
        {key.path: version for key, version in versions.items() if key.event not in aside},
        {key.path: (one.missing, one.reason) for key, one in marked.items() if key.event not in aside},
    )


def _counted(subjects: Iterable[Subject], of: int, say: Callable[[int, int], None]) -> Iterator[Subject]:
    for done, one in enumerate(subjects, 1):
        yield one
        say(done, of)
