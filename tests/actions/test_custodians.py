"""Two of three cards let one new administrator in, and nothing else; nothing of them is kept."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from crf_app.actions.people import accounts, custodians, people_changes
from crf_app.actions.safekeeping.keeping import verify
from crf_app.crypto.cards import Card, read_card
from crf_app.crypto.passwords import LIGHT
from crf_app.errors import (
    IdentityRefused,
    NotAllowed,
    ValueRejected,
    VaultTampered,
    WrongPassword,
    WrongState,
)
from crf_app.store import ledger
from crf_app.store.vault_file import read_vault, recovery_slots, vault_path, write_vault

NEW = custodians.NewPerson(
    "newadmin", "Made-up New Administrator", "administrator", "pebble under a wide sky", True
)


@pytest.fixture
def at_work(session):
    """The person at work; signed out before cards are used, which need the home for themselves."""
    here = []

    def signed_in(*who, **how):
        here[:] = [session(*who, **how)]
        return here[0]

    signed_in.here = here
    return signed_in


@pytest.fixture
def recover(at_work, home, clock):
    """recover(card, card, person): nobody is signed in then."""

    def done(one, other, person=NEW):
        for session in at_work.here:
            session.store.close()
        custodians.recover(home, (one, other), person, clock, LIGHT)

    return done


@pytest.fixture
def cards(at_work):
    """The texts of a set that was read back."""
    admin = at_work("admin")
    texts = [one.text for one in custodians.make_cards(admin).cards]
    custodians.confirm_cards(admin, texts[0], texts[2])
    return texts


def test_before_there_are_cards_none_is_said(home, at_work):
    admin = at_work("admin")
    assert custodians.cards_state(home) == "none" and not recovery_slots(read_vault(home))
    custodians.make_cards(admin)
    assert custodians.cards_state(home) == "unread"


@pytest.mark.parametrize("pair", list(combinations(range(3), 2)))
def test_any_two_let_a_new_administrator_in(cards, pair, recover, at_work):
    recover(cards[pair[1]], cards[pair[0]])
    admin = at_work("newadmin", password=NEW.password)
    assert admin.role == "administrator" and not admin.must_change
    accounts.add_user(admin, "another", "Made-up other", "nurse", "one-time made-up words", LIGHT)
    assert verify(admin).problems == []
    (made,) = [one.record for one in ledger.entries(admin.store.conn) if one.record.kind == "vault.recover"]
    assert json.loads(made.value)["cards"] == f"{pair[0] + 1}+{pair[1] + 1}"


def test_the_new_administrator_needs_a_witness_like_everybody(cards, recover, at_work):
    recover(cards[0], cards[1])
    row = next(one for one in accounts.list_users(at_work("admin")) if one.user == "newadmin")
    assert row.certified and not row.witnessed


def test_no_card_alone_nor_one_twice_nor_a_guessed_one(cards, recover, at_work):
    guessed = Card(
        *(getattr(read_card(cards[1]), name) for name in ("vault", "generation", "number")), bytes(20)
    )
    for pair, refusal in (
        ((cards[0], cards[0]), ValueRejected),
        ((cards[0], "CRFR1"), ValueRejected),
        ((cards[0], guessed.text), IdentityRefused),
    ):
        with pytest.raises(refusal):
            recover(*pair)
    assert [one.user for one in accounts.list_users(at_work("admin"))].count("newadmin") == 0


def test_guessing_is_slowed_as_wrong_passwords_are(cards, clock, recover):
    guessed = Card(
        *(getattr(read_card(cards[1]), name) for name in ("vault", "generation", "number")), bytes(20)
    )
    for _ in range(5):
        with pytest.raises(IdentityRefused):
            recover(cards[0], guessed.text)
    with pytest.raises(WrongPassword) as refusal:
        recover(cards[0], cards[1])
    assert refusal.value.details["wait_seconds"] > 0
    clock.move(minutes=20)
    recover(cards[0], cards[1])


def test_a_typing_mistake_is_no_try(cards, recover):
    broken = cards[0][:-6] + ("A" if cards[0][-6] != "A" else "B") + cards[0][-5:]
    for _ in range(12):
        with pytest.raises(ValueRejected):
            recover(broken, cards[1])
    recover(cards[0], cards[1])


def test_a_used_id_is_refused_and_nothing_is_changed(cards, home, recover):
    before = vault_path(home).read_bytes()
    for user in ("nurse", "custodians-x"):
        person = custodians.NewPerson(user, "Made-up", "administrator", NEW.password, True)
        with pytest.raises((WrongState, ValueRejected)):
            recover(cards[0], cards[1], person)
    assert vault_path(home).read_bytes() == before


def test_an_earlier_set_works_until_a_new_one_is_read_back(cards, recover, at_work):
    admin = at_work("admin")
    newer = [one.text for one in custodians.make_cards(admin).cards]
    again = [one.text for one in custodians.make_cards(admin).cards]  # the first try was lost in the printer
    with pytest.raises(IdentityRefused):
        custodians.confirm_cards(admin, newer[0], newer[1])
    recover(cards[0], cards[1])
    admin = at_work("admin")
    custodians.confirm_cards(admin, again[1], again[2])
    other = custodians.NewPerson("other", "Made-up", "administrator", NEW.password, True)
    with pytest.raises(IdentityRefused):
        recover(cards[0], cards[1], other)
    recover(again[0], again[1], other)
    assert verify(at_work("admin")).problems == []


def test_they_work_on_after_a_new_data_key_and_a_removal(cards, recover, at_work):
    people_changes.remove_user(at_work("admin"), "nurse", "made up")
    recover(cards[1], cards[2])
    assert verify(at_work("newadmin", password=NEW.password)).problems == []


def test_only_an_administrator_makes_cards(at_work):
    with pytest.raises(NotAllowed):
        custodians.make_cards(at_work("nurse"))


@pytest.mark.parametrize("part", ["public", "root", "envelopes", "dek", "generation", "confirmed"])
def test_what_is_changed_in_the_slot_opens_nothing(cards, home, part, recover):
    vault = json.loads(vault_path(home).read_text("utf-8"))
    slot = next(one for one in vault["slots"] if one["kind"] == "recovery")
    person = next(one for one in vault["slots"] if one["kind"] == "user")
    if part == "envelopes":
        slot[part] = {"1+2": slot[part]["1+3"], "1+3": slot[part]["1+2"], "2+3": slot[part]["2+3"]}
    elif part == "confirmed":
        slot[part] = not slot[part]
    else:
        slot[part] = person.get(part, "0" * len(slot[part]))
    del vault["sum"]
    write_vault(home, vault)  # as somebody does who computes the check sum again
    with pytest.raises((IdentityRefused, VaultTampered)):
        recover(cards[0], cards[1])


def test_nothing_of_a_card_is_in_any_file(cards, home, recover, at_work):
    recover(cards[0], cards[1])
    at_work("newadmin", password=NEW.password)
    values = [one.record.value or "" for one in ledger.entries(at_work("admin").store.conn)]
    for text in cards:
        secret = text.split(".")[4]
        assert not any(secret in one for one in values)
        for path in home.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                assert secret.encode() not in data and read_card(text).secret not in data


def test_an_insider_who_adds_himself_as_administrator_is_told(at_work):
    """Without the cards nobody has the site's key, which signs for who came in by them."""
    from crf_app.crypto.canonical import canonical
    from crf_app.crypto.encoding import b64
    from crf_app.crypto.keys import P256Key
    from crf_app.model.record import Draft, recovery_bytes

    insider, key = at_work("nurse"), P256Key.generate()
    said = {"cards": "1+2", "public": b64(key.public), "user": "ghost", "vault": insider.keys.vault}
    signed = said | {"signature": b64(insider.keys.sign.sign(recovery_bytes(said)))}
    mine = {"user": "ghost", "role": "administrator"}
    named = canonical({"name": "Made-up Ghost", "role": "administrator"}).decode()
    insider.commit(
        [
            Draft("vault.recover", key="ghost", value=canonical(signed).decode(), **mine),
            Draft("user.add", key="ghost", value=named, **mine),
            Draft("key.request", key="ghost", value=canonical({"public": b64(key.public)}).decode(), **mine),
        ],
        others={"ghost": key.sign},
    )
    assert any("ghost, who is no administrator" in one["en"] for one in verify(insider).problems)
