"""`lab` from the command line: ranges, mapping, a file of results with its report, a pasted report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LAB = "laboratory=Made-up laboratory"


def test_ranges_are_added_changed_ended_listed(run: Any, home: Path) -> None:
    added = run("lab", "ranges", "add", LAB, "item=LBC.ALT", "low=9", "high=50", home=home, as_="ada")
    assert added.code == 0
    twice = run("--json", "lab", "ranges", "add", LAB, "item=ALT", "high=40", home=home, as_="ada")
    assert twice.code == 3 and "stands already" in twice.row["message"]
    listed = run("--json", "lab", "ranges", "list", home=home, as_="nia").row
    assert (listed["item"], listed["low"], listed["high"], listed["unit"]) == ("LBC.ALT", "9", "50", "U/L")
    change = ("lab", "ranges", "change", "--reason", "typing error", listed["id"], "high=60")
    assert run(*change, home=home, as_="nia").code == 5, "a nurse changes no range"
    assert run(*change, home=home, as_="ada").code == 0
    ended = run("lab", "ranges", "end", "--reason", "new analyser", listed["id"], "2026-10-31",
                home=home, as_="ada")  # fmt: skip
    assert ended.code == 0
    listed = run("--json", "lab", "ranges", "list", home=home, as_="ada").row
    assert (listed["high"], listed["valid_to"]) == ("60", "2026-10-31")
    assert run("lab", "ranges", "add", "hihg=5", home=home, as_="ada").code == 2


def test_ranges_from_a_file_with_a_report(run: Any, home: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "ranges.csv", tmp_path / "report.csv"
    file.write_text("laboratory,item,low,high\nMade-up,ALT,9,50\nMade-up,XYZ,1,2\n", "utf-8")
    dry = run("--json", "lab", "ranges", "import", "--dry-run", str(file), home=home, as_="ada")
    assert [one["outcome"] for one in dry.rows] == ["taken", "refused"]
    done = run(
        "--lang", "zh", "lab", "ranges", "import", "--report", str(out), str(file), home=home, as_="ada"
    )
    assert done.code == 3 and "已导入" in done.out
    assert out.read_text("utf-8-sig").count("\n") == 3
    assert len(run("lab", "ranges", "list", home=home, as_="ada").out.splitlines()) == 1


def test_results_from_a_file_by_a_kept_mapping(run: Any, home: Path, tmp_path: Path) -> None:
    kept = run("lab", "mapping", "set", "hospital", "--column", "subject=No", "--column", "visit=Visit",
               "--column", "test=Item", "--column", "value=Result", "--column", "unit=Unit",
               "--test", "谷丙转氨酶=LBC.ALT", home=home, as_="nia")  # fmt: skip
    assert kept.code == 0
    assert run("--json", "lab", "mapping", "list", home=home, as_="nia").row["tests"] == {
        "谷丙转氨酶": "LBC.ALT"
    }
    file, out = tmp_path / "results.csv", tmp_path / "report.csv"
    file.write_text(
        "No;Visit;Item;Result;Unit\nZN001;V1;谷丙转氨酶;268;U/L\nZN009;V1;AST;30;U/L\n", "gb18030"
    )
    words = ("lab", "import", "--mapping", "hospital", "--report", str(out), str(file))
    assert [one["outcome"] for one in run("--json", *words, "--dry-run", home=home, as_="nia").rows] == [
        "would", "refused",
    ]  # fmt: skip
    done = run("--json", *words, home=home, as_="nia")
    assert done.code == 3 and [one["outcome"] for one in done.rows] == ["entered", "refused"]
    assert out.read_text("utf-8-sig").count("\n") == 3
    rows = run("--json", "get", "ZN001", "V1", "LBC", home=home, as_="nia").rows
    alt = next(one for one in rows if one["item"] == "I.LBC.ALT")
    assert alt["value"] == "268" and alt["reading"]["standard"] == "268"
    assert any("ange" in one for one in alt["reading"]["rule"])
    assert run("lab", "import", "--mapping", "none", str(file), home=home, as_="nia").code == 3


def test_pasted_report_of_another_subject_is_refused(run: Any, home: Path) -> None:
    wrong = run(
        "--json", "lab", "paste", "ZN001", "V1", "LBC", "-", home=home, as_="nia", stdin=b"ZN002\nALT\t46"
    )
    assert wrong.code == 3 and "Nothing was written" in wrong.row["message"]
    done = run("--json", "lab", "paste", "ZN001", "V1", "LBC", "-", home=home, as_="nia",
               stdin="ALT\t46\tU/L\n谷草\t30\n\n".encode())  # fmt: skip
    assert [one["outcome"] for one in done.rows] == ["entered", "unknown", "empty"] and done.code == 0


def test_hostile_files_are_refused_in_words(run: Any, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    for data in (b"", b"\x00\xff" * 50, b'laboratory,item,high\n"A', b"x" * (17 << 20)):
        file.write_bytes(data)
        done = run("--json", "lab", "ranges", "import", str(file), home=home, as_="ada")
        assert done.code in (3, 9) and done.row["message"]
    assert run("lab", "ranges", "import", str(tmp_path / "none"), home=home, as_="ada").code == 3
