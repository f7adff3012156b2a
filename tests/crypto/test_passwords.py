"""Passwords: one spelling, limits before work, and what is too easy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crf_app.crypto import passwords
from crf_app.crypto.passwords import DEFAULT, LIGHT, Cost, check_kdf, check_policy, new_kdf, password_bytes
from crf_app.errors import ValueRejected, VaultTampered


def test_a_password_has_one_spelling() -> None:
    assert password_bytes("caf\u00e9") == password_bytes("cafe\u0301")
    assert password_bytes("密码 one") == "密码 one".encode()


@pytest.mark.parametrize("text", ["", "\ud800", "x" * 1025])
def test_text_that_is_no_password_is_refused(text: str) -> None:
    with pytest.raises(ValueRejected):
        password_bytes(text)


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            {"m": 19455},
            {"m": 1048577},
            {"t": 1},
            {"t": 17},
            {"p": 0},
            {"p": 17},
            {"m": "65536"},
            {"m": True},
        ),
        *({"alg": "argon2i"}, {"salt": "AAAA"}, {"more": 1}),
    ],
)
def test_limits_are_checked_before_anything_runs(
    wrong: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(passwords, "Argon2id")  # running it would fail the test
    with pytest.raises(VaultTampered):
        passwords.derive(b"x", new_kdf(LIGHT) | wrong)


def test_each_slot_has_its_own_salt_and_the_asked_cost() -> None:
    one, two = new_kdf(LIGHT), new_kdf(LIGHT)
    assert one["salt"] != two["salt"]
    assert check_kdf(one) == LIGHT
    assert check_kdf(new_kdf()) == DEFAULT
    with pytest.raises(VaultTampered):
        new_kdf(Cost(1024, 1, 1))


@pytest.mark.parametrize(
    "easy",
    [
        *(
            "password1234",
            "Passw0rd!Passw0rd!",
            "P@55w0rd2026",
            "qwertyuiop12",
            "123456789012",
            "aaaaaaaaaaaa",
        ),
        *(
            "abcabcabcabc",
            "CSHUC-S01-2026",
            "lin wei 2026!!",
            "李医生 2026 2026",
            "woaini1314520",
            "hospital2026!",
        ),
        *("Admin12345678", "1qaz2wsx3edc", "january february"),
    ],
)
def test_an_easy_password_is_refused_with_advice(easy: str) -> None:
    with pytest.raises(ValueRejected) as refusal:
        check_policy(easy, own=("CSHUC", "S01", "Lin Wei", "李医生"))
    assert "four unrelated" in refusal.value.sentence("en")
    assert easy not in refusal.value.sentence("en") + refusal.value.sentence("zh")


@pytest.mark.parametrize(
    "good",
    [
        *(
            "correct horse battery",
            "tundra-velvet-anchor",
            "k7#mQz!p2Lw9",
            "海阔凭鱼跃天高任鸟飞不回头看",
            "hush little fox 9 gates",
        ),
    ],
)
def test_a_password_of_unrelated_words_is_taken(good: str) -> None:
    check_policy(good, own=("CSHUC", "S01", "Lin Wei"))


@given(st.text(max_size=40))
def test_the_policy_answers_every_text(text: str) -> None:
    try:
        check_policy(text, own=("CSHUC", "S01"))
    except ValueRejected:
        return
    assert len(text) >= passwords.MIN_CHARACTERS or len(text.encode()) >= passwords.MIN_CHARACTERS
