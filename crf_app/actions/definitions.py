"""Definition files: check them, and read one as a study with its compiled rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crf_app.errors import DefinitionError
from crf_app.model.definition import Study, Text
from crf_app.model.load import load
from crf_app.rules.expression import Rules, compile_study

FORMS = "forms"


@dataclass(frozen=True, slots=True)
class StudyChoice:
    """One study that can be set up on this computer."""

    folder: Path
    oid: str
    name: Text
    title: Text


def load_study(folder: Path) -> tuple[Study, Rules]:
    """The study and its compiled rules.  Raises DefinitionError with every problem of files and rules."""
    loaded = load(folder)
    return loaded.study, compile_study(loaded.study, loaded.places)


def check_study(folder: Path) -> Study:
    """As `load_study`, for the command `check`."""
    return load_study(folder)[0]


def shipped_studies() -> Path:
    """Where the studies lie that come with the program, in the source tree and in the built program."""
    return Path(__file__).resolve().parents[2] / FORMS


def study_folders(root: Path) -> list[StudyChoice]:
    """The studies that lie under `root`; a folder whose definition is wrong is left out of the choice."""
    found = []
    for folder in sorted(path.parent for path in root.glob("*/study.toml")):
        try:
            found.append(study_choice(folder))
        except DefinitionError:
            continue  # `crf-app check` says what is wrong with it
    return found


def study_choice(folder: Path) -> StudyChoice:
    """The study of this folder.  Raises DefinitionError with every problem of its files."""
    study = load(folder).study
    return StudyChoice(folder, study.oid, study.name, study.title)
