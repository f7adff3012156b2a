"""Reference ranges of the site's laboratories: list, add, change with a reason, end, import from CSV.

Readings follow at once, records do not change: a result of a day takes the range of that day.  Two ranges
that would stand for the same person on the same day are refused.  CSV: one range a line, columns as FIELDS,
in any order, `item` and `laboratory` and a limit are needed; every line comes back in the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from crf_app.actions.changes import NOTHING, Changes
from crf_app.actions.lab.csv_table import read_table, refuse_ragged
from crf_app.actions.lab.lab_names import LabNames, all_lab_items, known_unit
from crf_app.actions.lab.range_table import KIND, StoredRange, stored_ranges
from crf_app.actions.lab.report_line import ReportLine
from crf_app.actions.session import Session
from crf_app.errors import CrfError, NotFound, ReasonRequired, ValueRejected
from crf_app.model import datatype
from crf_app.model.def_base import Text
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import new_uid
from crf_app.model.lab_range import LabRange, contradictions, folded
from crf_app.model.record import Draft
from crf_app.model.typed import narrow, shown
from crf_app.model.workflow import Step

#: what a person says of a range, all as text; also the columns of the CSV file
FIELDS: Final = (
    "laboratory", "item", "unit", "sex", "age_from", "age_to", "low", "high", "valid_from", "valid_to",
    "source",
)  # fmt: skip
_SEX: Final = {
    "": None, "both": None, "不限": None, "m": "M", "male": "M", "男": "M", "f": "F", "female": "F",
    "女": "F",
}  # fmt: skip
_LONGEST: Final = 200
MOST_LINES: Final = 5000


@dataclass(frozen=True, slots=True)
class RangeRow:
    """A stored range and the ids of others that would stand with it: two devices may have added both."""

    stored: StoredRange
    overlaps: tuple[str, ...]

    @property
    def range(self) -> LabRange:
        return self.stored.range


@dataclass(frozen=True, slots=True)
class RangeImport:
    lines: tuple[ReportLine, ...]
    changes: Changes

    def count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.lines)


def list_ranges(session: Session) -> list[RangeRow]:
    """Every range of this site, by laboratory and test."""
    session.require(Step.VERIFY)  # everybody: no subject stands in it
    stored = stored_ranges(session.store.conn, session.site)
    by_test: dict[tuple[str, str], list[LabRange]] = {}
    for one in stored:
        by_test.setdefault(_of_test(one.range), []).append(one.range)
    return [RangeRow(one, _meeting(one.range, by_test[_of_test(one.range)])) for one in stored]


def add_range(session: Session, texts: Mapping[str, str]) -> Changes:
    """A new range, as FIELDS.  Raises ValueRejected (contradiction, overlap), NotAllowed."""
    session.require(Step.LAB_RANGES)
    one = range_of(session, _new_id(), texts)
    _refuse_meeting(one, _standing(session))
    return session.commit([_draft(one, (), None)])


def change_range(session: Session, id_: str, texts: Mapping[str, str], reason: str) -> Changes:
    """Correct a range: readings of every day it stands for follow.  Raises ReasonRequired, ValueRejected."""
    session.require(Step.LAB_RANGES, id_)
    old = _stored(session, id_)
    one = range_of(session, id_, texts)
    if one == old.range and not old.contested:
        return NOTHING
    _need(reason, id_)
    _refuse_meeting(one, _standing(session))
    return session.commit([_draft(one, old.heads, reason)])


def end_range(session: Session, id_: str, day: str, reason: str) -> Changes:
    """The last day for which the range stands; results up to that day keep it."""
    session.require(Step.LAB_RANGES, id_)
    old = _stored(session, id_)
    one = replace(old.range, valid_to=_day(session, day))
    _refuse_contradiction(one)
    if one == old.range and not old.contested:
        return NOTHING
    _need(reason, id_)
    _refuse_meeting(one, _standing(session))
    return session.commit([_draft(one, old.heads, reason)])


def import_ranges(session: Session, data: bytes, *, dry_run: bool = False) -> RangeImport:
    """Ranges from a CSV file, sound lines in one transaction, with a report line for each.

    Raises ValueRejected for a file that is no such table, LimitExceeded, NotAllowed.
    """
    session.require(Step.LAB_RANGES)
    table = read_table(data, needed=("laboratory", "item"), known=FIELDS, most=MOST_LINES)
    names, drafts, lines = LabNames(all_lab_items(session.study)), [], []
    standing: dict[tuple[str, str], list[LabRange]] = {}
    for old in _standing(session):
        standing.setdefault(_of_test(old), []).append(old)
    for number, row in table:
        try:
            refuse_ragged(row)
            one = range_of(session, _new_id(), row, names)
            others = standing.setdefault(_of_test(one), [])
            same = any(old.content() == one.content() for old in others)
            if not same:
                _refuse_meeting(one, others)
                others.append(one)
                drafts.append(_draft(one, (), None))
            lines.append(_report(number, "same" if same else "taken", one))
        except CrfError as refusal:
            what = f"{shown(row.get('laboratory', ''))} {shown(row.get('item', ''))}".strip()
            lines.append(ReportLine(number, "refused", dict(refusal.texts), what))
    changes = session.commit(drafts) if drafts and not dry_run else NOTHING
    return RangeImport(tuple(lines), changes)


_OUTCOME: Final = {
    "taken": {"en": "Taken.", "zh": "已导入。"},
    "same": {"en": "Stands here already.", "zh": "已存在相同范围。"},
}


def _report(number: int, outcome: str, one: LabRange) -> ReportLine:
    return ReportLine(number, outcome, _OUTCOME[outcome], f"{one.laboratory} {one.item} {limits_text(one)}")


def limits_text(one: LabRange) -> str:
    """`9-50`, `<= 26`, `>= 1.0` with the unit."""
    unit = f" {one.unit}" if one.unit else ""
    if one.low is not None and one.high is not None:
        return f"{one.low}-{one.high}{unit}"
    return f"<= {one.high}{unit}" if one.low is None else f">= {one.low}{unit}"


def who_text(one: LabRange) -> str:
    """`M 18-60`, `F`, "" for everybody."""
    ages = one.age_from is not None or one.age_to is not None
    span = f"{one.age_from or 0}-{'' if one.age_to is None else one.age_to}" if ages else ""
    return f"{one.sex or ''} {span}".strip()


def range_of(session: Session, id_: str, texts: Mapping[str, str], names: LabNames | None = None) -> LabRange:
    """The range that FIELDS as typed mean.  Raises ValueRejected with a sentence for the person.

    `names`: of `all_lab_items`, for who reads many ranges.
    """
    said = {name: texts.get(name, "").strip() for name in FIELDS}
    for name in ("laboratory", "source"):
        datatype.parse(_field(name), said[name] or "-", {})  # signs that cannot be stored, length
    item = (names or LabNames(all_lab_items(session.study))).one(said["item"])
    one = LabRange(
        id_,
        session.site,
        " ".join(said["laboratory"].split()),
        item.variable,
        known_unit(item, said["unit"]),
        _sex(said["sex"]),
        _age(said["age_from"]),
        _age(said["age_to"]),
        _limit(said["low"]),
        _limit(said["high"]),
        _day(session, said["valid_from"]),
        _day(session, said["valid_to"]),
        said["source"],
    )
    _refuse_contradiction(one)
    return one


def texts_of(one: LabRange) -> dict[str, str]:
    """FIELDS of a range, as they are typed: to change it."""
    return {name: "" if (value := getattr(one, name)) is None else str(value) for name in FIELDS}


def _field(name: str, data_type: str = "text") -> ItemDef:
    words = Text(en=name, zh=name)
    return ItemDef.model_validate(
        {"oid": f"I.RANGE.{name}", "question": words, "data_type": data_type, "length": _LONGEST}
    )


def _sex(text: str) -> str | None:
    folded = narrow(text).casefold()
    if folded not in _SEX:
        raise ValueRejected(
            f'"{shown(text)}" is no sex. Write M, F or leave it empty for both.',
            f"“{shown(text)}”不是性别，请填M、F，或留空表示不限。",
        )
    return _SEX[folded]


def _age(text: str) -> int | None:
    typed = narrow(text)
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):
        raise ValueRejected(
            f'"{shown(text)}" is not a whole number of years.', f"“{shown(text)}”不是整数年龄（岁）。"
        )
    return int(typed)


def _limit(text: str) -> str | None:
    return datatype.parse(_field("limit", "decimal"), text, {}) if text else None


def _day(session: Session, text: str) -> str | None:
    return (
        datatype.parse(_field("day", "date"), text, {}, today=session.clock.now()) if text.strip() else None
    )


def _refuse_contradiction(one: LabRange) -> None:
    wrong = contradictions(one)
    if wrong:
        raise ValueRejected(
            " ".join(en for en, _ in wrong), "".join(zh for _, zh in wrong), where=one.item or one.laboratory
        )


def _refuse_meeting(one: LabRange, standing: Sequence[LabRange]) -> None:
    other = next((each for each in standing if each.id != one.id and each.meets(one)), None)
    if other is None:
        return
    span = f"{other.valid_from or '…'} – {other.valid_to or '…'}"
    raise ValueRejected(
        f"For {one.item} of {one.laboratory} the range {limits_text(other)} stands already ({span}), for "
        "some of the same people and days. End that one first, or change sex, ages or days.",
        f"{one.laboratory} 的 {one.item} 已有范围 {limits_text(other)}（{span}），适用人群和日期有重叠。"
        "请先结束该范围，或修改性别、年龄、日期。",
        where=other.id,
    )


def _of_test(one: LabRange) -> tuple[str, str]:
    """Only ranges of the same test of the same laboratory can meet."""
    return (folded(one.laboratory), one.item)


def _meeting(one: LabRange, others: Iterable[LabRange]) -> tuple[str, ...]:
    return tuple(other.id for other in others if other.id != one.id and other.meets(one))


def _standing(session: Session) -> list[LabRange]:
    return [one.range for one in stored_ranges(session.store.conn, session.site)]


def _stored(session: Session, id_: str) -> StoredRange:
    for one in stored_ranges(session.store.conn, session.site):
        if one.range.id == id_:
            return one
    raise NotFound("There is no such reference range here.", "没有该参考范围。", where=id_)


def _need(reason: str, id_: str) -> None:
    if not reason.strip():
        raise ReasonRequired("A range is changed. Why?", "修改参考范围，原因？", where=id_)


def _draft(one: LabRange, parents: tuple[str, ...], reason: str | None) -> Draft:
    said = reason.strip() if reason else None
    return Draft(KIND, key=one.id, parents=parents, value=one.canonical(), reason=said)


def _new_id() -> str:
    return "R-" + new_uid()
