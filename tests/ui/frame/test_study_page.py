"""A study that changes, in the window: versions read, one put in force, begun forms moved; by keys alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from crf_app.actions.casebook import casebook
from crf_app.actions.enter_data import enter_value
from crf_app.actions.form_page import form_page
from crf_app.actions.people import accounts, first_run
from crf_app.actions.session import sign_in, sign_out
from crf_app.actions.study import amendments
from crf_app.actions.study.definitions import load_study
from crf_app.actions.subjects import add_subject, find_subject
from crf_app.crypto.passwords import LIGHT
from crf_app.model.keys import FormKey, ItemKey
from crf_app.ui import files, style, words
from crf_app.ui.pages.sign_in import SignInPage
from crf_app.ui.widgets.reading import Part, Reading

VITALS = Path(__file__).parents[3] / "forms" / "demo-vitals"
PULSE = """[[item_group.item]]
oid = "I.VS.PULSE"
question = { en = "Pulse rate", zh = "脉率" }
data_type = "integer"
unit = "/min"
mandatory = true

"""
BMI = '[[item_group.item]]\noid = "I.VS.BMI"'
WHY = "Amendment 1, made up"
DECODE = ('"Dizziness"', '"Giddiness"')  # what somebody has to look at
KEY = Qt.Key


def version_2(folder: Path, *, refused: bool = False) -> Path:
    """The definition with a pulse and without the diastolic pressure; `refused`: and with another unit."""
    shutil.copytree(VITALS, folder)
    study, vs = folder / "study.toml", folder / "vs.toml"
    study.write_text(study.read_text("utf-8").replace('version = "1"', 'version = "2"', 1), "utf-8")
    parts = re.split(r"(?m)^(?=\[\[)", vs.read_text("utf-8").replace(BMI, PULSE + BMI))
    text = "".join(one for one in parts if "DIABP" not in one)
    lists = folder / "codelists.toml"
    lists.write_text(lists.read_text("utf-8").replace(*DECODE), "utf-8")
    vs.write_text(text.replace('"mm[Hg]"', '"kPa"') if refused else text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def made_vitals(tmp_path_factory: pytest.TempPathFactory, password: str) -> Path:
    """A home with forms/demo-vitals; two subjects of a coordinator, vital signs of D001 are begun."""
    home, once = tmp_path_factory.mktemp("vitals") / "home", "one-time made-up words"
    people = [
        first_run.NewPerson(user, f"Made-up {user}", role, password, own_password=True)
        for user, role in (("admin", "administrator"), ("investigator", "investigator"))
    ]
    first_run.init(home, VITALS, first_run.Place("001", "D1", "test"), people, cost=LIGHT)
    admin = sign_in(home, "admin", password)
    accounts.add_user(admin, "coordinator", "Made-up coordinator", "coordinator", once, cost=LIGHT)
    sign_out(admin)
    first = sign_in(home, "coordinator", once)
    accounts.change_password(first, once, password, cost=LIGHT)
    for number in ("D001", "D002"):
        add_subject(first, number)
    for variable, text in (("SYSBP", "120"), ("DIABP", "80")):
        enter_value(first, cell(form_of(find_subject(first, "D001")), variable), text)
    sign_out(first)
    return home


@pytest.fixture
def home(made_vitals: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_vitals, tmp_path / "home"))


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """choose(folder): the system's dialog, which is not ours, gives that folder."""

    def chosen(folder: Path) -> None:
        monkeypatch.setattr(files, "ask_folder", lambda *_: folder)

    return chosen


def form_of(uid: str) -> FormKey:
    return FormKey(uid, "SE.V1", "F.VS")


def cell(form: FormKey, variable: str) -> ItemKey:
    return ItemKey(form, "IG.VS", f"I.VS.{variable}")


def focus() -> object:
    return QApplication.focusWidget()


def press(key: Qt.Key, control: bool = False) -> None:
    modifier = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(focus(), key, modifier)
    QApplication.processEvents()


def tab_to(name: str) -> None:
    for _ in range(60):
        if focus().objectName() == name:
            return
        press(KEY.Key_Tab)
    raise AssertionError(f"Tab does not reach {name}")


def by_keys_to_study(window) -> None:
    window.activateWindow()
    press(KEY.Key_K, control=True) if window.session.role != "administrator" else None
    window.shell.rail.buttons["account"].setFocus()
    press(KEY.Key_Space)
    tab_to("open_study")
    press(KEY.Key_Space)
    assert window.page.objectName() == "study_page"


