"""Who may do what, and which step may follow which: tables, and one function that reads them.

Every action asks `may` before it does anything; the window asks the same function to know what to
offer.  A refusal is recorded by the action.  (21 CFR 11.10(f) sequence, 11.10(g) authority.)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Role = Literal["nurse", "coordinator", "investigator", "administrator", "monitor", "data_manager", "auditor"]
ROLES: Final = ("nurse", "coordinator", "investigator", "administrator", "monitor", "data_manager", "auditor")


class Step(StrEnum):
    """What a person can do."""

    READ = "read"
    ADD_SUBJECT = "add_subject"
    ENTER = "enter"
    CONFIRM = "confirm"  # answer by the own password, beside the person who enters
    COMPLETE = "complete"
    REOPEN = "reopen"
    ANSWER_QUERY = "answer_query"
    OPEN_QUERY = "open_query"
    CLOSE_QUERY = "close_query"
    EXPLAIN_HARD = "explain_hard"
    RESOLVE = "resolve_conflict"
    SIGN_AUTHOR = "sign_author"
    SIGN_APPROVE = "sign_approve"
    PRINT = "print"
    EXPORT = "export"
    ARCHIVE = "archive"
    IMPORT = "import"
    BUNDLE = "bundle"
    BACKUP = "backup"
    VERIFY = "verify"
    MANAGE_USERS = "manage_users"
    CERTIFY = "certify"
    WITNESS = "witness"
    ENROL_DEVICE = "enrol_device"
    OWN_PASSWORD = "own_password"
    LAB_RANGES = "lab_ranges"
    AMEND = "amend"
    MIGRATE = "migrate"


_SITE: Final = frozenset({"nurse", "coordinator", "investigator"})
_READERS: Final = _SITE | {"monitor", "data_manager", "auditor"}
_ALL: Final = frozenset(ROLES)

#: the one table; an empty cell is a refusal
MAY: Final[dict[Step, frozenset[str]]] = {
    Step.READ: _READERS,
    Step.ADD_SUBJECT: frozenset({"nurse", "coordinator"}),
    Step.ENTER: frozenset({"nurse", "coordinator"}),
    Step.CONFIRM: _SITE,
    Step.COMPLETE: frozenset({"nurse", "coordinator"}),
    Step.REOPEN: _SITE,
    Step.ANSWER_QUERY: _SITE,
    Step.OPEN_QUERY: frozenset({"investigator", "monitor", "data_manager"}),
    Step.CLOSE_QUERY: frozenset({"investigator", "monitor", "data_manager"}),
    Step.EXPLAIN_HARD: frozenset({"investigator"}),
    Step.RESOLVE: frozenset({"coordinator", "investigator"}),
    Step.SIGN_AUTHOR: frozenset({"investigator"}),
    Step.SIGN_APPROVE: frozenset({"investigator"}),
    Step.PRINT: _READERS,
    Step.EXPORT: frozenset({"coordinator", "investigator", "data_manager", "auditor"}),
    Step.ARCHIVE: frozenset({"investigator", "data_manager", "auditor"}),
    Step.IMPORT: frozenset({"coordinator", "investigator", "data_manager"}),
    Step.BUNDLE: frozenset({"nurse", "coordinator", "investigator", "data_manager", "administrator"}),
    Step.BACKUP: frozenset({"coordinator", "investigator", "data_manager", "administrator"}),
    Step.VERIFY: _ALL,
    Step.MANAGE_USERS: frozenset({"administrator"}),
    Step.CERTIFY: frozenset({"administrator"}),
    Step.WITNESS: frozenset({"coordinator", "investigator", "administrator"}),
    Step.ENROL_DEVICE: _SITE | {"administrator"},
    Step.OWN_PASSWORD: _ALL,
    Step.LAB_RANGES: frozenset({"coordinator", "administrator"}),
    Step.AMEND: frozenset({"investigator"}),
    Step.MIGRATE: frozenset({"coordinator", "investigator"}),
}

#: form status → statuses that may follow
FORM_STEPS: Final = {
    "open": ("complete", "not_done"),
    "not_done": ("open", "frozen", "locked"),
    "complete": ("open", "frozen", "locked"),
    "frozen": ("open", "locked"),
    "locked": ("open",),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What else decides besides the role."""

    must_change: bool = False  # still has a one-time password
    certified: bool = True  # has a certificate of the site
    witnessed: bool = True  # a second person confirmed the identity
    same_person: bool = False  # would act upon himself where another is needed


