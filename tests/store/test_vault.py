"""The vault: who may open it, what a changed file does, and how passwords and people change."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crf_app.crypto import boxes
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.certificates import read_certificate
from crf_app.crypto.encoding import b64, unb64
from crf_app.crypto.keys import P256Key, verify_ed25519
from crf_app.crypto.passwords import DEFAULT, LIGHT, Cost
from crf_app.errors import (
    AccountLocked,
    CrfError,
    IdentityRefused,
    NotAllowed,
    NotFound,
    StorageError,
    TooNew,
    ValueRejected,
    VaultTampered,
    WrongPassword,
    WrongState,
)
from crf_app.store import vault_file
from crf_app.store.people import is_set_up, list_people, read_place
from crf_app.store.vault import Opened, data_key_info, mac, open_vault, voucher_bytes
from crf_app.store.vault_change import (
    NewPerson,
    add_user,
    change_password,
    create_vault,
    lock_user,
    reset_user,
    set_person,
    strengthen,
    unlock_user,
)
from crf_app.store.vault_file import read_vault

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
ADA, BEN, OWN = "copper lantern 71 fjord", "velvet anchor 38 tundra", "walnut saddle 52 quartz"
PEOPLE = (
    NewPerson("u01", "Made-up Admin", "administrator", ADA, own_password=True),
    NewPerson("u02", "Made-up Nurse", "nurse", BEN),
)
MIGHT_LOOK_LIKE_A_WRONG_PASSWORD = (VaultTampered, WrongPassword)


class FakeClock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def make(home: Path, site: str = "S01") -> Opened:
    return create_vault(home, study="CSHUC", site=site, device="D01", people=PEOPLE, at=AT, cost=LIGHT)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vault")
    make(folder / "home")
    make(folder / "foreign", site="S02")
    return folder


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template / "home", tmp_path / "home"))


@pytest.fixture
def admin(home: Path) -> Opened:
    return open_vault(home, "u01", ADA)


def load(home: Path) -> dict[str, Any]:
    vault = dict(json.loads((home / "vault.json").read_text("utf-8")))
    del vault["sum"]
    return vault


def save(home: Path, vault: dict[str, Any]) -> None:
    """As somebody does who computes the check sum again."""
    summed = vault | {"sum": f"{zlib.crc32(canonical(vault)):08x}"}
    (home / "vault.json").write_text(json.dumps(summed), "utf-8")


def files(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


# --- opening


def test_both_people_open_the_same_data_key(home: Path) -> None:
    first, second = open_vault(home, "u01", ADA), open_vault(home, "u02", BEN)
    assert first.data_key == second.data_key
    assert len(first.data_key) == 32
    assert first.device.sign.public == second.device.sign.public
    assert verify_ed25519(first.device.sign.public, second.device.sign.sign(b"end"), b"end")
    assert (first.study, first.site, first.device.id, first.device.epoch) == ("CSHUC", "S01", "D01", 1)


def test_only_an_administrator_holds_the_site_key(home: Path) -> None:
    first, second = open_vault(home, "u01", ADA), open_vault(home, "u02", BEN)
    assert first.site_key is not None
    assert second.site_key is None
    assert first.site_key.public == read_certificate(second.site_certificate).public


def test_the_same_characters_typed_in_another_form_open(home: Path, admin: Opened) -> None:
    composed, decomposed = "caf\u00e9 harbour 92 birch", "cafe\u0301 harbour 92 birch"
    change_password(admin, ADA, composed, cost=LIGHT)
    assert open_vault(home, "u01", decomposed).data_key == admin.data_key


def test_a_home_without_vault_says_so(tmp_path: Path) -> None:
    assert not is_set_up(tmp_path)
    with pytest.raises(NotFound):
        open_vault(tmp_path, "u01", ADA)


def test_a_user_without_slot_is_refused(home: Path) -> None:
    with pytest.raises(IdentityRefused):
        open_vault(home, "u99", ADA)


def test_nothing_secret_stands_in_files_texts_or_refusals(home: Path, admin: Opened) -> None:
    written = files(home)
    for secret in (ADA.encode(), BEN.encode(), admin.data_key, b64(admin.data_key).encode()):
        assert secret not in written
    assert admin.data_key.hex() not in repr(admin) and repr(admin.data_key) not in repr(admin)
    assert repr(admin.device.sign.raw) not in repr(admin.device)
    assert ADA not in repr(PEOPLE)
    with pytest.raises(WrongPassword) as refusal:
        open_vault(home, "u01", BEN)
    assert BEN not in str(refusal.value.as_json("en")) + str(refusal.value.as_json("zh"))
    assert refusal.value.__cause__ is None


def test_a_stale_new_file_is_ignored(home: Path) -> None:
    (home / "vault.json.new").write_text("half a vau")
    admin = open_vault(home, "u01", ADA)
    set_person(admin, "u02", name="Made-up Nurse Two")
    assert not (home / "vault.json.new").exists()
    assert list_people(home)[1].name == "Made-up Nurse Two"


def test_a_second_vault_in_the_same_folder_is_refused(home: Path) -> None:
    before = load(home)
    with pytest.raises(WrongState):
        make(home)
    assert load(home) == before


def test_a_failed_write_leaves_the_old_vault(
    home: Path, admin: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (home / "vault.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError) as refusal:
        set_person(admin, "u02", name="Made-up Other")
    assert refusal.value.exit_code == 8
    assert (home / "vault.json").read_bytes() == before
    assert not (home / "vault.json.new").exists()


# --- the file changed by somebody without the keys

Mutation = Callable[[dict[str, Any], dict[str, Any]], None]


def _swap_people(vault: dict[str, Any], _: dict[str, Any]) -> None:
    one, two = vault["slots"]
    for field in ("private", "kdf", "public", "seal_public", "dek"):
        one[field], two[field] = two[field], one[field]


def _rename(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["slots"][0]["id"], vault["slots"][1]["id"] = "u02", "u01"


def _weaken(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["slots"][0]["kdf"]["m"] = 19457


def _bomb(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["slots"][0]["kdf"]["m"] = 1 << 30


def _remove(vault: dict[str, Any], _: dict[str, Any]) -> None:
    del vault["slots"][1]


def _duplicate(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["slots"].append(copy.deepcopy(vault["slots"][1]))


def _paste_slot(vault: dict[str, Any], foreign: dict[str, Any]) -> None:
    vault["slots"][0] = foreign["slots"][0]


def _paste_data_key(vault: dict[str, Any], foreign: dict[str, Any]) -> None:
    vault["slots"][0]["dek"] = foreign["slots"][0]["dek"]


def _promote(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["slots"][1]["role"] = "administrator"


def _skip_change(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["slots"][1]["state"] = "active"


def _foreign_site(vault: dict[str, Any], foreign: dict[str, Any]) -> None:
    vault["site_ca"] = foreign["site_ca"]


def _foreign_device(vault: dict[str, Any], foreign: dict[str, Any]) -> None:
    vault["device"] = foreign["device"]


def _foreign_public(vault: dict[str, Any], foreign: dict[str, Any]) -> None:
    vault["slots"][0]["public"] = foreign["slots"][0]["public"]


def _older_version(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["version"] = 0


def _other_generation(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["generation"] = 2


def _other_study(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["study"] = "OTHER"


def _unknown_part(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["comment"] = "made up"


def _drop_voucher(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["vouchers"] = {}


def _flip_mac(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["mac"] = b64(bytes(32))


def _bad_base64(vault: dict[str, Any], _: dict[str, Any]) -> None:
    vault["slots"][0]["private"] += "="


MUTATIONS: dict[str, Mutation] = {
    made.__name__.strip("_"): made
    for made in (
        *(_swap_people, _rename, _weaken, _bomb, _remove, _duplicate, _paste_slot, _paste_data_key),
        *(_promote, _skip_change, _foreign_site, _foreign_device, _foreign_public, _older_version),
        *(_other_generation, _other_study, _unknown_part, _drop_voucher, _flip_mac, _bad_base64),
    )
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_changed_vault_opens_for_nobody_it_was_changed_for(name: str, home: Path, template: Path) -> None:
    vault = load(home)
    MUTATIONS[name](vault, load(template / "foreign"))
    save(home, vault)
    changed = (home / "vault.json").read_bytes()
    with pytest.raises(MIGHT_LOOK_LIKE_A_WRONG_PASSWORD) as refusal:
        open_vault(home, "u01", ADA)
    if name not in ("swap_people", "rename", "weaken", "paste_slot", "foreign_public"):  # the header's lock
        assert refusal.type is VaultTampered
    with pytest.raises(CrfError):
        open_vault(home, "u01", BEN)
    assert (home / "vault.json").read_bytes() == changed


def test_a_renamed_slot_does_not_open_under_the_other_name(home: Path) -> None:
    vault = load(home)
    _rename(vault, {})
    save(home, vault)
    with pytest.raises(WrongPassword):
        open_vault(home, "u01", BEN)


@pytest.mark.requirement("T3")
def test_a_stranger_cannot_put_his_own_data_key_in(home: Path, admin: Opened) -> None:
    """He knows all public keys and can compute everything but the site key's voucher."""
    vault, key, site_key = load(home), boxes.new_key(), P256Key.generate()
    for slot in vault["slots"]:
        info = data_key_info(vault["vault_id"], slot["id"], 1)
        slot["dek"] = {"1": b64(boxes.seal_to(unb64(slot["public"]), info, key))}
    vault["mac"] = mac(vault, key)
    save(home, vault)
    with pytest.raises(VaultTampered, match="vouch"):
        open_vault(home, "u01", ADA)
    vault["site_ca"]["public"] = b64(site_key.public)
    vault["vouchers"] = {"1": b64(site_key.sign(voucher_bytes(vault["vault_id"], 1, key)))}
    vault["mac"] = mac(vault, key)
    save(home, vault)
    with pytest.raises(VaultTampered, match="not the one this person knows"):
        open_vault(home, "u01", ADA)
    assert sha256(site_key.public) != sha256(admin.site_key.public if admin.site_key else b"")


