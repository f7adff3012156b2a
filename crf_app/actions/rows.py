"""Rows of a repeating group: add one, strike one out with a reason; nothing is deleted."""

from __future__ import annotations

from dataclasses import replace

from crf_app.actions.changes import Changes
from crf_app.actions.consequences import close_queries, follow
from crf_app.actions.enter_data import check_form, check_open, check_unlocked, reopened
from crf_app.actions.session import Session
from crf_app.actions.subject_data import SubjectData
from crf_app.errors import NotFound, ReasonRequired, WrongState
from crf_app.model.form_def import ItemGroupDef
from crf_app.model.keys import Answer, FormKey, ItemKey, new_uid
from crf_app.model.record import Draft, cover
from crf_app.model.workflow import Step
from crf_app.store import reads


def add_row(session: Session, key: FormKey, group_oid: str) -> Changes:
    """A new row of a repeating group; `Changes.row` is its group part (`IG.AE~k3j9x0q2mz`)."""
    session.require(Step.ENTER, str(key))
    data = session.subject(key.subject)
    check_form(session, data, key)
    form = check_open(session, key)
    first = new_row(session, data, key, group_oid)
    part = (first.key or "").rpartition("/")[2]
    more = following(session, data, key, part)
    return replace(session.commit([first, *more, *reopened(session, data, form)]), row=part)


def new_row(session: Session, data: SubjectData, key: FormKey, group_oid: str) -> Draft:
    """The record that adds a row, which is in `data` already.  Raises NotFound, WrongState."""
    group = repeating(data, key, group_oid)
    rows = reads.rows_of_form(session.store.conn, key)
    mine = [one for one in rows if one[0].partition("~")[0] == group_oid]
    if len(mine) >= group.max_rows:
        raise WrongState(
            f"There are {len(mine)} rows already; more are not planned.",
            f"已有 {len(mine)} 行，不可再增加。",
            where=str(key),
        )
    part, n = f"{group_oid}~{new_uid()}", str(len(mine) + 1)
    data.put_row(key, part, n)
    if not any(item.collected for item in data.state(key).items.values() if item.group == part):
        session.forget()
        raise WrongState(
            "These rows are not asked here now. Check the answer they depend on.",
            "此处当前无需填写这些行，请核对其前置项。",
            where=f"{key}/{group_oid}",
        )
    return Draft("row.add", subject=key.subject, key=f"{key.path}/{part}", n=n)


def remove_row(session: Session, key: FormKey, part: str, reason: str) -> Changes:
    """Strike a row out; it stays readable, and what the checks asked about it is closed.

    Raises ReasonRequired, NotFound, WrongState (a locked form, or an answer in the row that is locked).
    """
    session.require(Step.ENTER, str(key))
    check_open(session, key)
    conn = session.store.conn
    row = next((one for one in reads.rows_of_form(conn, key) if one[0] == part and one[1] != "deleted"), None)
    if row is None:
        raise NotFound("There is no such row.", "没有该行。", where=f"{key}/{part}")
    if not reason.strip():
        raise ReasonRequired("Why is this row removed?", "请说明移除该行的原因。", where=f"{key}/{part}")
    data = session.subject(key.subject)
    for local, cell in data.state(key).items.items():
        if cell.group == part:
            check_unlocked(data, ItemKey(key, *local.split("/")), cell)
    inside = [
        one.id
        for one in reads.records_of_form(conn, key)
        if one.record.key and (one.record.key + "/").startswith(f"{key.path}/{part}/")
    ]
    struck = Draft(
        "row.delete",
        subject=key.subject,
        key=f"{key.path}/{part}",
        parents=row[3],
        covers=cover(inside),
        reason=reason.strip(),
    )
    data.take_row(key, part)
    closed = close_queries(conn, key, f"{key.path}/{part}/")
    return session.commit([struck, *closed, *following(session, data, key, part)])


def following(session: Session, data: SubjectData, key: FormKey, part: str) -> list[Draft]:
    """What rules that look at the group's rows say now; the row's own questions are not among it."""
    items = next(one.item for one in data.form_def(key).item_group if one.oid == part.partition("~")[0])
    cells = {ItemKey(key, part, item.oid): Answer() for item in items}
    drafts, _ = follow(session.store.conn, data, cells)
    return [one for one in drafts if not (one.key or "").startswith(f"{key.path}/{part}/")]


def repeating(data: SubjectData, key: FormKey, group_oid: str) -> ItemGroupDef:
    """The group whose rows people add.  Raises NotFound."""
    for group in data.form_def(key).item_group:
        if group.oid == group_oid and group.repeating:
            return group
    raise NotFound("This group has no rows to add.", "该组不可增加行。", where=f"{key}/{group_oid}")
