"""Clinical data as ODM 1.3.2 writes it: statement by statement, each element in the schema's order.

Audit record and signature stand before what is below them; a missing code and the steps of a query are
flags of an annotation, since the standard has no place of their own for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from crf_app.exchange.clinical import (
    FLAG_LIST,
    MISSING_LIST,
    QUERY_LIST,
    Admin,
    Event,
    Form,
    Group,
    Item,
    Note,
    QueryStep,
    Subject,
)
from crf_app.exchange.data_xml import (
    attribute,
    audit_text,
    element,
    escaped,
    flag_text,
    name,
    signature_text,
    user_start,
)

Write = Callable[[str], object]
_STATEMENT = Subject | Event | Form | Group


def admin(data: Admin, write: Write) -> None:
    """People, places, and what signatures mean."""
    write("<AdminData>")
    for user in data.users:
        login, full = element("LoginName", user.login), element("FullName", user.name)
        write(f"{user_start(user)}{login}{full}</User>")
    for place in data.locations:
        write(
            f'<Location OID="{escaped(place.oid)}" Name="{escaped(place.name)}" LocationType="Site">'
            f'<MetaDataVersionRef StudyOID="{escaped(place.study)}" '
            f'MetaDataVersionOID="{escaped(place.version)}" EffectiveDate="{escaped(place.since)}"/>'
            "</Location>"
        )
    for one in data.signatures:
        write(
            f'<SignatureDef OID="{escaped(one.oid)}"{attribute("Methodology", one.method)}>'
            f"{element('Meaning', one.meaning)}{element('LegalReason', one.legal_reason)}</SignatureDef>"
        )
    write("</AdminData>\n")


def subject(one: Subject, write: Write) -> None:
    """One SubjectData."""
    write(f'<SubjectData SubjectKey="{escaped(one.key)}"{_transaction(one.transaction)}>')
    if one.audit is not None:
        write(audit_text(one.audit))
    if one.signature is not None:
        write(signature_text(one.signature))
    if one.site is not None:
        write(f'<SiteRef LocationOID="{escaped(one.site)}"/>')
    if one.notes:
        write(_notes(one.notes))
    for event in one.events:
        repeat = attribute("StudyEventRepeatKey", event.repeat_key)
        write(f'<StudyEventData StudyEventOID="{name(event.oid)}"{repeat}{_transaction(event.transaction)}>')
        write(_head(event))
        for form in event.forms:
            _form(form, write)
        write("</StudyEventData>\n")
    write("</SubjectData>\n")


def _form(form: Form, write: Write) -> None:
    if form.items:
        raise ValueError("in ODM 1.3 every item stands in a group")
    repeat = attribute("FormRepeatKey", form.repeat_key)
    write(f'<FormData FormOID="{name(form.oid)}"{repeat}{_transaction(form.transaction)}>{_head(form)}')
    for group in form.groups:
        repeat = attribute("ItemGroupRepeatKey", group.repeat_key)
        start = f'<ItemGroupData ItemGroupOID="{name(group.oid)}"{repeat}{_transaction(group.transaction)}>'
        items = "".join(map(_item, group.items))
        write(f"{start}{_head(group)}{items}</ItemGroupData>")
    write("</FormData>")


def _transaction(one: str | None) -> str:
    return "" if one is None else f' TransactionType="{one}"'


def _head(one: _STATEMENT) -> str:
    """What stands before the children."""
    if one.audit is None and one.signature is None and not one.notes:
        return ""
    audit = "" if one.audit is None else audit_text(one.audit)
    signed = "" if one.signature is None else signature_text(one.signature)
    return audit + signed + _notes(one.notes)


def _item(one: Item) -> str:
    """One ItemData."""
    said = f' TransactionType="{one.transaction}"' if one.transaction is not None else ""
    if one.value is not None:
        said += f' Value="{escaped(one.value)}"'
    elif one.missing is not None:
        said += ' IsNull="Yes"'
    inside = audit_text(one.audit) if one.audit is not None else ""
    if one.signature is not None:
        inside += signature_text(one.signature)
    if one.unit is not None:
        inside += f'<MeasurementUnitRef MeasurementUnitOID="{name(one.unit)}"/>'
    if one.missing or one.queries or one.notes:
        inside += _annotations(one)
    start = f'<ItemData ItemOID="{name(one.oid)}"{said}'
    return f"{start}>{inside}</ItemData>\n" if inside else f"{start}/>\n"


def _annotations(one: Item) -> str:
    out = []
    if one.missing:
        flag = flag_text(one.missing, MISSING_LIST, "MISSING", FLAG_LIST)
        out.append(f'<Annotation SeqNum="1">{flag}</Annotation>')
    out += [_query(seq, step) for seq, step in enumerate(one.queries, len(out) + 1)]
    return "".join(out) + _notes(one.notes)


def _query(seq: int, step: QueryStep) -> str:
    flags = [flag_text(step.thread, QUERY_LIST, "QUERY.THREAD", FLAG_LIST),
             flag_text(step.status, QUERY_LIST, "QUERY.STATUS", FLAG_LIST),
             flag_text("System" if step.system else "Manual", QUERY_LIST, "QUERY.TYPE", FLAG_LIST),
             flag_text(step.at, QUERY_LIST, "QUERY.AT", FLAG_LIST)]  # fmt: skip
    if step.said is not None:
        flags.append(flag_text(step.said, QUERY_LIST, "QUERY.SAID", FLAG_LIST))
    words = f"<Comment>{escaped(step.text)}</Comment>"
    return f'<Annotation SeqNum="{seq}">{words}{"".join(flags)}</Annotation>'


def _notes(notes: Iterable[Note]) -> str:
    return "".join(
        f'<Annotation SeqNum="{one.seq}">{element("Comment", one.text)}'
        + "".join(flag_text(flag.value, flag.values, flag.type, flag.types) for flag in one.flags)
        + "</Annotation>"
        for one in notes
    )
