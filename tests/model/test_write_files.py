"""A study as definition files: what is written gives the same study back, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf_app.actions.demo.made_up_study import Shape, write_study
from crf_app.errors import DefinitionError, LimitExceeded, StorageError
from crf_app.model import write_files
from crf_app.model.amending import amended
from crf_app.model.def_base import Alias, Foreign, NotRun, Text, Translation
from crf_app.model.definition import Study
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import Conversion, ItemDef
from crf_app.model.load import load
from crf_app.model.load_expand import changed
from crf_app.model.write_files import files_of, write_folder

FORMS = Path(__file__).resolve().parents[2] / "forms"
VITALS = load(FORMS / "demo-vitals").study


def there_and_back(study: Study, folder: Path) -> Study:
    write_folder(study, folder)
    return load(folder).study


@pytest.mark.parametrize("name", ["hucmsc", "demo-vitals"])
def test_our_own_studies_come_back_the_same(name: str, tmp_path: Path) -> None:
    study = load(FORMS / name).study
    assert there_and_back(study, tmp_path / "out").canonical_bytes() == study.canonical_bytes()


def test_what_the_loader_writes_out_is_taken_back() -> None:
    files = files_of(load(FORMS / "hucmsc").study)
    assert not [text for text in files.values() if "_CLSIG" in text.split("[[condition]]")[0]]
    assert 'oid = "C.EC001.' not in files["vs.toml"] and 'oid = "C.EC001"' in files["study.toml"]
    assert "units" not in files["lbc.toml"] and 'conversion = "bilirubin"' in files["lbc.toml"]


def test_a_form_reads_as_a_person_writes_it() -> None:
    text = files_of(VITALS)["vs.toml"]
    assert text.startswith("# DEMO-VITALS 1: Vital signs.\n\noid = ")
    assert (
        "[[item_group.item]]\n"
        'oid = "I.VS.DIABP"\n'
        'question = { en = "Diastolic blood pressure", zh = "舒张压" }\n'
        'data_type = "integer"\n'
        'unit = "mm[Hg]"\n'
        "mandatory = true\n"
        "range_check = [\n"
        '  { comparator = "GE", value = "45", soft_hard = "Soft" },\n'
        '  { comparator = "LE", value = "110", soft_hard = "Soft" },\n'
        "]\n"
        'source = "T1"\n'
    ) in text


def test_a_study_of_3800_items_comes_back_the_same(tmp_path: Path) -> None:
    write_study(tmp_path / "in", Shape(4, (300,) * 12))
    study = load(tmp_path / "in").study
    assert sum(len(form.items) for form in study.form) == 3800
    assert there_and_back(study, tmp_path / "out").canonical_bytes() == study.canonical_bytes()


def with_items(study: Study, form: FormDef, items: tuple[ItemDef, ...]) -> Study:
    group = changed(form.item_group[0], item=items)
    other = changed(form, item_group=(group, *form.item_group[1:]))
    return changed(study, form=tuple(other if one.oid == form.oid else one for one in study.form))


def test_retired_pieces_come_back_the_same(tmp_path: Path) -> None:
    """A retired date has no date check, a retired result keeps its companions and its own units."""
    study = load(FORMS / "hucmsc").study
    forms = []
    for form in study.form:
        if form.oid in ("F.LBC", "F.CM"):
            groups = tuple(retired(group) for group in form.item_group)
            own = tuple(one for one in form.condition if one.item.removesuffix("_CLSIG") not in form.items)
            form = changed(form, item_group=groups, condition=own, until="1")
        forms.append(form)
    rows = tuple(one if one.name != "bilirubin" else other_factor(one) for one in study.conversion)
    amended = changed(study, version="2", form=tuple(forms), conversion=rows)
    text = files_of(amended)["lbc.toml"]
    assert 'until = "1"' in text and "_CLSIG" not in text and "units = " in text
    assert there_and_back(amended, tmp_path / "out").canonical_bytes() == amended.canonical_bytes()


def other_factor(row: Conversion) -> Conversion:
    return changed(row, units=tuple(changed(unit, factor="17.104") for unit in row.units))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.sampled_from(sorted(VITALS.forms["F.VS"].items | VITALS.forms["F.SYM"].items)), max_size=6),
    st.sets(st.sampled_from(["F.VS", "F.SYM"])),
)
def test_amended_studies_come_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, items: set[str], forms: set[str]
) -> None:
    """Any items and forms retired, and taken back by a third version."""
    second = amended(VITALS, changed(without(VITALS, items, forms), version="2"))
    for study in (second, amended(second, changed(VITALS, version="3"))):
        folder = tmp_path_factory.mktemp("amended") / "out"
        assert there_and_back(study, folder).canonical_bytes() == study.canonical_bytes()


def without(study: Study, items: set[str], forms: set[str]) -> Study:
    left = tuple(without_items(form, items) for form in study.form if form.oid not in forms)
    events = tuple(
        changed(event, forms=tuple(ref for ref in event.forms if ref.form not in forms))
        for event in study.event
    )
    return changed(study, form=left, event=events, header=())


def without_items(form: FormDef, items: set[str]) -> FormDef:
    groups = tuple(
        changed(group, item=tuple(one for one in group.item if one.oid not in items))
        for group in form.item_group
    )
    used = {item.method for group in groups for item in group.item}
    method = tuple(one for one in form.method if one.oid in used)
    return changed(form, item_group=groups, condition=(), method=method)


def retired(group: ItemGroupDef) -> ItemGroupDef:
    return changed(group, until="1", item=tuple(changed(item, until="1") for item in group.item))


def test_companions_in_other_words_are_written_and_not_made_again(tmp_path: Path) -> None:
    study = load(FORMS / "hucmsc").study
    form = study.forms["F.LBC"]
    groups = tuple(
        changed(group, item=tuple(said_otherwise(item) for item in group.item)) for group in form.item_group
    )
    other = changed(form, item_group=groups)
    study = changed(study, form=tuple(other if one.oid == form.oid else one for one in study.form))
    back = there_and_back(study, tmp_path / "out")
    assert back.canonical_bytes() == study.canonical_bytes()
    assert 'companion_of = "I.LBC.' in (tmp_path / "out" / "lbc.toml").read_text("utf-8")


def said_otherwise(item: ItemDef) -> ItemDef:
    if item.companion_of is None:
        return item
    return changed(item, question=Text(en="Of clinical meaning?", zh="有无临床意义"))


def test_forms_keep_their_order_and_need_no_visit(tmp_path: Path) -> None:
    """A study from elsewhere may list its forms in another order than its visits do."""
    spare = FormDef(oid="F.SPARE", name=Text(en="Spare", zh="备用"), item_group=VITALS.form[0].item_group[:0])
    study = changed(VITALS, form=(spare, *reversed(VITALS.form)))
    back = there_and_back(study, tmp_path / "out")
    assert [form.oid for form in back.form] == ["F.SPARE", "F.SYM", "F.VS", "F.SV"]
    assert back.canonical_bytes() == study.canonical_bytes()


def test_an_order_that_forgets_a_form_is_refused(tmp_path: Path) -> None:
    write_folder(VITALS, tmp_path / "out")
    path = tmp_path / "out" / "study.toml"
    text = path.read_text("utf-8").replace("header = ", 'form_order = ["F.SV", "F.VS"]\nheader = ')
    path.write_text(text, "utf-8")
    with pytest.raises(DefinitionError, match="does not name each form once"):
        load(tmp_path / "out")


def test_names_of_files_never_meet(tmp_path: Path) -> None:
    """Two forms that differ by capitals, one called as our own files, one as a device of Windows."""
    names = ("F.Vs2", "F.VS2", "F.STUDY", "F.CODELISTS", "F.CON", "F.A.B", "F.A_B")
    spare = tuple(FormDef(oid=oid, name=Text(en=oid, zh=oid), item_group=()) for oid in names)
    study = changed(VITALS, form=(*VITALS.form, *spare))
    assert {"vs2.toml", "vs2_2.toml", "study_2.toml", "codelists_2.toml", "con_2.toml", "a_b.toml"} < set(
        files_of(study)
    )
    assert there_and_back(study, tmp_path / "out").canonical_bytes() == study.canonical_bytes()


WORDS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\\n\r\t\0=#[]{}oid"), max_size=40
)
SAID = (
    WORDS | st.sampled_from(["oid = 'I.SV.SEX'", "oid='x' oid = 'x'", 'oid = "F.VS"', "[[event]]"])
).filter(lambda text: bool(text.strip()))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SAID, SAID, WORDS)
def test_any_words_come_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, en: str, other: str, xml: str
) -> None:
    """Quotes, newlines, control signs, and words that look like a line of a definition file."""
    said = Text(en=en, zh=other, other=(Translation(lang="fr", text=xml),))
    run = NotRun(use="check", context="XPath 1.0", expression=xml, message=said)
    form = VITALS.forms["F.VS"]
    first = changed(
        form.item_group[0].item[0],
        question=said,
        help=said,
        alias=(Alias(context=en, name=xml),),
        not_run=(run, run),
        odm_oid=xml,
    )
    study = with_items(VITALS, form, (first, *form.item_group[0].item[1:]))
    foreign = Foreign(odm="1.3.2", at=("ItemDef", other), kind="element", name="{x}y", xml=f"<y>{xml}</y>")
    study = changed(study, foreign=(foreign, foreign), protocol=other)
    folder = tmp_path_factory.mktemp("words") / "out"
    assert there_and_back(study, folder).canonical_bytes() == study.canonical_bytes()


def test_only_a_new_or_empty_folder_is_written(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(StorageError, match="not empty"):
        write_folder(VITALS, tmp_path)
    with pytest.raises(StorageError, match="not empty"):
        write_folder(VITALS, tmp_path / "mine.txt")
    (tmp_path / "empty").mkdir()
    write_folder(VITALS, tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "mine.txt"]


def test_a_study_that_is_wrong_leaves_nothing_behind(tmp_path: Path) -> None:
    form = VITALS.forms["F.VS"]
    first = changed(
        form.item_group[0].item[0], range_check=(), unit=None, data_type="text", code_list="CL.GONE"
    )
    with pytest.raises(DefinitionError, match=r"CL\.GONE"):
        write_folder(with_items(VITALS, form, (first,)), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_more_than_the_loader_reads_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spare = tuple(FormDef(oid=f"F.A{n}", name=Text(en="A", zh="A"), item_group=()) for n in range(400))
    with pytest.raises(LimitExceeded, match="at most 400"):
        write_folder(changed(VITALS, form=(*VITALS.form, *spare)), tmp_path / "out")
    monkeypatch.setattr(write_files, "MAX_FILE", 1 << 10)
    with pytest.raises(LimitExceeded, match="larger than"):
        write_folder(VITALS, tmp_path / "out")
    assert not list(tmp_path.iterdir())
