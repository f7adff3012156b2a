"""Clinical data as ODM 2.0 writes it: a form is an ItemGroupData that holds the groups.

Values, audit record, signature and annotations stand behind what is below them; a query has its own
element, and a unit is a coding of an annotation, since 2.0 knows units as items of their own only.
"""

from __future__ import annotations

from collections.abc import Iterable

from crf_app.exchange.clinical import (
    FLAG_LIST,
    MISSING_LIST,
    QUERY_LIST,
    UCUM,
    Admin,
    Event,
    Form,
    Group,
    Item,
    Note,
    QueryStep,
    Subject,
)
from crf_app.exchange.data_out1 import Write
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


def admin(data: Admin, write: Write) -> None:
    """People, places, and what signatures mean."""
    write("<AdminData>")
    for user in data.users:
        login, full = element("UserName", user.login), element("FullName", user.name)
        write(f"{user_start(user)}{login}{full}</User>")
    for place in data.locations:
        write(
            f'<Location OID="{escaped(place.oid)}" Name="{escaped(place.name)}" Role="Site">'
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
    if one.site is not None:
        write(f'<SiteRef LocationOID="{escaped(one.site)}"/>')
    for event in one.events:
        repeat = attribute("StudyEventRepeatKey", event.repeat_key)
        write(f'<StudyEventData StudyEventOID="{name(event.oid)}"{repeat}{_transaction(event.transaction)}>')
        for form in event.forms:
            _form(form, write)
        write(f"{_tail(event)}</StudyEventData>\n")
    write(f"{_tail(one)}</SubjectData>\n")


def _form(form: Form, write: Write) -> None:
    write(_group_start(form.oid, form.repeat_key, form.transaction))
    write("".join(map(_item, form.items)))
    for group in form.groups:
        start = _group_start(group.oid, group.repeat_key, group.transaction)
        items = "".join(map(_item, group.items))
        write(f"{start}{items}{_tail(group)}</ItemGroupData>")
    write(f"{_tail(form)}</ItemGroupData>")


def _group_start(oid: str, repeat_key: str | None, transaction: str | None) -> str:
    repeat = attribute("ItemGroupRepeatKey", repeat_key)
    return f'<ItemGroupData ItemGroupOID="{name(oid)}"{repeat}{_transaction(transaction)}>'


def _transaction(one: str | None) -> str:
    return "" if one is None else f' TransactionType="{one}"'


def _tail(one: Subject | Event | Form | Group) -> str:
    """What stands behind the children."""
    if one.audit is None and one.signature is None and not one.notes:
        return ""
    audit = "" if one.audit is None else audit_text(one.audit)
    signed = "" if one.signature is None else signature_text(one.signature)
    return audit + signed + _notes(one.notes)


def _item(one: Item) -> str:
    """One ItemData."""
    said = f' TransactionType="{one.transaction}"' if one.transaction is not None else ""
    inside = ""
    if one.value is not None:
        inside = f"<Value>{escaped(one.value)}</Value>"
    elif one.missing is not None:
        said += ' IsNull="Yes"'
    if one.audit is not None:
        inside += audit_text(one.audit)
    if one.signature is not None:
        inside += signature_text(one.signature)
    if one.unit is not None or one.missing or one.queries or one.notes:
        inside += _annotations(one)
    start = f'<ItemData ItemOID="{name(one.oid)}"{said}'
    return f"{start}>{inside}</ItemData>\n" if inside else f"{start}/>\n"


def _annotations(one: Item) -> str:
    out, seq = "", 0
    if one.unit is not None:
        seq += 1
        coding = f'<Coding Code="{name(one.unit)}" System="{UCUM}" SystemName="UCUM"/>'
        out = f'<Annotation SeqNum="{seq}">{coding}</Annotation>'
    if one.missing:
        seq += 1
        flag = flag_text(one.missing, MISSING_LIST, "MISSING", FLAG_LIST)
        out += f'<Annotation SeqNum="{seq}">{flag}</Annotation>'
    for number, step in enumerate(one.queries):
        if step.said is not None:
            seq += 1
            flags = flag_text(str(number), QUERY_LIST, "QUERY.STEP", FLAG_LIST)
            flags += flag_text(step.said, QUERY_LIST, "QUERY.SAID", FLAG_LIST)
            out += f'<Annotation SeqNum="{seq}">{flags}</Annotation>'
    return out + _notes(one.notes) + "".join(map(_query, one.queries))


def _query(step: QueryStep) -> str:
    kind = 'Source="System" Type="System"' if step.system else 'Source="Data Management" Type="Manual"'
    return (
        f'<Query OID="{escaped(step.thread)}" {kind} State="{escaped(step.status)}" '
        f'LastUpdateDatetime="{escaped(step.at)}"><Value>{escaped(step.text)}</Value></Query>'
    )


def _notes(notes: Iterable[Note]) -> str:
    return "".join(
        f'<Annotation SeqNum="{one.seq}">{_comment(one.text)}'
        + "".join(flag_text(flag.value, flag.values, flag.type, flag.types) for flag in one.flags)
        + "</Annotation>"
        for one in notes
    )


def _comment(text: str | None) -> str:
    return "" if text is None else (
        f'<Comment><TranslatedText Type="text/plain">{escaped(text)}</TranslatedText></Comment>')  # fmt: skip
