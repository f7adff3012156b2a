"""Whole stories of the bedside by keys alone, and what then stands in the ledger.

How keys are counted: `story.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from crf_app.actions.clocks import running_clocks
from crf_app.actions.dose.administration import dose
from crf_app.model.keys import FormKey
from crf_app.store import reads
from crf_app.ui.casebook.casebook_tabs import TabButton
from crf_app.ui.pages.administration import AdministrationPage
from crf_app.ui.pages.casebook import CasebookPage
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.review import ReviewPage
from crf_app.ui.pages.signing_sheet import SigningSheet

from .conftest import Desk
from .story import Person

OpenDesk = Callable[[str], Desk]


def records(person: Person, key: FormKey, item: str) -> list[tuple[str | None, str, str | None]]:
    """(value, user, reason) of every step of one answer, from the ledger."""
    return [
        (one.record.value, one.record.user, one.record.reason)
        for one in reads.records_of_form(person.session.store.conn, key)
        if one.record.kind == "item.set" and (one.record.key or "").endswith(item)
    ]


def signatures(person: Person, key: FormKey) -> list[tuple[str, bool]]:
    """(user, valid) of each signature, oldest first."""
    found = reads.signatures_of_form(person.session.store.conn, key)
    return [(one.record.user, valid) for one, valid, _ in found]


VITAL_SIGNS = {
    "I.VS.VSPERF": "y", "I.VS.VSDAT": "t", "I.VS.VSTIM": "t", "I.VS.VSPOS": "s", "I.VS.SYSBP": "118",
    "I.VS.DIABP": "74", "I.VS.PULSE": "72", "I.VS.RESP": "16", "I.VS.TEMP": "36.8",
    "I.VS.WEIGHT": "62.5",
}  # fmt: skip


STORED = {
    "I.VS.VSPERF": "Y", "I.VS.VSDAT": "2026-10-06", "I.VS.VSTIM": "14:02", "I.VS.SYSBP": "118",
    "I.VS.DIABP": "74", "I.VS.PULSE": "72", "I.VS.RESP": "16", "I.VS.TEMP": "36.8", "I.VS.WEIGHT": "62.5",
}  # fmt: skip
KEYS_A_CHARACTER = 1.3
PASSED = 3  # questions left empty on the way to the weight


def sign(person: Person) -> None:
    """Ctrl+Enter, Space for the first meaning, Tab to the password."""
    window = person.window
    person.press("Ctrl+Enter")
    sheet = window.shell.sheet.content
    assert isinstance(sheet, SigningSheet)
    person.arrow("Space")  # the first meaning
    for _ in sheet.meanings:
        person.press("Tab")
    assert person.focused is sheet.password
    person.secret()
    person.until_(lambda: window.shell.sheet is None)


def sign_what_waits(person: Person, key: FormKey) -> None:
    """From My day: the forms to sign, the first of them, signed."""
    person.press("Enter")
    assert isinstance(person.page, ReviewPage)
    person.press("Enter")
    assert isinstance(person.page, FormPageWidget) and person.page.key == key
    sign(person)


def test_a_signed_value_is_corrected_and_signed_again(desk: OpenDesk, qtbot: Any) -> None:
    person = Person(qtbot, desk("made.nurse"))
    key = person.key("F.VS")
    person.press("Enter")  # My day: the visit that is next
    person.go("F.VS")
    begun = person.keys, person.typed
    person.fill(key, VITAL_SIGNS)
    person.press("Ctrl+Enter")
    vital_signs = person.keys - begun[0], person.typed - begun[1]
    person.change_person("Investigator")
    sign_what_waits(person, key)
    assert signatures(person, key) == [("made.doctor", True)]

    person.change_person("Nurse")  # she is back where she was, at the end of the form
    person.field("I.VS.SYSBP", "Shift+Enter")
    person.press("Ctrl+A")
    person.enter("119")
    assert person.at == "I.VS.SYSBP" and records(person, key, "I.VS.SYSBP")[-1][0] == "118"
    person.press("Alt+1")
    assert records(person, key, "I.VS.SYSBP") == [
        ("118", "made.nurse", None),
        ("119", "made.nurse", "Typing error"),
    ]
    assert signatures(person, key) == [("made.doctor", False)]
    shown = person.page.shown
    assert shown.signature is not None and not shown.signature.valid

    person.change_person("Investigator")  # back on the form that she had signed
    assert person.page.key == key
    sign(person)
    assert signatures(person, key) == [("made.doctor", False), ("made.doctor", True)]
    for item, value in STORED.items():
        assert records(person, key, item)[0] == (value, "made.nurse", None)
    # Enter after each that is no choice by its letter ("s" could be sitting or standing), Ctrl+Enter
    assert vital_signs[0] == vital_signs[1] + len(VITAL_SIGNS) - 1 + PASSED + 1
    assert person.keys <= KEYS_A_CHARACTER * person.written()


def test_an_extra_visit_takes_two_actions(desk: OpenDesk, qtbot: Any) -> None:
    """U asks why, Enter makes the visit; its first form is under the ring, one Enter away."""
    person = Person(qtbot, desk("made.nurse"))
    person.press("Enter")
    person.casebook()
    person.press("U")
    person.enter("fever since this morning")
    person.press("Enter")
    page = person.page
    assert isinstance(page, FormPageWidget) and page.key.event.startswith("SE.UNS~")
    made = [one.record for one in reads.records_of_kind(person.session.store.conn, "event.add")]
    assert [(one.user, one.reason) for one in made] == [("made.nurse", "fever since this morning")]
    assert person.at == "I.SV.SVOCCUR"
    assert person.keys <= 1.3 * person.typed


FEVER = {
    "I.AE.AETERM": "fever, made up", "I.AE.AESTDAT": "t", "I.AE.AESTTIM": "t", "I.AE.AEONGO": "y",
    "I.AE.AESER": "n",
}  # fmt: skip
SERIOUS = {
    "I.AE.AESER": "y", "I.AE.AESDTH": "n", "I.AE.AESLIFE": "n", "I.AE.AESHOSP": "y", "I.AE.AESDISAB": "n",
    "I.AE.AESCONG": "n", "I.AE.AESMIE": "n", "I.AE.X_AEEXP": "n",
}  # fmt: skip


def tab(person: Person, form: str) -> None:
    """From the casebook's table: Shift+Tab to the tabs, arrows to the log, Enter."""
    if not isinstance(person.page, CasebookPage):
        person.casebook()
    for _ in range(12):
        if isinstance(person.focused, TabButton):
            break
        person.arrow("Backtab")
    names = list(person.page.tabs.buttons)
    here = next(n for n, one in enumerate(person.page.tabs.buttons.values()) if one is person.focused)
    steps = names.index(form) - here
    for _ in range(abs(steps)):
        person.arrow("Right" if steps > 0 else "Left")
    assert person.focused is person.page.tabs.buttons[form]
    person.press("Enter")


