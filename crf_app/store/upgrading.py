"""A store of an earlier program is brought to today's schema: first a checked backup, then all steps in one.

Killed or refused midway the store is as it was, and the backup stays.  Where the backup cannot be written
nothing is changed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crf_app.settings.files import sync_folder
from crf_app.store import migrations
from crf_app.store.backup import write_backup
from crf_app.store.store import Store, transaction

FOLDER: Final = "backups"


def bring_up(store: Store) -> Path | None:
    """The backup that was made before; None where nothing was to be done.

    Raises TooNew, StorageFull, StorageError, Busy, StoreDamaged with the store as it was.
    """
    steps = migrations.pending(store.db)
    if not steps:
        return None
    kept = backup_before(store.path.parent, steps[0])
    write_backup(store, kept)
    with transaction(store.conn):
        migrations.migrate(store.db)
    return kept


def backup_before(home: Path, step: str) -> Path:
    """Where the backup lies that is made before this step; its folder is there then."""
    folder = home / FOLDER
    if not folder.is_dir():
        folder.mkdir(mode=0o700)
        sync_folder(home)
    return folder / f"before_{step}.crfbackup"
