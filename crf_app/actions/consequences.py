"""What follows from a change, in the same transaction: derived values, and the checks' queries.

Derived answers of every form that reads what changed are derived again until nothing changes; then each
touched form is checked, and a check that fires opens a query in the system's name, one that no longer
fires closes it.  The same finding (same check, same operands) is asked once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from crf_app.actions.subject_data import SubjectData, at_most
from crf_app.crypto.canonical import canonical
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.program_reasons import NO_LONGER_FIRES, ROW_REMOVED
from crf_app.model.record import Draft
from crf_app.rules.expression import Readers, Rules
from crf_app.rules.facts import Finding, FormState
from crf_app.store import reads
from crf_app.store.reads import QueryRow

SYSTEM: Final = "system"
_ROUNDS: Final = 1000


def thread_of(check: str, path: str, subject: str) -> str:
    """The id of a system query: two devices open one."""
    return "Q-" + hashlib.sha256(f"{check}\n{subject}\n{path}".encode()).hexdigest()[:16]


def follow(
    conn: Any, data: SubjectData, changed: Mapping[ItemKey, Answer]
) -> tuple[list[Draft], tuple[Finding, ...]]:
    """The records that follow from `changed` (already in `data`), and the findings of the first form."""
    derived, touched = _derive(data, changed)
    drafts = [_derived_draft(data, key, answer) for key, answer in derived.items()]
    findings: tuple[Finding, ...] = ()
    first = next(iter(changed)).form_key if changed else None
    for key in sorted(touched):
        state = data.state(key)
        drafts += _query_drafts(conn, data, key, state)
        if key == first:
            findings = state.findings
    return drafts, findings


def _derive(data: SubjectData, changed: Iterable[ItemKey]) -> tuple[dict[ItemKey, Answer], set[FormKey]]:
    before: dict[ItemKey, Answer] = {}
    touched: set[FormKey] = set()
    waiting = dict.fromkeys(readers(data, changed))
    for _ in range(_ROUNDS):
        if not waiting:
            break
        key = next(iter(waiting))
        del waiting[key]
        touched.add(key)
        for local, answer in data.state(key).derived.items():
            stood = data.values(key).get(local, Answer())
            if stood != answer:
                group, item = local.split("/")
                cell = ItemKey(key, group, item)
                before.setdefault(cell, stood)
                data.put(cell, answer)
                waiting |= dict.fromkeys(other for other in readers(data, [cell]) if other != key)
    now = {cell: data.values(cell.form_key)[cell.local] for cell in before}
    return {cell: answer for cell, answer in now.items() if answer != before[cell]}, touched


def readers(data: SubjectData, items: Iterable[ItemKey]) -> list[FormKey]:
    """The started forms whose rules may say something else when `items` change, their own forms first."""
    changed: dict[FormKey, list[str]] = {}
    for item in items:
        changed.setdefault(item.form_key, []).append(item.item)
    out = list(changed)
    for own, oids in changed.items():
        out += _other_readers(data, own, oids)
        out += _told_of_begun(data, own, len(oids))
    return list(dict.fromkeys(out))


def _told_of_begun(data: SubjectData, own: FormKey, changed: int) -> list[FormKey]:
    """Forms of the visit that ask which forms nobody has begun, when this one has just been begun."""
    if not at_most(changed, data.values(own)):
        return []
    return [
        key
        for key in data.started_forms()
        if key.event == own.event
        and key != own
        and key.form_oid in data.edition(key).rules.asking_what_is_missing
    ]


def _other_readers(data: SubjectData, own: FormKey, items: Sequence[str]) -> list[FormKey]:
    """The started forms but `own` whose rules read one of `items` of it, sorted."""
    told = {id(rules): _told(rules, own, items) for rules in data.rules_in_use}
    if not any(one.visit or one.later or one.subject for one in told.values()):
        return []
    events = data.events()
    after = set(events[events.index(own.event) + 1 :] if own.event in events else events)
    return sorted(
        key
        for key in data.started_forms()
        if key != own and _reads(told[id(data.edition(key).rules)], key, own, after)
    )


def _told(rules: Rules, own: FormKey, items: Iterable[str]) -> Readers:
    """The forms that read one of `items` of the form `own`, under one version."""
    found = [rules.forms_reading(item) for item in items]
    return Readers(
        frozenset().union(*(one.visit for one in found)) - {own.form_oid},
        frozenset().union(*(one.later for one in found)),
        frozenset().union(*(one.subject for one in found)),
    )


def _reads(told: Readers, key: FormKey, own: FormKey, after: Collection[str]) -> bool:
    return (
        (key.event == own.event and key.form_oid in told.visit)
        or (key.event in after and key.form_oid in told.later)
        or key.form_oid in told.subject
    )


def _derived_draft(data: SubjectData, key: ItemKey, answer: Answer) -> Draft:
    row = data.items.get(key.path)
    return Draft(
        "item.derive",
        subject=key.subject,
        key=key.path,
        parents=row.heads if row else (),
        value=answer.value,
        missing=answer.missing,
        unit=answer.unit,
        user=SYSTEM,
        role=SYSTEM,
    )


def ask_again(conn: Any, data: SubjectData, key: FormKey) -> list[Draft]:
    """Open or close the queries of one form by what holds now: time alone may have settled a check."""
    return _query_drafts(conn, data, key, data.state(key))


def _query_drafts(conn: Any, data: SubjectData, key: FormKey, state: FormState) -> list[Draft]:
    uid, threads = data.uid, {row.thread: row for row in data.forms.queries(key) if row.check}
    out, firing = [], set()
    for finding in state.findings:
        if finding.severity == "info":
            continue
        path = f"{key.path}/{finding.local}"
        thread = thread_of(finding.check, path, uid)
        if thread in firing:
            continue
        firing.add(thread)
        if draft := _asked(conn, uid, path, thread, finding, threads.get(thread)):
            out.append(draft)
    for thread, row in threads.items():
        if thread not in firing and row.status in ("Open", "Answered"):
            out.append(_step("query.close", uid, row.key, thread, row.heads, reason=NO_LONGER_FIRES))
    return out


def close_queries(conn: Any, key: FormKey, under: str) -> list[Draft]:
    """The system's queries about places that begin with `under` end: their row was removed."""
    return [
        _step("query.close", key.subject, row.key, row.thread, row.heads, reason=ROW_REMOVED)
        for row in reads.queries_of_form(conn, key)
        if row.check and row.key.startswith(under) and row.status in ("Open", "Answered")
    ]


