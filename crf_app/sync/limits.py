"""How large a bundle may be: one table, checked before anything is unpacked.

The numbers are part of format 1 and the same everywhere; tests pass smaller ones.  A file within them
cannot fill the memory: it is unpacked as a stream and read into at most the declared size + 1 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crf_app.model.record_reading import MAX_LINE


@dataclass(frozen=True, slots=True)
class Limits:
    """All in bytes but `ratio`, `records` and `recipients`."""

    file: int = 64 << 20
    header: int = 64 << 10
    plain: int = 512 << 20
    ratio: int = 200
    ratio_slack: int = 64 << 10
    records: int = 250_000
    extra_lines: int = 10_000  # have, segment, seal, receipt and attachment lines beside the records
    line: int = MAX_LINE
    window: int = 8 << 20
    recipients: int = 16

    def largest_plain(self, body: int) -> int:
        """The unpacked size that a body of `body` bytes may declare."""
        return min(self.plain, self.ratio * body + self.ratio_slack)


AGREED: Final = Limits()
