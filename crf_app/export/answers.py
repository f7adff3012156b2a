"""What the record says at each address, and how it is worded on paper.

A `Sheet` is one form while its rows are made.  An answer is a value, a missing reason in words, or the word
why nothing stands there; flags are ink (`↑H 2.3 ×`), corrections become numbered footnotes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from crf_app.export.paper_words import decoded, joined, missing_word, word
from crf_app.export.text import INK2, INK3, Run, Style
from crf_app.model.definition import Study
from crf_app.model.drawing import Drawing, Mark
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef
from crf_app.model.retired import as_asked, code_words, fixed_rows

LABEL = Style(8.5)
VALUE = Style(9, bold=True)
QUIET = Style(8, ink=INK3)
SMALL = Style(7.5, ink=INK2)
FLAG = Style(8.5, bold=True)
#: in the record, in place of a missing reason: the form does not ask, or the row was removed
NOT_ASKED = ("hidden", "deleted")


@dataclass(frozen=True, slots=True)
class Held:
    """What the record holds at one address."""

    value: str | None = None
    unit: str | None = None
    missing: str | None = None

    @property
    def missing_code(self) -> str | None:
        """The study's reason why there is no value."""
        return None if self.missing in NOT_ASKED else self.missing


@dataclass
class Sheet:
    """One form while its rows are made; `footnotes` grows as corrections are met."""

    drawing: Drawing
    study: Study
    form: FormDef
    held: dict[str, Held]
    rows_of: dict[str, list[str]]
    footnotes: list[str] = field(default_factory=list)

    @property
    def language(self) -> str:
        return self.drawing.language

    def say(self, key: str, **values: object) -> str:
        return word(key, self.language, **values)


def local(group: str, row: str, item: str = "") -> str:
    """`IG.VS/I.VS.SYSBP`, with a row `IG.AE~k3j9x0q2mz/I.AE.AETERM`; without item the row's own address."""
    place = f"{group}~{row}" if row else group
    return f"{place}/{item}" if item else place


def sheet_of(drawing: Drawing, study: Study) -> Sheet:
    """The record's items by address.  Rows stand in the drawing's order, others after them."""
    held: dict[str, Held] = {}
    rows_of: dict[str, list[str]] = {group: list(rows) for group, rows in drawing.rows.items()}
    for group, row, item, value, unit, missing, *_ in drawing.record["items"]:
        held[local(group, row or "", item)] = Held(value, unit, missing)
        seen = rows_of.setdefault(group, [])
        if row and row not in seen:
            seen.append(row)
    answered = {place.partition("/")[2] for place, one in held.items() if one.value or one.missing_code}
    return Sheet(drawing, study, as_asked(study.forms[drawing.form_oid], answered), held, rows_of)


def row_names(sheet: Sheet, group: ItemGroupDef) -> list[tuple[str, str]]:
    """(row, what is printed for it): fixed rows by their code list, others by number."""
    if group.rows:
        code_list = sheet.study.code_lists[group.rows]
        there = fixed_rows(code_list, sheet.rows_of.get(group.oid, ()))
        return [(code, code_words(code_list.by_code[code]).in_language(sheet.language)) for code in there]
    return [(row, sheet.say("row", n=n)) for n, row in enumerate(sheet.rows_of.get(group.oid, []), 1)]


def answer_runs(sheet: Sheet, address: str, item: ItemDef) -> list[Run]:
    """The answer: chosen options with a ticked box, a missing reason in words, or why nothing stands."""
    held, mark = sheet.held.get(address, Held()), sheet.drawing.mark(address)
    nothing = held.value is None and held.missing in (None, *NOT_ASKED)
    if nothing and (mark.hidden or held.missing is not None):
        return [Run(sheet.say("hidden"), QUIET)]
    if held.missing is not None and held.missing not in NOT_ASKED:
        return [Run(missing_word(held.missing, sheet.study, sheet.language), VALUE)]
    if held.value is None:
        return [Run(sheet.say("none"), QUIET)]
    gone = bool(sheet.drawing.mark(address.partition("/")[0]).deleted)
    style = replace(VALUE, strike=gone)
    if not item.code_list:
        return [Run(mark.words or spelled(item, held.value), style)]
    codes = held.value.split(";") if item.multiple else [held.value]
    runs: list[Run] = []
    for code in codes:
        runs += [
            Run(decoded(item, code, sheet.study, sheet.language), style, "on", whole=True),
            Run("   ", style),
        ]
    return runs[:-1]


def kept(held: Held) -> bool:
    """A value that the form no longer asks for."""
    return held.value is not None and held.missing in NOT_ASKED


def spelled(item: ItemDef, value: str) -> str:
    """The value as it is read: a date and time with a space between."""
    return value.replace("T", " ") if item.data_type == "datetime" else value


def flag_text(mark: Mark, language: str) -> str:
    """`↑H 2.3 ×`: readable without colour."""
    if not mark.flag:
        return ""
    arrow = "↑" if mark.flag.startswith("H") else "↓" if mark.flag.startswith("L") else ""
    times = f" {word('times', language, times=mark.times)}" if mark.times else ""
    return f"{arrow}{mark.flag}{times}"


def plain(sheet: Sheet, item: ItemDef, held: Held) -> str:
    """The answer as one text without boxes."""
    if held.missing is not None and held.missing not in NOT_ASKED:
        return missing_word(held.missing, sheet.study, sheet.language)
    value = held.value or ""
    if not item.code_list:
        return spelled(item, value)
    codes = value.split(";") if item.multiple else [value]
    return joined([decoded(item, code, sheet.study, sheet.language) for code in codes], sheet.language)


def notes_of(sheet: Sheet, address: str, item: ItemDef) -> list[str]:
    mark = sheet.drawing.mark(address)
    notes = [sheet.say("standard", value=mark.standard)] if mark.standard else []
    if mark.kept or kept(sheet.held.get(address, Held())):
        notes.append(sheet.say("kept"))
    if item.derived:
        notes.append(sheet.say("derived"))
    numbers = footnote(sheet, item, mark)
    if numbers:
        notes.append(sheet.say("changed", n=numbers))
    return notes


def footnote(sheet: Sheet, item: ItemDef, mark: Mark) -> str:
    """The numbers of this value's footnotes, "1" or "1, 2"; their text is kept for the end of the form."""
    numbers = []
    for change in mark.changed:
        numbers.append(str(len(sheet.footnotes) + 1))
        nothing = sheet.say("nothing")
        text = sheet.say(
            "change",
            n=numbers[-1],
            item=item.question.in_language(sheet.language),
            old=change.old or nothing,
            new=change.new or nothing,
            by=change.by,
            at=change.at,
        )
        sheet.footnotes.append(text + (sheet.say("because", reason=change.reason) if change.reason else ""))
    return ", ".join(numbers)
