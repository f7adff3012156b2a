"""Devices in memory: a list of records, its chain, its keys, and what the device has seen of others.

Enough to play histories against the format and against central: the data are made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.model.record import AuditRecord, chain_hash, cover, cover_digest, genesis, record_id
from crf_app.rules.fold import fold, unit_of
from crf_app.rules.unit_state import Entry, FormUnit
from crf_app.sync.bundle import OwnRecords, Place, WrittenBundle, write_bundle
from crf_app.sync.lines import Blob, End

STUDY, ENV, SITE = "LIVER-1", "test", "001"
SUBJECT = "001-k3j9x0q2mz"
FORM = "SE.V1/F.VS"
MADE_AT = "2026-11-22T09:00:00.000Z"
CENTRAL_BOX = X25519Key.generate()  # the recipient in tests that need no database


def item(n: int) -> str:
    return f"{FORM}/IG.VS/I.VS.X{n}"


@dataclass
class Device:
    """One (device, epoch)."""

    name: str = "D07"
    epoch: int = 1
    site: str = SITE
    sign: Ed25519Key = field(default_factory=Ed25519Key.generate)
    box: X25519Key = field(default_factory=X25519Key.generate)
    own: list[AuditRecord] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    seen: dict[str, AuditRecord] = field(default_factory=dict)
    tick: int = 0
    at: str = "2026-11-22T08:00:00.000Z"

    @property
    def place(self) -> Place:
        return Place(STUDY, ENV, self.name, self.epoch)

    @property
    def entries(self) -> list[Entry]:
        return [Entry(id_, record) for id_, record in self.seen.items()]

    def make(self, kind: str, **fields: object) -> AuditRecord:
        """Append one record."""
        self.tick += 1
        defaults: dict[str, object] = {
            "subject": SUBJECT, "def_": "3", "user": "u-lin", "role": "nurse", "at": self.at,
            "offset": "+08:00", "app": "0.1.0", "salt": f"{self.tick:032x}",
        }  # fmt: skip
        record = AuditRecord(kind=kind, device=self.name, tick=self.tick, **(defaults | fields))  # type: ignore[arg-type]
        self.add(record)
        return record

    def add(self, record: AuditRecord) -> None:
        line = record.canonical()
        previous = self.hashes[-1] if self.hashes else genesis(STUDY, ENV, self.name, self.epoch)
        self.own.append(record)
        self.lines.append(line)
        self.hashes.append(chain_hash(previous, record_id(line)))
        self.seen[record.id] = record
        self.tick = max(self.tick, record.tick)

    def see(self, other: Device) -> None:
        """Take over everything the other device has seen."""
        self.seen |= other.seen
        self.tick = max(self.tick, other.tick)

    def form(self, form: str = FORM, subject: str = SUBJECT) -> FormUnit:
        unit = f"F|{subject}|{form}"
        state = fold(unit, [one for one in self.entries if unit_of(one.record) == unit])
        assert isinstance(state, FormUnit)
        return state

    def answer(self, n: int, value: str, reason: str | None = None) -> AuditRecord:
        """What a person does: name the heads on the screen; resolve what is in conflict."""
        cell = self.form().answers.get(item(n))
        heads = tuple(sorted(one.id for one in cell.heads)) if cell else ()
        kind = "item.resolve" if cell and cell.state == "conflict" else "item.set"
        return self.make(
            kind, key=item(n), value=value, parents=heads, reason=reason or ("seen" if heads else None)
        )

    def lock(self, status: str) -> AuditRecord:
        state = self.form()
        heads = tuple(sorted(one.id for one in state.status_heads))
        covers = cover(state.present_ids()) if status in ("frozen", "locked") else ()
        return self.make("form.status", key=FORM, value=status, parents=heads, covers=covers)

    def signature(self) -> AuditRecord:
        ids = self.form().present_ids()
        return self.make(
            "sign.make", key=FORM, covers=cover(ids), digest=cover_digest(FORM, ids), meaning="approval"
        )

    def row(self, uid: str) -> AuditRecord:
        key = f"{FORM}/IG.AE~{uid}"
        row = self.form().rows.get(key)
        if row is None:
            return self.make("row.add", key=key, n="1")
        heads = tuple(sorted(one.id for one in row.heads))
        kind = "row.restore" if row.state == "deleted" else "row.delete"
        return self.make(kind, key=key, parents=heads, covers=cover(heads), reason="seen")

    def query(self, kind: str, n: int) -> AuditRecord:
        thread = self.form().queries.get(f"Q-{n}")
        named = {parent for one in thread.steps for parent in one.record.parents} if thread else set()
        heads = tuple(sorted(one.id for one in thread.steps if one.id not in named)) if thread else ()
        return self.make(kind, key=item(n), thread=f"Q-{n}", parents=heads, value="please check")

    def end(self, seq: int | None = None) -> End:
        seq = seq or len(self.own)
        return End(self.name, self.epoch, seq, self.hashes[seq - 1].hex())

    def bundle(
        self,
        first: int = 1,
        last: int | None = None,
        recipients: Sequence[bytes] = (),
        blobs: Iterable[Blob] = (),
    ) -> WrittenBundle:
        """The records first … last of the own chain."""
        last = last or len(self.own)
        prev = self.hashes[first - 2] if first > 1 else genesis(STUDY, ENV, self.name, self.epoch)
        records = list(enumerate(self.lines[first - 1 : last], start=first))
        own = OwnRecords(records, prev, len(records))
        to = recipients or (CENTRAL_BOX.public,)
        return write_bundle(self.place, self.sign.sign, to, MADE_AT, own, blobs=tuple(blobs))

    def clone(self) -> Device:
        """The same device restored from a copy of now: it will write the same places again."""
        return Device(
            self.name, self.epoch, self.site, self.sign, self.box, list(self.own), list(self.lines),
            list(self.hashes), dict(self.seen), self.tick, self.at,
        )  # fmt: skip
