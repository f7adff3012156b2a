"""Check a study's definition: load it strictly, then say what is doubtful, each thing with its file and line.

Also explains one rule of it.  What is doubtful is decided in `rules/doubts.py` and `definition_doubts.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crf_app.model.definition import Study
from crf_app.model.definition_text import Place, Problem
from crf_app.model.load import load
from crf_app.rules.definition_doubts import definition_doubts
from crf_app.rules.doubts import Doubt, Progress, rule_doubts
from crf_app.rules.environment import build
from crf_app.rules.explain import (
    Explained,
    Outcome,
    explained,
    find_rules,
    item_behind,
    names_of_rule,
    outcome,
)
from crf_app.rules.expression import Rules, compile_study
from crf_app.rules.given import named_in
from crf_app.rules.tries import MOST, Rule

__all__ = [
    "Explained", "Explanation", "Outcome", "StudyFiles", "Warned", "explain", "item_behind", "read_files",
    "warnings_of",
]  # fmt: skip
_STUDY: Final = "study.toml"


@dataclass(frozen=True, slots=True)
class StudyFiles:
    """A study that loads, its compiled rules, and where each OID stands."""

    folder: Path
    study: Study
    rules: Rules
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Warned:
    """One doubt at its place; `kind` is a stable word for programs."""

    kind: str
    problem: Problem

    def as_json(self) -> dict[str, object]:
        return {"warning": self.kind} | self.problem.as_json()


@dataclass(frozen=True, slots=True)
class Explanation:
    """`at`: rules of the OID with their place and, where values were given, their outcome.

    `reading`: other rules that read the item, with their places.
    """

    at: tuple[tuple[Explained, Place, Outcome | None], ...]
    reading: tuple[tuple[Rule, Place], ...]


def read_files(folder: Path) -> StudyFiles:
    """The study of a folder.  Raises DefinitionError with every problem of files and rules."""
    loaded = load(folder)
    return StudyFiles(folder, loaded.study, compile_study(loaded.study, loaded.places), loaded.places)


def warnings_of(files: StudyFiles, most: int = MOST, progress: Progress | None = None) -> list[Warned]:
    """Everything doubtful, in the order of files and lines; `most`: tries a rule."""
    doubts = [*definition_doubts(files.study), *rule_doubts(files.rules, most, progress)]
    found = [Warned(doubt.kind, _placed(files, doubt)) for doubt in dict.fromkeys(doubts)]
    return sorted(found, key=lambda one: (one.problem.file, one.problem.line, one.problem.oid, one.kind))


def explain(files: StudyFiles, oid: str, given: Mapping[str, str], today: str) -> Explanation:
    """A rule, or the rules at and around an item, group or form.

    `given`: values by name, to try the rules at it with.  `today`: ISO date.  Raises NotFound for an OID
    that is not there, ValueRejected for a name that no rule at it reads or a value that it cannot hold.
    """
    at, reading = find_rules(files.rules, oid)
    compile_part: Callable[[str], Any] | None = build(files.rules.names).compile if given else None
    told = [(explained(files.rules, one), _place(files, one.oid)) for one in at]
    tried = [None if compile_part is None else outcome(files.rules, one, mine, today, compile_part)
             for one, mine in _shared(files.rules, at, given)]  # fmt: skip
    return Explanation(
        tuple((one, place, result) for (one, place), result in zip(told, tried, strict=True)),
        tuple((one, _place(files, one.oid)) for one in reading),
    )


def _shared(
    rules: Rules, at: tuple[Rule, ...], given: Mapping[str, str]
) -> Iterator[tuple[Rule, Mapping[str, str]]]:
    """Each rule with those of the given values that it reads; what none of them reads is refused."""
    every = {name for rule in at for name in names_of_rule(rules, rule)}
    for name in given:
        named_in(rules, every, name)
    for rule in at:
        own = names_of_rule(rules, rule)
        yield rule, {name: text for name, text in given.items() if named_in(rules, own, name, needed=False)}


def _placed(files: StudyFiles, doubt: Doubt) -> Problem:
    place = _place(files, doubt.oid)
    return Problem(place.file, place.line, doubt.oid, *doubt.message, *doubt.hint)


def _place(files: StudyFiles, oid: str) -> Place:
    """Where an OID stands; a status or flow line by its code, a form of a visit at the visit."""
    if oid in files.places:
        return files.places[oid]
    if "/" in oid:
        return files.places.get(oid.partition("/")[0], Place(_STUDY, 1))
    code = re.compile(rf'\s*(code|oid)\s*=\s*"{re.escape(oid.partition(".")[2] or oid)}"')
    lines = (files.folder / _STUDY).read_text("utf-8").splitlines()
    found = (number for number, line in enumerate(lines, 1) if code.match(line))
    return Place(_STUDY, next(found, 1))
