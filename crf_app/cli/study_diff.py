"""`study diff`: what changes from one definition to another, in words, grouped by form, and for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import click

from crf_app.actions.study.study_diff import Compared, compare_definitions
from crf_app.cli.invocation import Invocation, pass_call
from crf_app.cli.verbs import Verb
from crf_app.errors import AmendmentRefused
from crf_app.model.difference import Difference

_PLACE = click.Path(exists=True, path_type=Path)


@click.command("diff", cls=Verb)
@click.argument("old", metavar="OLD", type=_PLACE)
@click.argument("new", metavar="NEW", type=_PLACE)
@pass_call
def diff(call: Invocation, old: Path, new: Path) -> None:
    """What changes from the definition OLD to NEW, and for whom; each is a folder, or an ODM or XLSForm file.

    A change that would read stored data as something else is refused: it is listed first, and the exit code
    is 3.
    """
    tell(call, compare_definitions(old, new))


def tell(call: Invocation, compared: Compared) -> None:
    """Say the differences; a refused one decides the exit code."""
    if compared.refused:
        call.exit_code = AmendmentRefused.exit_code
    if call.json:
        for one in compared.differences:
            call.row(_fields(one))
    else:
        for line in _lines(call, compared):
            click.echo(line)


def _fields(one: Difference) -> dict[str, object]:
    return {
        "kind": one.kind,
        "what": one.what,
        "oid": one.oid,
        "form": one.form,
        "text": {"en": one.text.en, "zh": one.text.zh},
        "whom": {"en": one.whom.en, "zh": one.whom.zh},
        "look": one.look,
    }


def _lines(call: Invocation, compared: Compared) -> Iterator[str]:
    some = compared.differences
    if not some:
        yield call.text("The definitions are the same.", "两份定义相同。")
    refused = [one for one in some if one.kind == "refused"]
    if refused:
        yield call.text("Refused", "拒绝")
        yield from (f"  {one.text.in_language(call.language)}" for one in refused)
    others = [one for one in some if one.kind != "refused"]
    for form in dict.fromkeys(one.form for one in others):
        yield _heading(call, compared, form)
        yield from _by_whom(call, [one for one in others if one.form == form])


def _heading(call: Invocation, compared: Compared, form: str) -> str:
    if not form:
        return call.text("Study, visits and lists", "研究、访视与代码表")
    known = compared.old.forms | compared.new.forms
    return f"{known[form].name.in_language(call.language)} ({form})"


def _by_whom(call: Invocation, some: Sequence[Difference]) -> Iterator[str]:
    """The sentences, those for the same people under one line."""
    order = list(dict.fromkeys(one.whom.en for one in some))
    for whom, group in groupby(sorted(some, key=lambda one: order.index(one.whom.en)), lambda one: one.whom):
        yield f"  {whom.in_language(call.language)}"
        for one in group:
            look = call.text("LOOK: ", "请核对：") if one.look else ""
            yield f"    {look}{one.text.in_language(call.language)}"
