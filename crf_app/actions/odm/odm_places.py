"""Where the statements of an ODM file belong in the study: its visits, forms, rows and items, found by OID.

A repeat key that is one of ours stays; another becomes a key made of it, the same each time the file is read.
Refusals are sentences for the line of the file; nothing here looks at values or writes.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from crf_app.actions.odm.odm_names import units_named, units_of
from crf_app.errors import NotFound, ValueRejected
from crf_app.model import datatype
from crf_app.model.definition import Study
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer
from crf_app.model.typed import shown

if TYPE_CHECKING:
    from crf_app.actions.subject_data import SubjectData

_UID: Final = re.compile(r"[0-9a-z]{10}\Z").match
_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_ONLY: Final = (None, "1")
_MOST_KEPT: Final = 100_000


def key_of(*names: str) -> str:
    """Ten characters made of names: the key of a visit or row that the file calls otherwise."""
    number = int.from_bytes(hashlib.sha256("\n".join(names).encode()).digest()[:8], "big")
    out = ""
    for _ in range(10):
        number, digit = divmod(number, 36)
        out += _BASE36[digit]
    return out


def is_ours(repeat_key: str) -> bool:
    """Whether a repeat key is spelled like one of this program."""
    return _UID(repeat_key) is not None


class Places:
    """The names of a file in a study; answers of one text are read once."""

    def __init__(self, study: Study) -> None:
        from crf_app.exchange.oids import OidMap

        self.study, self.oids = study, OidMap.of(study)
        self._unit = {oid: unit for unit, oid in units_of(study).items()}
        self._codes = {one.code for one in study.missing_reasons}
        self._answers: dict[tuple[str, str, str | None], Answer] = {}
        self._items: dict[tuple[str, str], ItemDef | None] = {}
        self._groups: dict[tuple[str, str], ItemGroupDef | None] = {}

    def event(self, subject: str, oid: str, repeat_key: str | None) -> tuple[str, bool]:
        """(event with its key, whether the key is made here).  Raises NotFound."""
        found = self.oids.event(oid)
        event = self.study.events.get(found or "")
        if event is None:
            raise _unknown(oid, "visit", "访视")
        if event.repeating:
            ours = repeat_key is not None and is_ours(repeat_key)
            return f"{event.oid}~{repeat_key if ours else key_of(subject, oid, repeat_key or '1')}", not ours
        if repeat_key not in _ONLY:
            raise _once(oid, repeat_key, "visit", "访视")
        return event.oid, False

    def form(self, event: str, oid: str, repeat_key: str | None) -> str:
        """Our OID of a form of a visit.  Raises NotFound."""
        found = self.oids.form(oid)
        if found is None:
            raise _unknown(oid, "form", "表单")
        if found not in self.study.events[event.partition("~")[0]].form_oids:
            raise NotFound(
                f"The form {shown(oid)} does not belong to this visit.",
                f"表单 {shown(oid)} 不属于此访视。",
            )
        if repeat_key not in _ONLY:
            raise _once(oid, repeat_key, "form", "表单")
        return found

    def group(self, path: str, form: str, oid: str, repeat_key: str | None) -> tuple[str, bool]:
        """(group with its row, whether the row's key is made here); `path`: `SE.V1/F.VS` with the subject's
        number before it.  Raises NotFound."""
        if (form, oid) not in self._groups:
            found = self.oids.group(form, oid)
            groups = self.study.forms[form].item_group
            self._groups[form, oid] = next((one for one in groups if one.oid == found), None)
        group = self._groups[form, oid]
        if group is None:
            raise _unknown(oid, "group", "项目组")
        if group.rows is not None:
            if repeat_key not in self.study.code_lists[group.rows].by_code:
                raise NotFound(
                    f"{shown(oid)} has no row {shown(repeat_key or '')}.",
                    f"{shown(oid)} 没有行 {shown(repeat_key or '')}。",
                )
            return f"{group.oid}~{repeat_key}", False
        if group.repeating:
            ours = repeat_key is not None and is_ours(repeat_key)
            row = repeat_key if ours else key_of(path, oid, repeat_key or "1")
            return f"{group.oid}~{row}", not ours
        if repeat_key not in _ONLY:
            raise _once(oid, repeat_key, "group", "项目组")
        return group.oid, False

    def group_def(self, form: str, part: str) -> ItemGroupDef:
        oid = part.partition("~")[0]
        return next(one for one in self.study.forms[form].item_group if one.oid == oid)

    def item(self, group: str, form: str, oid: str) -> ItemDef:
        """The item of a group.  Raises NotFound."""
        if (group, oid) not in self._items:
            found = self.oids.item(group, oid)
            self._items[group, oid] = self.study.forms[form].items.get(found or "")
        item = self._items[group, oid]
        if item is None:
            raise _unknown(oid, "item", "项目")
        return item

    def answer(self, item: ItemDef, text: str, unit: str | None, data: SubjectData) -> Answer:
        """The answer that a value means.  Raises ValueRejected."""
        if item.link is not None:
            return self._row_named(item, text, data)
        kept = (item.oid, text, unit)
        found = self._answers.get(kept)
        if found is None:
            typed = self._unit_of(item, unit)
            read_as = item if typed in (None, item.unit) else datatype.as_typed(item, typed)
            value = datatype.parse(read_as, text, self.study.code_lists)
            found = Answer(value, None, typed or (None if item.derived else item.unit))
            if len(self._answers) >= _MOST_KEPT:
                self._answers.clear()
            self._answers[kept] = found
        return found

    def missing(self, code: str) -> Answer:
        """A missing answer.  Raises ValueRejected for a code that the study does not have."""
        if code not in self._codes:
            raise ValueRejected(
                f"{shown(code)} is not one of the study's reasons for a missing value.",
                f"{shown(code)} 不是本研究的缺失原因。",
            )
        return Answer(missing=code)

    def _unit_of(self, item: ItemDef, oid: str | None) -> str | None:
        if oid is None:
            return None
        unit = self._unit.get(oid, oid)
        if unit not in units_named(item):
            raise ValueRejected(
                f"{shown(oid)} is not a unit of this item.", f"{shown(oid)} 不是本项目的单位。"
            )
        return unit

    @staticmethod
    def _row_named(item: ItemDef, text: str, data: SubjectData) -> Answer:
        wanted = f"{item.link}~{text}"
        if any(part == wanted for rows in data.rows.values() for part, _, _ in rows):
            return Answer(text, None, item.unit)
        raise ValueRejected("The row that is named is not there.", "所指的行不存在。")


def _unknown(oid: str, en: str, zh: str) -> NotFound:
    return NotFound(f"The study has no {en} {shown(oid)} here.", f"本研究此处没有{zh} {shown(oid)}。")


def _once(oid: str, repeat_key: str | None, en: str, zh: str) -> NotFound:
    return NotFound(
        f"The {en} {shown(oid)} stands once here; the file has a number {shown(repeat_key or '')} of it.",
        f"{zh} {shown(oid)} 在此只有一份；文件中有第 {shown(repeat_key or '')} 份。",
    )
