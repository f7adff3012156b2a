"""Every screen of `tools/pictures.py` in both languages at 100, 150, 200 %: nothing cut, nothing nameless."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields

import pytest
from pydantic import BaseModel
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.settings.shipped import resource
from crf_app.ui import style, words
from crf_app.ui.widgets.row_paint import MARKS, draw_mark

from ..frame.test_tokens import contrast
from .seen_screen import Seen
from .visiting import Visited

pytestmark = pytest.mark.xdist_group("screens")  # one visit for all of them
INKS = tuple(one.name for one in fields(style.Tokens) if one.type == "str" and one.name[0] != "_")[:24]


def none(found: Iterable[str]) -> None:
    """Nothing was found; else all of it, a line each."""
    assert not found, "\n" + "\n".join(sorted(found))


def test_no_words_are_cut(visited: Visited, study: Study) -> None:
    told = list[str]()  # the study itself ends "Other…" so
    for language in ("en", "zh"):
        _gather(study, language, told, [])
    found = [
        f"{where}: {one}"
        for where, seen in visited.of(density="desk")
        for one in seen.cut
        if not (one.endswith("…") and one.rpartition(": ")[2] in told)
    ]
    none(found)


def test_everything_that_takes_the_focus_has_a_name_for_a_reader(visited: Visited) -> None:
    found = {f"{where}: {one}" for where, seen in visited.of() for one in seen.nameless}
    none(found)


def test_no_label_takes_a_text_for_markup(visited: Visited) -> None:
    """What a person typed, or a definition says, is shown sign for sign: `<b>` and `<img src=…>` too."""
    found = {f"{where}: {one}" for where, seen in visited.of() for one in seen.markup}
    none(found)


def test_every_field_of_a_form_tells_its_state(visited: Visited) -> None:
    found = {f"{where}: {one}" for where, seen in visited.of() for one in seen.undescribed}
    none(found)


@pytest.mark.parametrize("density", ["desk", "touch"])
def test_targets_are_large_enough(visited: Visited, density: str) -> None:
    found = {f"{where}: {one}" for where, seen in visited.of(density=density) for one in seen.small}
    none(found)


def test_a_finger_does_not_take_one_target_for_another(visited: Visited) -> None:
    found = {f"{where}: {one}" for where, seen in visited.of(density="touch") for one in seen.crowded}
    none(found)


HAN = re.compile(r"[\u3400-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{3,}")
#: each language is called by its own name
SWITCH = {"中文", "English"}
#: what a made-up person is called and typed stays as it was typed; a hash has letters by chance
TYPED = re.compile(
    r"[A-Za-z][A-Za-z0-9 .?,-]*\(made up\)\.?|\b(?=[a-f]*[0-9])[0-9a-f]{4,}\b"
    r"|(Nurse|Coordinator|Investigator|Administrator|Coord…)( Demo)?|^Demo$|用户名 [a-z]+"
    r"|^(nurse|coordinator|investigator|admin)$"  # user ids in the list of people
)


def test_no_chinese_is_left_on_an_english_screen(visited: Visited) -> None:
    found = {
        f"{where}: {text} ({by})"
        for where, seen in visited.of(language="en")
        for text, by in seen.texts.items()
        if HAN.search(text) and text not in SWITCH
    }
    none(found)


def test_no_english_is_left_on_a_chinese_screen(visited: Visited, study: Study) -> None:
    english, chinese = spoken(study, "en"), spoken(study, "zh")
    found = {
        f"{where}: {text} ({by})"
        for where, seen in visited.of(language="zh")
        for text, by in seen.texts.items()
        if text not in SWITCH and (set(LATIN.findall(TYPED.sub("", text))) & english) - chinese
    }
    none(found)


def spoken(study: Study, language: str) -> set[str]:
    """Latin words of one language, in the window and in the study; of Chinese also the codes and units."""
    said = [leaf[language] for leaf in words.table().values()]
    texts, others = list[str](), list[str]()
    _gather(study, language, texts, others)
    codes = [one for one in others if not re.search("[a-z]{4}", one)] if language == "zh" else []
    return {word for text in (*said, *texts, *codes) for word in LATIN.findall(text)}


def _gather(part: object, language: str, texts: list[str], others: list[str]) -> None:
    """Every text of a definition in that language, and every plain string."""
    if isinstance(part, Text):
        texts.append(part.in_language(language))
    elif isinstance(part, str):
        others.append(part)
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            _gather(getattr(part, name), language, texts, others)
    elif isinstance(part, Mapping):
        for one in part.values():
            _gather(one, language, texts, others)
    elif isinstance(part, (list, tuple, frozenset)):
        for one in part:
            _gather(one, language, texts, others)


def ground(seen: Seen, box: QRect) -> str:
    """The colour that fills most of a place."""
    counted = Counter[int]()
    inner = box.intersected(seen.picture.rect())
    for y in range(inner.top(), inner.bottom() + 1, 2):
        counted.update(seen.picture.pixel(x, y) for x in range(inner.left(), inner.right() + 1, 2))
    return QColor(counted.most_common(1)[0][0]).name() if counted else ""


def token_of(colour: str) -> str:
    now = style.tokens("light")
    return next((one for one in INKS if now.colour(one).lower() == colour), "")


def test_words_differ_enough_from_their_ground_in_light_and_dark(visited: Visited) -> None:
    """Ink and ground of every word on a screen are tokens, and the same two tokens hold in the dark."""
    pairs: dict[tuple[str, str], str] = {}
    for where, seen in visited.of(language="en", scale=100, density="desk"):
        drawn = [(one.text, one.colour, one.box.toRect()) for one in seen.painted if one.enabled]
        for text, colour, box in (*drawn, *seen.inks):
            both = token_of(colour), token_of(ground(seen, box))
            if all(both) and both[0] != both[1]:
                pairs.setdefault(both, f"{where}: {text}")
    assert len(pairs) > 20
    weak = [
        f"{theme} {ink} on {behind} {value:.2f}: {where}"
        for (ink, behind), where in pairs.items()
        for theme in ("light", "dark")
        if (value := contrast(style.tokens(theme).colour(ink), style.tokens(theme).colour(behind))) < 4.5
    ]
    none(weak)


RULE = re.compile(r"([^{}]+)\{([^}]*)\}")


@pytest.mark.parametrize("sheet", ["window.qss", "large.qss", "touch.qss"])
def test_every_ink_that_the_sheet_puts_on_a_ground_is_read(sheet: str) -> None:
    """Rules that name both colours; what is disabled may be weak (WCAG 2.2, 1.4.3)."""
    said = re.sub(r"/\*.*?\*/", "", resource(sheet).read_text("utf-8"), flags=re.S)
    weak = []
    for selector, body in RULE.findall(said):
        ink = re.search(r"(?<![-\w])color: \$(\w+)", body)
        behind = re.search(r"background: \$(\w+)", body)
        if ink is None or behind is None or ":disabled" in selector:
            continue
        for theme in ("light", "dark"):
            now = style.tokens(theme)
            if contrast(now.colour(ink[1]), now.colour(behind[1])) < 4.5:
                weak.append(f"{theme}: {selector.strip()}")
    none(weak)


def shape(picture: QImage) -> tuple[int, ...]:
    """What is left without colour: which pixels differ in grey from the ground, in that place."""
    grey = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    levels = [grey.pixelColor(x, y).value() for y in range(grey.height()) for x in range(grey.width())]
    behind = Counter(levels).most_common(1)[0][0]
    return tuple(int(abs(level - behind) > 60) for level in levels)


def test_cells_of_different_states_differ_without_colour(visited: Visited) -> None:
    seen = visited.seen["casebook", "en", 100, "desk"]
    shown: dict[str, tuple[int, ...]] = {}
    for look, box in seen.cells:
        if look.icon and look.text:
            left = QRect(box.left() + 7, box.top() + 2, 20, box.height() - 4)
            shown.setdefault(look.icon, shape(seen.picture.copy(left)))
    assert {"done", "signed", "todo", "started", "query", "resign"} <= set(shown)
    assert len(set(shown.values())) == len(shown)
    said = {look.icon: look.text for look, _ in seen.cells if look.icon}
    assert [icon for icon, text in said.items() if not text] == ["todo"]  # an empty ring: what is to come


def test_fields_of_different_states_differ_without_colour(qapp: QApplication) -> None:
    style.apply(qapp, "light", 1.0)
    shown = {}
    for state in MARKS:
        picture = QImage(24, 24, QImage.Format.Format_ARGB32)
        picture.fill(style.current().qcolor("surface"))
        painter = QPainter(picture)
        draw_mark(painter, picture.rect(), state)
        painter.end()
        shown[state] = shape(picture)
    assert len(set(shown.values())) == len(MARKS)
