"""Random amendments of a study: what a data manager may do between two versions.

`random_amendment(choose, study, version)` is a plain function over `choose(options) -> one of them`, so that
Hypothesis and `random.Random(...).choice` both drive it.  Every amendment it makes is allowed, loads and
compiles: rules that would read what is gone go with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from crf_app.actions.study.definitions import load_study
from crf_app.model.def_base import Text
from crf_app.model.definition import FormRef, Study, StudyEventDef
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef, RangeCheck
from crf_app.model.load_expand import changed

FORMS = Path(__file__).parents[2] / "forms"
Choose = Callable[[Sequence[Any]], Any]
#: what other pieces of demo-vitals are read by: these stay
_KEPT_ITEMS = {"I.SV.SVSTDAT", "I.SV.SEX"}
_READ_BY_RULES = {
    "I.VS.SYSBP",
    "I.VS.DIABP",
    "I.VS.HEIGHT",
    "I.VS.WEIGHT",
    "I.VS.BMI",
    "I.SYM.SYMYN",
    "I.SYM.TERM",
}


def demo_vitals() -> Study:
    """forms/demo-vitals as it is shipped, version 1."""
    return load_study(FORMS / "demo-vitals")[0]


def random_amendment(choose: Choose, study: Study, version: str) -> Study:
    """A definition with one to four changes; `study` has nothing retired: it is what an author wrote."""
    for _ in range(choose((1, 2, 3, 4))):
        study = choose(CHANGES)(choose, study)
    return changed(study, version=version)


def with_form(study: Study, form: FormDef, **fields: object) -> Study:
    other = changed(form, **fields)
    return changed(study, form=tuple(other if one.oid == form.oid else one for one in study.form))


def with_item(study: Study, item: ItemDef, **fields: object) -> Study:
    form = study.form_of_item[item.oid]
    group = form.group_of[item.oid]
    other = changed(item, **fields)
    items = tuple(other if one.oid == item.oid else one for one in group.item)
    return with_group(study, form, group, item=items)


def with_group(study: Study, form: FormDef, group: ItemGroupDef, **fields: object) -> Study:
    other = changed(group, **fields)
    groups = tuple(other if one.oid == group.oid else one for one in form.item_group)
    return with_form(study, form, item_group=groups)


def with_list(study: Study, one: CodeList, items: tuple[CodeListItem, ...]) -> Study:
    other = changed(one, items=items)
    return changed(study, code_list=tuple(other if it.oid == one.oid else it for it in study.code_list))


def without_rules(study: Study) -> Study:
    """No check, method, gate or requirement in words: nothing reads what goes."""
    forms = []
    for form in study.form:
        groups = []
        for group in form.item_group:
            items = tuple(
                changed(item, collect_when=None, mandatory_when=None, locked_when=None) for item in group.item
            )
            groups.append(changed(group, collect_when=None, item=items))
        used = {item.method for item in form.items.values()}
        methods = tuple(one for one in form.method if one.oid in used)
        forms.append(changed(form, item_group=tuple(groups), condition=(), method=methods))
    return changed(study, form=tuple(forms))


def some_item(choose: Choose, study: Study) -> ItemDef:
    item: ItemDef = choose([item for form in study.form for item in form.items.values()])
    return item


def reword(choose: Choose, study: Study) -> Study:
    item = some_item(choose, study)
    return with_item(study, item, question=Text(en=f"{item.question.en}, again", zh=item.question.zh))


def require(choose: Choose, study: Study) -> Study:
    item = some_item(choose, study)
    return study if item.derived else with_item(study, item, mandatory=not item.mandatory)


def limit(choose: Choose, study: Study) -> Study:
    """Wider or narrower limits, or none."""
    item = some_item(choose, study)
    if item.data_type not in ("integer", "decimal"):
        return study
    check = RangeCheck(comparator="LE", value=choose(("90", "150", "400")), soft_hard="Soft")
    return with_item(study, item, range_check=choose(((), (check,))))


def widen(choose: Choose, study: Study) -> Study:
    """Not of a question that may come back, as the integer that it was added as."""
    item = some_item(choose, study)
    fixed = item.data_type != "integer" or ".NEW" in item.oid
    return study if fixed else with_item(study, item, data_type="decimal")


def add_item(choose: Choose, study: Study) -> Study:
    """A new question, or one that an earlier version asked: the OIDs are few."""
    form = choose(study.form)
    group = choose(form.item_group)
    oid = f"I.{form.oid.removeprefix('F.')}.NEW{choose('123')}_{group.oid.removeprefix('IG.')}"
    if oid in form.items:
        return study
    lists = {"1": None, "2": None, "3": "CL.SEX"}
    kind = {"1": "text", "2": "integer", "3": "text"}
    number = oid.removesuffix(f"_{group.oid.removeprefix('IG.')}")[-1]
    item = ItemDef(
        oid=oid,
        question=Text(en=f"Question {number}", zh=f"问题{number}"),
        data_type=kind[number],
        code_list=lists[number],
        mandatory=choose((True, False)),
    )
    at = choose(range(len(group.item) + 1))
    return with_group(study, form, group, item=(*group.item[:at], item, *group.item[at:]))


def remove_item(choose: Choose, study: Study) -> Study:
    item = some_item(choose, study)
    form = study.form_of_item[item.oid]
    group = form.group_of[item.oid]
    if item.oid in _KEPT_ITEMS or len(group.item) == 1:
        return study
    if item.oid in _READ_BY_RULES:
        study = without_rules(study)
        study = _without_method(study)
        form = study.forms[form.oid]
        group = form.group_of.get(item.oid) or form.item_group[0]
    left = tuple(one for one in group.item if one.oid != item.oid)
    return with_group(study, form, group, item=left) if left else study


def _without_method(study: Study) -> Study:
    """Without the derived item, whose method reads others."""
    for form in study.form:
        for group in form.item_group:
            left = tuple(item for item in group.item if not item.derived)
            if left != group.item:
                study = with_group(study, study.forms[form.oid], group, item=left)
                study = with_form(study, study.forms[form.oid], method=())
    return study


def reorder(choose: Choose, study: Study) -> Study:
    form = choose(study.form)
    group = choose(form.item_group)
    return with_group(study, form, group, item=tuple(reversed(group.item)))


def add_code(choose: Choose, study: Study) -> Study:
    one = choose(study.code_list)
    code = f"X{choose('123')}"
    if code in one.by_code:
        return study
    new = CodeListItem(coded_value=code, decode=Text(en=f"Other {code}", zh=f"其他{code}"))
    at = choose(range(len(one.items) + 1))
    return with_list(study, one, (*one.items[:at], new, *one.items[at:]))


def remove_code(choose: Choose, study: Study) -> Study:
    one = choose(study.code_list)
    code = choose(one.items)
    if len(one.items) == 1 or code.coded_value == "Y":  # rules compare with Y
        return study
    return with_list(study, one, tuple(item for item in one.items if item != code))


def reword_code(choose: Choose, study: Study) -> Study:
    one = choose(study.code_list)
    code = choose(one.items)
    other = changed(code, decode=Text(en=f"{code.decode.en}, other words", zh=code.decode.zh))
    return with_list(study, one, tuple(other if item == code else item for item in one.items))


def remove_form(choose: Choose, study: Study) -> Study:
    """With all that reads it; the form of the visit date stays."""
    form = choose(study.form)
    if form.oid == "F.SV" or len(study.form) < 2:
        return study
    study = without_rules(study)
    events = tuple(
        changed(event, forms=tuple(ref for ref in event.forms if ref.form != form.oid))
        for event in study.event
    )
    return changed(study, form=tuple(one for one in study.form if one.oid != form.oid), event=events)


def add_form(choose: Choose, study: Study) -> Study:
    """A form that an earlier version may have asked."""
    number = choose("12")
    oid = f"F.ADD{number}"
    if oid in study.forms:
        return study
    item = ItemDef(oid=f"I.ADD{number}.A", question=Text(en="Anything", zh="任何内容"), data_type="text")
    group = ItemGroupDef(oid=f"IG.ADD{number}", name=Text(en="Added", zh="新增"), item=(item,))
    form = FormDef(oid=oid, name=Text(en=f"Added {number}", zh=f"新增{number}"), item_group=(group,))
    event = choose(study.event)
    events = tuple(
        changed(one, forms=(*one.forms, FormRef(form=oid))) if one.oid == event.oid else one
        for one in study.event
    )
    return changed(study, form=(*study.form, form), event=events)


def add_visit(choose: Choose, study: Study) -> Study:
    number = choose("789")
    oid = f"SE.X{number}"
    if oid in study.events:
        return study
    event = StudyEventDef(
        oid=oid, name=Text(en=f"Extra {number}", zh=f"附加{number}"), short_name=f"X{number}",
        type="Scheduled", number=number, day=int(number), forms=(FormRef(form="F.SV"),),
    )  # fmt: skip
    return changed(study, event=(*study.event, event))


def remove_visit(choose: Choose, study: Study) -> Study:
    """Without the forms that only this visit asks."""
    event = choose(study.event)
    others = tuple(one for one in study.event if one.oid != event.oid)
    asked = {oid for one in others for oid in one.form_oids}
    if event.oid == "SE.V1" or not all(oid in asked for oid in event.form_oids):
        return study
    return changed(study, event=others)


def widen_window(choose: Choose, study: Study) -> Study:
    event = choose(study.event)
    other = changed(event, after=choose((0, 1, 2, 3)))
    return changed(study, event=tuple(other if one.oid == event.oid else one for one in study.event))


CHANGES: tuple[Callable[[Choose, Study], Study], ...] = (
    reword, require, limit, widen, add_item, remove_item, reorder, add_code, remove_code, reword_code,
    remove_form, add_form, add_visit, remove_visit, widen_window,
)  # fmt: skip
