"""A study as ODM metadata, validated against CDISC's schema before anybody gets it."""

from __future__ import annotations

from crf_app.exchange.xml_in import Odm
from crf_app.model.definition import Study


def odm_of(study: Study, odm: Odm = "1.3.2", *, created: str | None = None) -> bytes:
    """The study as an ODM file, UTF-8.  `created`: time of making, UTC ISO text; now if None.

    Reading the bytes gives the same study, byte for byte.  Raises ExchangeRefused, naming the element, if the
    file would not be valid or would not come back the same.
    """
    if odm == "1.3.2":
        from crf_app.exchange.odm1_out import write

        return write(study, created)
    from crf_app.exchange.odm2_out import write as write2

    return write2(study, created)
