"""Evidence codes on a blank form: where each question comes from, and what the codes mean.

A definition says at each item by `source` what it rests on (`R, T1`).  The codes stand beside the questions
on paper only where they are asked for; a site fills in forms without them.
"""

from __future__ import annotations

import re
from typing import Final

from crf_app.export.layout import WIDTH, Cell, Row
from crf_app.export.paper_words import joined, word
from crf_app.export.text import INK3, Run, Style, wrap
from crf_app.model.form_def import FormDef
from crf_app.model.item_def import ItemDef

_SMALL: Final = Style(7, ink=INK3)
#: in the order of the legend
CODES: Final = ("S", "R", "P", "T", "A")


def without_sources(form: FormDef) -> FormDef:
    """The same form with no evidence code at its questions."""
    groups = tuple(
        group.model_copy(update={"item": tuple(_bare(item) for item in group.item)})
        for group in form.item_group
    )
    return FormDef(**{**_fields(form), "item_group": groups})


def _bare(item: ItemDef) -> ItemDef:
    return item.model_copy(update={"source": None}) if item.source else item


def _fields(form: FormDef) -> dict[str, object]:
    return {name: getattr(form, name) for name in type(form).model_fields}


def legend(form: FormDef, language: str) -> list[Row]:
    """One line that explains the codes this form uses; nothing where no question has one."""
    written = " ".join(item.source for item in form.items.values() if item.source)
    used = [code for code in CODES if re.search(rf"\b{code}", written)]
    if not used:
        return []
    codes = joined([f"{code} {word(f'evidence_{code}', language)}" for code in used], language)
    text = word("evidence", language, codes=codes)
    return [Row((Cell(0, WIDTH, wrap([Run(text, _SMALL)], WIDTH)),), above=4)]
