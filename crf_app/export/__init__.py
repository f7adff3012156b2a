"""Readings of the data for other readers: paper (PDF, signed PDF) and files (CSV)."""
