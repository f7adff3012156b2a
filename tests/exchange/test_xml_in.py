"""Files that are made to harm: refused in words, before they cost memory, without reading anything else."""

from __future__ import annotations

import codecs
import tracemalloc
from pathlib import Path

import pytest

from crf_app.errors import CrfError, ExchangeRefused, LimitExceeded, NotFound
from crf_app.exchange.odm_in import study_from_odm
from crf_app.exchange.xml_in import Limits, open_xml, root_facts

ODM = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot" FileOID="1" ODMVersion="1.3.2">'
STUDY = '<Study OID="S"><MetaDataVersion OID="1" Name="1">'
END = "</MetaDataVersion></Study></ODM>"
LAUGHS = '<!DOCTYPE ODM [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE ODM [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def _file(folder: Path, content: str | bytes) -> Path:
    path = folder / "study.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def _refused(path: Path) -> CrfError:
    with pytest.raises((ExchangeRefused, LimitExceeded)) as caught:
        study_from_odm(path)
    error = caught.value
    assert error.sentence("en") and error.sentence("zh") != error.sentence("en")
    assert path.name in error.where
    return error


@pytest.mark.parametrize(
    "content",
    [
        f"{LAUGHS}{ODM}&b;</ODM>",
        f"{OUTSIDE}{ODM}&x;</ODM>",
        f"<?xml version='1.0'?>\n<!-- a -->\n<?pi <x> ?> {LAUGHS}{ODM}</ODM>",
        f"<!DOCTYPE ODM SYSTEM 'http://example.invalid/odm.dtd'>{ODM}</ODM>",
        codecs.BOM_UTF8 + f"{OUTSIDE}{ODM}</ODM>".encode(),
        f"{OUTSIDE}{ODM}</ODM>".encode("utf-16"),
        codecs.BOM_UTF16_BE + f"<?xml version='1.0' encoding='UTF-16'?>{OUTSIDE}{ODM}".encode("utf-16-be"),
        f"<?xml version='1.0' encoding='UTF-16'?>{OUTSIDE}{ODM}</ODM>".encode("utf-16-le"),
    ],
)  # fmt: skip
def test_a_document_type_is_refused_before_parsing(tmp_path: Path, content: str | bytes) -> None:
    assert "DOCTYPE" in _refused(_file(tmp_path, content)).sentence("en")


@pytest.mark.parametrize(
    "content",
    [
        f'<?xml version="1.0" encoding="UTF-7"?>{ODM}</ODM>',
        f'<?xml version="1.0" encoding="UTF-16"?>{ODM}</ODM>',
        f'<?xml version="1.0" encoding="EBCDIC-CP-US"?>{ODM}</ODM>',
        codecs.BOM_UTF8 + f'<?xml version="1.0" encoding="ISO-8859-1"?>{ODM}</ODM>'.encode(),
        f"{ODM}</ODM>".encode("utf-32"),
    ],
)
def test_an_encoding_that_hides_markup_is_refused(tmp_path: Path, content: str | bytes) -> None:
    assert "UTF-8" in _refused(_file(tmp_path, content)).sentence("en")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_chinese_in_a_common_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    text = (
        f'<?xml version="1.0" encoding="{name}"?>{ODM}<Study OID="S">'
        "<GlobalVariables><StudyName>体重</StudyName>"
        f"<StudyDescription>d</StudyDescription><ProtocolName>p</ProtocolName></GlobalVariables>"
        f'<MetaDataVersion OID="1" Name="1">{END}'
    )
    study, _ = study_from_odm(_file(tmp_path, text.encode(encoding)))
    assert study.name.en == "体重"


def test_no_entity_of_a_file_is_resolved(tmp_path: Path) -> None:
    _refused(_file(tmp_path, f"{ODM}&undefined;</ODM>"))


def test_depth_is_bounded(tmp_path: Path) -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    error = _refused(_file(tmp_path, f"{ODM}{STUDY}{deep}{END}"))
    assert isinstance(error, LimitExceeded)