def test_a_vault_of_a_newer_program_is_not_touched(home: Path) -> None:
    save(home, load(home) | {"version": 3, "something": "new"})
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    with pytest.raises(TooNew) as refusal:
        open_vault(home, "u01", ADA)
    assert refusal.value.exit_code == 6
    with pytest.raises(TooNew):
        list_people(home)
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


def test_any_flipped_bit_is_told_from_a_wrong_password(home: Path) -> None:
    """Before anything is tried: nobody's tries are used up."""
    whole = (home / "vault.json").read_bytes()
    for n in range(0, 8 * len(whole), 7):
        damaged = bytearray(whole)
        damaged[n // 8] ^= 1 << n % 8
        (home / "vault.json").write_bytes(damaged)
        with pytest.raises(VaultTampered):
            read_vault(home)
    assert not (home / "attempts.json").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format":"crf-vault"}', '{"version":1,"version":1}', "\udcff"]
)
def test_a_file_that_is_no_vault_is_refused_in_words(text: str, home: Path) -> None:
    (home / "vault.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(VaultTampered) as refusal:
        open_vault(home, "u01", ADA)
    assert "backup" in refusal.value.sentence("en")
    assert "备份" in refusal.value.sentence("zh")


def test_a_memory_bomb_is_refused_before_it_counts_or_runs(home: Path) -> None:
    vault = load(home)
    _bomb(vault, {})
    save(home, vault)
    attempts = (home / "attempts.json").read_bytes() if (home / "attempts.json").exists() else b""
    with pytest.raises(VaultTampered, match="limits"):
        open_vault(home, "u01", ADA)
    now = (home / "attempts.json").read_bytes() if (home / "attempts.json").exists() else b""
    assert now == attempts


# --- wrong passwords


def wrong(home: Path, clock: FakeClock, user: str = "u02") -> WrongPassword:
    with pytest.raises(WrongPassword) as refusal:
        open_vault(home, user, "not this one at all", clock=clock)
    return refusal.value


def waits(refusal: WrongPassword) -> tuple[object, object]:
    return refusal.details["tries_left"], refusal.details["wait_seconds"]


def test_wrong_tries_wait_longer_and_the_tenth_locks(home: Path) -> None:
    clock = FakeClock()
    assert [waits(wrong(home, clock)) for _ in range(5)] == [(9, 0), (8, 0), (7, 0), (6, 0), (5, 30)]
    for left, then in ((4, 60), (3, 120), (2, 240), (1, 480)):
        assert waits(wrong(home, clock))[0] == left + 1  # too early: refused, not counted
        clock.now += 1000
        assert waits(wrong(home, clock)) == (left, then)
    clock.now += 1000
    with pytest.raises(AccountLocked) as refusal:
        open_vault(home, "u02", "not this one at all", clock=clock)
    assert refusal.value.exit_code == 7
    clock.now += 100_000
    with pytest.raises(AccountLocked):
        open_vault(home, "u02", BEN, clock=clock)
    assert [person.state for person in list_people(home)] == ["active", "locked"]


def test_the_right_password_waits_too_and_then_opens(home: Path) -> None:
    clock = FakeClock()
    for _ in range(5):
        wrong(home, clock)
    clock.now += 29
    with pytest.raises(WrongPassword) as refusal:
        open_vault(home, "u02", BEN, clock=clock)
    assert refusal.value.details["wait_seconds"] == 1
    clock.now += 1
    opened = open_vault(home, "u02", BEN, clock=clock)
    assert (opened.wrong_tries, opened.tries) == (5, 6)
    assert open_vault(home, "u02", BEN, clock=clock).wrong_tries == 0


def test_a_clock_that_went_back_begins_the_wait_again(home: Path) -> None:
    clock = FakeClock()
    for _ in range(5):
        wrong(home, clock)
    clock.now = 3.0
    assert waits(wrong(home, clock)) == (5, 30)
    clock.now = 32.0
    assert waits(wrong(home, clock)) == (5, 1)
    clock.now = 33.0
    assert open_vault(home, "u02", BEN, clock=clock).user == "u02"


def test_the_try_is_on_disk_before_the_password_is_looked_at(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def look(*_: object) -> dict[str, str]:
        seen.append(json.loads((home / "attempts.json").read_text())["u02"]["run"])
        raise KeyboardInterrupt

    monkeypatch.setattr("crf_app.crypto.slot.unlock", look)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            open_vault(home, "u02", BEN)
    assert seen == [1, 2]


def test_an_administrator_unlocks_what_wrong_tries_locked(home: Path, admin: Opened) -> None:
    clock = FakeClock()
    for _ in range(9):
        wrong(home, clock)
        clock.now += 1000
    with pytest.raises(AccountLocked):
        open_vault(home, "u02", "not this one at all", clock=clock)
    unlock_user(admin, "u02")
    opened = open_vault(home, "u02", BEN, clock=clock)
    assert opened.must_change
    assert opened.tries == 11  # the total never falls


def test_the_last_administrator_is_slowed_and_never_locked(home: Path) -> None:
    clock = FakeClock()
    last = (0, 0)
    for _ in range(12):
        last = waits(wrong(home, clock, "u01"))  # type: ignore[assignment]
        clock.now += 1000
    assert last == (0, 900)
    assert open_vault(home, "u01", ADA, clock=clock).role == "administrator"


def test_an_unreadable_counter_makes_everybody_wait_once(home: Path) -> None:
    clock = FakeClock()
    (home / "attempts.json").write_text("{")
    with pytest.raises(WrongPassword) as refusal:
        open_vault(home, "u02", BEN, clock=clock)
    assert refusal.value.details["wait_seconds"] == 30
    clock.now += 30
    assert open_vault(home, "u02", BEN, clock=clock).user == "u02"


# --- people and passwords


def test_the_people_are_listed_without_password_or_cryptography(home: Path) -> None:
    people = list_people(home)
    assert [(p.user, p.name, p.role, p.state) for p in people] == [
        ("u01", "Made-up Admin", "administrator", "active"),
        ("u02", "Made-up Nurse", "nurse", "must_change"),
    ]
    assert read_place(home).device == "D01"


def test_a_one_time_password_has_no_signing_key_until_it_is_changed(home: Path) -> None:
    before = open_vault(home, "u02", BEN)
    assert before.must_change
    assert before.sign is None
    after = change_password(before, BEN, OWN, cost=LIGHT)
    assert after.state == "active"
    assert after.sign is not None
    assert (after.box.public, after.seal.public) == (before.box.public, before.seal.public)
    with pytest.raises(WrongPassword):
        open_vault(home, "u02", BEN)
    again = open_vault(home, "u02", OWN)
    assert again.sign is not None and again.sign.public == after.sign.public
    later = change_password(again, OWN, ADA + " more", cost=LIGHT)
    assert later.sign is not None and later.sign.public == after.sign.public


def test_an_administrator_with_a_one_time_password_gets_no_site_key(home: Path, admin: Opened) -> None:
    add_user(admin, NewPerson("u03", "Made-up Second", "administrator", BEN), LIGHT)
    second = open_vault(home, "u03", BEN)
    assert second.site_key is None
    with pytest.raises(NotAllowed):
        lock_user(second, "u02")
    second = change_password(second, BEN, OWN, cost=LIGHT)
    assert second.site_key is not None and admin.site_key is not None
    assert second.site_key.public == admin.site_key.public


def test_changing_a_password_needs_the_old_one_and_counts_wrong_ones(home: Path, admin: Opened) -> None:
    with pytest.raises(WrongPassword) as refusal:
        change_password(admin, BEN, OWN, cost=LIGHT)
    assert refusal.value.details["wait_seconds"] == 0
    assert open_vault(home, "u01", ADA).wrong_tries == 1


@pytest.mark.parametrize(
    "new", ["short words", ADA, "Made-up Admin 2026", "CSHUC CSHUC 2026 S01", "password1234", "123456789012"]
)
def test_an_easy_or_repeated_password_is_refused_and_nothing_changes(
    new: str, home: Path, admin: Opened
) -> None:
    before = load(home)
    with pytest.raises(ValueRejected) as refusal:
        change_password(admin, ADA, new, cost=LIGHT)
    assert new not in str(refusal.value)
    assert load(home) == before


def test_a_changed_password_keeps_the_cost_that_was_asked_for(home: Path, admin: Opened) -> None:
    assert admin.cost == LIGHT
    more = Cost(LIGHT.m, 3, 1)
    stronger = strengthen(admin, ADA, more)
    assert stronger.cost == more
    assert open_vault(home, "u01", ADA).cost == more
    written = load(home)["written"]
    assert strengthen(stronger, ADA, more) is stronger
    assert load(home)["written"] == written


def test_the_default_cost_is_the_published_one() -> None:
    assert Cost(65536, 3, 1) == DEFAULT


def test_a_reset_gives_new_keys_under_the_same_id(home: Path, admin: Opened) -> None:
    before = change_password(open_vault(home, "u02", BEN), BEN, OWN, cost=LIGHT)
    reset_user(admin, "u02", BEN, LIGHT)
    after = open_vault(home, "u02", BEN)
    assert after.must_change and after.sign is None
    assert after.seal.public != before.seal.public
    assert after.data_key == before.data_key
    assert [person.user for person in list_people(home)] == ["u01", "u02"]


def test_a_locked_person_is_refused_until_unlocked(home: Path, admin: Opened) -> None:
    lock_user(admin, "u02")
    with pytest.raises(AccountLocked):
        open_vault(home, "u02", BEN)
    unlock_user(admin, "u02")
    assert open_vault(home, "u02", BEN).must_change


def test_the_last_administrator_stays(home: Path, admin: Opened) -> None:
    with pytest.raises(WrongState):
        lock_user(admin, "u01")
    with pytest.raises(WrongState):
        set_person(admin, "u01", role="nurse")
    set_person(admin, "u02", role="administrator")
    set_person(admin, "u01", role="nurse")
    assert list(load(home)["site_ca"]["private"]) == ["u02"]
    assert open_vault(home, "u01", ADA).site_key is None


@pytest.mark.parametrize("user", ["u01", "U02", "", "a b", "../u03", "u" * 33])
def test_a_user_id_is_taken_once_and_plain(user: str, admin: Opened) -> None:
    with pytest.raises((WrongState, ValueRejected)):
        add_user(admin, NewPerson(user, "Made-up Third", "nurse", OWN), LIGHT)


def test_a_nurse_changes_nobody(home: Path) -> None:
    nurse = change_password(open_vault(home, "u02", BEN), BEN, OWN, cost=LIGHT)
    with pytest.raises(NotAllowed):
        add_user(nurse, NewPerson("u03", "Made-up Third", "nurse", ADA), LIGHT)
    with pytest.raises(NotAllowed):
        reset_user(nurse, "u01", BEN, LIGHT)


def test_a_site_starts_with_two_people_one_an_administrator(tmp_path: Path) -> None:
    for people in (PEOPLE[:1], (PEOPLE[1], NewPerson("u03", "Made-up Third", "nurse", OWN))):
        with pytest.raises(ValueRejected):
            create_vault(tmp_path, study="CSHUC", site="S01", device="D01", people=people, at=AT, cost=LIGHT)
    assert not is_set_up(tmp_path)


def test_each_writing_is_counted(home: Path, admin: Opened) -> None:
    assert admin.written == 1
    set_person(admin, "u02", name="Made-up Nurse Two")
    assert open_vault(home, "u01", ADA).written == 2


def test_a_vault_larger_than_agreed_is_refused(home: Path) -> None:
    (home / "vault.json").write_bytes(b" " * (vault_file.MAX_BYTES + 1))
    with pytest.raises(VaultTampered):
        list_people(home)


def test_listing_people_loads_neither_database_nor_cryptography(home: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from crf_app.store.people import list_people\n"
        "assert len(list_people(Path(sys.argv[1]))) == 2\n"
        "heavy = {'cryptography', 'sqlite3', 'sqlcipher3', 'sqlite_utils', 'pydantic', 'PySide6'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
