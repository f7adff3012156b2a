"""Two computers that went on as one device: said on each of them, by what central's receipt names.

Nothing is lost by it: central keeps and folds both chains, and answers that clash are conflicts.  But people
have to know, because records of the other computer are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crf_app.actions.session import Session
from crf_app.store.own_chains import elsewhere

_EN: Final = "; an administrator begins a new epoch there (device new-epoch)."
_ZH: Final = "，并由管理员在该电脑上开始新的时期（device new-epoch）。"


def two_histories(session: Session) -> dict[str, str] | None:
    """The sentence in both languages; None while central knows nothing of this device that is not here."""
    found = elsewhere(session.store.conn)
    if not found:
        return None
    copied = any(epoch == session.identity.epoch for epoch, _ in found)
    en = ", ".join(f"{epoch}/{seq}" for epoch, seq in found)
    zh = "、".join(f"{epoch}/{seq}" for epoch, seq in found)
    return {
        "en": f"Another computer went on as this device: central holds its records up to {en}, which are not "
        "here. Both histories are kept. Tell the data manager, and go on with one of the two computers only"
        f"{_EN if copied else '.'}",
        "zh": f"另一台电脑曾以本设备身份继续工作：中心持有其记录至 {zh}，本机没有这些记录。两条历史均已保留。"
        f"请通知数据管理员，此后只使用其中一台电脑{_ZH if copied else '。'}",
    }


def said_with(session: Session, texts: Mapping[str, str]) -> dict[str, str]:
    """What a receipt says, and that there are two histories where it shows it."""
    more = two_histories(session)
    return {code: text if more is None else f"{text} {more[code]}" for code, text in texts.items()}
