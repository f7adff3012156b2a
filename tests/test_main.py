"""The program where no window can be opened: a sentence in both languages and exit code 2, never an abort."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from crf_app import __main__ as program

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
LOADER_SAYS = "libGL.so.1: cannot open shared object file: No such file or directory"


class NoLibrary:
    """Stands in the import system for a computer whose loader does not find libGL."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name == "PySide6.QtWidgets":
            raise ImportError(LOADER_SAYS)
        return None


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a screen")
@pytest.mark.parametrize(
    "screen", [{}, {"DISPLAY": ":4711"}, {"WAYLAND_DISPLAY": "left-over"}, {"QT_QPA_PLATFORM": "xcb"}]
)
def test_without_a_screen_it_says_so_and_makes_no_home(screen: dict[str, str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {name: text for name, text in os.environ.items() if name not in SCREENS} | screen
    done = subprocess.run(
        [sys.executable, "-m", "crf_app", "--home", str(home)],
        capture_output=True, text=True, env=environment, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == program.NO_WINDOW == 2
    assert done.stderr.splitlines() == list(program._NO_SCREEN)
    assert not home.exists()


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc:port=5900"])
def test_a_platform_that_needs_no_screen_is_left_to_whoever_chose_it(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert not program._needs_screen()


@pytest.mark.parametrize("arguments", [[], ["--smoke"]])
def test_a_missing_system_library_is_named_with_what_to_install(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "PySide6.QtWidgets", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    assert program.main(arguments) == program.NO_WINDOW
    english, chinese = capsys.readouterr().err.splitlines()
    assert "libGL.so.1" in english and "apt-get install" in english
    assert "libGL.so.1" in chinese and "apt-get install" in chinese


def test_another_reason_why_qt_does_not_load_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtWidgets", None)
    with pytest.raises(ImportError):
        program.lacking_library()
