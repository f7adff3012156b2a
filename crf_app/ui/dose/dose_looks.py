"""How each step of a dose stands, in words, and on which one work goes on."""

from __future__ import annotations

from crf_app.actions.dose.administration import Dose
from crf_app.actions.form_page import FormPage
from crf_app.actions.steps import state_of_groups
from crf_app.ui import words
from crf_app.ui.dose.dose_steps import StepLook

_RUNNING, _AFTER = 3, 4


def step_looks(page: FormPage, dose: Dose) -> list[StepLook]:
    """The five cards."""
    return [_look(page, dose, name, groups) for name, groups in dose.said.steps]


def first_step(page: FormPage, dose: Dose) -> int:
    """The step that runs, or the first one that is not done."""
    if dose.ended is not None:
        return _AFTER
    if dose.started is not None:
        return _RUNNING
    looks = step_looks(page, dose)
    return next(
        (n for n, one in enumerate(looks) if one.state not in ("done", "closed", "optional")), _RUNNING
    )


def _look(page: FormPage, dose: Dose, name: str, groups: tuple[str, ...]) -> StepLook:
    state, points = state_of_groups(page, groups)
    if name == "people":
        done = sum(bool(one.user) for one in dose.checkers)
        state = "done" if dose.checkers and done == len(dose.checkers) else state
        return StepLook(name, state, words.say("dose.st_people", n=done, of=len(dose.checkers)))
    if name == "running" and dose.started is not None:
        if dose.ended is None:
            return StepLook(name, "started", words.say("dose.st_since", time=f"{dose.started:%H:%M:%S}"))
        span = words.say("dose.st_ended", from_=f"{dose.started:%H:%M}", to=f"{dose.ended:%H:%M}")
        return StepLook(name, state, span)
    if name == "after" and dose.started is not None and dose.prompts:
        taken = sum(one.state in ("done", "begun") for one in dose.prompts)
        return StepLook(name, state, words.say("dose.st_prompts", n=taken, of=len(dose.prompts)))
    key = {"conflict": "hard", "query": "soft", "optional": "todo"}.get(state, state)
    return StepLook(name, state, words.say(f"dose.st_{key}", n=points))
