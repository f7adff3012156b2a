"""Custodian cards: three on paper, two of which let a new administrator in when nobody else can (ADR-0027).

The cards' secrets are in memory and on the paper; nothing of them is stored, recorded or logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crf_app import __version__
from crf_app.actions.changes import Changes
from crf_app.actions.session import Session
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.cards import grouped, pair_name, read_card
from crf_app.crypto.certificates import make_user_certificate
from crf_app.crypto.encoding import b64, fingerprint
from crf_app.crypto.passwords import DEFAULT, Cost
from crf_app.errors import StoreDamaged, WrongState
from crf_app.model.clock import Clock, SystemClock, offset_text, utc_text
from crf_app.model.record import Draft, Stamp, recovery_bytes
from crf_app.model.workflow import Step
from crf_app.store import custodians, ledger, reads
from crf_app.store.people import cards_state
from crf_app.store.store import Store, open_store
from crf_app.store.vault import Opened, device_of
from crf_app.store.vault_change import NewPerson

__all__ = [
    "CardSet", "NewPerson", "PaperCard", "cards_pdf", "cards_state", "confirm_cards", "make_cards", "recover",
]  # fmt: skip
ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, repr=False)
class PaperCard:
    """What is printed on one card: its number, its text, and the same in groups of four."""

    number: int
    text: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class CardSet:
    """The three cards of a site, to be printed and never kept."""

    study: str
    site: str
    device: str
    day: str
    cards: tuple[PaperCard, ...]


def make_cards(session: Session) -> CardSet:
    """A new set; an earlier one works on until two of these are read back.  Raises NotAllowed."""
    session.require(Step.MANAGE_USERS)
    made = custodians.make_cards(session.keys)
    said = canonical({"generation": made[0].generation, "step": "made"}).decode()
    session.commit([Draft("vault.cards", value=said)])
    paper = tuple(PaperCard(one.number, one.text, tuple(grouped(one.text))) for one in made)
    day = session.clock.now().date().isoformat()
    return CardSet(session.study.oid, session.site, session.device, day, paper)


def cards_pdf(made: CardSet) -> bytes:
    """The three cards on paper, one a page."""
    from crf_app.export.card_pages import CardPage, draw_cards

    place = f"{made.study} · {made.site} · {made.device} · {made.day}"
    return draw_cards([CardPage(one.number, one.groups, one.text, place) for one in made.cards])


def confirm_cards(session: Session, one: str, other: str) -> Changes:
    """Two cards were typed from the paper: the set is the one from now on, earlier ones open nothing.

    Raises ValueRejected (no card, a typing mistake, the same one twice), IdentityRefused, NotAllowed.
    """
    session.require(Step.MANAGE_USERS)
    generation = custodians.confirm_cards(session.keys, read_card(one), read_card(other))
    said = canonical({"generation": generation, "step": "read back"}).decode()
    return session.commit([Draft("vault.cards", value=said)])


def recover(
    home: Path, cards: tuple[str, str], person: NewPerson, clock: Clock | None = None, cost: Cost = DEFAULT
) -> None:
    """Two cards add one administrator, who then signs in with the own password; nothing else is possible.

    Raises ValueRejected (cards, person, password), IdentityRefused, WrongPassword (a wait runs), WrongState
    (the id was used), VaultTampered, StoreDamaged, Busy, StorageError.
    """
    watch = clock or SystemClock()
    one, other = (read_card(text) for text in cards)
    found = custodians.open_by_cards(home, one, other, watch.monotonic)
    vault, data_key, _ = found
    device = device_of(vault, data_key)
    store = open_store(home, data_key, device.sign.sign)
    try:
        if store.identity.epoch != device.epoch:
            raise StoreDamaged(
                "Vault and data file belong to different devices. Nothing was changed.",
                "密钥文件与数据文件不属于同一设备，未作任何改动。",
                where=store.path.name,
            )
        if person.user in reads.people(store.conn):
            raise WrongState(
                "This user id was used before; ids are never used again. Choose another one.",
                "该用户名曾被使用，不可再用，请另选。",
                where=person.user,
            )
        keys = custodians.new_administrator(home, found, person, cost)
        _record(store, keys, pair_name(one, other), watch)  # stopped behind it, another id does it again
        custodians.let_in(home, found)
    finally:
        store.close()


def _record(store: Store, keys: Opened, pair: str, clock: Clock) -> None:
    """Who came in, by which two cards: signed by the site's key, which nobody but an administrator has."""
    assert keys.sign is not None and keys.site_key is not None  # made with an own password, by the cards
    now = clock.now()
    said = {"cards": pair, "public": b64(keys.sign.public), "user": keys.user, "vault": keys.vault}
    signature = b64(keys.site_key.sign(recovery_bytes(said)))
    der = make_user_certificate(
        keys.site_key, keys.site_certificate, keys.sign.public, keys.user, keys.name, now
    )
    issued = {"certificate": b64(der), "fingerprint": fingerprint(keys.sign.public), "sha256": sha256(der)}
    named = canonical({"name": keys.name, "role": ADMINISTRATOR}).decode()
    drafts = [
        Draft("vault.recover", key=keys.user, value=canonical(said | {"signature": signature}).decode()),
        Draft("user.add", key=keys.user, value=named),
        Draft("user.grant", key=keys.user, value="active"),
        Draft("key.request", key=keys.user, value=canonical({"public": b64(keys.sign.public)}).decode()),
        Draft("key.certify", key=keys.user, value=canonical(issued).decode()),
    ]
    stamp = Stamp(keys.user, ADMINISTRATOR, utc_text(now), offset_text(now), __version__, None)
    ledger.append(store, drafts, stamp, sealers={keys.user: keys.sign.sign})
