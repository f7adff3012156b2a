"""What a scanner sent, read by the study's patterns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crf_app.actions.scanning import LONGEST, read_scan, record_other_subject, subject_of
from crf_app.model.definition import Study

LABEL = "MSC-2610-0913-02|5.0e7|100|2026-10-06T18:00"


def test_a_wristband_names_its_subject(study: Study) -> None:
    found = read_scan(study, "ZN007")
    assert found is not None and (found.kind, found.subject, dict(found.parts)) == (
        "subject", "ZN007", {"subject": "ZN007"},
    )  # fmt: skip


def test_a_label_fills_the_items_that_the_definition_names(study: Study) -> None:
    found = read_scan(study, LABEL)
    assert found is not None and found.kind == "product" and not found.subject
    assert dict(found.parts) == {
        "I.EX.ECREFID": "MSC-2610-0913-02",
        "I.EX.X_CELLS": "5.0e7",
        "I.EX.X_BAGVOL": "100",
        "I.EX.X_EXPDTM": "2026-10-06T18:00",
    }


@pytest.mark.parametrize("text", ["", "   ", "ZN07", "ZN0070", "xZN007", "ZN007 ZN009", "Z" * (LONGEST + 1)])
def test_a_text_that_no_pattern_takes_whole_is_no_scan(study: Study, text: str) -> None:
    assert read_scan(study, text) is None


def test_full_width_letters_of_an_input_method_are_read(study: Study) -> None:
    found = read_scan(study, "\uff3a\uff2e\uff10\uff10\uff17\r\n")
    assert found is not None and found.subject == "ZN007"


def test_without_a_scan_in_the_study_a_wristband_is_the_subject_number(study: Study) -> None:
    silent = study.model_copy(update={"scan": ()})
    found = read_scan(silent, "ZN007")
    assert found is not None and found.subject == "ZN007"
    assert read_scan(silent, "ZN07") is None and read_scan(silent, LABEL) is None


def test_the_subject_of_a_wristband_is_found_or_not(nurse: Any, new_subject: Any, study: Study) -> None:
    uid = new_subject(nurse, "ZN007")
    known, unknown = read_scan(study, "ZN007"), read_scan(study, "ZN009")
    assert known is not None and unknown is not None
    assert subject_of(nurse, known.subject) == uid and subject_of(nurse, unknown.subject) is None


def test_the_wrong_wristband_is_recorded_and_no_answer_is_written(nurse: Any, at: Any, records: Any) -> None:
    before, scanned = nurse.store.end.seq, read_scan(nurse.study, "ZN099")
    assert scanned is not None
    record_other_subject(nurse, "ZN001", scanned)
    (one,) = records(nurse, after=before)
    assert one.kind == "session.refuse" and one.subject is None
    assert json.loads(one.value) == {
        "step": "scan", "code": "other_subject", "where": "ZN001", "scanned": "ZN099",
    }  # fmt: skip
