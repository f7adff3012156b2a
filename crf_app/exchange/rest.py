"""What ODM cannot say: the fields of a definition that are left over, as JSON in one Alias of its element.

A writer takes the study as plain data (`plain`), takes out of each object the fields it says natively, and
gives what is left to `alias_of`.  A reader puts both together (`joined`).  So nothing is lost, also of fields
that come later, and our files hold no namespace of our own.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from crf_app.crypto.canonical import canonical
from crf_app.model.definition import JsonObject, Study

#: the Context of our Alias; its Name holds the JSON
CONTEXT: Final = "crf-app/1"
#: what JSON may hold and XML may not (XML 1.0, 2.2)
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def plain(study: Study) -> JsonObject:
    """The study as plain data, a copy of one's own: exactly what its canonical bytes hold."""
    found: JsonObject = json.loads(study.canonical_bytes())
    return found


def alias_of(rest: JsonObject) -> str:
    """The Name of our Alias: canonical JSON in which no character stands that XML cannot hold."""
    text = canonical(rest).decode("utf-8")
    return _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def rest_of(name: str) -> JsonObject:
    """The fields from the Name of our Alias.

    Raises ValueError if it is not a JSON object, or if what readers look into has not the shape they expect;
    every other field is checked when the definition is made.
    """
    try:
        found = json.loads(name)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict) or not all(_sound(key, value) for key, value in found.items()):
        raise ValueError("not the fields of a definition")
    return found


def _sound(key: str, value: object) -> bool:
    if key in ("oid", "odm_oid", "form", "data_type", "code_list", "rows", "unit", "name", "version"):
        return value is None or key == "form" or isinstance(value, dict if key == "name" else str)
    if key == "not_run":  # of a rule: true, if it is made only to be seen
        return value is True or isinstance(value, list)
    if key == "units":
        return isinstance(value, list) and all(_has_text(one, "unit") for one in value)
    if key == "forms":
        rests = isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())
        return rests or (isinstance(value, list) and all(_has_text(one, "form") for one in value))
    if key == "uses":
        return isinstance(value, dict) and _is_table(value) and all(map(_is_use, value.values()))
    return key != "languages" or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _has_text(value: object, key: str) -> bool:
    return isinstance(value, dict) and isinstance(value.get(key), str)


def _is_use(value: dict[str, object]) -> bool:
    """What is left over of one use of a group, and of the items in it."""
    return _is_table(value.get("items", {}))


def _is_table(value: object) -> bool:
    """Whether it is an object of objects."""
    return isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())


def joined(native: JsonObject, rest: JsonObject) -> JsonObject:
    """The fields said natively and the rest, which decides where both say something.

    `null` in the rest takes a field back that stands in the element only because the schema demands it.
    """
    both = native | rest
    return {key: value for key, value in both.items() if value is not None}


def take(left: JsonObject, key: str, said: Any) -> bool:
    """Takes `key` out of what is left if its value is exactly `said`; whether it was."""
    if key in left and left[key] == said and type(left[key]) is type(said):
        del left[key]
        return True
    return False
