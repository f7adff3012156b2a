"""A device reads a receipt: only central's, only its own, only newer ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ledger_simulator import ENV, MADE_AT, STUDY, Device

from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.errors import BundleRefused, IdentityRefused
from crf_app.sync.bundle import Place, write_bundle
from crf_app.sync.central_public import CENTRAL, CentralPublic, read_central_public
from crf_app.sync.lines import End, Receipt
from crf_app.sync.receipt import read_receipt

SIGN, BOX = Ed25519Key.generate(), X25519Key.generate()
PUBLIC = CentralPublic(STUDY, ENV, SIGN.public, BOX.public)
END = End("D07", 1, 6, "ab" * 32)


def receipt_file(
    device: Device, n: int = 1, cepoch: int = 1, sign: Ed25519Key = SIGN, name: str = CENTRAL
) -> bytes:
    receipt = Receipt(device.name, cepoch, n, (), (END,), MADE_AT)
    return write_bundle(
        Place(STUDY, ENV, name, 1), sign.sign, [device.box.public], MADE_AT, receipt=receipt
    ).data


def test_a_receipt_says_which_chain_ends_central_holds_by_hash():
    device = Device()
    read = read_receipt(receipt_file(device), central=PUBLIC, device="D07", mine=device.box)
    assert read.is_new and read.receipt.ends == (END,) and read.receipt.number == (1, 1)
    assert "D07.1/6" in read.texts["en"] and "D07.1/6" in read.texts["zh"]


@pytest.mark.requirement("law 13")
@pytest.mark.parametrize(
    ("number", "known", "is_new"),
    [((1, 2), (1, 1), True), ((1, 1), (1, 1), False), ((1, 1), (1, 2), False),
     ((2, 1), (1, 9), True), ((1, 9), (2, 1), False)],
)  # fmt: skip
def test_receipts_only_grow(number, known, is_new):
    device = Device()
    data = receipt_file(device, n=number[1], cepoch=number[0])
    assert read_receipt(data, central=PUBLIC, device="D07", mine=device.box, known=known).is_new is is_new


def test_a_receipt_that_central_did_not_sign_is_refused():
    device = Device()
    for data in (receipt_file(device, sign=device.sign), receipt_file(device, sign=device.sign, name="D07")):
        with pytest.raises(BundleRefused):
            read_receipt(data, central=PUBLIC, device="D07", mine=device.box)


def test_a_receipt_keeps_a_signature_of_its_own_and_only_centrals():
    device = Device()
    bare = Receipt(device.name, 1, 1, (), (END,), MADE_AT)
    for sign, good in ((SIGN, True), (device.sign, False)):
        receipt = replace(bare, signature=sign.sign(bare.statement(STUDY, ENV)))
        data = write_bundle(
            Place(STUDY, ENV, CENTRAL, 1), SIGN.sign, [device.box.public], MADE_AT, receipt=receipt
        ).data
        if good:
            assert read_receipt(data, central=PUBLIC, device="D07", mine=device.box).receipt == receipt
        else:
            with pytest.raises(BundleRefused):
                read_receipt(data, central=PUBLIC, device="D07", mine=device.box)


def test_a_receipt_of_another_device_is_refused():
    device = Device()
    with pytest.raises(BundleRefused):
        read_receipt(receipt_file(device), central=PUBLIC, device="D08", mine=device.box)


def test_a_bundle_of_records_is_no_receipt():
    device = Device(CENTRAL, sign=SIGN)
    device.answer(1, "5")
    data = device.bundle(recipients=[device.box.public]).data
    with pytest.raises(BundleRefused):
        read_receipt(data, central=PUBLIC, device="D07", mine=device.box)


def test_central_pub_round_trips_and_any_change_is_refused():
    data = PUBLIC.encoded()
    assert read_central_public(data) == PUBLIC and len(PUBLIC.fingerprint) == 17
    for bit in range(0, len(data) * 8, 5):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        try:
            read = read_central_public(bytes(flipped))
        except IdentityRefused:
            continue
        assert (read.study, read.env) != (STUDY, ENV) and read.fingerprint == PUBLIC.fingerprint
