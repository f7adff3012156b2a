"""`python -m bench`: every group in a process of its own, one table, and the same as JSON.

A group that breaks off is a row that was not measured and makes the run fail; a missed goal is printed as
missed and does not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import Row
from bench.table import printed, write_between_marks

#: group → the rows it gives
GROUPS = {
    "start": ("P1",),
    "forms": ("P2", "P2b", "P3"),
    "entry": ("P4", "P5"),
    "durable": ("P4b",),
    "paper": ("P9", "P10"),
    "exchange": ("P11", "P12", "P12b"),
    "growth": ("P13", "P14"),
    "memory": ("P15",),
    "subjects": ("P16",),
    "studies": ("P6", "P6b"),
    "clinical": ("P7", "P8"),
    "responsive": ("P17",),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when everything was measured, 1 when a group broke off."""
    options = _options(arguments)
    wanted = _wanted(options.only)
    groups = [one for one, ids in GROUPS.items() if wanted & {one, *ids}]
    rows, broken = [], []
    for group in groups:
        sys.stderr.write(f"{group}\n")
        found = _run(group, options.quick)
        broken += [group] if found is None else []
        rows += [row for row in found or [] if wanted & {group, row.id}]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(_document(rows, broken), indent=1) + "\n", "utf-8")
    table = printed(rows)
    print(table)
    if options.into:
        write_between_marks(options.into, table, f"{_today()}, {_machine_words()}")
    for group in broken:
        print(f"NOT MEASURED: {group} ({', '.join(GROUPS[group])}) broke off, see above")
    return 1 if broken else 0


def _wanted(only: str) -> set[str]:
    """Names of groups and rows; all groups when nothing is named.  Ends the program for an unknown name."""
    known = {*GROUPS, *(id_ for ids in GROUPS.values() for id_ in ids)}
    wanted = {part.strip() for part in only.split(",") if part.strip()} or set(GROUPS)
    if unknown := wanted - known:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(known))}")
    return wanted


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure; see docs/performance.md.")
    parser.add_argument("--only", default="", help="rows or groups, for example P4,P5 or paper")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: shows that it runs, no numbers to keep"
    )
    parser.add_argument(
        "--into", type=Path, help="a Markdown file that holds the table between two marks: write it there"
    )
    parser.add_argument(
        "--json", type=Path, default=Path("build/bench.json"), help="where the rows go as JSON"
    )
    return parser.parse_args(arguments)


def _run(group: str, quick: bool) -> list[Row] | None:
    """The rows of a group, None when its process broke off."""
    command = [sys.executable, "-m", f"bench.{group}", *(["--quick"] if quick else [])]
    environment = os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode:
        return None
    return [Row(**json.loads(line)) for line in done.stdout.splitlines() if line]


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _machine_words() -> str:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{machine}, Python {platform.python_version()}"


def _document(rows: Sequence[Row], broken: Sequence[str]) -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "rows": [{name: getattr(row, name) for name in Row.__slots__} | {"met": row.met} for row in rows],
        "not_measured": list(broken),
    }


if __name__ == "__main__":
    sys.exit(main())
