"""Queries on screen: list, cards, one thread."""
