"""People who forget, change and leave, the data key and the custodian cards, on the command line."""

from __future__ import annotations

from pathlib import Path

from pypdf import PdfReader

from tests.cli.conftest import ADMIN, INVESTIGATOR, NURSE, ONE_TIME, Run

OWN = "pebble under a wide sky"


def secret(*lines: str) -> str:
    return "\n".join(lines)


def test_a_password_is_reset(run: Run, home: Path) -> None:
    done = run("user", "reset", "nia", "--reason", "forgotten, made up", home=home, as_="ada",
               secret=secret(ADMIN, ONE_TIME))  # fmt: skip
    assert done.code == 0 and "must_change" in done.out
    assert run("get", "ZN001", home=home, as_="nia", secret=NURSE).code == 5
    assert run("user", "passwd", home=home, as_="nia", secret=secret(ONE_TIME, OWN)).code == 0
    assert run("get", "ZN001", home=home, as_="nia", secret=OWN).code == 0


def test_a_role_is_changed(run: Run, home: Path) -> None:
    done = run("--json", "user", "change", "nia", "--role", "coordinator", "--reason", "made up", home=home,
               as_="ada", secret=ADMIN)  # fmt: skip
    assert done.row["role"] == "coordinator" and done.row["name"] == "Made-up Nurse"
    assert run("user", "change", "nobody", "--role", "nurse", "--reason", "x", home=home, as_="ada").code == 5


def test_a_person_is_removed_and_the_data_get_a_new_key(run: Run, home: Path) -> None:
    done = run("--json", "user", "remove", "nia", "--reason", "left, made up", home=home, as_="ada")
    assert done.row == {"ok": True, "user": "nia", "generation": 2}
    assert run("get", "ZN001", home=home, as_="nia", secret=NURSE).code == 5
    assert run("--json", "keys", "rotate", "--reason", "made up", home=home, as_="ada").row["generation"] == 3
    assert run("verify", home=home, as_="ivo", secret=INVESTIGATOR).code == 0
    assert run("keys", "rotate", "--reason", "made up", home=home, as_="ivo").code not in (0, 70)


def test_cards_are_made_read_back_and_used(run: Run, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "cards.pdf"
    assert run("keys", "cards", str(out), home=home, as_="ada").code == 0
    one, two, _ = (_text(page) for page in PdfReader(out).pages)
    assert run("keys", "confirm", home=home, as_="ada", secret=secret(ADMIN, one, one)).code == 3
    assert run("keys", "confirm", home=home, as_="ada", secret=secret(ADMIN, one, two)).code == 0
    done = run("keys", "recover", "eva", "Made-up Newcomer", home=home, secret=secret(two, one, OWN))
    assert done.code == 0 and one not in done.out + done.err
    assert run("verify", home=home, as_="eva", secret=OWN).code == 0
    again = run("keys", "recover", "eva", "Made-up Newcomer", home=home, secret=secret(two, one, OWN))
    assert again.code not in (0, 70) and "never used again" in again.err + again.out


def _text(page) -> str:  # type: ignore[no-untyped-def]
    words = page.extract_text().split()
    start = words.index("CRFR")
    return "".join(words[start : start + 17])[:66]
