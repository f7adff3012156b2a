"""A pattern of a definition takes linear time, whatever it is and whatever is typed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.errors import CrfError, DefinitionError
from crf_app.model import pattern

#: Python's `re` needs longer than anybody waits for each of these over the text beside it
ENDLESS = [("(a+)+b", "a" * 40), ("(a|aa)+$b", "a" * 60), ("(.*)*x", "y" * 60), (r"(\w+\s?)+!", "word " * 20)]


@pytest.mark.parametrize(("written", "text"), ENDLESS)
def test_what_never_ends_elsewhere_ends_at_once(written: str, text: str) -> None:
    began = time.monotonic()
    assert pattern.fault(written) is None and not pattern.fits(written, text * 1000)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "written", ["(?=a)b", r"(a)\1", "(", "a{1001}", "((a{100}){100}){100}", "x" * 10**6, "\ud800"]
)
def test_what_cannot_be_matched_in_linear_time_or_is_too_large_is_told(written: str, capfd: Any) -> None:
    assert pattern.fault(written)
    with pytest.raises(DefinitionError):
        pattern.fits(written, "a")
    assert capfd.readouterr() == ("", "")


def test_the_whole_text_counts_and_digits_are_plain_ones() -> None:
    assert pattern.fits(r"ZN\d{3}", "ZN001")
    assert not any(pattern.fits(r"ZN\d{3}", text) for text in ("ZN0011", "aZN001", "ZN001\n", "ZN٠٠١", ""))


def test_groups_by_their_names_and_only_those_that_took_part() -> None:
    assert pattern.names("(?P<bag>[A-Z]+)|(?P<cells>[0-9]+)") == {"bag", "cells"}
    assert pattern.groups("(?P<bag>[A-Z]+)|(?P<cells>[0-9]+)", "AB") == {"bag": "AB"}
    assert pattern.groups("(?P<bag>脐带[A-Z]+)", "脐带AB") == {"bag": "脐带AB"}
    assert pattern.groups("(?P<bag>[A-Z]+)", "ab") is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_pattern_and_any_text_is_a_match_or_a_refusal(written: str, text: str) -> None:
    try:
        assert pattern.fits(written, text) in (True, False)
    except CrfError:
        assert pattern.fault(written)


def test_half_a_character_fits_nothing() -> None:
    assert not pattern.fits(".*", "\ud800")
