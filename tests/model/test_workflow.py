"""The one table of who may do what, and which step may follow which."""

from __future__ import annotations

import pytest

from crf_app.model.workflow import FORM_STEPS, MAY, ROLES, Facts, Step, may, may_follow


def test_every_step_has_its_row_and_every_role_in_it_exists():
    assert set(MAY) == set(Step)
    assert all(roles <= set(ROLES) and roles for roles in MAY.values())


@pytest.mark.requirement("demand 6")
@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("role", [*ROLES, "system", "", "Investigator"])
def test_may_answers_as_the_table_says(role, step):
    verdict = may(role, step)
    assert verdict.allowed is (role in MAY[step])
    assert verdict.allowed or (verdict.code == "role" and verdict.en and verdict.zh)


@pytest.mark.requirement("demand 6")
def test_nurse_and_coordinator_enter_investigator_signs_administrator_manages():
    assert MAY[Step.ENTER] == {"nurse", "coordinator"}
    assert MAY[Step.SIGN_APPROVE] == MAY[Step.SIGN_AUTHOR] == {"investigator"}
    assert MAY[Step.MANAGE_USERS] == MAY[Step.CERTIFY] == {"administrator"}
    assert not any("administrator" in MAY[step] for step in (Step.READ, Step.PRINT, Step.EXPORT))


@pytest.mark.parametrize("step", Step)
def test_a_one_time_password_opens_nothing_but_its_own_change(step):
    role = next(iter(MAY[step]))
    assert may(role, step, Facts(must_change=True)).allowed is (step is Step.OWN_PASSWORD)


@pytest.mark.parametrize(
    ("facts", "code"), [(Facts(certified=False), "certificate"), (Facts(witnessed=False), "witness")]
)
def test_signing_needs_certificate_and_witness(facts, code):
    for step in (Step.SIGN_APPROVE, Step.SIGN_AUTHOR):
        assert may("investigator", step, facts).code == code
    assert may("investigator", Step.COMPLETE, facts).code == "role"
    assert may("nurse", Step.ENTER, facts).allowed


def test_nobody_witnesses_himself():
    assert may("investigator", Step.WITNESS).allowed
    assert may("investigator", Step.WITNESS, Facts(same_person=True)).code == "same_person"


def test_a_form_goes_only_where_the_table_says():
    allowed = {(a, b) for a in FORM_STEPS for b in FORM_STEPS if may_follow(a, b)}
    assert allowed == {
        ("open", "complete"), ("open", "not_done"), ("not_done", "open"), ("not_done", "frozen"),
        ("not_done", "locked"), ("complete", "open"), ("complete", "frozen"), ("complete", "locked"),
        ("frozen", "open"), ("frozen", "locked"), ("locked", "open"),
    }  # fmt: skip
    assert not may_follow("unheard of", "open")
