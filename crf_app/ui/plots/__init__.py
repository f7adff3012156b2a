"""Plots on screen; what they show is placed by `model/plot.py` (ADR-0021)."""
