"""An answer that names a row of another group: chosen by number, read in words, asked when it is gone."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crf_app.actions import exporting, rows
from crf_app.actions.enter_data import enter_form, enter_value
from crf_app.actions.form_page import FormPage, Line, form_page
from crf_app.actions.printing import paper
from crf_app.actions.subjects import add_subject, next_number
from crf_app.errors import ValueRejected
from crf_app.model.keys import FormKey, ItemKey

STUDY = """
oid = "SMALL"
version = "1"
name = { en = "Made up", zh = "虚构" }
title = { en = "Made up", zh = "虚构" }
protocol = "P"
sponsor = { en = "nobody", zh = "无" }
subject_pattern = 'S\\d+'
subject_format = "S{n}"
planned_subjects = 3
arms = []
visit_date = "I.SAE.ONSET"
change_reasons = [{ code = "T", text = { en = "Typing", zh = "录入" } }]
missing_reasons = [{ code = "ND", text = { en = "Not done", zh = "未做" } }]
finding_reasons = []
meanings = []

[[event]]
oid = "SE.LOG"
name = { en = "Log", zh = "记录" }
short_name = "LOG"
type = "Common"
number = "LOG"
forms = [{ form = "F.AE" }, { form = "F.SAE" }]
"""
AE = """
oid = "F.AE"
name = { en = "Adverse events", zh = "不良事件" }

[[item_group]]
oid = "IG.AE"
name = { en = "Events", zh = "事件" }
repeating = true

[[item_group.item]]
oid = "I.AE.SEV"
question = { en = "Severity", zh = "程度" }
data_type = "integer"

[[item_group.item]]
oid = "I.AE.TERM"
question = { en = "Term", zh = "名称" }
data_type = "text"

[[item_group.item]]
oid = "I.AE.START"
question = { en = "Start", zh = "开始" }
data_type = "partialDate"
"""
SAE = """
oid = "F.SAE"
name = { en = "Serious", zh = "严重" }

[[item_group]]
oid = "IG.SAE"
name = { en = "Serious event", zh = "严重事件" }

[[item_group.item]]
oid = "I.SAE.LINK"
question = { en = "Adverse event", zh = "不良事件" }
data_type = "text"
link = "IG.AE"
mandatory = true

[[item_group.item]]
oid = "I.SAE.ONSET"
question = { en = "Became serious", zh = "转为严重" }
data_type = "date"

[[condition]]
oid = "C.FEVER"
item = "I.SAE.LINK"
severity = "soft"
expression = "rows.AE.exists(r, r.ROW == SAE.LINK && r.TERM == 'Fever')"
message = { en = "Is fever serious here?", zh = "发热严重吗？" }
"""


@pytest.fixture
def nurse(site_of: Callable[..., Any]) -> Any:
    return site_of({"study": STUDY, "ae": AE, "sae": SAE}, "coordinator")


class Desk:
    """One subject with its log of events and its serious event."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.uid = add_subject(session, next_number(session)).subject
        self.log = FormKey(self.uid, "SE.LOG", "F.AE")
        self.serious = FormKey(self.uid, "SE.LOG", "F.SAE")
        self.link = ItemKey(self.serious, "IG.SAE", "I.SAE.LINK")

    def event(self, term: str, start: str = "") -> str:
        """The uid of a new row."""
        part: str = rows.add_row(self.session, self.log, "IG.AE").row
        enter_value(self.session, ItemKey(self.log, part, "I.AE.TERM"), term)
        if start:
            enter_value(self.session, ItemKey(self.log, part, "I.AE.START"), start)
        return part.partition("~")[2]

    def name(self, text: str, reason: str | None = None) -> Any:
        return enter_value(self.session, self.link, text, reason=reason)

    @property
    def page(self) -> FormPage:
        return form_page(self.session, self.serious)

    @property
    def line(self) -> Line:
        return next(line for line in self.page.lines if line.key == self.link)


@pytest.fixture
def desk(nurse: Any) -> Desk:
    return Desk(nurse)


@pytest.mark.parametrize("typed", ["#2", "2", " ＃2", "2 · Headache · 2026-05-01", "{uid}"])
def test_a_row_is_named_by_its_number_its_words_or_its_uid(desk: Desk, typed: str) -> None:
    desk.event("Fever", "2026-04")
    uid = desk.event("Headache", "2026-05-01")
    desk.name(typed.format(uid=uid))
    assert desk.line.state.answer.value == uid


def test_the_rows_stand_in_words_with_number_and_date(desk: Desk) -> None:
    desk.event("Fever", "2026-04")
    desk.event("Headache")
    rows_now = desk.line.rows
    assert rows_now is not None
    assert [one.decode.en for one in rows_now.live.items] == ["1 · Fever · 2026-04", "2 · Headache"]
    assert desk.line.lists["IG.AE"].name.zh == "不良事件"


def test_an_unknown_row_is_refused_with_the_rows_there_are(desk: Desk) -> None:
    desk.event("Fever", "2026-04")
    with pytest.raises(ValueRejected) as refused:
        desk.name("#7")
    assert '"#7" is not a row of Adverse events. Rows: #1 · Fever · 2026-04.' in refused.value.sentence("en")
    assert "“#7”不是不良事件中的行" in refused.value.sentence("zh")
    assert desk.line.state.answer.empty


