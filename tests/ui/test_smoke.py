"""`--smoke` comes to its end on a sound program, and stops with a sentence and a code on any other."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from crf_app.actions.printing import paper
from crf_app.actions.safekeeping import keeping
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import StorageError
from crf_app.ui import smoke as module
from crf_app.ui.smoke import FAULT, Smoke, smoke

STEP = re.compile(r" +\d+\.\d\d s  \S")


def run() -> tuple[int, list[str]]:
    said: list[str] = []
    return smoke(said.append, LIGHT), said


def test_a_sound_program_tells_every_step_with_its_time() -> None:
    environment = {name: text for name, text in os.environ.items() if name != "QT_QPA_PLATFORM"}
    done = subprocess.run(
        [sys.executable, "-m", "crf_app", "--smoke"],
        capture_output=True, text=True, env=environment, check=False, timeout=120,
    )  # fmt: skip
    *steps, last = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert last.startswith("all well") and all(STEP.match(step) for step in steps)
    for done_ in ("answered", "in the store as typed", "signatures are valid", "byte changed", "verifies"):
        assert any(done_ in step for step in steps), done_


def test_an_altered_pdf_ends_it(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signed bytes differ from what was signed: whatever comes after them is not reached."""
    real = paper.signed_pdf
    changed = lambda *args: (data := real(*args)) and module._one_byte_changed(data)  # noqa: E731
    monkeypatch.setattr(paper, "signed_pdf", changed)
    code, said = run()
    assert code == FAULT
    assert said[-1].startswith("stopped: the signed PDF is not accepted: ")
    assert not any("all well" in line for line in said)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The made-up site and the keys left out: what is played is the test's own."""
    monkeypatch.setattr(module, "make_demo_site", lambda *_: None)
    monkeypatch.setattr(Smoke, "__init__", lambda *_: None)
    return monkeypatch


def test_a_refusal_ends_it_with_its_own_code(only: pytest.MonkeyPatch) -> None:
    def full(_: Smoke) -> None:
        raise StorageError("The disk is full.", "磁盘已满。")

    only.setattr(Smoke, "play", full)
    code, said = run()
    assert (code, said[-1]) == (8, "stopped: The disk is full.")


def test_a_fault_inside_the_window_ends_it(only: pytest.MonkeyPatch) -> None:
    """What an event handler raises reaches only the exception hook."""
    before = sys.excepthook
    only.setattr(sys, "__excepthook__", lambda *_: None)
    only.setattr(Smoke, "play", lambda _: sys.excepthook(KeyError, KeyError("made up"), None))
    code, said = run()
    assert (code, said[-1]) == (FAULT, "stopped: a fault in the window: KeyError")
    assert sys.excepthook is before


def test_a_program_without_definitions_is_not_sound(only: pytest.MonkeyPatch) -> None:
    only.setattr(module, "study_folders", lambda _: [])
    only.setattr(Smoke, "play", lambda _: None)
    code, said = run()
    assert code == FAULT and "no study definition" in said[-1]


def test_a_store_that_does_not_verify_ends_it(only: pytest.MonkeyPatch) -> None:
    only.setattr(
        keeping, "verify", lambda _: keeping.Report(1, 1, 0, [{"where": "ledger", "en": "", "zh": ""}])
    )
    only.setattr(Smoke, "window", type("Window", (), {"session": None}), raising=False)
    only.setattr(Smoke, "play", Smoke._verify_store)
    code, said = run()
    assert (code, said[-1]) == (FAULT, "stopped: the store does not verify")
