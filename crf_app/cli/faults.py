"""What `main` does with a fault of ours, and the encoding of what it prints.

The log gets the kind and the places of the fault, never its message, which may hold an answer.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import Final

from crf_app.cli.invocation import Invocation
from crf_app.errors import CrfError
from crf_app.settings.faults import fault_code, fault_places

FAULT: Final = 70
_log = logging.getLogger("crf_app.cli")


def speak_utf8() -> None:
    """UTF-8 on both outputs whatever the locale says; what has no UTF-8 form is written as its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def report(bug: Exception, call: Invocation) -> int:
    """Log the fault under a code, say the code; returns the exit code 70."""
    places = fault_places(type(bug), bug.__traceback__)
    code = fault_code(places)
    _write_log(code, places, call)
    en = f"The program has a fault ({code}); what was saved before is safe. Send the output of `diagnostic`."
    zh = f"程序出现故障（{code}），此前已保存的内容不受影响。请提供 diagnostic 的输出。"
    if call.json:
        call.row({"error": "fault", "message": call.text(en, zh), "where": code})
    else:
        call.note(call.text(en, zh))
    return FAULT


def _write_log(code: str, places: list[str], call: Invocation) -> None:
    """Into the log of the home where there is one, else to stderr."""
    from crf_app.settings.diagnostics import start_log, stop_log

    line = f"fault {code}: {' < '.join(places)}"
    if not call.home.is_dir():
        call.note(line)
        return
    try:
        handler = start_log(call.home)
    except CrfError:
        call.note(line)
        return
    _log.error("%s", line)
    stop_log(handler)
