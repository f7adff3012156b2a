"""What the program wrote by itself, in the language of the screen; what a person wrote stays as it is."""

from __future__ import annotations

from crf_app.model.program_reasons import PROGRAM_REASONS
from crf_app.ui.words import say

_PROGRAM = "system"


def who(user: str, name: str) -> str:
    """Who made a record, by `user` or role."""
    return say("role.system") if user == _PROGRAM else name


def why(user: str, reason: str) -> str:
    """The reason of a record, by `user` or role."""
    known = user == _PROGRAM and reason in PROGRAM_REASONS
    return say(f"program.{reason.replace(' ', '_')}") if known else reason
