"""What a study needs here and other systems' files do not say: meanings, reasons, subject numbers.

A reader fills in what is missing (`completed`) and the report says each of them; the user changes them in the
study's files before the study begins.
"""

from __future__ import annotations

from typing import Any, Final

from crf_app.exchange.report import Report
from crf_app.model.definition import JsonObject


def _text(en: str, zh: str) -> JsonObject:
    return {"en": en, "zh": zh}


def _reasons(*rows: tuple[str, str, str]) -> list[JsonObject]:
    return [{"code": code, "text": _text(en, zh)} for code, en, zh in rows]


MEANINGS: Final[list[JsonObject]] = [
    {
        "code": "authorship",
        "text": _text("I entered these data.", "本人录入了这些数据。"),
        "roles": ["nurse", "coordinator", "investigator"],
    },
    {
        "code": "review",
        "text": _text("I have reviewed these data.", "本人已审阅这些数据。"),
        "roles": ["investigator"],
    },
    {
        "code": "approval",
        "text": _text("I have reviewed these data and confirm that they are complete and correct.",
                      "本人已审阅这些数据，确认完整、正确。"),
        "roles": ["investigator"],
    },
]  # fmt: skip
CHANGE_REASONS: Final = _reasons(
    ("TYPING", "Typing error", "录入错误"),
    ("SOURCE", "Source corrected", "原始资料已更正"),
    ("OTHER", "Other…", "其他…"),
)
MISSING_REASONS: Final = _reasons(
    ("ND", "Not done", "未做"),
    ("UNK", "Unknown", "不详"),
    ("NA", "Not applicable", "不适用"),
    ("NASK", "Not asked", "未询问"),
    ("REFUSED", "Refused", "拒绝"),
)
FINDING_REASONS: Final = _reasons(
    ("SAME", "Same on the source document", "与原始资料一致"),
    ("REPEATED", "Measured again or confirmed with the participant", "已复测或已向受试者确认"),
    ("OTHER", "Other…", "其他…"),
)
#: field → (value, what the report says)
_DEFAULTS: Final[dict[str, tuple[Any, str, str]]] = {
    "subject_pattern": (r"[A-Za-z0-9._-]{1,40}",
                        "Subject numbers: any of letters, digits, `.`, `_`, `-`.",
                        "受试者编号：字母、数字、`.`、`_`、`-` 任意组合。"),
    "subject_format": ("{n:03d}", "The next subject number is proposed as 001, 002 …",
                       "建议的受试者编号为 001、002……"),
    "planned_subjects": (0, "Planned number of subjects: 0.", "计划受试者数：0。"),
    "sponsor": (_text("not named", "未注明"), "The sponsor is not named.", "未注明申办方。"),
    "protocol": ("none", "The protocol is not named.", "未注明方案。"),
    "meanings": (MEANINGS, "Meanings of a signature: the program's own.", "签名含义：采用程序默认内容。"),
    "change_reasons": (CHANGE_REASONS, "Reasons for a correction: the program's own.",
                       "更正原因：采用程序默认内容。"),
    "missing_reasons": (MISSING_REASONS, "Reasons for a missing value: the program's own.",
                        "缺失原因：采用程序默认内容。"),
    "finding_reasons": (FINDING_REASONS, "Reasons to leave a value as it is: the program's own.",
                        "维持原值的原因：采用程序默认内容。"),
}  # fmt: skip


def completed(study: JsonObject, report: Report) -> JsonObject:
    """The study's fields with a default for each one that it needs and does not have."""
    for key, (value, en, zh) in _DEFAULTS.items():
        if key not in study:
            study[key] = value
            report.say("added", en, zh)
    return study
