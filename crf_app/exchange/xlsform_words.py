"""Words of an XLSForm: `label::English (en)`, `label::中文 (zh)`, a plain `label` → a Text.

A language is named by the code in brackets, by a code alone, or by its name.  Which languages there were is
collected on the way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from crf_app.exchange.odm_parts import Languages, Pairs, read_text
from crf_app.model.definition import JsonObject

_BRACKETS: Final = re.compile(r"\(\s*([A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8})*)\s*\)\s*$")
_CODE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_CHINESE: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_NAMES: Final = {
    "english": "en", "chinese": "zh", "mandarin": "zh", "中文": "zh", "汉语": "zh", "漢語": "zh",
    "简体中文": "zh-Hans", "繁體中文": "zh-Hant", "french": "fr", "français": "fr", "francais": "fr",
    "spanish": "es", "español": "es", "portuguese": "pt", "português": "pt", "arabic": "ar", "العربية": "ar",
    "russian": "ru", "русский": "ru", "hindi": "hi", "हिन्दी": "hi", "swahili": "sw", "kiswahili": "sw",
    "german": "de", "deutsch": "de", "indonesian": "id", "vietnamese": "vi", "japanese": "ja", "日本語": "ja",
}  # fmt: skip
#: what XML, and so an export, cannot hold; a line end is a space in a label
_UNFIT: Final = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


def clean(text: object) -> str:
    """One line of words."""
    return " ".join(_UNFIT.sub(" ", str(text)).split())


def kept(text: object) -> str:
    """An expression or a name as it stands; only signs that no file can hold become spaces."""
    return _UNFIT.sub(" ", str(text)).strip()


def language_of(name: str) -> str:
    """The tag of a language that a column names; "" for none."""
    found = _BRACKETS.search(name)
    if found:
        return found[1].replace("_", "-")
    plain = name.strip()
    if plain.lower() in _NAMES:
        return _NAMES[plain.lower()]
    if plain in ("", "default"):
        return ""
    if _CODE.fullmatch(plain):
        return plain
    ascii_part = re.sub(r"[^A-Za-z0-9]", "", plain)[:8].lower()
    return f"x-{ascii_part}" if ascii_part else "und"


class Words:
    """Makes texts and remembers which languages had words."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def text(self, said: Any, fallback: str) -> JsonObject:
        """A Text of `said` (words, or language name → words); `fallback` where it says nothing."""
        return self.given(said) or {"en": clean(fallback) or "?", "zh": clean(fallback) or "?"}

    def given(self, said: Any) -> JsonObject | None:
        """A Text; None where there are no words."""
        found = pairs(said)
        for tag, words in found:
            self._seen[_spoken(tag, words)] = None
        return read_text(found, Languages.of(tag for tag, _ in found))

    @property
    def languages(self) -> list[str]:
        """Those that had words, ours first."""
        return [tag for tag in ("en", "zh") if tag in self._seen] + [
            tag for tag in self._seen if tag not in ("en", "zh")
        ] or ["en"]


def _spoken(tag: str, words: str) -> str:
    if not tag:
        return "zh" if _CHINESE.search(words) else "en"
    return next((ours for ours in ("en", "zh") if tag == ours or tag.startswith(f"{ours}-")), tag)


def pairs(said: Any) -> Pairs:
    """(language, words), without empty ones."""
    if said is None:
        return []
    if not isinstance(said, Mapping):
        words = clean(said)
        return [("", words)] if words else []
    found = [(language_of(str(name)), clean(words)) for name, words in said.items()]
    return [(tag, words) for tag, words in dict.fromkeys(found) if words]


def joined(first: JsonObject, second: JsonObject, between: str) -> JsonObject:
    """Two Texts one after the other, in our two languages."""
    return {key: f"{first[key]}{between}{second[key]}" for key in ("en", "zh")}
