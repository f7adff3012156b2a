"""Plots on paper: the same parts as on the screen, our one font, read back by another program."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pypdfium2
import pytest
from PySide6.QtGui import QImage, QPainter
from reportlab.pdfgen.canvas import Canvas

from crf_app.export import plot_draw
from crf_app.export.fonts import FONT, register
from crf_app.export.plot_pages import PlotSheet, Tile, draw_plots
from crf_app.model.def_base import Text
from crf_app.model.plot import axes_of, lay_out
from crf_app.model.plot_parts import Picture, Words
from crf_app.model.trend import Trend, TrendPoint
from crf_app.ui import style
from crf_app.ui.plots import plot_paint

DAY1 = date(2026, 9, 8)
ALT = Text(en="Alanine aminotransferase", zh="丙氨酸氨基转移酶")


def made_up(number: int = 7) -> Trend:
    """Values of a made-up subject before and after three doses."""
    values = ((-20, "58"), (0, "52"), (7, "49"), (21, "46"), (28, "268"))
    return Trend(
        ALT,
        unit="U/L",
        label=f"ZN{number:03d}",
        arm=Text(en="Medium-dose group", zh="中剂量组"),
        day1=DAY1,
        points=tuple(
            TrendPoint(DAY1 + timedelta(days=n), Decimal(value), "", Decimal(7), Decimal(40), mark="SCR")
            for n, value in values
        ),
        doses=tuple(DAY1 + timedelta(days=n) for n in (0, 7, 14)),
        dose_name=Text(en="Infusion", zh="输注"),
    )


def sheet(count: int = 1, language: str = "en") -> PlotSheet:
    trends = [made_up(n + 1) for n in range(count)]
    axes = axes_of(trends, 3)
    arm = trends[0].arm.in_language(language) if trends else ""
    return PlotSheet(
        title={"en": "Alanine aminotransferase, U/L, all subjects", "zh": "丙氨酸氨基转移酶，全部受试者"}[
            language
        ],
        study_oid="MADEUP",
        lines=("A made-up study",),
        tiles=tuple(Tile(one.label, arm, one.points[-1].words, one, axes) for one in trends),
        language=language,
        printed_by="Made-up Nurse",
        printed_at="2026-10-06 14:02:31 +08:00",
        print_id="ABCDEFGHIJ",
        sha256="0" * 64,
        environment="test",
        dose={"en": "Infusion", "zh": "输注"}[language],
    )


def read_back(data: bytes) -> tuple[int, str]:
    """Pages and all text, by a reader that is not ours."""
    document = pypdfium2.PdfDocument(data)
    try:
        return len(document), "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def test_the_words_of_a_plot_are_read_back_from_the_file():
    pages, text = read_back(draw_plots(sheet()))
    assert pages == 1
    for words in ("ZN001", "Medium-dose group", "268", "200", "TEST DATA", "Infusion", "not a record"):
        assert words in text


def test_chinese_is_written_with_the_same_font():
    data = draw_plots(sheet(2, "zh"))
    _, text = read_back(data)
    for words in ("丙氨酸氨基转移酶", "中剂量组", "输注", "不是正式记录"):
        assert words in text
    assert FONT.encode() in data and b"Helvetica" not in data


def test_many_plots_take_more_pages_and_none_is_lost():
    pages, text = read_back(draw_plots(sheet(40)))
    assert pages == 3
    assert all(f"ZN{n + 1:03d}" in text for n in range(40))
    assert f"Page 3 of {pages}" in text


def test_the_same_sheet_gives_the_same_bytes():
    assert draw_plots(sheet(5)) == draw_plots(sheet(5))
    assert draw_plots(sheet(5)) != draw_plots(replace(sheet(5), sha256="1" * 64))


def test_a_sheet_without_plots_says_so():
    _, text = read_back(draw_plots(sheet(0)))
    assert "not filled in" in text


@pytest.mark.usefixtures("qapp")
def test_both_painters_draw_the_same_parts(monkeypatch):
    """Neither leaves a part out or adds one: the layout decides, the painters obey."""
    picture = lay_out(made_up(), 200, 150)
    on_screen, on_paper = [], []
    draw_on_screen, draw_on_paper = plot_paint._paint, plot_draw._draw
    monkeypatch.setattr(
        plot_paint, "_paint", lambda painter, part: (on_screen.append(part), draw_on_screen(painter, part))
    )
    monkeypatch.setattr(
        plot_draw, "_draw", lambda canvas, part: (on_paper.append(part), draw_on_paper(canvas, part))
    )
    image = QImage(200, 150, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    plot_paint.paint_picture(painter, picture)
    painter.end()
    register()
    plot_draw.draw_picture(Canvas(BytesIO(), initialFontName=FONT), picture, 0, 150)
    assert on_screen == on_paper == list(picture.parts)


def dark(image, x: float, y: float) -> bool:
    """Whether something darker than the band is drawn at a place (pixels of the page, from its top)."""
    return any(
        sum(image.getpixel((round(x) + dx, round(y) + dy))) < 450 for dx in (-1, 0, 1) for dy in (-1, 0, 1)
    )


def test_values_lie_on_the_page_where_the_layout_put_them():
    picture = lay_out(made_up(), 200, 150)
    out = BytesIO()
    register()
    canvas = Canvas(out, pagesize=(200, 150), initialFontName=FONT)
    plot_draw.draw_picture(canvas, picture, 0, 150)
    canvas.save()
    document = pypdfium2.PdfDocument(out.getvalue())
    image = document[0].render(scale=2).to_pil().convert("RGB")
    document.close()
    assert all(dark(image, 2 * spot.x, 2 * spot.y) for spot in picture.spots)
    assert not dark(image, 2 * 195, 2 * 4)


def test_colours_are_those_of_the_light_window_on_white_paper():
    light = style.tokens("light", 1.0)
    found = plot_draw._colours()
    for name in ("band", "accent", "text2", "soft_line"):
        assert f"#{found[name].hexval()[2:].upper()}" == light.colour(name)


def test_a_sign_that_the_font_lacks_is_printed_as_its_code():
    out = BytesIO()
    register()
    canvas = Canvas(out, pagesize=(200, 50), initialFontName=FONT)
    words = Words(5, 25, "ALT \u202e5", 10, "text")
    plot_draw.draw_picture(canvas, Picture(200, 50, (words,)), 0, 50)
    canvas.save()
    assert "U+202E" in read_back(out.getvalue())[1]
