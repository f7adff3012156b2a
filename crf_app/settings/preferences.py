"""What one computer remembers for its window: language, light or dark, scale, idle minutes to the
lock, when to remind of a bundle.

Nothing about the study or a person.  A settings file that cannot be read costs only these choices:
the defaults come back and the log says so.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from crf_app.settings.files import write_file

LANGUAGES: Final = ("en", "zh")
THEMES: Final = ("system", "light", "dark")
_MOST_DAYS: Final = 90
_MOST_PATH: Final = 4096  # letters, as on Linux
_MOST_LETTERS: Final = 4096  # of a folder, as on Linux
#: days offered after which a bundle is reminded of
BUNDLE_DAYS: Final = (1, 3, 7, 14, 30)
DENSITIES: Final = ("auto", "desk", "touch")
SIDES: Final = ("right", "left")
SCALES: Final = (80, 90, 100, 110, 125, 150, 175, 200)
IDLE_MINUTES: Final = (1, 2, 5, 10, 15)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preferences:
    """`scale` is percent of the normal text size; `bundle_days`: remind after so many days without a bundle
    made here, or without a receipt for one; `bundle_folder`: where the last bundle went; `idle`: minutes
    without a key or a touch after which the screen locks; `density`: targets for a finger ("touch") or a
    mouse ("desk"), "auto" follows the last input; `keypad`: the side on which it stands;
    `backup_folder`: second place for backups."""

    language: str = "en"
    theme: str = "system"
    scale: int = 100
    bundle_days: int = 7
    idle: int = 5
    density: str = "auto"
    keypad: str = "right"
    backup_folder: str = ""
    bundle_folder: str = ""


def default_preferences() -> Preferences:
    """Chinese where the system speaks Chinese, else English."""
    import locale  # only before the first choice

    spoken = locale.getlocale()[0] or ""
    return Preferences(language="zh" if spoken.lower().startswith(("zh", "chinese")) else "en")


def read_preferences(home: Path) -> Preferences:
    """`settings.json` of the home; a choice that is not known takes its default."""
    path = home / "settings.json"
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return default_preferences()
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        _log.warning("settings.json cannot be read; the defaults are used")
        return default_preferences()
    return _known(found)


def write_preferences(home: Path, preferences: Preferences) -> None:
    """Raises StorageError."""
    text = json.dumps(asdict(preferences), indent=1, sort_keys=True)
    write_file(home / "settings.json", text.encode() + b"\n", own=True)


def _known(found: dict[str, object]) -> Preferences:
    out = default_preferences()
    language, theme, scale = found.get("language"), found.get("theme"), found.get("scale")
    if isinstance(language, str) and language in LANGUAGES:
        out = replace(out, language=language)
    if isinstance(theme, str) and theme in THEMES:
        out = replace(out, theme=theme)
    density, keypad = found.get("density"), found.get("keypad")
    if isinstance(density, str) and density in DENSITIES:
        out = replace(out, density=density)
    if isinstance(keypad, str) and keypad in SIDES:
        out = replace(out, keypad=keypad)
    if type(scale) is int and scale in SCALES:
        out = replace(out, scale=scale)
    idle = found.get("idle")
    if type(idle) is int and idle in IDLE_MINUTES:
        out = replace(out, idle=idle)
    days = found.get("bundle_days")
    if type(days) is int and 1 <= days <= _MOST_DAYS:
        out = replace(out, bundle_days=days)
    folder = found.get("bundle_folder")
    if isinstance(folder, str) and len(folder) <= _MOST_LETTERS:
        out = replace(out, bundle_folder=folder)
    second = found.get("backup_folder")
    if isinstance(second, str) and len(second) <= _MOST_PATH:
        out = replace(out, backup_folder=second)
    return out
