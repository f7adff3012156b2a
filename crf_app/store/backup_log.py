"""The list of backups beside them: what was written, when, how large, its sum, where its chain ends.

`home/backups/log.jsonl`, one JSON object a line, newest last, the last 200.  It lies outside the encrypted
store on purpose: it is wanted when that does not open.  It holds no data of the study and proves nothing; a
backup proves itself when it is restored.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from crf_app.settings.files import one_at_a_time, storage_refusal, sync_folder, write_file

FOLDER: Final = "backups"
MOST: Final = 200
_LOG: Final = "log.jsonl"


@dataclass(frozen=True, slots=True)
class LogLine:
    """`what`: "rolling", "by_hand" or "drill"; `at` UTC; `seq` and `hash` are the end of chain `epoch`.

    `refused`: code of the refusal where it was not done; `second`: the second place, "" where none is chosen;
    `second_refused`: why the copy is not there.
    """

    what: str
    at: str
    name: str
    size: int = 0
    sha256: str = ""
    records: int = 0
    epoch: int = 0
    seq: int = 0
    hash: str = ""
    seconds: float = 0.0
    refused: str = ""
    second: str = ""
    second_refused: str = ""


_TYPES: Final = {one.name: str(one.type) for one in fields(LogLine)}


def backups_folder(home: Path) -> Path:
    """The folder, made where it is missing.  Raises StorageError."""
    folder = home / FOLDER
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700)
            sync_folder(home)
    except OSError as reason:
        raise storage_refusal(reason, folder) from reason
    return folder


def read_log(home: Path) -> list[LogLine]:
    """Newest first; a line that cannot be read is left out."""
    try:
        lines = (home / FOLDER / _LOG).read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return []
    except OSError as reason:
        raise storage_refusal(reason, home / FOLDER / _LOG) from reason
    found = [_line(one) for one in lines]
    return [one for one in reversed(found) if one is not None]


def note(home: Path, line: LogLine) -> None:
    """Put a line at the end.  Raises StorageError."""
    folder = backups_folder(home)
    with one_at_a_time(folder / "log.lock"):
        lines = [*reversed(read_log(home)), line][-MOST:]
        text = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in lines)
        write_file(folder / _LOG, text.encode("utf-8"), own=True)


def _line(text: str) -> LogLine | None:
    try:
        said = json.loads(text)
    except ValueError:
        return None
    if not isinstance(said, dict) or not {"what", "at", "name"} <= set(said) <= set(_TYPES):
        return None
    kinds = {"str": str, "int": int, "float": (int, float)}
    if not all(isinstance(value, kinds[_TYPES[name]]) for name, value in said.items()):  # type: ignore[arg-type]
        return None
    return LogLine(**said)
