"""What our Alias holds in ODM 2.0, checked before anybody looks into it: fields of the definition at hand.

A file may have been changed after this program wrote it.  Each field must be one that such a definition has,
of its type, or null (which takes back what the schema made us write); so readers can rely on it.
Beside fields stand a few tables of this format's own (`TABLES`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from crf_app.model.def_base import Def, Foreign, NotRun
from crf_app.model.definition import JsonObject

#: of a form and a group: OID of what it refers to → what the reference cannot say
REFS: Final = "refs"
#: of a form: its groups whose items stand in the form itself
OWN_ITEMS: Final = "own_items"
#: of a rule of ours: the form that it belongs to
FORM: Final = "form"
#: of the study: what is kept of a file of ODM 1.3
OTHER_PIECES: Final = "other_pieces"


class _Reference(Def):
    mandatory: bool | None = None
    method: str | None = None
    collect_when: str | None = None
    not_run: tuple[NotRun, ...] | None = None


TABLES: Final[dict[str, Any]] = {
    REFS: dict[str, _Reference],
    OWN_ITEMS: list[dict[str, Any]],
    FORM: str,
    OTHER_PIECES: list[Foreign],
}


#: annotation → the type of which every value is allowed
_ANY: Final[tuple[tuple[Any, type], ...]] = (
    *((str, str), (str | None, str), (int, int), (int | None, int), (bool, bool), (bool | None, bool)),
)


class _Check(NamedTuple):
    """Of a field or table: whether null takes it back, the type that needs no look inside, and the look."""

    may_be_none: bool
    kind: type | None
    validate: Callable[..., object]


def rest_in(name: str, model: type[Def], *tables: str) -> JsonObject:
    """The fields and tables from the Name of our Alias.

    Raises ValueError if it holds anything but fields of `model` and these tables.
    """
    try:
        found = json.loads(name)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("not an object")
    checks = _checks(model, tables)
    for key, value in found.items():
        check = checks.get(key)
        if check is None:
            raise ValueError(f"{key} is no field")
        if type(value) is not check.kind and not (value is None and check.may_be_none):
            _look(check, key, value)
    return found


def _look(check: _Check, key: str, value: object) -> None:
    try:
        check.validate(value, strict=isinstance(value, str | int))
    except ValidationError as error:
        raise ValueError(f"{key} has another type") from error


@cache
def _checks(model: type[Def], tables: tuple[str, ...]) -> dict[str, _Check]:
    found = {
        key: _check(not field.is_required(), field.annotation) for key, field in model.model_fields.items()
    }
    return found | {key: _check(False, TABLES[key]) for key in tables}


def _check(may_be_none: bool, annotation: Any) -> _Check:
    kind = next((kind for known, kind in _ANY if known == annotation), None)
    return _Check(may_be_none, kind, TypeAdapter(annotation).validator.validate_python)
