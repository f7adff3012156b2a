"""OIDs of other files and ours: both ways, exact.

Ours are spelled `SE.…`, `F.…`, `IG.FORM.NAME`, `I.FORM.VAR`, `CL.…`, because names in rules are made of them;
a file may spell its own as it likes.  ODM lets one ItemDef stand in many groups and one ItemGroupDef in many
forms; here each form has its own copy, and copies that are still equal are written as one.
`OidMap`: what each thing is called in a file we write, and back.  `NewOids`: our names for a file we read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal, TypeVar

from crf_app.crypto.canonical import canonical
from crf_app.model.def_base import Def
from crf_app.model.definition import Study
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.item_def import ItemDef

Kind = Literal["event", "form", "group", "item", "list"]
PREFIXES: Final[Mapping[Kind, str]] = {"event": "SE", "form": "F", "group": "IG", "item": "I", "list": "CL"}
#: what stands in ODM at the reference to an item or a group, and so may differ between its uses
ITEM_REF_FIELDS: Final = frozenset({"oid", "mandatory", "method", "collect_when", "not_run"})
GROUP_REF_FIELDS: Final = frozenset({"oid", "collect_when", "not_run", "item"})
_OURS: Final = re.compile(r"[A-Z]+\.[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
_NAME: Final = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
#: rules are made of the names of forms, groups and items
_RULE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_PARTS: Final = re.compile("[A-Z0-9]+")
_LONGEST: Final = 80
_Thing = TypeVar("_Thing", ItemDef, ItemGroupDef)
#: beginnings of an OID that only say what kind of thing it names
_KIND_WORDS: Final = frozenset(
    {"ODM", "SE", "EVENT", "VISIT", "F", "FORM", "FO", "IG", "ITEMGROUP", "GROUP", "I", "IT", "ITEM", "CL"}
)


@dataclass(frozen=True)
class OidMap:
    """`written`: our OID → OID in the file.  The other tables lead back, inside the form or group at hand."""

    written: Mapping[str, str]
    _event: Mapping[str, str] = field(default_factory=dict)
    _form: Mapping[str, str] = field(default_factory=dict)
    _list: Mapping[str, str] = field(default_factory=dict)
    _group: Mapping[tuple[str, str], str] = field(default_factory=dict)
    _item: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study) -> OidMap:
        """The map of a study.  Without foreign OIDs every thing is written under its own."""
        writing = _Writing(study)
        return cls(writing.written, writing.event, writing.form, writing.list, writing.group, writing.item)

    def event(self, written: str) -> str | None:
        """Our OID of a visit of the file; None for an unknown one."""
        return self._event.get(written)

    def form(self, written: str) -> str | None:
        return self._form.get(written)

    def code_list(self, written: str) -> str | None:
        return self._list.get(written)

    def group(self, form: str, written: str) -> str | None:
        """Our OID of a group of the file, inside our form `form`."""
        return self._group.get((form, written))

    def item(self, group: str, written: str) -> str | None:
        """Our OID of an item of the file, inside our group `group`."""
        return self._item.get((group, written))


class _Writing:
    """Names every thing once; a name that is taken by something else gives way to our OID."""

    def __init__(self, study: Study) -> None:
        self.written: dict[str, str] = {}
        self.event: dict[str, str] = {}
        self.form: dict[str, str] = {}
        self.list: dict[str, str] = {}
        self.group: dict[tuple[str, str], str] = {}
        self.item: dict[tuple[str, str], str] = {}
        self._taken: dict[str, bytes] = dict.fromkeys(_own_oids(study), b"")
        for event in study.event:
            self.event[self._alone(event.oid, event.odm_oid)] = event.oid
        for code_list in study.code_list:
            self.list[self._alone(code_list.oid, code_list.odm_oid)] = code_list.oid
        for form in study.form:
            self.form[self._alone(form.oid, form.odm_oid)] = form.oid
            for group in form.item_group:
                self._items(group)
                name = self._shared(
                    group.oid, group.odm_oid, group, form.oid, self.group, self._group_content
                )
                self.group[form.oid, name] = group.oid
                if group.odm_oid is not None and group.odm_oid == (form.odm_oid or form.oid):
                    # items that stand in a form of ODM 2.0 itself are a group with the form's own name
                    self.group.setdefault((form.oid, group.odm_oid), group.oid)

    def _items(self, group: ItemGroupDef) -> None:
        for item in group.item:
            name = self._shared(item.oid, item.odm_oid, item, group.oid, self.item, _item_content)
            self.item[group.oid, name] = item.oid

    def _alone(self, oid: str, odm_oid: str | None) -> str:
        """The name of a thing that is used once."""
        if odm_oid is None:
            return self._named(oid, oid)
        name = next(name for name in _names(odm_oid) if name not in self._taken)
        self._taken[name] = b""
        return self._named(oid, name)

    def _shared(
        self,
        oid: str,
        odm_oid: str | None,
        thing: _Thing,
        owner: str,
        used: Mapping[tuple[str, str], str],
        content: Callable[[_Thing], bytes],
    ) -> str:
        """The name of a group or item: the same as an equal copy's, but not twice in one owner."""
        if odm_oid is None:
            return self._named(oid, oid)
        mark = content(thing)
        names = (name for name in _names(odm_oid) if (owner, name) not in used)
        return self._named(oid, next(name for name in names if self._taken.setdefault(name, mark) == mark))

    def _named(self, oid: str, name: str) -> str:
        self.written[oid] = name
        return name

    def _group_content(self, group: ItemGroupDef) -> bytes:
        refs = [
            (self.written[item.oid], _dump(item, include=set(ITEM_REF_FIELDS - {"oid"})))
            for item in group.item
        ]
        return canonical([_dump(group, exclude=set(GROUP_REF_FIELDS)), refs])


