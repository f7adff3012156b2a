"""Everything that one form page shows, computed from the ledger: lines, rows, state, what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crf_app.actions.casebook import Header, Visit, header
from crf_app.actions.consequences import thread_of
from crf_app.actions.enter_data import check_form
from crf_app.actions.gate import closed_by, why_closed
from crf_app.actions.links import LinkRows, link_rows
from crf_app.actions.mark_words import mistake_words, not_done_words
from crf_app.actions.proposals import Suggested, suggestions
from crf_app.actions.session import Session
from crf_app.actions.standing import BLOCKING, OpenPoint, open_points, settled_threads
from crf_app.actions.study.editions import Edition, reads_alike
from crf_app.actions.subject_data import SubjectData
from crf_app.model.clock import local_text
from crf_app.model.datatype import split_codes
from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import CodeList
from crf_app.model.keys import Answer, FormKey, ItemKey
from crf_app.model.retired import forms_asked, until_of
from crf_app.model.workflow import Facts, Step
from crf_app.rules.facts import FormState, ItemState
from crf_app.store import reads
from crf_app.store.reads import ItemRow, QueryRow


@dataclass(frozen=True, slots=True)
class Line:
    """One item as the page shows it.

    `status`: empty saved soft hard query answered locked hidden derived not_done no_right conflict.
    `settled` has the checks that were answered, with the answer; `alternatives` the values in conflict.
    `rows` are those that an item naming a row can name; `suggested` is said at an empty choice, never chosen.
    """

    key: ItemKey
    state: ItemState
    status: str
    settled: Mapping[str, str]
    last: str
    last_event: str
    steps: int
    query: QueryRow | None
    alternatives: tuple[tuple[str, str], ...]
    rows: LinkRows | None = None
    suggested: Suggested | None = None

    @property
    def lists(self) -> Mapping[str, CodeList]:
        """Lists made for the subject in which a stored answer of this item is looked up."""
        return self.rows.lists if self.rows is not None else {}


@dataclass(frozen=True, slots=True)
class Removed:
    """When a row was removed (local, `2026-10-06 14:02:31 +08:00`), by whom, and why."""

    when: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a repeating group: its group part (`IG.AE~…`), number and state.

    Of a removed row no line is made: its answers are here, item OID → answer.
    """

    part: str
    n: str
    state: str
    removed: Removed | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignatureView:
    id: str
    valid: bool
    broken_by: str | None
    user: str
    name: str
    meaning: str
    at: str
    offset: str
    field: str  # the box on paper that it was made for: author, investigator


@dataclass(frozen=True, slots=True)
class FormPage:
    """`may` holds what this person may do now: enter, complete, reopen, sign, explain.

    `closed`: why nothing is entered now (also: not done, made by mistake); None for a form that is open.
    `closed_groups`: groups that are not asked now.
    """

    key: FormKey
    form: FormDef
    header: Header
    visit: Visit
    status: str
    signatures: tuple[SignatureView, ...]
    lines: tuple[Line, ...]
    rows: Mapping[str, tuple[RowView, ...]]
    may: frozenset[str]
    open_points: tuple[OpenPoint, ...]
    answered: int
    asked: int
    study: Study  # the version of the definition by which the form is read
    in_force: str = ""  # the version in force, where it asks the form otherwise
    forms_of_visit: tuple[str, ...] = ()  # those asked now, and retired ones that were begun
    retired: tuple[str, ...] = ()  # answers that an amendment retired: the item, its row, the code chosen
    closed: Text | None = None
    closed_groups: frozenset[str] = frozenset()
    mistake: bool = False  # the visit or the whole subject was made by mistake

    @property
    def version(self) -> str:
        """The version of the definition by which the form is read."""
        return self.study.version

    @property
    def signature(self) -> SignatureView | None:
        """The latest signature, valid or broken."""
        return self.signatures[-1] if self.signatures else None

    @property
    def complete_now(self) -> bool:
        return not any(point.kind in BLOCKING for point in self.open_points)


