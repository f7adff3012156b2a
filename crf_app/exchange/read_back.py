"""A definition is written, read back, and given out only if it comes back the same.

A field that the elements do not carry back is written whole, as JSON, in a second try.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from crf_app.errors import ExchangeRefused
from crf_app.exchange.rest import plain
from crf_app.model.definition import JsonObject, Study


def written(
    study: Study,
    odm: str,
    created: str | None,
    write: Callable[[Study, JsonObject, str], bytes],
    read: Callable[[bytes], Study],
) -> bytes:
    """The bytes of `write(study, fields to write whole, moment)`, from which `read` gives the same study.

    Raises ExchangeRefused, which names the fields that would not come back.
    """
    moment = created or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    data = write(study, {}, moment)
    lost = _lost(study, read(data))
    if lost:
        data = write(study, lost, moment)
        lost = _lost(study, read(data))
    if lost:
        names = ", ".join(sorted(lost))
        raise ExchangeRefused(
            f"ODM {odm} cannot hold this study: {names} would not come back the same. Nothing is written.",
            f"ODM {odm} 无法容纳此研究：{names} 读回后不一致。未写入任何内容。",
            where=names,
        )
    return data


def _lost(study: Study, back: Study) -> JsonObject:
    """The fields of the study that did not come back, as they are (None: absent)."""
    if back.canonical_bytes() == study.canonical_bytes():
        return {}
    mine, theirs = plain(study), plain(back)
    keys = sorted(mine.keys() | theirs.keys())
    return {key: mine.get(key) for key in keys if mine.get(key) != theirs.get(key)}
