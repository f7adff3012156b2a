"""The command line: the same actions as the window, one verb each, for scripts and for tests from outside.

`main` is the third of the three broad handlers: a refusal is said in its sentence with its exit code, a fault
of ours is logged under a code.  No verb needs a terminal, and no secret stands in an argument.
"""

from __future__ import annotations

import contextlib
import errno
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
OUTPUT_REFUSED: Final = 8
_REFUSES: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def main(argv: Sequence[str], window: Window) -> int:
    """Run one command.  `window` opens the window on a home, for the verbs that end in it.

    Returns the exit code: 0 done, 2 usage, 3 to 9 refused (errors.py), 70 a fault of ours, 130 stopped
    by the keyboard, 141 nobody reads the output any more.
    """
    _take_places()
    faults.speak_utf8()
    call = Invocation(window=window, json="--json" in argv)
    try:
        return _run(argv, call)
    except BrokenPipeError:
        _close_output()
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError:
        return _output_refused(call)


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
    except OSError as reason:
        if reason.errno in _REFUSES:  # files of ours are refused as StorageError, so this is the output
            raise
        return faults.report(reason, call)
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


def _take_places() -> None:
    """A closed input or output gets an empty one, so that no file of ours is opened in its place."""
    for place in range(3):
        try:
            os.fstat(place)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this place
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)


def _output_refused(call: Invocation) -> int:
    """The output takes no more (a full disk): said on the other one where that works."""
    with contextlib.suppress(OSError):
        call.note(
            call.text(
                "The output cannot be written. What was saved before is safe.",
                "输出无法写入；此前已保存的内容不受影响。",
            )
        )
    _close_output()
    return OUTPUT_REFUSED


def _close_output() -> None:
    """Nobody reads: what is still buffered goes nowhere, so that the end of the process is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):  # no file of the system: no flush
                os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
