"""A typed password becomes a key: one spelling, Argon2id within agreed limits, and a policy.

The limits are checked before Argon2id runs, so that a changed file cannot ask for all the memory.
The policy follows NIST SP 800-63B: a minimum length and a block list, no rules about kinds of
characters.  No password, and no part of one, stands in a refusal.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from crf_app.crypto.encoding import b64, unb64
from crf_app.errors import ValueRejected, VaultTampered

MIN_CHARACTERS: Final = 12
MAX_BYTES: Final = 1024
SALT_BYTES: Final = 16
_MEMORY: Final = range(19 * 1024, 1024 * 1024 + 1)
_PASSES: Final = range(2, 17)
_LANES: Final = range(1, 17)


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id parameters: `m` KiB of memory, `t` passes, `p` lanes."""

    m: int
    t: int
    p: int


DEFAULT: Final = Cost(65536, 3, 1)  # 195 ms on the reference machine
LIGHT: Final = Cost(19 * 1024, 2, 1)  # the lower limit, 27 ms; for tests


def password_bytes(text: str) -> bytes:
    """NFC, then UTF-8: the one spelling of what was typed.  Raises ValueRejected if there is none."""
    try:
        data = unicodedata.normalize("NFC", text).encode("utf-8")
    except UnicodeEncodeError:
        data = b""
    if not data or len(data) > MAX_BYTES:
        raise ValueRejected(
            "This cannot be a password. Type at least 12 characters.",
            "这不能作为密码。请输入至少12个字符。",
        ) from None
    return data


def new_kdf(cost: Cost = DEFAULT) -> dict[str, object]:
    """The stored parameters of one slot, with a fresh salt.  Raises VaultTampered outside the limits."""
    kdf: dict[str, object] = {
        "alg": "argon2id",
        "m": cost.m,
        "t": cost.t,
        "p": cost.p,
        "salt": b64(os.urandom(SALT_BYTES)),
    }
    check_kdf(kdf)
    return kdf


def check_kdf(kdf: object) -> Cost:
    """The cost that stored parameters ask for.  Raises VaultTampered unless they are within the limits."""
    if isinstance(kdf, Mapping) and set(kdf) == {"alg", "m", "t", "p", "salt"} and kdf["alg"] == "argon2id":
        numbers = [kdf["m"], kdf["t"], kdf["p"]]
        limits = (_MEMORY, _PASSES, _LANES)
        good = all(type(n) is int and n in limit for n, limit in zip(numbers, limits, strict=True))
        if good and len(unb64(kdf["salt"])) == SALT_BYTES:
            return Cost(*numbers)
    raise VaultTampered(
        "The key file asks for a password computation outside the agreed limits. It was changed; restore it.",
        "密钥文件要求的密码运算超出约定范围。文件被改动，请恢复备份。",
    )


def derive(password: bytes, kdf: Mapping[str, object]) -> bytes:
    """The 32-byte key of a password under stored parameters.  Raises VaultTampered as `check_kdf`."""
    cost = check_kdf(kdf)
    salt = unb64(kdf["salt"])
    argon = Argon2id(salt=salt, length=32, iterations=cost.t, lanes=cost.p, memory_cost=cost.m)
    return argon.derive(password)


# Words that open lists of stolen passwords, and what a ward would add.  A password made of nothing
# but these, runs and digits is refused; other text of 12 characters is not in any list of 10 000.
_COMMON_TEXT: Final = """
    password passwort passw0rd mima admin administrator root user guest test demo login welcome letmein
    secret master access system default changeme computer internet qwerty qwertz azerty asdf zxcv qaz wsx
    iloveyou love princess dragon monkey sunshine shadow football baseball superman batman michael jordan
    hello freedom whatever trustno starwars woaini woaiwojia nihao zhongguo china beijing shanghai guangzhou
    hospital clinic doctor nurse patient study trial medical yiyuan yisheng hushi huanzhe linchuang
    spring summer autumn winter monday tuesday wednesday thursday friday saturday sunday january february
    5201314 1314 520 1314520 march april june july august september october november december
"""
_COMMON: Final = frozenset(_COMMON_TEXT.split())
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_LEET: Final = str.maketrans("013457$@!", "oleastsai")


def check_policy(text: str, own: Iterable[str] = ()) -> None:
    """Refuse a password that is short or easy to guess.

    `own`: words that belong to this person and place (study, site, user id, printed name).
    Raises ValueRejected with what to do instead.
    """
    password_bytes(text)
    typed = unicodedata.normalize("NFC", text)
    if len(typed) < MIN_CHARACTERS:
        raise ValueRejected(
            "This password is too short. Use at least 12 characters, for example four unrelated words.",
            "密码太短。请至少使用12个字符，例如四个互不相关的词。",
        )
    if _easy(typed.casefold(), {word.casefold() for name in own for word in _words(name)}):
        raise ValueRejected(
            "This password is easy to guess: common words, a row of keys, the study, the site or your name. "
            "Use other words, for example four unrelated ones.",
            "密码容易被猜到：含常见词、连续按键、研究、中心或本人姓名。请换用其他词，例如四个互不相关的词。",
        )


def _words(name: str) -> list[str]:
    """A name and its parts: three letters or more, two where they are Chinese characters."""
    parts = re.findall(r"\w+", name)
    return [word for word in {"".join(parts), *parts} if len(word) >= (3 if word.isascii() else 2)]


def _easy(text: str, own: set[str]) -> bool:
    """Whether fewer than six characters remain, or four different ones, without guessable parts."""
    words = sorted(_COMMON | own, key=len, reverse=True)
    return any(_poor(_without(spelling, words)) for spelling in (text, text.translate(_LEET)))


def _without(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, " ")
    text = re.sub(r"(19|20)\d\d", " ", text)  # a year
    for row in _RUNS:
        for run in (row, row[::-1]):
            text = _without_runs(text, run)
    return re.sub(r"(.)\1{2,}", " ", re.sub(r"(.{2,}?)\1{2,}", r"\1", text))


def _without_runs(text: str, row: str) -> str:
    """`text` with every stretch of four or more neighbours on `row` taken out, the longest first."""
    for length in range(len(row), 3, -1):
        for start in range(len(row) - length + 1):
            text = text.replace(row[start : start + length], " ")
    return text


def _poor(rest: str) -> bool:
    kept = "".join(re.findall(r"\w", rest))
    return len(kept) < 6 or len(set(kept)) < 4
