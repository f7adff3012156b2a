"""A study from an ODM file of any maker: 1.3 or 2.0, by what its root says."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crf_app.exchange.report import ImportReport
from crf_app.exchange.xml_in import root_facts
from crf_app.model.definition import Study


def study_from_odm(path: Path) -> tuple[Study, ImportReport]:
    """The study of an ODM file, and what reading it came to.  Clinical data in it are passed over.

    Raises ExchangeRefused for what cannot be read, naming line and element, LimitExceeded for too much of it.
    """
    with _without_collecting():
        if root_facts(path).odm == "1.3.2":
            from crf_app.exchange.odm1_in import read

            return read(path)
        from crf_app.exchange.odm2_in import read as read2

        return read2(path)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A definition is made of very many objects, none of them garbage: looking for it doubles the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
