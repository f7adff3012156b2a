"""The real command line, forked from a process that has imported it: a try costs a tenth of a second.

`Program` is the side of the exercises; `python -m bench.soak.forked` is the process that forks.  Each call
runs `crf_app.__main__.main` in a child of its own with its own files, behind `fault.c`, compiled here.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SOURCE = Path(__file__).with_name("fault.c")
_ROOT = Path(__file__).resolve().parents[2]


class NoCompiler(RuntimeError):
    """The exercises with a refusing or recording file system need a C compiler."""


@dataclass(frozen=True, slots=True)
class Ended:
    """`code` is the exit code, negative for a signal; `rows` the complete JSON lines that were printed."""

    code: int
    out: bytes
    err: str
    seconds: float

    @property
    def rows(self) -> list[dict[str, Any]]:
        whole = [one for one in self.out.splitlines(keepends=True) if one.endswith(b"\n")]
        return [json.loads(one) for one in whole]

    @property
    def said(self) -> str:
        """Both outputs, for a person who reads what failed."""
        return (self.err + self.out.decode("utf-8", "replace")).strip()[-400:]


def compiled(folder: Path) -> Path:
    """`fault.c` as a library in `folder`.  Raises NoCompiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NoCompiler("There is no C compiler here, so no write can be made to fail. Install gcc.")
    library = folder / "fault.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoCompiler(f"fault.c cannot be compiled; install gcc and libc6-dev. {done.stderr[-300:]}")
    return library


class Program:
    """Runs verbs of `crf-app` in children.  Raises NoCompiler; `close` it after use."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        environment = os.environ | {"LD_PRELOAD": str(compiled(folder)), "PYTHONUNBUFFERED": ""}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "bench.soak.forked"],
            cwd=_ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def close(self) -> None:
        """End the process that forks."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()

    def run(
        self,
        verb: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: Path = Path(os.devnull),
        most_bytes: int = 0,
        kill_after: float | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Ended:
        """One call to its end.  `kill_after`: seconds until kill -9; `most_bytes`: no file may grow beyond;
        `meanwhile` is called while the child may still run."""
        out, err = self._folder / "out", self._folder / "err"
        began = time.perf_counter()
        call = {"verb": [*verb], "environment": {**environment}, "most_bytes": most_bytes}
        pid = self._ask(call | {"stdin": str(stdin), "out": str(out), "err": str(err)})
        if kill_after is not None:
            time.sleep(kill_after)  # the moment of the kill is what varies
            os.kill(pid, signal.SIGKILL)  # ours, and not waited for until we say so
        if meanwhile is not None:
            meanwhile()
        code = self._ask("wait")
        return Ended(code, out.read_bytes(), err.read_text("utf-8", "replace"), time.perf_counter() - began)

    def _ask(self, what: object) -> int:
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(what) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline() or "-1")


def _serve() -> None:
    """For each line a child; its pid, then after the next line how it ended."""
    _import_all()
    for line in sys.stdin:
        call = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(call)
        _answer(pid)
        sys.stdin.readline()
        _answer(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _become(call: dict[str, Any]) -> None:
    """The program itself, with files in place of our pipes; never returns."""
    for number, (name, how) in enumerate(
        ((call["stdin"], os.O_RDONLY), (call["out"], _ANEW), (call["err"], _ANEW))
    ):
        file = os.open(name, how, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (until the process ends)
    os.environ.update(call["environment"])
    if call["most_bytes"]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (call["most_bytes"], call["most_bytes"]))
    from crf_app.__main__ import main

    code = 70
    try:
        code = main(call["verb"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def _import_all() -> None:
    """What the verbs of the exercises import inside functions, once."""
    import importlib

    for name in ("bundle", "form_steps", "keeping", "pdf", "put", "put_lines"):
        importlib.import_module(f"crf_app.cli.{name}")
    for name in ("export.pdf", "export.pdf_sign", "export.pdf_verify", "sync.bundle", "sync.central_public"):
        importlib.import_module(f"crf_app.{name}")
    for name in ("sqlcipher3", "sqlite_utils", "zstandard"):
        importlib.import_module(name)


if __name__ == "__main__":
    _serve()
