"""One call of the program: where, who, in which language, and how answers leave it.

Everything that the common options say is kept here.  Secrets come from a file descriptor or a file, never
from an argument, where other users of the computer could read them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from crf_app.errors import CrfError
from crf_app.settings.files import storage_refusal

if TYPE_CHECKING:
    from crf_app.actions.session import Session


class Window(Protocol):
    """Opens the window on a home; `journey` is the folder where the demo leaves its files."""

    def __call__(
        self, home: Path | None = None, journey: Path | None = None, study: Path | None = None
    ) -> int: ...


SECRET_FILE: Final = "CRF_SECRET_FILE"
_SECRET_BYTES: Final = 64 * 1024


@dataclass
class Invocation:
    """What the common options said.  `exit_code` is what the verb ends with when nothing was raised."""

    window: Window
    json: bool = False
    home_named: Path | None = None
    user: str | None = None
    secret_fd: int | None = None
    language: str = "en"
    exit_code: int = 0
    place: str = ""  # of the refusal, as people name it
    _secrets: list[str] | None = field(default=None, repr=False)

    @property
    def home(self) -> Path:
        """`--home`, else `CRF_HOME`, else the user's data folder of this system."""
        from crf_app.settings.folders import home_folder

        return self.home_named.expanduser().absolute() if self.home_named else home_folder()

    def secrets(self, *meanings: str) -> list[str]:
        """The first lines of the secret source, one for each of `meanings`.  Raises click.UsageError."""
        if self._secrets is None:
            self._secrets = _lines(self._secret_bytes())
        if len(self._secrets) < len(meanings):
            wanted = ", ".join(f"{n}. {meaning}" for n, meaning in enumerate(meanings, 1))
            raise click.UsageError(f"The secret has {len(self._secrets)} lines; needed: {wanted}.")
        return self._secrets[: len(meanings)]

    def secret_or(self, place: int, other: str) -> str:
        """Line `place` (from 0) of the secret source where it has one, else `other`."""
        lines = self._secrets or []
        return lines[place] if len(lines) > place else other

    def _secret_bytes(self) -> bytes:
        if self.secret_fd is not None:
            return _read_fd(self.secret_fd)
        named = os.environ.get(SECRET_FILE)
        if named:
            return _read_file(Path(named))
        raise click.UsageError(f"Give the password on --secret-fd N or in the file that {SECRET_FILE} names.")

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Signed in as `--as USER` with the first secret line; signed out at the end."""
        from crf_app.actions.session import reading, sign_in, sign_out

        if not self.user:
            raise click.UsageError("Say who you are with --as USER.")
        (password,) = self.secrets("password")
        session = sign_in(self.home, self.user, password)
        session.language = self.language
        for one in session.findings:
            click.echo(self.of(one.texts), err=True)
        try:
            with reading(session):
                yield session
        except CrfError as refusal:
            self.place = self._named(session, refusal.where)
            raise
        finally:
            sign_out(session)

    @staticmethod
    def _named(session: Session, where: str) -> str:
        """A place with the subject's number in place of its uid, as people know it."""
        from crf_app.actions.session import reading
        from crf_app.actions.subjects import label_of

        if session.store.closed:
            return where
        uid, slash, rest = where.partition("/")
        try:
            with reading(session):
                return label_of(session, uid) + slash + rest
        except CrfError:
            return where  # what could not be read just now is said already, without the subject's number

    def text(self, en: str, zh: str) -> str:
        """The words in the language of this call."""
        return zh if self.language == "zh" else en

    def of(self, texts: Mapping[str, str]) -> str:
        return texts.get(self.language) or texts.get("en", "")

    def row(self, fields: Mapping[str, Any]) -> None:
        """One JSON object on a line of stdout, written through at once."""
        click.echo(json.dumps(fields, ensure_ascii=False, default=str))

    def say(self, fields: Mapping[str, Any], line: str) -> None:
        """The object with `--json`, else the line for people."""
        if self.json:
            self.row(fields)
        else:
            click.echo(line)

    def note(self, line: str) -> None:
        """For people and logs: stderr."""
        click.echo(line, err=True)

    def refuse(self, refusal: CrfError) -> None:
        """A refusal in its sentence: JSON on stdout with `--json`, else stderr."""
        if self.json:
            self.row(refusal.as_json(self.language))
            return
        place = self.place or refusal.where
        sentence = refusal.sentence(self.language)
        self.note(f"{place}: {sentence}" if place else sentence)


pass_call = click.make_pass_decorator(Invocation)


def _lines(data: bytes) -> list[str]:
    try:
        return data.decode("utf-8").splitlines()
    except UnicodeDecodeError as reason:
        raise click.UsageError("The secret is not UTF-8 text.") from reason


def _read_fd(number: int) -> bytes:
    """Everything up to the end of the descriptor; standard input through its own buffer."""
    try:
        if number == 0:
            return sys.stdin.buffer.read(_SECRET_BYTES)
        with open(number, "rb", closefd=False) as file:
            return file.read(_SECRET_BYTES)
    except (OSError, OverflowError, TypeError) as reason:
        raise click.UsageError(f"The file descriptor {number} cannot be read.") from reason


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_SECRET_BYTES)
    except OSError as reason:
        raise storage_refusal(reason, path) from reason
