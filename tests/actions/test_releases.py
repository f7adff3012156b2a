"""Whatever a released program wrote is opened by the program of today: store, bundle, definition.

`tools/make_release.py` makes a folder for each release; a folder is never changed again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.safekeeping.keeping import state_hash, verify
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.crypto.encoding import unb64
from crf_app.crypto.keys import X25519Key
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.load import load
from crf_app.sync.bundle import Author, open_bundle

FOLDER = Path(__file__).parents[1] / "releases"
RELEASES = sorted(one.name for one in FOLDER.iterdir())


@pytest.fixture(params=RELEASES)
def release(request: Any) -> Path:
    return FOLDER / str(request.param)


@pytest.fixture
def said(release: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release / "said.json").read_text("utf-8"))
    return found


@pytest.fixture
def opened(release: Path, said: dict[str, Any], tmp_path: Path) -> Iterator[Session]:
    """The store, brought up, with its nurse at work."""
    home = Path(shutil.copytree(release / "home", tmp_path / "home"))
    session = sign_in(home, "nurse", said["password"])
    yield session
    sign_out(session)


def test_every_release_is_kept() -> None:
    assert "0.1.0" in RELEASES


def test_a_store_opens_with_every_record_and_the_same_state(opened: Session, said: dict[str, Any]) -> None:
    assert opened.store.end.hash.hex() == said["head"]
    report = verify(opened)
    assert report.sound and report.records == said["records"], report.problems
    assert state_hash(opened) == said["state_hash"]


def test_its_answers_and_its_signature_are_read(opened: Session, said: dict[str, Any]) -> None:
    page = form_page(opened, FormKey(said["subject"], "SE.V1", "F.VS"))
    assert {line.key.path: line.state.answer.value for line in page.lines} == said["values"]
    assert page.signature is not None and page.signature.valid == said["signed"]


def test_work_goes_on_in_it(opened: Session, said: dict[str, Any]) -> None:
    key = FormKey(said["subject"], "SE.V1", "F.VS")
    enter_value(opened, ItemKey(key, "IG.VS", "I.VS.DIABP"), "82", reason="made up")
    page = form_page(opened, key)
    assert page.signature is not None and not page.signature.valid
    assert verify(opened).sound


def test_its_bundle_opens_with_every_record(release: Path, said: dict[str, Any]) -> None:
    author = Author(unb64(said["device_key"]))
    study = load(release / "definition").study
    bundle = open_bundle(
        (release / "bundle.crf").read_bytes(), study=study.oid, env="test", lookup=lambda *_: author,
        mine=X25519Key.from_raw(unb64(said["central_box"])),
    )  # fmt: skip
    first, last = bundle.header.first, bundle.header.last
    assert first is not None and last is not None and last - first + 1 == said["bundle_records"]
    assert sum(1 for _ in bundle.lines) > said["bundle_records"]  # records, ends, seal


def test_its_definition_loads_as_the_same_version(
    release: Path, said: dict[str, Any], opened: Session
) -> None:
    assert load(release / "definition").study.sha256 == said["definition"] == opened.study.sha256
