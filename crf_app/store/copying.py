"""A copy of the data file, page by page, under the same key or another one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_PAGES: Final = 500  # between two looks at whether it is stopped: 2 MB


def copy_database(conn: Any, key: bytes, copy: Path, told: Callable[[int, int], None]) -> None:
    """Write what `conn` reads into the file `copy`, encrypted with `key`; `told`: pages left, of how many."""
    from sqlcipher3 import dbapi2

    target = dbapi2.connect(str(copy), isolation_level=None)
    try:
        os.chmod(copy, 0o600)
        target.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        target.execute("PRAGMA cipher_log_level = NONE")
        conn.backup(target, pages=_PAGES, progress=lambda _, left, of: told(left, of), sleep=0)
    finally:
        target.close()
