"""The floor for forms: the same widgets made by hand in a bare window, without this program.

A label and a widget for each item, with the same words and values, in a QFormLayout in a QScrollArea in a
QMainWindow; no style sheet, no validation, no store.  All of it is built before the first paint.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from PySide6.QtCore import QCoreApplication, QDate, QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDateEdit,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QRadioButton,
    QScrollArea,
    QWidget,
)

#: one item: words of the question, kind ("line", "date", "list", "buttons"), words of the options, value
Asked = tuple[str, str, Sequence[str], str]
_DAY = "yyyy-MM-dd"
KEYS = "1234567"


class Painted(QObject):
    """Sees a widget being painted."""

    def __init__(self, watched: QObject) -> None:
        super().__init__()
        self.seen = False
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.seen = self.seen or event.type() == QEvent.Type.Paint
        return False

    def wait(self) -> None:
        """Run the event loop until it was painted, then stop looking."""
        while not self.seen:
            QApplication.processEvents()

    def again(self) -> None:
        self.seen = False


def bare_application() -> QApplication:
    """As Qt gives it."""
    found = QApplication.instance()
    return found if isinstance(found, QApplication) else QApplication(["by_hand"])


def opened(items: Sequence[Asked]) -> float:
    """Seconds from nothing to the first paint of the window with all its widgets and values."""
    began = time.perf_counter()
    window, canvas = QMainWindow(), QWidget()
    window.resize(1280, 800)
    form = QFormLayout(canvas)
    for words, kind, options, value in items:
        form.addRow(QLabel(words), _widget(kind, options, value))
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(canvas)
    window.setCentralWidget(area)
    painted = Painted(canvas)
    window.show()
    painted.wait()
    seconds = time.perf_counter() - began
    _close(window)
    return seconds


def _widget(kind: str, options: Sequence[str], value: str) -> QWidget:
    if kind == "date":
        return QDateEdit(QDate.fromString(value, _DAY))
    if kind == "list":
        box = QComboBox()
        box.addItems(options)
        box.setCurrentText(value)
        return box
    if kind == "buttons":
        both = QWidget()
        line = QHBoxLayout(both)
        for words in options:
            button = QRadioButton(words)
            button.setChecked(words == value)
            line.addWidget(button)
        return both
    return QLineEdit(value)


def pressed() -> float:
    """Seconds for one key: pressed until its character is painted, in a bare line edit in a bare window."""
    window, field, middle = QMainWindow(), QLineEdit(), QWidget()
    window.resize(1280, 800)
    QFormLayout(middle).addRow(QLabel("Question 1"), field)
    window.setCentralWidget(middle)
    window.show()
    field.setFocus(Qt.FocusReason.OtherFocusReason)
    QApplication.processEvents()
    seconds = typed(field)
    _close(window)
    return seconds


def typed(field: QWidget) -> float:
    """Seconds for one key of a number, the median of seven.

    The first one also shows the field as being typed in, so it takes about three times as long in a form.
    """
    painted, took = Painted(field), []
    for key in KEYS:
        painted.again()
        began = time.perf_counter()
        QTest.keyClick(field, key)
        painted.wait()
        took.append(time.perf_counter() - began)
    field.removeEventFilter(painted)
    return median(took)


def _close(window: QMainWindow) -> None:
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()
