"""The verifier of its own: a sound archive is sound, and everything that was altered is named."""

from __future__ import annotations

import ast
import json
import random
import sys
import zipfile
from pathlib import Path

import pytest

from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.encoding import b64

VERIFIER = Path(__file__).resolve().parents[2] / "tools" / "verify_ledger.py"


def test_it_is_short_and_imports_nothing_of_ours():
    text = VERIFIER.read_text("utf-8")
    assert len(text.splitlines()) <= 250
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_a_sound_archive_of_the_program_verifies_where_the_program_is_not(archive, verify):
    told = verify(archive, apart=True)
    records = sum(len(archive.records(chain)) for chain in ("D1.1", "D2.1"))
    assert told.code == 0
    assert told.lines[-1] == f"{records} records, 1 receipts of central, 0 problems"
    assert told.lines[:2] == [
        f"site's key: {archive.fingerprints['site']}, compare it with paper",
        f"central's key: {archive.fingerprints['central']}, compare it with paper",
    ]
    assert [one["kind"] for one in archive.records()].count("sign.make") == 2


def test_the_keys_on_paper_may_be_given_and_others_are_told(archive, verify):
    prints = archive.fingerprints
    assert verify(archive, "--site", prints["site"], "--central", prints["central"].lower()).code == 0
    told = verify(archive, "--site", prints["central"])
    assert told.code == 4 and told.of("site's key")


def test_what_the_tests_write_anew_without_a_change_is_sound(archive, verify):
    archive.rewrite(lambda records: None, seal=True)
    assert verify(archive).code == 0


ANSWER = "item.set"


def change(records):
    record = next(one for one in records if one["kind"] == ANSWER and one.get("value") == "128")
    record["value"] = "118"
    return records.index(record) + 1


def test_a_changed_record_is_named(archive, verify):
    n = archive.first(ANSWER)

    def edit(lines):
        lines[n] = lines[n].replace(b'"role":"nurse"', b'"role":"coordinator"')

    archive.lines(edit)
    told = verify(archive)
    assert told.code == 4
    assert [one for one in told.lines if one.startswith("record ")] == told.of(f"record D1.1 #{n + 1}")
    assert told.of("ledger/D1.1.txt")


def test_a_deleted_record_is_named(archive, verify):
    archive.lines(lambda lines: lines.pop(9))
    told = verify(archive, apart=True)
    assert told.code == 4 and told.of("record D1.1 #11")
    assert "#10 belongs" in told.of("record D1.1 #11")[0]


def test_an_inserted_record_is_named(archive, verify):
    archive.lines(lambda lines: lines.insert(9, lines[4]))
    told = verify(archive)
    assert told.code == 4 and "#10 belongs" in told.of("record D1.1 #5")[0]


def test_records_in_another_order_are_named(archive, verify):
    def swap(lines):
        lines[9], lines[10] = lines[10], lines[9]

    archive.lines(swap)
    told = verify(archive)
    assert told.code == 4 and told.of("record D1.1 #11") and told.of("record D1.1 #10")


def test_a_cut_tail_is_seen_by_the_seal(archive, verify):
    archive.lines(lambda lines: lines.pop())
    assert "does not end at a seal" in verify(archive).of("chain D1.1")[0]


def test_a_tail_cut_by_somebody_with_the_devices_key_is_seen_by_the_receipt(archive, verify):
    held = json.loads(archive.files["receipts.jsonl"])["receipt"]["ends"][0][2]
    archive.rewrite(lambda records: records.__delitem__(slice(held - 1, None)), seal=True)
    told = verify(archive)
    assert told.code == 4
    assert told.of("chain D1.1") == [
        f"chain D1.1: central held another #{held}: cut at #{held - 1}, or made anew"
    ]
    archive.files["receipts.jsonl"] = b""
    archive.manifest(sign=True)
    told = verify(archive)
    assert told.code == 0 and "0 receipts of central" in told.lines[-1]  # what no offline check can see


def test_all_hashes_computed_again_fail_without_the_devices_key(archive, verify):
    archive.rewrite(change, seal=False)
    told = verify(archive)
    assert told.code == 4
    assert any("does not end at a seal" in one for one in told.of("chain D1.1")) and told.of("manifest.json")


def test_all_made_anew_with_the_devices_key_fails_at_receipt_and_signature(archive, verify):
    archive.rewrite(change, seal=True)
    told = verify(archive)
    signed = archive.first("sign.make") + 1
    assert told.code == 4 and "made anew" in told.of("chain D1.1")[0] and told.of(f"record D1.1 #{signed}")


@pytest.fixture
def unheld(archive):
    """Central has not signed for anything yet, and the insider has the device's key."""
    archive.files["receipts.jsonl"] = b""
    archive.manifest(sign=True)
    return archive


