"""What may be typed, what it becomes, and what is refused in words."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.errors import ValueRejected
from crf_app.model.datatype import parse, show, split_result, standard_result, to_standard
from crf_app.model.item_def import CodeList, ItemDef, MeasurementUnit

TODAY = date(2026, 10, 6)
LISTS = {
    "CL.NY": CodeList.model_validate(
        {
            "oid": "CL.NY",
            "name": {"en": "n", "zh": "n"},
            "items": [
                {"coded_value": "Y", "decode": {"en": "Yes", "zh": "是"}},
                {"coded_value": "N", "decode": {"en": "No", "zh": "否"}},
                {"coded_value": "LIVER/ABDOMEN", "decode": {"en": "Upper abdomen", "zh": "上腹部"}},
            ],
        }
    )
}


def item(data_type: str = "decimal", **more: object) -> ItemDef:
    return ItemDef.model_validate(
        {"oid": "I.VS.X", "question": {"en": "q", "zh": "q"}, "data_type": data_type} | more
    )


def read(text: str, data_type: str = "decimal", today: date | None = TODAY, **more: object) -> str:
    return parse(item(data_type, **more), text, LISTS, today=today)


def refusal(text: str, data_type: str = "decimal", today: date | None = TODAY, **more: object) -> str:
    with pytest.raises(ValueRejected) as caught:
        read(text, data_type, today, **more)
    assert caught.value.where == "I.VS.X"
    assert caught.value.sentence("zh") != caught.value.sentence("en")
    return caught.value.sentence()


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("128", "128"), ("5.10", "5.10"), ("007", "7"), ("+5", "5"), ("-0", "0"), ("-0.50",
        "-0.50"), (".5", "0.5"),
        ("１２．８", "12.8"), ("12。8", "12.8"), (" 12.8 ", "12.8"), ("\u22123", "-3"), ("0.00", "0.00"),
        ("5.2e7", "52000000"), ("1E5", "100000"), ("2.50e1", "25.0"), ("1e-3", "0.001"),
    ],
)  # fmt: skip
def test_number_is_kept_as_typed_in_one_spelling(typed: str, canonical: str) -> None:
    assert read(typed) == canonical


def test_text_that_is_no_number_is_named_and_kept() -> None:
    assert refusal("12,8O") == (
        '"12,8O" has a comma. Decimals are written with a point, thousands without a sign. '
        "Your text is kept, correct it here."
    )
    assert refusal("12.8O") == '"12.8O" is not a number. Your text is kept, correct it here.'


@pytest.mark.parametrize(
    "typed",
    ["12,8", "1,234", "12，8", "1 234", "1'234", "1_000", "NaN", "inf", "-inf", "1e308",
    "1e-99", "10⁷", "5.2×10⁷", "½",
     "①", "0x10", "٣", "", " ", "-", ".", "1.2.3", "12.", "--1", "1e", "<5", "9" * 31],
)  # fmt: skip
def test_other_spellings_of_a_number_are_refused(typed: str) -> None:
    refusal(typed)


def test_exponent_only_where_data_are_scientific() -> None:
    assert "exponent" in refusal("5.2e7", significant_digits=1)
    assert "exponent" in refusal("5e1", "integer")


def test_decimals_beyond_those_of_the_field_are_refused() -> None:
    assert read("37.5", significant_digits=1) == "37.5"
    assert "2 decimals, this field takes 1" in refusal("37.55", significant_digits=1)
    assert "whole number" in refusal("128.0", "integer")
    assert "3 digits" in refusal("1234", "integer", length=3)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [("<5", "<5"), ("＜ 5", "<5"), (">=05.0", ">=5.0"), ("≤0.5", "<=0.5"), ("7", "7")],
)
def test_laboratory_result_may_begin_with_an_operator(typed: str, canonical: str) -> None:
    assert read(typed, lab=True) == canonical


@pytest.mark.parametrize("typed", ["<", "<<5", "5<", "=5", "<x", "<5,0"])
def test_laboratory_result_needs_a_number_after_its_operator(typed: str) -> None:
    refusal(typed, lab=True)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("2026-10-06", "2026-10-06"), ("20261006", "2026-10-06"), ("2026/10/6", "2026-10-06"),
        ("2026.10.6", "2026-10-06"), ("2026年10月6日", "2026-10-06"), ("10月6日", "2026-10-06"),
        ("6 oct", "2026-10-06"), ("6-Oct-2025", "2025-10-06"), ("October 6, 2026", "2026-10-06"),
        ("t", "2026-10-06"), ("-1", "2026-10-05"), ("+2", "2026-10-08"), ("Yesterday", "2026-10-05"),
        ("前天", "2026-10-04"), ("２０２６－１０－０６",
        "2026-10-06"),
        ("25/10", "2026-10-25"), ("10/25", "2026-10-25"), ("10/10", "2026-10-10"),
        ("25/10/2024", "2024-10-25"),
        ("2024-02-29", "2024-02-29"),
    ],
)  # fmt: skip
def test_date_is_read_where_it_has_one_meaning(typed: str, canonical: str) -> None:
    assert read(typed, "date") == canonical


def test_day_and_month_that_can_be_exchanged_are_asked_for() -> None:
    sentence = refusal("6/10", "date")
    assert "10 June or 6 October" in sentence
    assert "2026-06-10 or 2026-10-06" in sentence
    refusal("06.10.2026", "date")


def test_impossible_date_is_refused_in_words() -> None:
    assert "February 2026 has no day 30" in refusal("2026-02-30", "date")
    assert "February 2026 has no day 29" in refusal("29/2", "date")
    assert "no month 13" in refusal("20261301", "date")
    assert "year 0206" in refusal("0206-10-06", "date")


@pytest.mark.parametrize(
    "typed", ["last week", "2026-10", "2026", "14:02", "2026-10-06T14:02", "6 foo", "1/2/3", "06102026"]
)
def test_what_is_no_full_date_is_refused(typed: str) -> None:
    refusal(typed, "date")


@pytest.mark.parametrize("typed", ["t", "+2", "25/10", "10月6日", "6 oct"])
def test_forms_that_need_today_are_refused_without_it(typed: str) -> None:
    refusal(typed, "date", today=None)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("2026", "2026"), ("2026-10", "2026-10"), ("2026/1", "2026-01"), ("10/2026",
        "2026-10"), ("oct 2026", "2026-10"),
        ("2026年", "2026"), ("2026年10月", "2026-10"), ("2026-10-06", "2026-10-06"), ("t", "2026-10-06"),
    ],
)  # fmt: skip
def test_partial_date_keeps_what_is_known(typed: str, canonical: str) -> None:
    assert read(typed, "partialDate") == canonical


@pytest.mark.parametrize("typed", ["202610", "26", "2026-13", "1026", "13/2026"])
def test_partial_date_refuses_what_is_doubtful(typed: str) -> None:
    refusal(typed, "partialDate")


def test_times_and_moments() -> None:
    now = datetime(2026, 10, 6, 9, 5)
    assert [read(typed, "time") for typed in ("14:02", "1402", "9:05", "905", "14：02", "14时2分")] == [
        "14:02", "14:02", "09:05", "09:05", "14:02", "14:02",
    ]  # fmt: skip
    assert read("t", "time", now) == "09:05"
    assert read("t", "datetime", now) == "2026-10-06T09:05"
    assert read("2026-10-06 1402", "datetime") == "2026-10-06T14:02"
    assert read("-1 14:02", "datetime") == "2026-10-05T14:02"
    assert read("2026-10-06T14:02", "datetime", None) == "2026-10-06T14:02"


@pytest.mark.parametrize("typed", ["24:00", "14:60", "14", "14:02:30", "t", "2pm"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    refusal(typed, "time")
    refusal(f"2026-10-06 {typed}", "datetime")


def test_code_by_value_or_by_its_words() -> None:
    for typed in ("Y", "y", "Yes", "是", " yes "):
        assert read(typed, "text", code_list="CL.NY") == "Y"
    sentence = refusal("ja", "text", code_list="CL.NY")
    assert "Y (Yes), N (No)" in sentence


def test_several_codes_stand_in_the_order_of_their_list() -> None:
    assert read("n; Y", "text", code_list="CL.NY", multiple=True) == "Y;N"
    assert read("liver/abdomen，y,y", "text", code_list="CL.NY", multiple=True) == "Y;LIVER/ABDOMEN"
    refusal("Y;Z", "text", code_list="CL.NY", multiple=True)
    refusal(";", "text", code_list="CL.NY", multiple=True)


def test_text_is_nfc_trimmed_and_measured() -> None:
    assert read("  Cafe\u0301 \r\nab ", "text") == "Café \nab"
    assert "4 characters, this field takes 3" in refusal("abcd", "text", length=3)
    assert read("ZN001", "text", pattern=r"ZN\d{3}") == "ZN001"
    refusal("ZN1", "text", pattern=r"ZN\d{3}")


@pytest.mark.parametrize("data_type", ["text", "decimal", "date", "partialDate", "time", "datetime"])
def test_a_file_that_was_pasted_is_refused_before_it_is_read(data_type: str) -> None:
    assert "1000000 characters, no field takes more than 4000" in refusal("1" * 1_000_000, data_type)


@pytest.mark.parametrize("data_type", ["text", "decimal", "date", "partialDate", "time", "datetime"])
@pytest.mark.parametrize("sign", ["\0", "\ud800", "\x1b", "\uffff"])
def test_signs_that_cannot_be_stored_are_refused(data_type: str, sign: str) -> None:
    sentence = refusal(f"1{sign}", data_type)
    sentence.encode()
    assert sign not in sentence


def test_result_in_another_unit_is_converted_exactly() -> None:
    bilirubin = item(
        unit="umol/L", units=(MeasurementUnit(unit="mg/dL", factor="17.1"),), lab=True, significant_digits=1
    )
    assert to_standard(bilirubin, "2.0", "mg/dL") == Decimal("34.20")
    assert to_standard(bilirubin, "34.1", "umol/L") == to_standard(bilirubin, "34.1", None) == Decimal("34.1")
    assert to_standard(bilirubin, "<5", None) is None
    assert standard_result(bilirubin, "<5", "mg/dL") == ("<", Decimal("85.5"))
    fever = item(unit="Cel", units=(MeasurementUnit(unit="[degF]", factor="0.5", offset="-16"),))
    assert to_standard(fever, "98", "[degF]") == Decimal("33")
    with pytest.raises(ValueRejected, match="Units: umol/L, mg/dL"):
        to_standard(bilirubin, "5", "g/L")
    assert split_result(">=5.0") == (">=", Decimal("5.0"))


def test_shown_as_people_read_it() -> None:
    assert show(item("text", code_list="CL.NY", multiple=True), "Y;N", LISTS, "zh") == "是；否"
    assert show(item("datetime"), "2026-10-06T14:02", LISTS) == "2026-10-06 14:02"


ITEMS = [
    item("text"), item("integer"), item("decimal"), item("decimal", significant_digits=2),
    item("decimal", lab=True),
    item("date"), item("partialDate"), item("time"), item("datetime"), item("text", code_list="CL.NY"),
    item("text", code_list="CL.NY", multiple=True),
]  # fmt: skip
TYPED = st.one_of(
    st.text(max_size=20),
    st.text("0123456789.-+<>=e/:T 年月日tYN;", max_size=16),
    st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(str),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
        lambda moment: moment.isoformat(" ", "minutes")
    ),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.sampled_from(["Y", "no", "是;否", "2026-10", "1402"]),
)


@given(st.sampled_from(ITEMS), TYPED)
def test_text_to_value_to_text_is_stable(defined: ItemDef, typed: str) -> None:
    try:
        canonical = parse(defined, typed, LISTS, today=TODAY)
    except ValueRejected as refused:
        refused.sentence().encode()
        refused.sentence("zh").encode()
        return
    assert parse(defined, canonical, LISTS) == canonical
