"""Bundles and receipts as rows of a list: number, what is inside, when, which way, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable

from crf_app.actions.sync.bundle_list import BundleSeen, Inside, ReceiptSeen
from crf_app.model.clock import Clock
from crf_app.ui.day.day_words import moment, spaced
from crf_app.ui.widgets.table_models import Look
from crf_app.ui.words import language, say

HEAD = ("n", "inside", "made", "way", "state")
#: the column that takes what is left
WIDE = 1
_PARTS = ("values", "signatures", "answers", "others")


def inside_words(inside: Inside) -> str:
    """ "64 values, 5 signatures, 3 answers"; "" where it is not known."""
    counts = {name: getattr(inside, name) for name in _PARTS}
    said = [_counted(name, n) for name, n in counts.items() if n]
    return ("，" if language() == "zh" else ", ").join(said)


def rows_of(bundles: Iterable[BundleSeen], receipts: Iterable[ReceiptSeen], clock: Clock) -> list[list[Look]]:
    """Both kinds together, the newest first."""
    some = [(one.made_at, _bundle(one, clock)) for one in bundles]
    some += [(one.applied_at, _receipt(one, clock)) for one in receipts]
    return [row for _, row in sorted(some, key=lambda one: one[0], reverse=True)]


def _counted(name: str, n: int) -> str:
    leaf = say(f"exchange.{name}", n=n)
    return leaf.replace(str(n), spaced(n), 1)


def _bundle(one: BundleSeen, clock: Clock) -> list[Look]:
    when, records = moment(clock, one.made_at), say("exchange.records", first=one.first, last=one.last)
    inside = inside_words(one.inside) or records
    way = _way(one)
    state = say("exchange.received" if one.safe else "exchange.waiting")
    more = say("exchange.waiting_sub")
    if one.safe:
        more = say("exchange.received_sub", when=moment(clock, one.receipt_at)) if one.receipt_at else ""
    said = say(
        "exchange.row_said", n=one.n, inside=inside, when=when, way=way, state=state, more=more or records
    )
    return [
        Look(str(one.n), bold=True, said=said),
        Look(inside, sub="" if inside == records else records),
        Look(when, colour="text2"),
        Look(way, colour="text2"),
        Look(state, "shield" if one.safe else "only_here", "ok" if one.safe else "accent", True, sub=more),
    ]


def _way(one: BundleSeen) -> str:
    if not one.place:
        return "–"
    return say("exchange.disk", place=one.place) if one.disk else one.place


def _receipt(one: ReceiptSeen, clock: Clock) -> list[Look]:
    number, inside = say("exchange.number_in", n=one.n), say("exchange.receipt_to", last=one.last)
    when, state = moment(clock, one.issued_at), say("exchange.taken_in")
    more = say("exchange.taken_in_sub", when=moment(clock, one.applied_at))
    said = say("exchange.row_in_said", n=one.n, inside=inside, when=when, state=f"{state} {more}")
    return [
        Look(number, bold=True, said=said),
        Look(inside),
        Look(when, colour="text2"),
        Look(say("exchange.from_central"), colour="text2"),
        Look(state, "check", "ok", True, sub=more),
    ]