def test_without_a_receipt_the_seals_of_people_tell_what_was_made_anew(unheld, verify):
    n = 0

    def edit(records):
        nonlocal n
        n = change(records)

    unheld.rewrite(edit, seal=True)
    told = verify(unheld)
    assert told.code == 4 and not told.of("chain D1.1")
    first = next(one for one in told.lines if "its seal is not by whom it names" in one)
    assert int(first.split("#")[1].split(":")[0]) >= n


def test_a_record_under_another_name_is_named(unheld, verify):
    def rename(records):
        one = next(one for one in records if one["kind"] == ANSWER and "seal" in one)
        one["user"] = "investigator"

    unheld.rewrite(rename, seal=True)
    assert "its seal is not by whom it names" in "".join(verify(unheld).lines)


def test_a_record_without_its_persons_seal_is_named(unheld, verify):
    def strip(records):
        next(one for one in records if one["kind"] == ANSWER and "seal" in one).pop("seal")

    unheld.rewrite(strip, seal=True)
    assert "under whose name it stands, has not sealed it" in "".join(verify(unheld).lines)


def test_a_key_that_nobody_allowed_is_named(unheld, verify):
    def ask_again(records):
        n = next(n for n, one in enumerate(records) if one["kind"] == "key.request")
        records.append(dict(records[n], tick=records[-1]["tick"] + 1))

    unheld.rewrite(ask_again, seal=True)
    told = verify(unheld)
    assert told.of(f"record D1.1 #{len(unheld.records())}")


def test_going_back_to_records_without_seals_is_named(unheld, verify):
    def old(records):
        for one in records[-3:]:
            one.pop("seal", None)
            one["v"] = 1

    unheld.rewrite(old, seal=True)
    told = verify(unheld)
    assert all(told.of(f"record D1.1 #{len(unheld.records()) - n}") for n in range(3))


def test_a_whole_chain_left_out_is_named(archive, verify):
    del archive.files["ledger/D2.1.txt"]
    told = verify(archive)
    assert told.code == 4 and told.of("chain D2.1") and told.of("ledger/D2.1.txt")


def test_a_swapped_signature_is_named(archive, verify):
    """Two genuine signatures of one person, each put to the other form, by somebody with the device's key."""

    def swap(records):
        one, two = [record for record in records if record["kind"] == "sign.make"]
        one["value"], two["value"] = two["value"], one["value"]

    archive.rewrite(swap, seal=True)
    told = verify(archive)
    places = [n for n, one in enumerate(archive.records(), 1) if one["kind"] == "sign.make"]
    assert [told.of(f"record D1.1 #{n}") for n in places] == [
        [
            f"record D1.1 #{n}: its seal is not by whom it names",
            f"record D1.1 #{n}: the signature is not by this person over what the ledger holds",
        ]
        for n in places
    ]


@pytest.mark.parametrize("kind", ["records", "documents"])
def test_what_was_signed_is_bound_to_the_signature(archive, verify, kind):
    n = archive.first("sign.make")
    said = json.loads(archive.records()[n]["value"])
    name = f"records/{said['signed']['record_sha256']}.json"
    if kind == "documents":
        name = f"documents/{said['pdf_sha256']}.pdf"
    archive.files[name] = archive.files[name].replace(b"128", b"129", 1) + b" "
    archive.manifest(sign=True)
    assert verify(archive).of(f"record D1.1 #{n + 1}")


def test_a_signature_under_another_name_is_named(archive, verify):
    def rename(records):
        next(one for one in records if one["kind"] == "sign.make")["user"] = "nurse"

    archive.rewrite(rename, seal=True)
    assert verify(archive).of(f"record D1.1 #{archive.first('sign.make') + 1}")


def test_an_altered_definition_is_named(archive, verify):
    n = archive.first("def.activate")
    name = f"documents/{json.loads(archive.records()[n]['value'])['sha256']}.json"
    archive.files[name] = archive.files[name].replace(b"Systolic", b"Diastolic")
    told = verify(archive)
    assert told.of(f"record D1.1 #{n + 1}") and told.of(name)
    archive.manifest(sign=True)  # also when the manifest was signed anew
    assert verify(archive).of(f"record D1.1 #{n + 1}")


def test_a_forged_certificate_is_named(archive, verify):
    """A look-alike authority with the same names certifies a key of its own for the investigator."""
    from datetime import UTC, datetime

    from crf_app.crypto.certificates import make_site_certificate, make_user_certificate
    from crf_app.crypto.keys import P256Key

    at, authority, person = datetime(2026, 11, 22, tzinfo=UTC), P256Key.generate(), P256Key.generate()
    site = make_site_certificate(authority, "HUCMSC", "001", at)
    der = make_user_certificate(authority, site, person.public, "investigator", "Made-up Investigator", at)

    def forge(records):
        record = next(one for one in records if one["kind"] == "key.certify" and one["key"] == "investigator")
        record["value"] = canonical(
            json.loads(record["value"]) | {"certificate": b64(der), "sha256": sha256(der)}
        ).decode()

    archive.rewrite(forge, seal=True)
    n = next(
        n for n, one in enumerate(archive.records(), 1)
        if one["kind"] == "key.certify" and one["key"] == "investigator"
    )  # fmt: skip
    told = verify(archive)
    assert told.of(f"record D1.1 #{n}") == [
        f"record D1.1 #{n}: the site's key did not certify this person so"
    ]
    assert told.of(f"record D1.1 #{archive.first('sign.make') + 1}")


