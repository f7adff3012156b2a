"""A person's certificate is withdrawn: the key may be known to somebody, or it never was this person's.

What was signed before stays valid; from the record on nobody signs with it, and `verify` names a signature
that this device made with it later.  The record carries the site's new revocation list, for who checks a PDF
elsewhere.
"""

from __future__ import annotations

import json
from datetime import datetime

from crf_app.actions.changes import Changes
from crf_app.actions.people.accounts import certificates, revoked
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical
from crf_app.crypto.certificates import make_revocation_list, read_certificate
from crf_app.crypto.encoding import b64, unb64
from crf_app.errors import NotFound, ReasonRequired, ValueRejected, WrongState
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.store import reads


def revoke_certificate(session: Session, user: str, reason: str) -> Changes:
    """The present certificate of `user`, by an administrator.  To sign again takes a reset and a new one.

    Raises NotAllowed, ReasonRequired, ValueRejected (reason), NotFound (no certificate in force), WrongState
    (the administrator has no own password yet).
    """
    session.require(Step.CERTIFY, user)
    reason = reason.strip()
    if not reason:
        raise ReasonRequired("Say why.", "请说明原因。", where=user)
    if len(reason) > 500:
        raise ValueRejected("A reason has at most 500 characters.", "原因最多500个字符。", where=user)
    if session.keys.site_key is None:
        raise WrongState(
            "Choose your own password first, then sign in again.", "请先设置自己的密码并重新登录。"
        )
    mine = certificates(session).get(user)
    if mine is None:
        raise NotFound(
            "This person has no certificate that is in force.", "该人员没有有效的证书。", where=user
        )
    now = session.clock.now()
    listed = [*_listed(session), (read_certificate(mine.der).serial, now)]
    site = session.keys.site_certificate
    crl = make_revocation_list(session.keys.site_key, site, len(listed), now, listed)
    said = {"certificate_sha256": mine.sha256, "list": b64(crl)}
    return session.commit([Draft("key.revoke", key=user, value=canonical(said).decode(), reason=reason)])


def revocation_list(session: Session) -> bytes:
    """The site's newest list (DER).  Raises NotFound where no certificate was ever withdrawn here."""
    session.require(Step.VERIFY)
    found = reads.records_of_kind(session.store.conn, "key.revoke")
    if not found:
        raise NotFound("No certificate was withdrawn here.", "本中心未撤销过任何证书。")
    last = max(found, key=lambda one: one.order)
    return unb64(json.loads(last.record.value or "{}")["list"])


def _listed(session: Session) -> list[tuple[int, datetime]]:
    """Serial number and time of every certificate that was withdrawn before."""
    out = []
    ended = revoked(session.store.conn)
    for _, record in reads.records_of_kind(session.store.conn, "key.certify"):
        said = json.loads(record.value or "{}")
        if (end := ended.get(said["sha256"])) is not None:
            at = datetime.fromisoformat(end.at.replace("Z", "+00:00"))
            out.append((read_certificate(unb64(said["certificate"])).serial, at))
    return out
