"""`put --stdin`: one answer a line, each line for itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.cli.put_lines import MAX_LINE, read_line
from crf_app.errors import CrfError

Run = Callable[..., Any]
VS = {"subject": "ZN001", "event": "V1", "form": "VS"}


def feed(*lines: dict[str, Any] | bytes) -> bytes:
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()) + b"\n"
        for line in lines
    )


def test_each_line_is_answered_and_a_refused_one_does_not_stop_the_rest(run: Run, home: Path) -> None:
    stdin = feed(
        VS | {"item": "SYSBP", "value": "128"},
        b"not JSON",
        VS | {"item": "SYSBT", "value": "1"},
        VS | {"item": "DIABP", "value": "8O"},
        b"",
        VS | {"item": "DIABP", "value": 80},
    )
    said = run("put", "--stdin", home=home, as_="nia", stdin=stdin)
    assert said.code == 3
    assert [(one["line"], one["ok"]) for one in said.rows] == [
        (1, True),
        (2, False),
        (3, False),
        (4, False),
        (6, True),
    ]
    assert [one["error"] for one in said.rows if not one["ok"]] == [
        "value_rejected",
        "not_found",
        "value_rejected",
    ]
    assert "SYSBP" in said.rows[2]["message"]
    values = {
        one["item"]: one["value"]
        for one in run("get", "ZN001", "V1", "VS", "--json", home=home, as_="nia").rows
    }
    assert (values["I.VS.SYSBP"], values["I.VS.DIABP"]) == ("128", "80")


def test_all_lines_stored_is_exit_code_0(run: Run, home: Path) -> None:
    said = run("put", "--stdin", home=home, as_="nia", stdin=feed(VS | {"item": "PULSE", "value": "70"}))
    assert (said.code, said.err) == (0, "")


def test_a_finding_is_listed_and_is_no_refusal(run: Run, home: Path) -> None:
    stdin = feed(VS | {"item": "SYSBP", "value": "120"}, VS | {"item": "DIABP", "value": "130"})
    said = run("put", "--stdin", home=home, as_="nia", stdin=stdin)
    assert said.code == 0
    assert {"C.VS.BP", "RC.I.VS.DIABP.Soft"} <= {one["check"] for one in said.rows[1]["findings"]}


def test_a_record_is_named_that_holds_the_value(run: Run, home: Path) -> None:
    said = run("put", "--stdin", home=home, as_="nia", stdin=feed(VS | {"item": "PULSE", "value": "70"}))
    there = {one["id"]: one["record"] for one in run("audit", home=home, as_="nia").rows}
    record = there[said.row["record"]]
    assert (record["kind"], record["value"], record["key"]) == (
        "item.set",
        "70",
        "SE.V1/F.VS/IG.VS/I.VS.PULSE",
    )


def test_rows_are_named_by_code_number_and_new(run: Run, home: Path) -> None:
    log = {"subject": "ZN001", "event": "LOG", "form": "AE"}
    stdin = feed(
        log | {"item": "AEYN", "value": "Y"},
        log | {"row": "AE[new]", "item": "AETERM", "value": "made up 一"},
        log | {"row": "AE[1]", "item": "AESTDAT", "value": "2026-10"},
        log | {"row": "AE[2]", "item": "AESTDAT", "value": "2026-10"},
        VS | {"form": "VSI", "row": "VSI[M15]", "item": "SYSBP", "value": "120"},
        VS | {"form": "VSI", "item": "SYSBP", "value": "120"},
    )
    said = run("put", "--stdin", home=home, as_="nia", stdin=stdin)
    assert [one["ok"] for one in said.rows] == [True, True, True, False, True, False]
    assert said.rows[1]["where"].split("/")[3] == said.rows[2]["where"].split("/")[3]
    assert said.rows[4]["where"].endswith("SE.V1/F.VSI/IG.VSI~M15/I.VSI.SYSBP")


def test_a_line_over_the_limit_is_answered_and_passed_over(run: Run, home: Path) -> None:
    long = json.dumps(VS | {"item": "VSREASND", "value": "x" * MAX_LINE}).encode()
    said = run(
        "put", "--stdin", home=home, as_="nia", stdin=feed(long, VS | {"item": "PULSE", "value": "70"})
    )
    assert [(one["line"], one["ok"]) for one in said.rows] == [(1, False), (2, True)]
    assert said.rows[0]["error"] == "limit_exceeded"
    assert said.code == 3


def test_get_shows_the_question_and_the_words_of_a_code(run: Run, home: Path) -> None:
    lines = feed(VS | {"item": "VSPERF", "value": "Y"}, VS | {"item": "SYSBP", "value": "128"})
    assert run("put", "--stdin", home=home, as_="nia", stdin=lines).code == 0
    said = run("--lang", "zh", "get", "ZN001", "V1", "VS", home=home, as_="nia").out
    assert "IG.VS.PERF/I.VS.VSPERF  是否测量生命体征？  Y (是)  saved" in said
    assert "IG.VS/I.VS.SYSBP  收缩压  128 mm[Hg]  saved" in said


def test_a_correction_after_completion_needs_its_reason(run: Run, home: Path) -> None:
    first = feed(VS | {"item": "VSPERF", "value": "N"}, VS | {"item": "VSREASND", "value": "made up"})
    assert run("put", "--stdin", home=home, as_="nia", stdin=first).code == 0
    assert run("complete", "ZN001", "V1", "VS", home=home, as_="nia").code == 0
    again = VS | {"item": "VSREASND", "value": "made up again"}
    said = run(
        "put", "--stdin", home=home, as_="nia", stdin=feed(again, again | {"reason": "source checked"})
    )
    assert [one["ok"] for one in said.rows] == [False, True]
    assert said.rows[0]["error"] == "reason_required"
    refused = run("put", "ZN001", "V1", "VS", "VSREASND=made up", home=home, as_="nia")
    assert "--reason" in refused.err


@pytest.mark.parametrize(
    "raw",
    [
        b"[1]",
        b'"text"',
        b"\xff",
        b"NaN",
        b'{"subject": "S"}',
        b'{"subject":"S","event":"V1","form":"VS","item":"A"}',
        b'{"subject":"S","event":"V1","form":"VS","item":"A","value":"1","missing":"ND"}',
        b'{"subject":"S","event":"V1","form":"VS","item":"A","value":"1","value":"2"}',
        b'{"subject":"S","event":"V1","form":"VS","item":"A","value":null}',
        b'{"subject":"S","event":"V1","form":"VS","item":"A","value":true}',
        b'{"subject":"S","event":"V1","form":"VS","item":"A","value":NaN}',
        b'{"subject":7,"event":"V1","form":"VS","item":"A","value":"1"}',
        b'{"subject":"S","event":"V1","form":"VS","item":"A","value":"1","extra":"1"}',
        b"[" * 100_000,
    ],
)
def test_a_broken_line_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(CrfError) as refusal:
        read_line(raw)
    assert refusal.value.sentence("en").startswith("This line was not stored: ")


def test_a_number_keeps_its_digits() -> None:
    raw = b'{"subject":"S","event":"V1","form":"VS","item":"A","value":5.10}'
    assert read_line(raw)["value"] == "5.10"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        said = read_line(raw)
    except CrfError:
        return
    assert {"subject", "event", "form", "item"} <= set(said)


def test_a_finding_of_another_row_is_said_only_where_this_row_is_read(run: Run, home: Path) -> None:
    def temperature(row: str, value: str) -> list[str]:
        said = run("--json", "put", "ZN001", "V1", "VSI", "--row", f"VSI[{row}]", f"TEMP={value}",
                   home=home, as_="nia")  # fmt: skip
        return [one["item"] for one in said.row["findings"] if one["check"] == "C.VSI.TEMP"]

    warm = "IG.VSI~EOI/I.VSI.TEMP"
    assert temperature("PRE", "36.6") == []
    assert temperature("EOI", "38.4") == [warm]
    assert temperature("P1H", "36.9") == []
    assert temperature("PRE", "36.7") == [warm]


def test_a_unit_is_known_in_the_spelling_of_the_report(run: Run, home: Path) -> None:
    lab = ("put", "ZN001", "V1", "LBC")
    said = run("--json", *lab, "CREAT=0.9mg/dl", home=home, as_="nia").row
    assert (said["value"], said["unit"]) == ("0.9", "mg/dL")
    refused = run(*lab, "CREAT=0.9 mg/l", home=home, as_="nia")
    assert refused.code == 3 and '"mg/l" is not a unit of this item. Known: umol/L, mg/dL.' in refused.err
