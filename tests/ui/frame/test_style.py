"""The style sheet, the icons and the font."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QLineEdit

from crf_app.errors import NotFound
from crf_app.settings.shipped import resource
from crf_app.ui import icons, style
from crf_app.ui.casebook.cell_looks import LOOKS


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_sheet_is_filled_in_completely(theme):
    sheet = style.sheet(style.tokens(theme))
    assert "$" not in sheet
    assert style.tokens(theme).accent in sheet


def test_the_scale_multiplies_sizes_but_not_lines():
    sheet = style.sheet(style.tokens("light", 2.0))
    assert "border: 1px solid" in sheet and "border: 2px solid" in sheet
    assert re.search(r'QLabel\[role="page"\] { font-size: 48px;', sheet)


def test_a_state_is_a_property_that_the_sheet_knows(qapp, qtbot):
    style.apply(qapp, "light", 1.0)
    field = QLineEdit()
    qtbot.addWidget(field)
    style.set_state(field, "soft")
    assert field.property("state") == "soft"
    assert f'QLineEdit[state="soft"] {{ background: {style.current().soft_bg}' in qapp.styleSheet()


def test_icons_are_drawings_of_24_units_in_one_colour():
    assert len(icons.names()) > 50
    for name in icons.names():
        root = ET.fromstring(resource(f"icons/{name}.svg").read_text("utf-8"))
        assert (root.get("viewBox"), root.get("stroke-width")) == ("0 0 24 24", "2"), name
        colours = {one.get(part) for one in root.iter() for part in ("fill", "stroke")} - {None}
        assert colours <= {"currentColor", "none"}, name


def test_every_state_of_the_casebook_has_its_own_icon():
    names = [icon for icon, _, _ in LOOKS.values()]
    assert len(set(names)) == len(names)
    assert set(names) <= set(icons.names())


def test_icons_follow_the_theme(qapp):
    style.apply(qapp, "light", 1.0)
    light = icons.pixmap("done", "ok", 24).toImage()
    style.apply(qapp, "dark", 1.0)
    dark = icons.pixmap("done", "ok", 24).toImage()
    style.apply(qapp, "light", 1.0)
    assert light != dark


def test_the_shipped_font_shows_chinese_and_a_missing_one_is_refused(qapp, monkeypatch):
    assert "Noto Sans SC" in style.load_font()
    assert QFontDatabase.writingSystems("Noto Sans SC")
    monkeypatch.setattr(style, "FONT_FILE", "fonts/none.ttf")
    with pytest.raises(NotFound) as refusal:
        style.load_font()
    assert "none.ttf" in refusal.value.sentence("zh")
