"""What every page of the window has in common: it speaks, re-reads and leaves.

`speak` remembers which words stand where, so that a language switch says them again without building the
page anew: what was typed stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from crf_app.errors import CrfError
from crf_app.ui import style, words
from crf_app.ui.widgets.parts import label

if TYPE_CHECKING:
    from crf_app.actions.changes import Changes
    from crf_app.ui.main_window import MainWindow


class Speaking(QWidget):
    """A widget whose words follow the language on screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said: list[tuple[Callable[[str], object], str, dict[str, object]]] = []

    def speak(self, setter: Callable[[str], object], key: str, **values: object) -> None:
        """Set words now and again after each language switch."""
        setter(words.say(key, None, **values))
        self._said.append((setter, key, values))

    def retranslate(self) -> None:
        """Say everything again in the language on screen."""
        for setter, key, values in self._said:
            setter(words.say(key, None, **values))


class Page(Speaking):
    """One page of the frame.  `rail` names the entry of the rail that is lit."""

    rail = ""

    @property
    def help_topic(self) -> str:
        """The topic of `resources/help` that F1 opens: the rail's entry, if the page says nothing else."""
        return self.rail

    def __init__(self, window: MainWindow) -> None:
        window.take_density()  # before its parts are laid out
        super().__init__()
        self.window_ = window
        self.setProperty("kind", "page")
        self.notice = Notice()

    def refresh(self, changes: Changes | None = None) -> None:
        """Read again what is shown."""

    def leave(self) -> None:
        """The page is about to go."""

    def retranslate(self) -> None:
        super().retranslate()
        self.notice.retranslate()
        self.refresh()


class Notice(QWidget):
    """The inline place for one sentence: a refusal or a result.  Never a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        from PySide6.QtWidgets import QVBoxLayout

        self._texts: dict[str, str] = {}
        self.words = label("", "notice", wrap=True)
        self.words.setObjectName("notice")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.words)
        self.hide()

    def refuse(self, error: CrfError, state: str = "soft") -> None:
        """Show a refusal in words."""
        self.say(dict(error.texts), state)

    def say(self, texts: dict[str, str], state: str = "") -> None:
        """Show a sentence in both languages; announced once as the name of the place."""
        self._texts = texts
        style.set_state(self.words, state)
        self.retranslate()
        self.show()

    def clear(self) -> None:
        self._texts = {}
        self.hide()

    def retranslate(self) -> None:
        if self._texts:
            text = self._texts[words.language()]
            self.words.setText(text)
            self.words.setAccessibleName(text)