def sheet(window):
    return window.shell.sheet.content


def amended(window, settle, folder: Path) -> None:
    """The investigator's story by keys, from the page to the version in force."""
    by_keys_to_study(window)
    press(KEY.Key_Space)
    settle()
    tab_to("amend_reason")
    QTest.keyClicks(focus(), WHY)
    press(KEY.Key_Return, control=True)
    settle()


@pytest.mark.parametrize("user", ["admin", "investigator", "coordinator"])
def test_everybody_reads_the_versions_and_is_offered_what_the_role_may_do(at_work, user):
    window = at_work(user)
    by_keys_to_study(window)
    page = window.page
    assert [page.table.looks.look(0, n).text for n in (0, 1)] == ["1", "In force"]
    assert (
        page.table.looks.look(0, 4).text == "Made-up admin"
        and "Made-up admin" in page.chosen.text()
        and page.one_only.isVisible()
    )
    offered = {name for name in ("amend", "move") if page.findChild(QPushButton, f"study_{name}")}
    assert bool(page.findChild(QPushButton, "save_odm_2_0")) == (user != "admin")
    assert offered == {"investigator": {"amend", "move"}, "coordinator": {"move"}, "admin": set()}[user]
    words.set_language("zh")
    assert page.table.looks.look(0, 1).text == "现行"


def test_the_study_is_amended_by_keyboard_alone_and_the_window_works_with_it_at_once(
    at_work, settle, choose, tmp_path
):
    window = at_work("investigator")
    uid = find_subject(window.session, "D001")
    window.show_form(form_of(uid))  # the kept page has shown version 1
    choose(version_2(tmp_path / "v2"))
    by_keys_to_study(window)
    assert focus().objectName() == "study_amend"
    press(KEY.Key_Space)
    settle()
    said = sheet(window).text.toPlainText()
    assert "Vital signs" in said and "Pulse rate" in said and "Diastolic" in said and "Forms begun" in said
    assert said.startswith("Look at these") and "Giddiness" in said
    assert focus() is sheet(window).text
    tab_to("first_day")
    assert focus().text() == window.clock.now().date().isoformat()
    tab_to("amend_reason")
    press(KEY.Key_Return, control=True)
    assert sheet(window).reason_why.isVisible() and focus().objectName() == "amend_reason"
    assert window.session.study.version == "1"
    QTest.keyClicks(focus(), WHY)
    press(KEY.Key_Return, control=True)
    settle()
    assert window.shell.sheet is None and window.session.study.version == "2"
    table = window.page.table.looks
    assert [(table.look(n, 0).text, table.look(n, 1).text) for n in (0, 1)] == [
        ("1", "Past"),
        ("2", "In force"),
    ]
    assert table.look(1, 3).text == WHY and WHY in window.page.chosen.text()
    assert "keep their version" in window.shell.notice.words.text()
    window.show_casebook(uid)
    window.show_form(form_of(uid))
    head = window.page.head
    assert head.version.isVisible() and head.version.text() == "Version 1; in force: 2"
    assert window.page.view.row_there("IG.VS/I.VS.DIABP") and not window.page.view.row("IG.VS/I.VS.PULSE")
    window.show_form(form_of(find_subject(window.session, "D002")))
    assert not window.page.head.version.isVisible()
    assert window.page.view.row("IG.VS/I.VS.PULSE") and not window.page.view.row("IG.VS/I.VS.DIABP")


def test_what_would_read_data_as_something_else_is_listed_first_and_cannot_be_put_in_force(
    at_work, settle, choose, tmp_path
):
    window = at_work("investigator")
    choose(version_2(tmp_path / "v2", refused=True))
    by_keys_to_study(window)
    press(KEY.Key_Space)
    settle()
    mine = sheet(window)
    assert mine.text.toPlainText().startswith("Refused\n") and "new OID" in mine.text.toPlainText()
    assert not mine.put.isVisible() and not mine.reason.isVisible() and mine.notice.isVisible()
    words.set_language("zh")
    assert mine.text.toPlainText().startswith("不可修订\n")
    words.set_language("en")
    mine.agree()
    assert not mine.busy
    shutil.rmtree(tmp_path / "v2")
    version_2(tmp_path / "v2")
    tab_to("amend_again")
    press(KEY.Key_Space)
    settle()
    assert mine.put.isVisible() and "Refused" not in mine.text.toPlainText()
    tab_to("differences")
    press(KEY.Key_Escape)
    assert window.shell.sheet is None and len(amendments.versions(window.session)) == 1