def _asked(
    conn: Any, uid: str, path: str, thread: str, finding: Finding, row: QueryRow | None
) -> Draft | None:
    said = {
        "check": finding.check,
        "ec": finding.ec,
        "severity": finding.severity,
        "en": finding.texts["en"],
        "zh": finding.texts["zh"],
        "operands": dict(finding.operands),
    }
    value = canonical(said).decode()
    if row is None:
        return _step("query.open", uid, path, thread, (), value=value)
    standing = row.status in ("Open", "Answered") or _closed_by_a_person(conn, row)
    if standing and last_operands(conn, row) == said["operands"]:
        return None
    return _step("query.reopen", uid, path, thread, row.heads, value=value)


def _closed_by_a_person(conn: Any, row: QueryRow) -> bool:
    last = reads.record(conn, row.subject, row.key, row.steps[-1])
    return last is not None and last.kind == "query.close" and last.role != SYSTEM


def last_operands(conn: Any, row: QueryRow) -> object:
    """The operands for which a system query was asked last."""
    return asked(conn, row).get("operands")


def asked(conn: Any, row: QueryRow) -> dict[str, Any]:
    """What a system query asked last: check, severity, sentences, operands."""
    for id_ in reversed(row.steps):
        record = reads.record(conn, row.subject, row.key, id_)
        if (
            record
            and record.role == SYSTEM
            and record.value
            and record.kind in ("query.open", "query.reopen")
        ):
            found: dict[str, Any] = json.loads(record.value)
            return found
    return {}


def _step(
    kind: str,
    uid: str,
    path: str,
    thread: str,
    parents: tuple[str, ...],
    *,
    value: str | None = None,
    reason: str | None = None,
) -> Draft:
    return Draft(
        kind,
        subject=uid,
        key=path,
        thread=thread,
        parents=parents,
        value=value,
        reason=reason,
        user=SYSTEM,
        role=SYSTEM,
    )
