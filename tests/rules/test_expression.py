"""Rules that cannot work stop the study from loading, each with its place and a hint."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from crf_app.errors import DefinitionError
from crf_app.model.definition import Study
from crf_app.model.definition_text import Place
from crf_app.rules.compiler import UNBOUND, run
from crf_app.rules.expression import compile_study


def problems_of(study: Study) -> list[dict[str, Any]]:
    places = {"C.X": Place("vs.toml", 12)}
    with pytest.raises(DefinitionError) as caught:
        compile_study(study, places)
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("VS.A > 38", "no matching overload", "write 38.0, not 38"),
        ("VS.AB > 38.0", "undeclared reference to 'VS.AB'", "VS.AB is not known; perhaps VS.B, VS.A"),
        ("VS.R > 38.0", "undeclared reference", "perhaps row.VS.R"),
        ("VS.A > 'x'", "no matching overload", "in quotes"),
        ("VS.A >", "Syntax error", ""),
        ("VS.A", "The result is DOUBLE, it must be BOOL", "known.X.Y"),
        ("has(VS.A)", "The result is DOUBLE, it must be BOOL", "known.X.Y"),
        ("VS.A - VS.B > 4.0", "without rounding", "round(A - B, 6)"),
        ("abs(VS.A - VS.B) > 4.0", "without rounding", "round(A - B, 6)"),
        ("-VS.A == 4.0", "without rounding", "round(A - B, 6)"),
        (" + ".join(["VS.A"] * 40) + " > 1.0", "recursion depth", "at most 30 terms"),
        ("VS.YN == 'Yes'", "has no code 'Yes'", "Codes: Y, N."),
        ("VS.YN in ['Y', 'U']", "has no code 'U'", "Codes: Y, N."),
        ("includes(VS.YN, 'U')", "has no code 'U'", "Codes: Y, N."),
        ("dyn(VS.A) == 'x'", "switches the check of types off", "Leave dyn out"),
        ("row.VS.R > 1.0", "the rule stands at an item without rows", ""),
        ("LB.K > 1.0", "F.LB and F.VS are never in one visit", ""),
    ],
)
def test_rule_that_cannot_work_is_refused(make: Any, expression: str, message: str, hint: str) -> None:
    found = problems_of(small(make, expression))
    assert len(found) == 1
    assert message in found[0]["message"]
    assert hint in found[0]["hint"]
    assert (found[0]["file"], found[0]["line"], found[0]["oid"]) == ("vs.toml", 12, "C.X")
    assert found[0]["message_zh"] != found[0]["message"]


@pytest.mark.parametrize(
    "expression",
    [
        "round(VS.A - VS.B, 1) > 4.0",
        "VS.YN == 'Y' && (known.VS.A || prev.VS.A > 3.0) && prev.LB.K > 1.0",
        "VS.A > -3.0",
        "VS.D + 'T' < today",
        "subject.SEX == 'F' || event.DAY > 3.0 && event.OID == 'SE.V1' && subject.DOSE > 1.0",
    ],
)
def test_sound_rule_compiles(make: Any, expression: str) -> None:
    compile_study(small(make, expression))


def small(make: Any, expression: str) -> Study:
    m = make
    vs = m.form(
        "F.VS",
        m.group("IG.VS", m.item("I.VS.A"), m.item("I.VS.B"), m.item("I.VS.YN", "text", code_list="CL.NY"),
                m.item("I.VS.D", "date"), m.item("I.VS.SEX", "text")),
        m.group("IG.R", m.item("I.VS.R"), repeating=True),
        condition=[m.condition("C.X", expression, "I.VS.A")],
    )  # fmt: skip
    lb = m.form("F.LB", m.group("IG.LB", m.item("I.LB.K")))
    return m.study(
        vs, lb, event=[m.visit("SE.V1", "F.VS"), m.visit("SE.V2", "F.LB")],
        subject_facts=[{"name": "SEX", "item": "I.VS.SEX"}],
    )  # fmt: skip


def test_every_problem_is_listed_at_once(make: Any) -> None:
    m = make
    vs = m.form(
        "F.VS",
        m.group("IG.VS", m.item("I.VS.A", collect_when="VS.Q > 1.0"), m.item("I.VS.B", method="M.B")),
        condition=[
            m.condition("C.1", "VS.A > 38", "I.VS.A"),
            m.condition("C.2", "VS.A > 38.0", "I.VS.A", message={"en": "{I.VS.Z}", "zh": "{I.VS.Z}"}),
        ],
        method=[m.method("M.B", "'text'")],
    )
    assert {problem["oid"] for problem in problems_of(m.study(vs))} == {"C.1", "C.2", "I.VS.A", "M.B"}


def test_circle_of_items_is_refused(make: Any) -> None:
    m = make
    vs = m.form(
        "F.VS",
        m.group("IG.VS", m.item("I.VS.A", method="M.A"), m.item("I.VS.B", collect_when="VS.A > 1.0")),
        method=[m.method("M.A", "VS.B")],
    )
    (problem,) = problems_of(m.study(vs))
    assert "I.VS.A needs I.VS.B needs I.VS.A" in problem["message"] or (
        "I.VS.B needs I.VS.A needs I.VS.B" in problem["message"]
    )


def test_circle_through_two_forms_of_a_visit_is_refused(make: Any) -> None:
    m = make
    one = m.form("F.A", m.group("IG.A", m.item("I.A.X", method="M.X")), method=[m.method("M.X", "B.X")])
    two = m.form("F.B", m.group("IG.B", m.item("I.B.X", method="M.Y")), method=[m.method("M.Y", "A.X")])
    (problem,) = problems_of(m.study(one, two))
    assert "circle" in problem["message"]


def test_forms_that_read_an_item_are_known(make: Any) -> None:
    m = make
    sv = m.form("F.SV", m.group("IG.SV", m.item("I.SV.SVSTDAT", "date"), m.item("I.SV.SEX", "text")))
    lb = m.form("F.LB", m.group("IG.LB", m.item("I.LB.K"), m.item("I.LB.L")))
    cp = m.form(
        "F.CP",
        m.group(
            "IG.CP", m.item("I.CP.S", method="M.S"), m.item("I.CP.T", collect_when="event.OUTSIDE > 0.0")
        ),
        condition=[m.condition("C.1", "prev.LB.L > 1.0 && subject.SEX == 'F'", "I.CP.S")],
        method=[m.method("M.S", "LB.K")],
    )
    facts = [{"name": "SEX", "item": "I.SV.SEX"}, {"name": "DAY1", "item": "I.SV.SVSTDAT"}]
    rules = compile_study(m.study(sv, lb, cp, subject_facts=facts))
    assert rules.forms_reading("I.LB.K").visit == {"F.CP"}
    assert rules.forms_reading("I.LB.L").later == {"F.CP"}
    assert rules.forms_reading("I.SV.SEX").subject == {"F.CP"}
    assert (
        rules.forms_reading("I.SV.SVSTDAT").visit == rules.forms_reading("I.SV.SVSTDAT").subject == {"F.CP"}
    )
    assert rules.forms_reading("I.CP.S").visit == set()


def test_words_of_the_pinned_cel_are_those_we_rely_on() -> None:
    from cel_expr_python import cel

    env = cel.NewEnv(variables={"VS.A": cel.Type.DOUBLE})
    value = env.compile("VS.A > 1.0").eval(data={})
    assert value.type().name() == "ERROR"
    assert value.value() == 'UNKNOWN: No value with name "VS.A" found in Activation'
    assert value.value().startswith(UNBOUND)
    assert env.compile("VS.A > 1.0 || true").eval(data={}).value() is True
    assert env.compile("false && VS.A > 1.0").eval(data={}).value() is False
    with pytest.raises(RuntimeError, match=r"undeclared reference to 'VS.B' \(in container ''\)"):
        env.compile("VS.B > 1.0")


def test_expression_of_many_names_reads_them_all(make: Any) -> None:
    """CEL lists at most 20 unknown names, so they are read from the tree."""
    m = make
    names = [f"N{number}" for number in range(28)]
    vs = m.form(
        "F.VS",
        m.group("IG.VS", m.item("I.VS.S", method="M.S"), *(m.item(f"I.VS.{name}") for name in names)),
        method=[m.method("M.S", " + ".join(f"VS.{name}" for name in names))],
    )
    rules = compile_study(m.study(vs))
    assert set(rules.forms["F.VS"].methods["I.VS.S"].read) == {f"VS.{name}" for name in names}


def test_the_same_operands_are_evaluated_once_and_leave_nothing_behind(make: Any) -> None:
    """CEL 0.1.3 keeps the operands of each call into Python for ever; a form opened again adds none."""
    m = make
    vs = m.form(
        "F.VS",
        m.group("IG.VS", m.item("I.VS.D", data_type="date")),
        condition=[m.condition("C.X", "after(VS.D, today)", "I.VS.D")],
    )
    (check,) = compile_study(m.study(vs)).forms["F.VS"].checks
    late, early = {"VS.D": "2026-11-23", "today": "2026-11-22"}, {"VS.D": "2026-11-01", "today": "2026-11-22"}
    assert run(check.program, late) is True and run(check.program, early) is False
    before = sys.getallocatedblocks()
    for _ in range(1000):
        assert run(check.program, late) is True and run(check.program, early) is False
    assert sys.getallocatedblocks() - before < 100
    assert run(check.program, {"today": "2026-11-22"}) is None


def test_the_results_kept_are_bounded(make: Any) -> None:
    m = make
    vs = m.form(
        "F.VS", m.group("IG.VS", m.item("I.VS.A")), condition=[m.condition("C.X", "VS.A > 1.0", "I.VS.A")]
    )
    (check,) = compile_study(m.study(vs)).forms["F.VS"].checks
    results = [run(check.program, {"VS.A": float(n)}) for n in range(2000)]
    assert results == [n > 1 for n in range(2000)]
    assert len(check.program.known) <= 256
