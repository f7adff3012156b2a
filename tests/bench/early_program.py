"""A program that is broken on purpose: it acknowledges a value and does not commit it.

Everything else is the real program; the soak must see what it loses.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crf_app.__main__ import main
from crf_app.store import ledger, witness


@contextmanager
def late_commit(conn: Any) -> Iterator[None]:
    """As `transaction`, but for the commit."""
    if not conn.in_transaction:
        conn.execute("BEGIN IMMEDIATE")
    yield


ledger.transaction = late_commit
witness.write = lambda *_: None  # it would refuse what was lost at the next start, before the soak looks
sys.exit(main())
