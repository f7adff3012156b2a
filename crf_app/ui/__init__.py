"""The window (PySide6).  Pages know actions, widgets know text."""

from __future__ import annotations

import builtins

import PySide6.QtCore  # noqa: F401  (it replaces the import that is put back here)

# PySide6 reads the source of every module that is imported after it, to see whether it wants `__feature__`,
# and keeps all the lines: 25 MB, and time at each import.  Nothing here wants it.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
