"""A stored definition is named by its bytes, whatever a later program would spell shorter."""

from __future__ import annotations

import json
from pathlib import Path

from crf_app.crypto.canonical import canonical, sha256
from crf_app.model.definition import study_from_bytes
from crf_app.model.load import load

FORMS = Path(__file__).resolve().parents[2] / "forms" / "demo-vitals"


def test_a_default_that_is_written_out_stays_part_of_the_definition() -> None:
    study = load(FORMS).study
    raw = json.loads(study.canonical_bytes())
    raw["arms"] = []  # as a program wrote it for which arms had no default
    stored = canonical(raw)
    again = study_from_bytes(stored)
    assert again == study
    assert again.canonical_bytes() == stored
    assert again.sha256 == sha256(stored) != study.sha256


def test_what_was_read_from_files_and_stored_is_the_same_definition() -> None:
    study = load(FORMS).study
    again = study_from_bytes(study.canonical_bytes())
    assert (again, again.sha256) == (study, study.sha256)
