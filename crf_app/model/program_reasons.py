"""Why the program itself made a record: the fixed reasons, as they stand in the ledger.

The ledger holds them in English whatever the language of the screen; the window says them in its own.
"""

from __future__ import annotations

from typing import Final

#: the check that asked holds no more
NO_LONGER_FIRES: Final = "no longer fires"
#: the row that was asked about was removed
ROW_REMOVED: Final = "row removed"
#: an answer of a complete form is another one
CHANGED_AFTER_COMPLETION: Final = "changed after completion"
#: before the address of the result that proposed a row; the person who started the row made the record
PROPOSED_FROM: Final = "proposed from "

PROGRAM_REASONS: Final = (NO_LONGER_FIRES, ROW_REMOVED, CHANGED_AFTER_COMPLETION)
