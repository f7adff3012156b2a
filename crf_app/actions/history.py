"""One value through time, in ledger order; and how a derived value is computed."""

from __future__ import annotations

from dataclasses import dataclass

from crf_app.actions.enter_data import shown
from crf_app.actions.session import Session
from crf_app.errors import NotFound
from crf_app.model.clock import local_text
from crf_app.model.keys import Answer, ItemKey
from crf_app.model.workflow import Step
from crf_app.store import reads
from crf_app.store.own_chains import own_chains


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One record about the value.  `safe`: central holds it by its hash."""

    id: str
    when: str
    at: str
    user: str
    name: str
    role: str
    kind: str
    old: str
    new: str
    unit: str
    reason: str
    device: str
    epoch: int
    seq: int
    version: str
    app: str
    safe: bool


def history(session: Session, key: ItemKey) -> list[HistoryStep]:
    """Every step of one answer, oldest first, queries about it included."""
    session.require(Step.READ, str(key))
    conn = session.store.conn
    records = reads.placed_at(conn, key.form_key, key.path)
    safe = {one.identity.epoch: one.safe for one in own_chains(session.store)}
    names = {user: said.get("name", user) for user, (said, _) in reads.people(conn).items()}
    by_id = {one.id: one.record for _, one in records}
    out = []
    for (device, epoch, seq), (id_, record) in records:
        before = by_id.get(record.parents[-1]) if record.parents else None
        old = Answer(before.value, before.missing) if before and record.kind.startswith("item.") else Answer()
        new = Answer(record.value, record.missing) if record.kind.startswith("item.") else Answer()
        out.append(
            HistoryStep(
                id_,
                local_text(record.at, record.offset),
                record.at,
                record.user,
                names.get(record.user, record.user),
                record.role,
                record.kind,
                shown(old),
                shown(new),
                record.unit or "",
                record.reason or "",
                device,
                epoch,
                seq,
                record.def_ or "",
                record.app,
                device == session.device and seq <= safe.get(epoch, 0),
            )
        )
    return out


def explain(session: Session, key: ItemKey) -> dict[str, str]:
    """How a derived value is computed: formula, version and inputs, in both languages.  Raises NotFound."""
    session.require(Step.READ, str(key))
    data = session.subject(key.subject)
    form = data.form_def(key.form_key)
    item = form.items.get(key.item)
    if item is None or item.method is None:
        raise NotFound("This value is not calculated.", "此值并非自动计算。", where=str(key))
    method = form.methods[item.method]
    program = session.rules.forms[form.oid].methods[key.item]
    inputs = ", ".join(sorted(name.name for name in program.names))
    words = (
        {"en": method.description.en, "zh": method.description.zh}
        if method.description
        else {"en": "", "zh": ""}
    )
    return {
        "en": f"{words['en']} {method.expression}  (version {method.version}; reads {inputs})".strip(),
        "zh": f"{words['zh']} {method.expression}（版本 {method.version}；取自 {inputs}）".strip(),
    }
