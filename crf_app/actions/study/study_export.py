"""The study's definition for others: CDISC ODM metadata, or a codebook for people, of a home or as given.

What leaves a home is recorded; a folder or file of definitions belongs to nobody and needs no sign-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crf_app.actions.session import Session
from crf_app.actions.study.definitions import load_study
from crf_app.crypto.canonical import canonical
from crf_app.model.definition import Study
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.rules.expression import compile_study
from crf_app.settings.files import write_file
from crf_app.settings.folders import refuse_network_folder

Format = Literal["odm-1.3.2", "odm-2.0", "codebook"]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written; `at`: time of the record of it, "" for a definition that no home holds."""

    study: Study
    files: tuple[Path, ...]
    at: str = ""


def export_home_study(session: Session, out: Path, kind: Format) -> Written:
    """The study of this home, as `kind`, at `out`.

    Raises NotAllowed, ExchangeRefused (the file would not be valid), StorageError, StorageFull; then nothing
    is written.
    """
    session.require(Step.EXPORT)
    files = _write(session.study, out, kind)
    said = {"format": kind, "version": session.study.version, "sha256": session.study.sha256}
    changes = session.commit([Draft("export.make", value=canonical(said).decode())])
    return Written(session.study, files, changes.at)


def export_definition(definition: Path, out: Path, kind: Format) -> Written:
    """The study of a folder of definition files, or of an ODM or XLSForm file.  Raises as `load_study`."""
    study = load_study(definition)[0]
    return Written(study, _write(study, out, kind))


def _write(study: Study, out: Path, kind: Format) -> tuple[Path, ...]:
    refuse_network_folder(out.parent)
    made = _made(study, out, kind)
    for path, data in made:
        write_file(path, data)
    return tuple(path for path, _ in made)


def _made(study: Study, out: Path, kind: Format) -> list[tuple[Path, bytes]]:
    """Every file with its bytes, all made before the first is written."""
    if kind == "codebook":
        return _codebook(study, out)
    from crf_app.exchange.odm_out import odm_of

    return [(out, odm_of(study, "2.0" if kind == "odm-2.0" else "1.3.2"))]


def _codebook(study: Study, out: Path) -> list[tuple[Path, bytes]]:
    """OUT.xlsx and OUT.pdf; an ending .xlsx or .pdf of OUT is left out."""
    from crf_app.export.codebook import codebook_of
    from crf_app.export.codebook_pdf import codebook_pdf
    from crf_app.export.codebook_xlsx import codebook_xlsx

    book = codebook_of(study, compile_study(study))
    name = out.stem if out.suffix.lower() in (".xlsx", ".pdf") else out.name
    return [
        (out.with_name(f"{name}.xlsx"), codebook_xlsx(book)),
        (out.with_name(f"{name}.pdf"), codebook_pdf(book)),
    ]
