"""Text that attacks, and text of all the world: stored sign for sign or refused in words.

One made-up list goes through the real verbs into a log and comes back by `get`, CSV, both versions of ODM and
paper.  What is expected of each sign: docs/authoring.md, `model/datatype.py`, `export/text.py`.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from crf_app.export.csv import read_cell
from crf_app.export.text import visible

Run = Callable[..., Any]
LOG: Final = {"subject": "ZN001", "event": "LOG", "form": "AE"}
TEXTS: Final = {
    "end of a statement": "'); DROP TABLE record; --",
    "always true": '" OR "1"="1',
    "wild cards": r"100 % _ \_ * ?",
    "sum": "=1+1",
    "link of a sheet": '=HYPERLINK("http://192.0.2.1/","x")',
    "plus": "+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(A1:A9)",
    "wide equals": "＝1+1",
    "apostrophe": "'=1",
    "quotes and commas": 'said "no", twice;\nthen went',
    "paragraph": "<para>bold <b>not</b></para>",
    "picture": '<img src="file:///etc/hostname"/>',
    "anchor": '<a href="javascript:alert(1)">x</a>',
    "entity": "&amp; &lol; &#x41; &#0;",
    "end of cdata": "]]> <![CDATA[x]]>",
    "doctype": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;',
    "processing": "<?xml version='1.0'?><!-- -- -->",
    "braces": "{0} {text} ${HOME} $(id) `id` %s %n",
    "path": r"../../etc/passwd C:\x\y \\server\share",
    "JSON": '{"v":1}\\u0000\\n',
    "nurse of joined signs": "seen by \U0001f469\u200d\u2695\ufe0f today",
    "flags": "\U0001f1e8\U0001f1f3 \U0001f1e9\U0001f1ea",
    "right to left": "مرحبا שלום 123",
    "turned round": "abc\u202edcba\u202c \u2066x\u2069",
    "stacked marks": "e\u0301\u0302\u0303 o\u0338",
    "many marks": "Z" + "\u0335\u0321\u0353" * 40,
    "rare Chinese": "𠮷野家 㐂 龘 𪚥 〇",
    "compatibility": "ﬁ Å Ω ½ Ⅷ",
    "wide digits": "１２３ ٣ ४",
    "no-width and soft": "a\u200bb\u00adc\ufeffd",
    "two lines": "one\ntwo\n\nfour",
    "tab": "a\tb",
    "Turkish": "İstanbul ıIiİ ŞŞ ß",
    "as long as it may be": "長" * 200,
}
REFUSED: Final = {
    "nought": ("a\x00b", "U+0000"),
    "escape": ("\x1b[31mred", "U+001B"),
    "half a pair": ("a\ud800b", "U+D800"),
    "no character": ("a\ufffeb", "U+FFFE"),
    "delete": ("a\x7fb", "U+007F"),
    "one too many": ("x" * 201, "201"),
    "a million": ("x" * 1_000_000, "1000000"),
}


def lines(texts: list[str]) -> bytes:
    rows = [LOG | {"row": "AE[new]", "item": "AETERM", "value": text} for text in texts]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def stored(run: Run, home: Path) -> list[str]:
    """The texts that stand in the log, in the order of their rows."""
    rows = run("--json", "get", "ZN001", "LOG", "AE", home=home, as_="nia").rows
    return [one["value"] for one in rows if one["item"] == "I.AE.AETERM" and one["value"] is not None]


EXPECTED: Final = [unicodedata.normalize("NFC", text).strip() for text in TEXTS.values()]


@pytest.fixture(scope="module")
def written(home_made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Holds the home with all texts, once the first test has written them."""
    home = tmp_path_factory.mktemp("corpus") / "home"
    shutil.copytree(home_made, home)
    return {"home": home}


@pytest.fixture
def home(written: dict[str, Path], run: Run) -> Path:
    home = written["home"]
    if "done" not in written:
        assert run("put", "ZN001", "LOG", "AE", "AEYN=Y", home=home, as_="nia").code == 0
        said = run("put", "--stdin", home=home, as_="nia", stdin=lines(list(TEXTS.values())))
        assert said.code == 0, [one for one in said.rows if not one["ok"]]
        written["done"] = home
    return home


def test_every_text_is_stored_sign_for_sign(run: Run, home: Path) -> None:
    assert stored(run, home) == EXPECTED
    assert run("verify", home=home, as_="ivo").code == 0


