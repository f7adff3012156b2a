"""Age in completed years from a date of birth that may lack its day.

With year and month only, the age counts from the month: it is reached in the month of birth.  From the year
alone no age is said, because it may be one year off.
"""

from __future__ import annotations

from datetime import date


def age_on(birth: str, today: date) -> int | None:
    """Completed years; None for a year alone, for nothing, and for a day that has not come.

    Born on Feb 29: in other years the age is reached on Mar 1.
    """
    parts = [int(part) for part in birth.split("-") if part.isdigit()]
    if len(parts) < 2:
        return None
    reached = (today.month, today.day)[: len(parts) - 1] >= tuple(parts[1:])
    years = today.year - parts[0] - (not reached)
    return years if years >= 0 else None
