"""Write clinical data as an ODM file: subject after subject, in constant memory, valid or not at all.

What is written goes to `NAME.new` beside its place and at the same time through CDISC's schema, as a stream
in a second thread.  Only a file that is valid to its end gets its name; else nothing is left behind.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from crf_app.errors import ExchangeRefused
from crf_app.exchange import data_out1, data_out2
from crf_app.exchange.clinical import Admin, Head, Subject
from crf_app.exchange.data_xml import escaped, root_text
from crf_app.exchange.schema_check import StreamCheck
from crf_app.exchange.xml_in import NAMESPACES, Odm
from crf_app.settings.files import refuse_no_place, storage_refusal, sync_folder

_WRITERS: Final = {"1.3.2": data_out1, "2.0": data_out2}
_CHUNK: Final = 1 << 18
_WAITING: Final = 8  # chunks that may wait for the schema


@dataclass(frozen=True, slots=True)
class Written:
    """How much went into the file."""

    subjects: int
    size: int


def write_odm(
    path: Path, odm: Odm, head: Head, admin: Admin, subjects: Iterable[Subject], metadata: str = ""
) -> Written:
    """A file at `path` with the people and data; `metadata`: the text of its Study elements.

    Raises ExchangeRefused when CDISC's schema does not take it, StorageError, StorageFull, and whatever
    `subjects` raises; then there is no file, or the one that was there before.
    """
    writer, count = _WRITERS[odm], 0
    with ValidFile(path, odm) as file:
        file.write(root_text(head, odm, NAMESPACES[odm], "" if metadata else "AllClinicalData"))
        file.write(metadata)
        writer.admin(admin, file.write)
        open_: tuple[str, str] | None = None
        for one in subjects:
            if (one.study, one.version) != open_:
                file.write("</ClinicalData>\n" if open_ else "")
                open_ = (one.study, one.version)
                study, version = map(escaped, open_)
                file.write(f'<ClinicalData StudyOID="{study}" MetaDataVersionOID="{version}">\n')
            writer.subject(one, file.write)
            count += 1
        file.write("</ClinicalData>\n" if open_ else "")
        file.write("</ODM>\n")
    return Written(count, file.size)


class ValidFile:
    """A text file that gets its name only when the schema has taken all of it."""

    def __init__(self, path: Path, odm: Odm) -> None:
        refuse_no_place(path)
        self.path, self.size = path, 0
        self._new = path.with_name(path.name + ".new")
        self._pieces: list[str] = []
        self._held = 0
        self._check = _Check(odm)
        how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        try:
            self._file = open(os.open(self._new, how | getattr(os, "O_NOFOLLOW", 0), 0o600), "wb")  # noqa: SIM115
        except OSError as reason:
            raise storage_refusal(reason, path) from reason

    def write(self, text: str) -> None:
        """Raises ExchangeRefused, StorageError, StorageFull."""
        self._pieces.append(text)
        self._held += len(text)
        if self._held >= _CHUNK:
            self._flush()

    def _flush(self) -> None:
        data = "".join(self._pieces).encode("utf-8")
        self._pieces.clear()
        self._held = 0
        self._check.feed(data)
        try:
            self._file.write(data)
        except OSError as reason:
            raise storage_refusal(reason, self.path) from reason
        self.size += len(data)

    def __enter__(self) -> Self:
        self._check.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
                self._check.close()
                self._name()
        finally:
            self._check.stop()
            self._file.close()
            with contextlib.suppress(OSError):  # it has its name, or what is raised says why not
                self._new.unlink()

    def _name(self) -> None:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._new, self.path)
            sync_folder(self.path.parent)
        except OSError as reason:
            raise storage_refusal(reason, self.path) from reason


class _Check(threading.Thread):
    """The schema at work beside the writer; lxml reads without holding Python up."""

    def __init__(self, odm: Odm) -> None:
        super().__init__(daemon=True)
        self._odm = odm
        self._chunks: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._refusal: ExchangeRefused | None = None
        self._ended = self._whole = False

    def feed(self, data: bytes) -> None:
        self._chunks.put(data)
        self._raise()

    def close(self) -> None:
        """Wait until the schema has seen everything.  Raises ExchangeRefused."""
        self.stop()
        self._raise()

    def stop(self) -> None:
        if not self._ended:
            self._ended = True
            self._chunks.put(None)
            self.join()

    def _raise(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        if self._ended and not self._whole:
            raise RuntimeError("the check of the file broke down")

    def run(self) -> None:
        try:
            self._run()
            self._whole = True
        finally:
            while not self._whole and self._chunks.get() is not None:
                pass  # it broke down: whoever waits to hand over a piece goes on, and is told at the end

    def _run(self) -> None:
        check, said = StreamCheck(self._odm), None
        while (data := self._chunks.get()) is not None:
            said = said or check.feed(data)
            if said is not None:
                self._refusal = not_valid(self._odm, said)
        said = said or check.close()
        if said is not None:
            self._refusal = not_valid(self._odm, said)


def not_valid(odm: Odm, said: str) -> ExchangeRefused:
    """What the schema said of the file being written."""
    return ExchangeRefused(
        f"The data would not be valid ODM {odm}: {said}. Nothing is written. Report this, with the program's "
        "version.",
        f"数据不是有效的 ODM {odm}：{said}。未写入任何内容。请连同程序版本一并报告。",
        where=f"ODM {odm}",
    )
