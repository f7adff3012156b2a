"""Three custodian cards, any two of which open a recovery key: texts for paper, and the keys of the pairs.

A card is 160 random bits.  One alone says nothing about the key: it is locked three times, each time under
HKDF of two cards.  On paper: `CRFR1.<vault>.<generation>.<number>.<32 base32>.<4 check>` in groups of four.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass
from typing import Final, NoReturn

from crf_app.crypto.boxes import hkdf
from crf_app.errors import ValueRejected

CARDS: Final = 3
SECRET_BYTES: Final = 20
_FORM: Final = re.compile(r"CRFR1([0-9A-F]{16})([0-9A-F]{8})([123])([A-Z2-7]{32})([A-Z2-7]{4})")


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """One card: of which vault (16 hex digits), which set of three (8 hex digits), its number, 20 bytes."""

    vault: str
    generation: str
    number: int
    secret: bytes

    @property
    def text(self) -> str:
        """As it stands on paper, without the groups."""
        secret = base64.b32encode(self.secret).decode()
        head = f"CRFR1.{self.vault}.{self.generation}.{self.number}.{secret}".upper()
        return f"{head}.{_check(head)}"


def new_cards(vault: str) -> list[Card]:
    """A set of three with a generation of its own."""
    generation = os.urandom(4).hex()
    return [Card(vault, generation, n, os.urandom(SECRET_BYTES)) for n in range(1, CARDS + 1)]


def read_card(text: str) -> Card:
    """The card that was typed or scanned; blanks, hyphens, dots and small letters make no difference.

    0, 1 and 8 are read as O, I and B in the secret, which has none of them.  Raises ValueRejected.
    """
    bare = re.sub(r"[\s.\-]", "", text).upper()
    head, secret = bare[:30], bare[30:].translate(str.maketrans("018", "OIB"))
    found = _FORM.fullmatch(head + secret)
    if found is None:
        _refuse(
            "This is not a custodian card. Type all of it, beginning with CRFR1.",
            "这不是保管卡内容，请从 CRFR1 开始完整输入。",
        )
    vault, generation, number, secret, check = found.groups()
    card = Card(vault.lower(), generation.lower(), int(number), base64.b32decode(secret))
    if card.text.rpartition(".")[2] != check:
        _refuse(
            f"Card {number} has a typing mistake somewhere. Compare it group by group.",
            f"第 {number} 张卡输入有误，请逐组核对。",
        )
    return card


def pair_key(one: Card, other: Card) -> bytes:
    """The key that two different cards of one set make together.  Raises ValueRejected for others."""
    first, second = sorted((one, other), key=lambda card: card.number)
    if first.number == second.number:
        _refuse(
            "This is the same card twice. Take two different ones.", "两次输入同一张卡，请使用两张不同的卡。"
        )
    if (first.vault, first.generation) != (second.vault, second.generation):
        _refuse(
            "These two cards are of different sets. Take two of one set.",
            "两张卡不属于同一套，请使用同一套中的两张。",
        )
    info = f"crf-recovery/1|{first.vault}|{first.generation}|{pair_name(one, other)}"
    return hkdf(first.secret + second.secret, info)


def pair_name(one: Card, other: Card) -> str:
    """`1+2`, `1+3` or `2+3`."""
    return "+".join(str(n) for n in sorted((one.number, other.number)))


def grouped(text: str) -> list[str]:
    """A card's text in groups of four characters."""
    bare = text.replace(".", "")
    return [bare[n : n + 4] for n in range(0, len(bare), 4)]


def _check(head: str) -> str:
    """Four characters that tell a typing mistake; no secret is protected by them."""
    return base64.b32encode(hashlib.sha256(head.encode()).digest())[:4].decode()


def _refuse(en: str, zh: str) -> NoReturn:
    raise ValueRejected(en, zh)
