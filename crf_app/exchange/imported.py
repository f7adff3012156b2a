"""A study that came from another system passes the checks that a study of definition files passes.

The checks work on files of definitions with lines; here each OID stands on the line of its element in the
imported file, so that a mistake is found there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from crf_app.model.definition import Study
from crf_app.model.definition_text import Source
from crf_app.model.load import refusal
from crf_app.model.load_checks import check_study

_STUDY: Final = "study.toml"
_LISTS: Final = "codelists.toml"


def checked(study: Study, path: Path, lines: Mapping[str, int]) -> None:
    """Raises DefinitionError that lists every mistake, as for definition files.  `lines`: our OID → line."""
    source = _source(path, lines)
    forms = {form.oid: form for form in study.form}
    sources = {_STUDY: source, _LISTS: source} | dict.fromkeys(forms, source)
    problems = list(check_study(study, list(study.code_list), forms, sources))
    if problems:
        raise refusal(replace(one, file=path.name, line=lines.get(one.oid, one.line)) for one in problems)


def _source(path: Path, lines: Mapping[str, int]) -> Source:
    """A file of empty lines of which it is known where each OID stands."""
    source = Source(path.name, "\n" * (max(lines.values(), default=0) + 1), {})
    source.__dict__["oid_lines"] = {oid: [line] for oid, line in lines.items()}  # what it would look up
    return source
