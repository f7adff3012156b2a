"""The soak of crashes can fail: a program that does not sync, or damages what it was given, is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.soak import powercut
from bench.soak.forked import Ended
from bench.soak.powercut import History, powercut_shard
from bench.soak.recorded import Call, calls_of

ROOT = Path("/made/up")
HOME = f"{ROOT}/home"


def write(name: str, at: int, data: bytes) -> Call:
    return Call("write", f"{HOME}/{name}", at, "", data)


def sync(name: str = "") -> Call:
    return Call("sync", f"{HOME}/{name}" if name else HOME)


def disks(*calls: Call) -> list[tuple[dict[str, bytes], bytes]]:
    return [(one.files, one.said) for one in History(calls, ROOT).disks({"home/a": b"old"})]


def test_what_is_not_synced_may_be_lost_and_what_is_synced_stays() -> None:
    found = disks(
        write("a", 0, b"new"), sync("a"), Call("say", "<stdout>", data=b"ok\n"), write("a", 3, b"er")
    )
    assert ({"home/a": b"new"}, b"ok\n") in found and ({"home/a": b"newer"}, b"ok\n") in found
    assert ({"home/a": b"old"}, b"ok\n") not in found
    assert ({"home/a": b"old"}, b"ok\n") in disks(
        write("a", 0, b"new"), Call("say", "<stdout>", data=b"ok\n")
    )


def test_each_of_several_writes_may_be_the_one_that_is_missing() -> None:
    found = [files["home/a"] for files, _ in disks(write("a", 3, b"1"), write("a", 4, b"2"), sync("a"))]
    assert set(found) == {b"old", b"old1", b"old12", b"old\0002"}


def test_a_rename_is_safe_with_the_folder_and_takes_the_content_along() -> None:
    new, moved = Call("create", f"{HOME}/b"), Call("rename", f"{HOME}/b", 0, f"{HOME}/a")
    said = Call("say", "<stdout>", data=b"ok\n")
    after = [files for files, told in disks(new, write("b", 0, b"new"), sync("b"), moved, said) if told]
    assert {"home/a": b"old", "home/b": b"new"} in after and {"home/a": b"new"} in after
    safe = disks(new, write("b", 0, b"new"), sync("b"), moved, sync(), said)
    assert [files for files, told in safe if told] == [{"home/a": b"new"}]


def test_a_program_that_answers_without_a_sync_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsynced(*arguments: object) -> list[Call]:
        calls = calls_of(*arguments)  # type: ignore[arg-type]
        first = next(n for n, one in enumerate(calls) if one.kind == "say")
        return [one for n, one in enumerate(calls) if one.kind != "sync" or n > first]

    monkeypatch.setattr(powercut, "calls_of", unsynced)
    outcome = powercut_shard("put", 12)
    assert outcome.tries == 12 and not outcome.passed and outcome.lost > 0


def test_an_end_without_a_sentence_is_found() -> None:
    from bench.soak.faulty import in_words

    assert in_words(Ended(0, b"", "", 0.0)) == ()
    assert in_words(Ended(8, b'{"error": "storage", "message": "made up"}\n', "", 0.0)) == ()
    assert (
        in_words(Ended(8, b"", "", 0.0))
        and in_words(Ended(70, b"", "", 0.0))
        and in_words(Ended(-6, b"", "", 0))
    )
