"""The program: the window without a verb, the command line with one.

Decided without click, so that the window starts fast.  The command line may not import the window; it gets
a function that opens it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from crf_app.settings.diagnostics import protect_process


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with the arguments of the process; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    protect_process()
    wanted, home = window_wanted(arguments)
    if wanted:
        return open_window(home)
    from crf_app.cli import main as command_line

    return command_line(arguments, open_window)


def window_wanted(arguments: Sequence[str]) -> tuple[bool, Path | None]:
    """(True, home) for no argument at all, or for `--home DIR` alone."""
    if not arguments:
        return True, None
    if len(arguments) == 2 and arguments[0] == "--home":
        return True, Path(arguments[1]).expanduser().absolute()
    if len(arguments) == 1 and arguments[0].startswith("--home="):
        return True, Path(arguments[0].removeprefix("--home=")).expanduser().absolute()
    return False, None


def open_window(home: Path | None = None, journey: Path | None = None) -> int:
    """The window on `home` until it is closed; returns its exit code.

    Without a screen a demo cannot be looked at: then `journey` names the folder that holds it.
    """
    if journey is not None and not has_screen():
        sys.stderr.write(f"There is no screen here; the demo site is ready in {journey}.\n")
        return 0
    from crf_app.ui.app import run

    return run(home)


def has_screen() -> bool:
    """Whether a window could be shown: always on Windows and macOS, else where a display is named."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
