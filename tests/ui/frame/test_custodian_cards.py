"""Custodian cards at the window: made, printed, read back, and used when nobody can sign in."""

from __future__ import annotations

from PySide6.QtCore import Qt

from crf_app.actions.people.people_here import people
from crf_app.actions.session import sign_in, sign_out
from crf_app.ui.pages.recover import RecoverPage
from crf_app.ui.pages.sign_in import SignInPage

OWN = "pebble under a wide sky"


def printed(path) -> list[str]:
    """The cards' texts as an independent reader finds them in the PDF."""
    from pypdf import PdfReader

    texts = []
    for page in PdfReader(path).pages:
        words = page.extract_text().split()
        start = words.index("CRFR")
        texts.append("".join(words[start : start + 17])[:66])
    return texts


def made(window, tmp_path) -> list[str]:
    window.show_account()
    card = window.page.people.cards
    card.make_set(tmp_path / "cards.pdf")
    return printed(tmp_path / "cards.pdf")


def test_only_the_administrator_sees_them_and_is_told_that_there_are_none(at_work):
    window = at_work("nurse")
    window.show_account()
    assert not window.page.people.cards.isVisibleTo(window)
    window.sign_out()
    window = at_work("admin")
    window.show_account()
    card = window.page.people.cards
    assert card.isVisibleTo(window) and "no cards" in card.state.text()
    assert not card.reading.isVisibleTo(window)


def test_they_are_read_back_from_the_paper(at_work, qtbot, tmp_path):
    window = at_work("admin")
    texts = made(window, tmp_path)
    card = window.page.people.cards
    assert len(set(texts)) == 3 and card.reading.isVisibleTo(window)
    qtbot.keyClicks(card.one, texts[0])
    qtbot.keyClicks(card.other, texts[0])
    qtbot.keyClick(card.other, Qt.Key.Key_Return)
    assert card.reading.isVisibleTo(window) and card.one.text()  # the same one twice: what was typed stays
    card.other.clear()
    qtbot.keyClicks(card.other, texts[2].lower())
    qtbot.keyClick(card.other, Qt.Key.Key_Return)
    assert not card.reading.isVisibleTo(window) and "read back" in card.state.text()
    assert not card.one.text() and not card.other.text()


def test_a_new_administrator_comes_in_by_keys_alone(at_work, qtbot, settle, tmp_path, clock):
    window = at_work("admin")
    texts = made(window, tmp_path)
    window.sign_out()
    page = window.page
    assert isinstance(page, SignInPage) and not page.cards_in.isVisibleTo(window)
    page.choose(page.cards[-1])
    assert page.cards_in.isVisibleTo(window)
    page.cards_in.click()
    page = window.page
    assert isinstance(page, RecoverPage)
    typed = {"one": texts[1], "other": texts[2], "user": "newadmin", "name": "Made-up New", "password": OWN}
    for name, text in typed.items():
        qtbot.keyClicks(page.fields[name], text)
    qtbot.keyClick(page.again, Qt.Key.Key_Return)
    assert page.notice.isVisibleTo(window) and not page.done  # the password once more
    qtbot.keyClicks(page.again, OWN)
    qtbot.keyClick(page.again, Qt.Key.Key_Return)
    settle()
    assert page.done and not page.password.text()
    qtbot.keyClick(page.go, Qt.Key.Key_Space)
    assert "newadmin" in [one.user for one in people(window.home)]
    sign_out(sign_in(window.home, "newadmin", OWN, clock))


def test_a_wrong_card_is_said_and_nothing_typed_is_lost(at_work, qtbot, settle, tmp_path):
    window = at_work("admin")
    texts = made(window, tmp_path)
    window.sign_out()
    window.show_recover()
    page = window.page
    wrong = texts[0][:40] + ("A" if texts[0][40] != "A" else "B") + texts[0][41:]
    typed = {
        "one": wrong,
        "other": texts[1],
        "user": "newadmin",
        "name": "Made-up New",
        "password": OWN,
        "again": OWN,
    }
    for name, text in typed.items():
        qtbot.keyClicks(page.fields[name], text)
    page.send()
    settle()
    assert "Card 1" in page.notice.words.text() and page.other.text() == texts[1] and not page.done


def test_without_cards_the_way_is_not_offered(window):
    window.show_sign_in()
    page = window.page
    page.choose(page.cards[-1])
    assert not page.cards_in.isVisibleTo(window)
