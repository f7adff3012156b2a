"""`study export` as a data manager calls it: of a definition without signing in, of a home with a record."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.study.definitions import load_study
from crf_app.actions.study.study_export import export_home_study
from crf_app.cli.invocation import Invocation
from crf_app.cli.verbs import crf_app
from crf_app.store import reads

DEMO = Path(__file__).parents[2] / "forms" / "demo-vitals"


def say(*words: str | Path) -> tuple[object, str]:
    call = Invocation(window=lambda *_: 0)
    result = CliRunner().invoke(crf_app, [str(word) for word in words], obj=call, standalone_mode=False)
    return result.exception, result.output


@pytest.mark.parametrize("odm", ["1.3.2", "2.0"])
def test_a_definition_comes_back_from_its_odm_file(tmp_path: Path, odm: str) -> None:
    out = tmp_path / "study.xml"
    assert say("study", "export", out, "--odm", odm, "--definition", DEMO) == (None, f"{out}\n")
    assert load_study(out)[0].canonical_bytes() == load_study(DEMO)[0].canonical_bytes()


@pytest.mark.parametrize("name", ["book", "book.xlsx", "book.pdf"])
def test_a_codebook_is_a_workbook_and_a_document(tmp_path: Path, name: str) -> None:
    exception, output = say("study", "export", tmp_path / name, "--codebook", "--definition", DEMO)
    assert exception is None
    assert output.splitlines() == [str(tmp_path / "book.xlsx"), str(tmp_path / "book.pdf")]
    assert (tmp_path / "book.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "book.xlsx").read_bytes().startswith(b"PK")


def test_what_is_written_is_said_once(tmp_path: Path) -> None:
    for words in ([], ["--codebook", "--odm", "2.0"]):
        exception, _ = say("study", "export", tmp_path / "a", *words, "--definition", DEMO)
        assert "Say what to write" in str(exception)
    assert not list(tmp_path.iterdir())


def test_an_export_of_a_home_is_recorded(home: Path, tmp_path: Path) -> None:
    session = sign_in(home, "ivo", "violet anchor meadow")
    done = export_home_study(session, tmp_path / "book", "codebook")
    last = reads.records_of_kind(session.store.conn, "export.make")[-1]
    sign_out(session)
    assert done.at and [path.name for path in done.files] == ["book.xlsx", "book.pdf"]
    assert session.study.sha256 in str(last)
