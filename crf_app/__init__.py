"""Offline electronic case report forms for clinical trials."""

__version__ = "0.1.0"
