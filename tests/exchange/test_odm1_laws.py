"""ODM 1.3.2 out and in again: the same study, byte for byte, whatever it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from crf_app.actions.demo.made_up_study import Shape, write_study
from crf_app.crypto.canonical import canonical
from crf_app.errors import ExchangeRefused
from crf_app.exchange import odm1_out
from crf_app.exchange.odm1_in import study_of
from crf_app.exchange.odm_in import study_from_odm
from crf_app.exchange.odm_out import odm_of
from crf_app.exchange.odm_parts import collect_when_of, exception_of
from crf_app.exchange.schema_check import check
from crf_app.model.amending import amended
from crf_app.model.definition import Study, study_from_bytes
from crf_app.model.load import load
from crf_app.rules.expression import compile_study

ROOT = Path(__file__).resolve().parents[2]
NS = "{http://www.cdisc.org/ns/odm/v1.3}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def changed(study: Study, change: Any) -> Study:
    """The study after `change` of its plain data."""
    plain = json.loads(study.canonical_bytes())
    change(plain)
    return study_from_bytes(canonical(plain))


@pytest.fixture(scope="module")
def demo() -> Study:
    return load(ROOT / "forms" / "demo-vitals").study


@pytest.fixture(scope="module")
def trial() -> Study:
    return load(ROOT / "forms" / "hucmsc").study


def same_after(study: Study) -> bytes:
    data = odm_of(study, "1.3.2")
    check(data, "1.3.2")
    assert study_of(data).canonical_bytes() == study.canonical_bytes()
    return data


@pytest.mark.requirement("ODM out, ODM in: the same study")
def test_the_demo_comes_back(demo: Study) -> None:
    same_after(demo)


def test_the_trial_comes_back_and_runs(trial: Study, tmp_path: Path) -> None:
    path = tmp_path / "trial.xml"
    path.write_bytes(same_after(trial))
    study, report = study_from_odm(path)
    assert report.counts["ItemDef"] == sum(len(form.items) for form in trial.form)
    assert not report.of("not_run") and not report.of("kept") and not report.of("changed")
    assert len(compile_study(study).names) == len(compile_study(trial).names)


def test_everything_of_the_trial_is_said_where_odm_says_it(trial: Study) -> None:
    """Nothing of what ODM has a place for needs the whole-field way out."""
    data = odm1_out._valid(trial, {}, "2026-01-01T00:00:00")
    assert odm1_out.study_of(data).canonical_bytes() == trial.canonical_bytes()
    root = etree.fromstring(data)
    left = json.loads(root.find(f".//{NS}Protocol/{NS}Alias").get("Name"))
    assert not {"form", "event", "code_list", "version", "oid"} & left.keys()
    for name in ("ItemDef", "FormDef", "ItemGroupDef", "StudyEventDef", "CodeList"):
        rests = [
            json.loads(alias.get("Name"))
            for one in root.iter(f"{NS}{name}")
            for alias in one.findall(f"{NS}Alias")
            if alias.get("Context") == "crf-app/1"
        ]
        natively = {"name", "question", "length", "significant_digits", "unit", "code_list", "mandatory"}
        natively |= {"method", "collect_when", "range_check", "repeating", "type", "alias", "oid"}
        assert not {key for rest in rests for key in rest} & natively


def test_a_made_up_study_comes_back(tmp_path: Path) -> None:
    write_study(tmp_path / "made-up", Shape(visits=3, forms=(12, 20)))
    same_after(load(tmp_path / "made-up").study)


def test_an_amended_study_keeps_its_marks(demo: Study) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["version"] = "2"
        plain["status"] = []
        plain["header"] = []
        gone = plain["form"].pop()
        for event in plain["event"]:
            event["forms"] = [ref for ref in event["forms"] if ref["form"] != gone["oid"]]
        plain["code_list"][0]["items"].pop()

    both = amended(demo, changed(demo, change))
    marked = odm_of(both, "1.3.2")
    assert b"&quot;until&quot;:&quot;1&quot;" in marked
    same_after(both)


def test_a_definition_stored_by_an_older_program_keeps_its_name(demo: Study) -> None:
    """A default that stands in the stored bytes stays: the definition's hash is its name."""

    def change(plain: dict[str, Any]) -> None:
        plain["arms"] = []
        plain["form"][0]["item_group"][0]["item"][0]["mandatory"] = False
        plain["form"][0]["item_group"][0]["item"][0]["alias"] = []
        plain["event"][0]["forms"][0]["mandatory"] = True

    old = changed(demo, change)
    assert old.sha256 != demo.sha256
    same_after(old)


def test_skip_logic_is_said_as_the_exception_that_odm_knows(demo: Study) -> None:
    root = etree.fromstring(odm_of(demo, "1.3.2"))
    conditions = {
        one.get("OID"): one.findtext(f"{NS}FormalExpression") for one in root.iter(f"{NS}ConditionDef")
    }
    skipped = [
        conditions[ref.get("CollectionExceptionConditionOID")]
        for ref in root.iter(f"{NS}ItemRef", f"{NS}ItemGroupRef")
        if ref.get("CollectionExceptionConditionOID")
    ]
    asked = [
        rule
        for form in demo.form
        for group in form.item_group
        for rule in (group.collect_when, *(item.collect_when for item in group.item))
        if rule
    ]
    assert asked and sorted(skipped) == sorted(f"!({rule})" for rule in asked)


@given(st.text(max_size=20))
def test_an_exception_is_undone_exactly_or_left(rule: str) -> None:
    back = collect_when_of(exception_of(rule))
    assert back in (rule, exception_of(exception_of(rule)))