def test_a_folder_that_is_no_definition_or_changes_nothing_is_said_on_the_sheet(
    at_work, settle, choose, tmp_path
):
    window = at_work("investigator")
    for folder, said in ((tmp_path / "empty", "This file is missing"), (VITALS, "Nothing would change")):
        folder.mkdir(exist_ok=True)
        choose(folder)
        window.show_study()
        press(KEY.Key_Space)
        settle()
        assert said in sheet(window).notice.words.text() and not sheet(window).put.isVisible()
        assert sheet(window).text.isVisible() == (folder is not VITALS)  # every mistake with its file
        assert focus().objectName() == "amend_again"
        press(KEY.Key_Escape)


def test_a_day_that_is_past_is_refused_at_its_field_and_a_coming_version_is_shown_as_coming(
    at_work, settle, choose, tmp_path
):
    window = at_work("investigator")
    choose(version_2(tmp_path / "v2"))
    by_keys_to_study(window)
    press(KEY.Key_Space)
    settle()
    mine = sheet(window)
    mine.reason.setText(WHY)
    for typed in ("someday", "2020-01-01"):
        mine.day.setText(typed)
        press(KEY.Key_Return, control=True)
        settle()
        assert mine.day_why.isVisible() and focus() is mine.day and mine.day.text() == typed
    mine.day.setText("+3")
    press(KEY.Key_Return, control=True)
    settle()
    assert window.session.study.version == "1" and window.page.table.looks.look(1, 1).text == "Coming"


def test_the_day_of_a_coming_version_is_seen_at_unlock_and_said_and_a_form_stays_until_it_is_left(
    at_work, settle, choose, tmp_path, password, clock
):
    window = at_work("investigator")
    new = load_study(version_2(tmp_path / "v2"))[0]
    amendments.put_in_force(window.session, new, clock.now().date() + timedelta(days=3), WHY)
    window.sign_out()
    at_work("coordinator")
    fresh = form_of(find_subject(window.session, "D002"))
    window.show_form(fresh)
    row = window.page.view.row("IG.VS/I.VS.DIABP")
    row.input.select()
    QTest.keyClicks(focus(), "7")
    unlocked(window, settle, password)
    assert window.session.study.version == "1" and not window.shell.notice.isVisible()
    clock.move(days=3)
    unlocked(window, settle, password)
    assert "until you leave it" in window.shell.notice.words.text()
    assert window.page.view.row("IG.VS/I.VS.DIABP").input.text() == "7"
    window.show_subjects()  # what was typed is stored under the version that asked it
    assert window.session.study.version == "2" and form_page(window.session, fresh).version == "1"
    assert window.session.subject(fresh.subject).values(fresh)["IG.VS/I.VS.DIABP"].value == "7"
    clock.move(days=1)
    unlocked(window, settle, password)
    assert not window.shell.notice.isVisible()  # said once
    window.show_form(replace(fresh, form="F.SYM"))
    assert form_page(window.session, window.page.key).version == "2"


def unlocked(window, settle, password: str) -> None:
    press(KEY.Key_L, control=True)
    QTest.keyClicks(window.cover.password, password)
    QTest.keyClick(window.cover.password, KEY.Key_Return)
    settle()
    assert not window.locked


def test_a_page_of_the_old_version_is_made_anew_at_unlock(at_work, settle, password, clock, tmp_path):
    window = at_work("investigator")
    folder = version_2(tmp_path / "v2")
    study = folder / "study.toml"
    study.write_text(study.read_text("utf-8").replace('{ form = "F.SYM" },\n', ""), "utf-8")
    (folder / "sym.toml").unlink()
    new = load_study(folder)[0]
    amendments.put_in_force(window.session, new, clock.now().date() + timedelta(days=1), WHY)
    uid = find_subject(window.session, "D002")
    window.show_casebook(uid)
    before = window.page
    clock.move(days=1)
    unlocked(window, settle, password)
    assert window.page is not before and window.page.objectName() == before.objectName()
    assert window.shell.header.subject == uid
    assert [one.oid for one in casebook(window.session, uid).forms] == ["F.SV", "F.VS"]


def test_who_was_away_is_told_at_sign_in_once(window, at_work, settle, clock, tmp_path, password):
    at_work("investigator")
    new = load_study(version_2(tmp_path / "v2"))[0]
    clock.move(days=400)  # after everything that was entered when the home was made
    amendments.put_in_force(window.session, new, clock.now().date(), WHY)
    window.sign_out()
    at_work("investigator")
    assert not window.shell.notice.isVisible()  # she did it
    window.sign_out()
    assert isinstance(window.page, SignInPage)
    at_work("coordinator")
    assert "Version 2" in window.shell.notice.words.text()
    clock.move(seconds=5)
    add_subject(window.session, "D003")
    window.sign_out()
    at_work("coordinator")
    assert not window.shell.notice.isVisible()


