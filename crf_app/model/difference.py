"""One difference between two definitions, and the words it is said in: for whom, which field, what value.

Which differences there are is found in `differences.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from crf_app.model.def_base import Def, Text
from crf_app.model.item_def import CodeList, GradeRule, ItemDef, MeasurementUnit, RangeCheck

Kind = Literal["added", "removed", "changed", "back", "refused"]

BEGUN: Final = Text(
    en="Forms begun from then on; begun ones keep the old definition until they are moved.",
    zh="此后新开始的表单；已开始的表单在迁移前沿用旧定义。",
)
EVERYBODY: Final = Text(en="Every subject at once.", zh="立即适用于所有受试者。")
NOBODY: Final = Text(en="Nobody: wording only.", zh="不影响任何受试者：仅文字变化。")
NO_MORE: Final = Text(
    en="Nobody begins it from then on; what is begun is finished in its own version.",
    zh="此后不再新开始；已开始的按原版本完成。",
)
NOT_POSSIBLE: Final = Text(en="The amendment is refused while this stands.", zh="存在此项时，修订将被拒绝。")
_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "after": ("days allowed after", "允许延后天数"),
    "before": ("days allowed before", "允许提前天数"),
    "closes": ("closes", "关闭"),
    "code_list": ("code list", "代码表"),
    "collect_when": ("asked when", "填写条件"),
    "data_type": ("data type", "数据类型"),
    "day": ("planned day", "计划日"),
    "default": ("proposed value", "建议值"),
    "expression": ("rule", "规则"),
    "fills": ("fills", "填入"),
    "from_day": ("first day", "起始日"),
    "grade": ("suggested grades", "建议分级"),
    "header": ("shown in the header", "页眉显示"),
    "help": ("help", "填写说明"),
    "item": ("opens at", "提示位置"),
    "keeps": ("keeps open", "保持开放"),
    "languages": ("languages", "语言"),
    "layout": ("layout", "版式"),
    "length": ("longest text", "最大长度"),
    "log": ("list of rows", "行列表"),
    "locked_when": ("locked when", "锁定条件"),
    "mandatory": ("required", "必填"),
    "mandatory_when": ("required when", "必填条件"),
    "max_rows": ("most rows", "最多行数"),
    "message": ("message", "提示"),
    "method": ("calculated by", "计算方法"),
    "month": ("planned month", "计划月"),
    "number": ("number", "编号"),
    "order": ("order", "顺序"),
    "pattern": ("pattern", "格式"),
    "planned_subjects": ("planned subjects", "计划例数"),
    "query_days": ("days to deal with a query", "质疑处理天数"),
    "question": ("question", "问题"),
    "range_check": ("range", "范围"),
    "reference": ("reference range", "参考范围"),
    "roles": ("roles", "角色"),
    "rows": ("fixed rows", "固定行"),
    "severity": ("severity", "级别"),
    "short_name": ("short name", "简称"),
    "signature": ("signatures", "签名"),
    "significant_digits": ("decimals", "小数位数"),
    "source": ("source", "依据"),
    "subject_format": ("proposed subject number", "受试者编号格式"),
    "subject_pattern": ("subject number", "受试者编号规则"),
    "to_day": ("last day", "截止日"),
    "type": ("kind of visit", "访视类型"),
    "unit": ("standard unit", "标准单位"),
    "units": ("units that may be typed", "可录入单位"),
    "version": ("version", "版本"),
    "visit_date": ("date of a visit", "访视日期条目"),
    "when": ("stands when", "成立条件"),
}
_SIGNS: Final = {"GE": "≥", "GT": ">", "LE": "≤", "LT": "<", "EQ": "=", "NE": "≠"}
_HARDNESS: Final = {"Soft": ("asks", "询问"), "Hard": ("needs an explanation", "需解释")}


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes, in a sentence, and for whom.

    `what`: visit, schedule, form, group, item, code, check, method, range, unit, status, study …; `form`: the
    form's OID, "" outside of forms.  `look`: allowed, and somebody has to look at it, because data entered
    under the old words are read by the new ones.
    """

    kind: Kind
    what: str
    oid: str
    form: str
    text: Text
    whom: Text
    look: bool = False


def field_word(field: str, zh: bool) -> str:
    """The field in words; one without words of its own as the files spell it."""
    return _FIELDS[field][zh] if field in _FIELDS else f"`{field}`"


