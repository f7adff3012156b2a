"""The program: the window without a verb, the command line with one.

Decided without click, so that the window starts fast.  The command line may not import the window; it gets
a function that opens it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from crf_app.settings.diagnostics import protect_process

NO_WINDOW = 2
_NO_SCREEN = (
    "There is no screen here to open the window on. Start it on a desktop; `crf-app --help` lists what works "
    "without one.",
    "此处没有可用的屏幕，无法打开窗口。请在桌面环境中启动；无需屏幕的命令见 crf-app --help。",
)
_NO_LIBRARY = (
    "The window needs {name}, which this computer lacks. On Debian and Ubuntu an administrator installs it "
    "with: apt-get install libgl1 libegl1",
    "打开窗口需要 {name}，本机缺少该系统库。在 Debian 和 Ubuntu 上由管理员执行："
    "apt-get install libgl1 libegl1",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with the arguments of the process; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    protect_process()
    if arguments == ["--smoke"]:
        return try_out()
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


def open_window(home: Path | None = None, journey: Path | None = None, study: Path | None = None) -> int:
    """The window on `home` until it is closed; returns its exit code, 2 where no window can be opened here.

    Without a screen a demo plays its whole journey by itself: `study` says what is typed, `journey` is the
    folder for what comes out.
    """
    if lacking := lacking_library():
        return _refuse(_NO_LIBRARY, lacking)
    if journey is not None and study is not None and home is not None and not has_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from crf_app.ui.journey import play

        return play(home, journey, study, lambda line: print(line, flush=True))  # noqa: T201
    if _needs_screen() and not has_screen():
        return _refuse(_NO_SCREEN)
    gc.disable()  # nothing to collect before the first picture; `run` turns it on again
    from crf_app.ui.app import run

    return run(home)


def try_out() -> int:
    """`--smoke`: the program tries itself on a made-up site, without a screen; returns its exit code."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if lacking := lacking_library():
        return _refuse(_NO_LIBRARY, lacking)
    from crf_app.ui.smoke import smoke

    return smoke(lambda line: print(line, flush=True))  # noqa: T201


def lacking_library() -> str:
    """The file name of the system library without which Qt does not load here; empty where all are there."""
    try:
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as reason:
        name, _, what = str(reason).partition(": ")
        if "shared object" not in what:
            raise
        return name
    return ""


def _refuse(sentences: tuple[str, str], name: str = "") -> int:
    """Say it in both languages: which one is wanted stands in a home that is not open yet."""
    for sentence in sentences:
        print(sentence.format(name=name), file=sys.stderr)  # noqa: T201
    return NO_WINDOW


def _needs_screen() -> bool:
    """Whether Qt will ask for an X11 or Wayland screen; other platforms are chosen by whoever knows them."""
    return os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in ("", "xcb", "wayland")


def has_screen() -> bool:
    """Whether a window could be shown: always on Windows and macOS, else where a display answers."""
    if os.environ.get("QT_QPA_PLATFORM", "") in ("offscreen", "minimal"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return _x11_answers(os.environ.get("DISPLAY", "")) or _wayland_answers(
        os.environ.get("WAYLAND_DISPLAY", "")
    )


def _x11_answers(display: str) -> bool:
    """A name alone is not a screen: it may be left over from a session that has ended."""
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not number.isdigit():
        return False
    if host in ("", "unix"):
        return _connects(f"/tmp/.X11-unix/X{number}") or _connects(f"\0/tmp/.X11-unix/X{number}")
    return _connects((host, 6000 + int(number)))


def _wayland_answers(name: str) -> bool:
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(name) and _connects(os.path.join(folder, name))


def _connects(address: str | tuple[str, int]) -> bool:
    """A name is a socket in the file system, a pair is host and port."""
    import socket  # not on Windows and macOS

    try:
        with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as probe:
            probe.settimeout(1.0)
            probe.connect(address)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
