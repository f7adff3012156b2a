"""The page of one value's history: the chain's verdict at each entry, what a change did, the way to paper."""

from typing import Any

import pytest
from PySide6.QtTest import QTest

from crf_app.actions.enter_data import enter_value
from crf_app.model.keys import FormKey, ItemKey
from crf_app.store import reads
from crf_app.ui import words
from crf_app.ui.pages.pdf_preview import PdfPreviewPage
from crf_app.ui.pages.value_history import ValueHistoryPage


@pytest.fixture
def pulse(at_work: Any, new_subject: Any) -> ItemKey:
    """A pulse that was entered and corrected; the nurse is at work."""
    session = at_work("nurse").session
    key = ItemKey(FormKey(new_subject(session, "ZN007"), "SE.V1", "F.VS"), "IG.VS", "I.VS.PULSE")
    enter_value(session, key, "89")
    enter_value(session, key, "71", reason="made-up typing error")
    return key


def shown(window: Any, key: ItemKey) -> ValueHistoryPage:
    window.show_history(key)
    page = window.page
    assert isinstance(page, ValueHistoryPage)
    return page


def places(session: Any, key: ItemKey) -> list[int]:
    """The numbers in the chain of the records of a value, in order."""
    return sorted(seq for _, _, seq in reads.places(session.store.conn, key.form_key, key.path).values())


def change(session: Any, seq: int, sql: str = "reason = 'made up'") -> None:
    """What somebody with the key of the database can do."""
    for name in ("no_update", "no_delete", "no_replace"):
        session.store.conn.execute(f"DROP TRIGGER IF EXISTS audit_record_{name}")
    session.store.conn.execute(f"UPDATE audit_record SET {sql} WHERE seq = ?", (seq,))


def test_the_chain_is_checked_aside_and_said_up_to_the_entry(window, pulse, settle):
    page = shown(window, pulse)
    assert (
        page.chain.title.text() == "Its place in the chain" and "being checked" in page.chain.verdict.text()
    )
    settle()
    entered, corrected = places(window.session, pulse)
    time = f"{window.clock.now():%H:%M}"
    assert page.chain.title.text() == "Chain unbroken"
    said = f"Entries 1 to {corrected} of D1 agree with their hashes, checked {time}."
    assert page.chain.verdict.text() == said
    page.table.selectRow(1)
    assert f"Entries 1 to {entered} of D1" in page.chain.verdict.text()
    words.set_language("zh")
    settle()
    assert page.chain.title.text() == "链完整"


def test_a_changed_entry_is_said_at_it_before_it_and_behind_it(window, pulse, settle):
    entered, corrected = places(window.session, pulse)
    change(window.session, entered)
    page = shown(window, pulse)
    settle()
    before = page.chain.verdict.text()
    assert page.chain.title.text() == "Chain broken" and f"Entry {entered} of D1, before this one" in before
    assert before.endswith("call the data manager.")
    page.table.selectRow(1)
    assert page.chain.verdict.text().startswith("This entry is not as it was written: The record's content")
    first, newest = page.table.looks.look(1, 0), page.table.looks.look(0, 0)
    assert first.damaged and "not as it was written" in first.said and not newest.damaged
    change(window.session, entered, "reason = NULL")
    change(window.session, corrected)
    page.refresh()
    settle()
    page.table.selectRow(1)
    behind = page.chain.verdict.text()
    assert f"Entries 1 to {corrected - 1} of D1 agree" in behind and f"Entry {corrected}, behind" in behind


def test_a_chain_without_its_seal_is_never_called_unbroken(window, pulse, settle):
    window.session.store.conn.execute("UPDATE seal SET signature = zeroblob(64)")
    page = shown(window, pulse)
    settle()
    assert page.chain.title.text() == "Chain broken" and "Nobody vouches" in page.chain.verdict.text()


def test_leaving_the_page_stops_the_check(window, pulse, settle):
    page = shown(window, pulse)
    tasks = list(page.chain._tasks.values())
    window.show_queries()
    assert tasks and all(one.stopping for one in tasks)
    settle()


def test_what_a_change_did_is_said_also_where_it_did_nothing(window, pulse, settle):
    page = shown(window, pulse)
    said = [page.did.itemAt(n).widget().text() for n in range(page.did.count())]
    assert said == ["No calculated value changed.", "No signature covered this form, so none broke."]
    page.print.setFocus()
    QTest.keyClicks(page.print, " ")
    assert isinstance(window.page, PdfPreviewPage)
    settle()
