"""Rules in words: every operand is named, what has no words stands as it is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crf_app.model.def_base import Text
from crf_app.model.definition import FormRef, Study, StudyEventDef
from crf_app.model.form_def import FormDef, ItemGroupDef
from crf_app.model.item_def import CodeList, CodeListItem, ItemDef
from crf_app.rules.environment import Name, build, names_of
from crf_app.rules.expression import Rules
from crf_app.rules.rule_words import RuleWords
from crf_app.rules.syntax_tree import Node, tree
from crf_app.rules.tries import Rule, rules_of
from crf_app.rules.walks import walk_of
from crf_app.rules.written import written


def both(words: str) -> Text:
    return Text(en=words, zh=words)


def item(oid: str, question: str, kind: str = "decimal", **more: object) -> ItemDef:
    fields = {"oid": oid, "question": both(question), "data_type": kind} | more
    return ItemDef.model_validate(fields)


def made_up() -> Study:
    """One visit with one form: two numbers, a choice, several choices, two dates, and rows."""
    codes = (
        CodeListItem(coded_value="Y", decode=both("Yes")),
        CodeListItem(coded_value="N", decode=both("No")),
    )
    group = ItemGroupDef(
        oid="IG.A",
        name=both("A"),
        item=(
            item("I.A.N", "Pulse", unit="{beats}/min"),
            item("I.A.M", "Weight", unit="kg"),
            item("I.A.C", "Fever?", "text", code_list="CL.YN"),
            item("I.A.S", "Signs", "text", code_list="CL.YN", multiple=True),
            item("I.A.D", "Begin", "date"),
            item("I.A.E", "End", "date"),
            item("I.A.T", "Odd ) {0} “name”", "text"),
            item("I.A.U", "Odd ) {0} “name”", "text"),
        ),
    )
    rows = ItemGroupDef(oid="IG.R", name=both("Rows"), repeating=True, item=(item("I.A.R", "Term", "text"),))
    form = FormDef(oid="F.A", name=both("Form A"), item_group=(group, rows))
    event = StudyEventDef(
        oid="SE.1",
        name=both("Visit one"),
        short_name="V1",
        type="Scheduled",
        number="1",
        forms=(FormRef(form="F.A"),),
    )
    plain = both("made up")
    return Study(
        oid="MADE-UP", version="1", name=plain, title=plain, protocol="", sponsor=plain, subject_pattern=".*",
        subject_format="{n}", planned_subjects=1, event=(event,), meanings=(), change_reasons=(),
        missing_reasons=(), finding_reasons=(), form=(form,),
        code_list=(CodeList(oid="CL.YN", name=plain, items=codes),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def say() -> Iterator[RuleWordsOf]:
    yield RuleWordsOf(made_up())


class RuleWordsOf:
    """A way to put the text of a rule of the made-up study in words."""

    def __init__(self, study: Study) -> None:
        self.names = names_of(study)
        self.environment = build(self.names)
        self.words = RuleWords(study, self.names)

    def __call__(self, text: str) -> Text:
        return self.words.of(self.environment.compile(text), text, form="F.A")


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("A.N > 120.0", "“Pulse” is greater than 120 beats/min", "“Pulse”大于120 次/分"),
        ("!known.A.N", "“Pulse” has no value", "“Pulse”无值"),
        ("A.C == 'Y'", "“Fever?” is “Yes”", "“Fever?”为“Yes”"),
        ("!(A.C == 'Y')", "“Fever?” is not “Yes”", "“Fever?”不为“Yes”"),
        ("A.C != ''", "“Fever?” is not empty", "“Fever?”不为空"),
        ("A.C in ['Y', 'N']", "“Fever?” is one of (“Yes”; “No”)", "“Fever?”为（“Yes”；“No”）之一"),
        ("includes(A.S, 'N')", "“Signs” includes “No”", "“Signs”包括“No”"),
        ("!after(A.D, A.E)", "“Begin” is not after “End”", "“Begin”不晚于“End”"),
        ("after(A.D, today)", "“Begin” is after today", "“Begin”晚于今天"),
        ("event.OID == 'SE.1'", "The visit is “Visit one”", "访视为“Visit one”"),
        (
            "A.N > 1.0 && (A.M < -2.5 || known.A.C)",
            "“Pulse” is greater than 1 beats/min and (“Weight” is less than −2.5 kg or “Fever?” has a value)",
            "“Pulse”大于1 次/分且（“Weight”小于−2.5 kg或“Fever?”有值）",
        ),
        (
            "!(known.A.N && known.A.M)",
            "It is not so that (“Pulse” has a value and “Weight” has a value)",
            "并非（“Pulse”有值且“Weight”有值）",
        ),
        (
            "round((A.N - (A.M - 1.0)) / (A.N * A.M), 1) == 2.0",
            "((“Pulse” − (“Weight” − 1)) ÷ (“Pulse” × “Weight”), rounded to 1 decimal) is 2",
            "（（“Pulse” − （“Weight” − 1）） ÷ （“Pulse” × “Weight”），四舍五入至 1 位小数）为2",
        ),
        (
            "rows.R.exists(r, r.R != '') && !rows.R.all(r, r.R == 'a')",
            "(for at least one of the rows of “Form A”: its “Term” is not empty) and "
            "(not for every one of the rows of “Form A”: its “Term” is “a”)",
            "（“Form A”的各行中至少有一个：其“Term”不为空）且（“Form A”的各行中并非每一个：其“Term”为“a”）",
        ),
        (
            "rows.R.exists(r, rows.R.exists(s, s.N != r.N))",
            "For at least one of the rows of “Form A”: (for at least one of the rows of “Form A”: "
            "its row number (s) is not its row number (r))",
            "“Form A”的各行中至少有一个：（“Form A”的各行中至少有一个：其行号（s）不为其行号（r））",
        ),
        (
            "known.A.N ? A.N : nothing()",
            "If “Pulse” has a value, then “Pulse”; otherwise no value",
            "若“Pulse”有值，则为“Pulse”；否则为无值",
        ),
        (
            "(A.C == 'Y') != (A.N > 1.0)",
            "Exactly one of these is so: (“Fever?” is “Yes”); (“Pulse” is greater than 1 beats/min)",
            "以下两项恰有一项成立：（“Fever?”为“Yes”）；（“Pulse”大于1 次/分）",
        ),
    ],
)
def test_a_rule_is_said_as_a_sentence(say: RuleWordsOf, text: str, en: str, zh: str) -> None:
    words = say(text)
    assert (words.en, words.zh) == (en, zh)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rows.R.exists(r, has(r.R))", "has(r.R)"),
        ("rows.R.exists_one(r, {'a': true}['a'])", "rows.R.exists_one(r, {'a': true}['a'])"),
        ("string(A.N) == '5'", "string(A.N)"),
        ("rows.R[1].R == 'a'", "rows.R[1].R"),
        ("A.T + A.U == 'ab'", "A.T + A.U"),
    ],
)
def test_what_has_no_words_stands_as_it_is_written(say: RuleWordsOf, text: str, shown: str) -> None:
    words = say(text)
    assert f"`{shown}`" in words.en
    assert f"`{shown}`" in words.zh


def test_items_called_alike_are_told_apart_and_braces_stay(say: RuleWordsOf) -> None:
    words = say("A.T == A.U")
    assert words.en == "“Odd ) {0} “name”” [T] is “Odd ) {0} “name”” [U]"


def test_a_very_deep_rule_is_said(say: RuleWordsOf) -> None:
    text = "A.N" + " + 1.0" * 20
    assert say(f"round({text}, 0) > 1.0").en.count("+ 1") == 20


def test_every_operand_of_every_rule_is_named(study: Study, rules: Rules) -> None:
    words = RuleWords(study, rules.names)
    for rule in rules_of(rules):
        said = _said(words, rule)
        for name in rule.program.names:
            for en, zh in _labels(words, rules, name, rule):
                assert en in said.en, (rule.oid, en, said.en)
                assert zh in said.zh, (rule.oid, zh, said.zh)
        assert "`" not in said.en


def test_numbers_and_codes_of_every_rule_are_said(study: Study, rules: Rules) -> None:
    words = RuleWords(study, rules.names)
    for rule in rules_of(rules):
        said = _said(words, rule).en
        for number in _shown_numbers(tree(rule.program.expression.serialize())):
            assert number in said, (rule.oid, number, said)


def test_a_tree_says_everything_that_its_text_says(rules: Rules) -> None:
    environment = build(rules.names)
    for rule in rules_of(rules):
        root = tree(rule.program.expression.serialize())
        assert tree(environment.compile(written(root)).serialize()) == root


@pytest.mark.parametrize("macro", ["exists", "all", "exists_one"])
def test_a_walk_is_known_by_its_macro(say: RuleWordsOf, macro: str) -> None:
    root = tree(say.environment.compile(f"rows.R.{macro}(r, r.R == 'a')").serialize())
    walk = walk_of(root)
    assert walk is not None
    assert (walk.macro, walk.variable) == (macro, "r")


def test_constants_keep_their_sign_and_type(say: RuleWordsOf) -> None:
    root = tree(say.environment.compile("round(A.N, -6) > 1.0 || false").serialize())
    found = {(node.text, node.note) for node in root.walk() if node.kind in ("number", "constant")}
    assert found == {("-6.0", "int"), ("1.0", "double"), ("", "false")}


def _said(words: RuleWords, rule: Rule) -> Text:
    form = rule.form.oid if rule.form is not None else ""
    return words.of(rule.program.expression, rule.program.text, form=form, item=rule.item)


def _labels(words: RuleWords, rules: Rules, name: Name, rule: Rule) -> Iterator[tuple[str, str]]:
    """How the items behind a name are called; of a list the columns that the rule reads."""
    columns = dict(name.columns)
    read = [columns[column] for source, column in rule.program.columns if source == name.name]
    plain = rules.names.get(name.name.removeprefix("known.").removeprefix("partial."), name)
    for one in (plain.item, *read):
        if one is not None:
            label = words.operands.labels[one.oid]
            yield label.en, label.zh


def _shown_numbers(node: Node) -> Iterator[str]:
    """Numbers of an expression, without places of lists and decimals of `round`."""
    places = node.kind == "call" and node.text in ("_[_]", "round")
    for at, child in enumerate(node.children):
        if child.kind == "number" and not (places and at == 1):
            number = float(child.text)
            yield (
                f"{number:,.0f}".replace(",", " " if number >= 1e5 else "").replace("-", "−")
                if (number == int(number))
                else child.text.replace("-", "−")
            )
        if not (places and at == 1):
            yield from _shown_numbers(child)
