"""Both languages say the same things; nothing that the window says is missing from the table."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from crf_app.ui import words

UI = Path(words.__file__).parent
#: a key written out: the literal argument of say, speak, both (also through an alias)
LITERAL = re.compile(r'(?:say|speak|both|_tell)\(\s*(?:[\w.\[\]"]+,\s*)?"([a-z_]+\.[a-zA-Z0-9_]+)"')
BLAME = re.compile(r"\berror|invalid|please wait|successful|cancel|!|！|\bOK\b", re.IGNORECASE)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def languages_agree(leaf) -> bool:
    if not {"en", "zh"} <= set(leaf):
        return False
    same = placeholders(leaf["en"]) == placeholders(leaf["zh"])
    one = placeholders(leaf.get("en_one", leaf["en"])) | {"n"} == placeholders(leaf["en"]) | {"n"}
    return (
        same
        and one
        and set(leaf) in ({"en", "zh"}, {"en", "zh", "en_one"})
        and all(map(str.strip, leaf.values()))
    )


def test_both_languages_are_there_and_fill_in_the_same_values():
    assert len(words.table()) > 200
    assert [key for key, leaf in words.table().items() if not languages_agree(leaf)] == []


def test_a_missing_language_would_be_found():
    assert not languages_agree({"en": "Only English"})
    assert not languages_agree({"en": "{n} of them", "zh": "其中几个"})


def test_no_word_blames_or_shouts():
    assert [key for key, leaf in words.table().items() if any(map(BLAME.search, leaf.values()))] == []


def test_chinese_sentences_use_chinese_punctuation():
    def half_width(text: str) -> bool:
        return bool(re.search(r"[一-鿿][,;:?]|[,;:?][一-鿿]", text))

    assert [key for key, leaf in words.table().items() if half_width(leaf["zh"])] == []


def test_every_key_in_the_code_is_in_the_table():
    used = {(path.name, key) for path in UI.rglob("*.py") for key in LITERAL.findall(path.read_text("utf-8"))}
    assert len(used) > 100
    assert sorted((name, key) for name, key in used if key not in words.table()) == []


def test_english_has_its_singular():
    assert words.say("state.soft_n", "en", n=1) == "1 check"
    assert words.say("state.soft_n", "en", n=2) == "2 checks"
    assert words.say("state.soft_n", "zh", n=1) == "1 项待核实"


def test_a_switch_is_told_once_and_only_when_the_language_changes():
    told: list[str] = []
    words.set_language("en")

    def listen() -> None:
        told.append(words.language())

    words.changed.connect(listen)
    for code in ("en", "zh", "zh", "en"):
        words.set_language(code)
    words.changed.disconnect(listen)
    assert told == ["zh", "en"]


def test_an_unknown_language_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="fr"):
        words.set_language("fr")
