"""A made-up study, a drawing of each kind, keys of a made-up site.  Nothing here is a real person."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import make_site_certificate, make_user_certificate, to_pem
from crf_app.crypto.encoding import b64
from crf_app.crypto.keys import P256Key
from crf_app.crypto.record_signature import signed_bytes
from crf_app.export.pdf_sign import Signatory, prepare, sign
from crf_app.export.pdf_verify import Question
from crf_app.model.def_base import Text
from crf_app.model.definition import Arm, FormRef, Meaning, Reason, Study, StudyEventDef
from crf_app.model.drawing import Change, Drawing, Finding, Header, Manifestation, Mark, Printed
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef, RangeCheck, ReferenceRange

AT = "2026-10-06 14:02 +08:00"


def both(en: str, zh: str) -> Text:
    return Text(en=en, zh=zh)


def _codes(oid: str, *entries: tuple[str, str, str]) -> CodeList:
    items = tuple(CodeListItem(coded_value=code, decode=both(en, zh)) for code, en, zh in entries)
    return CodeList(oid=oid, name=both(oid, oid), items=items)


def _vital_signs() -> FormDef:
    yes_no: dict[str, Any] = {"data_type": "text", "code_list": "CL.NY"}
    pressure = (
        RangeCheck(comparator="GE", value="90", soft_hard="Soft"),
        RangeCheck(comparator="LE", value="160", soft_hard="Soft"),
        RangeCheck(comparator="GE", value="40", soft_hard="Hard"),
        RangeCheck(comparator="LE", value="300", soft_hard="Hard"),
    )
    group = ItemGroupDef(
        oid="IG.VS",
        name=both("Vital signs", "生命体征"),
        item=(
            ItemDef(
                oid="I.VS.VSPERF",
                question=both("Were vital signs measured?", "是否测量生命体征？"),
                mandatory=True,
                **yes_no,
            ),
            ItemDef(
                oid="I.VS.VSDTC",
                question=both("Date and time", "日期和时间"),
                data_type="datetime",
                mandatory=True,
            ),
            ItemDef(
                oid="I.VS.SYSBP",
                question=both("Systolic blood pressure", "收缩压"),
                data_type="integer",
                unit="mm[Hg]",
                range_check=pressure,
            ),
            ItemDef(
                oid="I.VS.TEMP", question=both("Body temperature", "体温"), data_type="decimal", unit="Cel"
            ),
            ItemDef(oid="I.VS.PULSE", question=both("Pulse", "脉搏"), data_type="integer", unit="/min"),
            ItemDef(
                oid="I.VS.SIGNS",
                question=both("Signs seen", "所见体征"),
                data_type="text",
                code_list="CL.SIGN",
                multiple=True,
            ),
            ItemDef(
                oid="I.VS.OTHER",
                question=both("Other sign", "其他体征"),
                data_type="text",
                collect_when="false",
                length=100,
            ),
            ItemDef(
                oid="I.VS.BMI",
                question=both("Body mass index", "体重指数"),
                data_type="decimal",
                unit="kg/m2",
                method="MT.BMI",
            ),
            ItemDef(
                oid="I.VS.NOTE",
                question=both("Comment", "备注"),
                data_type="text",
                length=2000,
                help=both("Free text", "自由填写"),
            ),
        ),
    )
    times = ItemGroupDef(
        oid="IG.VSI",
        name=both("During infusion", "输注期间"),
        rows="CL.TIME",
        layout="grid",
        item=(
            ItemDef(
                oid="I.VSI.SYSBP",
                question=both("Systolic", "收缩压"),
                data_type="integer",
                unit="mm[Hg]",
                range_check=pressure,
            ),
            ItemDef(oid="I.VSI.PULSE", question=both("Pulse", "脉搏"), data_type="integer", unit="/min"),
            ItemDef(
                oid="I.VSI.SPO2",
                question=both("Oxygen saturation", "血氧饱和度"),
                data_type="integer",
                unit="%",
            ),
            ItemDef(oid="I.VSI.POS", question=both("Position", "体位"), data_type="text", code_list="CL.POS"),
        ),
    )
    return FormDef(oid="F.VS", name=both("Vital signs", "生命体征"), item_group=(group, times))


def _chemistry() -> FormDef:
    def lab(code: str, en: str, zh: str, unit: str, low: str, high: str) -> tuple[ItemDef, ItemDef, ItemDef]:
        oid = f"I.LBC.{code}"
        return (
            ItemDef(
                oid=oid,
                question=both(en, zh),
                data_type="decimal",
                unit=unit,
                lab=True,
                reference=(ReferenceRange(low=low, high=high),),
            ),
            ItemDef(
                oid=f"{oid}_CS",
                question=both("Clinically significant", "临床意义"),
                data_type="text",
                code_list="CL.CS",
                companion_of=oid,
            ),
            ItemDef(oid=f"{oid}_CO", question=both("Comment", "备注"), data_type="text", companion_of=oid),
        )

    items = (
        ItemDef(oid="I.LBC.LBDTC", question=both("Sample taken", "采样时间"), data_type="datetime"),
        *lab("ALB", "Albumin", "白蛋白", "g/L", "40", "55"),
        *lab("BILI", "Total bilirubin", "总胆红素", "umol/L", "0", "21"),
        *lab("ALT", "Alanine aminotransferase", "丙氨酸氨基转移酶", "U/L", "7", "40"),
        *lab("PLAT", "Platelets", "血小板", "10*9/L", "125", "350"),
    )
    group = ItemGroupDef(oid="IG.LBC", name=both("Chemistry", "血生化"), item=items, layout="lab")
    return FormDef(oid="F.LBC", name=both("Blood chemistry", "血生化"), item_group=(group,))


def _adverse_events() -> FormDef:
    group = ItemGroupDef(
        oid="IG.AE",
        name=both("Adverse event", "不良事件"),
        repeating=True,
        item=(
            ItemDef(
                oid="I.AE.AETERM", question=both("Term", "名称"), data_type="text", length=200, mandatory=True
            ),
            ItemDef(oid="I.AE.AESTDAT", question=both("Start", "开始日期"), data_type="partialDate"),
            ItemDef(oid="I.AE.AESEV", question=both("Grade", "分级"), data_type="text", code_list="CL.NY"),
        ),
    )
    return FormDef(oid="F.AE", name=both("Adverse events", "不良事件"), item_group=(group,))


@pytest.fixture(scope="session")
def study() -> Study:
    forms = (_vital_signs(), _chemistry(), _adverse_events())
    return Study(
        oid="MADEUP",
        version="3",
        name=both("Made-up study", "虚构研究"),
        title=both("A made-up study for tests", "测试用虚构研究"),
        protocol="P-0",
        sponsor=both("Nobody", "无"),
        subject_pattern=r"ZN\d{3}",
        subject_format="ZN{n:03d}",
        planned_subjects=24,
        arms=(
            Arm(
                code="L",
                name=both("Low", "低"),
                short_name=both("Low", "低"),
                planned=8,
                dose="1",
                dose_unit="U",
            ),
        ),
        event=(
            StudyEventDef(
                oid="SE.V4",
                name=both("Visit 4", "访视4"),
                short_name="V4",
                type="Scheduled",
                number="4",
                day=22,
                forms=tuple(FormRef(form=form.oid) for form in forms),
            ),
        ),
        visit_date="I.VS.VSDTC",
        meanings=(
            Meaning(
                code="approve",
                text=both("I have reviewed these data", "本人已审核数据"),
                roles=("investigator",),
            ),
        ),
        change_reasons=(Reason(code="TYPO", text=both("Typing mistake", "录入错误")),),
        missing_reasons=(
            Reason(code="ND", text=both("Not done", "未做")),
            Reason(code="UNK", text=both("Unknown", "不详")),
        ),
        finding_reasons=(Reason(code="SAME", text=both("Same on the source", "与原始记录一致")),),
        code_list=(
            _codes("CL.NY", ("Y", "Yes", "是"), ("N", "No", "否")),
            _codes(
                "CL.CS",
                ("CS", "Clinically significant", "有临床意义"),
                ("NCS", "Not clinically significant", "无临床意义"),
            ),
            _codes(
                "CL.SIGN", ("ICT", "Jaundice", "黄疸"), ("ASC", "Ascites", "腹水"), ("EDE", "Oedema", "水肿")
            ),
            _codes("CL.POS", ("SUP", "Supine", "卧位"), ("SIT", "Sitting", "坐位")),
            _codes(
                "CL.TIME",
                ("M0", "Before", "输注前"),
                ("M15", "15 min", "15分钟"),
                ("M30", "30 min", "30分钟"),
            ),
        ),
        form=forms,
    )


Item = tuple[str, str | None, str, str | None, str | None, str | None]


def record_of(study: Study, form: str, items: list[Item]) -> dict[str, Any]:
    """A canonical crf-record/1 of a made-up subject."""
    return {
        "format": "crf-record/1",
        "level": "form",
        "study": study.oid,
        "site": "S01",
        "subject": "ZN007",
        "event": ["SE.V4", 1],
        "form": [form, 1],
        "definition": {"version": study.version, "sha256": study.sha256},
        "items": sorted((list(item) for item in items), key=lambda one: [part or "" for part in one[:3]]),
        "audit": {"digest": "ab" * 32},
    }


VS_ITEMS: list[Item] = [
    ("IG.VS", None, "I.VS.VSPERF", "Y", None, None),
    ("IG.VS", None, "I.VS.VSDTC", "2026-10-06T14:02", None, None),
    ("IG.VS", None, "I.VS.SYSBP", "168", "mm[Hg]", None),
    ("IG.VS", None, "I.VS.TEMP", None, None, "ND"),
    ("IG.VS", None, "I.VS.PULSE", None, None, None),
    ("IG.VS", None, "I.VS.SIGNS", "ICT;ASC", None, None),
    ("IG.VS", None, "I.VS.OTHER", "spider naevi", None, None),
    ("IG.VS", None, "I.VS.BMI", "22.4", "kg/m2", None),
    ("IG.VS", None, "I.VS.NOTE", "Patient rested 10 minutes. 患者休息十分钟后测量。", None, None),
    ("IG.VSI", "M0", "I.VSI.SYSBP", "131", "mm[Hg]", None),
    ("IG.VSI", "M0", "I.VSI.PULSE", "77", "/min", None),
    ("IG.VSI", "M0", "I.VSI.SPO2", "98", "%", None),
    ("IG.VSI", "M0", "I.VSI.POS", "SUP", None, None),
    ("IG.VSI", "M15", "I.VSI.SYSBP", "177", "mm[Hg]", None),
    ("IG.VSI", "M15", "I.VSI.PULSE", None, None, "ND"),
    ("IG.VSI", "M15", "I.VSI.SPO2", None, None, None),
    ("IG.VSI", "M15", "I.VSI.POS", "SIT", None, None),
]

VS_MARKS = {
    "IG.VS/I.VS.SYSBP": Mark(
        flag="H",
        reference="90–160",
        changed=(Change(old="186", new="168", by="Nurse, made up", at=AT, reason="Typing mistake"),),
        findings=(
            Finding(
                severity="soft",
                text="168 is above the usual range (90 to 160).",
                reason="Same on the source",
                by="Nurse, made up",
                at=AT,
            ),
        ),
    ),
    "IG.VS/I.VS.OTHER": Mark(hidden=True, kept=True),
    "IG.VSI~M15/I.VSI.SYSBP": Mark(flag="H", times="1.1"),
}


def header(study: Study, language: str, environment: str = "test") -> Header:
    return Header(
        study=study.name.in_language(language),
        protocol="P-0",
        site="S01",
        environment=environment,
        subject="ZN007",
        visit="V4",
        planned="2026-10-05",
        actual="2026-10-06",
        facts=(
            ("剂量组" if language == "zh" else "Dose group", "5.0 × 10⁷"),
            ("研究日" if language == "zh" else "Study day", "22"),
        ),
    )


DrawingMaker = Callable[..., Drawing]


@pytest.fixture(scope="session")
def drawing_for(study: Study) -> DrawingMaker:
    """`drawing_for(kind="S", language="en", items=…, marks=…, form="F.VS", …)`."""

    def make(
        kind: str = "S",
        language: str = "en",
        form: str = "F.VS",
        items: list[Item] | None = None,
        marks: dict[str, Mark] | None = None,
        environment: str = "test",
        signatures: tuple[Manifestation, ...] = (),
    ) -> Drawing:
        given = VS_ITEMS if items is None else items
        return Drawing(
            kind=kind,
            language=language,
            record=record_of(study, form, given),
            header=header(study, language, environment),
            marks=VS_MARKS if marks is None else marks,
            signatures=signatures,
            printed=Printed(by="Nurse, made up", at=AT, id="MADEUPAAAA"),
        )  # type: ignore[arg-type]

    return make


LBC_ITEMS: list[Item] = [
    ("IG.LBC", None, "I.LBC.LBDTC", "2026-10-06T08:10", None, None),
    ("IG.LBC", None, "I.LBC.ALB", "29.8", "g/L", None),
    ("IG.LBC", None, "I.LBC.ALB_CS", "NCS", None, None),
    ("IG.LBC", None, "I.LBC.ALB_CO", None, None, None),
    ("IG.LBC", None, "I.LBC.BILI", "2.82", "mg/dL", None),
    ("IG.LBC", None, "I.LBC.BILI_CS", None, None, None),
    ("IG.LBC", None, "I.LBC.BILI_CO", None, None, None),
    ("IG.LBC", None, "I.LBC.ALT", "<5", "U/L", None),
    ("IG.LBC", None, "I.LBC.ALT_CS", None, None, None),
    ("IG.LBC", None, "I.LBC.ALT_CO", None, None, None),
    ("IG.LBC", None, "I.LBC.PLAT", None, None, "ND"),
    ("IG.LBC", None, "I.LBC.PLAT_CS", None, None, None),
    ("IG.LBC", None, "I.LBC.PLAT_CO", "sample clotted", None, None),
]
LBC_MARKS = {
    "IG.LBC/I.LBC.ALB": Mark(flag="L", reference="40–55"),
    "IG.LBC/I.LBC.BILI": Mark(
        flag="H",
        times="2.3",
        reference="0–21.0",
        standard="48.2 µmol/L",
        changed=(Change(old="28.2", new="2.82", by="Nurse, made up", at=AT, reason="Typing mistake"),),
    ),
}


@pytest.fixture(scope="session")
def chemistry(drawing_for: DrawingMaker) -> DrawingMaker:
    def make(**changes: Any) -> Drawing:
        return drawing_for(**({"form": "F.LBC", "items": LBC_ITEMS, "marks": LBC_MARKS} | changes))

    return make


NOW = datetime(2026, 10, 6, 16, 20, 5, tzinfo=timezone(timedelta(hours=8)))


@dataclass(frozen=True)
class Site:
    """A made-up site with its authority; every person's key is made on the spot."""

    key: P256Key
    root: bytes

    @classmethod
    def founded(cls, at: datetime = NOW - timedelta(days=30)) -> Site:
        key = P256Key.generate()
        return cls(key, make_site_certificate(key, "MADEUP", "S01", at))

    def person(self, user: str, name: str) -> Signatory:
        key = P256Key.generate()
        made = make_user_certificate(self.key, self.root, key.public, user, name, NOW - timedelta(days=20))
        return Signatory(made, (self.root,), key.sign)

    def question(self, **changes: Any) -> Question:
        given = {"trust": [self.root], "at": NOW + timedelta(days=1)} | changes
        return Question(**given)


