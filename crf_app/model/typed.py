"""Typed text before it is read: what a keyboard or an input method sends, and how a refusal names it.

Full-width forms of a Chinese input method become their ASCII twins; superscripts, circled digits and other
compatibility characters do not, so `10⁷` is never read as 107.  Every refusal keeps and names the typed text.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from crf_app.errors import ValueRejected

#: signs of an input method or a word processor that mean an ASCII sign
_SIGNS: Final = {
    "。": ".", "\uff61": ".", "\u2212": "-", "\u3000": " ", "\u00a0": " ", "\u2264": "<=", "\u2265": ">=",
}  # fmt: skip
_SHOWN: Final = 60


def narrow(text: str) -> str:
    """The text with full-width forms (digits, letters, `，`, `：`, `＜`) as ASCII, trimmed."""
    return "".join(_narrow(char) for char in text).strip()


def _narrow(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if unicodedata.decomposition(char).startswith("<wide>"):
        return unicodedata.normalize("NFKC", char)
    return char


def shown(text: str) -> str:
    """The typed text as a sentence can carry it: no control signs, at most 60 characters."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:_SHOWN])
    return clean if len(text) <= _SHOWN else clean + "…"


def rejected(oid: str, text: str, en: str, zh: str, readings: tuple[str, ...] = ()) -> ValueRejected:
    """The refusal for a typed text; `{text}` in the sentences stands for it; `readings`: what it can mean."""
    name = shown(text)
    details = {"readings": readings} if readings else {}
    return ValueRejected(
        en.replace("{text}", name) + " Your text is kept, correct it here.",
        zh.replace("{text}", name) + "输入已保留，请在此更正。",
        where=oid,
        text=name,
        **details,
    )
