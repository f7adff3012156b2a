"""The log, the diagnostic file, and the shield around the process.

The log takes OIDs, keys, codes and counts: never an answer, a name or a password.  The diagnostic
file is what a site sends when it asks for help: versions, platform, file sizes, the last log lines.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import Final

from crf_app.settings.files import storage_refusal, write_file

LOG_BYTES: Final = 1_000_000
LOG_FILES: Final = 3
LAST_LINES: Final = 200
_PACKAGE_TEXT: Final = """
    crf-app PySide6-Essentials sqlcipher3 sqlite-utils cryptography pydantic reportlab pyHanko cel-expr-python
    zstandard pypdfium2 psycopg
"""


def log_file(home: Path) -> Path:
    """Where the log of this home lies."""
    return home / "log" / "crf-app.log"


class TurningLog(logging.FileHandler):
    """A full file becomes `NAME.1`, that one `NAME.2`, and a new one begins.

    As `logging.handlers.RotatingFileHandler`, whose module costs the start 7 ms (sockets, pickles).
    """

    def emit(self, record: logging.LogRecord) -> None:
        size = len(self.format(record).encode("utf-8", "replace")) + 1
        try:
            if self.stream is not None and self.stream.tell() + size > LOG_BYTES:
                self.stream.close()
                self._turn()
        except OSError:
            self.handleError(record)  # as every handler of `logging`: said on stderr, the program goes on
        super().emit(record)

    def _turn(self) -> None:
        for number in range(LOG_FILES - 1, 0, -1):
            older = f"{self.baseFilename}.{number}"
            newer = f"{self.baseFilename}.{number - 1}" if number > 1 else self.baseFilename
            if os.path.exists(newer):
                os.replace(newer, older)
        self.stream = self._open()


def start_log(home: Path, level: int = logging.INFO) -> logging.Handler:
    """Log of the package to a rotating file (3 x 1 MB, UTC).  Returns the handler, for `stop_log`."""
    path = log_file(home)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = TurningLog(path, encoding="utf-8")
    except OSError as reason:
        raise storage_refusal(reason, path) from reason
    form = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    form.converter = time.gmtime
    handler.setFormatter(form)
    logger = logging.getLogger("crf_app")
    logger.addHandler(handler)
    logger.setLevel(level)
    return handler


def stop_log(handler: logging.Handler) -> None:
    """Take the handler away again and close its file."""
    logging.getLogger("crf_app").removeHandler(handler)
    handler.close()


def write_diagnostic(home: Path, path: Path) -> None:
    """Write the diagnostic file to `path` (text, UTF-8).  Holds no patient data.  Raises StorageError."""
    parts = [
        ["crf-app diagnostic file: versions, file sizes and log lines; no patient data, no names, no keys"],
        ["", "[system]", *_system()],
        ["", "[packages]", *map(_version, _PACKAGE_TEXT.split())],
        ["", "[files]", *_files(home)],
        ["", "[log]", *_last_lines(home)],
    ]
    write_file(path, "\n".join(line for part in parts for line in part).encode() + b"\n")


def _system() -> list[str]:
    import platform  # slow to load, and only needed here

    return [
        f"system   {platform.system()} {platform.release()} {platform.machine()}",
        f"python   {platform.python_version()} {platform.python_implementation()}",
        f"encoding {sys.getfilesystemencoding()}",
    ]


def _version(package: str) -> str:
    import importlib.metadata  # slow to load, and only needed here

    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{package} -"


def _files(home: Path) -> list[str]:
    """Size and name of what the program itself writes; other names may hold anything and are only counted."""
    known = sorted(p for p in home.rglob("*") if p.is_file() and p.name.split(".")[0] in _OWN)
    others = sum(1 for p in home.rglob("*") if p.is_file()) - len(known)
    return [f"{p.stat().st_size:>12} {p.relative_to(home).as_posix()}" for p in known] + [f"others {others}"]


_OWN: Final = frozenset(["vault", "study", "attempts", "witness", "settings", "crf-app", "central"])


def _last_lines(home: Path) -> list[str]:
    path = log_file(home)
    try:
        return path.read_text("utf-8", errors="replace").splitlines()[-LAST_LINES:]
    except FileNotFoundError:
        return ["no log"]
    except OSError as reason:
        raise storage_refusal(reason, path) from reason


def protect_process() -> list[str]:
    """No core dumps, and no reading of this process's memory by others of the same user, where the
    system knows how.  Returns what was done: "core", "dumpable".  Call it first thing at the start."""
    done: list[str] = []
    if sys.platform == "win32":
        return done
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    done.append("core")
    if sys.platform == "linux":
        import ctypes

        pr_set_dumpable = 4
        if ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0) == 0:
            done.append("dumpable")
    return done