def test_begun_forms_are_moved_by_keyboard_alone_after_the_list_was_read(at_work, settle, choose, tmp_path):
    window = at_work("investigator")
    choose(version_2(tmp_path / "v2"))
    amended(window, settle, tmp_path / "v2")
    window.sign_out()
    at_work("coordinator")
    by_keys_to_study(window)
    assert focus().objectName() == "study_move"
    press(KEY.Key_Space)
    settle()
    said = sheet(window).text.toPlainText()
    assert "D001" in said and "D002" not in said
    assert (
        "Asked anew: Pulse rate" in said and "Diastolic blood pressure" in said and "answers kept: 1" in said
    )
    tab_to("move_reason")
    press(KEY.Key_Return, control=True)
    assert sheet(window).reason_why.isVisible() and focus().objectName() == "move_reason"
    QTest.keyClicks(focus(), "Approval 7, made up")
    press(KEY.Key_Return, control=True)
    settle()
    assert window.shell.sheet is None and "1 form moved" in window.shell.notice.words.text()
    key = form_of(find_subject(window.session, "D001"))
    assert form_page(window.session, key).version == "2"
    window.show_study()
    press(KEY.Key_Space)
    settle()
    assert "nothing to move" in sheet(window).what.text() and not sheet(window).move_button.isVisible()
    assert focus() is sheet(window).close_button


def test_a_sheet_that_works_cannot_be_closed_and_no_page_comes(at_work, choose, settle, tmp_path):
    window = at_work("investigator")
    choose(version_2(tmp_path / "v2"))
    window.show_study()
    window.page.amend()
    mine = sheet(window)
    assert mine.busy and mine.waits.isVisible()
    QTest.keyClick(mine, KEY.Key_Escape)
    window.go("subjects")
    assert window.shell.sheet is not None and window.page.objectName() == "study_page"
    settle()
    assert not mine.busy and not mine.waits.isVisible()


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_no_word_is_cut_off(at_work, choose, settle, tmp_path, qapp, scale):
    style.apply(qapp, "dark", scale)
    window = at_work("investigator")
    choose(version_2(tmp_path / "v2"))
    window.show_study()
    press(KEY.Key_Space)
    settle()
    for language in words.LANGUAGES:
        words.set_language(language)
        QApplication.processEvents()
        for one in [*window.page.findChildren(QLabel), *sheet(window).findChildren(QLabel)]:
            if one.isVisible() and one.text():
                assert one.height() >= one.heightForWidth(one.width()) - 1 if one.wordWrap() else True, (
                    one.text()
                )
                assert one.wordWrap() or one.width() >= one.sizeHint().width() - 1, one.text()


@pytest.mark.parametrize("kind", ["odm_1_3_2", "odm_2_0"])
def test_the_definition_is_saved_for_others_by_keys_and_the_file_gives_it_back(
    at_work, settle, monkeypatch, tmp_path, kind
):
    window, out = at_work("coordinator"), tmp_path / "study.xml"
    monkeypatch.setattr(files, "ask_save", lambda *_: out)
    by_keys_to_study(window)
    tab_to(f"save_{kind}")
    press(KEY.Key_Space)
    settle()
    assert window.page.notice.words.text() == "Written: study.xml"
    assert focus().objectName() == f"save_{kind}"
    assert load_study(out)[0].canonical_bytes() == window.session.study.canonical_bytes()
    monkeypatch.setattr(files, "ask_save", lambda *_: tmp_path / "no" / "where.xml")
    tab_to(f"save_{kind}")
    press(KEY.Key_Space)
    settle()
    assert "Written" not in window.page.notice.words.text()


def test_a_reading_scrolls_by_arrow_keys_and_takes_no_letter(at_work, qapp):
    window = at_work("coordinator")
    text = Reading("made_up")
    window.show_sheet(text)
    text.show_parts([Part("line", f"Sentence {n}", "plus") for n in range(200)])
    before = text.toPlainText()
    for key in (KEY.Key_Down, KEY.Key_PageDown, KEY.Key_A):
        press(key)
    assert text.verticalScrollBar().value() > 0 and text.toPlainText() == before
    press(KEY.Key_Escape)
    assert window.shell.sheet is None
