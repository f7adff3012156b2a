"""Text of ODM elements that both versions write alike: people, audit records, signatures; and escaping.

Elements are written as text, in the order of the schema: that is several times as fast as by way of a tree,
and whether it is right is decided by CDISC's schema on every file (`data_out.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from crf_app.exchange.clinical import Audit, Head, Signature, User

#: characters that XML 1.0 cannot hold
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL: Final = re.compile("[^\u0020\u0021\u0023-\u0025\u0027-\u003b\u003d\u003f-\ud7ff]").search
_ESCAPES: Final = str.maketrans({
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;",
})  # fmt: skip


def escaped(text: str) -> str:
    """`text` inside an attribute or an element: read back, it is the same to the last line end."""
    if _SPECIAL(text) is None:
        return text
    return _NOT_XML.sub("\ufffd", text).translate(_ESCAPES)


#: of names that come again and again
name = lru_cache(maxsize=20_000)(escaped)


def attribute(key: str, value: str | None) -> str:
    return "" if value is None else f' {key}="{escaped(value)}"'


@lru_cache(maxsize=5_000)
def _who(user: str, location: str, edit_point: str | None) -> str:
    point = attribute("EditPoint", edit_point)
    return (
        f'<AuditRecord{point}><UserRef UserOID="{escaped(user)}"/>'
        f'<LocationRef LocationOID="{escaped(location)}"/><DateTimeStamp>'
    )


def audit_text(audit: Audit) -> str:
    reason = "" if audit.reason is None else f"<ReasonForChange>{escaped(audit.reason)}</ReasonForChange>"
    source = "" if audit.source is None else f"<SourceID>{escaped(audit.source)}</SourceID>"
    who = _who(audit.user, audit.location, audit.edit_point)
    return f"{who}{name(audit.at)}</DateTimeStamp>{reason}{source}</AuditRecord>"


def signature_text(signature: Signature) -> str:
    return (
        f'<Signature><UserRef UserOID="{escaped(signature.user)}"/>'
        f'<LocationRef LocationOID="{escaped(signature.location)}"/>'
        f'<SignatureRef SignatureOID="{escaped(signature.meaning)}"/>'
        f"<DateTimeStamp>{escaped(signature.at)}</DateTimeStamp></Signature>"
    )


def flag_text(value: str, values: str, type_: str | None, types: str | None) -> str:
    kind = "" if type_ is None else (
        f'<FlagType CodeListOID="{escaped(types or "")}">{escaped(type_)}</FlagType>')  # fmt: skip
    return f'<Flag><FlagValue CodeListOID="{escaped(values)}">{escaped(value)}</FlagValue>{kind}</Flag>'


def root_text(head: Head, odm: str, namespace: str, granularity: str = "") -> str:
    """The start of the file, up to the end of the root's start tag."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ODM xmlns="{namespace}" FileType="{head.file_type}"'
        + attribute("Granularity", granularity or None)
        + f' FileOID="{escaped(head.file_oid)}" CreationDateTime="{escaped(head.created)}"'
        + f' ODMVersion="{odm}"'
        + attribute("Originator", head.originator)
        + attribute("SourceSystem", head.system)
        + attribute("SourceSystemVersion", head.system_version)
        + ">\n"
    )


def element(tag: str, text: str | None) -> str:
    return "" if text is None else f"<{tag}>{escaped(text)}</{tag}>"


def user_start(user: User) -> str:
    return f'<User OID="{escaped(user.oid)}"{attribute("UserType", user.type)}>'
