"""The bundle: what was written is read; what was changed, cut or is foreign is refused in its order."""

from __future__ import annotations

import hashlib
import json
import struct
import time
import tracemalloc
from dataclasses import replace

import pytest
import zstandard
from ledger_simulator import CENTRAL_BOX, ENV, MADE_AT, STUDY, Device

from crf_app.crypto import boxes
from crf_app.crypto.keys import Ed25519Key, X25519Key, verify_ed25519
from crf_app.errors import BundleRefused, CrfError, LedgerBroken, LimitExceeded, TooNew, WrongState
from crf_app.model.record import chain_hash, genesis, record_id, seal_bytes
from crf_app.sync import container
from crf_app.sync.bundle import Author, OwnRecords, inspect, open_bundle, read_file, write_bundle
from crf_app.sync.limits import AGREED, Limits
from crf_app.sync.lines import Blob, Have, Segment


def open_it(
    data: bytes, device: Device, *, study=STUDY, env=ENV, mine=CENTRAL_BOX, author=None, limits=AGREED
):
    known = author or Author(device.sign.public)
    place = (device.name, device.epoch)
    return open_bundle(
        data,
        study=study,
        env=env,
        lookup=lambda *asked: known if asked == place else None,
        mine=mine,
        limits=limits,
    )


@pytest.fixture
def device() -> Device:
    made = Device()
    for n in range(6):
        made.answer(n, str(120 + n))
    return made


def test_records_come_back_byte_for_byte_and_the_seal_is_the_authors(device):
    blob = Blob(hashlib.sha256(b"%PDF made up").hexdigest(), b"%PDF made up")
    opened = open_it(device.bundle(blobs=[blob]).data, device)
    have, attachment, segment = None, None, None
    for part in opened.parts():
        if isinstance(part, Segment):
            segment, lines, seal = part, list(part.records()), part.seal()
        elif isinstance(part, Blob):
            attachment = part
        else:
            have = part
    assert have == Have(()) and attachment == blob and lines == device.lines
    assert (segment.first, segment.n, segment.prev) == (1, 6, genesis(STUDY, ENV, "D07", 1))
    hash_ = segment.prev
    for line in lines:
        hash_ = chain_hash(hash_, record_id(line))
    assert verify_ed25519(device.sign.public, seal, seal_bytes(STUDY, ENV, "D07", 1, 6, hash_))


def test_the_header_is_readable_without_a_key_and_says_that_nothing_is_verified(device):
    written = device.bundle(2, 4)
    summary = inspect(written.data)
    assert (summary.header.device, summary.header.first, summary.header.last) == ("D07", 2, 4)
    assert summary.name == hashlib.sha256(written.data).hexdigest() == written.name
    assert "not checked" in summary.texts["en"] and "尚未核验" in summary.texts["zh"]
    assert b"k3j9x0q2mz" not in written.data and b"SYSBP" not in written.data


def test_the_outside_is_exactly_the_agreed_bytes(device):
    data = device.bundle().data
    (length,) = struct.unpack(">I", data[8:12])
    header = json.loads(data[12 : 12 + length])
    assert data[:8] == b"CRFBNDL1"
    assert set(header) == {
        "v", "study", "env", "device", "epoch", "first", "last", "lines", "plain", "body", "made_at", "to",
    }  # fmt: skip
    before, body = data[: 12 + length], data[12 + length : -64]
    signed = b"crf-bundle-1" + hashlib.sha512(data[:-64]).digest()
    assert len(body) == header["body"] and verify_ed25519(device.sign.public, data[-64:], signed)
    wrapped = container.unb64(header["to"][0]["wrapped"])
    info = 'crf-bundle/1|{"device":"D07","env":"test","epoch":1,"study":"LIVER-1"}'
    key = boxes.open_from(CENTRAL_BOX.raw, info, wrapped)
    packed = boxes.open_box(key, body, hashlib.sha256(before).digest())
    plain = zstandard.ZstdDecompressor().decompress(packed)
    assert len(plain) == header["plain"] and plain.count(b"\n") == header["lines"]
    assert plain.startswith(b'@{"have":[]}\n@{"n":6,"prev":"')


def test_every_cut_is_refused(device):
    data = device.bundle().data
    for length in range(len(data)):
        with pytest.raises(BundleRefused):
            open_it(data[:length], device)
    with pytest.raises(BundleRefused):
        open_it(data + b"\0", device)


def test_every_flipped_bit_is_refused_before_anything_is_decrypted(device, monkeypatch):
    def never(*_: object) -> bytes:
        raise AssertionError("decrypted before the signature was checked")

    monkeypatch.setattr(container, "unseal", never)
    data = device.bundle().data
    codes = set()
    for bit in range(0, len(data) * 8, 3):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(CrfError) as refused:
            open_it(bytes(flipped), device)
        codes.add(refused.value.exit_code)
        if refused.value.exit_code == 6:  # the flip made another version of it: said before the signature
            assert bit // 8 == 7 or b'"v":1' not in flipped
    assert 5 in codes and codes <= {5, 6, 9}