@pytest.mark.parametrize(
    ("exception", "collected"),
    [
        ("!(A.B == 'Y')", "A.B == 'Y'"),
        ("!(A.B == ')')", "A.B == ')'"),
        ("!(a) || !(b)", "!(!(a) || !(b))"),
        ("A.B == 'Y'", "!(A.B == 'Y')"),
    ],
)
def test_a_negation_is_taken_off_only_where_it_holds_all(exception: str, collected: str) -> None:
    assert collect_when_of(exception) == collected


HOSTILE = st.one_of(
    st.sampled_from([
        "]]>", "<a>&amp;</a>", "&#0;", "'\"", "\r\n", "\r", "\t x \n", "  ",
        "", "\u2028", "😀", "𠮷野家", "龘",
        "\ufeff",
        "\u00a0", "e\u0301", "]]", "<!-- -->", "<?x?>", "\x7f\x85", "{\"a\": 1}", "\u202eabc", "crf-app/1",
    ]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12),
)  # fmt: skip
WORDS = st.fixed_dictionaries({"en": HOSTILE, "zh": HOSTILE})
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "question": WORDS,
        "help": WORDS,
        "length": st.integers(-1, 99),
        "significant_digits": st.integers(-1, 5),
        "data_type": st.sampled_from(
            ["text", "integer", "decimal", "date", "partialDate", "time", "datetime"]
        ),
        "unit": HOSTILE,
        "units": st.lists(st.fixed_dictionaries({"unit": HOSTILE, "factor": st.just("2")}), max_size=2),
        "mandatory": st.booleans(),
        "mandatory_when": HOSTILE,
        "collect_when": HOSTILE,
        "pattern": HOSTILE,
        "default": HOSTILE,
        "alias": st.lists(
            st.fixed_dictionaries({"context": HOSTILE | st.just("crf-app/1"), "name": HOSTILE}), max_size=3
        ),
        "until": HOSTILE,
        "odm_oid": HOSTILE.filter(bool),
        "range_check": st.lists(
            st.fixed_dictionaries(
                {
                    "comparator": st.sampled_from(["LT", "GE", "NE"]),
                    "value": st.sampled_from(["1", "-2.50"]),
                    "soft_hard": st.sampled_from(["Soft", "Hard"]),
                }
            ),
            max_size=3,
        ),
        "not_run": st.lists(
            st.fixed_dictionaries(
                {
                    "use": st.sampled_from(["collect_when", "mandatory_when", "method", "check", "default"]),
                    "context": HOSTILE,
                    "expression": HOSTILE,
                },
                optional={"message": WORDS, "odm_oid": HOSTILE.filter(bool)},
            ),
            max_size=3,
        ),
    },
)
BAD = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]))


def _holds(value: object) -> bool:
    """Whether some text holds a character that XML cannot hold."""
    if isinstance(value, dict):
        return any(_holds(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds(one) for one in value)
    return isinstance(value, str) and any(char in BAD for char in value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(FIELDS, min_size=1, max_size=4), WORDS, st.sampled_from([None, ["en"], ["zh"], ["fr", "en-GB"]])
)
def test_any_text_comes_back_or_is_refused_in_words(
    demo: Study, items: list[dict[str, Any]], name: dict[str, str], languages: list[str] | None
) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["form"][0]["name"] = name
        plain["event"][0]["name"] = name
        plain["title"] = name
        plain["code_list"][0]["items"][0]["decode"] = name
        if languages is not None:
            plain["languages"] = languages
        group = plain["form"][0]["item_group"][0]["item"]
        for number, fields in enumerate(items):
            group.append(group[0] | {"oid": f"I.X.Q{number}"} | fields)

    study = changed(demo, change)
    try:
        same_after(study)
    except ExchangeRefused as refused:
        assert _holds([items, name])
        assert "U+" in refused.sentence("en")


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x1f", "\ufffe"])
def test_a_character_that_xml_cannot_hold_is_refused_in_words(demo: Study, character: str) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["form"][0]["item_group"][0]["item"][0]["question"]["zh"] += character

    with pytest.raises(ExchangeRefused) as caught:
        odm_of(changed(demo, change), "1.3.2")
    assert f"U+{ord(character):04X}" in caught.value.sentence("zh")
    assert demo.form[0].item_group[0].item[0].oid in caught.value.where


def test_a_language_beside_ours_comes_back(demo: Study) -> None:
    def change(plain: dict[str, Any]) -> None:
        item = plain["form"][0]["item_group"][0]["item"][0]
        item["question"] |= {"other": [{"lang": "de", "text": "Frage"}, {"lang": "", "text": "?"}]}
        plain["languages"] = ["en", "zh", "de"]

    root = etree.fromstring(same_after(changed(demo, change)))
    question = next(root.iter(f"{NS}Question"))
    assert [one.get(LANG) for one in question] == ["en", "zh", "de", None]


def test_our_aliases_hold_no_foreign_namespace(demo: Study) -> None:
    root = etree.fromstring(odm_of(demo, "1.3.2"))
    assert set(root.nsmap) == {None}
    assert {etree.QName(one).namespace for one in root.iter()} == {NS[1:-1]}


def test_two_exports_differ_only_in_the_time(demo: Study) -> None:
    moment = "2026-01-01T00:00:00+00:00"
    assert odm_of(demo, "1.3.2", created=moment) == odm_of(demo, "1.3.2", created=moment)


def test_what_would_not_be_valid_is_refused_with_its_place(demo: Study) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["code_list"][0]["items"] = []

    with pytest.raises(ExchangeRefused) as caught:
        odm_of(changed(demo, change), "1.3.2")
    assert demo.code_list[0].oid in caught.value.where
