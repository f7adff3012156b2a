"""P7, P8: data of subjects from ODM into a home, and out of one.

P7    A: `actions/odm_import.import_odm` of the transactional file of 100 subjects (12 visits, a form of 60
      items each) into a home that has the study and nobody: guarded reading, every answer of its type,
      derived again, checks asked, audit rows with the source's trail, chained, sealed, folded, one durable
      transaction for each subject.  B: lxml's `iterparse` of the same file and bare SQL that inserts an audit
      row with its chain hash and the current value for each answer, one transaction for each subject.
      Memory: the highest of the process that imports; 1,000 subjects against 100 (not in the quick run).
P8    A: the export of the same study's data as ODM (whole trail, snapshot; each validated) and as CSV.
      B: one scan of the table of values into tuples.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.floor import floor
from bench.homes import SEED, session_of
from bench.measure import Pair, Row, compare, give, rate_row, say, time_row, timed
from crf_app.actions.demo.demo_site import PLACE, make_people
from crf_app.actions.demo.generate import generate
from crf_app.actions.demo.made_up_study import Shape, write_study
from crf_app.actions.demo.made_up_subject import WalkingClock
from crf_app.actions.exporting import export_csv
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.odm.odm_import import import_odm
from crf_app.crypto.passwords import LIGHT
from crf_app.model.clock import SystemClock

_SHAPE = Shape(12, (60,))
_KB = 1024


def main(arguments: list[str] | None = None) -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    options.add_argument("--import", dest="one", nargs=2, type=Path, metavar=("HOME", "FILE"))
    chosen = options.parse_args(arguments)
    if chosen.one:
        _import_once(*chosen.one)
        return
    with tempfile.TemporaryDirectory(prefix="crf-bench-") as folder:
        place = Path(folder)
        write_study(place / "study", _SHAPE)
        few = 10 if chosen.quick else 100
        source = _home(place, "source")
        _fill(source, few)
        with session_of(source, "coordinator") as session:
            file = place / "few.xml"
            export_odm(session, file)
            _export_rows(session, place, 3 if chosen.quick else 5)
        peak = _import_rows(place, file, few, 1 if chosen.quick else 3)
        if not chosen.quick:
            _many(place, peak)


def _home(place: Path, name: str) -> Path:
    home = place / name
    make_people(home, place / "study", WalkingClock(SystemClock().now() - timedelta(days=420)), LIGHT, PLACE)
    return home


def _fill(home: Path, subjects: int) -> None:
    say(f"{subjects} made-up subjects")
    with session_of(home) as session:
        generate(session, "W0", SEED, None, subjects)


def _import_rows(place: Path, file: Path, subjects: int, blocks: int) -> float:
    """P7 in time and memory; the highest memory of the process, in MB."""
    empty, found = _home(place, "empty"), []

    def ours() -> float:
        home = Path(shutil.copytree(empty, place / "target", dirs_exist_ok=False))
        found.append(_in_own_process(home, file))
        shutil.rmtree(home)
        return float(found[-1]["seconds"])

    pair = compare(ours, lambda: _floor(file, place / "floor.db"), blocks)
    what = f"import ODM of {subjects} subjects with audit trail, {found[-1]['answers']:,} answers"
    peak = max(float(one["peak"]) for one in found)
    give(time_row("P7", what, "iterparse and bare SQL with audit and chain", 2.0, pair))
    give(
        Row(
            "P7",
            f"memory of that import, {subjects} subjects",
            "a limit",
            peak,
            "at most",
            150,
            peak,
            None,
            "MB",
        )
    )
    return peak


def _many(place: Path, peak: float) -> None:
    """The same for ten times as many: time and memory grow with the file, or do not."""
    source = _home(place, "many")
    _fill(source, 1000)
    file = place / "many.xml"
    with session_of(source, "coordinator") as session:
        export_odm(session, file)
    found = _in_own_process(_home(place, "many-target"), file)
    other = float(found["peak"])
    pair = Pair(float(found["seconds"]), _floor(file, place / "many.db"), 1)
    what = f"import ODM of 1,000 subjects, {found['answers']:,} answers"
    give(time_row("P7", what, "iterparse and bare SQL with audit and chain", 2.0, pair))
    give(
        Row("P7", "memory for 1,000 subjects", "for 100", other / peak, "at most", 1.2, other, peak, "MB", 1)
    )


def _in_own_process(home: Path, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.clinical", "--import", str(home), str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _import_once(home: Path, file: Path) -> None:
    with session_of(home, "coordinator") as session:
        began = time.perf_counter()
        done = import_odm(session, file)
        seconds = time.perf_counter() - began
    assert not done.outcomes.get("refused"), done.outcomes
    peak = _highest_memory()
    sys.stdout.write(json.dumps({"seconds": seconds, "answers": done.answers, "peak": peak}))


def _highest_memory() -> float:
    """Of this program in MB; `getrusage` would also count what the process was before it became this one."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / _KB


def _floor(file: Path, database: Path) -> float:
    """Seconds of the shortest script that stores as much: a transaction for each subject."""
    from lxml import etree

    database.unlink(missing_ok=True)
    with floor(database) as store:
        began = time.perf_counter()
        answers: dict[str, str] = {}
        for _, element in etree.iterparse(str(file), events=("end",), huge_tree=True):
            name = etree.QName(element).localname
            if name == "ItemData":
                answers[f"{len(answers)}/{element.get('ItemOID')}"] = element.get("Value") or ""
            elif name == "SubjectData":
                store.save(element.get("SubjectKey") or "", answers)
                answers = {}
                element.clear()
        return time.perf_counter() - began


def _export_rows(session: Any, place: Path, blocks: int) -> None:
    def scan() -> float:
        return timed(lambda: session.store.conn.execute("SELECT * FROM item_data").fetchall())

    values = session.store.conn.execute("SELECT count(*) FROM item_data").fetchone()[0]
    ways = {
        "ODM 1.3.2, whole trail": lambda: export_odm(session, place / "out.xml"),
        "ODM 1.3.2, snapshot": lambda: export_odm(session, place / "out.xml", snapshot=True),
        "ODM 2.0, whole trail": lambda: export_odm(session, place / "out.xml", "2.0"),
        "CSV": lambda: export_csv(session, place / "csv"),
    }
    for name, work in ways.items():
        pair = compare(lambda work=work: timed(work), scan, blocks)  # type: ignore[misc]
        what = f"export {values:,} values as {name}"
        give(rate_row("P8", what, "a scan of the table of values", 0.35, pair, values))


if __name__ == "__main__":
    main()