def test_a_device_that_the_site_did_not_enrol_is_named(archive, verify):
    from crf_app.crypto.keys import Ed25519Key

    stranger = Ed25519Key.generate()

    def forge(records):
        said = json.loads(records[0]["value"]) | {"sign_public": b64(stranger.public)}
        records[0]["value"] = canonical(said).decode()

    archive.keys = archive.keys | {("D2", 1): stranger}
    archive.rewrite(forge, "D2.1", seal=True)
    told = verify(archive)
    assert told.of("record D2.1 #1") and told.of("chain D2.1")


def test_an_altered_receipt_is_named(archive, verify):
    archive.files["receipts.jsonl"] = archive.files["receipts.jsonl"].replace(b'"n":1', b'"n":2')
    archive.manifest(sign=True)
    assert verify(archive).of("receipts.jsonl")


def test_files_that_were_added_or_taken_away_are_named(archive, verify):
    archive.files["documents/more.txt"] = b"made up"
    del archive.files["README.txt"]
    told = verify(archive)
    assert told.code == 4 and told.of("README.txt") and told.of("documents/more.txt")


def test_what_is_no_archive_is_unreadable(archive, verify, tmp_path):
    text = tmp_path / "text.zip"
    text.write_text("made up")
    assert verify(text, apart=True).code == 2
    assert verify(tmp_path / "none.zip").code == 2
    del archive.files["manifest.json"]
    assert verify(archive).code == 2


def test_a_cut_file_is_unreadable(archive, verify, tmp_path):
    verify(archive)
    data = (tmp_path / "archive.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: len(data) // 2])
    assert verify(tmp_path / "cut.zip").code == 2


def test_a_line_longer_than_agreed_is_not_read(archive, verify):
    archive.files["ledger/D1.1.txt"] += b"x" * (3 << 20)
    assert verify(archive).code == 2


@pytest.mark.parametrize("line", [b"", b"1", b"1\t00\t{}", b"1\tzz\t[]", b"9" * 5000 + b"\t\t", b"[" * 9000])
def test_a_line_that_is_no_record_is_one_problem(archive, verify, line):
    archive.lines(lambda lines: lines.append(line))
    told = verify(archive)
    after = len(archive.files["ledger/D1.1.txt"].splitlines())
    assert told.code == 4 and told.of(f"record D1.1 #{after}")


def test_texts_of_others_do_not_steer_the_screen(archive, verify):
    archive.files["documents/\x1b[2J.txt"] = b"made up"
    told = verify(archive)
    assert told.code == 4 and "\x1b" not in "".join(told.lines)


def test_the_readme_says_what_it_is_and_how_it_is_checked(archive):
    text = archive.files["README.txt"].decode("utf-8")
    for words in ("PATIENT DATA IN PLAIN TEXT", "verify_ledger.py", *archive.fingerprints.values()):
        assert words in text


def test_the_names_in_the_zip_are_unique_or_it_is_refused(archive, verify, tmp_path):
    verify(archive)
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(tmp_path / "archive.zip", "a") as more,
    ):
        more.writestr("seals.jsonl", b"")
    assert verify(tmp_path / "archive.zip").code == 2


def test_no_byte_of_the_archive_can_be_altered_unseen(archive, verify):
    """Bytes changed, removed, inserted and moved anywhere, by somebody without the device's key."""
    chance, sound = random.Random(7), dict(archive.files)
    for turn in range(60):
        name = chance.choice(sorted(sound))
        data = bytearray(sound[name])
        at, size = chance.randrange(len(data)), chance.randrange(1, 9)
        if turn % 3 == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif turn % 3 == 1:
            del data[at : at + size]
        else:
            data[at:at] = chance.randbytes(size)
        archive.files = sound | {name: bytes(data)}
        assert verify(archive).code in (2, 4), (turn, name, at)


ODD = (None, [], {}, "", "[]", '{"signed":[]}', "[" * 3000, '{"sha256":"../x"}')
KINDS = (
    "vault.create",
    "device.enrol",
    "central.add",
    "key.request",
    "key.certify",
    "key.witness",
    "def.activate",
    "sign.make",
)


@pytest.mark.parametrize("kind", KINDS)
def test_odd_values_of_an_insider_are_problems_and_never_faults(archive, verify, kind):
    n, sound = archive.first(kind), dict(archive.files)
    for name in ("value", "key", "covers"):
        for odd in ODD if name == "value" else ODD[:4]:
            archive.files = dict(sound)
            archive.rewrite(lambda records, name=name, odd=odd: records[n].update({name: odd}), seal=True)
            told = verify(archive)
            if name == "value":
                assert told.code == 4 and told.of(f"record D1.1 #{n + 1}"), (name, odd)
