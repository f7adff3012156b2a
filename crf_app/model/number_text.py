"""Typed numbers and laboratory results as canonical text, and their exact decimals.

Canonical: as typed, without plus sign and leading zeros (`5.10` stays `5.10`); a laboratory result may begin
with `<`, `>`, `<=` or `>=`.  Never a float: a value is text, and calculation is with Decimal.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from crf_app.model.item_def import ItemDef
from crf_app.model.typed import narrow, rejected

MAX_DIGITS: Final = 30
_PLAIN: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]+))?\Z")
_SCIENTIFIC: Final = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)[eE]([+-]?[0-9]{1,3})\Z")
_RESULT: Final = re.compile(r"(<=|>=|<|>)\s*(.*)\Z", re.DOTALL)


def is_number(item: ItemDef) -> bool:
    """Whether rules read the item as a number: integer or decimal, and not a code."""
    return item.data_type in ("integer", "decimal") and item.code_list is None


def parse_number(item: ItemDef, text: str) -> str:
    """Canonical number or laboratory result of what was typed.  Raises ValueRejected."""
    typed = narrow(text)
    result = _RESULT.match(typed)
    if result is None:
        return _number(item, text, typed)
    if not item.lab:
        raise rejected(
            item.oid, text,
            '"{text}" begins with a sign of comparison; this field takes a number only.',
            "“{text}”含比较符号，此处只接受数值。",
        )  # fmt: skip
    return result[1] + _number(item, text, result[2])


def _number(item: ItemDef, text: str, typed: str) -> str:
    if "," in typed:
        raise rejected(
            item.oid, text,
            '"{text}" has a comma. Decimals are written with a point, thousands without a sign.',
            "“{text}”含逗号。小数请用小数点，千位不加分隔符。",
        )  # fmt: skip
    scientific = _SCIENTIFIC.match(typed)
    if scientific:
        typed = _expanded(item, text, scientific)
    if typed.endswith(".") and typed != ".":
        raise rejected(
            item.oid, text, '"{text}" ends with the point: a digit is missing.', "“{text}”小数点后缺少数字。"
        )
    plain = _PLAIN.match(typed)
    if plain is None or not (plain[2] or plain[3]):
        raise rejected(item.oid, text, '"{text}" is not a number.', "“{text}”不是数字。")
    _check_size(item, text, plain[2], plain[3] or "")
    return _spelled(plain[1], plain[2], plain[3] or "")


def _spelled(sign: str, whole: str, decimals: str) -> str:
    digits = (whole.lstrip("0") or "0") + (f".{decimals}" if decimals else "")
    nought = not (digits.strip("0."))
    return digits if sign != "-" or nought else f"-{digits}"


def _expanded(item: ItemDef, text: str, scientific: re.Match[str]) -> str:
    """`5.2e7` as 52000000: only for decimal items without fixed decimals (cell counts, viral load)."""
    if item.data_type != "decimal" or item.significant_digits is not None:
        raise rejected(
            item.oid, text,
            '"{text}" is written with an exponent; this field takes plain digits.',
            "“{text}”为指数写法，此处请直接输入数字。",
        )  # fmt: skip
    if abs(int(scientific[2])) > MAX_DIGITS:
        raise _too_long(item, text)
    with localcontext() as context:
        context.prec = 999
        return format(Decimal(f"{scientific[1]}e{scientific[2]}"), "f")


def _check_size(item: ItemDef, text: str, whole: str, decimals: str) -> None:
    if item.data_type == "integer" and decimals:
        raise rejected(item.oid, text, '"{text}" is not a whole number.', "“{text}”不是整数。")
    allowed = item.significant_digits
    if allowed is not None and len(decimals) > allowed:
        raise rejected(
            item.oid, text,
            f'"{{text}}" has {len(decimals)} decimals, this field takes {allowed}.',
            f"“{{text}}”有{len(decimals)}位小数，此处最多{allowed}位。",
        )  # fmt: skip
    if len(whole.lstrip("0")) + len(decimals) > min(item.length or MAX_DIGITS, MAX_DIGITS):
        raise _too_long(item, text)


def _too_long(item: ItemDef, text: str) -> Exception:
    most = min(item.length or MAX_DIGITS, MAX_DIGITS)
    return rejected(
        item.oid, text, f'"{{text}}" has more than {most} digits.', f"“{{text}}”超过{most}位数字。"
    )  # fmt: skip


#: decimals more than in the standard unit: 1.25 mg/dL is 110.5 umol/L
_MORE_DECIMALS: Final = 3


def as_typed(item: ItemDef, unit: str | None) -> ItemDef:
    """The item as a number in `unit` is typed there: another unit has decimals, also of a whole number."""
    if unit is None or unit == item.unit or all(unit != one.unit for one in item.units):
        return item
    allowed = 0 if item.data_type == "integer" else item.significant_digits
    more = None if allowed is None else allowed + _MORE_DECIMALS
    return item.model_copy(update={"data_type": "decimal", "significant_digits": more})


#: a quotient has no last digit: so many are kept
_QUOTIENT_DIGITS: Final = 30


def split_result(canonical: str) -> tuple[str, Decimal]:
    """Operator (or "") and exact number of a canonical number: `<5` is ("<", 5)."""
    result = _RESULT.match(canonical)
    return (result[1], Decimal(result[2])) if result else ("", Decimal(canonical))


def standard_result(item: ItemDef, canonical: str, unit: str | None) -> tuple[str, Decimal]:
    """Operator and number in the item's standard unit, exact.  Raises ValueRejected for an unknown unit."""
    operator, number = split_result(canonical)
    if unit is None or unit == item.unit:
        return operator, number
    for other in item.units:
        if other.unit == unit:
            with localcontext() as context:
                context.prec = 999
                scaled = (number + Decimal(other.offset_before)) * Decimal(other.factor)
                context.prec = 999 if other.divisor == "1" else _QUOTIENT_DIGITS
                return operator, scaled / Decimal(other.divisor) + Decimal(other.offset)
    known = ", ".join([item.unit or "", *(other.unit for other in item.units)])
    raise rejected(
        item.oid, unit,
        f'"{{text}}" is not a unit of this field. Units: {known}.',
        f"“{{text}}”不是此项的单位。可用单位：{known}。",
    )  # fmt: skip


def to_standard(item: ItemDef, canonical: str, unit: str | None) -> Decimal | None:
    """The exact number in the standard unit; None for a result with an operator (`<5`).

    Raises ValueRejected for a unit that the item does not know.
    """
    operator, number = standard_result(item, canonical, unit)
    return None if operator else number


def rounded(number: Decimal, decimals: int) -> Decimal:
    """Half away from zero, at any length."""
    with localcontext() as context:
        context.prec = 999
        return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def number_text(number: Decimal) -> str:
    """Plain digits, no exponent, no trailing zeros, no minus at nought."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