@pytest.fixture(scope="session")
def site() -> Site:
    return Site.founded()


@pytest.fixture(scope="session")
def nurse(site: Site) -> Signatory:
    return site.person("u01", "Nurse, made up 虚构")


@pytest.fixture(scope="session")
def investigator(site: Site) -> Signatory:
    return site.person("u02", "Investigator, made up")


@pytest.fixture(scope="session")
def prepared(drawing_for: DrawingMaker, study: Study, nurse: Signatory) -> bytes:
    return prepare(drawing_for(), study, proof_of(drawing_for(), nurse))


def proof_of(drawing: Drawing, signatory: Signatory) -> bytes:
    """A record signature as it is attached: the statement and what the person's key makes of it."""
    signed = {
        "format": "crf-signature/1",
        "record_sha256": drawing.record_sha256,
        "signer": {"certificate_sha256": sha256(signatory.certificate)},
    }
    return canonical({"signed": signed, "signature": b64(signatory.sign(signed_bytes(signed)))})


@pytest.fixture(scope="session")
def once(prepared: bytes, nurse: Signatory) -> bytes:
    return sign(prepared, "author", "I entered these data", nurse, NOW)


@pytest.fixture(scope="session")
def twice(once: bytes, investigator: Signatory) -> bytes:
    later = NOW + timedelta(minutes=5)
    return sign(once, "investigator", "I have reviewed these data 已审核", investigator, later)


