"""What lies in a home before a restore moves it aside: is it this device, does it know more than the backup?

The data file is only read, over a connection that cannot write; where it is damaged nothing can be compared,
and that is what a restore is for.
"""

from __future__ import annotations

from pathlib import Path

from crf_app.actions.session import Session
from crf_app.errors import CrfError, WrongState
from crf_app.store.store import peek_end
from crf_app.store.vault_file import read_vault


def refuse_other(home: Path, restored: Session, end: tuple[int, str], *, older: bool) -> None:
    """Raise WrongState when the home belongs to somebody else, or holds records behind the backup's `end`.

    `older`: the person knows that it does.
    """
    try:
        there = read_vault(home)
    except CrfError:
        return  # no vault, or none that can be read
    keys = restored.keys
    if there["vault_id"] != keys.vault:
        raise WrongState(
            f"This backup is of site {keys.site}, device {keys.device.id}; this home is of site "
            f"{there['site']}, device {there['device']['id']}, and another vault. Nothing was changed. "
            "Restore into an empty folder.",
            f"此备份属于中心 {keys.site}、设备 {keys.device.id}，而此文件夹属于中心 {there['site']}、"
            f"设备 {there['device']['id']}，且密钥库不同。未作任何改动，请恢复到空文件夹。",
            where=str(home),
        )
    found = peek_end(home, keys.data_key)
    if found is None or older:
        return
    epoch, seq, _ = found
    mine = (restored.identity.epoch, end[0])
    if (epoch, seq) > mine:
        raise WrongState(
            f"This home goes on to place {epoch}/{seq} of its chain, the backup ends at {mine[0]}/{mine[1]}. "
            "Nothing was changed. Choose a later backup, or say that an older one is meant (--older).",
            f"此文件夹的记录链止于 {epoch}/{seq}，备份止于 {mine[0]}/{mine[1]}。未作任何改动。"
            "请选择更新的备份，或确认使用较旧的备份（--older）。",
            where=str(home),
            older=True,
        )