@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed, or the code of the refusal with its sentence."""

    allowed: bool
    code: str = ""
    en: str = ""
    zh: str = ""


ALLOWED: Final = Verdict(True)
_NOT_ROLE: Final = {
    Step.ENTER: ("Only nurse and coordinator enter data.", "仅护士和协调员可录入数据。"),
    Step.CONFIRM: ("Only the site's staff confirm this.", "仅研究中心人员可确认。"),
    Step.SIGN_APPROVE: ("Only the investigator signs.", "仅研究者可签名。"),
    Step.SIGN_AUTHOR: ("Only the investigator signs.", "仅研究者可签名。"),
    Step.EXPLAIN_HARD: (
        "Only the investigator may explain this. Correct the value or ask the investigator.",
        "仅研究者可对此说明，请更正数值或请研究者处理。",
    ),
    Step.LAB_RANGES: (
        "Only coordinator and administrator change the laboratory's reference ranges.",
        "仅协调员和管理员可修改检验参考范围。",
    ),
    Step.AMEND: (
        "Only the investigator puts a version of the study in force.",
        "仅研究者可启用新的研究版本。",
    ),
    Step.MIGRATE: (
        "Only coordinator and investigator move forms to another version.",
        "仅协调员和研究者可迁移表单版本。",
    ),
    Step.ARCHIVE: (
        "Only investigator, data manager and auditor write the archive: it holds everything in plain text.",
        "仅研究者、数据管理员和稽查员可写出存档：其中含全部明文数据。",
    ),
    Step.MANAGE_USERS: ("Only the administrator manages people.", "仅管理员可管理人员。"),
    Step.READ: ("The administrator does not see subjects' data.", "管理员不可查看受试者数据。"),
}
#: a witness stands in a chain that begins with the two people of the first run: else one administrator could
#: invent a witness for an invented signer
_NEEDS_IDENTITY: Final = (Step.SIGN_AUTHOR, Step.SIGN_APPROVE, Step.WITNESS)


def may(role: str, step: Step, facts: Facts = Facts()) -> Verdict:
    """May `role` take `step`?  The same answer for the window, the command line and the tests."""
    if role not in MAY[step]:
        en, zh = _NOT_ROLE.get(step, ("Your role may not do this.", "您的角色无此权限。"))
        return Verdict(False, "role", en, zh)
    if facts.must_change and step is not Step.OWN_PASSWORD:
        return Verdict(False, "must_change", "Choose your own password first.", "请先设置自己的密码。")
    if step in _NEEDS_IDENTITY and not facts.certified:
        return Verdict(
            False,
            "certificate",
            "You have no certificate yet. Ask the administrator to issue it.",
            "您尚无证书，请管理员签发。",
        )
    if step in _NEEDS_IDENTITY and not facts.witnessed:
        return Verdict(
            False,
            "witness",
            "Your identity has no witness yet. Ask a second person to confirm it.",
            "您的身份尚无见证，请另一人确认。",
        )
    if step is Step.WITNESS and facts.same_person:
        return Verdict(False, "same_person", "Another person must confirm this.", "须由另一人确认。")
    return ALLOWED


def may_follow(status: str, following: str) -> bool:
    """May a form go from `status` to `following`?"""
    return following in FORM_STEPS.get(status, ())
