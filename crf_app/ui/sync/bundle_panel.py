"""Where shall the bundle go?  Removable disks with their free space, or a folder; a default name.

Opens inside the sync page; nothing is written before the button.  The place used last is preset.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QVBoxLayout

from crf_app.actions.sync.disks import removable_disks
from crf_app.actions.sync.syncing import default_bundle_name
from crf_app.ui import files, words
from crf_app.ui.page import Speaking
from crf_app.ui.widgets.parts import button, clear, column, frame, label, row

if TYPE_CHECKING:
    from crf_app.actions.session import Session


class BundlePanel(Speaking):
    """`write` is called with the file that was agreed; `last` gives the folder used last, "" before any."""

    def __init__(self, session: Session, write: Callable[[Path], object], last: Callable[[], str]) -> None:
        super().__init__()
        self._session, self._write, self._last = session, write, last
        self._folders: list[Path] = []
        self._group = QButtonGroup(self)
        self._places: QVBoxLayout = column(2)
        self.file_name = QLineEdit()
        self.none = label("", "small", "soft", wrap=True)
        self.send = button("", "primary", clicked=self.agree)
        self._build()
        self.hide()

    def open(self) -> None:
        """Look for disks and propose the name."""
        self.file_name.setText(default_bundle_name(self._session))
        self.look()
        self.show()
        (self._group.checkedButton() or self.file_name).setFocus()

    def look(self) -> None:
        """Look for removable disks again."""
        clear(self._places)
        for old in self._group.buttons():
            self._group.removeButton(old)
        self._folders = []
        disks, last = removable_disks(), last_place(self._last())
        for disk in disks:
            self._add(disk.path, words.say("sync.disk", label=disk.label, free=files.size_words(disk.free)))
        if last is not None and last not in self._folders:
            self._add(last, words.say("exchange.last_used", place=str(last)))
        if last in self._folders:
            self._group.buttons()[self._folders.index(last)].setChecked(True)
        self.none.setVisible(not self._folders)
        self._follow()

    def other_folder(self) -> None:
        """Ask the system for a folder."""
        folder = files.ask_folder(self, words.say("sync.folder_title"))
        if folder is not None:
            self._add(folder, str(folder))
            self._group.buttons()[-1].setChecked(True)
            self._follow()
            self.send.setFocus()

    def agree(self) -> None:
        """Write to the chosen place."""
        name, chosen = self.file_name.text().strip(), self._group.checkedId()
        if name and 0 <= chosen < len(self._folders):
            self._write(self._folders[chosen] / Path(name).name)

    def wait(self, waiting: bool) -> None:
        self.send.setEnabled(not waiting)

    def retranslate(self) -> None:
        super().retranslate()
        if self.isVisible():
            self.look()

    def _add(self, folder: Path, said: str) -> None:
        made = QRadioButton(said)
        made.setObjectName(f"place_{len(self._folders)}")
        made.setChecked(not self._folders)
        self._group.addButton(made, len(self._folders))
        self._places.addWidget(made)
        self._folders.append(folder)

    def _follow(self) -> None:
        self.send.setEnabled(bool(self._folders))

    def _build(self) -> None:
        box = column(8, 16)
        title, name = label("", "value"), label("", "label")
        self.speak(title.setText, "sync.where")
        self.speak(self.none.setText, "sync.no_disk")
        self.speak(name.setText, "sync.file_name")
        self.speak(self.file_name.setAccessibleName, "sync.file_name")
        self.speak(self.send.setText, "sync.write")
        self.file_name.setObjectName("bundle_name")
        self.file_name.setProperty("kind", "plain")
        self.send.setObjectName("write_bundle")
        name.setBuddy(self.file_name)
        again, other = button("", clicked=self.look), button("", clicked=self.other_folder)
        self.speak(again.setText, "sync.look_again")
        self.speak(other.setText, "sync.folder")
        other.setObjectName("other_folder")
        line = row(8)
        line.addWidget(again)
        line.addWidget(other)
        line.addStretch(1)
        line.addWidget(self.send)
        box.addWidget(title)
        box.addLayout(self._places)
        box.addWidget(self.none)
        box.addWidget(name)
        box.addWidget(self.file_name)
        box.addLayout(line)
        outer = column(0)
        self.setLayout(outer)
        outer.addWidget(frame("tinted", box))


def last_place(folder: str) -> Path | None:
    """The folder used last, while it is there: a stick that was pulled out is not offered."""
    path = Path(folder) if folder else None
    return path if path is not None and path.is_absolute() and path.is_dir() else None


def place_name(folder: Path) -> str:
    """The name that stands on a button: of a stick its label."""
    return next((disk.label for disk in removable_disks() if disk.path == folder), folder.name or str(folder))
