"""One writer: refused in words, across stores and processes, and free again after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from crf_app.errors import Busy, StorageError
from crf_app.store.lock import HomeLock
from crf_app.store.store import open_store

HOLD = """
import sys, pathlib
from crf_app.store.lock import HomeLock
lock = HomeLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(home) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.stdin.close()
    process.stdout.close()
    process.wait(10)


def test_a_second_store_in_the_same_process_is_refused(bench):
    with pytest.raises(Busy) as refusal:
        open_store(bench.home, bench.key, bench.sign.sign)
    assert refusal.value.exit_code == 7 and refusal.value.sentence("zh") != refusal.value.sentence("en")


def test_the_same_home_by_another_path_is_the_same_home(bench, tmp_path):
    (tmp_path / "other").symlink_to(bench.home)
    with pytest.raises(Busy):
        open_store(tmp_path / "other", bench.key, bench.sign.sign)


def test_another_process_is_refused_and_comes_in_after_a_kill(tmp_path):
    process = holder(tmp_path)
    with pytest.raises(Busy):
        HomeLock(tmp_path)
    process.send_signal(signal.SIGKILL)
    end(process)
    HomeLock(tmp_path).release()


def test_what_this_process_holds_another_one_cannot_take(tmp_path):
    lock = HomeLock(tmp_path)
    refused = subprocess.run(
        [sys.executable, "-c", HOLD, str(tmp_path)], capture_output=True, text=True, input=""
    )
    assert "Busy" in refused.stderr and refused.stdout == ""
    lock.release()
    end(holder(tmp_path))


def test_letting_go_twice_takes_nothing_from_the_next_one(tmp_path):
    first = HomeLock(tmp_path)
    first.release()
    second = HomeLock(tmp_path)
    first.release()
    with pytest.raises(Busy):
        HomeLock(tmp_path)
    second.release()


def test_a_refused_opening_leaves_the_home_free(bench):
    bench.close()
    with pytest.raises(Exception, match="damaged"):
        open_store(bench.home, b"k" * 32, bench.sign.sign)
    bench.open()


def test_a_lock_that_cannot_be_made_is_a_storage_refusal(tmp_path):
    (tmp_path / "writer.lock").mkdir()
    with pytest.raises(StorageError):
        HomeLock(tmp_path)
