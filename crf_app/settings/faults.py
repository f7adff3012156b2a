"""A fault of ours in words that hold no patient data: its kind, its places in the code, and a short code.

Used by the broad handlers of the window and of the command line.  The message of an exception is never
kept, because it may hold an answer.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType
from typing import Final

_DEPTH: Final = 8


def fault_places(kind: type[BaseException], trail: TracebackType | None) -> list[str]:
    """Kind and places of a fault, innermost first: `["KeyError", "reads.py:12 record", …]`."""
    frames = traceback.extract_tb(trail)[::-1]
    return [kind.__name__, *(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames[:_DEPTH])]


def fault_code(places: list[str]) -> str:
    """`F-` and six characters that are the same for the same fault in the same version."""
    import hashlib  # not for the first picture

    return "F-" + hashlib.sha256("\n".join(places).encode()).hexdigest()[:6].upper()
