"""The definition: read, check, compare, amend, take over, hand on."""