def test_another_study_and_the_test_environment_are_foreign(device):
    data = device.bundle().data
    for study, env in (("LIVER-2", ENV), (STUDY, "production")):
        with pytest.raises(BundleRefused, match="another study, or to the test environment"):
            open_it(data, device, study=study, env=env)


def test_an_unknown_device_and_a_withdrawn_one_are_refused_in_words(device):
    data = device.bundle().data
    with pytest.raises(BundleRefused, match="not enrolled"):
        open_it(data, Device("D08"))
    with pytest.raises(BundleRefused, match="withdrawn on 2026-11-20"):
        open_it(data, device, author=Author(device.sign.public, "2026-11-20T08:00:00.000Z"))


def test_another_devices_key_does_not_sign_for_this_one(device):
    thief = replace(device.clone(), sign=Ed25519Key.generate())
    with pytest.raises(BundleRefused, match="changed on its way"):
        open_it(thief.bundle().data, device)


def test_the_header_of_one_with_the_body_of_another_is_refused(device):
    one, other = device.bundle(1, 3).data, device.bundle(4, 6).data
    cut = container.read(one), container.read(other)
    with pytest.raises(BundleRefused):
        open_it(cut[0].before_body + cut[1].body + cut[1].signature, device)


def test_a_bundle_for_somebody_else_is_not_opened(device):
    with pytest.raises(BundleRefused, match="sealed to somebody else"):
        open_it(device.bundle().data, device, mine=X25519Key.generate())


def test_each_recipient_opens_the_bundle(device):
    second = X25519Key.generate()
    data = device.bundle(recipients=[CENTRAL_BOX.public, second.public]).data
    for mine in (CENTRAL_BOX, second):
        assert sum(1 for _ in open_it(data, device, mine=mine).lines) == 9


@pytest.mark.parametrize("change", [{"v": 2}, {"v": 2, "algorithm": "new"}])
def test_a_newer_version_is_said_to_be_newer(device, change):
    with pytest.raises(TooNew, match="newer program"):
        open_it(_resigned(device, change), device)
    with pytest.raises(TooNew):
        open_it(b"CRFBNDL2" + device.bundle().data[8:], device)


@pytest.mark.parametrize(
    "change", [{"v": 0}, {"v": True}, {"v": "1"}, {"algorithm": "none"}, {"to": []}, {"body": -1}]
)
def test_a_downgraded_or_extended_header_is_refused_though_it_is_signed(device, change):
    with pytest.raises(BundleRefused):
        open_it(_resigned(device, change), device)


def test_a_header_in_another_spelling_is_refused_though_it_is_signed(device):
    envelope = container.read(device.bundle().data)
    header = json.dumps(json.loads(envelope.before_body[12:])).encode()
    before = b"CRFBNDL1" + struct.pack(">I", len(header)) + header
    signature = device.sign.sign(b"crf-bundle-1" + hashlib.sha512(before + envelope.body).digest())
    with pytest.raises(BundleRefused):
        open_it(before + envelope.body + signature, device)


def test_over_the_limit_the_first_part_is_written_and_says_how_many_wait(device):
    small = replace(AGREED, records=4)
    own = OwnRecords(enumerate(device.lines, start=1), genesis(STUDY, ENV, "D07", 1), 6)
    written = write_bundle(device.place, device.sign.sign, [CENTRAL_BOX.public], MADE_AT, own, limits=small)
    assert (written.first, written.last, written.waiting) == (1, 4, 2)
    assert "2 more wait" in written.texts["en"] and "另有 2 条" in written.texts["zh"]
    segment = next(part for part in open_it(written.data, device).parts() if isinstance(part, Segment))
    assert list(segment.records()) == device.lines[:4]


def test_a_file_that_would_be_too_large_is_halved(device):
    small = replace(AGREED, file=870)
    own = OwnRecords(enumerate(device.lines, start=1), genesis(STUDY, ENV, "D07", 1), 6)
    written = write_bundle(device.place, device.sign.sign, [CENTRAL_BOX.public], MADE_AT, own, limits=small)
    assert len(written.data) <= 870 and 0 < written.records < 6 and written.waiting == 6 - written.records


def test_an_honest_megabyte_of_one_letter_passes_the_ratio_limit(device):
    device.answer(9, "a" * 1_000_000)
    segment = next(
        part for part in open_it(device.bundle().data, device).parts() if isinstance(part, Segment)
    )
    assert list(segment.records()) == device.lines


