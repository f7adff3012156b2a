"""Two definitions compared, before the newer one amends a study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crf_app.actions.study.definitions import load_study
from crf_app.model.definition import Study
from crf_app.model.difference import Difference
from crf_app.model.differences import differences


@dataclass(frozen=True, slots=True)
class Compared:
    """Two definitions and every difference between them."""

    old: Study
    new: Study
    differences: tuple[Difference, ...]

    @property
    def refused(self) -> bool:
        """Whether the newer one cannot amend the older one."""
        return any(one.kind == "refused" for one in self.differences)


def compare_definitions(old: Path, new: Path) -> Compared:
    """What changes from one folder of definition files to another.

    Raises DefinitionError with every problem of the first folder that does not load.
    """
    (before, _), (after, _) = load_study(old), load_study(new)
    return Compared(before, after, differences(before, after))
