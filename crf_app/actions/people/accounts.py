"""People of this device: add, change the own password, certify, witness.

Two people stand behind every signer: the administrator issues the certificate, another person compares
the fingerprint with the signer and witnesses the identity (21 CFR 11.100(b), 11.200(a)(3)).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from crf_app.actions.changes import Changes
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import is_issued_by, make_user_certificate, read_certificate
from crf_app.crypto.encoding import b64, fingerprint, unb64
from crf_app.crypto.passwords import DEFAULT, Cost
from crf_app.errors import NotFound, ValueRejected, WrongState
from crf_app.model.record import AuditRecord, Draft
from crf_app.model.workflow import ROLES, Facts, Step
from crf_app.store import reads, vault_change
from crf_app.store.people import shown_state
from crf_app.store.vault_change import NewPerson
from crf_app.store.vault_file import people_slots, read_vault


@dataclass(frozen=True, slots=True)
class UserRow:
    """One person.  `fingerprint` is empty before the own password was chosen."""

    user: str
    name: str
    role: str
    state: str
    fingerprint: str
    certified: bool
    witnessed: bool


@dataclass(frozen=True, slots=True)
class Certified:
    """A person's present certificate (DER) and who vouches for it."""

    user: str
    der: bytes
    sha256: str
    issuer: str
    witnesses: tuple[str, ...]


def list_users(session: Session) -> list[UserRow]:
    """Everybody with a slot on this device."""
    session.require(Step.OWN_PASSWORD)
    vault, issued = read_vault(session.home), certificates(session)
    out = []
    from crf_app.store.attempts import read_attempts

    tries = read_attempts(session.home)
    for slot in people_slots(vault):
        public, mine = slot["sign_public"], issued.get(slot["id"])
        out.append(
            UserRow(
                slot["id"],
                slot["name"],
                slot["role"],
                shown_state(vault, slot["id"], tries),
                fingerprint(unb64(public)) if public else "",
                mine is not None,
                mine is not None and bool(mine.witnesses),
            )
        )
    return out


def add_user(
    session: Session, user: str, name: str, role: str, one_time: str, cost: Cost = DEFAULT
) -> Changes:
    """A new person with a one-time password, to be changed at the first sign-in.

    Raises ValueRejected, WrongState (the id was used), NotAllowed.
    """
    session.require(Step.MANAGE_USERS, user)
    check_role(role, user)
    if user in reads.people(session.store.conn):
        raise WrongState(
            "This user id was used before; ids are never used again.",
            "该用户名曾被使用，不可再用。",
            where=user,
        )
    vault_change.add_user(session.keys, NewPerson(user, name, role, one_time), cost=cost)
    said = canonical({"name": name, "role": role}).decode()
    return session.commit(
        [Draft("user.add", key=user, value=said), Draft("user.grant", key=user, value="active")]
    )


def check_role(role: str, user: str) -> None:
    """Raises ValueRejected, with the roles there are."""
    if role not in ROLES:
        raise ValueRejected(
            f'"{role}" is not a role. Choose one of {", ".join(ROLES)}.',
            f"“{role}”不是角色，可选：{'、'.join(ROLES)}。",
            where=user,
        )


def change_password(session: Session, old: str, new: str, cost: Cost = DEFAULT) -> Changes:
    """The own password.  The first change also makes the signing key and asks for its certificate."""
    session.require(Step.OWN_PASSWORD)
    first = session.keys.sign is None
    keys = vault_change.change_password(session.keys, old, new, cost=cost, clock=session.clock.monotonic)
    session.keys = keys
    drafts = [Draft("vault.password", key=session.user)]
    if first and keys.sign is not None:
        asked = canonical({"public": b64(keys.sign.public)}).decode()
        drafts.append(Draft("key.request", key=session.user, value=asked))
        if keys.site_key is not None:
            drafts.append(_issue(session, session.user, keys.sign.public))
    return session.commit(drafts)


def certify(session: Session, user: str) -> Changes:
    """Issue the certificate of a person who has chosen the own password.  Raises NotFound, WrongState."""
    session.require(Step.CERTIFY, user)
    public = _public_key(session, user)
    mine = certificates(session).get(user)
    if mine is not None:
        raise WrongState("This person has a certificate for this key.", "该人员的密钥已有证书。", where=user)
    _refuse_withdrawn_key(session, user, public)
    return session.commit([_issue(session, user, public)])


def _issue(session: Session, user: str, public: bytes) -> Draft:
    site_key = session.keys.site_key
    if site_key is None:
        raise WrongState(
            "Choose your own password first, then sign in again.", "请先设置自己的密码并重新登录。"
        )
    slot = next(one for one in people_slots(read_vault(session.home)) if one["id"] == user)
    der = make_user_certificate(
        site_key, session.keys.site_certificate, public, user, slot["name"], session.clock.now()
    )
    said = {"certificate": b64(der), "fingerprint": fingerprint(public), "sha256": sha256(der)}
    return Draft("key.certify", key=user, value=canonical(said).decode())


def _bare(fingerprint: str) -> str:
    """As it is read out or typed: capitals, blanks and hyphens make no difference."""
    return "".join(fingerprint.replace("-", "").split()).upper()


