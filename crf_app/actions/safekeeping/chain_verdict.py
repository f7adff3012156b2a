"""Does one device's chain still agree with its hashes?  Said at each entry of a value's history.

A chain is read from its beginning to its seal, over a connection of its own, so that somebody may go on
meanwhile.  Only the seal makes the entries before it sure: whoever changes one and hashes all behind it
again cannot sign as the device.  The whole store is checked by `keeping.verify`.
"""

from __future__ import annotations

from dataclasses import dataclass

from crf_app.actions.safekeeping.keeping import seal_checker
from crf_app.actions.session import Session
from crf_app.model.def_base import Text
from crf_app.model.progress import Progress, silent
from crf_app.model.workflow import Step
from crf_app.store import checking


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """`damaged`: number in the chain → what is wrong there; `seal`: what is wrong with its end, if anything.

    `checked`: local time, `15:45`.
    """

    device: str
    epoch: int
    checked: str
    damaged: dict[int, Text]
    seal: Text | None

    @property
    def sound(self) -> bool:
        return not self.damaged and self.seal is None

    def first_to(self, seq: int) -> int:
        """The first damaged number at or before `seq`; 0 for none."""
        return next((one for one in sorted(self.damaged) if one <= seq), 0)


def chain_verdict(session: Session, device: str, epoch: int, progress: Progress = silent) -> ChainVerdict:
    """Read one chain to its end.  Appends nothing.  Raises NotAllowed, StorageError, Cancelled."""
    session.require(Step.READ, device)
    store = session.reader()
    try:
        checker = seal_checker(store.conn, session)
        report = checking.verify_one_chain(store, (device, epoch), checker, progress)
    finally:
        store.close()
    damaged = {seq: Text(en=said["en"], zh=said["zh"]) for seq, said in report.damaged.items()}
    others = [one for one in report.problems if one not in report.damaged.values()]
    seal = Text(en=others[0]["en"], zh=others[0]["zh"]) if others and not damaged else None
    return ChainVerdict(device, epoch, f"{session.clock.now():%H:%M}", damaged, seal)
