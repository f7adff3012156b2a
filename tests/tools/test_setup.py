"""The set-up asks for what is missing and for nothing else; the lock pins everything by hash."""

import importlib.util
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("crf_setup", ROOT / "tools" / "setup.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def asked_of_apt(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An apt-get of our own, the only program on PATH but for env; it writes down what it is asked."""
    asked = tmp_path / "asked"
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-get").write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    (programs / "apt-get").chmod(0o755)
    (programs / "env").symlink_to("/usr/bin/env")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return asked


def test_what_is_there_is_found(setup: ModuleType) -> None:
    there = [("library", "libc.so.6"), ("program", "sh"), ("module", "json")]
    assert setup.missing([setup.Need(kind, name, "", "") for kind, name in there]) == []


@pytest.mark.parametrize("kind", ["library", "program", "module"])
def test_what_is_missing_is_noticed(setup: ModuleType, kind: str) -> None:
    need = setup.Need(kind, "no_such_thing", "no-such-package", "nothing")
    assert setup.missing([need]) == [need]


def test_apt_is_not_called_when_nothing_is_missing(setup: ModuleType, asked_of_apt: Path) -> None:
    setup.provide([])
    assert not asked_of_apt.exists()


def test_apt_is_asked_for_what_is_missing_and_believed_only_when_it_is_there(
    setup: ModuleType, asked_of_apt: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):  # our apt-get installs nothing
        setup.provide([setup.Need("program", "no_such_thing", "no-such-package", "nothing")])
    assert asked_of_apt.read_text().splitlines() == [
        "update -q",
        "install -y -q --no-install-recommends no-such-package",
    ]
    assert "still lacks" in capfd.readouterr().err


def test_without_apt_each_package_is_named_with_what_it_is_for(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as stopped:
        setup.provide(list(setup.TEST_NEEDS))
    said = capfd.readouterr().err
    assert stopped.value.code == 1
    for need in setup.TEST_NEEDS:
        assert need.package in said and need.purpose in said
    assert "There is no apt-get here." in said


def test_a_user_without_rights_gets_the_line_for_an_administrator(
    setup: ModuleType, asked_of_apt: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SystemExit):
        setup.provide([need for need in setup.BUILD_NEEDS if need.package == "binutils"])
    assert "apt-get install --no-install-recommends binutils" in capfd.readouterr().err
    assert not asked_of_apt.exists()


def test_a_screen_asks_for_its_libraries(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    without = set(setup.needs_for("run"))
    monkeypatch.setenv("DISPLAY", ":0")
    assert set(setup.needs_for("run")) - without == set(setup.X11_NEEDS)


def test_a_build_asks_for_what_is_packed_also_without_a_screen(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's python3 has it in a package of its own; a Python built without one has nothing to ask for."""
    debian = {"Py_ENABLE_SHARED": 1, "INSTSONAME": "libpython3.11.so.1.0"}
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("sysconfig.get_config_var", debian.get)
    asked = set(setup.needs_for("build")) - set(setup.needs_for("run"))
    assert asked == {*setup.BUILD_NEEDS, *setup.python_library()}
    assert {need.name for need in asked} > {"objdump", "libpython3.11.so.1.0", "libcups.so.2"}
    monkeypatch.setattr("sysconfig.get_config_var", {"Py_ENABLE_SHARED": 0, "INSTSONAME": ""}.get)
    assert setup.python_library() == ()


def test_the_lock_pins_every_package_by_hash_and_names_no_place() -> None:
    entries = [line for line in LOCK.splitlines() if line and not line.startswith(" ")]
    assert all(re.match(r"[a-z0-9-]+==\S+.* \\$", line) for line in entries)
    assert LOCK.count("\n    --hash=sha256:") >= len(entries)
    assert "://" not in LOCK and "/" not in LOCK.replace("\n    --hash", "")


def test_the_lock_holds_all_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    asked = (
        project["project"]["dependencies"]
        + extras["central"]
        + extras["dev"]
        + project["build-system"]["requires"]
    )
    assert names(asked) <= names(re.findall(r"^[a-z0-9-]+", LOCK, re.MULTILINE))


def names(requirements: Sequence[str]) -> set[str]:
    return {re.match(r"[A-Za-z0-9-]+", requirement)[0].lower() for requirement in requirements}  # type: ignore[index]