def witness(session: Session, user: str, compared: str = "") -> Changes:
    """Confirm that this key belongs to this person, after comparing the fingerprint on both screens.

    `compared` is the fingerprint that the witness read; empty only where the caller showed it.  Raises
    NotAllowed (oneself, the administrator who issued the certificate, or somebody whose own identity has no
    witness yet), WrongState (no certificate yet),
    ValueRejected (another fingerprint).
    """
    issued = certificates(session)
    mine, own = issued.get(user), issued.get(session.user)
    if mine is None and session.role == "administrator" and session.keys.site_key is not None:
        return certify(session, user)  # the administrator's part comes first
    same = user == session.user or (mine is not None and mine.issuer == session.user)
    known = own is not None and bool(own.witnesses)
    session.require(Step.WITNESS, user, Facts(session.must_change, own is not None, known, same))
    if mine is None:
        raise WrongState(
            "There is no certificate yet. The administrator issues it first.",
            "尚无证书，请管理员先签发。",
            where=user,
        )
    if compared and _bare(compared) != _bare(fingerprint(_public_key(session, user))):
        raise ValueRejected(
            "This is not the fingerprint of this person's key. Compare again.",
            "与该人员密钥的指纹不符，请重新核对。",
            where=user,
        )
    said = {"certificate_sha256": mine.sha256, "witness": session.user, "occasion": "fingerprint compared"}
    return session.commit([Draft("key.witness", key=user, value=canonical(said).decode())])


def _public_key(session: Session, user: str) -> bytes:
    for slot in people_slots(read_vault(session.home)):
        if slot["id"] == user:
            if not slot["sign_public"]:
                raise WrongState(
                    "This person has not chosen an own password yet.",
                    "该人员尚未设置自己的密码。",
                    where=user,
                )
            return unb64(slot["sign_public"])
    raise NotFound("Nobody with this user id is here.", "本机没有该用户。", where=user)


def certificates(session: Session) -> dict[str, Certified]:
    """user id → the certificate of the present key, and its witnesses; older ones stay in the ledger."""
    keys = {slot["id"]: slot["sign_public"] for slot in people_slots(read_vault(session.home))}
    out: dict[str, Certified] = {}
    withdrawn = revoked(session.store.conn)
    for _, record in reads.records_of_kind(session.store.conn, "key.certify"):
        said = json.loads(record.value or "{}")
        der, user = unb64(said["certificate"]), record.key or ""
        if keys.get(user) and _certifies(session, der, said, user, unb64(keys[user])):
            if said["sha256"] in withdrawn:
                continue
            out[user] = Certified(user, der, said["sha256"], record.user, ())
    for _, record in reads.records_of_kind(session.store.conn, "key.witness"):
        said, user = json.loads(record.value or "{}"), record.key or ""
        mine = out.get(user)
        if mine is not None and said["certificate_sha256"] == mine.sha256:
            out[user] = Certified(
                user, mine.der, mine.sha256, mine.issuer, (*mine.witnesses, said["witness"])
            )
    return out


def revoked(conn: Any) -> dict[str, AuditRecord]:
    """SHA-256 of each certificate that was withdrawn, with the first record that did it."""
    out: dict[str, AuditRecord] = {}
    for entry in sorted(reads.records_of_kind(conn, "key.revoke"), key=lambda one: one.order):
        said = json.loads(entry.record.value or "{}")
        out.setdefault(str(said.get("certificate_sha256", "")), entry.record)
    return out


def _refuse_withdrawn_key(session: Session, user: str, public: bytes) -> None:
    """A key whose certificate was withdrawn never gets another one."""
    withdrawn = revoked(session.store.conn)
    for _, record in reads.records_of_kind(session.store.conn, "key.certify"):
        said = json.loads(record.value or "{}")
        if said["sha256"] in withdrawn and read_certificate(unb64(said["certificate"])).public == public:
            raise WrongState(
                "The certificate of this key was withdrawn. Reset the person's password first: "
                "that makes a new key.",
                "该密钥的证书已被撤销。请先重置该人员的密码，以生成新密钥。",
                where=user,
            )


def _certifies(session: Session, der: bytes, said: dict[str, str], user: str, public: bytes) -> bool:
    """Whether the site's key issued this certificate for this person's present key."""
    if said["sha256"] != sha256(der) or not is_issued_by(der, session.keys.site_certificate):
        return False
    found = read_certificate(der)
    return (found.user, found.public, found.is_authority) == (user, public, False)


def lock_user(session: Session, user: str) -> Changes:
    """Nobody signs in as `user` until unlocked."""
    session.require(Step.MANAGE_USERS, user)
    vault_change.lock_user(session.keys, user)
    return session.commit(
        [Draft("user.grant", key=user, value="locked", parents=_grant_heads(session, user))]
    )


def unlock_user(session: Session, user: str) -> Changes:
    """Ends a lock, also one by wrong passwords."""
    session.require(Step.MANAGE_USERS, user)
    vault_change.unlock_user(session.keys, user)
    return session.commit(
        [Draft("user.grant", key=user, value="active", parents=_grant_heads(session, user))]
    )


def _grant_heads(session: Session, user: str) -> tuple[str, ...]:
    from crf_app.rules.fold import heads_of

    grants = [
        one for one in reads.records_of_kind(session.store.conn, "user.grant") if one.record.key == user
    ]
    return tuple(one.id for one in heads_of(grants))