@pytest.mark.parametrize(
    "piece",
    ['<a b="{}"/>', "<a>{}</a>", "<!-- {} -->", "<![CDATA[{}]]>", "<?pi {}?>", "<a{}/>"],
    ids=["attribute", "text", "comment", "cdata", "instruction", "name"],
)
def test_one_huge_piece_is_refused_without_holding_it(tmp_path: Path, piece: str) -> None:
    before, after = piece.split("{}")
    path = tmp_path / "study.xml"
    with path.open("wb") as out:
        out.write(f"{ODM}{STUDY}<FormDef OID='F'>{before}".encode())
        for _ in range(100):
            out.write(b"x" * (1 << 20))
        out.write(f"{after}</FormDef>{END}".encode())
    tracemalloc.start()
    error = _refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(error, LimitExceeded)
    assert peak < 30 << 20


def test_more_elements_than_are_held_are_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{ODM}{STUDY}{'<a/>' * 1_100_000}{END}")
    assert isinstance(_refused(path), LimitExceeded)


def test_few_definitions_that_stand_for_millions_are_refused(tmp_path: Path) -> None:
    """One group of many items in many forms: each form has copies of its own."""
    ref = '<ItemGroupRef ItemGroupOID="G" Mandatory="No"/>'
    forms = "".join(f'<FormDef OID="F{n}" Name="F" Repeating="No">{ref}</FormDef>' for n in range(1000))
    refs = "".join(f'<ItemRef ItemOID="I{n}" Mandatory="No"/>' for n in range(1000))
    items = "".join(f'<ItemDef OID="I{n}" Name="I" DataType="text"/>' for n in range(1000))
    group = f'<ItemGroupDef OID="G" Name="G" Repeating="No">{refs}</ItemGroupDef>'
    assert isinstance(_refused(_file(tmp_path, f"{ODM}{STUDY}{forms}{group}{items}{END}")), LimitExceeded)


def test_subjects_stream_by_without_counting(tmp_path: Path) -> None:
    """What is let go does not count: data may be as long as they like."""
    subject = '<SubjectData SubjectKey="1">' + "<ItemData/>" * 50 + "</SubjectData>"
    path = _file(tmp_path, f"{ODM}<ClinicalData>{subject * 400}</ClinicalData></ODM>")
    with open_xml(path, Limits(tags=5_000, size=64 << 10)) as xml:
        root = xml.whole("{*}SubjectData")
    assert len(root[0]) == 1
    with pytest.raises(LimitExceeded), open_xml(path, Limits(tags=5_000)) as xml:
        xml.whole()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf",
        b"  \n",
        b"not xml",
        b"{}",
        b"PK\x03\x04 a zip",
        bytes(range(256)),
        b"<",
        b"<ODM",
        f"{ODM}{STUDY}<FormDef OID='F' Name='".encode(),
        f"{ODM}{STUDY}".encode(),
        f"{ODM}</ODM><ODM/>".encode(),
        f"{ODM}\x01</ODM>".encode(),
        f"{ODM}\xff</ODM>".encode("latin-1"),
        b"<html><body/></html>",
        b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.2"/>',
        b'<ODM xmlns="http://www.cdisc.org/ns/odm/v3.0"/>',
        b"<ODM/>",
        b'<Study xmlns="http://www.cdisc.org/ns/odm/v1.3"/>',
    ],
)
def test_what_is_no_odm_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    _refused(_file(tmp_path, content))


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        study_from_odm(tmp_path / "none.xml")


@pytest.mark.parametrize("version", ["1.3", "1.3.0", "1.3.1", "1.3.2", ""])
def test_every_1_3_is_read(tmp_path: Path, version: str) -> None:
    written = f'ODMVersion="{version}"' if version else ""
    path = _file(tmp_path, ODM.replace('ODMVersion="1.3.2"', written) + STUDY + END)
    assert root_facts(path).odm == "1.3.2"
    assert study_from_odm(path)[0].version == "1"


def test_the_root_says_what_the_file_is(tmp_path: Path) -> None:
    facts = root_facts(_file(tmp_path, f"{ODM}</ODM>"))
    assert (facts.odm, facts.version, facts.file_type, facts.file_oid) == ("1.3.2", "1.3.2", "Snapshot", "1")
