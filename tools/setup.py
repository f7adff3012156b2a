"""Make this machine ready: system libraries, `.venv`, the packages of requirements.lock.

Called by the Makefile as `python3 tools/setup.py run|test|build`, with whatever Python
the system has, so it uses the standard library alone. What is there already is left
alone: apt is called only for what is missing, pip only when the stamps in `.venv` no longer
match. Where something cannot be installed it is named, with what it is for, and nothing
is started. Starting the program and the tests is left to the Makefile.
"""

from __future__ import annotations  # Pythons older than 3.11 read this file too, to say that they are

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHONS = ((3, 11), (3, 12), (3, 13))
BASE_PYTHON: str = getattr(sys, "_base_executable", sys.executable)  # not that of an activated .venv
AGAIN = "Then run the same command again."


class Need(NamedTuple):
    """One thing the system must have: how to look for it, its Debian package, what it is for."""

    kind: str  # "library" (soname), "program" (on PATH), "file" or "module" (of this Python)
    name: str
    package: str
    purpose: str


LINUX_NEEDS = (
    Need("library", "libglib-2.0.so.0", "libglib2.0-0", "the event loop of the window (Qt)"),
    Need("library", "libgthread-2.0.so.0", "libglib2.0-0", "the event loop of the window (Qt)"),
    Need("library", "libGL.so.1", "libgl1", "drawing the window (Qt)"),
    Need("library", "libEGL.so.1", "libegl1", "drawing the window (Qt)"),
    Need("library", "libX11.so.6", "libx11-6", "drawing the window (Qt)"),
    Need("library", "libfontconfig.so.1", "libfontconfig1", "finding fonts"),
    Need("library", "libfreetype.so.6", "libfreetype6", "drawing letters"),
    Need("library", "libdbus-1.so.3", "libdbus-1-3", "talking to the desktop"),
    Need("library", "libxkbcommon.so.0", "libxkbcommon0", "the keyboard"),
)
X11_NEEDS = (
    Need("library", "libxcb-cursor.so.0", "libxcb-cursor0", "the mouse pointer on an X11 screen"),
    Need("library", "libxcb-icccm.so.4", "libxcb-icccm4", "the window frame on an X11 screen"),
    Need("library", "libxcb-image.so.0", "libxcb-image0", "pictures on an X11 screen"),
    Need("library", "libxcb-keysyms.so.1", "libxcb-keysyms1", "the keyboard on an X11 screen"),
    Need("library", "libxcb-render-util.so.0", "libxcb-render-util0", "drawing on an X11 screen"),
    Need("library", "libxcb-shape.so.0", "libxcb-shape0", "window shapes on an X11 screen"),
    Need("library", "libxcb-xkb.so.1", "libxcb-xkb1", "the keyboard on an X11 screen"),
    Need("library", "libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "the keyboard on an X11 screen"),
)
WAYLAND_NEEDS = (
    Need("library", "libwayland-client.so.0", "libwayland-client0", "a window on a Wayland screen"),
    Need("library", "libwayland-cursor.so.0", "libwayland-cursor0", "the mouse pointer on a Wayland screen"),
    Need("library", "libwayland-egl.so.1", "libwayland-egl1", "drawing on a Wayland screen"),
)
TEST_NEEDS = (
    Need("program", "pdfsig", "poppler-utils", "the second opinion on PDF signatures in the tests"),
    Need("program", "certutil", "libnss3-tools", "the trust store that pdfsig reads in the tests"),
    Need("program", "strace", "strace", "counting syncs to disk before each acknowledgement in the tests"),
    Need("program", "gcc", "gcc", "the library that makes writes fail in the soak"),
    Need("file", "/usr/include/stdio.h", "libc6-dev", "the library that makes writes fail in the soak"),
    Need("program", "openssl", "openssl", "the second opinion on certificates and signatures in the tests"),
    Need("program", "qpdf", "qpdf", "the second opinion on the structure of PDFs in the tests"),
)
BUILD_NEEDS = (
    Need("program", "objdump", "binutils", "reading libraries when the program is packed"),
    Need("library", "libcups.so.2", "libcups2", "printing, inside the packed program"),
    *X11_NEEDS,  # packed with the program, so here they are needed without a screen too
)


def main(purpose: str) -> None:
    """Set up for `purpose` (run, test or build); return only when everything is there."""
    use_supported_python()
    provide(missing(needs_for(purpose)))
    provide_packages()


def use_supported_python() -> None:
    """Go on under a Python of 3.11 to 3.13; start again under another one where this is not."""
    if sys.version_info[:2] in PYTHONS:
        return
    for major, minor in PYTHONS:
        found = shutil.which(f"python{major}.{minor}")
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(found, [found, *sys.argv])
    stop(
        f"This program needs Python 3.11, 3.12 or 3.13; {sys.executable} is {sys.version.split()[0]}.",
        "Install one of them, then run the same command again (or: make PYTHON=/path/to/python3.11 ...).",
    )


def needs_for(purpose: str) -> list[Need]:
    """All that `purpose` needs of the system; only Linux leaves libraries to the user."""
    needs = [Need("module", "ensurepip", "python3-venv", "making .venv")]
    if sys.platform.startswith("linux"):
        needs += LINUX_NEEDS
        needs += X11_NEEDS if os.environ.get("DISPLAY") and purpose != "build" else ()
        needs += WAYLAND_NEEDS if os.environ.get("WAYLAND_DISPLAY") else ()
        needs += (*BUILD_NEEDS, *python_library()) if purpose == "build" else ()
    needs += TEST_NEEDS if purpose == "test" else ()
    return needs


def python_library() -> tuple[Need, ...]:
    """This Python as a library, which the packed program is started from; Debian keeps it in a package."""
    name = sysconfig.get_config_var("INSTSONAME")
    if not sysconfig.get_config_var("Py_ENABLE_SHARED") or not name:
        return ()  # built without one: PyInstaller says what to do
    package = f"libpython{sys.version_info[0]}.{sys.version_info[1]}"
    return (Need("library", str(name), package, "Python inside the packed program"),)


def missing(needs: list[Need]) -> list[Need]:
    """Those of `needs` that this machine does not have."""
    return [need for need in needs if not is_there(need)]


def is_there(need: Need) -> bool:
    """Whether this machine has it; a library is there when it loads."""
    if need.kind == "program":
        return shutil.which(need.name) is not None
    if need.kind == "file":
        return os.path.exists(need.name)
    if need.kind == "module":
        return importlib.util.find_spec(need.name) is not None
    try:
        ctypes.CDLL(need.name)
    except OSError:
        return False
    return True


def provide(needs: list[Need]) -> None:
    """Install what is missing through apt, or say what it is and stop."""
    if not needs:
        return
    packages = sorted({need.package for need in needs})
    apt = apt_command()
    if apt is None:
        stop("This machine lacks:\n" + in_words(needs), how_without_apt(packages))
    say("installing through apt: " + " ".join(packages))
    install = ["install", "-y", "-q", "--no-install-recommends", *packages]
    if subprocess.call([*apt, "update", "-q"]) or subprocess.call([*apt, *install]):
        stop("apt did not install all of these:\n" + in_words(needs), "Its reason is above. " + AGAIN)
    importlib.invalidate_caches()
    left = missing(needs)
    if left:
        stop("This machine still lacks, after apt:\n" + in_words(left), "Install them. " + AGAIN)


def apt_command() -> list[str] | None:
    """How this user calls apt-get; None where it is absent, or needs rights that cannot be had."""
    apt = shutil.which("apt-get")
    if apt is None:
        return None
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", apt]
    if os.geteuid() == 0:
        return quiet
    sudo = shutil.which("sudo")
    if sudo and (sys.stdin.isatty() or subprocess.call([sudo, "-n", "true"], stderr=subprocess.DEVNULL) == 0):
        return [sudo, *quiet]
    return None


def how_without_apt(packages: list[str]) -> str:
    """What to do next where apt is not to be had."""
    if shutil.which("apt-get"):
        line = "apt-get install --no-install-recommends " + " ".join(packages)
        return f"You are not root, and sudo is not to be had. Let an administrator run\n  {line}\n{AGAIN}"
    return (
        "There is no apt-get here. Install them by this system's own means (the names are Debian's; "
        f"docs/installing.md says more).\n{AGAIN}"
    )


def provide_packages() -> None:
    """Make `.venv` hold exactly what requirements.lock pins, and the program itself."""
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip_install = (str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q")
    packages = stamp_of("requirements.lock")
    if not python.exists() or read_stamp("packages") != packages:
        say("making .venv from requirements.lock; half a minute or so, more on a slow line")
        call("make .venv", BASE_PYTHON, "-m", "venv", "--clear", str(VENV))
        pinned = ("--require-hashes", "--only-binary", ":all:", "-r", "requirements.lock")
        call("install the pinned packages", *pip_install, *pinned)
        write_stamp("packages", packages)
    program = stamp_of("pyproject.toml")
    if read_stamp("program") != program:
        here = ("--no-deps", "--no-build-isolation", "--no-index", "-e", ".")
        call("install the program into .venv", *pip_install, *here)
        write_stamp("program", program)


def stamp_of(source: str) -> str:
    """What a part of `.venv` was made from: the file `source`, the Python, the folder."""
    digest = hashlib.sha256((ROOT / source).read_bytes()).hexdigest()
    return "\n".join((digest, sys.version, os.path.realpath(BASE_PYTHON), str(ROOT), ""))


def read_stamp(part: str) -> str | None:
    """The stamp that was written when this part of `.venv` was made, if it was."""
    path = VENV / f"made-from-{part}"
    return path.read_text(encoding="utf-8") if path.exists() else None


def write_stamp(part: str, stamp: str) -> None:
    """Remember what this part of `.venv` was made from, once it is complete."""
    (VENV / f"made-from-{part}").write_text(stamp, encoding="utf-8")


def call(task: str, *command: str) -> None:
    """Run `command` in the project's folder; stop with a sentence where it fails."""
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}  # setuptools warns about every editable install
    code = subprocess.call(command, cwd=str(ROOT), env=quiet)
    if code:
        stop(
            f"Could not {task} ({Path(command[0]).name} ended with {code}).", "The reason is above. " + AGAIN
        )


def in_words(needs: list[Need]) -> str:
    """One line a package: its name, what it is for, what of it was looked for."""
    by_package: dict[str, list[Need]] = {}
    for need in needs:
        by_package.setdefault(need.package, []).append(need)
    return "\n".join(
        f"  {package:20} for {of_it[0].purpose} ({', '.join(need.name for need in of_it)})"
        for package, of_it in sorted(by_package.items())
    )


def say(text: str) -> None:
    """One line of progress."""
    print("set-up: " + text, flush=True)


def stop(what: str, next_step: str) -> NoReturn:
    """Say what is so and what to do next, and end with 1."""
    print(f"set-up: {what}\n{next_step}", file=sys.stderr, flush=True)
    raise SystemExit(1)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("run", "test", "build"):
        raise SystemExit("usage: python3 tools/setup.py run|test|build")
    main(sys.argv[1])
