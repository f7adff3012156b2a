"""A dose at the bedside: steps, bag, two people, timer, observations (ADR-0022)."""
