"""A fault is named by its kind and places, never by its message."""

from __future__ import annotations

from crf_app.settings.faults import fault_code, fault_places


def fall(answer: str) -> list[str]:
    try:
        raise KeyError(answer)
    except KeyError as bug:
        return fault_places(type(bug), bug.__traceback__)


def test_places_hold_kind_file_line_and_function_alone() -> None:
    places = fall("an answer of a subject")
    assert places[0] == "KeyError"
    assert places[1].startswith("test_faults.py:") and places[1].endswith(" fall")
    assert "answer of" not in " ".join(places)


def test_the_same_fault_has_the_same_code() -> None:
    assert fault_code(fall("one")) == fault_code(fall("two"))
    assert fault_code(["KeyError", "a.py:1 f"]) != fault_code(["KeyError", "a.py:2 f"])
    assert len(fault_code(["KeyError"])) == 8
