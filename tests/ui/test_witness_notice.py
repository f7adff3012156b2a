"""What the witness found at sign-in is said over the page; an older file is refused on the sign-in page."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crf_app.actions.session import sign_in
from crf_app.store import vault_change, witness
from crf_app.ui import words

PASSWORD = "made up for a test 1"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_witness_that_was_taken_away_is_said(language: str, desk: Callable[..., Any]) -> None:
    window = desk().window
    words.set_language(language)
    window.sign_out()
    (window.home / witness.NAME).unlink()
    window.signed_in(sign_in(window.home, "made.nurse", PASSWORD, window.clock))
    QApplication.processEvents()
    assert [one.kind for one in window.session.findings] == [witness.MISSING]
    assert window.session.findings[0].texts[language] in window.shell.notice.words.text()
    if folder := os.environ.get("CRF_LOOK"):
        window.grab().save(f"{folder}/witness_{language}.png")
    window.sign_out()
    window.signed_in(sign_in(window.home, "made.nurse", PASSWORD, window.clock))
    assert window.shell.notice.isHidden()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_older_vault_is_refused_on_the_sign_in_page(language: str, desk: Callable[..., Any]) -> None:
    window = desk().window
    words.set_language(language)
    window.sign_out()
    older = (window.home / "vault.json").read_bytes()
    admin = sign_in(window.home, "made.admin", PASSWORD, window.clock)
    vault_change.set_person(admin.keys, "made.doctor", name="Made-up Other Name")
    witness.write(admin.keys, admin.store)
    admin.store.close()
    (window.home / "vault.json").write_bytes(older)
    window.start()
    page = window._outer.currentWidget()
    page.choose(next(card for card in page.cards if card.user == "made.nurse"))
    QTest.keyClicks(page.password, PASSWORD)
    page.send()
    window.worker.wait()
    QApplication.processEvents()
    assert window.session_or_none is None and not page.notice.isHidden()
    assert "vault.json" in page.notice.words.text() and page.restore is not None
    QApplication.processEvents()
    for _ in range(5):
        QTest.qWait(20)
    assert page.restore.isVisible()
    if folder := os.environ.get("CRF_LOOK"):
        window.grab().save(f"{folder}/older_{language}.png")
