"""The log and the diagnostic file hold no patient data; the process is shielded."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from crf_app.errors import StorageError
from crf_app.settings import log_file, start_log, stop_log, write_diagnostic
from crf_app.settings.diagnostics import LOG_BYTES, LOG_FILES


def test_the_log_turns_over_and_stays_small(tmp_path: Path) -> None:
    handler = start_log(tmp_path)
    try:
        for _ in range(4 * LOG_BYTES // 10_000):
            logging.getLogger("crf_app.store").info("x" * 10_000)
    finally:
        stop_log(handler)
    files = sorted(log_file(tmp_path).parent.iterdir())
    assert len(files) == LOG_FILES
    assert all(file.stat().st_size <= LOG_BYTES for file in files)
    assert handler not in logging.getLogger("crf_app").handlers


def test_the_diagnostic_file_tells_versions_sizes_and_the_last_lines(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "diagnostic.txt"
    (home / "exports").mkdir(parents=True)
    (home / "study.db").write_bytes(b"CANARY" * 100)
    (home / "vault.json").write_text("CANARY")
    (home / "exports" / "S01-003 Zhang San.pdf").write_text("CANARY")
    handler = start_log(home)
    logging.getLogger("crf_app.sync").info("bundle applied: 60 records")
    stop_log(handler)
    write_diagnostic(home, out)
    text = out.read_text("utf-8")
    assert "cryptography 5" in text and "python   3." in text
    assert "600 study.db" in text and "others 1" in text
    assert "bundle applied: 60 records" in text
    assert "CANARY" not in text and "Zhang" not in text and "S01-003" not in text


def test_without_a_log_it_says_so(tmp_path: Path) -> None:
    write_diagnostic(tmp_path, tmp_path / "d.txt")
    assert "no log" in (tmp_path / "d.txt").read_text()


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_diagnostic(tmp_path, tmp_path / "none" / "d.txt")
    (tmp_path / "log").write_text("a file in the way")
    with pytest.raises(StorageError):
        start_log(tmp_path)


@pytest.mark.skipif(
    sys.platform != "linux", reason="core limits and dumpable are tested where /proc tells them"
)
def test_the_process_leaves_no_core_and_is_not_readable() -> None:
    code = (
        "import ctypes, resource\n"
        "from crf_app.settings import protect_process\n"
        "print(protect_process(), resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['core', 'dumpable'] (0, 0) 0"
