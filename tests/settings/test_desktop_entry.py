"""The menu entry starts this very program, whatever its path holds, and leaves nothing behind."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

import pytest

from crf_app.errors import StorageError, WrongState
from crf_app.settings.desktop_entry import NAME, SOURCE, add_entry, remove_entry

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="an entry of Linux desktops")


def entry_of(path: Path) -> configparser.SectionProxy:
    read = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=True)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text("utf-8"))
    return read["Desktop Entry"]


def command_of(path: Path) -> list[str]:
    """Read as the specification says: the value's escapes, %%, then the quotes."""
    value = entry_of(path)["Exec"].replace("\\\\", "\\").replace("%%", "%")
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', value)
    return [re.sub(r"\\(.)", r"\1", word) for word in words]


@pytest.mark.parametrize("place", ["/opt/crf-app/crf-app", '/home/a b/50 %/$HOME `id`/say "x" \\ \'/crf-app'])
def test_the_entry_starts_the_program_at_its_place(place: str, tmp_path: Path) -> None:
    path = add_entry([place], {"XDG_DATA_HOME": str(tmp_path)})
    assert command_of(path) == [place]
    assert path == tmp_path / "applications" / "crf-app.desktop"


def test_entry_icon_and_window_have_one_name(tmp_path: Path) -> None:
    entry = entry_of(add_entry(environ={"XDG_DATA_HOME": str(tmp_path)}))
    assert entry["Icon"] == entry["StartupWMClass"] == NAME
    assert {"Name[zh_CN]", "Comment[zh_CN]"} <= set(entry)
    icons = tmp_path / "icons" / "hicolor"
    for icon in (icons / "scalable/apps/crf-app.svg", icons / "256x256/apps/crf-app.png"):
        assert icon.read_bytes() == (SOURCE / icon.name).read_bytes()
    assert command_of(tmp_path / "applications" / "crf-app.desktop") == [sys.executable, "-m", "crf_app"]


def test_removing_leaves_no_file(tmp_path: Path) -> None:
    there = {"XDG_DATA_HOME": str(tmp_path)}
    add_entry(environ=there)
    assert remove_entry(there)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not remove_entry(there)


def test_a_relative_data_folder_is_refused() -> None:
    with pytest.raises(StorageError):
        add_entry(environ={"XDG_DATA_HOME": "share"})


def test_other_systems_are_told_their_own_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(WrongState):
        add_entry(environ={"XDG_DATA_HOME": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
