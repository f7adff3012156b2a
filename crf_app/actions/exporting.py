"""Write the data for analysis: CSV files with a code book.  Each export is recorded with its row count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from crf_app.actions.changes import Changes
from crf_app.actions.exporting_forms import Mistakes, form_lines
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey, item_key_of
from crf_app.model.number_text import number_text
from crf_app.model.progress import Progress, counted, silent
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.rules.readings import flag_of, read
from crf_app.settings.folders import refuse_network_folder
from crf_app.store import reads
from crf_app.store.reads import ItemRow


def export_csv(session: Session, folder: Path, progress: Progress = silent) -> Changes:
    """Long and wide CSV files into `folder`; `progress` counts subjects, then tables.

    What was made by mistake is in `forms.csv` only.

    Raises StorageError, NotAllowed, Cancelled; stopped before the first file is written, there is none.
    """
    from crf_app.export.csv import ExportRow, write_csv

    session.require(Step.EXPORT)
    refuse_network_folder(folder)
    conn = session.store.conn
    labels = {one.uid: one.label for one in reads.subjects(conn)}
    rows = []
    numbers, versions, aside = _RowNumbers(session), _Versions(session), Mistakes(session)
    for uid, item in _answers(conn, reads.uids_of_subjects(conn), progress):
        key = item_key_of(uid, item.key)
        if aside.has(uid, key.form_key.event):
            continue
        rows.append(
            ExportRow(
                site=session.site,
                subject=labels.get(uid, uid),
                event=key.form_key.event,
                form=key.form_key.form,
                group=key.group_oid,
                row=key.row,
                item=key.item,
                value=item.answer.value,
                missing=item.answer.missing,
                unit=item.answer.unit,
                names_row=numbers.named_by(key, item.answer.value),
                version=versions.of(key.form_key),
                reading=_reading(session, key, item.answer),
            )
        )
    write_csv(rows, session.study, folder, progress, form_lines(session, labels, aside))
    said = canonical({"format": "csv", "rows": len(rows)}).decode()
    return session.commit([Draft("export.make", value=said)])


def _answers(conn: Any, uids: Sequence[str], progress: Progress) -> Iterator[tuple[str, ItemRow]]:
    for uid in counted(uids, progress, len(uids)):
        for item in reads.items_of_subject(conn, uid):
            yield uid, item


def _reading(session: Session, key: ItemKey, answer: Answer) -> tuple[str, ...]:
    """What a number means on the day of its sample, in the order of READING_COLUMNS; () for all else."""
    item = _asked_as(session, key)
    ranged = item is not None and (item.lab or bool(item.reference))
    if item is None or answer.value is None or not (item.unit or ranged):
        return ()
    meant = read(item, answer)
    if meant.number is None:
        return ()
    data = session.subject(key.subject) if ranged else None
    reference = data.reference_at(key.form_key.event, item, answer) if data else None
    low, high = (reference.low, reference.high) if reference else (None, None)
    whose = "" if reference is None else "laboratory" if reference.site else "default"
    value = f"{meant.operator}{number_text(meant.number)}"
    return (value, item.unit or "", low or "", high or "", whose, flag_of(meant, reference))


def _asked_as(session: Session, key: ItemKey) -> ItemDef | None:
    """The item by the version under which its form is read: as the page and the paper say it."""
    form = key.form_key
    known = session.subject(key.subject).form_def(form) if session.editions.several else None
    return (known or session.study.forms[form.form_oid]).items.get(key.item)


class _RowNumbers:
    """The number of the row that an answer names, read once for each subject."""

    def __init__(self, session: Session) -> None:
        self.session, self.found = session, dict[tuple[str, str], str]()
        self.read: set[str] = set()

    def named_by(self, key: ItemKey, value: str | None) -> str:
        """ "2", or "" for an answer that names no row."""
        item = self.session.study.forms[key.form_key.form_oid].items.get(key.item)
        if item is None or item.link is None or value is None:
            return ""
        if key.subject not in self.read:
            self.read.add(key.subject)
            for rows in reads.rows_of_subject(self.session.store.conn, key.subject).values():
                self.found |= {(key.subject, part): n for part, _, n in rows}
        return self.found.get((key.subject, f"{item.link}~{value}"), "")


class _Versions:
    """The version of the definition by which each form is read."""

    def __init__(self, session: Session) -> None:
        self.session, self.subject = session, ""
        self.found: dict[FormKey, str] = {}

    def of(self, key: FormKey) -> str:
        if self.session.editions.several and key.subject != self.subject:
            self.subject = key.subject
            self.found = reads.form_versions(self.session.store.conn, key.subject)
        return self.found.get(key, self.session.study.version)
