"""StudyEventDef of ODM 2.0, and the plan of visits: a timing constraint each, in ISO 8601 durations.

A visit is planned from the start of day 1; its window is the time allowed before and after.  There is no
day 0: day 1 is `P0D`, day 8 is `P7D`, day -7 is `-P7D`.  A span such as screening is its first day and the
days that follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from crf_app.exchange.odm2_known import Known, odm_oid, read_aliases
from crf_app.exchange.odm2_rule import read_asked, write_asked
from crf_app.exchange.odm2_writing import Writing, difference, without, write_aliases, write_name
from crf_app.exchange.odm2_xml import NS, new, sub
from crf_app.model.definition import JsonObject

_DURATION: Final = re.compile(r"(-?)P(\d{1,5})([DWMY])")
_DAYS: Final = {"D": 1, "W": 7}
_MONTHS: Final = {"M": 1, "Y": 12}


def write_event(out: Writing, event: Mapping[str, Any], number: int, plan: JsonObject) -> None:
    """The visit; `number` counts visits from 1, `plan` is what the timing constraints say of it."""
    oid = out.written[event["oid"]]
    element = new("StudyEventDef", **event_attributes(event, oid))
    write_name(element, event["name"], out.languages)
    for form in event["forms"]:
        written = out.written.get(form["form"])
        if written is not None and written not in {one.get("ItemGroupOID") for one in element}:
            reference = sub(element, "ItemGroupRef", ItemGroupOID=written)
            write_asked(out, reference, form, f"{oid}.{written}", form.get("mandatory", True))
    native = read_event(out.known, element, event["oid"], number) | plan
    native["forms"] = [
        read_form_ref(out.known, one, form["form"])
        for one, form in zip(element.iterchildren(NS + "ItemGroupRef"), event["forms"], strict=False)
    ]
    write_aliases(element, event, difference(native, without(event, "oid")))
    out.made["StudyEventDef"][oid] = element


def event_attributes(event: Mapping[str, Any], oid: str) -> dict[str, str | None]:
    return {
        "OID": oid,
        "Name": event["name"]["en"] or "-",
        "Repeating": "Yes" if event.get("repeating") else "No",
        "Type": event["type"],
    }


def read_event(known: Known, element: Any, oid: str, number: int) -> JsonObject:
    """What the element says natively, but for its forms; `oid`: ours, `number` counts visits from 1."""
    found: JsonObject = {"name": known.named(element), "type": element.get("Type"), "number": str(number)}
    found["short_name"] = oid.removeprefix("SE.")
    found |= {"repeating": True} if element.get("Repeating") == "Yes" else {}
    return found | odm_oid(element, oid) | read_aliases(element)


def read_form_ref(known: Known, reference: Any, form: str) -> JsonObject:
    """The reference of a visit to a form; `form`: our OID."""
    found = without(read_asked(known, reference), "mandatory", "collect_when")
    return {"form": form} | found | ({"mandatory": False} if reference.get("Mandatory") == "No" else {})


def first_day(events: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The visit of day 1, from which the others are counted."""
    return next((one for one in events if one.get("day") == 1), None)


def write_timing(out: Writing, timing: Any, events: list[JsonObject]) -> None:
    """A constraint for each visit that is planned, in the element StudyTiming."""
    first = first_day(events)
    for event in events:
        planned = planned_attributes(event)
        if planned is not None:
            oid = out.written[event["oid"]]
            name = event["name"]["en"] or "-"
            before = out.written[first["oid"]] if first is not None else None
            sub(timing, "RelativeTimingConstraint", OID=f"TIMING.{oid}", Name=name,
                PredecessorOID=before, SuccessorOID=oid, Type="StartToStart", **planned)  # fmt: skip


def planned_attributes(event: Mapping[str, Any]) -> dict[str, str | None] | None:
    """Target and window of a visit; None for one that is not planned."""
    if event.get("day") is not None:
        target = _days(_offset(event["day"]))
    elif event.get("month") is not None:
        target = f"{'-' if event['month'] < 0 else ''}P{abs(event['month'])}M"
    elif event.get("from_day") is not None:
        days = _offset(event.get("to_day", event["from_day"])) - _offset(event["from_day"])
        return _window(_days(_offset(event["from_day"])), 0, days)
    else:
        return None
    return _window(target, event.get("before", 0), event.get("after", 0))


def _window(target: str, before: int, after: int) -> dict[str, str | None]:
    return {
        "TimepointRelativeTarget": target,
        "TimepointPreWindow": _days(before),
        "TimepointPostWindow": _days(after),
    }


def _offset(day: int) -> int:
    return day - 1 if day > 0 else day


def _days(days: int) -> str:
    return f"{'-' if days < 0 else ''}P{abs(days)}D"


def read_timing(protocol: Any) -> dict[str, JsonObject]:
    """OID of a visit in the file → `day` or `month`, `before`, `after`, where this program can plan it so.

    Visits that are counted from different visits are not planned: windows here count from day 1.
    """
    found = list(protocol.iter(NS + "RelativeTimingConstraint")) if protocol is not None else []
    firsts = {
        one.get("PredecessorOID") for one in found if one.get("PredecessorOID") != one.get("SuccessorOID")
    }
    if len(firsts) > 1:
        return {}
    plans = {one.get("SuccessorOID"): read_planned(one) for one in found if one.get("SuccessorOID")}
    first = next(iter(firsts), None)
    if first is not None and plans.get(first, {"day": 1}).get("day") != 1:
        return {}
    return ({first: {"day": 1}} if first is not None else {}) | {
        oid: plan for oid, plan in plans.items() if plan
    }


def read_planned(element: Any) -> JsonObject:
    """The plan that a constraint says; empty if it is not one of ours."""
    if element.get("Type", "StartToStart") != "StartToStart":
        return {}
    target = _DURATION.fullmatch(element.get("TimepointRelativeTarget", ""))
    before, after = (read_days(element.get(f"Timepoint{one}Window", "")) for one in ("Pre", "Post"))
    if target is None or before is None or after is None:
        return {}
    size = int(target[2]) * (-1 if target[1] else 1)
    window = {key: days for key, days in (("before", before), ("after", after)) if days}
    if target[3] in _MONTHS:
        return {"month": size * _MONTHS[target[3]]} | window
    days = size * _DAYS[target[3]]
    return {"day": days + 1 if days >= 0 else days} | window


def read_days(duration: str) -> int | None:
    """Days of an ISO 8601 duration; 0 of an empty one, None of months, years and negative ones."""
    if not duration:
        return 0
    match = _DURATION.fullmatch(duration)
    return int(match[2]) * _DAYS[match[3]] if match and not match[1] and match[3] in _DAYS else None
