"""One hash over everything that device and central must agree on, independent of the order of arrival.

SHA-256 of canonical {"units": {unit: folded state}, "ids": [all record ids, sorted], "duplicates":
{label: [subject uids]}}: current values, the set of audit records, and what is in conflict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from crf_app.crypto.canonical import canonical, sha256
from crf_app.rules.fold import fold, unit_of
from crf_app.rules.unit_state import Entry, FormUnit, HeaderUnit


def fold_all(entries: Iterable[Entry]) -> dict[str, FormUnit | HeaderUnit]:
    """Every unit from nothing."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        groups[unit_of(one.record)].append(one)
    return {unit: fold(unit, some) for unit, some in groups.items()}


def duplicate_labels(units: Mapping[str, FormUnit | HeaderUnit]) -> dict[str, list[str]]:
    """Subject numbers that two subjects carry, with the uids; subjects entered in error do not count."""
    labels: dict[str, list[str]] = defaultdict(list)
    for unit, state in units.items():
        if not unit.startswith("S|") or not isinstance(state, HeaderUnit):
            continue
        label, status = state.shown("label"), state.shown("status")
        if label is not None and not (status and status.value == "entered_in_error"):
            labels[label.value or ""].append(unit[2:])
    return {label: sorted(uids) for label, uids in labels.items() if len(uids) > 1}


def state_hash_of(
    units: Mapping[str, Mapping[str, Any]], ids: Iterable[str], duplicates: Mapping[str, list[str]]
) -> str:
    """The hash from states that are already JSON (as central stores them)."""
    return sha256(canonical({"units": units, "ids": sorted(ids), "duplicates": duplicates}))


def state_hash(entries: Iterable[Entry]) -> str:
    """The hash from the records themselves."""
    all_entries = list({one.id: one for one in entries}.values())
    units = fold_all(all_entries)
    states = {unit: state.as_json() for unit, state in units.items()}
    return state_hash_of(states, (one.id for one in all_entries), duplicate_labels(units))
