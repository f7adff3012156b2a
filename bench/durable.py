"""P4b: how often the disk is asked to keep what was written, before each acknowledgement.

`crf-app put --stdin` runs under strace; between two answers on stdout the fsync and fdatasync calls are
counted.  Syncs of a checkpoint (the log's contents brought into `study.db`) are not an answer's own; nor are
those of the first answer, whose commit also makes the log and its folder entry.  Without strace this breaks
off: an untested promise is not a kept one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.homes import made_home, session_of
from bench.measure import Row, give, say
from crf_app.actions import subjects
from crf_app.actions.demo.demo_site import PASSWORD

_SYNC = re.compile(r"\b(?:fsync|fdatasync)\(\d+<([^>]*)>")
_ANSWER = re.compile(r'\bwrite\(1<[^>]*>, "\{')
_LOG, _DATA = "study.db-wal", "study.db"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    count = 30 if parser.parse_args().quick else 400
    if shutil.which("strace") is None:
        raise SystemExit("strace is missing: syncs cannot be counted. Install the package strace.")
    with made_home("W0") as home:
        with session_of(home) as session:
            subjects.add_subject(session, subjects.next_number(session))
            label = subjects.next_number(session)
            subjects.add_subject(session, label)
        syncs = list(syncs_before_each_answer(_traced(home, label, count)))
    if len(syncs) != count:
        raise SystemExit(f"{len(syncs)} answers for {count} lines")
    give(_row(syncs[1:]))


def own_syncs(syncs: list[list[str]]) -> list[int]:
    """How often the log was synced for each answer itself.

    A checkpoint syncs the log, then `study.db`; the commit after it begins the log anew and syncs the log's
    header first.  These three belong to the checkpoint.
    """
    counts, fresh = [], False
    for names in syncs:
        checkpoint = _DATA in names
        counts.append(names.count(_LOG) - checkpoint - (fresh and names.count(_LOG) > 1))
        fresh = checkpoint
    return counts


def _row(syncs: list[list[str]]) -> Row:
    """The number that every acknowledgement had; the farthest from 1 when they differ."""
    own = own_syncs(syncs)
    say(f"syncs of the log before an answer: {dict(Counter(own))}")
    worst = max(own, key=lambda number: abs(number - 1))
    others = sum(map(len, syncs)) - sum(own)
    return Row(
        "P4b",
        f"syncs to disk before each of {len(own)} acknowledged answers, fewest or most",
        "one",
        float(worst),
        "exactly",
        1.0,
        float(worst),
        1.0,
        "",
        1,
        f"{others} syncs of checkpoints not counted",
    )


def _traced(home: Path, label: str, count: int) -> str:
    """What strace wrote while `count` answers were put."""
    lines = [
        {"subject": label, "event": "V1", "form": "F1", "item": f"Q{5 + 8 * (n % 7):03d}", "value": f"w{n}"}
        for n in range(count)
    ]
    with tempfile.TemporaryDirectory(prefix="crf-bench-") as folder:
        secret, trace = Path(folder) / "secret", Path(folder) / "trace"
        secret.write_text(PASSWORD, "utf-8")
        command = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", str(trace)]
        command += [sys.executable, "-m", "crf_app", "--as", "nurse", "put", "--stdin"]
        done = subprocess.run(
            command,
            input="".join(json.dumps(line) + "\n" for line in lines).encode(),
            env=os.environ | {"CRF_HOME": str(home), "CRF_SECRET_FILE": str(secret)},
            capture_output=True,
            check=False,
        )
        refused = [line for line in done.stdout.splitlines() if not json.loads(line).get("ok")]
        if done.returncode or refused:
            raise SystemExit(f"put broke off: {done.stderr.decode()[-500:]} {refused[:1]}")
        return trace.read_text("utf-8")


def syncs_before_each_answer(trace: str) -> Iterator[list[str]]:
    """For each answer on stdout the names of the files synced since the answer before."""
    since: list[str] = []
    for line in trace.splitlines():
        if found := _SYNC.search(line):
            since.append(Path(found[1]).name)
        elif _ANSWER.search(line):
            yield since
            since = []


if __name__ == "__main__":
    main()
