"""How far a long piece of work is, and the one place where a person may stop it.

A piece of work is given a `Progress` and calls it between two steps that stand each for themselves; the call
raises `Cancelled` when the person stopped.  Whoever works leaves things then as after any refusal: no half
file, no half transaction.  The words that are shown with the numbers belong to the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from crf_app.errors import Cancelled

__all__ = ["Cancelled", "Progress", "counted", "silent"]
Part = TypeVar("Part")


class Progress(Protocol):
    """`progress(done, of)`: steps done, of how many; `of` is None while nobody knows."""

    def __call__(self, done: int, of: int | None = None, /) -> None:
        """Raises Cancelled when the person stopped the work."""


def silent(done: int, of: int | None = None, /) -> None:
    """Nobody looks and nobody stops it."""


def counted(parts: Iterable[Part], progress: Progress, of: int | None = None) -> Iterator[Part]:
    """The same parts; each is counted before it is given.  Raises Cancelled between two of them."""
    done = 0
    for part in parts:
        progress(done, of)
        yield part
        done += 1
    progress(done, of)
