"""forms/<study>/ → Study: read strictly, every mistake reported together.

A study is `study.toml` (metadata, arms, visits), `codelists.toml`, one `<form>.toml` per form and, where
other units may be typed, `conversions.toml`.  What the files say once for all is written out in
`load_expand.py`; references are checked in `load_checks.py`.
Expressions are compiled later, by `rules/expression.py`, which finds a rule's line in `Loaded.places`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from crf_app.errors import DefinitionError
from crf_app.model.definition import Study
from crf_app.model.definition_text import Place, Problem, Source, schema_problem
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import CodeList
from crf_app.model.load_checks import check_study, duplicate_oids
from crf_app.model.load_conversions import CONVERSIONS, ConversionFile, conversion_problems, with_units
from crf_app.model.load_expand import changed, expand_form
from crf_app.model.load_limits import is_deep, line_of_long_key
from crf_app.model.load_subject import subject_places

__all__ = ["Loaded", "Place", "Problem", "load", "refusal"]

MAX_FILE: Final = 8 << 20
MAX_TOTAL: Final = 64 << 20
MAX_FILES: Final = 400
MAX_ITEMS: Final = 20_000
MAX_PROBLEMS: Final = 200
MAX_OF_A_FILE: Final = 1000  # mistakes of its shape that are looked for in its lines
STUDY: Final = "study.toml"
CODE_LISTS: Final = "codelists.toml"
FORM_ORDER: Final = "form_order"
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A study and the place of each of its OIDs (visits, forms, items, lists, rules …)."""

    study: Study
    places: Mapping[str, Place]


def load(folder: Path) -> Loaded:
    """The study of a folder of definition files.

    Raises DefinitionError: `details["problems"]` lists every mistake as a dict of Problem (at most 200),
    `details["count"]` says how many there are.
    """
    problems: list[Problem] = []
    sources = _read_all(folder, problems)
    lists = _code_lists(sources, problems)
    forms = _forms(sources, problems)
    shell = _shell(sources.get(STUDY), problems)
    table = _conversions(sources.get(CONVERSIONS), problems)
    problems += duplicate_oids(sources.values())
    problems += check_study(shell, lists, forms, sources)
    problems += conversion_problems(table, forms, sources)
    order = _given_order(sources.get(STUDY), forms, problems)
    if problems or shell is None:
        raise refusal(problems)
    study = _composed(shell, lists, forms, table, order or form_order(shell))
    return Loaded(study, _places(study, sources.values()))


def refusal(problems: Iterable[Problem]) -> DefinitionError:
    """The DefinitionError that lists these problems, in the order of files and lines."""
    ordered = sorted(
        {one.cut() for one in problems}, key=lambda one: (one.file, one.line, one.oid, one.message)
    )
    first = ordered[0]
    where = f"{first.file}:{first.line}"
    count = len(ordered)
    return DefinitionError(
        f"The study's definition has {count} mistake(s), the first in {where}: {first.message} "
        "Correct the files and check again.",
        f"研究定义有 {count} 处错误，第一处在 {where}：{first.message_zh}请修改文件后重新检查。",
        where=where,
        problems=[one.as_json() for one in ordered[:MAX_PROBLEMS]],
        count=count,
    )


def _read_all(folder: Path, problems: list[Problem]) -> dict[str, Source]:
    if not folder.is_dir():
        problems.append(_whole(str(folder.name), "This folder is not there.", "文件夹不存在。"))
        return {}
    files = sorted(path for path in folder.glob("*.toml") if path.is_file())
    for name in (STUDY, CODE_LISTS):
        if not any(path.name == name for path in files):
            problems.append(_whole(name, "This file is missing.", "缺少此文件。"))
    if len(files) > MAX_FILES:
        en, zh = f"There are more than {MAX_FILES} files.", f"文件超过 {MAX_FILES} 个。"
        problems.append(_whole(folder.name, en, zh))
        return {}
    if sum(path.stat().st_size for path in files) > MAX_TOTAL:
        en, zh = "These files are larger than 64 MiB together.", "这些文件合计超过 64 MiB。"
        problems.append(_whole(folder.name, en, zh))
        return {}
    read = (_read(path, problems) for path in files)
    return {source.file: source for source in read if source is not None}