def test_without_rows_the_refusal_says_where_to_add_one(desk: Desk) -> None:
    with pytest.raises(ValueRejected, match="Adverse events has no rows yet"):
        desk.name("#1")


def test_a_row_of_another_subject_is_refused(desk: Desk, nurse: Any) -> None:
    uid = Desk(nurse).event("Fever")
    desk.event("Headache")
    with pytest.raises(ValueRejected, match="is not a row of"):
        desk.name(uid)


def test_several_answers_at_once_name_rows_too(desk: Desk) -> None:
    uid = desk.event("Fever")
    enter_form(desk.session, desk.serious, {"IG.SAE/I.SAE.LINK": "#1"})
    assert desk.line.state.answer.value == uid


def test_a_row_that_was_removed_is_asked_about_and_read_in_words(desk: Desk) -> None:
    uid = desk.event("Fever", "2026-04")
    desk.name("#1")
    assert [one.check for one in desk.line.state.findings] == ["C.FEVER"]
    rows.remove_row(desk.session, desk.log, f"IG.AE~{uid}", "typed twice")
    line = desk.line
    assert [(found.check, found.severity) for found in line.state.findings] == [("LINK.I.SAE.LINK", "hard")]
    assert line.status == "hard" and not desk.page.complete_now
    assert line.query is None or line.query.check
    assert line.lists["IG.AE"].by_code[uid].decode.en == "1 · Fever · 2026-04 · removed"
    with pytest.raises(ValueRejected, match="no rows yet"):
        desk.name("#1", reason="again")


def test_another_row_settles_the_finding(desk: Desk) -> None:
    uid = desk.event("Fever")
    desk.name("#1")
    rows.remove_row(desk.session, desk.log, f"IG.AE~{uid}", "typed twice")
    desk.event("Headache")
    desk.name("#2", reason="row replaced")
    assert not desk.line.state.findings and desk.page.complete_now


def test_a_changed_term_changes_the_words_and_the_checks(desk: Desk) -> None:
    uid = desk.event("Feber")
    desk.name("#1")
    assert not desk.line.state.findings
    enter_value(desk.session, ItemKey(desk.log, f"IG.AE~{uid}", "I.AE.TERM"), "Fever", reason="spelling")
    assert [one.check for one in desk.line.state.findings] == ["C.FEVER"]
    assert desk.line.lists["IG.AE"].by_code[uid].decode.en == "1 · Fever"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_paper_says_the_row_in_words_and_so_do_corrections(desk: Desk, language: Any) -> None:
    from crf_app.export.pdf import draw_form

    first = desk.event("Nausea", "2026-04")
    second = desk.event("Headache", "2026-05-01")
    desk.name("#1")
    desk.name("#2", reason="wrong row")
    drawing = paper.drawing_of_form(desk.session, desk.page, language, "C")
    mark = drawing.mark("IG.SAE/I.SAE.LINK")
    assert mark.words == "2 · Headache · 2026-05-01"
    assert [(one.old, one.new) for one in mark.changed] == [
        ("1 · Nausea · 2026-04", "2 · Headache · 2026-05-01")
    ]
    read = _text(draw_form(drawing, desk.session.study))
    assert "2 · Headache · 2026-05-01" in read
    assert first not in read and second not in read


def _text(pdf: bytes) -> str:
    import io

    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_file_for_analysis_holds_uid_and_number(desk: Desk, tmp_path: Path) -> None:
    desk.event("Nausea")
    uid = desk.event("Headache")
    desk.name("#2")
    exporting.export_csv(desk.session, tmp_path / "out")
    with (tmp_path / "out" / "F.SAE.csv").open(encoding="utf-8-sig") as file:
        [line] = list(csv.DictReader(file))
    assert (line["SAE.LINK"], line["SAE.LINK.names_row"]) == (uid, "2")
    with (tmp_path / "out" / "F.AE.IG.AE.csv").open(encoding="utf-8-sig") as file:
        assert uid in [one["row"] for one in csv.DictReader(file)]


LISTS = """code_list = [{ oid = "CL.NY", name = { en = "Yes", zh = "是" }, items = [
  { coded_value = "Y", decode = { en = "Yes", zh = "是" } },
] }]
"""


def _change(folder: Path, old: str, new: str) -> Callable[[], Any]:
    from crf_app.model.load import load

    for name, text in (("study", STUDY), ("codelists", LISTS), ("ae", AE), ("sae", SAE.replace(old, new))):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return lambda: load(folder)


@pytest.mark.parametrize(
    ("link", "said"),
    [('link = "IG.AF"', "`IG.AE`"), ('link = "IG.SAE"', "whose rows nobody adds"),
     ('link = "IG.AE"\ncode_list = "CL.NY"', "no code list"),
     ('link = "IG.AE"\ndefault = "1"', "no code list")],
)  # fmt: skip
def test_a_link_must_name_a_repeating_group_and_stand_alone(tmp_path: Path, link: str, said: str) -> None:
    from crf_app.errors import DefinitionError

    with pytest.raises(DefinitionError) as refused:
        _change(tmp_path, 'link = "IG.AE"', link)()
    assert said in str(refused.value.details) and "I.SAE.LINK" in str(refused.value.details)