def form_page(session: Session, key: FormKey) -> FormPage:
    """The page of one form.  Raises NotFound, NotAllowed."""
    session.require(Step.READ, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    state = data.state(key)
    row = data.forms.row(key)
    status = row.status if row else "open"
    closed = _why_closed(data, key, begun=row is not None)
    points = () if closed else tuple(open_points(session, data, key, state=state))
    signatures = signature_views(session, key)
    visit = Visit(
        key.event, data.event_def(key.event), data.window(key.event), dict(data.added).get(key.event, "")
    )
    return FormPage(
        key,
        state.form,
        header(session, data),
        visit,
        status,
        signatures,
        _lines(session, data, key, state, status, can_begin=closed is None),
        _rows(session, data, key),
        _may_now(data, key, _may(session, status, points), closed),
        points,
        state.answered,
        state.asked,
        data.edition(key).study,
        _other_version(session, data, key),
        _forms_of_visit(data, visit),
        _retired(data.edition(key).study, state),
        closed,
        state.closed,
        data.mistake is not None or key.event in data.mistaken,
    )


def _why_closed(data: SubjectData, key: FormKey, *, begun: bool) -> Text | None:
    """Why nothing is entered here now: made by mistake, not done, or the subject's state."""
    if data.mistake is not None:
        return mistake_words(data.mistake, subject=True)
    if key.event in data.mistaken:
        return mistake_words(data.mistaken[key.event], subject=False)
    if key in data.not_done:
        return not_done_words(data.study, data.not_done[key])
    closing = None if begun else closed_by(data, key)
    return why_closed(closing) if closing else None


def _other_version(session: Session, data: SubjectData, key: FormKey) -> str:
    edition, now = data.edition(key), Edition(session.study, session.rules)
    return "" if reads_alike(edition, now, key.form_oid) else now.study.version


def _forms_of_visit(data: SubjectData, visit: Visit) -> tuple[str, ...]:
    asked = forms_asked(visit.definition)
    begun = {key.form for key in data.started_forms() if key.event == visit.event}
    return tuple(oid for oid in visit.definition.form_oids if oid in asked or oid in begun)


def _retired(study: Study, state: FormState) -> tuple[str, ...]:
    """What makes this record's form another one than that of a record without such answers."""
    out = []
    for item in state.items.values():
        rows = state.form.group_of[item.item.oid].rows
        if until_of(state.form, item.item) is not None:
            out.append(item.item.oid)
        elif rows is not None and item.row not in study.offered_lists[rows].by_code:
            out.append(item.local)
        elif item.item.code_list is not None and item.answer.value is not None:
            known = study.offered_lists[item.item.code_list].by_code
            out += [one for one in split_codes(item.item, item.answer.value) if one not in known]
    return tuple(out)


def _may(session: Session, status: str, points: tuple[OpenPoint, ...]) -> frozenset[str]:
    facts = Facts(must_change=session.must_change)
    out = set()
    for name, step in (
        ("enter", Step.ENTER),
        ("complete", Step.COMPLETE),
        ("reopen", Step.REOPEN),
        ("sign", Step.SIGN_APPROVE),
        ("explain", Step.EXPLAIN_HARD),
        ("resolve", Step.RESOLVE),
    ):
        if session.verdict(step, facts).allowed:
            out.add(name)
    if status in ("frozen", "locked"):
        out -= {"enter", "complete", "reopen", "resolve"}
    if status != "open":
        out.discard("complete")
    if status == "not_done":
        out.discard("enter")
    if status not in ("complete", "not_done"):
        out.discard("reopen")
    if status != "complete":
        out.discard("sign")
    return frozenset(out)


def _may_now(data: SubjectData, key: FormKey, may: frozenset[str], closed: Text | None) -> frozenset[str]:
    """Less on a form that is closed; nothing where a visit or subject was made by mistake."""
    if data.mistake is not None or key.event in data.mistaken:
        return frozenset()
    return may - {"enter", "complete"} if closed else may


def _rows(session: Session, data: SubjectData, key: FormKey) -> dict[str, tuple[RowView, ...]]:
    out: dict[str, list[RowView]] = {}
    for part, state, n in data.rows.get(key, []):
        row = RowView(part, n, state)
        if state == "deleted":
            row = replace(row, removed=_removed(session, key, part), answers=_stood(data, key, part))
        out.setdefault(part.partition("~")[0], []).append(row)
    return {group: tuple(rows) for group, rows in out.items()}


def _stood(data: SubjectData, key: FormKey, part: str) -> dict[str, Answer]:
    """The answers of a removed row."""
    start = f"{part}/"
    return {local[len(start) :]: one for local, one in data.values(key).items() if local.startswith(start)}


def _removed(session: Session, key: FormKey, part: str) -> Removed | None:
    """Who removed the row last."""
    conn = session.store.conn
    steps = [one for _, one in reads.records_at(conn, key, f"{key.path}/{part}") if one.kind == "row.delete"]
    if not steps:
        return None
    names = {user: said.get("name", user) for user, (said, _) in reads.people(conn).items()}
    last = steps[-1]
    return Removed(local_text(last.at, last.offset), names.get(last.user, last.user), last.reason or "")


def _lines(
    session: Session, data: SubjectData, key: FormKey, state: FormState, status: str, *, can_begin: bool
) -> tuple[Line, ...]:
    answers = _answers(session, key, state)
    queries = {
        row.key: row
        for row in data.forms.queries(key)
        if not row.check and row.status in ("Open", "Answered")
    }
    last = data.last_values(key, state.items)
    groups = dict.fromkeys(item.link for item in state.form.items.values() if item.link is not None)
    rows = {group: link_rows(data, group) for group in groups}
    enters = can_begin and session.verdict(Step.ENTER).allowed
    suggested = suggestions(session, key)
    out = []
    for local, item in state.items.items():
        group, oid = local.split("/")
        cell = ItemKey(key, group, oid)
        row, query = data.items.get(cell.path), queries.get(cell.path)
        settled = {
            one.check: answers[one.check, local] for one in item.findings if (one.check, local) in answers
        }
        event, answer = last.get(local, ("", Answer()))
        out.append(
            Line(
                cell,
                item,
                _status(item, row, query, settled, status, enters),
                settled,
                answer.value or "",
                event,
                row.steps if row else 0,
                query,
                _alternatives(session, key.subject, row),
                rows.get(item.item.link or ""),
                suggested.get(local) if item.answer.empty else None,
            )
        )
    return tuple(out)


def _status(
    item: ItemState,
    row: ItemRow | None,
    query: QueryRow | None,
    settled: Mapping[str, str],
    status: str,
    enters: bool,
) -> str:
    if row is not None and row.state == "conflict":
        return "conflict"
    if not item.collected:
        return "hidden"
    open_now = {one.severity for one in item.findings if one.check not in settled}
    for severity in ("hard", "soft"):
        if severity in open_now:
            return severity
    if query is not None:
        return "query" if query.status == "Open" else "answered"
    if item.item.derived:
        return "derived"
    if status in ("frozen", "locked"):
        return "locked"
    if item.answer.missing is not None:
        return "not_done"
    if item.answer.value is not None:
        return "saved"
    return "empty" if enters else "no_right"


def _answers(session: Session, key: FormKey, state: FormState) -> dict[tuple[str, str], str]:
    """(check, local) → the reason that settles it."""
    settled = settled_threads(session, key, state)
    rows = {row.thread: row for row in session.subject(key.subject).forms.queries(key)}
    out = {}
    for finding in state.findings:
        thread = thread_of(finding.check, f"{key.path}/{finding.local}", key.subject)
        if thread in settled:
            row = rows[thread]
            records = [reads.record(session.store.conn, key.subject, row.key, id_) for id_ in row.steps]
            words = [one.reason for one in records if one and one.kind == "query.answer" and one.reason]
            out[finding.check, finding.local] = words[-1] if words else ""
    return out


def _alternatives(session: Session, uid: str, row: ItemRow | None) -> tuple[tuple[str, str], ...]:
    """(record id, value) of each head in conflict."""
    if row is None or row.state != "conflict":
        return ()
    records = [(id_, reads.record(session.store.conn, uid, row.key, id_)) for id_ in row.heads]
    return tuple((id_, (one.value or one.missing or "") if one else "") for id_, one in records)


def signature_views(session: Session, key: FormKey) -> tuple[SignatureView, ...]:
    """Every signature on the form, oldest first; a broken one stays for ever."""
    import json

    out = []
    for one, valid, broken_by in session.subject(key.subject).forms.signatures(key):
        said = json.loads(one.record.value or "{}")
        name = said.get("signed", {}).get("signer", {}).get("name", one.record.user)
        out.append(
            SignatureView(
                one.id,
                valid,
                broken_by,
                one.record.user,
                name,
                one.record.meaning or "",
                one.record.at,
                one.record.offset,
                said.get("field", "investigator"),
            )
        )
    return tuple(out)
