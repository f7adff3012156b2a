"""Golden pictures: what the window drew when somebody last looked at it and found it right.

They hold on the offscreen platform with the font of this project only; elsewhere letters have other edges.
`make golden` draws them anew; look at each before it is kept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from .visiting import Visited

pytestmark = pytest.mark.xdist_group("screens")
GOLDEN = Path(__file__).with_name("golden")
RENEW = "CRF_APP_RENEW_GOLDEN"
#: (screen, language, how); no screen with a list whose order hangs on names that are made by chance
SCREENS = (
    ("sign_in", "en", ""), ("casebook", "en", ""), ("casebook", "zh", ""), ("form_chemistry", "en", ""),
    ("form_chemistry", "zh", ""), ("form_vitals", "en", ""), ("infusion", "en", ""),
    ("adverse_events", "en", ""), ("subjects", "zh", ""),
    ("sign_in", "zh", "dark"), ("casebook", "en", "dark"), ("form_chemistry", "zh", "dark"),
    ("infusion", "en", "dark"),
    ("casebook", "zh", "150"), ("form_chemistry", "en", "150"), ("infusion", "zh", "150"),
    ("casebook", "en", "200"), ("focus_view", "en", "200"), ("infusion", "zh", "200"),
)  # fmt: skip
TOLERATED = 0.001  # share of all pixels
EDGE = 24  # of 255: less than that in every channel is the same colour


def difference(one: QImage, other: QImage) -> tuple[float, QImage]:
    """(share of pixels that differ, the picture with those in red)."""
    if one.size() != other.size():
        return 1.0, one
    form = QImage.Format.Format_RGB32
    left, right = bytes(one.convertToFormat(form).constBits()), bytes(other.convertToFormat(form).constBits())
    marked, count = one.convertToFormat(form), 0
    for at in range(0, len(left) if left != right else 0, 4):
        here, there = left[at : at + 3], right[at : at + 3]
        if here != there and max(abs(a - b) for a, b in zip(here, there, strict=True)) > EDGE:
            count += 1
            marked.setPixel(at // 4 % one.width(), at // 4 // one.width(), 0xFFFF0000)
    return count / (one.width() * one.height()), marked


@pytest.mark.parametrize(
    ("screen", "language", "how"), SCREENS, ids=["_".join(filter(None, one)) for one in SCREENS]
)
def test_the_window_looks_as_it_did(
    visited: Visited, screen: str, language: str, how: str, qapp: QApplication, tmp_path: Path
) -> None:
    assert qapp.platformName() == "offscreen", "golden pictures are of the offscreen platform"
    name = "_".join(filter(None, (screen, language, how)))
    seen = (
        visited.dark[screen, language]
        if how == "dark"
        else visited.seen[screen, language, int(how or 100), "desk"]
    )
    drawn, kept = seen.picture, GOLDEN / f"{name}.png"
    if os.environ.get(RENEW):
        assert drawn.convertToFormat(QImage.Format.Format_RGB16).save(str(kept), "PNG", 0)
        return
    share, marked = difference(drawn, QImage(str(kept)))
    marked.save(str(tmp_path / f"{name}_differs.png"))
    drawn.save(str(tmp_path / f"{name}_drawn.png"))
    assert share <= TOLERATED, (
        f"{share:.2%} of the pixels differ, see {tmp_path}; if it is right: make golden"
    )


def test_another_word_is_noticed(visited: Visited) -> None:
    """The comparison can fail: the same screen in two languages is not the same picture."""
    seen = {language: visited.seen["sign_in", language, 100, "desk"].picture for language in ("en", "zh")}
    assert difference(seen["en"], seen["zh"])[0] > TOLERATED
    assert difference(seen["en"], seen["en"])[0] == 0
