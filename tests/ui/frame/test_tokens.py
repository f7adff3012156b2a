"""Contrast and colour-blind distance, measured from the token file (WCAG 2.2 1.4.3, 1.4.11)."""

from __future__ import annotations

import itertools

import pytest

from crf_app.ui import style

THEMES = ("light", "dark")
TEXT = [
    ("text", "bg"), ("text2", "surface"), ("text2", "sunken"), ("text3", "surface"), ("text3", "sunken"),
    ("accent", "surface"), ("accent", "accent_soft"), ("accent_on", "accent"), ("ok", "ok_bg"),
    ("ok", "surface"),
    ("soft", "soft_bg"), ("soft", "surface"), ("hard", "hard_bg"), ("hard", "surface"), ("query", "query_bg"),
    ("query", "surface"), ("quiet", "quiet_bg"), ("text2", "bg"), ("text2", "accent_soft"),
]  # fmt: skip
EDGES = [("control", "surface"), ("edge", "surface"), ("soft_line", "surface"), ("hard_line", "surface")]
HUES = ("ok", "soft", "hard", "query", "accent")
#: Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB
BLIND = {
    "deuteranope": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881),
    ),
    "protanope": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998),
    ),
}  # fmt: skip


def linear(colour: str) -> list[float]:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted(
        (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True)) for x in (one, other)),
        reverse=True,
    )
    return (bright + 0.05) / (dark + 0.05)


def lab(rgb: list[float]) -> tuple[float, float, float]:
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(w * c for w, c in zip(row, rgb, strict=True)) for row in rows]
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (v / white for v, white in zip(xyz, (0.95047, 1.0, 1.08883), strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour: str, kind: str) -> tuple[float, float, float]:
    rgb = [sum(w * c for w, c in zip(row, linear(colour), strict=True)) for row in BLIND[kind]]
    return lab([min(max(c, 0.0), 1.0) for c in rgb])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground"), TEXT)
def test_text_has_a_contrast_of_4_5(theme, front, ground):
    now = style.tokens(theme)
    assert contrast(now.colour(front), now.colour(ground)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground"), EDGES)
def test_an_edge_has_a_contrast_of_3(theme, front, ground):
    now = style.tokens(theme)
    assert contrast(now.colour(front), now.colour(ground)) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", BLIND)
def test_the_status_hues_differ_for_colour_blind_people(theme, kind):
    now = style.tokens(theme)
    found = [seen(now.colour(name), kind) for name in HUES]
    nearest = min(sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) ** 0.5
                  for x, y in itertools.combinations(found, 2))  # fmt: skip
    assert nearest >= 9