def test_the_audit_trail_shows_it_as_it_is_stored(run: Run, home: Path) -> None:
    rows = run("--json", "audit", home=home, as_="ivo").rows
    assert {one["record"].get("value") for one in rows} >= set(EXPECTED)


def test_csv_holds_no_formula_and_loses_no_sign(run: Run, home: Path, tmp_path: Path) -> None:
    assert run("export", str(tmp_path / "out"), home=home, as_="ivo").code == 0
    with (tmp_path / "out" / "values.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [row["value"] for row in csv.DictReader(file) if row["item"] == "I.AE.AETERM"]
    assert sorted(read_cell(cell) for cell in cells) == sorted(EXPECTED)
    assert not [cell for cell in cells if cell.lstrip()[:1] in set("=+-@\t\r＝＋－＠")]


@pytest.mark.parametrize("odm", ["1.3.2", "2.0"])
def test_odm_gives_every_sign_to_another_site(
    run: Run, home: Path, home_made: Path, tmp_path: Path, odm: str
) -> None:
    file, other = tmp_path / "data.xml", tmp_path / "other"
    shutil.copytree(home_made, other)
    assert run("export", "--format", "odm", "--odm", odm, str(file), home=home, as_="ivo").code == 0
    said = run("import", str(file), home=other, as_="ivo")
    assert said.code == 0, said.out + said.err
    assert stored(run, other) == EXPECTED


def test_paper_shows_each_as_plain_text(run: Run, home: Path, tmp_path: Path) -> None:
    """No markup, no action, and every sign either drawn or named by its code point."""
    file = tmp_path / "ae.pdf"
    assert run("pdf", "form", "ZN001", "LOG", "AE", str(file), home=home, as_="ivo").code == 0
    read = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    there = squeezed(read.stdout.decode("utf-8"))
    absent = {
        name for name, text in zip(TEXTS, EXPECTED, strict=True) if squeezed(visible(text)) not in there
    }
    assert absent == set()
    assert len(objects(file)) > 10
    acts = [str(one.get("/S", one.get("/A", ""))) for one in objects(file)]
    assert not [one for one in acts if one in ("/JavaScript", "/Launch", "/URI", "/GoToR", "/SubmitForm")]


def objects(file: Path) -> list[DictionaryObject]:
    """Every dictionary in the file, as an independent reader finds them."""
    reader = PdfReader(file)
    found = [reader.get_object(IndirectObject(number, 0, reader)) for number in reader.xref.get(0, {})]
    return [one for one in found if isinstance(one, DictionaryObject)]


def squeezed(text: str) -> str:
    """Without blanks and in one form: a reader of PDFs breaks lines where the page does."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_cannot_be_stored_is_refused_in_a_short_sentence(run: Run, home: Path, language: str) -> None:
    sent = lines([text for text, _ in REFUSED.values()])
    said = run("--lang", language, "put", "--stdin", home=home, as_="nia", stdin=sent)
    assert said.code == 3 and {one["error"] for one in said.rows} <= {"value_rejected", "limit_exceeded"}
    for (_, named), one in zip(REFUSED.values(), said.rows, strict=True):
        assert named in one["message"] and len(one["message"]) < 300
    assert stored(run, home) == EXPECTED and run("verify", home=home, as_="ivo").code == 0


PLACES: Final = (
    ("get", "?"), ("get", "ZN001", "?"), ("get", "ZN001", "V1", "?"), ("put", "?", "V1", "VS", "SYSBP=1"),
    ("put", "ZN001", "V1", "VS", "?=1"),
    ("row", "copy", "ZN001", "LOG", "AE", "?"), ("audit", "?"),
    ("subject", "add", "?"), ("query", "list", "--subject", "?"), ("visit", "add", "ZN001", "?"),
    ("sign", "ZN001", "?"), ("complete", "ZN001", "V1", "?"), ("user", "lock", "?"),
    ("--as", "?", "subject", "list"),
)  # fmt: skip


@pytest.mark.parametrize("text", ["../%ZN001'; DELETE FROM record; --\n", "\ud800"], ids=["SQL", "no text"])
def test_a_name_that_attacks_is_a_name_that_is_not_there(run: Run, home: Path, text: str) -> None:
    before = run("state-hash", home=home, as_="ivo").out
    codes = {}
    for argv in PLACES:
        said = run(
            *(part.replace("?", text) for part in argv), home=home, as_="ada" if "user" in argv else "nia"
        )
        codes[argv] = said.code
    assert {argv: code for argv, code in codes.items() if code not in (2, 3, 5)} == {}
    assert run("state-hash", home=home, as_="ivo").out == before
