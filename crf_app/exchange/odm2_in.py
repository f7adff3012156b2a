"""ODM 2.0 metadata as a study: the file, the study and version that are read, and the study made of them.

Each kind of definition is read beside its writer in `odm2_item.py`, `odm2_group.py` and so on; what they do
not read is kept by `odm2_keeping.py`.  Clinical data of the file are passed over as they stream by.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from crf_app.exchange.imported import checked, study_of_fields
from crf_app.exchange.odm2_check import check_element, check_metadata
from crf_app.exchange.odm2_reading import Reading
from crf_app.exchange.odm2_xml import NS
from crf_app.exchange.report import ImportReport, Report
from crf_app.exchange.study_defaults import completed
from crf_app.exchange.xml_in import broken, facts_of, local, open_xml, refused
from crf_app.model.definition import Study

#: what is passed over without being held
_PASSED_OVER: Final = ("{*}SubjectData", "{*}ItemGroupData")
_DATA: Final = ("ReferenceData", "ClinicalData", "Association")


def read(path: Path) -> tuple[Study, ImportReport]:
    """See `odm_in.study_from_odm`."""
    with open_xml(path) as xml:
        root = xml.whole(*_PASSED_OVER)
    report = Report(path.name)
    study = _study(path, root, report)
    return study, report.done()


def study_of(data: bytes) -> Study:
    """The study of a file that this program has just written."""
    from lxml import etree

    parser = etree.XMLParser(remove_comments=True, remove_pis=True, resolve_entities=False, huge_tree=True)
    return _study(Path("study.xml"), etree.fromstring(data, parser), Report("study.xml"))


def _study(path: Path, root: Any, report: Report) -> Study:
    if facts_of(path, root).odm != "2.0":
        raise refused(path, root.sourceline, "This is not ODM 2.0.", "这不是 ODM 2.0。")
    element, metadata = _chosen(path, root, report)
    check_element(path, element)
    check_element(path, metadata)
    check_metadata(path, metadata)
    reading = Reading(path, report, root, element, metadata)
    _rest_of_file(root, reading, report)
    fields = reading.study()
    if not reading.known.ours:
        completed(fields, report)
    study = study_of_fields(path, fields, reading.lines, ours=reading.known.ours)
    if not reading.known.ours:
        checked(study, path, reading.lines)
    _count(study, report)
    return study


def _chosen(path: Path, root: Any, report: Report) -> tuple[Any, Any]:
    """The study and the version to read: the last one of each that the file holds."""
    pairs = [(study, version) for study in root.iterchildren(NS + "Study")
             for version in study.iterchildren(NS + "MetaDataVersion")]  # fmt: skip
    if not pairs:
        raise refused(
            path,
            root.sourceline,
            "The file holds no definition of a study (Study with MetaDataVersion).",
            "文件中没有研究定义（Study 与 MetaDataVersion）。",
        )
    study, version = pairs[-1]
    names = study.get("OID", ""), version.get("OID", "")
    report.say("read", f"Study {names[0]}, version {names[1]}.", f"研究 {names[0]}，版本 {names[1]}。")
    for other, old in pairs[:-1]:
        names = other.get("OID", ""), old.get("OID", "")
        report.say("read",
                   f"Not read: study {names[0]}, version {names[1]}. The last one of the file is read.",
                   f"未读取：研究 {names[0]}，版本 {names[1]}。只读取文件中的最后一个。")  # fmt: skip
    include = version.find(NS + "Include")
    if include is not None:
        raise broken(path, include,
                     "The version takes definitions from another one (Include), which is not read.",
                     "此版本引用另一版本的定义 (Include)，不能读取。")  # fmt: skip
    return study, version


def _rest_of_file(root: Any, reading: Reading, report: Report) -> None:
    """Pieces beside the study: kept, or passed over and said."""
    for child in root:
        name = local(child)
        if str(child.tag) == f"{NS}{name}" and name in _DATA:
            report.say("read", f"{name}: passed over; data are read with `crf-app import`.",
                       f"{name}：已略过；数据请用 `crf-app import` 导入。")  # fmt: skip
        elif child.tag != NS + "Study":
            reading.kept.element(("ODM", ""), child)
    for name, value in root.attrib.items():
        if name.startswith("{") and "XMLSchema-instance" not in name:
            reading.kept.attribute(("ODM", ""), name, value, root)


def _count(study: Study, report: Report) -> None:
    report.count("StudyEventDef", len(study.event))
    report.count("ItemGroupDef (Form)", len(study.form))
    report.count("ItemGroupDef", sum(len(form.item_group) for form in study.form))
    report.count("ItemDef", sum(len(form.items) for form in study.form))
    report.count("CodeList", len(study.code_list))
