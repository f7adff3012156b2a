"""Clinical data of other systems: typed items, pieces named by ID, refusals with line and element, losses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crf_app.errors import ExchangeRefused, LimitExceeded
from crf_app.exchange import data_in, data_parts
from crf_app.exchange.clinical import Audit, Item, Note, Subject
from crf_app.exchange.data_in import DataFile, open_data

STANDARDS = Path(os.environ.get("CRF_STANDARDS", Path(__file__).parents[3] / "shared" / "standards"))
ODM1 = 'xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2"'
ODM2 = 'xmlns="http://www.cdisc.org/ns/odm/v2.0" ODMVersion="2.0"'
ROOT = (
    "<ODM {0} xmlns:v='urn:made-up' FileOID='F' FileType='Snapshot' CreationDateTime='2026-01-01T00:00:00'>"
)
AUDIT = (
    '<AuditRecord{0}><UserRef UserOID="U.1"/><LocationRef LocationOID="L.1"/>'
    "<DateTimeStamp>2026-01-02T03:04:05+01:00</DateTimeStamp></AuditRecord>"
)


def file_of(tmp_path: Path, inside: str, after: str = "", root: str = ODM1) -> Path:
    """A made-up file with one group of one form; `inside` stands in the group, `after` behind the subject."""
    form = ("<FormData FormOID='F.1'>", "</FormData>") if root == ODM1 else ("", "")
    path = tmp_path / "others.xml"
    path.write_text(
        f"{ROOT.format(root)}\n<ClinicalData StudyOID='ST' MetaDataVersionOID='1'>\n"
        "<SubjectData SubjectKey='S1'>"
        f"<StudyEventData StudyEventOID='SE.1'>{form[0]}<ItemGroupData ItemGroupOID='IG.1'>\n{inside}"
        f"</ItemGroupData>{form[1]}</StudyEventData></SubjectData>\n{after}</ClinicalData></ODM>",
        "utf-8",
    )
    return path


def read(path: Path) -> tuple[list[Subject], DataFile]:
    with open_data(path) as file:
        return list(file.subjects()), file


def items(path: Path) -> tuple[Item, ...]:
    (subject,), _ = read(path)
    form = subject.events[0].forms[0]
    return form.items or form.groups[0].items


def test_typed_items_give_their_text_and_what_they_name_by_id(tmp_path: Path) -> None:
    inside = (
        "<ItemDataString ItemOID='A' AuditRecordID='AR.1' AnnotationID='AN.1'>high</ItemDataString>"
        "<ItemDataInteger ItemOID='B' TransactionType='Upsert' MeasurementUnitOID='MU.1'>8</ItemDataInteger>"
    )
    after = (
        "<AuditRecords>" + AUDIT.format(" ID='AR.1'") + "</AuditRecords>"
        "<Annotations><Annotation SeqNum='1' ID='AN.1'><Comment>made up</Comment></Annotation></Annotations>"
    )
    first, second = items(file_of(tmp_path, inside, after))
    assert first == Item("A", "high", audit=Audit("U.1", "L.1", "2026-01-02T03:04:05+01:00"),
                         notes=(Note(1, "made up"),))  # fmt: skip
    assert second == Item("B", "8", unit="MU.1", transaction="Upsert")


def test_an_id_that_names_nothing_refuses_the_file_with_line_and_element(tmp_path: Path) -> None:
    path = file_of(tmp_path, "<ItemDataString ItemOID='A' AuditRecordID='AR.9'>x</ItemDataString>")
    with pytest.raises(ExchangeRefused) as refusal:
        read(path)
    assert refusal.value.where == "others.xml:4 ItemDataString A"


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<ItemData Value='1'/>", "ItemOID"),
        ("<ItemData ItemOID='A' TransactionType='Maybe' Value='1'/>", "TransactionType"),
        (
            f"<ItemData ItemOID='A'>{AUDIT.format('').replace('2026-01-02T03:04:05+01:00', 'x')}</ItemData>",
            "time",
        ),
        ("<ItemData ItemOID='A'><AuditRecord><UserRef UserOID='U'/></AuditRecord></ItemData>", "AuditRecord"),
        ("<ItemData ItemOID='A'><Annotation SeqNum='one'/></ItemData>", "SeqNum"),
        ("<ItemData ItemOID='A'><Signature/></ItemData>", "DateTimeStamp"),
    ],
)
@pytest.mark.parametrize("root", [ODM1, ODM2])
def test_a_broken_known_element_refuses_the_file(tmp_path: Path, inside: str, said: str, root: str) -> None:
    with pytest.raises(ExchangeRefused) as refusal:
        read(file_of(tmp_path, inside, root=root))
    assert said in refusal.value.sentence("en") and refusal.value.where.startswith("others.xml:4 ")


def test_what_is_not_read_is_counted(tmp_path: Path) -> None:
    inside = "".join(f"<ItemData ItemOID='A' Value='{n}'><v:more/></ItemData>" for n in (1, 2))
    (subject,), file = read(file_of(tmp_path, inside))
    assert [one.value for one in subject.events[0].forms[0].groups[0].items] == ["1", "2"]
    assert dict(file.losses) == {"{urn:made-up}more": 2}


def test_several_values_of_two_point_zero_are_one_answer(tmp_path: Path) -> None:
    inside = "<ItemData ItemOID='A'><Value SeqNum='1'>X</Value><Value SeqNum='2'>Y</Value></ItemData>"
    assert items(file_of(tmp_path, inside, root=ODM2)) == (Item("A", "X;Y"),)


def test_a_document_type_is_refused_before_parsing(tmp_path: Path) -> None:
    path = file_of(tmp_path, "")
    path.write_text("<!DOCTYPE ODM [<!ENTITY a 'b'>]>" + path.read_text("utf-8"), "utf-8")
    with pytest.raises(ExchangeRefused, match="DOCTYPE"):
        read(path)


def test_a_subject_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_in, "MOST", 50)
    with pytest.raises(LimitExceeded):
        read(file_of(tmp_path, "<ItemData ItemOID='A' Value='1'/>" * 60))
    monkeypatch.setattr(data_parts, "MOST_APART", 3)
    audits = "".join(AUDIT.format(f" ID='AR.{n}'") for n in range(5))
    named = "<ItemDataString ItemOID='A' AuditRecordID='AR.1'>x</ItemDataString>"
    with pytest.raises(LimitExceeded):
        read(file_of(tmp_path, named, f"<AuditRecords>{audits}</AuditRecords>"))


def test_what_is_held_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import tracemalloc

    path = file_of(tmp_path, ("<ItemData ItemOID='A' Value='1'>" + AUDIT.format("") + "</ItemData>") * 50)
    head, _, rest = path.read_text("utf-8").partition("<SubjectData")
    subject = "<SubjectData" + rest.partition("</SubjectData>")[0] + "</SubjectData>"
    path.write_text(head + subject * 300 + "</ClinicalData></ODM>", "utf-8")
    held = []
    tracemalloc.start()
    with open_data(path) as file:
        for _ in file.subjects():
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert len(held) == 300 and max(held[200:]) < 1.1 * max(held[100:200])


def test_the_snapshot_of_the_standards_folder_is_read() -> None:
    path = STANDARDS / "odm-1.3.2" / "odm-data-snapshot.xml"
    if not path.exists():
        pytest.skip("the folder of other people's files is not here: set CRF_STANDARDS")
    subjects, file = read(path)
    assert [one.key for one in subjects] == ["SS_0001", "SS_0002"]
    every = [
        item for one in subjects for e in one.events for f in e.forms for g in f.groups for item in g.items
    ]
    assert len(every) == 165 and every[0] == Item("IT.AGE", "56") and every[0].line == 851
    assert dict(file.losses) == {} and file.facts.file_type == "Snapshot"


GROUP = "<ItemGroupData ItemGroupOID='IG.R'>{0}<ItemData ItemOID='R'/></ItemGroupData>"


@pytest.mark.parametrize("root", [ODM1, ODM2])
def test_data_of_no_subject_are_left_out_and_counted(tmp_path: Path, root: str) -> None:
    path = file_of(tmp_path, "<ItemData ItemOID='A'/>", root=root)
    group = GROUP.format(GROUP.format("") if root == ODM2 else "")
    reference = f"<ReferenceData StudyOID='ST' MetaDataVersionOID='1'>{group * 3}</ReferenceData>"
    text = path.read_text("utf-8").replace("<SubjectData", f"{group * 2}<SubjectData")
    path.write_text(text.replace("<ClinicalData", f"{reference}<ClinicalData"), "utf-8")
    (subject,), file = read(path)
    (form,) = subject.events[0].forms
    assert [one.oid for one in (*form.items, *(item for g in form.groups for item in g.items))] == ["A"]
    assert file.losses == {"ReferenceData": 1, "ItemGroupData": 2}


@pytest.mark.parametrize(
    ("piece", "into"),
    [
        ("<ItemGroupData ItemGroupOID='IG.1'/>", "<SubjectData SubjectKey='S1'>"),
        ("<FormData FormOID='F.1'/>", "<SubjectData SubjectKey='S1'>"),
        ("<FormData FormOID='F.1'/>", "<ItemGroupData ItemGroupOID='IG.1'>"),
        ("<StudyEventData StudyEventOID='SE.1'/>", "MetaDataVersionOID='1'>"),
        ("<SubjectData SubjectKey='S2'/>", "<SubjectData SubjectKey='S1'>"),
        ("<StudyEventData StudyEventOID='SE.1'/>", "<FormData FormOID='F.1'>"),
    ],
)
def test_a_piece_in_another_place_is_not_taken_for_a_part_of_what_follows(
    tmp_path: Path, piece: str, into: str
) -> None:
    path = file_of(tmp_path, "<ItemData ItemOID='A'/>")
    path.write_text(path.read_text("utf-8").replace(into, into + piece, 1), "utf-8")
    with pytest.raises(ExchangeRefused, match="does not stand here"):
        read(path)
