"""The fixed words of paper in English and Chinese, and how a unit or an answer is spelled on it."""

from __future__ import annotations

from typing import Final

from crf_app.model.def_base import Text
from crf_app.model.definition import Study
from crf_app.model.item_def import ItemDef

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "crf": ("Case report form: {name}", "病例报告表：{name}"),
    "blank_crf": ("Blank form for down time: {name}", "停机备用空白表：{name}"),
    "evidence": ("Evidence codes in brackets: {codes}.", "方括号内为依据代码：{codes}。"),
    "evidence_S": ("abstract of the paper", "论文摘要"),
    "evidence_R": ("trial registry", "试验注册信息"),
    "evidence_P": ("the paper", "论文正文"),
    "evidence_T": ("published standard, by its number", "已发布标准（编号）"),
    "evidence_A": ("assumption of this study", "本研究的假定"),
    "subject": ("Subject", "受试者"),
    "visit": ("Visit", "访视"),
    "actual": ("Date", "日期"),
    "planned": ("Planned", "计划日期"),
    "site": ("Site", "研究中心"),
    "protocol": ("Protocol", "方案号"),
    "form_version": ("Form version", "表单版本"),
    "definition": ("definition", "定义"),
    "test": (
        "TEST DATA, made up. This is not the record of a patient.",
        "测试数据，均为虚构，不是患者记录。",
    ),
    "copy": (
        "UNSIGNED COPY. Only the signed file or the ink-signed original is the record.",
        "未签名副本。正式记录以已签名文件或手写签名原件为准。",
    ),
    "environment": ("Environment: {name}", "环境：{name}"),
    "env_test": ("test", "测试"),
    "env_live": ("live", "正式"),
    "page": ("Page {page} of {pages}", "第 {page} 页，共 {pages} 页"),
    "master": ("Master record: electronic", "主记录：电子"),
    "master_paper": (
        "Transcribe within one working day, keep this paper",
        "请于一个工作日内转录，并保留此纸质表",
    ),
    "printed": ("Printed {at} by {by}", "打印：{at}，{by}"),
    "record_hash": ("Record SHA-256", "记录 SHA-256"),
    "definition_hash": ("Definition SHA-256", "定义 SHA-256"),
    "plots_hash": ("Values SHA-256", "数值 SHA-256"),
    "plots_note": ("A reading of stored values, not a record", "由已存数值绘制，不是正式记录"),
    "plots_band": ("Grey band: reference range of the day", "浅色带：当日参考范围"),
    "plots_dose": ("drop and dashed line: {dose}", "水滴与虚线：{dose}"),
    "plots_line": (
        "dashed: a visit between has no value; cross: not done",
        "虚线连接：其间有访视无数值；叉号：未做",
    ),
    "plots_hollow": ("hollow: beyond what was measured", "空心：超出测量范围"),
    "item": ("Item", "项目"),
    "answer": ("Answer", "结果"),
    "notes": ("Range, notes", "范围、备注"),
    "result": ("Result", "结果"),
    "unit": ("Unit", "单位"),
    "reference": ("Reference", "参考范围"),
    "flag": ("Flag", "标志"),
    "note": ("Note", "备注"),
    "significant": ("Clinically significant", "临床意义"),
    "row": ("Row {n}", "第 {n} 行"),
    "row_name": ("No.", "序号"),
    "no_rows": ("No rows were entered.", "未录入任何行。"),
    "none": ("not filled in", "未填"),
    "none_short": ("empty", "未填"),
    "hidden": ("not asked", "无需填写"),
    "kept": ("kept, no longer asked", "已保留，不再询问"),
    "derived": ("calculated", "自动计算"),
    "changed": ("changed ({n})", "已更改 ({n})"),
    "deleted": ("Removed: {why}", "已删除：{why}"),
    "standard": ("= {value}", "= {value}"),
    "times": ("{times} ×", "{times} 倍"),
    "changes": ("Changes since first entry", "首次录入后的更改"),
    "change": ("({n}) {item}: {old} → {new}, {by}, {at}", "({n}) {item}：{old} → {new}，{by}，{at}"),
    "because": (", reason: {reason}", "，原因：{reason}"),
    "nothing": ("empty", "空"),
    "hard": ("Not possible", "不合理"),
    "soft": ("Check", "待核实"),
    "info": ("Note", "提示"),
    "answered": ("Answer: {reason}", "答复：{reason}"),
    "open": ("no answer yet", "尚未答复"),
    "signatures": ("Signatures", "签名"),
    "author": ("Author of the entries", "录入者"),
    "investigator": ("Investigator", "研究者"),
    "field": ("Electronic signature", "电子签名"),
    "by_hand": ("Name (print)", "姓名（正楷）"),
    "hand_date": ("Date, time", "日期、时间"),
    "hand_sign": ("Signature", "签名"),
    "meaning": ("Meaning: {meaning}", "含义：{meaning}"),
    "covers": ("Covers record {hash}", "覆盖记录 {hash}"),
    "valid": ("Valid when printed", "打印时有效"),
    "broken": ("No longer covers this record", "已不再覆盖此记录"),
    "plausible": ("usual {range}", "通常 {range}"),
    "possible": ("possible {range}", "允许 {range}"),
    "calculated_later": ("calculated by the program", "由程序计算"),
    "many": ("several possible", "可多选"),
    "codes_below": ("codes: {codes}", "代码：{codes}"),
    "trail": ("Audit trail of this form", "本表稽查轨迹"),
    "queries": ("Queries of this form", "本表质疑"),
    "no_entries": ("None.", "无。"),
    "who_when": ("When and by whom", "时间与人员"),
    "what_was_done": ("What was recorded", "记录内容"),
    "program": ("the program", "程序"),
    "casebook": ("Casebook of {name}", "病例册：{name}"),
    "legend": (
        "* must be answered. If there is no value, write a code: {codes}. Dates: year-month-day. "
        "Correct with one line through the old value, initials and date.",
        "* 必填。无结果时填代码：{codes}。日期按年-月-日。更正时单线划去原值，并签姓名缩写和日期。",
    ),
    "filled_by": ("Filled in by (initials)", "填写人（缩写）"),
    "row_of": ("number of the row in: {name}", "填写以下记录的行号：{name}"),
    "more": (
        "Continue on another copy of this page when more rows are needed.",
        "行数不足时请续用本页副本。",
    ),
}


