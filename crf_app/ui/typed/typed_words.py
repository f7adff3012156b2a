"""How a typed text and its time are said: codes by their words, today's time without its date."""

from __future__ import annotations

from crf_app.model.clock import Clock
from crf_app.model.definition import Study
from crf_app.model.item_def import ItemDef
from crf_app.ui.words import language

_LONGEST = 60


def said_when(since: str, clock: Clock) -> str:
    """`14:02` of today, `2026-10-05 14:02` of another day; `since` is local time with its offset."""
    return since[11:16] if since[:10] == f"{clock.now():%Y-%m-%d}" else since[:16]


def said_text(item: ItemDef | None, study: Study, text: str, code: str | None = None) -> str:
    """The text as it stood in the field: options of a list by their words, a long text by its beginning."""
    options = study.code_lists.get(item.code_list or "") if item is not None else None
    if options is not None:
        spoken = [
            options.by_code[one].decode.in_language(code or language()) if one in options.by_code else one
            for one in text.split(";")
        ]
        text = ", ".join(spoken)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
