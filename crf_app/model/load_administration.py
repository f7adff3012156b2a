"""What must fit in a form's `[administration]`: groups and items that are there, of a type that can be used.

What the page of a dose makes of it is in `actions/dose/administration.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crf_app.model.form_def import Administration, FormDef
from crf_app.model.item_def import CodeList

#: (key, name it concerns, sentence in English, in Chinese, names to guess from)
Mistake = tuple[str, str, str, str, tuple[str, ...]]


def administration_mistakes(
    form: FormDef, forms: Iterable[FormDef], lists: Mapping[str, CodeList]
) -> Iterator[Mistake]:
    """Every name that names nothing, every step without its groups, every moment that is none."""
    said = form.administration
    if said is None:
        return
    yield from _steps(form, said)
    yield from _moments(form, said)
    for key in ("number", "expiry", "volume", "given", "rate", "amount"):
        oid = getattr(said, key)
        if oid is not None and oid not in form.items:
            yield _unknown(key, oid, form.items)
    for clock in said.clock:
        if clock.since not in form.items or form.items[clock.since].data_type != "datetime":
            yield _wrong("since", clock.since, "an item with date and time", "含日期时间的条目", form.items)
    yield from _pause(form, said)
    yield from _observed(said, list(forms), lists)


def _steps(form: FormDef, said: Administration) -> Iterator[Mistake]:
    """Each group of the form stands in one step."""
    groups = [group.oid for group in form.item_group]
    named = [oid for _, oids in said.steps for oid in oids]
    for name, oids in said.steps:
        for oid in oids:
            if oid not in groups:
                yield _unknown(name, oid, groups)
    for oid in groups:
        if named.count(oid) != 1:
            yield ("fit", oid, f"`{oid}` stands in {named.count(oid)} steps; it must stand in one.",
                   f"`{oid}` 出现在 {named.count(oid)} 个步骤中，应恰好一次。", ())  # fmt: skip


def _moments(form: FormDef, said: Administration) -> Iterator[Mistake]:
    for key in ("start", "end"):
        oids = getattr(said, key)
        types = tuple(form.items[oid].data_type for oid in oids if oid in form.items)
        if types not in (("date", "time"), ("datetime",)):
            wanted = "an item with date and time, or one with the date and one with the time"
            yield _wrong(key, " ".join(oids), wanted, "一个日期时间条目，或日期与时间各一", form.items)


def _pause(form: FormDef, said: Administration) -> Iterator[Mistake]:
    if said.pause is None:
        return
    flag, *inside = said.pause
    if flag not in form.items:
        yield _unknown("pause", flag, form.items)
    groups = {form.group_of[oid].oid for oid in inside if oid in form.items}
    if len(groups) != 1 or not form.group_of[inside[0]].repeating:
        wanted = "start, end and reason in one repeating group"
        yield _wrong("pause", " ".join(inside), wanted, "同一重复组中的开始、结束与原因", form.items)


def _observed(said: Administration, forms: list[FormDef], lists: Mapping[str, CodeList]) -> Iterator[Mistake]:
    groups = {group.oid: group for form in forms for group in form.item_group}
    items = {oid for form in forms for oid in form.items}
    for oid in said.reaction:
        if oid not in items:
            yield _unknown("reaction", oid, items)
    if said.reaction_log is not None and said.reaction_log not in groups:
        yield _unknown("reaction_log", said.reaction_log, groups)
    if said.observed is None:
        if said.prompt:
            yield _wrong("prompt", "", "`observed`, whose rows become due", "配套的 `observed`", groups)
        return
    group = groups.get(said.observed)
    if group is None or group.rows is None:
        yield _wrong("observed", said.observed, "a group of fixed rows", "固定行的组", groups)
        return
    codes = lists[group.rows].by_code if group.rows in lists else {}
    for prompt in said.prompt:
        if codes and prompt.row not in codes:
            yield _unknown("row", prompt.row, codes)
    types = {item.oid: item.data_type for item in group.item}
    if tuple(types.get(oid) for oid in said.observed_at) not in (("date", "time"), ("datetime",)):
        wanted = "date and time of the observation"
        yield _wrong("observed_at", " ".join(said.observed_at), wanted, "观察的日期与时间", types)


def _unknown(key: str, name: str, known: Iterable[str]) -> Mistake:
    return (
        key,
        name,
        f"`{key}` names `{name}`, which is not defined.",
        f"`{key}` 指向未定义的 `{name}`。",
        tuple(known),
    )


def _wrong(key: str, name: str, en: str, zh: str, known: Iterable[str]) -> Mistake:
    return (
        key,
        name,
        f"`{key}` names `{name}`; it takes {en}.",
        f"`{key}` 指向 `{name}`；应为{zh}。",
        tuple(known),
    )
