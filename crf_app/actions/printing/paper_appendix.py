"""What may follow an unsigned copy on paper: everything that was recorded of the form, and its queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crf_app.actions.form_page import FormPage
from crf_app.actions.queries import QueryStep, QueryView, queries
from crf_app.actions.session import Session
from crf_app.model.clock import local_text
from crf_app.model.datatype import show
from crf_app.model.record import AuditRecord
from crf_app.model.units import shown_unit
from crf_app.store import reads

if TYPE_CHECKING:
    from crf_app.export.appendix_rows import Appendix, Entry


@dataclass(frozen=True, slots=True)
class Extent:
    """What follows each form."""

    trail: bool = False
    queries: bool = False

    @property
    def words(self) -> str:
        """For the record of a print: ` +trail +queries`, empty for the form alone."""
        return " +trail" * self.trail + " +queries" * self.queries


ALONE = Extent()


def appendices_of(session: Session, page: FormPage, language: str, extent: Extent) -> list[Appendix]:
    """The appendices that were asked for, in the language of the paper."""
    from crf_app.export.appendix_rows import Appendix

    out = []
    if extent.trail:
        out.append(Appendix("trail", tuple(_Trail(session, page, language).entries())))
    if extent.queries:
        out.append(Appendix("queries", tuple(_queries(session, page, language))))
    return out


class _Trail:
    """The records of one form in words."""

    def __init__(self, session: Session, page: FormPage, language: str) -> None:
        self._page, self._language = page, language
        self._records = reads.records_of_form(session.store.conn, page.key)
        people = reads.people(session.store.conn)
        self._names = {user: said.get("name", user) for user, (said, _) in people.items()}
        self._by_id = {one.id: one.record for one in self._records}
        self._numbers = {row.part: row.n for rows in page.rows.values() for row in rows}

    def entries(self) -> list[Entry]:
        return [self._entry(one.record) for one in self._records]

    def _entry(self, record: AuditRecord) -> Entry:
        from crf_app.export.appendix_rows import Entry
        from crf_app.export.paper_words import did, word

        what = did(record.kind, self._language)
        if record.kind.startswith("item."):
            before = self._by_id.get(record.parents[-1]) if record.parents else None
            old = f"{self._answer(before)} → " if before is not None else ""
            what = _colon(what, f"{old}{self._answer(record)}", self._language)
        elif record.kind == "form.status":
            what = did(f"{record.kind}.{record.value}", self._language)
            if record.missing:
                what = _colon(what, self._missing(record.missing), self._language)
        elif record.kind.startswith("query.") and record.role != "system" and record.value:
            what = _colon(what, record.value, self._language)
        if record.reason:
            what += word("because", self._language, reason=record.reason)
        return Entry(self._who(record), self._place(record), what)

    def _who(self, record: AuditRecord) -> str:
        name = self._names.get(record.user, record.user)
        return _signed(local_text(record.at, record.offset), name, record.role, self._language)

    def _place(self, record: AuditRecord) -> str:
        """The question, with the number of its row; the row alone; nothing for the whole form."""
        parts = (record.key or "").split("/")[2:]
        if not parts:
            return ""
        item = self._page.form.items.get(parts[1]) if len(parts) > 1 else None
        asked = item.question.in_language(self._language) if item is not None else "/".join(parts[1:])
        number = self._numbers.get(parts[0], "")
        return f"{asked} #{number}".strip() if number else asked

    def _answer(self, record: AuditRecord | None) -> str:
        from crf_app.export.paper_words import word

        if record is None or (record.value is None and not record.missing):
            return word("nothing", self._language)
        if record.value is None:
            return self._missing(record.missing)
        item = self._page.form.items.get((record.key or "").rpartition("/")[2])
        if item is None:
            return record.value
        made = next((one.lists for one in self._page.lines if one.key.item == item.oid), {})
        words = show(item, record.value, {**self._page.study.code_lists, **made}, self._language)
        return f"{words} {shown_unit(record.unit, self._language)}" if record.unit else words

    def _missing(self, code: str | None) -> str:
        from crf_app.export.paper_words import missing_word

        return missing_word(code or "", self._page.study, self._language)


def _queries(session: Session, page: FormPage, language: str) -> list[Entry]:
    threads = [one for one in queries(session, page.key.subject) if one.key.form_key == page.key]
    return [_step(thread, step, language) for thread in threads for step in thread.steps]


def _step(thread: QueryView, step: QueryStep, language: str) -> Entry:
    from crf_app.export.appendix_rows import Entry
    from crf_app.export.paper_words import did

    text = thread.texts.get(language, "") if step.kind == "query.open" else step.text
    what = _colon(did(step.kind, language), text, language) if text else did(step.kind, language)
    who = _signed(step.when, step.name, step.role, language)
    return Entry(who, thread.item.in_language(language), what)


def _signed(at: str, name: str, role: str, language: str) -> str:
    """Local time, and under it the person with the role; what nobody did the program did."""
    from crf_app.export.paper_words import word

    return f"{at}\n{word('program', language) if role == 'system' else f'{name} ({role})'}"


def _colon(before: str, after: str, language: str) -> str:
    return f"{before}{'：' if language == 'zh' else ': '}{after}"
