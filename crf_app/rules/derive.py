"""The result of a method as a canonical answer.

A number is rounded half away from zero to the item's decimals, after 12 significant digits; "" and
not-a-number mean no value.  A result that the item cannot hold is a rule that could not run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from crf_app.errors import ValueRejected
from crf_app.model.datatype import is_number, number_text, parse, rounded
from crf_app.model.item_def import CodeList, ItemDef
from crf_app.model.keys import Answer
from crf_app.rules.compiler import Failed, Result

_DIGITS: Final = 12
_LARGEST: Final = 25


def derived_answer(item: ItemDef, result: Result, code_lists: Mapping[str, CodeList]) -> Answer | Failed:
    """The answer, empty where the method gave no value; Failed where the item cannot hold the result."""
    if result is None or isinstance(result, Failed):
        return Answer() if result is None else result
    if is_number(item):
        return _number(item, float(result))
    text = str(result)
    if not text.strip():
        return Answer()
    try:
        return Answer(parse(item, text, code_lists))
    except ValueRejected as refusal:
        return Failed(refusal.sentence())


def _number(item: ItemDef, result: float) -> Answer | Failed:
    if math.isnan(result):
        return Answer()
    exact = Decimal(f"{result:.{_DIGITS}g}") if math.isfinite(result) else None
    if exact is None or exact.adjusted() > _LARGEST:
        return Failed("the result is not a number of ordinary size")
    decimals = 0 if item.data_type == "integer" else item.significant_digits
    if decimals is None:
        return Answer(number_text(rounded(exact, _LARGEST)))
    text = format(rounded(exact, decimals), "f")
    return Answer(text.removeprefix("-") if not text.strip("-0.") else text)
