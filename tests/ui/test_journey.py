"""The main job, end to end, by keys in the real window: bedside, paper, bundle, central, receipt."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crf_app.actions.casebook import casebook
from crf_app.actions.demo.demo_site import PASSWORD, make_demo_site
from crf_app.actions.printing.checking_paper import verify_pdf
from crf_app.actions.printing.paper import roots_of
from crf_app.actions.safekeeping import keeping
from crf_app.actions.session import Session, sign_in, sign_out
from crf_app.actions.subjects import subjects
from crf_app.crypto.passwords import LIGHT
from crf_app.store import reads
from crf_app.ui.journey import play

pytestmark = pytest.mark.xdist_group("journey")  # one journey for all of them
STUDY = Path(__file__).resolve().parents[2] / "forms" / "hucmsc"


@pytest.fixture(scope="module")
def played(qapp: object) -> Iterator[tuple[Path, list[str], int]]:
    """A small demo site, and the journey on it: (folder, what was said, exit code).

    Not under pytest's own folder: as root, PostgreSQL runs as a user who may not pass through there.
    """
    folder = Path(tempfile.mkdtemp(prefix="crf-demo-"))
    said: list[str] = []
    make_demo_site(folder / "home", STUDY, said.append, 4, cost=LIGHT)
    code = play(folder / "home", folder, STUDY, said.append)
    yield folder, said, code
    shutil.rmtree(folder)


@pytest.fixture
def nurse(played: tuple[Path, list[str], int]) -> Iterator[Session]:
    session = sign_in(played[0] / "home", "nurse", PASSWORD)
    yield session
    sign_out(session)


def test_the_journey_comes_to_its_end(played: tuple[Path, list[str], int]) -> None:
    folder, said, code = played
    assert code == 0, "\n".join(said)
    assert said[-1].startswith("receipt applied") and "equal on both sides" in said[-1]
    for name in ("signed_form.pdf", "bundle.crf", "receipt.crf", "site-root.pem"):
        assert (folder / name).stat().st_size > 100, name
    assert len(list((folder / "pictures").glob("*.png"))) >= 12


def test_the_signed_pdf_is_valid_for_us_and_for_an_independent_reader(
    played: tuple[Path, list[str], int],
) -> None:
    folder = played[0]
    verdict = verify_pdf(
        (folder / "signed_form.pdf").read_bytes(), roots_of((folder / "site-root.pem").read_bytes())
    )
    assert verdict.exit_code == 0, verdict
    assert shutil.which("pdfsig"), "pdfsig is missing: make test installs poppler-utils"
    out = subprocess.run(
        ["pdfsig", "-nocert", str(folder / "signed_form.pdf")], capture_output=True, text=True, check=True
    ).stdout
    assert "Signature is Valid" in out and "Total document signed" in out


def test_every_turn_of_the_story_is_in_the_ledger(nurse: Session) -> None:
    """A soft check answered, a hard one corrected, a reason, one below the limit, one not done."""
    records = [
        one.record
        for one in reads.records_of_kind(
            nurse.store.conn,
            "item.set",
            "query.open",
            "query.answer",
            "query.close",
            "sign.make",
            "form.status",
        )
    ]
    uid = next(one.subject for one in reversed(records) if one.kind == "sign.make")
    mine = [one for one in records if one.subject == uid]
    checks = {json.loads(one.value or "{}").get("ec") for one in mine if one.kind == "query.open"}
    assert {"EC010", "EC019"} <= checks
    assert any(one.kind == "query.answer" and one.reason for one in mine)
    assert any(one.kind == "query.close" for one in mine), "the corrected hard finding closed its query"
    assert any(one.kind == "item.set" and one.reason == "Typing error" for one in mine)
    assert any(one.kind == "item.set" and (one.value or "").startswith("<") for one in mine)
    assert any(one.kind == "item.set" and one.missing == "ND" for one in mine)


def test_after_the_receipt_everything_is_safe_and_sound(nurse: Session) -> None:
    assert keeping.verify(nurse).sound
    assert reads.safe_end(nurse.store.conn, nurse.identity) > 0


def test_the_demo_site_shows_subjects_in_many_states(nurse: Session) -> None:
    states = {cell.state for one in subjects(nurse) for cell in casebook(nurse, one.uid).cells.values()}
    assert {"todo", "started", "done", "signed"} <= states
