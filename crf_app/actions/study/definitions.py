"""Definition files: check them, and read one as a study with its compiled rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crf_app.actions.study.study_import import read_study
from crf_app.errors import DefinitionError
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.load import load
from crf_app.rules.expression import Rules, compile_study


@dataclass(frozen=True, slots=True)
class StudyChoice:
    """One study that can be set up on this computer."""

    folder: Path
    oid: str
    name: Text
    title: Text


def load_study(folder: Path) -> tuple[Study, Rules]:
    """The study of a folder of definition files, or of an ODM or XLSForm file, and its compiled rules.

    Raises DefinitionError with every problem of files and rules; for a file also what `read_study` raises.
    """
    if folder.is_file():
        study = read_study(folder)
        return study, compile_study(study)
    loaded = load(folder)
    return loaded.study, compile_study(loaded.study, loaded.places)


def study_folders(root: Path) -> list[StudyChoice]:
    """The studies under `root`, the largest first; a folder whose definition is wrong is left out."""
    found = []
    for folder in _largest_first(root):
        try:
            found.append(study_choice(folder))
        except DefinitionError:
            continue  # `crf-app check` says what is wrong with it
    return found


def largest_study(root: Path) -> Path:
    """The folder of the study with the most files: the demo shows most with it."""
    return next(iter(_largest_first(root)), root)


def _largest_first(root: Path) -> list[Path]:
    folders = (path.parent for path in root.glob("*/study.toml"))
    return sorted(folders, key=lambda folder: (-len(list(folder.glob("*.toml"))), folder.name))


def study_choice(folder: Path) -> StudyChoice:
    """The study of this folder.  Raises DefinitionError with every problem of its files."""
    study = load(folder).study
    return StudyChoice(folder, study.oid, study.name, study.title)
