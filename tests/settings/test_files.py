"""A small file is written whole or not at all, and one process at a time."""

from __future__ import annotations

import errno
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from crf_app.errors import StorageError, StorageFull
from crf_app.settings import one_at_a_time, write_file


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    (tmp_path / "x.json.new").write_text("left over, longer than the new text")
    write_file(path, b"one")
    write_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert [file.name for file in tmp_path.iterdir()] == ["x.json"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("step", ["os.fsync", "os.replace"])
@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, StorageFull), (errno.EACCES, StorageError)])
def test_a_refusal_of_the_system_leaves_the_old_file(
    step: str, number: int, kind: type[StorageError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    write_file(path, b"old")

    def refuse(*_: object) -> None:
        raise OSError(number, "made up")

    monkeypatch.setattr(step, refuse)
    with pytest.raises(kind) as refusal:
        write_file(path, b"new")
    assert type(refusal.value) is kind
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["x.json"]


def test_a_kill_while_writing_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from crf_app.settings import write_file\n"
        "step, path = int(sys.argv[1]), Path(sys.argv[2])\n"
        "count = 0\n"
        "def stop(event, args):\n"
        "    global count\n"
        "    if event in ('open', 'os.rename') and str(args[0]).startswith(str(path)):\n"
        "        count += 1\n"
        "        if count == step: os.kill(os.getpid(), 9)\n"
        "sys.addaudithook(stop)\n"
        "write_file(path, b'new' * 1000)\n"
    )
    ended = []
    for step in (1, 2, 3):
        write_file(path, b"old")
        done = subprocess.run([sys.executable, "-c", code, str(step), str(path)], check=False)
        assert path.read_bytes() in (b"old", b"new" * 1000)
        ended.append((done.returncode, path.read_bytes()[:3]))
    assert ended == [(-9, b"old"), (-9, b"old"), (0, b"new")]


def test_a_second_process_waits_for_the_first(tmp_path: Path) -> None:
    lock, counter = tmp_path / "x.lock", tmp_path / "counter"
    counter.write_text("0")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from crf_app.settings import one_at_a_time\n"
        "lock, counter = map(Path, sys.argv[1:])\n"
        "for _ in range(200):\n"
        "    with one_at_a_time(lock): counter.write_text(str(int(counter.read_text()) + 1))\n"
    )
    command = [sys.executable, "-c", code, str(lock), str(counter)]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert counter.read_text() == "600"


def test_a_lock_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError), one_at_a_time(tmp_path / "none" / "x.lock"):
        pytest.fail("the lock was given")
