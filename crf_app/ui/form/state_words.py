"""What the state of a field means, beside its icon and its word: one short sentence, where one is needed."""

from __future__ import annotations

from typing import Final

from crf_app.ui.widgets.row_paint import mark_words
from crf_app.ui.words import say

#: findings and queries say their own sentence under the field, a saved value says nothing
EXPLAINED: Final = ("typing", "unsaved", "hidden", "not_done", "derived", "answered")


def meaning(status: str) -> str:
    """ "Typing: Enter or leaving saves it"; "" where the state needs no words."""
    if status not in EXPLAINED:
        return ""
    return say("entry.state_is", state=mark_words(status), more=more(status))


def more(status: str) -> str:
    """The second half alone; "" for a state that is not explained."""
    return say(f"entry.more_{status}") if status in EXPLAINED else ""
