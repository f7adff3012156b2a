"""P6, P6b: reading a study's definition of 3,800 items, from ODM and from the store.

P6    A: `exchange/odm_in.study_from_odm` of the file that `odm_of` wrote for a made-up study of 60 forms of
      60 items and one of 200, in 12 visits: guarded parsing, every element checked, names made, the study as
      our files would give it.  B: lxml's parse of the same file, every element into a dict of its attributes
      and texts.
P6b   A: `study_from_bytes` of the stored definition, as sign-in reads it.  B: `json.loads` of the same bytes.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from bench.measure import compare, give, say, time_row, timed
from crf_app.actions.demo.generate import PROFILES
from crf_app.actions.demo.made_up_study import Shape, write_study
from crf_app.actions.study.definitions import load_study
from crf_app.exchange.odm_in import study_from_odm
from crf_app.exchange.odm_out import odm_of
from crf_app.model.definition import Study, study_from_bytes

_FULL = Shape(12, (60,) * 60)
_VERSIONS: tuple[Literal["1.3.2", "2.0"], ...] = ("1.3.2", "2.0")


def main() -> None:
    quick = "--quick" in sys.argv
    blocks = 3 if quick else 7
    with tempfile.TemporaryDirectory(prefix="crf-bench-") as folder:
        place = Path(folder)
        write_study(place / "study", PROFILES["W0"].shape if quick else _FULL)
        study, _ = load_study(place / "study")
        items = sum(len(form.items) for form in study.form)
        say(f"a definition of {items:,} items")
        gc.collect()
        gc.freeze()  # what stands already is looked through by neither side
        for version in _VERSIONS:
            _odm_row(study, version, place / f"{version}.xml", items, blocks)
        _store_row(study.canonical_bytes(), items, blocks)


def _odm_row(study: Study, version: Literal["1.3.2", "2.0"], file: Path, items: int, blocks: int) -> None:
    file.write_bytes(odm_of(study, version))
    assert study_from_odm(file)[0].canonical_bytes() == study.canonical_bytes()
    pair = compare(lambda: timed(lambda: study_from_odm(file)), lambda: _without_gc(file), blocks)
    what = f"read a definition of {items:,} items from ODM {version}, {file.stat().st_size / 1e6:.1f} MB"
    give(time_row("P6", what, "lxml parse to dicts", 8.0, pair))


def _without_gc(file: Path) -> float:
    """The reader pauses garbage collection, so the floor may."""
    gc.disable()
    try:
        return timed(lambda: _dicts(file))
    finally:
        gc.enable()


def _dicts(file: Path) -> dict[str, Any]:
    """The whole file as dicts, the shortest way."""
    from lxml import etree

    def plain(element: Any) -> dict[str, Any]:
        return {
            "tag": element.tag,
            "text": element.text,
            **element.attrib,
            "in": [plain(one) for one in element],
        }

    return plain(etree.parse(str(file)).getroot())


def _store_row(data: bytes, items: int, blocks: int) -> None:
    pair = compare(
        lambda: timed(lambda: study_from_bytes(data)), lambda: timed(lambda: json.loads(data)), blocks
    )
    what = f"read the stored definition of {items:,} items, {len(data) / 1e6:.1f} MB"
    give(time_row("P6b", what, "json.loads of it", 2.0, pair))


if __name__ == "__main__":
    main()
