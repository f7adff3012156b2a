"""Tokens and the one style sheet: colours and sizes for widgets, painters and icons.

`resources/tokens.toml` holds the numbers, `resources/window.qss` the sheet with `$token` for colours and
pixels at 100 %.  Theme or scale change = `apply` again.  A widget's state is a dynamic property, so that a
page says what is so ("soft") and the sheet says how that looks.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from crf_app.errors import NotFound
from crf_app.settings.shipped import resource

FONT_FILE = "fonts/NotoSansSC.ttf"
COMPACT_FROM = 1.5
_FIXED_UNDER = 3  # lines of 1 to 3 px are lines at every scale


@dataclass(frozen=True, eq=False, repr=False)  # making those two for 50 fields costs the start 1 ms
class Tokens:
    """Colours as "#RRGGBB" and sizes in pixels at 100 %; `scale` is 1.0 to 2.0."""

    bg: str
    surface: str
    sunken: str
    line: str
    control: str
    edge: str
    text: str
    text2: str
    text3: str
    accent: str
    accent_soft: str
    accent_on: str
    ok: str
    ok_bg: str
    soft: str
    soft_bg: str
    soft_line: str
    hard: str
    hard_bg: str
    hard_line: str
    query: str
    query_bg: str
    quiet: str
    quiet_bg: str
    band: str
    head: int
    label: int
    small: int
    body: int
    value: int
    card: int
    page: int
    count: int
    rail: int
    header: int
    status: int
    row: int
    button: int
    field: int
    mini: int
    gap: int
    theme: str = "light"
    scale: float = 1.0
    density: str = "desk"

    @property
    def touch(self) -> bool:
        """Targets of 44 pixels at least, for a finger."""
        return self.density == "touch"

    def px(self, pixels: float) -> int:
        """Pixels on this screen at the user's scale."""
        return round(pixels * self.scale)

    @property
    def compact(self) -> bool:
        """From 150 % on: icons without words in the rail, parts below each other, shorter lines."""
        return self.scale >= COMPACT_FROM

    def colour(self, name: str) -> str:
        """The colour called `name`."""
        return str(getattr(self, name))

    def qcolor(self, name: str) -> QColor:
        return QColor(self.colour(name))


@cache
def tokens(theme: str = "light", scale: float = 1.0, density: str = "desk") -> Tokens:
    """The tokens of "light" or "dark", for "desk" or "touch".  Raises TypeError when they differ."""
    raw = tomllib.loads(resource("tokens.toml").read_text("utf-8"))
    sizes = raw["size"] | (raw["touch"] if density == "touch" else {})
    return Tokens(**raw[theme], **sizes, theme=theme, scale=scale, density=density)


_current = [("light", 1.0, "desk")]
_dressed = [False]


def current() -> Tokens:
    """The tokens that the window shows now."""
    return tokens(*_current[0])


def apply(app: QApplication, theme: str = "system", scale: float = 1.0, density: str = "desk") -> Tokens:
    """Dress the whole program; "system" follows the desktop's choice of light or dark."""
    now = choose(theme, scale, density)
    text = sheet(now)
    if text != app.styleSheet():  # a new sheet dresses every widget again
        app.setFont(font(now))
        app.setPalette(_palette(now))
        app.setStyleSheet(text)
    _dressed[0] = True
    return now


def choose(theme: str = "system", scale: float = 1.0, density: str = "desk") -> Tokens:
    """The tokens from now on, for what is built before it is dressed: the first page is built in half the
    time without a sheet that each new widget is held against."""
    chosen = _system_theme() if theme == "system" else theme
    _current[0] = (chosen, scale, density)
    return current()


def load_font() -> str:
    """Make the shipped font known to Qt and return its family.  Raises NotFound when it is missing."""
    path = resource(FONT_FILE)
    number = QFontDatabase.addApplicationFont(str(path)) if path.exists() else -1
    families = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    if not families:
        raise NotFound(
            f"The font {path.name} is missing, Chinese could not be shown. Install the program again.",
            f"缺少字体文件 {path.name}，无法显示中文，请重新安装程序。",
            where=path.name,
        )
    return families[0]


def sheet(now: Tokens) -> str:
    """The style sheet: colours filled in, pixels above 3 multiplied by the scale."""
    colours = {f.name: getattr(now, f.name) for f in fields(now) if isinstance(getattr(now, f.name), str)}
    text = Template(_template(touch=now.touch)).substitute(colours)
    if now.scale == 1.0:
        return text
    return re.sub(r"\b(\d+)px\b", lambda found: f"{_scaled(int(found[1]), now)}px", text)


def set_state(widget: QWidget, state: str) -> None:
    """Say what is so with this widget ("soft", "saved", …); the sheet says how it looks."""
    mark(widget, state=state)


def mark(widget: QWidget, **properties: str | bool) -> None:
    """Set properties that the sheet knows (`kind="primary"`, `role="hint"`) and dress the widget again."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    if not _dressed[0]:
        return  # the sheet comes, and Python's QStyle with its 600 names costs the first picture 6 ms
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def _scaled(pixels: int, now: Tokens) -> int:
    return pixels if pixels <= _FIXED_UNDER else now.px(pixels)


@cache
def _template(*, touch: bool) -> str:
    names = ("window.qss", "large.qss", *(("touch.qss",) if touch else ()))
    return "".join(resource(name).read_text("utf-8") for name in names)


def font(now: Tokens) -> QFont:
    """The one face at body size; painters set another size on it."""
    made = QFont("Noto Sans SC")
    made.setPixelSize(now.px(now.body))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


def _system_theme() -> str:
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def _palette(now: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for where, name in (
        (role.Window, "bg"),
        (role.WindowText, "text"),
        (role.Base, "surface"),
        (role.Text, "text"),
        (role.AlternateBase, "sunken"),
        (role.Button, "surface"),
        (role.ButtonText, "text"),
        (role.Highlight, "accent"),
        (role.HighlightedText, "accent_on"),
        (role.PlaceholderText, "text3"),
        (role.ToolTipBase, "surface"),
        (role.ToolTipText, "text"),
        (role.Link, "accent"),
    ):
        palette.setColor(where, now.qcolor(name))
    return palette
