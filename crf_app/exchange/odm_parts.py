"""Pieces of ODM that both versions share: texts in languages, data types, exceptions, kept foreign pieces.

Works on plain data (a study as `rest.plain` gives it) and on lxml elements.  Which element holds what is left
to `odm1_…` and `odm2_…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crf_app.exchange.xml_in import XML_LANG, local
from crf_app.model.definition import JsonObject

#: ODM's data type → ours; whatever is not here is text, its own type kept
DATA_TYPES: Final[Mapping[str, str]] = {
    "text": "text",
    "string": "text",
    "integer": "integer",
    "float": "decimal",
    "double": "decimal",
    "decimal": "decimal",
    "date": "date",
    "partialDate": "partialDate",
    "time": "time",
    "datetime": "datetime",
}
#: our data type → what is written.  Ours have no seconds, which ODM's `time` and `datetime` demand
WRITTEN_TYPES: Final[Mapping[str, str]] = {
    "text": "text",
    "integer": "integer",
    "decimal": "float",
    "date": "date",
    "partialDate": "partialDate",
    "time": "partialTime",
    "datetime": "partialDatetime",
}
#: our types that have units and ranges, unless a code list gives their values
NUMBERS: Final = frozenset(("integer", "decimal"))
#: the language of our expressions
CEL: Final = "CEL"
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_CHINESE: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Languages:
    """How a file names the two languages that the program speaks; None where it has no such texts."""

    en: str | None = "en"
    zh: str | None = "zh"

    @classmethod
    def of(cls, tags: Iterable[str]) -> Languages:
        """From all language tags of a file or of a study: "en" before "en-GB", "zh" before "zh-CN"."""
        known = list(dict.fromkeys(tags))
        return cls(_tag("en", known), _tag("zh", known))

    @property
    def main(self) -> str:
        return self.en or self.zh or "en"

    @staticmethod
    def guessed(words: str) -> str:
        """The language of words that do not say it: Chinese if they look it, else English."""
        return "zh" if _CHINESE.search(words) else "en"


def _tag(language: str, tags: Sequence[str]) -> str | None:
    fitting = [tag for tag in tags if _is(language, tag)]
    return language if language in fitting else next(iter(fitting), None)


def _is(language: str, tag: str) -> bool:
    return tag.lower() == language or tag.lower().startswith(f"{language}-")


Pairs = list[tuple[str, str]]


def read_text(pairs: Pairs, languages: Languages) -> JsonObject | None:
    """A Text from (language, words); "" is no language: Chinese if the words are, else English.

    A language that is missing takes the words of the other, or the first there are.
    """
    if not pairs:
        return None
    found: dict[str, str] = {}
    others: Pairs = []
    for tag, words in pairs:
        slot = "en" if tag == languages.en else "zh" if tag == languages.zh else ""
        if not tag:
            slot = Languages.guessed(words)
        if slot and slot not in found:
            found[slot] = words
        else:
            others.append((tag, words))
    text: JsonObject = {
        "en": found["en"] if "en" in found else _other("en", found.get("zh"), others),
        "zh": found["zh"] if "zh" in found else _other("zh", found.get("en"), others),
    }
    if others:
        text["other"] = [{"lang": tag, "text": words} for tag, words in others]
    return text


def _other(language: str, second: str | None, others: Pairs) -> str:
    near = next((words for tag, words in others if _is(language, tag)), None)
    return near if near is not None else second if second is not None else others[0][1]


def write_text(text: Any, languages: Languages) -> tuple[Pairs, bool]:
    """(language, words) to write, and whether reading them gives back exactly this Text."""
    if not isinstance(text, dict):
        return [], False
    others = [(one["lang"], one["text"]) for one in text.get("other", ())]
    pairs = [(tag, text[key]) for key, tag in (("en", languages.en), ("zh", languages.zh)) if tag]
    pairs += others
    tags = [tag for tag, _ in pairs]
    sound = len(set(tags)) == len(tags) and all(not tag or _LANGUAGE.fullmatch(tag) for tag in tags)
    if not sound or not pairs:
        return [(languages.main, text["en"])], False
    return pairs, read_text(pairs, languages) == text


def pairs_of(holder: Any, verbatim: bool) -> Pairs:
    """(language, words) of the TranslatedText children; not `verbatim`: trimmed, empty ones left out."""
    found: Pairs = []
    for child in holder:
        if local(child) == "TranslatedText":
            words = "".join(child.itertext()).strip() if len(child) else child.text or ""
            words = words if verbatim else words.strip()
            if words or verbatim:
                found.append((child.get(XML_LANG, ""), words))
    return found


def exception_of(collect_when: str) -> str:
    """ODM's condition says when an item is *not* collected, ours when it is: `!(…)`."""
    return f"!({collect_when})"


def collect_when_of(exception: str) -> str:
    """Our condition from ODM's exception, in CEL: `exception_of` undone, or its negation."""
    inner = exception[2:-1]
    if exception.startswith("!(") and exception.endswith(")") and _balanced(inner):
        return inner
    return exception_of(exception)


def _balanced(expression: str) -> bool:
    """Whether every bracket is closed inside, so that brackets around it hold all of it."""
    depth = 0
    for token in re.finditer(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[()]", expression):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth < 0:
            return False
    return depth == 0


def not_run_exception(context: str) -> str:
    """The language of an exception condition kept as text: it says when the item is *not* asked."""
    return f"{context or '?'} (true: not collected)"


def bad_character(text: str) -> str | None:
    """`U+0001` for the first character that XML cannot hold."""
    found = _NOT_XML.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def xml_of(element: Any) -> str:
    """An element as text that can be parsed alone, always spelled the same (exclusive canonical XML)."""
    from lxml import etree

    data = etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)
    return bytes(data).decode("utf-8")


def element_of(xml: str) -> Any:
    """The element of `xml_of`."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    return etree.fromstring(xml.encode("utf-8"), parser)
