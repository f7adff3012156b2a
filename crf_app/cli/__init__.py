"""The command line: the same actions as the window, one verb each, for scripts and for tests from outside.

`main` is the third of the three broad handlers: a refusal is said in its sentence with its exit code, a fault
of ours is logged under a code.  No verb needs a terminal, and no secret stands in an argument.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from crf_app.cli import faults
from crf_app.cli.invocation import Invocation, Window
from crf_app.cli.verbs import PROGRAM, crf_app
from crf_app.errors import CrfError

USAGE: Final = 2
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141


def main(argv: Sequence[str], window: Window) -> int:
    """Run one command.  `window` opens the window on a home, for the verbs that end in it.

    Returns the exit code: 0 done, 2 usage, 3 to 9 refused (errors.py), 70 a fault of ours, 130 stopped
    by the keyboard, 141 nobody reads the output any more.
    """
    faults.speak_utf8()
    call = Invocation(window=window, json="--json" in argv)
    try:
        return _run(argv, call)
    except BrokenPipeError:
        _close_output()
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(argv: Sequence[str], call: Invocation) -> int:
    try:
        with crf_app.make_context(PROGRAM, list(argv), obj=call) as context:
            crf_app.invoke(context)
        return call.exit_code
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as mistake:
        return _usage(mistake, call)
    except CrfError as refusal:
        call.refuse(refusal)
        return refusal.exit_code
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except click.Abort:
        return INTERRUPTED
    except Exception as bug:  # noqa: BLE001  (one of the three broad handlers)
        return faults.report(bug, call)


def _usage(mistake: click.ClickException, call: Invocation) -> int:
    if call.json:
        call.row({"error": "usage", "message": mistake.format_message(), "where": ""})
    else:
        mistake.show(sys.stderr)
    return USAGE


def _close_output() -> None:
    """Nobody reads: what is still buffered goes nowhere, so that the end of the process is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # not a file of the system, so there is nothing to flush
        return
    finally:
        os.close(nowhere)
