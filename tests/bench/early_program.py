"""A program that is broken on purpose: it acknowledges a value and commits only every tenth of them.

Everything else is the real program; the soak must see what it loses.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from crf_app.__main__ import main
from crf_app.store import ledger

_times = count(1)


@contextmanager
def late_commit(conn: Any) -> Iterator[None]:
    """As `transaction`, but for the durability."""
    if not conn.in_transaction:
        conn.execute("BEGIN IMMEDIATE")
    yield
    if next(_times) % 10 == 0:
        conn.execute("COMMIT")


ledger.transaction = late_commit
sys.exit(main())
