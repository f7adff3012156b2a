"""What our Alias holds in ODM 2.0, checked before anybody looks into it: fields of the definition at hand.

A file may have been changed after this program wrote it.  Each field must be one that such a definition has,
of its type, or null (which takes back what the schema made us write); so readers can rely on it.
Beside fields stand a few tables of this format's own (`TABLES`).
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from crf_app.model.definition import Def, Foreign, JsonObject, NotRun

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
    for key, value in found.items():
        field = None if key in tables else model.model_fields.get(key)
        if field is None and key not in tables:
            raise ValueError(f"{key} is no field")
        if value is not None or field is None or field.is_required():
            _check(_table(key) if field is None else _field(model, key), key, value)
    return found


def _check(adapter: TypeAdapter[Any], key: str, value: object) -> None:
    try:
        adapter.validate_python(value, strict=isinstance(value, str | int))
    except ValidationError as error:
        raise ValueError(f"{key} has another type") from error


@cache
def _field(model: type[Def], key: str) -> TypeAdapter[Any]:
    annotation: Any = model.model_fields[key].annotation
    return TypeAdapter(annotation)


@cache
def _table(key: str) -> TypeAdapter[Any]:
    return TypeAdapter(TABLES[key])
