"""docs/authoring.md, example by example, in its order, on a copy of forms/demo-vitals.

Fences say what to do: `toml FILE add` goes to the end of FILE, `toml FILE try` only for one look at the
refusal, `diff FILE` takes lines out and puts lines in, `csv FILE new` is a new file, `console` runs what
stands after `$` and wants what stands under it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from pydantic import BaseModel

from crf_app.actions.study.definitions import load_study
from crf_app.errors import DefinitionError
from crf_app.model import def_base, definition, form_def, item_def
from crf_app.rules import functions
from crf_app.rules.environment import Kind, Name, names_of

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docs" / "authoring.md").read_text("utf-8")
SPELLED = {
    "vs.toml": ("VS.PULS", "mandatry"),
    "sym.toml": ("HEADAKE",),
}


@dataclass(frozen=True)
class Block:
    line: int
    words: list[str]
    body: str

    @property
    def name(self) -> str:
        return f"line {self.line}: {' '.join(self.words)}"


def blocks() -> list[Block]:
    found = re.finditer(r"^```([a-z][^\n]*)\n(.*?)^```$", TEXT, re.M | re.S)
    return [Block(TEXT.count("\n", 0, one.start()) + 1, one[1].split(), one[2]) for one in found]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Block → what did not come out as written, "" where all did."""
    place = tmp_path_factory.mktemp("author")
    (place / "forms").mkdir()
    shutil.copytree(PROJECT / "forms" / "demo-vitals", place / "forms" / "demo-vitals")
    return {block.name: run(block, place) for block in blocks()}


def run(block: Block, place: Path) -> str:
    match block.words:
        case ["toml", file, "add"]:
            return added(place / file, block.body)
        case ["toml", file, "try"]:
            return refused(place / file, block.body)
        case ["csv", file, "new"]:
            (place / file).write_text(block.body, "utf-8")
            return ""
        case ["diff", file]:
            return changed(place / file, block.body)
        case ["console"]:
            return "\n".join(said(block.body, place))
    return f"no way to run {block.words}"


def changed(path: Path, body: str) -> str:
    lines = body.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line.startswith("-"))
    new = "".join(line[1:] for line in lines if line.startswith("+"))
    text = path.read_text("utf-8")
    if text.count(old) != 1:
        return f"stands {text.count(old)} times in {path.name}: {old}"
    path.write_text(text.replace(old, new), "utf-8")
    return ""


def check(folder: Path) -> list[dict[str, Any]]:
    """What is wrong with the study."""
    try:
        load_study(folder)
    except DefinitionError as refusal:
        return cast(list[dict[str, Any]], refusal.details["problems"])
    return []


def added(path: Path, body: str) -> str:
    """A new form is named by a visit only in the next example; nothing else may be wrong."""
    with path.open("a", encoding="utf-8") as out:
        out.write(body)
    wrong = [one["message"] for one in check(path.parent)]
    return "\n".join(one for one in wrong if not one.startswith(("No visit asks", "No item uses")))


def refused(path: Path, body: str) -> str:
    before = path.read_text("utf-8")
    path.write_text(before + body, "utf-8")
    problems = check(path.parent)
    path.write_text(before, "utf-8")
    wrong = next(word for word in SPELLED[path.name] if word in body)
    named = [one for one in problems if one["file"] == path.name and wrong in one["message"]]
    return "" if named and all(one["line"] > before.count("\n") for one in named) else f"{wrong}: {problems}"


def said(body: str, place: Path) -> Iterator[str]:
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        command, *wanted = part.rstrip("\n").split("\n")
        output = shell(command, place).splitlines()
        yield from (f"`{command}` does not say {one!r}: {output}" for one in wanted if one not in output)


def shell(command: str, place: Path) -> str:
    """What the command says.  AssertionError where it ends with another exit code than 0."""
    if command.startswith("export "):
        name, _, value = command.removeprefix("export ").partition("=")
        (place / ".env").write_text(f"{name}={value}", "utf-8")
        return ""
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    if (place / ".env").exists():
        name, _, value = (place / ".env").read_text("utf-8").partition("=")
        env[name] = value
    done = subprocess.run(
        ["sh", "-c", command], cwd=place, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{command}: {done.returncode} {done.stderr}"
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", [block.name for block in blocks()])
def test_the_example_does_what_stands_beside_it(outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == ""


def tables() -> set[str]:
    """Everything in code quotes in the first column of a table."""
    rows = re.findall(r"^\| (.*?) \|", TEXT, re.M)
    return {quoted for row in rows for quoted in re.findall(r"`([^`]+)`", row)}


def shape(name: Name) -> str:
    """The name with FORM.ITEM, FACT, CODE, GROUP in place of the study's own words."""
    if name.kind in ("rows", "visits"):
        return f"{name.kind}.{'GROUP' if name.kind == 'rows' else 'FORM'}"
    if name.name.startswith("known.event."):
        return "known.event.OID"
    if "subject." in name.name and not name.name.endswith(".DOSE"):
        return f"{name.name.rpartition('.')[0]}.FACT"
    generic = name.name if name.item is None else name.name.replace(name.item.variable, "FORM.ITEM")
    return re.sub(r"(^|\.)at\.[^.]+\.", r"\1at.CODE.", generic)


def test_every_name_that_rules_may_read_stands_in_the_table() -> None:
    known = names_of(load_study(PROJECT / "forms" / "hucmsc")[0]).values()
    assert {name.kind for name in known} == set(get_args(Kind))
    assert {shape(name) for name in known} - tables() == set()


def test_every_function_stands_in_the_table() -> None:
    declared = set(re.findall(r'declared\("(\w+)"', Path(functions.__file__).read_text("utf-8")))
    assert len(declared) > 15
    assert declared - {one.partition("(")[0] for one in tables()} == set()


def test_every_key_of_a_definition_stands_in_its_row_and_no_other() -> None:
    rows = dict(re.findall(r"^\| (.*?) \| (`.*`) \|$", TEXT[TEXT.index("## Every key") :], re.M))
    there = {frozenset(re.findall(r"`([^`]+)`", keys)) for keys in rows.values()}
    wanted = {frozenset(keys_of(model)) for model in models()}
    assert there == wanted


def models() -> list[type[BaseModel]]:
    here = dict.fromkeys(
        one for module in (def_base, item_def, form_def, definition) for one in vars(module).values()
        if isinstance(one, type)
    )  # fmt: skip
    found = [one for one in here if issubclass(one, def_base.Def)]
    return [one for one in found if one not in (def_base.Def, def_base.Text)]


def keys_of(model: type[BaseModel]) -> set[str]:
    """Without what stands in files of its own and what the loader sets."""
    files = {"code_list", "form", "conversion", "conversion_version"}
    return set(model.model_fields) - {"companion_of"} - (files if model is definition.Study else set())
