"""The window's words in English and Chinese, switchable while the window is open.

A plain table, `resources/texts/*.toml`, in place of Qt's translation files: both languages
stand side by side where the designer reads them, there is nothing to compile, and one test reads the table
and fails on a missing language or placeholder.  The study's own words come from its definition (`Text`),
refusals bring theirs (`CrfError.texts`); `pick` chooses from those.

The words of the sign-in page lie in a file of their own, so that the first picture need not wait for all.
A leaf is `{ en = "…", zh = "…" }`, with `en_one` where English has a singular: it is used when `n` is 1.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from crf_app.settings.shipped import resource

LANGUAGES = ("en", "zh")
_FIRST = "first_picture.toml"


class _Hub(QObject):
    changed = Signal()


class InLanguages(Protocol):
    def in_language(self, language: str) -> str:
        """The words in that language."""


_hub = _Hub()
_spoken = ["en"]
#: sent after the language was switched; every open page says its words again
changed = _hub.changed


def language() -> str:
    """`en` or `zh`."""
    return _spoken[0]


def set_language(code: str) -> None:
    """Switch; sends `changed` when it is another language."""
    if code not in LANGUAGES:
        raise ValueError(code)
    if code != _spoken[0]:
        _spoken[0] = code
        changed.emit()


def say(key: str, language: str | None = None, **values: object) -> str:
    """The words of `key` ("sign_in.title") with `{name}` filled in.  Raises KeyError for an unknown key."""
    leaf = _first().get(key) or table()[key]
    code = language or _spoken[0]
    text = leaf["en_one"] if code == "en" and values.get("n") == 1 and "en_one" in leaf else leaf[code]
    return text.format(**values) if values else text


def both(key: str, **values: object) -> dict[str, str]:
    """The words of `key` in every language, for a place that must speak again after a switch."""
    return {code: say(key, code, **values) for code in LANGUAGES}


def pick(texts: InLanguages | Mapping[str, str]) -> str:
    """The words of a definition's Text or of an {"en", "zh"} mapping in the language on screen."""
    if isinstance(texts, Mapping):
        return str(texts[_spoken[0]])
    return texts.in_language(_spoken[0])


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Every key with its languages.  Raises ValueError when two files hold the same key."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(resource("texts").glob("*.toml")):
        for key, leaf in _leaves(path):
            if key in found:
                raise ValueError(key)
            found[key] = leaf
    return found


@cache
def _first() -> Mapping[str, Mapping[str, str]]:
    return dict(_leaves(resource(f"texts/{_FIRST}")))


def _leaves(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    for page, leaves in tomllib.loads(path.read_text("utf-8")).items():
        for name, leaf in leaves.items():
            yield f"{page}.{name}", leaf
