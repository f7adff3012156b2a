"""A study from another system's file: ODM 1.3 or 2.0, or an XLSForm workbook → a folder of definition files.

What the file is, is seen in it and not in its name.  Nothing is written unless the study loads, its rules
compile, and the folder gives it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from crf_app.errors import NotFound
from crf_app.exchange.report import ImportReport
from crf_app.model.definition import Study
from crf_app.model.write_files import write_folder
from crf_app.rules.expression import compile_study
from crf_app.settings.files import storage_refusal

Kind = Literal["odm", "xlsform"]
_HEAD: Final = 1024
_MARKS: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # before the first tag, in any encoding


@dataclass(frozen=True, slots=True)
class Imported:
    """A study that stands in its folder now, and what reading its file came to."""

    folder: Path
    kind: Kind
    study: Study
    report: ImportReport


def import_study(file: Path, folder: Path) -> Imported:
    """Read `file` and write its study into `folder`, which is new or empty.

    Raises NotFound, StorageError, LimitExceeded, ExchangeRefused (naming line and element, or sheet and row),
    DefinitionError (every mistake).
    """
    kind = kind_of(file)
    study, report = _read(file, kind)
    compile_study(study)
    write_folder(study, folder)
    return Imported(folder, kind, study, report)


def read_study(file: Path) -> Study:
    """The study of an ODM or XLSForm file, without writing anything.  Raises as `import_study`."""
    return _read(file, kind_of(file))[0]


def kind_of(file: Path) -> Kind:
    """XML is read as ODM, anything else as a workbook.  Raises NotFound, StorageError."""
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
    except FileNotFoundError as reason:
        raise NotFound(f"There is no file {file}.", f"没有文件 {file}。", where=str(file)) from reason
    except OSError as reason:
        raise storage_refusal(reason, file) from reason
    return "odm" if head.lstrip(_MARKS).startswith(b"<") else "xlsform"


def _read(file: Path, kind: Kind) -> tuple[Study, ImportReport]:
    if kind == "odm":
        from crf_app.exchange.odm_in import study_from_odm

        return study_from_odm(file)
    from crf_app.exchange.xlsform import study_from_xlsform

    return study_from_xlsform(file)


def free_folder(file: Path, parent: Path) -> Path:
    """A new folder in `parent` for the study of `file`: named as the file, numbered where that is taken."""
    stem = (
        "".join(char if char.isalnum() or char in "-_" else "-" for char in file.stem).strip("-") or "study"
    )
    number, folder = 1, parent / stem
    while folder.exists():
        number += 1
        folder = parent / f"{stem}-{number}"
    return folder
