"""Read central's receipt on a device: who holds which records by hash.

A receipt is a line of a feed that central signs.  (cepoch, n) only grows; an older one is ignored.  Which
records are *safe in two places* follows from `ends`: a record is, if it is an ancestor of such an end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crf_app.crypto.keys import X25519Key, verify_ed25519
from crf_app.sync import refusals
from crf_app.sync.bundle import Author, open_bundle
from crf_app.sync.central_public import CENTRAL, CentralPublic
from crf_app.sync.limits import AGREED, Limits
from crf_app.sync.lines import Have, Receipt


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """A verified receipt.  `is_new` is False for one that is already known or older: ignore it."""

    receipt: Receipt
    is_new: bool
    texts: dict[str, str] = field(hash=False)


def read_receipt(
    data: bytes,
    *,
    central: CentralPublic,
    device: str,
    mine: X25519Key,
    known: tuple[int, int] | None = None,
    limits: Limits = AGREED,
) -> ReadReceipt:
    """The receipt for `device` in central's file, checked against `central` (central.pub).

    `known` is the (cepoch, n) applied last.  Raises BundleRefused, TooNew, LimitExceeded.
    """

    def lookup(name: str, epoch: int) -> Author | None:
        return Author(central.sign_public) if name == CENTRAL else None

    opened = open_bundle(data, study=central.study, env=central.env, lookup=lookup, mine=mine, limits=limits)
    receipt = None
    for part in opened.parts():
        if isinstance(part, Receipt) and receipt is None:
            receipt = part
        elif not isinstance(part, Have):
            raise refusals.altered("receipt")
    if receipt is None or receipt.device != device:
        raise refusals.not_for_me()
    said = receipt.statement(central.study, central.env)
    if receipt.signature and not verify_ed25519(central.sign_public, receipt.signature, said):
        raise refusals.altered("receipt")
    return _read(receipt, known)


def _read(receipt: Receipt, known: tuple[int, int] | None) -> ReadReceipt:
    if known is not None and receipt.number <= known:
        return ReadReceipt(receipt, False, {
            "en": f"Receipt {receipt.n} is already here or older than the last one. Nothing changes.",
            "zh": f"回执 {receipt.n} 已存在或早于最近一次回执，未作任何改动。",
        })  # fmt: skip
    return ReadReceipt(receipt, True, {
        "en": f"Receipt {receipt.n} of {receipt.issued_at}: central holds the records up to "
              + ", ".join(f"{end.device}.{end.epoch}/{end.seq}" for end in receipt.ends) + ".",
        "zh": f"{receipt.issued_at} 的回执 {receipt.n}：中心已持有记录至 "
              + "、".join(f"{end.device}.{end.epoch}/{end.seq}" for end in receipt.ends) + "。",
    })  # fmt: skip
