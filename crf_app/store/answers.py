"""A few answers of many subjects at once: values with their units and missing codes, by their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crf_app.model.keys import Answer


def answers_at(conn: Any, subjects: Sequence[str], paths: Sequence[str]) -> dict[str, dict[str, Answer]]:
    """uid → {path under the subject: answer}; what is empty or in conflict is left out."""
    sql = (
        f'SELECT subject, "key", value, missing, unit FROM item_data WHERE subject IN ({_marks(subjects)}) '
        f"AND \"key\" IN ({_marks(paths)}) AND state <> 'conflict'"
    )
    out: dict[str, dict[str, Answer]] = {}
    for subject, key, *answer in conn.execute(sql, (*subjects, *paths)):
        out.setdefault(subject, {})[key] = Answer(*answer)
    return out


def added_events(conn: Any, subjects: Sequence[str]) -> dict[str, list[str]]:
    """uid → keys of the visits that were added by hand."""
    out: dict[str, list[str]] = {}
    sql = f"SELECT subject, event FROM event_data WHERE subject IN ({_marks(subjects)}) ORDER BY rowid"
    for subject, event in conn.execute(sql, tuple(subjects)):
        out.setdefault(subject, []).append(event)
    return out


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