def name_of(piece: Def, zh: bool) -> str:
    """What people call a piece of a definition."""
    if isinstance(piece, ItemDef):
        return _quoted(piece.question, zh)
    for key in ("name", "decode", "text", "message"):
        words = getattr(piece, key, None)
        if isinstance(words, Text):
            code = _code_of(piece)
            return f"{code} {_quoted(words, zh)}".strip()
    return next(str(getattr(piece, key)) for key in _KEYS if getattr(piece, key, None))


_KEYS: Final = ("oid", "coded_value", "code", "form", "key", "name", "version", "unit")


def _code_of(piece: Def) -> str:
    """Its OID or code where the words alone do not name it."""
    if type(piece).__name__ in ("FormDef", "ItemGroupDef", "StudyEventDef", "CodeList", "Study"):
        return ""
    return next((str(getattr(piece, key)) for key in _KEYS[:3] if getattr(piece, key, None)), "")


def _quoted(words: Text, zh: bool) -> str:
    return f"“{words.zh if zh else words.en}”"


def shown(value: object, zh: bool) -> str:
    """A value of any field in words."""
    match value:
        case None | "" | ():
            return "无" if zh else "none"
        case bool():
            return ("是" if value else "否") if zh else ("yes" if value else "no")
        case Text():
            return _quoted(value, zh)
        case RangeCheck():
            return f"{_SIGNS[value.comparator]} {value.value} ({_HARDNESS[value.soft_hard][zh]})"
        case MeasurementUnit():
            return _conversion(value)
        case GradeRule():
            return _grades(value, zh)
        case Def():
            fields = {name: getattr(value, name) for name in type(value).model_fields}
            said = (f"{field_word(name, zh)} {shown(one, zh)}" for name, one in fields.items() if one)
            return " ".join(said)
        case tuple():
            return ("；" if zh else "; ").join(shown(one, zh) for one in value)
        case dict():
            return ", ".join(f"{part} → {oid}" for part, oid in value.items()) or shown(None, zh)
    return str(value)


def _grades(rule: GradeRule, zh: bool) -> str:
    """“Blood bilirubin increased” (baseline normal) > 1, > 1.5 × ULN."""
    of = {"uln": ("ULN", "正常值上限"), "baseline": ("baseline", "基线值")}[rule.of][zh]
    whose = {"normal": ("baseline normal", "基线正常"), "abnormal": ("baseline abnormal", "基线异常")}
    words = f"{_quoted(rule.term, zh)} ({whose[rule.baseline][zh]}) {', '.join(rule.steps)} × {of}"
    return words if rule.source is None else f"{words} ({field_word('source', zh)} {rule.source})"


def _conversion(unit: MeasurementUnit) -> str:
    parts = [("+", unit.offset_before, "0"), ("×", unit.factor, "1"), ("/", unit.divisor, "1")]
    parts.append(("+", unit.offset, "0"))
    return unit.unit + "".join(f" {sign} {number}" for sign, number, idle in parts if number != idle)


def both_shown(before: object, after: object, zh: bool) -> tuple[str, str]:
    """Two values in words, of lists what differs; in the other language where they read alike in this one."""
    if isinstance(before, tuple) and isinstance(after, tuple) and set(before) != set(after):
        before, after = _only(before, after), _only(after, before)
    pair = shown(before, zh), shown(after, zh)
    return pair if pair[0] != pair[1] else _otherwise(before, after, zh)


def _only(some: tuple[object, ...], others: tuple[object, ...]) -> tuple[object, ...]:
    """Those of a list that the other one does not hold."""
    return tuple(one for one in some if one not in others)


def _otherwise(before: object, after: object, zh: bool) -> tuple[str, str]:
    pair = shown(before, not zh), shown(after, not zh)
    if pair[0] != pair[1]:
        return pair
    raw = tuple(str(_plain(one)) for one in (before, after))
    return raw[0], raw[1]


def _plain(value: object) -> object:
    if isinstance(value, Def):
        return value.model_dump(mode="json", exclude_defaults=True)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def asked(piece: Def) -> bool:
    """Whether the piece is in use; a code list is while one of its codes is."""
    if isinstance(piece, CodeList):
        return any(code.until is None for code in piece.items)
    return getattr(piece, "until", None) is None
