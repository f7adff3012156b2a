"""A visit to every screen of `tools/pictures.py`: each person goes to hers in one window.

One made-up site is made for all; the second language is switched while the screen is open.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

from PySide6.QtWidgets import QApplication

from crf_app.ui import style, words
from crf_app.ui.in_steps import InSteps

from .seen_screen import Seen, look_at

ROOT = Path(__file__).resolve().parents[3]
#: days since day 1: only the subjects that a screen shows have visits
AGO = (None, None, None, 40, None, 33, 28, None, 7, None, None)
#: what looks the same at first but leaves another window, or a window that is stopped
ALONE = ("focus_view", "waiting_text")
#: what is also looked at by night
DARK = ("sign_in", "casebook", "form_chemistry", "infusion")


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "tools" / "pictures.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["pictures"] = made
    spec.loader.exec_module(made)
    return made


pictures = _tool()


@dataclass
class Visited:
    """(screen, language, scale in %, density) → what was seen."""

    seen: dict[tuple[str, str, int, str], Seen] = field(default_factory=dict)
    dark: dict[tuple[str, str], Seen] = field(default_factory=dict)  # at 100 %, desk

    def of(self, **wanted: Any) -> Iterator[tuple[str, Seen]]:
        for (name, language, scale, density), one in self.seen.items():
            here = {"name": name, "language": language, "scale": scale, "density": density}
            if all(here[key] == value for key, value in wanted.items()):
                yield f"{name} {language} {scale} {density}", one


class Hurried(pictures.Player):  # type: ignore[name-defined, misc]
    """Waits for what is being done, not for a time that is long enough for every computer."""

    def wait(self, ms: int = 20) -> None:
        self.window.worker.wait()
        super().wait(min(ms, 40))
        until = monotonic() + 10
        while any(one.working for one in self.window.findChildren(InSteps)):
            assert monotonic() < until, "the page is never done"
            QApplication.processEvents()
        super().wait(0)


def visit_all(site: tuple[Path, dict[str, str]], folder: Path, app: QApplication) -> Visited:
    """Each person's screens at 100, 150 and 200 % and for a finger."""
    made = Visited()
    users = sorted({one.user for one in pictures.SCREENS.values()})
    for scale, density in ((100, "desk"), (150, "desk"), (200, "desk"), (100, "touch")):
        for user in users:
            mine = [name for name, one in pictures.SCREENS.items() if one.user == user and name not in ALONE]
            alone = [[name] for name in ALONE if pictures.SCREENS[name].user == user]
            for n, names in enumerate((mine, *alone)):
                own = folder / f"{scale}_{density}_{user or 'nobody'}_{n}"
                own.mkdir()
                _visit(made, site, own, app, names, scale, density)
    for user in users:
        if names := [name for name in DARK if pictures.SCREENS[name].user == user]:
            own = folder / f"dark_{user or 'nobody'}"
            own.mkdir()
            night = Visited()
            _visit(night, site, own, app, names, 100, "desk", "dark")
            made.dark |= {(name, language): one for (name, language, *_), one in night.seen.items()}
    return made


def _visit(
    made: Visited, site: tuple[Path, dict[str, str]], folder: Path, app: QApplication,
    names: list[str], scale: int, density: str, theme: str = "light",
) -> None:  # fmt: skip
    home = Path(shutil.copytree(site[0], folder / "home"))
    style.apply(app, theme, scale / 100, density)
    words.set_language("en")
    with pictures.stage(home, site[1], pictures.SCREENS[names[0]].user, folder) as there:
        there.window.preferences = replace(
            there.window.preferences, scale=scale, density=density, theme=theme
        )
        there.player = Hurried(there.window, folder)
        there.player.wait(100)
        for name in names:
            pictures.SCREENS[name].show(there)
            there.player.wait(40)
            there.player.wait(40)
            _look(made, there, name, scale, density)
            _back(there)


def _look(made: Visited, there: Any, name: str, scale: int, density: str) -> None:
    least = 44 if density == "touch" else 24
    made.seen[name, "en", scale, density] = look_at(name, there.window, least)
    if density == "touch":
        return
    words.set_language("zh")
    there.player.wait(40)
    there.player.wait(20)
    made.seen[name, "zh", scale, density] = look_at(name, there.window, least)
    words.set_language("en")


def _back(there: Any) -> None:
    """Nothing covers the page any more."""
    window = there.window
    if window.locked:
        window.unlock()
    if window.stopped:
        window.wristband.scan_again()
    window.hide_sheet()
    there.player.wait(20)
