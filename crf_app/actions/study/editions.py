"""The versions of the definition that this site has worked with, and the one in force.

A `def.activate` record names a version, the SHA-256 of its bytes and the day from which it stands.  A form is
read by the version under which it was begun, until a `form.migrate` record moves it (ADR-0017); everything
else, visits, states and lists, by the version in force, which knows whatever was asked before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from crf_app.crypto.canonical import sha256
from crf_app.errors import StoreDamaged, TooNew
from crf_app.model.definition import Study, study_from_bytes
from crf_app.rules.expression import Rules, compile_study
from crf_app.store import reads

KIND = "def.activate"
_AHEAD = 2


class Edition(NamedTuple):
    """One version of the definition with its compiled rules."""

    study: Study
    rules: Rules


@dataclass(frozen=True, slots=True)
class Activation:
    """A version that was put in force: from which day (ISO, "" since the beginning), by whom and when."""

    version: str
    sha256: str
    valid_from: str
    user: str
    at: str
    reason: str = ""
    id: str = ""  # of its record


def activations(conn: Any) -> list[Activation]:
    """Every activation, oldest first."""
    found = sorted(reads.records_of_kind(conn, KIND), key=lambda one: one.order)
    return [_activation(json.loads(one.record.value or "{}"), one.record, one.id) for one in found]


def _activation(said: dict[str, str], record: Any, id_: str) -> Activation:
    return Activation(
        said.get("version", ""),
        said.get("sha256", ""),
        said.get("from", ""),
        record.user,
        record.at,
        record.reason or "",
        id_,
    )


def in_force(conn: Any, found: Sequence[Activation], today: date) -> Activation | None:
    """The latest activation whose day has come.

    Once data were entered under a version it stands, also where the computer's clock is set back: an
    earlier version would not know what was asked.
    """
    day = today.isoformat()
    come = (one for one in reversed(found) if one.valid_from <= day or _entered(conn, one))
    return next(come, None)


def _entered(conn: Any, one: Activation) -> bool:
    return reads.entered_under(conn, one.version, one.id)


def stored_edition(conn: Any, name: str, file: str) -> Edition | None:
    """The definition with this SHA-256, compiled; None when its bytes are not here.  Raises StoreDamaged."""
    data = reads.blob(conn, name)
    if data is None:
        return None
    if sha256(data) != name:
        raise StoreDamaged(
            "The study's definition in the store was altered. Restore the last backup.",
            "数据文件中的研究定义已被改动，请恢复最近的备份。",
            where=file,
        )
    return _edition(data)


@lru_cache(maxsize=2)
def _edition(data: bytes) -> Edition:
    """Compiling takes a fifth of a second; who signs in after another person works by the same bytes."""
    study = study_from_bytes(data)
    return Edition(study, compile_study(study))


def active_edition(conn: Any, today: date, file: str) -> Edition:
    """The definition in force.  Raises StoreDamaged when its bytes are altered or missing."""
    active = in_force(conn, activations(conn), today)
    edition = stored_edition(conn, active.sha256, file) if active is not None else None
    if edition is None:
        raise missing(file)
    return edition


def missing(file: str) -> StoreDamaged:
    """The refusal where the bytes of a version that was put in force here are gone."""
    return StoreDamaged(
        "The study's definition is missing from the store. Restore the last backup.",
        "数据文件中缺少研究定义，请恢复最近的备份。",
        where=file,
    )


def reads_alike(before: Edition, target: Edition, oid: str) -> bool:
    """Whether both versions ask the form alike: its questions and rules, and what they name outside it."""
    if before.study.version == target.study.version:
        return True
    return _asked(before, oid) == _asked(target, oid)


def _asked(edition: Edition, oid: str) -> object:
    """Everything of one version that decides how it reads a form."""
    study, form = edition.study, edition.study.forms.get(oid)
    if form is None:
        return None
    rows = {group.rows for group in form.item_group}
    lists = {one for item in form.items.values() for one in (item.code_list,)} | rows
    named = [study.code_lists[one] for one in sorted(one for one in lists if one is not None)]
    return form, named, study.subject_facts, study.arms, study.missing_reasons


class Editions:
    """Versions beside the one in force, each read from the store when a form asks for it."""

    def __init__(self, conn: Any, file: str) -> None:
        self._conn, self._file = conn, file
        self.found = activations(conn)
        self._loaded: dict[str, Edition] = {}

    @property
    def several(self) -> bool:
        """Whether a form can stand under another version than the one in force."""
        return len({one.version for one in self.found}) > 1

    def know(self, edition: Edition) -> None:
        """A version that was read already."""
        self._loaded[edition.study.version] = edition

    def read_ahead(self, active: str) -> None:
        """Read the last versions beside `active`, under which most begun forms stand: while a person waits
        anyhow, and not when a page opens."""
        for version in [one.version for one in self.found if one.version != active][-_AHEAD:]:
            try:
                self._read(version)
            except StoreDamaged:
                continue  # said where a form needs it; signing in, verify and all else go on

    def of(self, version: str) -> Edition:
        """The version of this name.  Raises TooNew for one that is not known here, StoreDamaged."""
        edition = self._read(version)
        if edition is None:
            raise TooNew(
                f"This was entered under version {version} of the study, which this computer does not "
                "have yet. Apply the next bundle from central.",
                f"该内容按研究定义第 {version} 版录入，本机尚无此版本，请导入中心下发的数据包。",
                where=version,
            )
        return edition

    def _read(self, version: str) -> Edition | None:
        if version not in self._loaded:
            named = next((one for one in self.found if one.version == version), None)
            if named is None:
                return None
            edition = stored_edition(self._conn, named.sha256, self._file)
            if edition is None:
                raise missing(self._file)
            self._loaded[version] = edition
        return self._loaded[version]
