"""Records of one unit → what stands there now.  The same code on a device and at central.

State is a pure function of the *set* of records: order, repeats and detours of delivery cannot matter.
A *head* is a record that no other record of its cell names as parent; order is (tick, id), never a clock.
A judgement (signature, lock, deletion) holds for what it covers and for nothing else.
A kind or status this program does not know is kept, listed under `unknown`, and changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from crf_app.model.record import KINDS, AuditRecord, conflict_id, cover_digest
from crf_app.rules.unit_state import (
    ANSWER_KINDS,
    EVENT_ORDER,
    GRANT_ORDER,
    QUERY_NEED,
    QUERY_STEP,
    ROW_KINDS,
    STATUS_ORDER,
    SUBJECT_ORDER,
    Cell,
    Entry,
    FormUnit,
    HeaderUnit,
    Row,
    SignatureState,
    Thread,
)


def unit_of(record: AuditRecord) -> str:
    """The unit that is folded and locked together: `F|subject|event/form`, `S|subject` or `G` (the study)."""
    return unit_at(record.subject, record.key)


def unit_at(subject: str | None, key: str | None) -> str:
    """As `unit_of`, from a record's place."""
    if subject is None:
        return "G"
    parts = (key or "").split("/", 2)
    return f"F|{subject}|{parts[0]}/{parts[1]}" if len(parts) > 1 else f"S|{subject}"


def fold(unit: str, entries: Iterable[Entry]) -> FormUnit | HeaderUnit:
    """The state of `unit` from its records, in any order and with any repeats."""
    ordered = sorted({one.id: one for one in entries}.values(), key=lambda one: one.order)
    if unit.startswith("F|"):
        _, subject, form = unit.split("|", 2)
        return fold_form(subject, form, ordered)
    return fold_header(ordered)


def heads_of(entries: Sequence[Entry], through: Sequence[Entry] = ()) -> tuple[Entry, ...]:
    """The records that no other of these names as parent, in order; also not by way of `through`."""
    between = {one.id: one.record.parents for one in through}
    named: set[str] = set()
    waiting = [parent for one in entries for parent in one.record.parents]
    while waiting:
        parent = waiting.pop()
        if parent not in named:
            named.add(parent)
            waiting.extend(between.get(parent, ()))
    return tuple(one for one in entries if one.id not in named)


def closure(covers: Iterable[str], entries: Sequence[Entry]) -> set[str]:
    """Full ids of the covered records and all their ancestors.  `covers` holds first 16 digits."""
    by_id = {one.id: one for one in entries}
    short = set(covers)
    waiting = [one.id for one in entries if one.id[:16] in short]
    seen: set[str] = set()
    while waiting:
        id_ = waiting.pop()
        if id_ in seen:
            continue
        seen.add(id_)
        if id_ in by_id:
            waiting.extend(by_id[id_].record.parents)
    return seen


def fold_form(subject: str, form: str, entries: Sequence[Entry]) -> FormUnit:
    """One form instance: answers, rows, status, queries, signatures.  `entries` are in order."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        groups[_family(one.record)].append(one)
    status, status_heads = _fold_status(groups["status"], groups["unknown"])
    inside = _inside_lock(status_heads, entries)
    answers = {key: fold_answer(key, cell, inside) for key, cell in _by_key(groups["answer"]).items()}
    rows = _fold_rows(groups["row"], groups["answer"], inside)
    conflicts = {conflict_id(subject, key): key for key, cell in answers.items() if cell.state == "conflict"}
    unit = FormUnit(
        answers,
        rows,
        status,
        status_heads,
        _fold_queries(groups["query"]),
        (),
        conflicts,
        tuple(sorted(one.id for one in groups["unknown"])),
    )
    if not groups["sign"]:
        return unit
    return _with_signatures(unit, form, groups["sign"], entries)


def _family(record: AuditRecord) -> str:
    kind = record.kind
    if kind == "form.status" and record.value not in STATUS_ORDER:
        return "unknown"
    if kind in ANSWER_KINDS:
        return "answer"
    if kind in ROW_KINDS:
        return "row"
    if kind in QUERY_STEP:
        return "query"
    families = {
        "form.status": "status",
        "form.migrate": "version",
        "sign.make": "sign",
        "print.make": "print",
        "import.make": "import",
    }
    return families.get(kind, "unknown")


def _by_key(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    out: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        out[one.record.key or ""].append(one)
    return out


def fold_answer(key: str, entries: Sequence[Entry], inside: set[str] | None = None) -> Cell:
    """One answer's cell; `inside` limits it to what a lock has seen (None = no lock)."""
    kept = [one for one in entries if inside is None or one.id in inside]
    late = () if inside is None else tuple(one for one in heads_of(entries) if one.id not in inside)
    if not kept:
        return Cell(key, "late", _without_value(late[-1]), (), late)
    heads = heads_of(kept)
    shown = max(heads, key=lambda one: one.order)
    return Cell(key, _answer_state(heads, kept), shown, heads, late)


def _without_value(one: Entry) -> Entry:
    return Entry(one.id, replace(one.record, value=None, missing=None, unit=None))


