"""Readings of the data for other readers: paper (PDF, signed PDF) and files (CSV)."""

from crf_app.export.no_network import keep_out

keep_out()  # before the first import of pyHanko
