"""A made-up study of a given size, as a folder of definition files: for tests and measurements.

Items go round four kinds of widget (text or number, list, date, buttons) and carry what real ones carry:
two languages, ranges, a condition for every second item, an item that is asked by another's answer, a
derived sum.  `F.Q200` is one long form with a visit of its own; the first form holds the visit's date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crf_app.errors import StorageError

LONG: Final = 200
_PER_GROUP: Final = 10
_SAME: Final = '{{ en = "{0}", zh = "{0}（虚构）" }}'


@dataclass(frozen=True, slots=True)
class Shape:
    """`visits` visits, each with forms of `forms` items; `days` between two visits."""

    visits: int
    forms: tuple[int, ...]
    days: int = 14


def write_study(folder: Path, shape: Shape) -> None:
    """The definition files of a study of this shape into a new or empty folder.  Raises StorageError."""
    if folder.exists() and any(folder.iterdir()):
        raise StorageError(
            f"{folder} is not empty. Choose a new folder.", f"{folder} 不是空文件夹，请另选新文件夹。"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(_study(shape), "utf-8")
    (folder / "codelists.toml").write_text(_code_lists(), "utf-8")
    for number, items in enumerate(shape.forms, 1):
        (folder / f"f{number}.toml").write_text(_form(f"F{number}", items), "utf-8")
    (folder / f"q{LONG}.toml").write_text(_form(f"Q{LONG}", LONG), "utf-8")


def _text(words: str) -> str:
    return _SAME.format(words)


def _study(shape: Shape) -> str:
    sizes = ", ".join(map(str, shape.forms))
    head = f"""# Made up: a study of {shape.visits} visits, each with forms of {sizes} items.
oid = "MADEUP"
version = "1"
name = {_text("Made-up study")}
title = {_text("Made-up study for measurements")}
protocol = "none"
sponsor = {_text("Nobody")}
subject_pattern = 'S\\d{{4}}'
subject_format = "S{{n:04d}}"
planned_subjects = 24
visit_date = "I.F1.Q003"
subject_facts = [{{ name = "DAY1", item = "I.F1.Q003", event = "SE.V1" }}]
change_reasons = [{{ code = "TYPING", text = {_text("Typing error")} }}]
missing_reasons = [{{ code = "ND", text = {_text("Not done")} }}]
finding_reasons = [{{ code = "SAME", text = {_text("Same on the source document")} }}]

[[arms]]
code = "A"
name = {_text("Group A")}
short_name = {_text("A")}
planned = 24
dose = "1"
dose_unit = "mg"

[[meanings]]
code = "authorship"
text = {_text("I entered these data")}
roles = ["nurse", "coordinator", "investigator"]

[[meanings]]
code = "approval"
text = {_text("I approve these data")}
roles = ["investigator"]
"""
    return head + "".join(_event(number, shape) for number in range(1, shape.visits + 2))


def _event(number: int, shape: Shape) -> str:
    long = number > shape.visits
    forms = [f"F.Q{LONG}"] if long else [f"F.F{n}" for n, _ in enumerate(shape.forms, 1)]
    return f"""
[[event]]
oid = "SE.V{number}"
name = {_text(f"Visit {number}")}
short_name = "V{number}"
type = "Scheduled"
number = "{number}"
day = {1 + (number - 1) * shape.days}
before = 3
after = 3
forms = [{", ".join(f'{{ form = "{form}" }}' for form in forms)}]
"""


def _code_lists() -> str:
    return f"""[[code_list]]
oid = "CL.NY"
name = {_text("Yes or no")}
items = [{_code("Y", "Yes")}, {_code("N", "No")}]

[[code_list]]
oid = "CL.TEN"
name = {_text("Ten choices")}
items = [{", ".join(_code(f"C{n}", f"Choice {n}") for n in range(10))}]
"""


def _code(value: str, words: str) -> str:
    return f'{{ coded_value = "{value}", decode = {_text(words)} }}'


def _form(name: str, items: int) -> str:
    parts = [f'oid = "F.{name}"', f"name = {_text(f'Form {name}, {items} items')}"]
    for number in range(1, items + 1):
        if number % _PER_GROUP == 1:
            parts.append(_group(name, 1 + number // _PER_GROUP))
        parts.append(_item(name, number, items))
    return "\n".join([*parts, *_conditions(name, items), _method(name)]) + "\n"


def _group(name: str, number: int) -> str:
    return f'\n[[item_group]]\noid = "IG.{name}.{number}"\nname = {_text(f"Part {number}")}'


def _item(name: str, number: int, items: int) -> str:
    kinds = (_date, _buttons, _number if number % 8 == 1 else _words, _list)
    body = _derived(name) if number == items else kinds[(number + 1) % 4](name, number)
    return "\n".join(
        [
            "\n[[item_group.item]]",
            f'oid = "I.{name}.Q{number:03d}"',
            f"question = {_text(f'Question {number}')}",
            *body,
        ]
    )


def _number(name: str, number: int) -> list[str]:
    """A decimal with a range to ask about and one that cannot be."""
    soft = [("GE", "20"), ("LE", "80")]
    hard = [("GE", "1"), ("LE", "99")]
    checks = [
        f'  {{ comparator = "{sign}", value = "{value}", soft_hard = "{kind}" }},'
        for kind, bounds in (("Soft", soft), ("Hard", hard))
        for sign, value in bounds
    ]
    return [
        'data_type = "decimal"',
        "significant_digits = 1",
        'unit = "mg/dL"',
        "mandatory = true",
        "range_check = [",
        *checks,
        "]",
    ]


def _words(name: str, number: int) -> list[str]:
    return ['data_type = "text"', "length = 40", "mandatory = true"]


def _list(name: str, number: int) -> list[str]:
    """Wanted once the buttons two before it are answered, as follow-up questions are."""
    buttons = f"{name}.Q{number - 2 if number > 2 else number + 2:03d}"
    return ['data_type = "text"', 'code_list = "CL.TEN"', f"mandatory_when = \"{buttons} == 'Y'\""]


def _date(name: str, number: int) -> list[str]:
    return ['data_type = "date"', "mandatory = true"]


def _buttons(name: str, number: int) -> list[str]:
    return ['data_type = "text"', 'code_list = "CL.NY"', "mandatory = true"]


def _derived(name: str) -> list[str]:
    return ['data_type = "decimal"', "significant_digits = 1", f'method = "M.{name}.SUM"']


def _conditions(name: str, items: int) -> Iterator[str]:
    """One check for every second item: numbers against numbers, dates against dates, codes against codes."""
    for number in range(1, items - 10, 2):
        other = number + 8
        if number % 8 == 1:
            rule = f"{name}.Q{number:03d} > 75.0 && {name}.Q{other:03d} > 75.0"
        elif number % 4 == 3:
            rule = f"after({name}.Q{number:03d}, today)"
        else:
            rule = f"{name}.Q{number:03d} == 'not' && {name}.Q{other:03d} == 'this'"
        yield f"""
[[condition]]
oid = "C.{name}.{number:03d}"
severity = "soft"
item = "I.{name}.Q{number:03d}"
expression = "{rule}"
message = {_text(f"Look at question {number} again")}"""


def _method(name: str) -> str:
    return f"""
[[method]]
oid = "M.{name}.SUM"
expression = "round({name}.Q001 + {name}.Q009, 1)"
"""
