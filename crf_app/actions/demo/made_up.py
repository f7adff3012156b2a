"""Made-up answers for any study, from a seed: inside the usual ranges, so that forms can be completed.

A study may lie a table beside its forms (`demo/values.toml`: variable = [low, high] | ["code", …] | "text")
where the ranges of single items are not enough, for example when one result must be below another.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import ItemDef

WORDS = "made up"


@dataclass(frozen=True)
class Maker:
    """Makes answers for one study; the same seed makes the same answers."""

    study: Study
    table: Mapping[str, Any]
    chance: random.Random

    def form(
        self, form: FormDef, day: date, words: Mapping[str, str], rows: Mapping[str, list[str]] | None = None
    ) -> dict[str, str]:
        """local → text for every item that can be typed; `words` fills `{…}` in the table's texts."""
        out: dict[str, str] = {}
        said = {"day": day.isoformat(), "next": (day + timedelta(days=1)).isoformat(), **words}
        for group in form.item_group:
            for part in self._parts(group, rows or {}):
                for item in group.item:
                    if text := self._item(item, part.partition("~")[2], day, said):
                        out[f"{part}/{item.oid}"] = text
        return out

    def _parts(self, group: ItemGroupDef, rows: Mapping[str, list[str]]) -> list[str]:
        if group.rows:
            return [f"{group.oid}~{one.coded_value}" for one in self.study.offered_lists[group.rows].items]
        if group.repeating:
            return [f"{group.oid}~{uid}" for uid in rows.get(group.oid, [])]
        return [group.oid]

    def _item(self, item: ItemDef, row: str, day: date, words: Mapping[str, str]) -> str:
        """One answer, or "" for an item that is left empty."""
        if item.derived or item.companion_of or item.own_password:
            return ""
        choice = self.table.get(f"{item.variable}@{row}", self.table.get(item.variable))
        if choice is not None:
            return self._chosen(item, choice, words)
        if item.link is not None or (not item.mandatory and item.mandatory_when is None):
            return ""  # which row it is nobody can make up
        return self._by_type(item, day)

    def _chosen(self, item: ItemDef, choice: Any, words: Mapping[str, str]) -> str:
        if isinstance(choice, str):
            return choice.format(**words)
        if choice and isinstance(choice[0], str):
            return str(self.chance.choice(choice))
        return self._number(item, Decimal(str(choice[0])), Decimal(str(choice[1])))

    def _by_type(self, item: ItemDef, day: date) -> str:
        if item.code_list:
            codes = [one.coded_value for one in self.study.offered_lists[item.code_list].items]
            return "Y" if "Y" in codes else codes[0]
        if item.data_type in ("integer", "decimal"):
            return self._number(item, *_usual(item))
        moment = f"{self.chance.randint(7, 10):02d}:{self.chance.randint(0, 59):02d}"
        return {
            "date": day.isoformat(),
            "partialDate": day.isoformat()[:7],
            "time": moment,
            "datetime": f"{day.isoformat()}T{moment}",
        }.get(item.data_type, WORDS[: item.length or 99])

    def _number(self, item: ItemDef, low: Decimal, high: Decimal) -> str:
        digits = 0 if item.data_type == "integer" else item.significant_digits or 0
        scale = Decimal(10) ** digits
        return f"{Decimal(self.chance.randint(int(low * scale), int(high * scale))) / scale:.{digits}f}"


def _usual(item: ItemDef) -> tuple[Decimal, Decimal]:
    """The middle of the soft range (else of the hard one, else 1 to 10); beside a limit that stands alone."""
    checks = sorted(item.range_check, key=lambda one: one.soft_hard == "Soft")
    known = {one.comparator: Decimal(one.value) for one in checks}
    least, most = known.get("GE", known.get("GT")), known.get("LE", known.get("LT"))
    low = least if least is not None else min(Decimal(1), most - 9) if most is not None else Decimal(1)
    high = most if most is not None else max(Decimal(10), low + 9)
    quarter = (high - low) / 4
    return low + quarter, high - quarter


def maker(study: Study, folder: Path | None, seed: int) -> Maker:
    """A maker for a study whose files lie in `folder` (None: without its table)."""
    path = folder / "demo" / "values.toml" if folder else None
    table = tomllib.loads(path.read_text("utf-8")) if path and path.exists() else {}
    return Maker(study, table, random.Random(seed))
