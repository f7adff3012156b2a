"""Forms on paper: what is drawn, what is signed, what is checked.

Paper is a pure function of one `Drawing` (model/drawing.py), assembled here from the ledger.  A signed
form gives back the signed bytes; anything else is a copy that says so, or a blank form for down time.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Literal

from crf_app.actions.changes import Changes
from crf_app.actions.enter_data import shown
from crf_app.actions.form_page import FormPage, Line, SignatureView, form_page
from crf_app.actions.printing.paper_appendix import ALONE, Extent, appendices_of
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import from_pem, is_issued_by, to_pem
from crf_app.errors import NotFound
from crf_app.model.clock import local_text
from crf_app.model.datatype import show
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.drawing import Change, Drawing, Finding, Header, Manifestation, Mark, Printed
from crf_app.model.keys import Answer, FormKey
from crf_app.model.progress import Progress, silent
from crf_app.model.record import Draft
from crf_app.model.schedule import WORDS
from crf_app.model.units import shown_unit
from crf_app.model.workflow import Step
from crf_app.rules.facts import ItemState
from crf_app.rules.readings import read, standard_words
from crf_app.settings.files import write_file
from crf_app.store import reads

Language = Literal["en", "zh"]
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def record_of_form(session: Session, page: FormPage) -> dict[str, object]:
    """The canonical `crf-record/1` of a form: every item it has, with the digest of its ledger heads."""
    from crf_app.rules.fold import fold_form

    entries = reads.records_of_form(session.store.conn, page.key)
    unit = fold_form(page.key.subject, page.key.path, entries)
    from crf_app.model.record import cover_digest

    items = []
    for line in page.lines:
        answer = line.state.answer
        missing = answer.missing if line.state.collected else (answer.missing or "hidden")
        items.append([line.key.group_oid, line.key.row, line.key.item, answer.value, answer.unit, missing])
    event, _, repeat = page.key.event.partition("~")
    return {
        "format": "crf-record/1",
        "level": "form",
        "study": page.study.oid,
        "site": session.site,
        "subject": page.key.subject,
        "event": [event, repeat],
        "form": [page.key.form_oid, ""],
        "definition": {"version": page.study.version, "sha256": page.study.sha256},
        "items": sorted(items, key=lambda one: [str(part) for part in one[:3]]),
        "audit": {"digest": cover_digest(page.key.path, unit.present_ids())},
    }


def drawing_of_form(session: Session, page: FormPage, language: Language, kind: Literal["S", "C"]) -> Drawing:
    """Everything that stands on the printed form, in one language."""
    now = session.clock.now()
    rows = {group: tuple(row.part.partition("~")[2] for row in some) for group, some in page.rows.items()}
    return Drawing(
        kind=kind,
        language=language,
        record=record_of_form(session, page),
        header=_header(session, page, language),
        marks={
            line.key.local: mark for line in page.lines if (mark := _mark(session, line, language)) != Mark()
        }
        | _deleted(session, page, language),
        rows={group: some for group, some in rows.items() if some},
        signatures=tuple(_manifestation(one, page.study, language) for one in page.signatures)
        if kind == "C"
        else (),
        printed=Printed(
            by=session.name,
            at=local_text(session.stamp().at, session.stamp().offset),
            id="".join(secrets.choice(_BASE32) for _ in range(10)),
        )
        if now
        else Printed(),
    )


def _header(session: Session, page: FormPage, language: Language) -> Header:
    say = _say(language)
    facts = [(say(name), say(value)) for name, value in page.header.fields]
    if page.visit.window.day is not None:
        facts.append((say(Text(en="Study day", zh="研究日")), str(page.visit.window.day)))
    if page.visit.window.outside_days:
        facts.append(
            (say(Text(en="Days outside the window", zh="超窗天数")), str(page.visit.window.outside_days))
        )
    if page.visit.window.state == "missed":
        facts.append((say(Text(en="Visit", zh="访视情况")), say(WORDS["missed"])))
    if page.mistake and page.closed is not None:
        facts.append((say(Text(en="MADE BY MISTAKE", zh="误建")), say(page.closed)))
    elif page.status == "not_done" and page.closed is not None:
        facts.append((say(Text(en="NOT DONE", zh="未做")), say(page.closed)))
    if page.visit.reason:
        facts.append((say(Text(en="Unscheduled because", zh="计划外原因")), page.visit.reason))
    return Header(
        study=say(page.study.title),
        protocol=page.study.protocol,
        site=f"{session.site} {say(page.study.sponsor)}",
        environment=session.env,
        subject=page.header.label,
        visit=say(page.visit.definition.name),
        planned=page.visit.window.planned.isoformat() if page.visit.window.planned else "",
        actual=page.visit.window.actual.isoformat() if page.visit.window.actual else "",
        facts=tuple(facts),
    )


def _say(language: Language):  # type: ignore[no-untyped-def]
    return lambda text: text.in_language(language)


def _mark(session: Session, line: Line, language: Language) -> Mark:
    state = line.state
    standard = standard_words(state.item, state.answer, read(state.item, state.answer))
    named = state.item.link is not None and state.answer.value is not None
    return Mark(
        words=_in_words(line, state.answer, language) if named else "",
        flag=state.flag,
        times=str(state.times_limit) if state.times_limit is not None else "",
        reference=_limits(state, bool(standard)) if state.flag or state.item.lab else "",
        standard=standard,
        hidden=not state.collected,
        kept=not state.collected and not state.answer.empty,
        changed=_changes(session, line, language) if line.steps > 1 and not state.item.derived else (),
        findings=tuple(
            Finding(severity=one.severity, text=one.texts[language], reason=line.settled.get(one.check, ""))
            for one in state.findings
        ),
    )


def _limits(state: ItemState, with_unit: bool) -> str:
    """`40–55`, `≤ 8.0`; with its unit where the result beside it has another one."""
    from crf_app.export.paper_words import between

    reference = state.reference
    words = between(reference.low, reference.high) if reference else ""
    return f"{words} {shown_unit(state.item.unit)}".rstrip() if words and with_unit else words


def _in_words(line: Line, answer: Answer, language: Language) -> str:
    """The answer as its footnote carries it; a row that is named in words."""
    item, value = line.state.item, answer.value
    return shown(answer) if item.link is None or value is None else show(item, value, line.lists, language)


def _changes(session: Session, line: Line, language: Language) -> tuple[Change, ...]:
    records = reads.records_at(session.store.conn, line.key.form_key, line.key.path)
    names = {user: said.get("name", user) for user, (said, _) in reads.people(session.store.conn).items()}
    by_id = {one.id: one.record for one in records}
    out = []
    for _, record in records:
        before = by_id.get(record.parents[-1]) if record.parents else None
        if record.kind in ("item.set", "item.resolve") and before is not None:
            out.append(
                Change(
                    old=_in_words(line, Answer(before.value, before.missing), language) or "∅",
                    new=_in_words(line, Answer(record.value, record.missing), language) or "∅",
                    by=f"{names.get(record.user, record.user)} ({record.role})",
                    at=local_text(record.at, record.offset),
                    reason=record.reason or "",
                )
            )
    return tuple(out)


def _deleted(session: Session, page: FormPage, language: Language) -> dict[str, Mark]:
    out = {}
    for rows in page.rows.values():
        for row in rows:
            if row.state == "deleted":
                records = reads.records_at(session.store.conn, page.key, f"{page.key.path}/{row.part}")
                last = records[-1].record
                words = {"en": "removed", "zh": "已移除"}[language]
                out[row.part] = Mark(
                    deleted=f"{words} {local_text(last.at, last.offset)} {last.user}: {last.reason or ''}"
                )
    return out


def _manifestation(one: SignatureView, study: Study, language: Language) -> Manifestation:
    meanings = {each.code: each.text.in_language(language) for each in study.meanings}
    meaning = meanings.get(one.meaning, one.meaning)
    note = ""
    if not one.valid:
        note = {"en": "broken by a later change", "zh": "因后续修改已失效"}[language]
    return Manifestation(
        role=one.field,
        name=one.name,
        meaning=meaning,
        at=local_text(one.at, one.offset),
        state="valid" if one.valid else "broken",
        note=note,
    )


def form_pdf(
    session: Session, key: FormKey, language: Language, progress: Progress = silent, extent: Extent = ALONE
) -> bytes:
    """The signed bytes while the latest signature is valid, otherwise an unsigned copy that says so.

    With an `extent` of more than the form it is always a copy: what was signed is never added to.
    `progress` counts pages.  Raises Cancelled.
    """
    from crf_app.export.pdf import draw_form

    session.require(Step.PRINT, str(key))
    if extent == ALONE and (signed := signed_pdf(session, key)):
        return signed
    page = form_page(session, key)
    drawing = drawing_of_form(session, page, language, "C")
    return draw_form(drawing, page.study, progress, appendices_of(session, page, language, extent))


def signed_pdf(session: Session, key: FormKey) -> bytes | None:
    """The stored PDF of the latest signature, while it is valid."""
    found = reads.signatures_of_form(session.store.conn, key)
    if not found or not found[-1][1]:
        return None
    said = json.loads(found[-1][0].record.value or "{}")
    return reads.blob(session.store.conn, said.get("pdf_sha256", ""))


def blank_pdf(session: Session, form_oid: str, language: Language, *, sources: bool = False) -> bytes:
    """A blank form for down time; `sources` prints the evidence codes.  Raises NotFound."""
    from crf_app.export.pdf import draw_blank

    session.require(Step.PRINT, form_oid)
    form = session.study.forms.get(form_oid)
    if form is None:
        raise NotFound(f'There is no form "{form_oid}".', f"没有表单“{form_oid}”。", where=form_oid)
    if form.until is not None:
        raise NotFound(
            f"This form is not asked any more (until version {form.until}).",
            f"此表单已不再使用（至第 {form.until} 版）。",
            where=form_oid,
        )
    return draw_blank(form, session.study, language, environment=session.env, sources=sources)


def blank_visit_pdf(session: Session, event_oid: str, language: Language) -> bytes:
    """The blank forms of a visit for down time, one after the other.  Raises NotFound."""
    from crf_app.export.pdf import draw_blank_visit

    session.require(Step.PRINT, event_oid)
    event = session.study.events.get(event_oid)
    if event is None or event.until is not None:
        raise NotFound(f'There is no visit "{event_oid}".', f"没有访视“{event_oid}”。", where=event_oid)
    return draw_blank_visit(event, session.study, language, environment=session.env)


def save_pdf(session: Session, path: Path, data: bytes, what: str) -> Changes:
    """Write the file (whole or not at all) and record that it was given out."""
    write_file(path, data)
    return printed(session, data, what)


def printed(session: Session, data: bytes, what: str) -> Changes:
    """Record a print: what, and the bytes' hash."""
    session.require(Step.PRINT, what)
    said = canonical({"what": what, "sha256": sha256(data)}).decode()
    return session.commit([Draft("print.make", value=said)])


def site_root_pem(session: Session) -> bytes:
    """The site's certificate, to be handed to whoever checks signed forms."""
    return to_pem(session.keys.site_certificate)


def roots_of(pem: bytes) -> list[bytes]:
    """DER certificates of a PEM file with one or more of them."""
    end = b"-----END CERTIFICATE-----"
    return [from_pem(part + end + b"\n") for part in pem.split(end) if b"BEGIN CERTIFICATE" in part]


def issued_here(session: Session, der: bytes) -> bool:
    return is_issued_by(der, session.keys.site_certificate)