def _read(path: Path, problems: list[Problem]) -> Source | None:
    """The file's tables, without them for a file that is no TOML; None for one that cannot be read at all."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        problems.append(_whole(path.name, f"This file cannot be read: {error.strerror}.", "无法读取此文件。"))
        return None
    if len(data) > MAX_FILE:
        problems.append(_whole(path.name, "This file is larger than 8 MiB.", "此文件超过 8 MiB。"))
        return None
    text = data.decode("utf-8", "replace")
    if long_key := line_of_long_key(text):
        en, zh = "The keys up to here have too many parts.", "至此处的键分段过多。"
        problems.append(Problem(path.name, long_key, "", en, zh))
        return Source(path.name, text, None)
    try:
        tables = tomllib.loads(data.decode("utf-8"))
        if not is_deep(tables):
            return Source(path.name, text, tables)
        problem = _too_deep(path.name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = ("save the file as UTF-8", "请以 UTF-8 保存文件")
        problem = Problem(path.name, line, "", "This line is not UTF-8.", "此行不是 UTF-8 编码。", *hint)
    except tomllib.TOMLDecodeError as error:
        problem = _not_toml(path.name, text, str(error))
    except RecursionError:
        problem = _too_deep(path.name)
    problems.append(problem)
    return Source(path.name, text, None)


def _not_toml(file: str, text: str, message: str) -> Problem:
    at = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line = int(at[1]) if at else max(1, len(text.splitlines()))
    plain = re.sub(r" \(at [^()]*\)", "", message)
    hint = ("texts stand in double quotes, lists in brackets", "文本加双引号，列表加方括号")
    return Problem(file, line, "", f"This is not TOML: {plain}.", f"此处不是 TOML：{plain}。", *hint)


def _too_deep(file: str) -> Problem:
    return _whole(file, "This file is nested too deeply.", "此文件嵌套过深。")


def _whole(file: str, en: str, zh: str) -> Problem:
    return Problem(file, 1, "", en, zh)


def _code_lists(sources: Mapping[str, Source], problems: list[Problem]) -> list[CodeList]:
    source = sources.get(CODE_LISTS)
    if source is None or source.broken:
        return []
    for key in sorted(set(source.raw) - {"code_list"}):
        problems.append(schema_problem(source, Study, {"type": "extra_forbidden", "loc": (key,), "msg": ""}))
    raw = source.raw.get("code_list", [])
    if not isinstance(raw, list):
        problems.append(
            _whole(CODE_LISTS, "Code lists are written [[code_list]].", "代码表应写作 [[code_list]]。")
        )
        return []
    found = (
        _validated(source, CodeList, one, ("code_list", number), problems) for number, one in enumerate(raw)
    )
    return [one for one in found if one is not None]


def _forms(sources: Mapping[str, Source], problems: list[Problem]) -> dict[str, FormDef]:
    """File name → form, for every file that holds a sound form."""
    found: dict[str, FormDef] = {}
    for name, source in sources.items():
        if name not in (STUDY, CODE_LISTS, CONVERSIONS) and not source.broken:
            form = _validated(source, FormDef, source.raw, (), problems)
            if form is not None:
                found[name] = form
    count = sum(len(form.items) for form in found.values())
    if count > MAX_ITEMS:
        problems.append(
            _whole(STUDY, f"There are more than {MAX_ITEMS} items.", f"条目超过 {MAX_ITEMS} 个。")
        )
    return found


def _shell(source: Source | None, problems: list[Problem]) -> Study | None:
    """The study without its forms and code lists, which stand in files of their own."""
    if source is None or source.broken:
        return None
    for key in ("code_list", "form", "conversion", "conversion_version"):
        if key in source.raw:
            error = {"type": "extra_forbidden", "loc": (key,), "msg": ""}
            problems.append(schema_problem(source, Study, error))
    raw = {key: value for key, value in source.raw.items() if key != FORM_ORDER}
    return _validated(source, Study, raw | {"code_list": [], "form": []}, (), problems)


def _validated(
    source: Source, model: type[_Model], raw: object, at: tuple[str | int, ...], problems: list[Problem]
) -> _Model | None:
    """The model of one table, checked strictly: no text for a number, no number for a text."""
    text = json.dumps(raw, default=lambda value: {"toml_time": str(value)})
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        root = CodeListFile if at else model
        for one in error.errors(include_url=False)[:MAX_OF_A_FILE]:
            problems.append(schema_problem(source, root, dict(one) | {"loc": (*at, *one["loc"])}))
    return None


class CodeListFile(BaseModel):
    """The shape of `codelists.toml`."""

    code_list: tuple[CodeList, ...]


def _conversions(source: Source | None, problems: list[Problem]) -> ConversionFile | None:
    if source is None or source.broken:
        return None
    return _validated(source, ConversionFile, source.raw, (), problems)


def _composed(
    shell: Study,
    lists: list[CodeList],
    forms: Mapping[str, FormDef],
    table: ConversionFile | None,
    order: Iterable[str],
) -> Study:
    whole = (expand_form(with_units(form, table), shell.date_checks) for form in forms.values())
    by_oid = {form.oid: form for form in whole}
    ordered = tuple(by_oid[oid] for oid in order)
    conversions = (
        {} if table is None else {"conversion": table.conversion, "conversion_version": table.version}
    )
    return changed(shell, code_list=tuple(lists), form=ordered, **conversions)


def _given_order(
    source: Source | None, forms: Mapping[str, FormDef], problems: list[Problem]
) -> Sequence[str]:
    """`form_order` of study.toml: each form once.  Only a study from elsewhere needs it."""
    order = [] if source is None else source.raw.get(FORM_ORDER, [])
    known = sorted(form.oid for form in forms.values())
    if not order or (isinstance(order, list) and sorted(map(str, order)) == known):
        return order
    assert source is not None  # it holds the order
    line, _ = source.line_of((FORM_ORDER,), parent=False)
    en, zh = f"`{FORM_ORDER}` does not name each form once.", f"`{FORM_ORDER}` 未将每个表单各列一次。"
    hint = ("remove it: the visits give the order", "请删除，顺序由访视决定")
    problems.append(Problem(source.file, line, "", en, zh, *hint))
    return []


def form_order(shell: Study) -> list[str]:
    """The order of the casebook: a form new in a visit stands before the visit's next form that is known."""
    order: list[str] = []
    for event in shell.event:
        for number, oid in enumerate(event.form_oids):
            if oid not in order:
                known = (order.index(later) for later in event.form_oids[number:] if later in order)
                order.insert(next(known, len(order)), oid)
    return order


def _places(study: Study, sources: Iterable[Source]) -> dict[str, Place]:
    """Every OID's place; what the loader wrote out stands where its origin stands."""
    sources = list(sources)
    places = {oid: source.place(oid) for source in sources for oid in source.oid_lines}
    for source in sources:
        if source.file == STUDY:
            places |= subject_places(study, source)
    for form in study.form:
        for item in form.items.values():
            if item.companion_of is not None:
                places[item.oid] = places[item.companion_of]
        for condition in form.condition:
            check = condition.oid.removesuffix(f".{condition.item.removeprefix('I.')}")
            places.setdefault(condition.oid, places.get(check, places[condition.item]))
    return places
