"""Measurements as ratios: each group is a script of its own; `python -m bench` runs all, prints one table."""
