"""A study that came from another system passes the checks that a study of definition files passes.

The checks work on files of definitions with lines; here each OID stands on the line of its element in the
imported file, so that a mistake is found there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from crf_app.crypto.canonical import canonical
from crf_app.errors import ExchangeRefused
from crf_app.exchange.xml_in import refused
from crf_app.model.definition import JsonObject, Study, study_from_bytes
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


def study_of_fields(path: Path, fields: JsonObject, lines: Mapping[str, int], *, ours: bool) -> Study:
    """The study of the fields that were read; of one that this program wrote, with its very bytes.

    Raises ExchangeRefused that names the element of the first field that a definition cannot have.
    """
    try:
        if ours:
            return study_from_bytes(canonical(fields))
        return Study.model_validate(fields)
    except ValidationError as error:
        raise _wrong(path, fields, lines, error) from error
    except UnicodeEncodeError as error:
        raise refused(path, 1, "A text holds half a character.", "文本含有不完整的字符。") from error


def _wrong(
    path: Path, fields: JsonObject, lines: Mapping[str, int], error: ValidationError
) -> ExchangeRefused:
    """The refusal for a field that a definition cannot have, at the element it came from."""
    first = error.errors(include_url=False)[0]
    node: Any = fields
    oid = ""
    for key in first["loc"]:
        if isinstance(node, dict | list | tuple):
            node = node.get(key) if isinstance(node, dict) else node[key] if isinstance(key, int) else None
        if isinstance(node, dict) and isinstance(node.get("oid"), str):
            oid = node["oid"]
    field = ".".join(str(key) for key in first["loc"][-2:])
    return refused(
        path,
        lines.get(oid, 1),
        f"{oid} {field}: {first['msg']}.".lstrip(),
        f"{oid} {field} 的内容不符合要求。".lstrip(),
    )