def _own_oids(study: Study) -> Iterable[str]:
    """Every OID that is written as it is here."""
    for form in study.form:
        yield from (condition.oid for condition in form.condition)
        yield from (method.oid for method in form.method)
        for group in form.item_group:
            yield from (item.oid for item in group.item if item.odm_oid is None)
            if group.odm_oid is None:
                yield group.oid
        if form.odm_oid is None:
            yield form.oid
    yield from (event.oid for event in study.event if event.odm_oid is None)
    yield from (code_list.oid for code_list in study.code_list if code_list.odm_oid is None)


def _names(odm_oid: str) -> Iterator[str]:
    """The name wished for, then others, without end."""
    yield odm_oid
    yield from (f"{odm_oid}.{number}" for number in count(2))


def _item_content(item: ItemDef) -> bytes:
    return canonical(_dump(item, exclude=set(ITEM_REF_FIELDS)))


def _dump(thing: Def, include: set[str] | None = None, exclude: set[str] | None = None) -> dict[str, object]:
    return thing.model_dump(mode="json", exclude_defaults=True, include=include, exclude=exclude)


class NewOids:
    """Names that are unique and always the same for the same file.  Reading order is the file's order."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}  # the number that a name bore last: many copies stay quick to name

    def keep(self, oid: str, kind: Kind) -> bool:
        """Whether a file's OID can be ours as it is; it is then taken."""
        head, _, name = oid.partition(".")
        spelling = _RULE_NAME if kind in ("form", "group", "item") else _NAME
        sound = head == PREFIXES[kind] and spelling.fullmatch(name) and len(oid) <= _LONGEST
        if not sound or oid in self._taken or (kind == "item" and "." not in name):
            return False
        self._taken.add(oid)
        return True

    def claim(self, oid: str) -> bool:
        """Takes an OID that is known to be ours; whether it is spelled as ours and free."""
        if not _OURS.fullmatch(oid) or len(oid) > _LONGEST or oid in self._taken:
            return False
        self._taken.add(oid)
        return True

    def made(self, written: str, kind: Kind, form: str = "") -> str:
        """Our OID for a file's: `I.DM.BRTHYR` for `ODM.IT.DM.BRTHYR` in the form F.DM.  `form`: our OID."""
        inside = form.removeprefix("F.")
        before = f"{PREFIXES[kind]}.{inside}." if inside else f"{PREFIXES[kind]}."
        name = _name(written, kind, inside)[: _LONGEST - len(before) - 6]
        number = self._last.get(before + name, 1)
        while (oid := f"{before}{name}" if number == 1 else f"{before}{name}_{number}") in self._taken:
            number += 1
        self._last[before + name] = number
        self._taken.add(oid)
        return oid


def _name(written: str, kind: Kind, form: str) -> str:
    """The part of an OID that is a name of its own, in capitals, fit for a rule."""
    parts = _PARTS.findall(written.upper())
    skipped = _KIND_WORDS | set(form.upper().split("."))
    while len(parts) > 1 and parts[0] in skipped:
        parts.pop(0)
    name = "_".join(parts)
    if not name or name[0].isdigit():
        name = {"item": "Q", "group": "G", "form": "F", "event": "V", "list": "L"}[kind] + name
    return name
