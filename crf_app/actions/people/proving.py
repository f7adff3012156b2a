"""Who a person is, shown by the own password, while somebody else is at work on this device.

The session stays whose it is; what the other person answers or confirms is recorded as hers.  Wrong tries are
counted and recorded as at sign-in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crf_app.actions.people.people_here import Person, people
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.errors import AccountLocked, MustChangePassword, NotAllowed, WrongPassword
from crf_app.model.record import Draft
from crf_app.model.workflow import Facts, Step, may
from crf_app.store import vault
from crf_app.store.store import Sign


@dataclass(frozen=True, slots=True)
class Proven:
    """A person who has just given her own password: account, printed name, role, and her key to seal with."""

    user: str
    name: str
    role: str
    seal: Sign = field(repr=False, compare=False)


def prove(session: Session, user: str, password: str) -> Proven:
    """The person behind `user`, if the password is hers.

    Raises WrongPassword, AccountLocked (both recorded), IdentityRefused, MustChangePassword, NotAllowed for a
    role that confirms nothing, VaultTampered.
    """
    try:
        found = vault.open_vault(session.home, user, password, clock=session.clock.monotonic)
    except (WrongPassword, AccountLocked) as refusal:
        said = canonical({"code": refusal.code}).decode()
        session.commit([Draft("session.fail", key=user, value=said)])
        raise
    if found.must_change or found.sign is None:
        raise MustChangePassword(
            f"{found.name} still has a one-time password. Sign in once and choose an own one.",
            f"{found.name} 仍使用一次性密码，请先登录并设置自己的密码。",
        )
    verdict = may(found.role, Step.CONFIRM, Facts())
    if not verdict.allowed:
        session.record_refusal(Step.CONFIRM, verdict, user)
        raise NotAllowed(verdict.en, verdict.zh, where=user, step=Step.CONFIRM.value, code=verdict.code)
    return Proven(found.user, found.name, found.role, found.sign.sign)


def who_may_prove(session: Session) -> list[Person]:
    """People of this device who may confirm, by name."""
    known = people(session.home)
    return sorted(
        (one for one in known if may(one.role, Step.CONFIRM, Facts()).allowed), key=lambda one: one.name
    )
