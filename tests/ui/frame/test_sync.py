"""The sync page: numbers, bundle to a folder or stick, central's files, refusals inline."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from crf_app.actions import disks
from crf_app.actions.subjects import add_subject
from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.model.clock import utc_text
from crf_app.sync.bundle import Place, write_bundle
from crf_app.sync.central_public import CENTRAL, CentralPublic
from crf_app.sync.lines import End, Receipt
from crf_app.ui import bundle_panel, files

SIGN, BOX = Ed25519Key.generate(), X25519Key.generate()


@pytest.fixture
def page(at_work):
    window = at_work("coordinator")
    add_subject(window.session, "ZN001")
    window.show_sync()
    return window.page


@pytest.fixture
def knows_central(page, window, tmp_path, monkeypatch):
    identity = window.session.identity
    path = tmp_path / "central.pub"
    path.write_bytes(CentralPublic(identity.study, identity.env, SIGN.public, BOX.public).encoded())
    monkeypatch.setattr(files, "ask_file", lambda *_: path)
    page.central.click()
    return page


def receipt(window) -> bytes:
    identity, end = window.session.identity, window.session.store.end
    ends = (End(identity.device, identity.epoch, end.seq, end.hash.hex()),)
    at = utc_text(window.clock.now())
    content = Receipt(identity.device, 1, 1, (), ends, at)
    place = Place(identity.study, identity.env, CENTRAL, 1)
    return write_bundle(place, SIGN.sign, [window.session.keys.device.box.public], at, receipt=content).data


def test_three_numbers_say_where_the_records_are(page, window):
    here = window.session.store.end.seq
    assert [page.numbers[name].text() for name in ("here", "sent", "safe")] == [str(here), "0", "0"]
    assert str(here) in page.said.text()


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
    assert page.numbers["sent"].text() == str(window.session.store.end.seq)
    assert page.table.looks.look(0, 0).text == written[0].name
    assert page.table.looks.look(0, 3).text == "waits for the receipt"


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
    assert knows_central.numbers["safe"].text() == str(window.session.store.end.seq)
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
    for _ in range(20):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.add(QApplication.focusWidget().objectName())
    assert {"make_bundle", "apply_file", "request", "add_central", "rail_sync", "rail_account"} <= seen
