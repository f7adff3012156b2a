"""A person of this device gets a one-time password anew, another name or role, or leaves."""

from __future__ import annotations

from crf_app.actions.changes import Changes
from crf_app.actions.people.accounts import check_role
from crf_app.actions.people.rotating import rotate
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.crypto.passwords import DEFAULT, Cost
from crf_app.errors import ReasonRequired, WrongState
from crf_app.model.progress import Progress, silent
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.rules.fold import heads_of
from crf_app.store import reads, vault_change
from crf_app.store.people import list_people


def reset_user(session: Session, user: str, one_time: str, reason: str, cost: Cost = DEFAULT) -> Changes:
    """A forgotten password: a one-time one and new keys under the same id.

    What the person signed stays valid under the old certificate; to sign again takes a certificate and a
    witness again.  Raises NotAllowed, IdentityRefused (nobody of this id), WrongState (oneself),
    ReasonRequired, ValueRejected (password).
    """
    session.require(Step.MANAGE_USERS, user)
    if user == session.user:
        raise WrongState(
            "The own password is changed, not reset. Use the card of the own password.",
            "本人密码应修改而非重置，请使用本人密码一栏。",
            where=user,
        )
    why = _reason(reason, user)
    vault_change.reset_user(session.keys, user, one_time, cost)
    done = Draft("user.reset", key=user, reason=why)
    return session.commit(
        [done, Draft("user.grant", key=user, value="active", parents=_heads(session, user))]
    )


def change_person(session: Session, user: str, name: str, role: str, reason: str) -> Changes:
    """Another printed name or role; what was signed keeps the one of then.

    Raises NotAllowed, IdentityRefused, ValueRejected, ReasonRequired, WrongState (nothing changes, or the
    last administrator would step down).
    """
    session.require(Step.MANAGE_USERS, user)
    check_role(role, user)
    why = _reason(reason, user)
    before = next((one for one in list_people(session.home) if one.user == user), None)
    if before is not None and (before.name, before.role) == (name.strip(), role):
        raise WrongState("Name and role are these already.", "姓名与角色未变。", where=user)
    vault_change.set_person(session.keys, user, name=name, role=role)
    said = canonical({"name": name.strip(), "role": role}).decode()
    parents = _heads(session, user, "user.role")
    return session.commit([Draft("user.role", key=user, value=said, parents=parents, reason=why)])


def remove_user(session: Session, user: str, reason: str, progress: Progress = silent) -> Changes:
    """The person leaves: no sign-in, and a new data key, so that nothing written later is ever opened.

    What was signed stays valid; the id is never used again.  Raises as `rotating.rotate`.
    """
    return rotate(session, reason, user, progress)


def _reason(reason: str, user: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ReasonRequired("Say why.", "请说明原因。", where=user)
    return reason


def _heads(session: Session, user: str, kind: str = "user.grant") -> tuple[str, ...]:
    found = [one for one in reads.records_of_kind(session.store.conn, kind) if one.record.key == user]
    return tuple(one.id for one in heads_of(found))