#: what a record did; of a form's status also which
_DID: Final[dict[str, tuple[str, str]]] = {
    "item.set": ("Entered", "录入"),
    "item.derive": ("Calculated", "自动计算"),
    "item.resolve": ("Chosen of two", "二者选定"),
    "row.add": ("Row added", "新增一行"),
    "row.delete": ("Row removed", "移除一行"),
    "row.restore": ("Row taken back", "恢复一行"),
    "form.status.open": ("Opened again", "重新打开"),
    "form.status.complete": ("Complete", "已完成"),
    "form.status.not_done": ("Not done", "未做"),
    "form.status.frozen": ("Frozen", "已冻结"),
    "form.status.locked": ("Locked", "已锁定"),
    "form.migrate": ("Moved to another version of the study", "迁移至研究的其他版本"),
    "sign.make": ("Signed", "已签名"),
    "query.open": ("Query opened", "提出质疑"),
    "query.answer": ("Query answered", "回答质疑"),
    "query.close": ("Query closed", "关闭质疑"),
    "query.reopen": ("Query opened again", "质疑重新打开"),
    "query.cancel": ("Query withdrawn", "撤回质疑"),
}


def did(kind: str, language: str) -> str:
    """What a record of this kind did; a kind of a newer program is named as it is."""
    en, zh = _DID.get(kind, (kind, kind))
    return zh if language == "zh" else en


def word(key: str, language: str, **values: object) -> str:
    """A fixed word or sentence; `values` fill its braces."""
    en, zh = _WORDS[key]
    text = zh if language == "zh" else en
    return text.format(**values) if values else text


def joined(parts: list[str], language: str) -> str:
    return ("；" if language == "zh" else "; ").join(part for part in parts if part)


def decoded(item: ItemDef, code: str, study: Study, language: str) -> str:
    """The meaning of a code; a code that the list does not hold is shown as it is."""
    code_list = study.code_lists.get(item.code_list or "")
    entry = code_list.by_code.get(code) if code_list else None
    return entry.decode.in_language(language) if entry else code


def missing_word(code: str, study: Study, language: str) -> str:
    """ "Not done" for ND: words, then nothing else."""
    for reason in study.missing_reasons:
        if reason.code == code:
            return reason.text.in_language(language)
    return code


def in_words(text: Text, language: str) -> str:
    return text.in_language(language)


def limits(item: ItemDef, kind: str) -> tuple[str, str]:
    """(lowest, highest) of the "Soft" or "Hard" range checks; empty where there is none."""
    low = next(
        (c.value for c in item.range_check if c.soft_hard == kind and c.comparator in ("GE", "GT")), ""
    )
    high = next(
        (c.value for c in item.range_check if c.soft_hard == kind and c.comparator in ("LE", "LT")), ""
    )
    return low, high


def between(low: str | None, high: str | None) -> str:
    """`40–55`, `≤ 21`, `≥ 60`."""
    if low and high:
        return f"{low}–{high}"
    return f"≤ {high}" if high else f"≥ {low}" if low else ""
