""" "Not done" and "made by mistake" in words, the same on the page, on paper and at the command line."""

from __future__ import annotations

from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.store.marks import Mark

__all__ = ["Mark", "mistake_words", "not_done_words", "reason_words"]


def reason_words(study: Study, mark: Mark) -> Text:
    """The reason: the study's word for its code, then the words that a person added."""
    known = next((one.text for one in study.missing_reasons if one.code == mark.missing), None)
    said = known or (Text(en=mark.missing, zh=mark.missing) if mark.missing else None)
    if said is None or not mark.reason:
        return said or Text(en=mark.reason, zh=mark.reason)
    return Text(en=f"{said.en}: {mark.reason}", zh=f"{said.in_language('zh')}：{mark.reason}")


def not_done_words(study: Study, mark: Mark) -> Text:
    """ "The form was not done. Reason: …, made-up nurse, …"."""
    reason, visit = reason_words(study, mark), bool(mark.event)
    what = ("The visit was not done.", "此访视未进行。") if visit else ("Not done.", "未做。")
    return Text(
        en=f"{what[0]} {reason.en} ({mark.user}, {mark.at})",
        zh=f"{what[1]}{reason.in_language('zh')}（{mark.user}，{mark.at}）",
    )


def mistake_words(mark: Mark, *, subject: bool) -> Text:
    """ "This visit was made by mistake: …"."""
    en, zh = ("This subject", "该受试者") if subject else ("This visit", "此访视")
    return Text(
        en=f"{en} was made by mistake and does not count: {mark.reason} ({mark.user}, {mark.at})",
        zh=f"{zh}已标为误建，不计入：{mark.reason}（{mark.user}，{mark.at}）",
    )
