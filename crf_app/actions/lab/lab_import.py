"""Results of many subjects from a laboratory's CSV file, by a mapping that is kept.

Each line is one result: subject, visit or day, test, value, unit.  A line is entered through `enter_value`
in a commit of its own, after everything about it was found; else it is refused with a sentence.  Nothing is
overwritten without a reason, and every line of the file comes back in the report.  A dry run says the same
and stores nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from crf_app.actions.enter_data import check_form, check_open, enter_value, parsed, shown
from crf_app.actions.lab.csv_table import read_table, refuse_ragged
from crf_app.actions.lab.lab_mapping import LabMapping
from crf_app.actions.lab.lab_names import LabNames, all_lab_items
from crf_app.actions.lab.lab_paste import judged, refuse_closed
from crf_app.actions.lab.lab_text import Numbers, read_value, subject_numbers
from crf_app.actions.lab.report_line import ReportLine
from crf_app.actions.session import Session
from crf_app.actions.subjects import find_subject
from crf_app.errors import CrfError, NotFound, ReasonRequired, ValueRejected, WrongState
from crf_app.model import datatype
from crf_app.model.def_base import Text
from crf_app.model.definition import StudyEventDef
from crf_app.model.item_def import ItemDef
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.lab_range import folded
from crf_app.model.progress import Cancelled, Progress, silent
from crf_app.model.typed import shown as shown_text
from crf_app.model.workflow import Step

MOST_LINES: Final = 20000
_FULL_DATE: Final = 10
_DAY: Final = ItemDef(oid="I.LAB.DAY", question=Text(en="day", zh="日期"), data_type="date")
_SAID: Final = ("subject", "visit", "date", "test", "value", "unit")
_ENTERED: Final = {"en": "Entered.", "zh": "已录入。"}
_WOULD: Final = {"en": "Would be entered.", "zh": "将录入。"}


@dataclass(frozen=True, slots=True)
class ResultImport:
    """A line for each line of the file; `entered` counts the results that are stored now (0 in a dry run).

    `stopped`: the person stopped it; the lines after the last one here were not looked at.
    """

    lines: tuple[ReportLine, ...]
    entered: int
    stopped: bool = False

    def count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.lines)


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a line belongs and what it says; `also`: sample day and laboratory that the form lacks."""

    key: ItemKey
    item: ItemDef
    answer: Answer
    also: tuple[tuple[ItemKey, str], ...] = ()


