"""Long work says how far it is, and stopped at any of its steps it leaves nothing half behind."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions.enter_data import enter_value
from crf_app.actions.exporting import export_csv
from crf_app.actions.lab.lab_import import import_results
from crf_app.actions.lab.lab_mapping import mapping_of
from crf_app.actions.odm.odm_export import export_odm
from crf_app.actions.odm.odm_import import import_odm
from crf_app.actions.printing.paper import form_pdf
from crf_app.actions.safekeeping import keeping
from crf_app.actions.session import Session
from crf_app.actions.sync.syncing import make_bundle
from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey
from crf_app.model.progress import Cancelled, counted, silent
from crf_app.store import reads
from crf_app.sync.central_public import CentralPublic

SIGN, BOX = Ed25519Key.generate(), X25519Key.generate()


class StopAt:
    """Progress that a person stops at the n-th step; remembers every step."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.steps: list[tuple[int, int | None]] = []

    def __call__(self, done: int, of: int | None = None, /) -> None:
        self.steps.append((done, of))
        if len(self.steps) > self.n:
            raise Cancelled


def central_of(session: Session) -> bytes:
    identity = session.identity
    return CentralPublic(identity.study, identity.env, SIGN.public, BOX.public).encoded()


@pytest.fixture
def coordinator(session: Any, new_subject: Any) -> Session:
    """Three subjects, each with consent."""
    made: Session = session("coordinator")
    for label in ("ZN001", "ZN002", "ZN003"):
        new_subject(made, label)
    return made


def consent_form(session: Session) -> FormKey:
    return FormKey(reads.subjects(session.store.conn)[0].uid, "SE.SCR", "F.IC")


Work = Callable[[Session, Path, Any], object]
#: writes into the folder that it is given, or nowhere; the last step of each is one that can still be stopped
WORKS: dict[str, Work] = {
    "backup": lambda s, out, p: keeping.backup(s, out / "b.crfbackup", p),
    "bundle": lambda s, out, p: make_bundle(s, out / "b.crf", central_of(s), p),
    "csv": lambda s, out, p: export_csv(s, out / "csv", p),
    "odm": lambda s, out, p: export_odm(s, out / "d.xml", say=p),
    "verify": lambda s, out, p: keeping.verify_aside(s, p),
    "paper": lambda s, out, p: form_pdf(s, consent_form(s), "en", p),
}


@pytest.mark.parametrize("name", WORKS)
def test_stopped_at_any_step_there_is_no_half_file_and_no_half_transaction(
    name: str, coordinator: Session, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    work = WORKS[name]
    if name == "bundle":
        make_bundle(coordinator, tmp_path / "first.crf", central_of(coordinator))  # central is known now
    if name == "verify":
        keeping_every_record(coordinator)
    all_steps = StopAt(10**9)
    whole = tmp_path / "whole"
    whole.mkdir()
    work(coordinator, whole, all_steps)
    assert len(all_steps.steps) > 1, "it says how far it is"
    end = coordinator.store.end.seq
    for n in sorted({0, len(all_steps.steps) // 2, len(all_steps.steps) - 1}):
        with pytest.raises(Cancelled):
            work(coordinator, out, StopAt(n))
        assert list(out.rglob("*")) == []
        assert not coordinator.store.conn.in_transaction
        assert coordinator.store.end.seq == end
    work(coordinator, out, silent)  # and afterwards it can be done
    assert keeping.verify(coordinator).sound


def keeping_every_record(session: Session) -> None:
    """More records than lie between two looks at whether the person stopped."""
    key = consent_form(session)
    from crf_app.model.record import Draft

    drafts = [Draft("print.make", value=f'{{"what": "{key.form_oid} {n}"}}') for n in range(1100)]
    session.commit(drafts)


def test_the_numbers_of_a_backup_are_its_bytes_written_and_read_back(
    coordinator: Session, tmp_path: Path
) -> None:
    steps = StopAt(10**9)
    keeping.backup(coordinator, tmp_path, steps)
    of = steps.steps[-1][1]
    assert of is not None and steps.steps[-1] == (of, of)
    assert [done for done, _ in steps.steps] == sorted(done for done, _ in steps.steps)


def test_the_last_backup_is_remembered_with_time_and_place(coordinator: Session, tmp_path: Path) -> None:
    assert keeping.last_backup(coordinator) is None
    with pytest.raises(Cancelled):
        keeping.backup(coordinator, tmp_path, StopAt(0))
    assert keeping.last_backup(coordinator) is None
    made = keeping.backup(coordinator, tmp_path)
    last = keeping.last_backup(coordinator)
    assert last is not None and last.path == str(made.path.resolve()) and last.records == made.records
    assert made.path.parent == tmp_path and made.path.suffix == ".crfbackup"


def test_results_entered_before_the_stop_stay_and_the_rest_comes_with_the_same_file(
    nurse: Any, at: Any
) -> None:
    enter_value(nurse, at("SE.V1", "SV.SVOCCUR"), "Y")
    enter_value(nurse, at("SE.V1", "SV.SVSTDAT"), "2026-02-01")
    label = next(one.label for one in reads.subjects(nurse.store.conn) if one.uid == at.uid)
    out = io.StringIO()
    out.write("subject,visit,test,value,unit\n")
    for test, value in (("LBC.ALT", "30"), ("LBC.AST", "31"), ("LBC.ALP", "80")):
        out.write(f"{label},SE.V1,{test},{value},U/L\n")
    mapping = mapping_of(
        nurse, "made-up", {one: one for one in ("subject", "visit", "test", "value", "unit")}, {}
    )
    data = out.getvalue().encode()
    done = import_results(nurse, data, mapping, progress=StopAt(2))
    assert done.stopped and done.entered == 2 and len(done.lines) == 2
    again = import_results(nurse, data, mapping)
    assert not again.stopped and again.entered == 1 and again.count("same") == 2
    assert keeping.verify(nurse).sound


def test_subjects_taken_before_the_stop_stay_whole(
    coordinator: Session, session: Any, made_home: Path, tmp_path: Path
) -> None:
    import shutil

    path = tmp_path / "data.xml"
    export_odm(coordinator, path)
    there = Path(shutil.copytree(made_home, tmp_path / "other"))
    other = session("coordinator", there)
    done = import_odm(other, path, progress=StopAt(2))
    assert done.stopped and done.subjects == 2
    assert [one.label for one in reads.subjects(other.store.conn)] == ["ZN001", "ZN002"]
    whole = import_odm(other, path)
    assert not whole.stopped and whole.subjects == 3 and whole.added == 1
    assert keeping.verify(other).sound


def test_each_part_is_counted_before_it_is_given() -> None:
    steps = StopAt(10**9)
    assert list(counted("ab", steps, 2)) == ["a", "b"] and steps.steps == [(0, 2), (1, 2), (2, 2)]
    given: list[str] = []
    with pytest.raises(Cancelled):
        given.extend(counted("ab", StopAt(1), 2))

    def parts() -> Iterator[str]:
        yield from "ab"

    with pytest.raises(Cancelled):
        for one in counted(parts(), StopAt(1)):
            given.append(one)
    assert given == ["a", "a"]


def test_stopping_is_said_in_both_languages() -> None:
    said = Cancelled()
    assert (
        isinstance(said, CrfError) and said.texts["en"].startswith("Stopped") and "停止" in said.texts["zh"]
    )
