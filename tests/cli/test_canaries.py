"""Words planted in every kind of text are in no file that the real program writes, whatever it was doing.

Home, temporary folder, trace, bundle, backup and diagnostic file are looked through, also after the program
was killed in the middle.  A refusal says what was typed back to the person, and to nobody else.
"""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.sync.central_public import CentralPublic

from .conftest import ADMIN, NURSE

#: one for each kind of text; `password` is the nurse's own
WORDS = {
    "value": "QXCANARYVALUE1", "reason": "QXCANARYREASON2", "query": "QXCANARYQUERY3", "label": "ZN777",
    "row": "QXCANARYROW4", "not_done": "QXCANARYNOTDONE5", "refused": "QXCANARYREFUSED6",
    "chinese": "金丝雀文字七", "person": "QXCanary Person8", "visit": "QXCANARYVISIT9",
}  # fmt: skip
AE = ("ZN777", "LOG", "AE")


class Site:
    """Runs the program: in this process, or in one of its own to be killed."""

    def __init__(self, run: Any, program: tuple[list[str], dict[str, str]], home: Path, folder: Path) -> None:
        self._run, (self.command, self.environment) = run, program
        self.home, self.folder = home, folder

    def run(self, *words: str, stdin: bytes = b"", as_: str = "nia") -> str:
        return str(self._run(*words, home=self.home, as_=as_, stdin=stdin).out)

    def killed(self, *words: str, stdin: bytes = b"", answers: int = 0) -> None:
        """A process of its own, ended after so many lines of answer, or as soon as it wrote a half file."""
        process = subprocess.Popen(
            [*self.command, *words], env=self.environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(stdin)
        process.stdin.flush()
        for _ in range(answers):
            process.stdout.readline()
        while not answers and process.poll() is None and not list(self.folder.glob("*.half")):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def files(self) -> Iterator[Path]:
        """Everything below the home, the temporary folder and the folder of what was written on purpose."""
        for folder in (self.home, self.folder):
            yield from (one for one in folder.rglob("*") if one.is_file() and one.suffix != ".secret")


def spelled(word: str) -> list[bytes]:
    """The word in the spellings of files: UTF-8, UTF-16, and JSON's escapes."""
    return [
        word.encode(),
        word.encode("utf-16-le"),
        word.encode("utf-16-be"),
        json.dumps(word)[1:-1].encode(),
    ]


def unpacked(data: bytes) -> Iterator[bytes]:
    """The bytes, and what is packed with zlib in them wherever it begins."""
    yield data
    at = -1
    while (at := data.find(b"\x78", at + 1)) >= 0:
        try:
            yield zlib.decompressobj().decompress(data[at:], 1 << 20)
        except zlib.error:
            continue


def told(site: Site) -> list[str]:
    """Which words stand where."""
    wanted = {name: spelled(word) for name, word in (WORDS | {"password": NURSE}).items()}
    places = {str(path): path.read_bytes() for path in site.files()}
    return [
        f"{name} in {place}"
        for place, data in places.items()
        for part in unpacked(data)
        for name, spellings in wanted.items()
        if any(one in part for one in spellings)
    ]


@pytest.fixture
def site(run: Any, program: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    folder = tmp_path / "out"
    (folder / "temporary").mkdir(parents=True)
    for name in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(folder / "temporary"))
        program[1][name] = str(folder / "temporary")
    program[1]["CRF_TRACE"] = str(folder / "trace")
    monkeypatch.setattr(tempfile, "tempdir", None)
    return Site(run, program, home, folder)


def begin(site: Site) -> None:
    """A subject with a row in the log."""
    site.run("subject", "add", "ZN777")
    site.run("put", "ZN777", "SCR", "IC", "DSSTDAT_IC=2026-01-05")
    site.run("put", *AE, "AEYN=Y")
    site.run("put", *AE, "--row", "AE[new]", f"AETERM={WORDS['value']}")


def plant(site: Site) -> None:
    """A word into each kind of text, by the verbs of the command line."""
    begin(site)
    site.run("put", *AE, "--row", "AE[1]", f"AETERM={WORDS['chinese']}", "--reason", WORDS["reason"])
    site.run("put", *AE, "--row", "AE[new]", f"AETERM={WORDS['row']}")
    site.run("row", "remove", *AE, "AE[2]", "--reason", WORDS["reason"])
    site.run("put", *AE, "--row", "AE[1]", f"AESTDAT={WORDS['refused']}")
    site.run("visit", "add", "ZN777", "UNS", "--reason", WORDS["visit"])
    site.run("not-done", "ZN777", "V1", "VS", "--reason", WORDS["not_done"])
    lines = [{"subject": "ZN777", "event": "LOG", "form": "AE", "row": "AE[1]", "item": "AETERM",
              "value": WORDS["value"], "reason": WORDS["reason"]}]  # fmt: skip
    site.run("put", "--stdin", stdin="".join(json.dumps(one) + "\n" for one in lines).encode())


def test_the_words_are_in_the_ledger_and_in_no_file(site: Site) -> None:
    plant(site)
    site.run("verify")
    site.run("rebuild")
    site.run("state-hash")
    site.run("no-such-verb", WORDS["refused"])
    site.run("backup", str(site.folder / "one.crfbackup"), as_="ada")
    site.run("diagnostic", str(site.folder / "diagnostic.json"))
    central = CentralPublic("HUCMSC", "prod", Ed25519Key.generate().public, X25519Key.generate().public)
    (site.folder / "central.pub").write_bytes(central.encoded())
    site.run("bundle", "make", str(site.folder / "one.crf"), "--to", str(site.folder / "central.pub"))
    held = site.run("audit")
    planted = [name for name, word in WORDS.items() if name not in ("refused", "person", "query")]
    assert [name for name in planted if WORDS[name] not in held] == []
    assert (site.folder / "one.crfbackup").stat().st_size > 100_000
    assert {"witness.json", "attempts.json"} <= {one.name for one in site.files()}, (
        "these are looked through too"
    )
    assert told(site) == []


def test_a_kill_in_the_middle_leaves_no_word_behind(site: Site) -> None:
    begin(site)
    line = {"subject": "ZN777", "event": "LOG", "form": "AE", "row": "AE[1]", "item": "AETERM"}
    line |= {"reason": WORDS["reason"]}
    for answers in (1, 40):
        lines = [json.dumps(line | {"value": f"{WORDS['value']} {answers} {n}"}) + "\n" for n in range(90)]
        site.killed("put", "--stdin", stdin="".join(lines).encode(), answers=answers)
        assert any(one.name.endswith("-wal") and one.stat().st_size for one in site.files())
        assert told(site) == []
    (site.folder / "ada.secret").write_text(ADMIN, "utf-8")
    site.environment["CRF_SECRET_FILE"] = str(site.folder / "ada.secret")
    site.killed("--as", "ada", "backup", str(site.folder / "made.crfbackup"))
    assert [one for one in site.files() if one.name == "made.crfbackup.half"] and told(site) == []


def test_the_look_finds_a_word_that_is_there(site: Site) -> None:
    """Else all of this would show nothing."""
    packed = b"made up" + zlib.compress(WORDS["chinese"].encode())
    for data in (WORDS["value"].encode(), WORDS["reason"].encode("utf-16-le"), packed):
        (site.folder / "left.txt").write_bytes(data)
        assert told(site) != []