def _answer_state(heads: Sequence[Entry], entries: Sequence[Entry]) -> str:
    contents = {(one.record.value, one.record.missing, one.record.unit) for one in heads}
    if len(contents) == 1:
        return "clean"
    if all(one.record.kind == "item.derive" for one in heads):
        return "recompute"
    known = {one.id for one in entries}
    if any(parent not in known for one in entries for parent in one.record.parents):
        return "waiting"
    return "conflict"


def _fold_status(entries: Sequence[Entry], unknown: Sequence[Entry]) -> tuple[str, tuple[Entry, ...]]:
    heads = heads_of(entries, unknown)
    return max((one.record.value or "open" for one in heads), key=STATUS_ORDER.index, default="open"), heads


def _inside_lock(status_heads: Sequence[Entry], entries: Sequence[Entry]) -> set[str] | None:
    closing = [one.record for one in status_heads if one.record.value in ("frozen", "locked")]
    if not closing:
        return None
    return closure((short for record in closing for short in record.covers), entries)


def _fold_rows(rows: Sequence[Entry], answers: Sequence[Entry], inside: set[str] | None) -> dict[str, Row]:
    out: dict[str, Row] = {}
    for key, entries in _by_key(rows).items():
        kept = [one for one in entries if inside is None or one.id in inside]
        late = () if inside is None else tuple(one for one in heads_of(entries) if one.id not in inside)
        heads = heads_of(kept)
        of_row = [
            one
            for one in answers
            if (one.record.key or "").startswith(key + "/") and (inside is None or one.id in inside)
        ]
        numbers = [one.record.n for one in entries if one.record.kind == "row.add" and one.record.n]
        out[key] = Row(key, _row_state(heads, [*of_row, *kept]), numbers[0] if numbers else "", heads, late)
    return out


def _row_state(heads: Sequence[Entry], entries: Sequence[Entry]) -> str:
    if not heads:
        return "late"
    deletions = [one for one in heads if one.record.kind == "row.delete"]
    if not deletions:
        return "live"
    seen = closure((short for one in deletions for short in one.record.covers), entries)
    unseen = [one for one in entries if one.id not in seen and one.record.kind != "row.delete"]
    return "deleted" if len(deletions) == len(heads) and not unseen else "contested"


def _fold_queries(entries: Sequence[Entry]) -> dict[str, Thread]:
    threads: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        threads[one.record.thread or ""].append(one)
    return {name: fold_thread(name, steps) for name, steps in threads.items()}


def fold_thread(name: str, steps: Sequence[Entry]) -> Thread:
    """One query's status: among its heads the one that most needs a person wins."""
    statuses = [QUERY_STEP[one.record.kind] for one in heads_of(steps)]
    return Thread(name, steps[0].record.key or "", max(statuses, key=QUERY_NEED.index), tuple(steps))


def _with_signatures(unit: FormUnit, form: str, signs: Sequence[Entry], entries: Sequence[Entry]) -> FormUnit:
    present = unit.present_ids()
    judged = [one for one in entries if _family(one.record) in ("answer", "row")]
    states = tuple(_signature(one, form, present, judged) for one in signs)
    return FormUnit(
        unit.answers,
        unit.rows,
        unit.status,
        unit.status_heads,
        unit.queries,
        states,
        unit.conflicts,
        unit.unknown,
    )


def _signature(sign: Entry, form: str, present: Sequence[str], judged: Sequence[Entry]) -> SignatureState:
    record = sign.record
    short = tuple(sorted({id_[:16] for id_ in present}))
    if record.covers == short and record.digest == cover_digest(form, present):
        return SignatureState(sign.id, sign, True, None)
    seen = closure(record.covers, judged)
    outside = [one.id for one in judged if one.id not in seen]
    return SignatureState(sign.id, sign, False, outside[0] if outside else None)


def fold_header(entries: Sequence[Entry]) -> HeaderUnit:
    """Cells of a subject or of the study, each with its heads."""
    cells: dict[str, list[Entry]] = defaultdict(list)
    unknown = []
    for one in entries:
        if _known_in_header(one.record):
            cells[_header_cell(one)].append(one)
        else:
            unknown.append(one)
    heads = {name: heads_of(some, unknown) for name, some in cells.items()}
    return HeaderUnit(heads, tuple(sorted(one.id for one in unknown)))


def _known_in_header(record: AuditRecord) -> bool:
    if record.kind == "subject.status":
        return record.value in SUBJECT_ORDER
    if record.kind == "event.status":
        return record.value in EVENT_ORDER
    return record.kind in KINDS and (record.kind != "user.grant" or record.value in GRANT_ORDER)


def _header_cell(one: Entry) -> str:
    record = one.record
    named = {"subject.add": "label", "subject.label": "label", "subject.status": "status"}
    if record.kind in named:
        return named[record.kind]
    if record.kind in (
        "event.add",
        "event.status",
        "user.add",
        "user.grant",
        "user.role",
        "device.enrol",
        "device.revoke",
        "lab.range",
        "lab.mapping",
    ):
        return f"{record.kind}:{record.key}"
    return f"{record.kind}:{one.id}"  # events that replace nothing


def waiting_parents(entries: Sequence[Entry]) -> set[str]:
    """Ids that are named as parents but have not arrived."""
    known = {one.id for one in entries}
    return {parent for one in entries for parent in one.record.parents} - known
