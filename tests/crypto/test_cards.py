"""Custodian cards: the published vectors, what is typed from paper, and which pairs open what."""

from __future__ import annotations

import base64
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from crf_app.crypto.canonical import canonical
from crf_app.crypto.cards import Card, grouped, new_cards, pair_key, read_card
from crf_app.errors import ValueRejected

VAULT, GENERATION = "0011223344556677", "a1b2c3d4"
ONE = Card(VAULT, GENERATION, 1, bytes(range(0x14)))
TWO = Card(VAULT, GENERATION, 2, bytes(range(0x14, 0x28)))


def test_the_published_vectors():
    assert base64.b32encode(ONE.secret).decode() == "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
    key = pair_key(ONE, TWO)
    assert key.hex() == "0562be9f96ec452e9bb8855ddce12099a3968872338c3733089296214671d01d"
    aad = canonical({"vault": VAULT, "id": "custodians", "kind": "recovery", "public": "AA=="})
    assert AESGCM(key).encrypt(bytes(12), b"\x02" * 32, aad).hex() == (
        "583e6f14220b8f3e9bcb4595aabbe085f3494bc2bb55f10e1fbab4edfac4af0a62e2ebb03f4845928b4b1ced0520225e"
    )


@given(st.integers(1, 3), st.binary(min_size=20, max_size=20))
def test_what_is_printed_is_read_back(number, secret):
    card = Card(VAULT, GENERATION, number, secret)
    assert read_card(card.text) == card
    assert read_card(" ".join(grouped(card.text)).lower()) == card


@given(st.integers(0, 69), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_wrong_sign_is_told(place, sign):
    text = ONE.text
    place %= len(text)
    if text[place] in {".", sign}:
        return
    with pytest.raises(ValueRejected):
        read_card(text[:place] + sign + text[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "CRFR1", "x" * 5000, "CRFR1" + "." * 60, "\u0661" * 64, "CRFR2" + "A" * 60]
)
def test_what_is_no_card_is_refused(text):
    with pytest.raises(ValueRejected):
        read_card(text)


def test_every_pair_has_a_key_of_its_own_whatever_the_order():
    cards = new_cards(VAULT)
    keys = {pair_key(one, other) for one, other in combinations(cards, 2)}
    assert len(keys) == 3 and all(pair_key(b, a) in keys for a, b in combinations(cards, 2))


def test_the_same_card_twice_and_cards_of_two_sets_are_refused():
    cards, others = new_cards(VAULT), new_cards(VAULT)
    for one, other in ((cards[0], cards[0]), (cards[0], others[1])):
        with pytest.raises(ValueRejected):
            pair_key(one, other)
