"""The site's reference ranges in a real store: kept as records, refused in words, read by day and person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.lab import lab_ranges
from crf_app.actions.lab.lab_ranges import add_range, change_range, end_range, import_ranges, list_ranges
from crf_app.errors import CrfError, LimitExceeded, NotFound, ReasonRequired, ValueRejected
from crf_app.rules.fold import fold
from crf_app.rules.unit_state import HeaderUnit
from crf_app.store import ledger

LAB = "Zhongnan Hospital laboratory"
ALT = {"laboratory": LAB, "item": "LBC.ALT", "unit": "U/L", "low": "9", "high": "60", "source": "made up"}


@pytest.fixture
def coordinator(session: Any) -> Any:
    return session("coordinator")


def _flag(person: Any, at: Any, event: str = "SE.V1", item: str = "LBC.ALT") -> tuple[str, str | None]:
    page = form_page(person, at.form(event, "F." + item.partition(".")[0]))
    state = next(one.state for one in page.lines if one.key.item == f"I.{item}")
    return state.flag, None if state.reference is None else state.reference.high


def _chemistry(person: Any, at: Any, event: str, day: str, alt: str, laboratory: str = LAB) -> None:
    for name, text in (("LBPERF", "Y"), ("LBDAT", day), ("LBNAM", laboratory), ("ALT", alt)):
        enter_value(person, at(event, f"LBC.{name}"), text)


def test_added_range_is_one_record_of_the_study_and_is_listed(coordinator: Any, records: Any) -> None:
    end = coordinator.store.end.seq
    add_range(coordinator, ALT)
    (record,) = records(coordinator, end, "lab.range")
    assert record.subject is None and json.loads(record.value) == {
        "high": "60", "item": "LBC.ALT", "laboratory": LAB, "low": "9", "site": coordinator.site,
        "source": "made up", "unit": "U/L",
    }  # fmt: skip
    (row,) = list_ranges(coordinator)
    assert (row.range.id, row.stored.user, row.overlaps) == (record.key, coordinator.user, ())


def test_results_take_the_range_of_their_laboratory_and_their_day(nurse: Any, at: Any) -> None:
    _chemistry(nurse, at, "SE.V1", "2026-10-06", "55")
    _chemistry(nurse, at, "SE.V2", "2026-11-06", "55")
    nurse.keys = _as(nurse, "coordinator")
    add_range(nurse, ALT | {"valid_to": "2026-10-31"})
    add_range(nurse, ALT | {"high": "50", "valid_from": "2026-11-01"})
    assert _flag(nurse, at, "SE.V1") == ("", "60")
    assert _flag(nurse, at, "SE.V2") == ("H", "50")
    enter_value(nurse, at("SE.V2", "LBC.LBDAT"), "2026-10-30")
    assert _flag(nurse, at, "SE.V2") == ("", "60"), "the day was corrected: the range of that day"
    enter_value(nurse, at("SE.V2", "LBC.LBNAM"), "Another laboratory")
    assert _flag(nurse, at, "SE.V2")[1] != "60"
    enter_value(nurse, at("SE.V2", "LBC.LBNAM"), " ＺHONGNAN hospital  laboratory")
    assert _flag(nurse, at, "SE.V2") == ("", "60"), "width, case and blanks make no difference"


def _as(person: Any, role: str) -> Any:
    """The same person with another role: one session can enter and set up."""
    from dataclasses import replace

    return replace(person.keys, role=role)


def test_sex_and_age_on_the_day_of_the_sample_choose(nurse: Any, at: Any) -> None:
    nurse.keys = _as(nurse, "coordinator")
    for sex, age_to, age_from, high in (("M", "59", "", "97"), ("M", "", "60", "111"), ("F", "", "", "73")):
        add_range(nurse, {"laboratory": LAB, "item": "LBC.CREAT", "sex": sex, "age_to": age_to,
                          "age_from": age_from, "high": high})  # fmt: skip
    for name, text in (("BRTHDAT", "1966-11-06"), ("SEX", "M")):
        enter_value(nurse, at("SE.SCR", f"DM.{name}"), text)
    for event, day, high in (("SE.V1", "2026-11-05", "97"), ("SE.V2", "2026-11-06", "111")):
        for name, text in (("LBPERF", "Y"), ("LBDAT", day), ("LBNAM", LAB), ("CREAT", "100")):
            enter_value(nurse, at(event, f"LBC.{name}"), text)
        assert _flag(nurse, at, event, "LBC.CREAT")[1] == high


def test_range_in_another_unit_is_converted_exactly(nurse: Any, at: Any) -> None:
    nurse.keys = _as(nurse, "coordinator")
    add_range(nurse, {"laboratory": LAB, "item": "Total bilirubin", "unit": "mg/dl", "high": "1.2"})
    for name, text in (("LBPERF", "Y"), ("LBDAT", "2026-11-06"), ("LBNAM", LAB), ("BILI", "20.6")):
        enter_value(nurse, at("SE.V1", f"LBC.{name}"), text)
    assert _flag(nurse, at, "SE.V1", "LBC.BILI") == ("H", "20.52")


def test_change_needs_a_reason_and_names_what_it_replaces(coordinator: Any, records: Any) -> None:
    add_range(coordinator, ALT)
    (row,) = list_ranges(coordinator)
    with pytest.raises(ReasonRequired):
        change_range(coordinator, row.range.id, ALT | {"high": "50"}, " ")
    assert change_range(coordinator, row.range.id, ALT, "").records == 0, "nothing changed"
    end = coordinator.store.end.seq
    change_range(coordinator, row.range.id, ALT | {"high": "50"}, "typing error")
    (record,) = records(coordinator, end, "lab.range")
    assert record.parents == row.stored.heads and record.reason == "typing error"
    (row,) = list_ranges(coordinator)
    assert row.range.high == "50"
    end_range(coordinator, row.range.id, "2026-11-30", "new analyser")
    assert list_ranges(coordinator)[0].range.valid_to == "2026-11-30"
    with pytest.raises(NotFound):
        end_range(coordinator, "R-none", "2026-11-30", "so")


@pytest.mark.parametrize(
    "wrong",
    [
        {"laboratory": " "}, {"item": ""}, {"item": "Made-up test"}, {"item": "VS.SYSBP"}, {"unit": "mg/dL"},
        {"sex": "x"}, {"age_from": "60", "age_to": "59"}, {"age_from": "-1"}, {"age_from": "1e2"},
        {"age_from": "151"}, {"age_from": "²"}, {"low": "61"}, {"low": "", "high": ""}, {"high": "6O"},
        {"high": "9" * 31}, {"high": "nan"}, {"low": "<5"}, {"valid_from": "2026-02-30"},
        {"valid_from": "2026-11-02", "valid_to": "2026-11-01"}, {"source": "x" * 201},
        {"laboratory": "lab\x00"}, {"source": "\ud800"},
    ],
)  # fmt: skip
def test_contradictions_are_refused_and_nothing_is_stored(coordinator: Any, wrong: dict[str, str]) -> None:
    end = coordinator.store.end.seq
    with pytest.raises(CrfError) as refused:
        add_range(coordinator, ALT | wrong)
    assert refused.value.exit_code in (3, 9)
    assert refused.value.sentence("zh") != refused.value.sentence("en")
    assert coordinator.store.end.seq == end


def test_overlap_is_refused_and_names_the_range_that_stands(coordinator: Any) -> None:
    add_range(coordinator, ALT | {"sex": "M", "age_from": "18", "valid_from": "2026-01-01"})
    for other in ({}, {"sex": "男", "age_to": "18"}, {"laboratory": LAB.upper()}, {"valid_to": "2026-01-01"}):
        with pytest.raises(ValueRejected, match="9-60 U/L stands already"):
            add_range(coordinator, ALT | other)
    for other in ({"sex": "F"}, {"age_to": "17"}, {"laboratory": "Other"}):
        add_range(coordinator, ALT | {"sex": "M"} | other)
    add_range(coordinator, ALT | {"sex": "M", "age_from": "18", "valid_to": "2025-12-31"})
    assert len(list_ranges(coordinator)) == 5


CSV = "laboratory,item,unit,sex,low,high,valid_from,source\n"


def test_import_reports_every_line_and_takes_the_sound_ones_at_once(coordinator: Any, records: Any) -> None:
    add_range(coordinator, ALT | {"source": ""})
    text = CSV + (
        f"{LAB},LBC.ALT,U/L,,9,60,,\n"
        f"{LAB},谷草,U/L,,9,60,,\n"
        f"{LAB},天门冬氨酸氨基转移酶,U/L,男,15,40,2026-01-01,WS/T 404\n"
        f"{LAB},1920-8,,F,13,35,2026-01-01,\n"
        "\n"
        f"{LAB},AST,U/L,F,13,35,2026-06-01,\n"
        f"{LAB},LBC.ALP,U/L,F,200,35\n"
    )
    end = coordinator.store.end.seq
    dry = import_ranges(coordinator, text.encode("gb18030"), dry_run=True)
    assert coordinator.store.end.seq == end
    done = import_ranges(coordinator, text.encode())
    assert dry.lines == done.lines
    assert [(one.line, one.outcome) for one in done.lines] == [
        (2, "same"), (3, "refused"), (4, "taken"), (5, "taken"), (7, "refused"), (8, "refused"),
    ]  # fmt: skip
    assert all(one.texts["en"] and one.texts["zh"] != one.texts["en"] for one in done.lines)
    assert len(records(coordinator, end, "lab.range")) == 2 and done.count("refused") == 3
    again = import_ranges(coordinator, text.encode("utf-16"))
    assert [one.outcome for one in again.lines] == ["same", "refused", "same", "same", "refused", "refused"]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n\n", b"\x00\x01\x02", b"item,high\nLBC.ALT,5\n", b"laboratory,item,item\n",
        b'laboratory,item,high\nA,"LBC.ALT,5\n', b"laboratory,item,hihg\nA,LBC.ALT,5\n",
        b"PK\x03\x04\xff\xfe", b"\xff\xfel\x00a", b"laboratory,item,high\nA,B," + b"9" * 5000,
    ],
)  # fmt: skip
def test_file_that_is_no_such_table_is_refused_in_words(coordinator: Any, data: bytes) -> None:
    with pytest.raises(CrfError) as refused:
        import_ranges(coordinator, data)
    assert refused.value.exit_code in (3, 9)


def test_huge_files_are_refused(coordinator: Any) -> None:
    for data in (b"x" * (9 * 1024 * 1024), b"laboratory,item,high\n" + b"A,LBC.ALT,5\n" * 5001):
        with pytest.raises(LimitExceeded):
            import_ranges(coordinator, data)


def test_folding_the_records_in_any_order_gives_the_same_cells(coordinator: Any) -> None:
    add_range(coordinator, ALT)
    (row,) = list_ranges(coordinator)
    change_range(coordinator, row.range.id, ALT | {"high": "50"}, "typing error")
    entries = list(ledger.entries(coordinator.store.conn, "cell_unit = 'G'", ()))
    state = fold("G", reversed(entries))
    assert isinstance(state, HeaderUnit) and state == fold("G", entries)
    assert len(state.cells[f"lab.range:{row.range.id}"]) == 1 and state.unknown == ()


def test_record_that_this_program_cannot_read_is_passed_over(coordinator: Any) -> None:
    from crf_app.model.record import Draft

    for value in (None, "", "[]", '{"site":1}', '{"item":"LBC.ALT","laboratory":"A","site":"001","new":"x"}',
                  '{"high":"x","item":"LBC.ALT","laboratory":"A","site":"001"}', "[" * 5000):  # fmt: skip
        coordinator.commit([Draft(lab_ranges.KIND, key=lab_ranges._new_id(), value=value)])
    assert list_ranges(coordinator) == []
