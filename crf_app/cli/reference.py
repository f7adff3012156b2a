"""The page `docs/command-line.md`, made from the program's own help.

`python -m crf_app.cli.reference docs/command-line.md` writes it; a test compares it with the program.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from crf_app.cli.verbs import PROGRAM, crf_app

_HEAD: Final = """# The command line

Made by `python -m crf_app.cli.reference docs/command-line.md` from the program's own help.

- Every verb uses the same actions as the window: what one refuses the other refuses.
- No verb needs a terminal or asks anything. Time comes from the operating system.
- Secrets come from `--secret-fd N` or from the file that `CRF_SECRET_FILE` names, one a line, your password
  first; verbs that need more say so. No secret stands in an argument.
- Short names: `V1` for `SE.V1`, `VS` for `F.VS`, `SYSBP` or `VS.SYSBP` for `I.VS.SYSBP`. A row is `AE[1]`
  (the first live row), `VSI[M15]` (a fixed row's code) or `AE[new]`; an extra visit is `UNS[1]` or `UNS~uid`.
- A finding of a check is stored and listed, exit code 0. Text that has no value of its type, an unknown code
  and a hidden or derived item are refused, exit code 3, and nothing is stored.
- With `--json` a refusal is `{"error": code, "message": sentence, "where": place}` on stdout.

| exit code | meaning |
|---|---|
| 0 | done |
| 2 | usage; or the window cannot be opened here (no screen, a system library is missing) |
| 3 | refused by a rule of the study or of the workflow |
| 4 | something was altered or damaged |
| 5 | identity, right or cryptography refused |
| 6 | made by a newer program, conflict pending, or signed and changed since |
| 7 | in use by another process, or the account is locked |
| 8 | storage: full, read-only, network folder |
| 9 | larger than agreed |
| 70 | a fault of the program; its code is in the log |
| 130, 141 | stopped by the keyboard; nobody reads the output any more |
"""


def command_line_page() -> str:
    """The whole page, Markdown."""
    parts = [_HEAD, *(f"## {title}\n\n```\n{text}\n```\n" for title, text in _helps())]
    return "\n".join(parts)


def _helps() -> Iterator[tuple[str, str]]:
    with click.Context(crf_app, info_name=PROGRAM, **crf_app.context_settings) as context:
        yield PROGRAM, _help(context)
        for verb in crf_app.list_commands(context):
            command = crf_app.get_command(context, verb)
            assert command is not None
            yield from _helps_of(command, verb, context)


def _helps_of(command: click.Command, name: str, parent: click.Context) -> Iterator[tuple[str, str]]:
    with click.Context(command, info_name=name, parent=parent) as context:
        if not isinstance(command, click.Group):
            yield context.command_path, _help(context)
            return
        for one in command.list_commands(context):
            inner = command.get_command(context, one)
            assert inner is not None
            yield from _helps_of(inner, one, context)


def _help(context: click.Context) -> str:
    context.terminal_width = 100
    return "\n".join(line.rstrip() for line in context.get_help().splitlines())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(command_line_page(), "utf-8", newline="\n")
