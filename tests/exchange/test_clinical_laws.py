"""Reading what was written gives back exactly the statements that were written, in both versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.exchange.clinical import (
    Admin,
    Audit,
    Event,
    Flag,
    Form,
    Group,
    Head,
    Item,
    Location,
    Note,
    QueryStep,
    Signature,
    SignatureDef,
    Subject,
    User,
)
from crf_app.exchange.data_in import open_data
from crf_app.exchange.data_out import write_odm
from crf_app.exchange.schema_check import check
from crf_app.exchange.xml_in import Odm

T = TypeVar("T")
VERSIONS: tuple[Odm, ...] = ("1.3.2", "2.0")
HEAD = Head("made.up.1", "Transactional", "2026-11-22T09:00:00+08:00", "made up", "crf-app", "0")
#: every character that XML can hold, line ends and quotes more often
text = st.text(
    st.one_of(
        st.sampled_from("<>&\"' \n\r\t]\u00e9\u4e2d\U0001f600"),
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    ),
    max_size=12,
).filter(lambda one: all(ord(char) & 0xFFFE != 0xFFFE for char in one))
name = text.filter(bool)
oid = st.sampled_from(("I.VS.SYSBP", "IT.1", "受试 者", "a&<b>"))
at = st.sampled_from(("2026-11-22T09:00:00.123+08:00", "2025-10-26T02:30:00Z", "1999-12-31T23:59:59"))


def maybe(some: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | some


transaction = maybe(st.sampled_from(("Insert", "Update", "Remove", "Upsert", "Context")))
audit = st.builds(
    Audit, name, name, at, maybe(text), maybe(text), maybe(st.sampled_from(("Monitoring", "DBAudit")))
)
signature = st.builds(Signature, name, name, name, at)
flag = st.builds(Flag, name, name, st.none(), st.none()) | st.builds(Flag, name, name, name, name)
note = st.builds(Note, st.integers(1, 99), maybe(text), st.lists(flag, max_size=2).map(tuple))
query = st.builds(
    QueryStep, name, st.sampled_from(("Open", "Answered", "Closed", "Cancelled")), text, at, st.booleans(),
    maybe(name),
)  # fmt: skip
says: dict[str, Any] = {
    "transaction": transaction,
    "audit": maybe(audit),
    "signature": maybe(signature),
    "notes": st.lists(note, max_size=2).map(tuple),
}


def many(some: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(some, max_size=3).map(tuple)


#: (value, missing, unit)
content = st.one_of(
    st.tuples(text, st.none(), maybe(name)),
    st.tuples(st.none(), text, st.none()),
    st.just((None, None, None)),
)
items = st.builds(
    lambda said, oid, queries, says: Item(oid, *said, queries=queries, **says),
    content,
    oid,
    many(query),
    st.fixed_dictionaries(says),
)
groups = st.builds(Group, oid, maybe(name), many(items), **says)


def subjects_of(forms: st.SearchStrategy[Form]) -> st.SearchStrategy[Subject]:
    events = st.builds(Event, oid, maybe(name), many(forms), **says)
    return st.builds(Subject, name, oid, oid, many(events), maybe(name), **says)


#: 2.0 knows items that stand in a form itself
subjects: dict[Odm, st.SearchStrategy[Subject]] = {
    "1.3.2": subjects_of(st.builds(Form, oid, maybe(name), many(groups), **says)),
    "2.0": subjects_of(st.builds(Form, oid, maybe(name), many(groups), **says, items=many(items))),
}
people = st.builds(
    Admin,
    many(st.builds(User, name, maybe(name), maybe(name), maybe(st.sampled_from(("Investigator", "Other"))))),
    many(st.builds(Location, name, name, name, name, st.just("2026-01-01"))),
    many(st.builds(SignatureDef, name, name, name, maybe(st.sampled_from(("Digital", "Electronic"))))),
)


def back(path: Path) -> tuple[list[Subject], Admin, dict[str, int]]:
    with open_data(path) as file:
        found = list(file.subjects())
    return found, file.admin, dict(file.losses)


@pytest.mark.parametrize("odm", VERSIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.data(), admin=people)
def test_what_is_written_is_read_back(
    odm: Odm, drawn: st.DataObject, admin: Admin, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wanted = drawn.draw(st.lists(subjects[odm], max_size=2))
    for one in (admin.users, admin.locations, admin.signatures):
        if len({thing.oid for thing in one}) < len(one):
            return  # the schema of 2.0 wants each OID once
    path = tmp_path_factory.mktemp("law") / "data.xml"
    write_odm(path, odm, HEAD, admin, wanted)
    assert back(path) == (wanted, admin, {})
    check(path, odm)


@pytest.fixture
def one_subject() -> Callable[[int], Subject]:
    def made(values: int) -> Subject:
        said = Audit("U.1", "L.1", "2026-11-22T09:00:00+08:00", "made up", "0" * 64)
        some = tuple(Item(f"I.{n}", str(n), None, None, "Insert", said) for n in range(values))
        group = Group("IG.1", None, some, "Context")
        return Subject("S1", "ST", "1", (Event("SE.1", None, (Form("F.1", None, (group,)),)),))

    return made


@pytest.mark.parametrize("odm", VERSIONS)
def test_a_file_that_would_not_be_valid_is_refused_and_leaves_nothing(
    odm: Odm, tmp_path: Path, one_subject: Callable[[int], Subject]
) -> None:
    from crf_app.errors import ExchangeRefused

    path = tmp_path / "data.xml"
    wrong = Item("I.1", "1", audit=Audit("U.1", "L.1", "yesterday"))
    broken = Subject(
        "S2", "ST", "1", (Event("SE.1", None, (Form("F.1", None, (Group("IG", None, (wrong,)),)),)),)
    )
    with pytest.raises(ExchangeRefused) as refusal:
        write_odm(path, odm, HEAD, Admin(), [one_subject(2000), broken])
    assert "DateTimeStamp" in refusal.value.sentence("en") and "DateTimeStamp" in refusal.value.sentence("zh")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_there_stays_when_the_next_is_refused(
    tmp_path: Path, one_subject: Callable[[int], Subject]
) -> None:
    from crf_app.errors import ExchangeRefused

    path = tmp_path / "data.xml"
    write_odm(path, "1.3.2", HEAD, Admin(), [one_subject(3)])
    before = path.read_bytes()
    with pytest.raises(ExchangeRefused):
        write_odm(path, "1.3.2", Head("f", "Snapshot", "no time"), Admin(), [one_subject(3)])
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == ["data.xml"]