def test_a_gap_in_the_ledger_makes_no_bundle(device):
    own = OwnRecords([(1, device.lines[0]), (3, device.lines[2])], genesis(STUDY, ENV, "D07", 1), 2)
    with pytest.raises(LedgerBroken):
        write_bundle(device.place, device.sign.sign, [CENTRAL_BOX.public], MADE_AT, own)


def test_nothing_new_makes_no_bundle(device):
    with pytest.raises(WrongState, match="nothing new"):
        write_bundle(device.place, device.sign.sign, [CENTRAL_BOX.public], MADE_AT, OwnRecords([], b"", 0))


def test_a_bomb_is_refused_fast_and_its_content_never_unpacked(device):
    packed = zstandard.ZstdCompressor(level=1).compress(bytes(1 << 30))
    tracemalloc.start()
    started = time.perf_counter()
    for plain, refusal in ((1 << 30, LimitExceeded), (500_000, BundleRefused)):
        data = _made(device, packed, plain=plain)
        with pytest.raises(refusal):
            list(open_it(data, device).lines)
    assert time.perf_counter() - started < 2
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def test_unpacked_bytes_never_exceed_the_declared_size_by_more_than_one(device, monkeypatch):
    packed = zstandard.ZstdCompressor(level=1).compress(b"x" * 10_000 + b"\n")
    read: list[int] = []
    real = zstandard.ZstdDecompressor

    class Counting:
        def __init__(self, **options: object) -> None:
            self.real = real(**options)

        def stream_reader(self, data: bytes) -> Counting:
            self.reader = self.real.stream_reader(data)
            return self

        def read(self, size: int) -> bytes:
            out = self.reader.read(size)
            read.append(len(out))
            return out

    monkeypatch.setattr(zstandard, "ZstdDecompressor", Counting)
    with pytest.raises(BundleRefused):
        list(open_it(_made(device, packed, plain=500), device).lines)
    assert sum(read) == 501


@pytest.mark.parametrize(
    "limits",
    [
        Limits(file=100),
        Limits(records=2, extra_lines=0),
        Limits(plain=100),
        Limits(recipients=0),
        Limits(line=50),
    ],
)
def test_each_limit_is_named_as_larger_than_agreed(device, limits):
    with pytest.raises(LimitExceeded, match="send it in parts"):
        list(open_it(device.bundle().data, device, limits=limits).lines)


@pytest.mark.parametrize("plain_by", [-1, 1])
def test_another_size_than_declared_is_refused(device, plain_by):
    packed = zstandard.ZstdCompressor(level=1).compress(b"@{}\n")
    with pytest.raises(BundleRefused):
        list(open_it(_made(device, packed, plain=4 + plain_by, lines=1), device).lines)


@pytest.mark.parametrize(
    "text",
    [
        b"{}\n", b"@\n", b"@[]\n", b'@{"seal":"AA=="}\n', b'@{"have":[[1,2,3,4]]}\n', b'@{"have":{}}\n',
        b'@{"new":1}\n',
        b'@{"n":0,"prev":"' + b"0" * 64 + b'","seg":["D07",1,1]}\n',
        b'@{"n":1,"prev":"","seg":["D07",1,1]}\n',
        b'@{"n":2,"prev":"' + b"0" * 64 + b'","seg":["D07",1,1]}\n{}\n', b'@{"blob":"00"}\nAAAA\n',
        b'@{"receipt":{"cepoch":1}}\n', b'@{ "have":[]}\n', b"@" + b"[" * 50_000 + b"\n",
    ],
)  # fmt: skip
def test_lines_outside_the_grammar_are_refused_though_they_are_signed(device, text):
    packed = zstandard.ZstdCompressor(level=1).compress(text)
    opened = open_it(_made(device, packed, plain=len(text), lines=text.count(b"\n")), device)
    with pytest.raises(BundleRefused):
        for part in opened.parts():
            if isinstance(part, Segment):
                list(part.records())
                part.seal()


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.crfb"
    path.write_bytes(bytes(200))
    with pytest.raises(LimitExceeded):
        read_file(path, Limits(file=100))
    assert read_file(path) == bytes(200)


def _resigned(device: Device, change: dict[str, object]) -> bytes:
    """The device itself writes another header around its own body, and signs it."""
    envelope = container.read(device.bundle().data)
    header = container.canonical(json.loads(envelope.before_body[12:]) | change)
    before = b"CRFBNDL1" + struct.pack(">I", len(header)) + header
    return (
        before
        + envelope.body
        + device.sign.sign(b"crf-bundle-1" + hashlib.sha512(before + envelope.body).digest())
    )


def _made(device: Device, packed: bytes, *, plain: int, lines: int = 1) -> bytes:
    """A signed file around packed bytes of the attacker's choice."""
    header = container.Header(STUDY, ENV, device.name, device.epoch, 1, 1, lines, plain, 0, MADE_AT, ())
    return container.close(header, packed, [CENTRAL_BOX.public], device.sign.sign)