def run_tool(name: str, *arguments: str | Path, codes: tuple[int, ...] = (0,)) -> str:
    """Output of an independent judge; a missing one fails the test and says what to install."""
    if shutil.which(name) is None:
        pytest.fail(
            f"{name} is not installed: apt-get install poppler-utils libnss3-tools qpdf (make test does)"
        )
    done = subprocess.run([name, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode in codes, f"{name} ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


Tool = Callable[..., str]


@pytest.fixture(scope="session")
def tool() -> Tool:
    return run_tool


@pytest.fixture(scope="session")
def paper_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], str]:
    """The text of a PDF as pdftotext reads it, pages parted by form feeds."""
    folder = tmp_path_factory.mktemp("text")

    def read(pdf: bytes) -> str:
        path = folder / "paper.pdf"
        path.write_bytes(pdf)
        return run_tool("pdftotext", "-layout", path, "-")

    return read


@pytest.fixture(scope="session")
def nss(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An NSS database that trusts the made-up site, for pdfsig."""
    folder = tmp_path_factory.mktemp("nss")
    pem = folder / "root.pem"
    pem.write_bytes(to_pem(site.root))
    run_tool("certutil", "-N", "-d", f"sql:{folder}", "--empty-password")
    run_tool("certutil", "-A", "-d", f"sql:{folder}", "-n", "crfroot", "-t", "CT,C,C", "-i", pem)
    return f"sql:{folder}"