@dataclass
class _Reader:
    """Reads the lines of one file; remembers what it saw."""

    session: Session
    mapping: LabMapping
    reason: str
    dry_run: bool
    names: LabNames = field(init=False)
    numbers: Numbers = field(init=False)
    seen: dict[str, tuple[int, Answer]] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    #: day and laboratory that a dry run would have entered by now, by the cell
    planned: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = subject_numbers(self.session)
        self.names = LabNames(item for item in all_lab_items(self.session.study) if item.lab)

    def line(self, number: int, row: dict[str, str]) -> ReportLine:
        """What becomes of one line; a refusal is its sentence."""
        cell = {what: row.get(column, "").strip() for what, column in self.mapping.columns.items()}
        what = " ".join(shown_text(cell.get(name, "")) for name in _SAID)
        try:
            refuse_ragged(row)
            found = self._find(cell)
            self.numbers.refuse_foreign(found.key.subject, "  ".join(row.values()))
            outcome, texts = self._take(number, found)
        except CrfError as refusal:
            outcome, texts = "refused", dict(refusal.texts)
        return ReportLine(number, outcome, texts, " ".join(what.split()))

    def _find(self, cell: Mapping[str, str]) -> _Found:
        uid = self._subject(cell["subject"])
        item = self._item(cell["test"])
        result = read_value(item, cell["value"], cell.get("unit", ""))
        answer = parsed(self.session, item, result.value, result.unit)
        day = self._day(cell.get("date", ""))
        form = self.session.study.form_of_item[item.oid]
        key = FormKey(uid, self._event(uid, form.oid, cell.get("visit", ""), day), form.oid)
        also = [(form.sample_date, day), (form.laboratory, cell.get("laboratory", ""))]
        here = ItemKey(key, form.group_of[item.oid].oid, item.oid)
        return _Found(here, item, answer, tuple(self._also(key, also)))

    def _subject(self, label: str) -> str:
        wanted = unicodedata.normalize("NFKC", label).strip()
        if not wanted:
            raise ValueRejected("No subject stands in this line.", "本行没有受试者编号。")
        if wanted not in self.uids:
            self.uids[wanted] = find_subject(self.session, wanted)
        return self.uids[wanted]

    def _item(self, test: str) -> ItemDef:
        found = self.names.find(test, self.mapping.tests)
        if len(found) == 1:
            return found[0]
        said, several = shown_text(test), ", ".join(item.variable for item in found)
        raise NotFound(
            f'"{said}" can be {several}. Say in the mapping which.'
            if found
            else f'"{said}" is no test that the study or the mapping knows.',
            f"“{said}”可能是 {several}，请在对应表中指明。"
            if found
            else f"研究和对应表中都没有检验项目“{said}”。",
        )

    def _day(self, text: str) -> str:
        """A day; a time behind it is left out."""
        if not text:
            return ""
        return datatype.parse(_DAY, text.replace("T", " ").split(" ")[0], {})

    def _event(self, uid: str, form: str, visit: str, day: str) -> str:
        """The visit that is named, else the one visit of that day.  Raises NotFound, WrongState."""
        data = self.session.subject(uid)
        events = [one for one in data.events() if form in data.event_def(one).form_oids]
        if visit:
            named = [one for one in events if _names(data.event_def(one), one, visit)]
        else:
            named = [one for one in events if day and day in self._days(uid, one, form)]
        if len(named) == 1:
            return named[0]
        asked = shown_text(visit or day or "-")
        if not named:
            raise NotFound(
                f"No visit {asked} of this subject has this form. Enter the visit's date first.",
                f"该受试者没有含此表单的访视 {asked}，请先录入访视日期。",
            )
        raise WrongState(
            f"{asked} can be {', '.join(named)}. Name the visit.",
            f"{asked} 可能是 {'、'.join(named)}，请写明访视。",
        )

    def _days(self, uid: str, event: str, form: str) -> set[str]:
        """The days that speak for a visit: of the sample, else of the visit itself."""
        data, key = self.session.subject(uid), FormKey(uid, event, form)
        definition = data.form_def(key)
        oid = definition.sample_date
        cell = ItemKey(key, definition.group_of[oid].oid, oid) if oid else None
        sample = self.planned.get(str(cell), "")[:_FULL_DATE] or data.state(key).sample.day
        actual = data.actual(event)
        return {sample} if sample else {actual.isoformat()} if actual else set()

    def _also(self, key: FormKey, wanted: list[tuple[str | None, str]]) -> Iterator[tuple[ItemKey, str]]:
        """Day and laboratory that the form does not have yet.  Raises WrongState where it has others."""
        data = self.session.subject(key.subject)
        check_form(self.session, data, key)
        refuse_closed(data, key)
        check_open(self.session, key, planned=True)
        form, state = data.form_def(key), data.state(key)
        for oid, text in wanted:
            if oid is None or not text or oid not in form.items:
                continue
            cell = ItemKey(key, form.group_of[oid].oid, oid)
            stands = state.items[cell.local].answer.value or self.planned.get(str(cell))
            if stands is None:
                parsed(self.session, form.items[oid], text, None)  # refused here, before anything is stored
                yield cell, text
            elif folded(stands) != folded(text):
                name = form.items[oid].question
                raise WrongState(
                    f"{name.en}: the form says {shown_text(stands)}, this line says {shown_text(text)}. "
                    "It is another sample.",
                    f"{name.zh}：表单为 {shown_text(stands)}，本行为 {shown_text(text)}，不是同一标本。",
                    where=str(cell),
                )

    def _take(self, number: int, found: _Found) -> tuple[str, dict[str, str]]:
        first = self.seen.setdefault(str(found.key), (number, found.answer))
        if first[0] != number:
            return self._again(first, found)
        data = self.session.subject(found.key.subject)
        state = data.state(found.key.form_key).items.get(found.key.local)
        if state is None:
            raise _not_asked(data.edition(found.key.form_key).study.version, found)
        outcome, texts = judged(state.answer, found.answer)
        if outcome == "same":
            return outcome, texts
        if outcome == "differs" and not self.reason.strip():
            raise ReasonRequired(texts["en"], texts["zh"], where=str(found.key))
        if not state.collected:
            raise ValueRejected(
                "This item is not asked here now.", "此项目当前无需填写。", where=str(found.key)
            )
        if self.dry_run:
            self.planned |= {str(cell): text for cell, text in found.also}
            return "would", dict(_WOULD)
        for cell, text in found.also:
            enter_value(self.session, cell, text)
        enter_value(self.session, found.key, found.answer.value or "", found.answer.unit, self.reason or None)
        return "entered", dict(_ENTERED)

    def _again(self, first: tuple[int, Answer], found: _Found) -> tuple[str, dict[str, str]]:
        """A second line for the same result."""
        line, answer = first
        if answer == found.answer:
            return "same", {"en": f"The same as line {line}.", "zh": f"与第{line}行相同。"}
        raise WrongState(
            f"Line {line} gives {shown(answer)} for this result, this one {shown(found.answer)}. Enter it by "
            "hand.",
            f"第{line}行的结果为 {shown(answer)}，本行为 {shown(found.answer)}，请手工录入。",
        )


def import_results(
    session: Session,
    data: bytes,
    mapping: LabMapping,
    reason: str = "",
    *,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ResultImport:
    """Enter the results of a CSV file; `reason` allows corrections of other values that stand.

    `progress` counts lines.  Stopped, what was entered stays: each result is a commit of its own.

    Raises ValueRejected, LimitExceeded for a file that is no such table, NotAllowed.
    """
    session.require(Step.ENTER, "lab.import")
    table = read_table(data, needed=mapping.columns.values(), most=MOST_LINES)
    reader = _Reader(session, mapping, reason, dry_run)
    lines: list[ReportLine] = []
    stopped = False
    try:
        for number, row in table:
            progress(len(lines), len(table))
            lines.append(reader.line(number, row))
    except Cancelled:
        stopped = True
    return ResultImport(tuple(lines), sum(one.outcome == "entered" for one in lines), stopped)


def _not_asked(version: str, found: _Found) -> CrfError:
    """The form stands under a version of the study that does not ask the test."""
    item = found.item.question
    return NotFound(
        f"Version {version} of the study, under which this form stands, does not ask {item.en}.",
        f"此表单按研究定义第 {version} 版录入，该版本没有“{item.zh}”。",
        where=str(found.key),
    )


def _names(event: StudyEventDef, key: str, text: str) -> bool:
    said = {key, event.oid, event.oid.removeprefix("SE."), event.short_name, event.name.en, event.name.zh}
    return folded(text) in {folded(one) for one in said | {event.number}}