def test_an_adverse_event_turns_serious_and_its_report_runs(desk: OpenDesk, qtbot: Any) -> None:
    """An extra visit, an event in the log, then serious: criteria, report, and the hours that are left."""
    person = Person(qtbot, desk("made.nurse"))
    person.press("Enter")
    person.casebook()
    person.press("U")
    person.enter("fever since this morning")
    tab(person, "F.AE")
    log = FormKey(person.desk.uid, "SE.LOG", "F.AE")
    person.write("y")
    person.press("Enter")
    person.press("Ctrl+N")
    assert person.at == "I.AE.AETERM"
    person.fill(log, FEVER)
    person.field("I.AE.AESER", "Shift+Enter")
    person.write("y")
    person.press("Enter")
    person.press("Alt+1")  # why it is another answer now
    person.fill(log, {item: text for item, text in SERIOUS.items() if item != "I.AE.AESER"})
    assert [one[0] for one in records(person, log, "AESER")] == ["N", "Y"]
    assert records(person, log, "AESHOSP")[-1][:2] == ("Y", "made.nurse")
    tab(person, "F.SAE")
    report = FormKey(person.desk.uid, "SE.LOG", "F.SAE")
    person.press("Enter")  # the button that adds the first row
    person.fill(report, {"I.SAE.X_SAEAE": "1", "I.SAE.X_SAETYPE": "i", "I.SAE.X_SAEAWR": "2026-10-06 11:40"})
    (clock,) = running_clocks(person.session, person.desk.uid)
    assert clock.hours == 24 and f"{clock.due:%Y-%m-%d %H:%M}" == "2026-10-07 11:40"
    assert person.keys <= KEYS_A_CHARACTER * person.written()
    person.press("Ctrl+L")
    assert any("to be reported until 2026-10-07 11:40" in one for one in person.window.cover_lines())


