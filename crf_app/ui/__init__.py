"""The window (PySide6).  Pages know actions, widgets know text."""
