"""Study → a folder of definition files, such as a person would write them: the way back of `load.py`.

Law: `load(folder).study.canonical_bytes() == study.canonical_bytes()`.  It is checked for every folder before
it stands in its place, so that a definition that the files cannot say is refused and nothing is left behind.
What the loader writes out (`load_expand.py`, `load_conversions.py`) is taken back here where it is what the
loader would make again; else it is written as it is, and the loader leaves it alone.  How a line looks is
decided in `write_toml.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from crf_app.errors import DefinitionError, LimitExceeded, StorageError
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef, MeasurementUnit
from crf_app.model.load import CODE_LISTS, MAX_FILE, MAX_FILES, STUDY, form_order, load
from crf_app.model.load_conversions import CONVERSIONS
from crf_app.model.load_expand import companions, date_conditions
from crf_app.model.write_toml import JsonTable, document
from crf_app.settings.files import storage_refusal, sync_folder, write_file

#: file names that stand for something else, here or on Windows
_TAKEN: Final = frozenset(
    {"study", "codelists", "conversions", "con", "prn", "aux", "nul"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
)
_STUDY_TABLES: Final = (
    "arms", "event", "subject_facts", "consent_version", "status", "flow", "scan", "date_checks", "meanings",
    "change_reasons", "missing_reasons", "finding_reasons", "facts", "foreign",
)  # fmt: skip
Units = Mapping[str, tuple[MeasurementUnit, ...]]  # row of the conversion table → its units
_FORM_TABLES: Final = ("item_group", "item_group.item", "method", "condition")


def write_folder(study: Study, folder: Path) -> None:
    """The definition files of the study in a new or empty folder, whole or not at all.

    Raises StorageError (not empty, disk), LimitExceeded (more than the loader reads), DefinitionError (a
    study that its own files do not give back, every problem listed).
    """
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(
            f"{folder} is not empty. Choose a new folder.", f"{folder} 不是空文件夹，请另选新文件夹。"
        )
    files = files_of(study)
    half: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
        for name, text in files.items():
            write_file(half / name, text.encode("utf-8"))
        _check(study, half)
        if folder.is_dir():
            folder.rmdir()  # it is empty; Windows puts no folder over another
        half.rename(folder)
        sync_folder(folder.parent)
    except OSError as reason:
        raise storage_refusal(reason, folder) from reason
    finally:
        if half is not None:
            shutil.rmtree(half, ignore_errors=True)


def files_of(study: Study) -> dict[str, str]:
    """File name → its text, in the order study, code lists, conversions, forms.  Raises LimitExceeded."""
    raw = study.model_dump(mode="json", exclude_defaults=True)
    forms, lists = raw.pop("form"), raw.pop("code_list", [])
    rows, version = raw.pop("conversion", []), raw.pop("conversion_version", "")
    if list(form_order(study)) != [form.oid for form in study.form]:
        raw["form_order"] = [form.oid for form in study.form]
    said = _heading(study)
    files = {
        STUDY: document(f"{said}: visits, reasons, what is said once for all.", raw, _STUDY_TABLES),
        CODE_LISTS: document(f"{said}: code lists.", {"code_list": lists}, ("code_list",)),
    }
    if rows or version:
        table = {"version": version, "conversion": rows}
        files[CONVERSIONS] = document(f"{said}: other units.", table, ("conversion",))
    for name, form, table in zip(_names(study.form), study.form, forms, strict=True):
        heading = f"{said}: {_one_line(form.name.en)}."
        files[name] = document(heading, _form(study, form, table), _FORM_TABLES)
    _limits(files)
    return files


def _check(study: Study, folder: Path) -> None:
    if load(folder).study.canonical_bytes() != study.canonical_bytes():
        raise DefinitionError(
            "The definition files would not give the same study back. Nothing was written; report it with "
            "the file it came from.",
            "定义文件无法还原同一研究，未写入任何内容。请连同来源文件一并报告。",
            where=study.oid,
        )


def _limits(files: Mapping[str, str]) -> None:
    if len(files) > MAX_FILES:
        raise LimitExceeded(
            f"The study has {len(files)} definition files; at most {MAX_FILES} are read. Split the study.",
            f"该研究需要 {len(files)} 个定义文件，最多读取 {MAX_FILES} 个。请拆分研究。",
        )
    for name, text in files.items():
        if len(text.encode("utf-8")) > MAX_FILE:
            raise LimitExceeded(
                f"{name} would be larger than {MAX_FILE >> 20} MiB, the most that is read. Split the form or "
                "the lists.",
                f"{name} 将超过可读取的上限 {MAX_FILE >> 20} MiB。请拆分表单或代码表。",
                where=name,
            )


def _heading(study: Study) -> str:
    return f"{study.oid} {_one_line(study.version)}"


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:90].rstrip(". ")


def _names(forms: Iterable[FormDef]) -> list[str]:
    """A file name for each form, `F.VS` → vs.toml; no two differ by capitals alone."""
    taken, names = set(_TAKEN), []
    for form in forms:
        stem = name = re.sub(r"[^a-z0-9_]", "_", form.oid.partition(".")[2].lower())
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        names.append(f"{name}.toml")
    return names


def _form(study: Study, form: FormDef, table: JsonTable) -> JsonTable:
    """The form's table without what the loader makes by itself."""
    units = {row.name: row.units for row in study.conversion}
    groups = [
        _group(group, raw, units) for group, raw in zip(form.item_group, table["item_group"], strict=True)
    ]
    left = _own_conditions(study, form)
    conditions = [_in_order(one) for one in table.get("condition", [])[:left]]
    rest = {key: value for key, value in table.items() if key != "condition"}
    return rest | {"item_group": groups} | ({"condition": conditions} if conditions else {})


def _own_conditions(study: Study, form: FormDef) -> int:
    """How many of the form's conditions are its own: those of the study's dates stand behind them."""
    made = date_conditions(form, study.date_checks)
    own = len(form.condition) - len(made)
    return own if own >= 0 and form.condition[own:] == made else len(form.condition)


def _in_order(raw: JsonTable) -> JsonTable:
    """A condition's keys as our own files have them: the words last."""
    order = ("oid", "check", "severity", "item", "expression", "message", "source")
    return {key: raw[key] for key in order if key in raw}


def _group(group: ItemGroupDef, raw: JsonTable, units: Units) -> JsonTable:
    made = _made(group)
    items = [
        _item(item, one, units)
        for place, (item, one) in enumerate(zip(group.item, raw["item"], strict=True))
        if place not in made
    ]
    return raw | {"item": items}


def _made(group: ItemGroupDef) -> set[int]:
    """The places of companion items that the loader would make, the same, at the same places."""
    places: set[int] = set()
    for place, item in enumerate(group.item):
        expected = companions(item)
        if expected and group.item[place + 1 : place + 1 + len(expected)] == expected:
            places |= set(range(place + 1, place + 1 + len(expected)))
    return places


def _item(item: ItemDef, raw: JsonTable, units: Units) -> JsonTable:
    """Units of the conversion table stand there; a retired item may have others, those it had."""
    if item.conversion is None or units.get(item.conversion) != item.units:
        return raw
    return {key: value for key, value in raw.items() if key != "units"}
