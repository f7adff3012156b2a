"""The sync page: numbers, bundle to a folder or stick, central's files, refusals inline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from crf_app.actions.enter_data import enter_value
from crf_app.actions.subjects import add_subject
from crf_app.actions.sync import disks
from crf_app.actions.sync.after_lock import AfterLock
from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.model.clock import utc_text
from crf_app.model.def_base import Text
from crf_app.model.keys import FormKey, ItemKey
from crf_app.model.record import Draft
from crf_app.settings.preferences import read_preferences
from crf_app.store import reads
from crf_app.sync.bundle import Place, write_bundle
from crf_app.sync.central_public import CENTRAL, CentralPublic
from crf_app.sync.lines import End, Receipt
from crf_app.ui import files, words
from crf_app.ui.sync import bundle_panel
from crf_app.ui.sync.sync_cards import AfterLockCard

SIGN, BOX = Ed25519Key.generate(), X25519Key.generate()


@pytest.fixture
def page(at_work, new_subject):
    window = at_work("coordinator")
    uid = new_subject(window.session, "ZN001")
    enter_value(window.session, visit_item(uid, "SVOCCUR"), "Y")
    enter_value(window.session, visit_item(uid, "SVSTDAT"), "2026-10-01")
    window.show_sync()
    window.page.rest.finish()
    return window.page


@pytest.fixture
def knows_central(page, window, tmp_path, monkeypatch):
    identity = window.session.identity
    path = tmp_path / "central.pub"
    path.write_bytes(CentralPublic(identity.study, identity.env, SIGN.public, BOX.public).encoded())
    monkeypatch.setattr(files, "ask_file", lambda *_: path)
    page.central.click()
    return page


def visit_item(uid: str, name: str) -> ItemKey:
    return ItemKey(FormKey(uid, "SE.SCR", "F.SV"), "IG.SV", f"I.SV.{name}")


def first_uid(window) -> str:
    return reads.subjects(window.session.store.conn)[0].uid


def receipt(window) -> bytes:
    identity, end = window.session.identity, window.session.store.end
    ends = (End(identity.device, identity.epoch, end.seq, end.hash.hex()),)
    at = utc_text(window.clock.now())
    content = Receipt(identity.device, 1, 1, (), ends, at)
    place = Place(identity.study, identity.env, CENTRAL, 1)
    return write_bundle(place, SIGN.sign, [window.session.keys.device.box.public], at, receipt=content).data


def test_three_numbers_say_where_the_values_are(page):
    assert [page.numbers[name].text() for name in ("here", "sent", "safe")] == ["3", "0", "0"]
    assert "3 values" in page.said.text() and "other records" in page.said.text()


def test_what_is_counted_later_says_so_until_then(page):
    page.refresh()
    page.rest.stop()
    assert page.numbers["here"].text() == "…" and page.journey.subs["here"].text() == "being counted"


def test_without_central_the_bundle_is_refused_inline(page, window, tmp_path, settle):
    page.write(tmp_path)
    settle()
    assert page.notice.isVisible() and "central.pub" in page.notice.words.text()


def test_central_is_added_and_its_fingerprint_shown_to_compare(knows_central):
    shown = knows_central.facts["central"].text()
    assert len(shown) > 8 and shown in knows_central.notice.words.text()


def test_a_bundle_goes_to_the_chosen_folder_under_the_default_name(
    knows_central, window, tmp_path, settle, monkeypatch
):
    page, folder = knows_central, tmp_path / "out"
    folder.mkdir()
    monkeypatch.setattr(files, "ask_folder", lambda *_: folder)
    page.make.click()
    assert page.panel.isVisible() and page.panel.file_name.text().endswith(".crf")
    page.panel.other_folder()
    page.panel.send.click()
    settle()
    written = list(folder.iterdir())
    assert [one.name for one in written] == [page.panel.file_name.text()]
    assert written[0].name in page.notice.words.text() and not page.panel.isVisible()
    page.rest.finish()
    assert page.numbers["sent"].text() == "3" and "bundle 1" in page.journey.subs["sent"].text()
    shown = [page.table.looks.look(0, column) for column in range(5)]
    assert [shown[0].text, shown[3].text, shown[4].text] == ["1", "out", "ready"]
    assert shown[1].text.startswith("3 values, ") and shown[4].sub == "waits to be carried"
    assert "Bundle 1 is ready: 3 values" in page.said.text()


def _made(page, folder, settle):
    folder.mkdir(exist_ok=True)
    page.write(folder)
    settle()
    page.rest.finish()


def test_the_place_used_last_is_one_button_and_survives_the_program(
    knows_central, window, tmp_path, settle, clock
):
    page, folder = knows_central, tmp_path / "STICK"
    assert page.make.text() == "Make a bundle…"
    _made(page, folder, settle)
    assert read_preferences(window.home).bundle_folder == str(folder)
    assert page.make.text() == "Bundle to STICK" and str(folder) in page.make.accessibleDescription()
    enter_value(window.session, visit_item(first_uid(window), "SVSTDAT"), "2026-10-02", reason="typing error")
    clock.move(seconds=60)
    page.make.click()
    settle()
    assert len(list(folder.iterdir())) == 2 and not page.panel.isVisible()
    page.journey.other.click()
    assert page.panel.isVisible() and page.panel._group.checkedButton().text() == f"{folder}, used last"


def test_a_place_that_is_gone_is_asked_for_again(knows_central, tmp_path, settle):
    page, folder = knows_central, tmp_path / "STICK"
    _made(page, folder, settle)
    for one in folder.iterdir():
        one.unlink()
    folder.rmdir()
    page.refresh()
    assert page.make.text() == "Make a bundle…"
    page.make.click()
    assert page.panel.isVisible() and not page.panel.send.isEnabled()


def test_the_days_to_the_reminder_are_chosen_and_kept(page, window, qtbot):
    before = page.next.text()
    qtbot.mouseClick(page.days._buttons["14"], Qt.MouseButton.LeftButton)
    assert read_preferences(window.home).bundle_days == 14 and window.preferences.bundle_days == 14
    assert page.next.text() != before and page.next.text().startswith("Next reminder on ")


def test_the_days_are_chosen_by_arrow_keys(page, window, qtbot):
    first = page.days._buttons["1"]
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Right)
    qtbot.keyClick(page.days._buttons["3"], Qt.Key.Key_Space)
    assert window.preferences.bundle_days == 3


def test_a_number_of_days_that_a_site_wrote_itself_is_offered_too(page, window):
    window.use_preferences(replace(window.preferences, bundle_days=5))
    window.show_sync()
    assert list(window.page.days._buttons) == ["1", "3", "5", "7", "14", "30"]
    assert window.page.days.code == "5"


def test_a_conflict_is_shown_with_both_values_and_leads_to_the_queries(at_work, new_subject, qtbot):
    window = at_work("coordinator")
    session, key = window.session, visit_item(new_subject(window.session, "ZN001"), "SVSTDAT")
    enter_value(session, key, "2026-10-01")
    other = Draft("item.set", subject=key.form_key.subject, key=key.path, value="2026-10-02")
    session.commit([other])  # as another device would
    session.forget()
    window.show_sync()
    card = window.page.conflicts
    assert card.isVisible() and card.title.text() == "One answer, two devices"
    shown = " ".join(one.text() for one in card.findChildren(QLabel))
    assert all(text in shown for text in ("2026-10-01", "2026-10-02", "ZN001", "Neither stands"))
    words.set_language("zh")
    assert card.title.text() == "一项答案，两台设备"
    qtbot.keyClick(card.choose, Qt.Key.Key_Return)
    assert window.page.filter.code == "conflict" and window.page.conflict.isVisible()


def test_without_a_conflict_nothing_is_said_of_it(page):
    assert not page.conflicts.isVisible() and not page.after_lock.isVisible()


def test_an_answer_after_the_lock_is_said_and_shown(page, qapp):
    seen = []
    one = AfterLock(
        "ZN001", visit_item("S-1", "SVSTDAT"), Text(en="V7", zh="V7"), Text(en="Pulse", zh="脉搏")
    )
    card = AfterLockCard(seen.append)
    card.show_answers([one])
    assert card.title.text() == "Arrived after the lock: 1" and "ZN001, V7, Pulse" in card.place.text()
    card.show_it.click()
    assert seen == [one]
    card.deleteLater()


def test_a_removable_disk_is_offered_with_its_free_space(knows_central, tmp_path, monkeypatch):
    disk = disks.Disk(tmp_path, "MADE-UP STICK", 3_200_000_000)
    monkeypatch.setattr(bundle_panel, "removable_disks", lambda: [disk])
    knows_central.make.click()
    offered = knows_central.panel._group.buttons()
    assert [one.text() for one in offered] == ["MADE-UP STICK, 3.2 GB free"] and offered[0].isChecked()
    assert knows_central.panel.send.isEnabled()


def test_without_a_disk_the_panel_says_what_to_do(knows_central, monkeypatch):
    monkeypatch.setattr(bundle_panel, "removable_disks", list)
    knows_central.make.click()
    assert knows_central.panel.none.isVisible() and not knows_central.panel.send.isEnabled()


def test_a_receipt_makes_everything_safe_in_two_places(knows_central, window, tmp_path, settle, monkeypatch):
    path = tmp_path / "receipt.crf"
    path.write_bytes(receipt(window))
    monkeypatch.setattr(files, "ask_file", lambda *_: path)
    assert "only here" in window.shell.status.here.text()
    assert "safe" not in window.shell.status.here.text()  # nothing was received yet
    knows_central.apply.click()
    settle()
    knows_central.rest.finish()
    assert knows_central.numbers["safe"].text() == "3"
    taken = [knows_central.table.looks.look(0, column).text for column in range(5)]
    assert taken[0] == "in 1" and taken[3:] == ["from central", "taken in"]
    assert "receipt 1" in knows_central.journey.subs["safe"].text()
    assert knows_central.next.text().startswith("No reminder")
    assert window.shell.status.here.text() == "Everything is safe in two places"
    assert not knows_central.make.isEnabled()
    window.say_saved(add_subject(window.session, "ZN002"))
    assert "only here" in window.shell.status.here.text() and "safe" in window.shell.status.here.text()


def test_a_foreign_file_is_refused_inline(knows_central, window, tmp_path, settle, monkeypatch):
    path = tmp_path / "something.txt"
    path.write_bytes(b"not a bundle")
    monkeypatch.setattr(files, "ask_file", lambda *_: path)
    knows_central.apply.click()
    settle()
    assert knows_central.notice.isVisible() and knows_central.numbers["safe"].text() == "0"


def test_a_missing_file_is_refused_inline(knows_central, tmp_path, settle, monkeypatch):
    monkeypatch.setattr(files, "ask_file", lambda *_: tmp_path / "gone.crf")
    knows_central.apply.click()
    settle()
    assert "gone.crf" in knows_central.notice.words.text()


def test_the_device_request_is_saved_and_names_the_fingerprint(page, tmp_path, monkeypatch):
    target: Path = tmp_path / "D1.request"
    monkeypatch.setattr(files, "ask_save", lambda *_: target)
    page.request.click()
    assert target.exists() and page.facts["fingerprint"].text() in page.notice.words.text()


def test_the_whole_page_is_reached_by_tab(knows_central, qtbot, window):
    from PySide6.QtWidgets import QApplication

    seen = set()
    for _ in range(30):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.add(QApplication.focusWidget().objectName())
    asked = {"make_bundle", "other_place", "apply_file", "bundle_days_1", "request", "add_central"}
    assert asked | {"rail_sync", "rail_account"} <= seen


def test_what_is_being_counted_stops_when_the_person_leaves(at_work, settle):
    window = at_work("nurse")
    window.show_sync()
    steps = window.page.rest
    assert steps.working
    window.sign_out()
    assert not steps.working
    settle()