FIT = {"I.EX.ECYN": "y", "I.EX.X_PRESAFE": "y", "I.EX.X_PREMED": "n"}
BAG = {
    "I.EX.ECLOT": "MSC-2610-0913", "I.EX.ECREFID": "MSC-2610-0913-02", "I.EX.X_PRODFRM": "f",
    "I.EX.X_COA": "y", "I.EX.X_STERIL": "c", "I.EX.X_ENDO": "c", "I.EX.X_MYCO": "c",
    "I.EX.X_EXPDTM": "2026-10-06 18:00", "I.EX.X_RCVDTM": "2026-10-06 13:20", "I.EX.X_VIAB": "91.5",
    "I.EX.X_CELLS": "5.0e7", "I.EX.X_BAGVOL": "100",
}  # fmt: skip
SIGNS = {
    "I.VSI.VSDAT": "t", "I.VSI.VSTIM": "t", "I.VSI.SYSBP": "124", "I.VSI.DIABP": "78", "I.VSI.PULSE": "78",
    "I.VSI.RESP": "17", "I.VSI.TEMP": "36.6", "I.VSI.OXYSAT": "97",
}  # fmt: skip


def test_day_1_with_its_infusion(desk: OpenDesk, qtbot: Any) -> None:
    """Group, fit, bag by hand, two people, start, vital signs at 15 minutes, stop."""
    person = Person(qtbot, desk("made.nurse"))
    person.press("Enter")
    group = person.key("F.GA")
    person.go("F.GA")
    person.fill(group, {"I.GA.ARMCD": "m"})
    key, clock = person.key("F.EX"), person.window.clock
    page = person.go("F.EX")
    assert isinstance(page, AdministrationPage) and page.step == 0
    person.fill(key, FIT)
    assert page.step == 1  # Enter in the last field of a step leads to the next one
    person.fill(key, BAG)
    person.press("Alt+3")
    confirm(person, chosen=True)
    confirm(person, chosen=False)
    assert page.step == 3
    person.press("Enter")  # the cursor stands on Start
    clock.at += timedelta(minutes=15)
    person.press("T")
    assert person.name.startswith("IG.VSI~M15/")
    person.fill(person.key("F.VSI"), SIGNS)
    clock.at += timedelta(minutes=30)
    page.setFocus()
    person.press("Alt+S")
    person.press("1")
    now = dose(person.session, key)
    assert now.elapsed(clock.at) == timedelta(minutes=45) and now.amount == 50_000_000
    assert [one.user for one in now.checkers] == ["made.nurse", "made.doctor"]
    assert {one.row: one.state for one in now.prompts}["M15"] == "done"
    assert records(person, key, "ECREFID") == [("MSC-2610-0913-02", "made.nurse", None)]
    assert records(person, key, "X_IDCHK2") == [("made.doctor", "made.doctor", None)]
    assert person.keys <= KEYS_A_CHARACTER * person.written()


def confirm(person: Person, *, chosen: bool) -> None:
    """Enter on the button; who is at work is offered for the first check; Space picks another one."""
    assert person.focused is person.page.people.buttons[0]
    person.press("Enter")
    person.until_(lambda: person.window.shell.sheet is not None)
    sheet = person.window.shell.sheet.content
    if not chosen:
        person.until_(lambda: sheet.buttons[0].hasFocus())
        person.arrow("Space")
        person.press("Enter")
    person.until_(lambda: sheet.password.hasFocus())
    person.secret()
    person.until_(lambda: person.window.shell.sheet is None)
