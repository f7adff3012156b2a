"""The schema, step by step.  A released step is never edited; a step we do not know means TooNew.

`audit_record` is STRICT and append-only by trigger: UPDATE, DELETE and a second INSERT at the same place
(also by INSERT OR REPLACE) are refused.  Never call `.transform()` on it: that drops triggers.
All other tables but `blob`, `meta`, `receipt` and `draft` are folded from it and can be rebuilt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from crf_app.errors import TooNew
from crf_app.model.record import FIELD_NAMES

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

STEPS: Final = (
    "m001_ledger", "m002_records_by_cell", "m003_drafts", "m004_seals_of_people", "m005_answers_to_decide",
)  # fmt: skip
FOLDED: Final = (
    "item_data",
    "row_data",
    "form_data",
    "query",
    "signature",
    "subject",
    "event_data",
    "person",
)

_INTEGERS: Final = ("v", "tick")
_LATER: Final = ("device", "seal")  # stands in the key; came with m004
_COLUMNS: Final = ",\n  ".join(
    f'"{name}" {"INTEGER" if name in _INTEGERS else "TEXT"}' for name in FIELD_NAMES if name not in _LATER
)

_LEDGER: Final = f"""
CREATE TABLE audit_record (
  device TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, id TEXT NOT NULL,
  cell_unit TEXT NOT NULL,
  {_COLUMNS},
  PRIMARY KEY (device, epoch, seq)
) STRICT;
CREATE UNIQUE INDEX audit_record_id ON audit_record (id);
CREATE INDEX audit_record_cell ON audit_record (cell_unit, "key");
CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER audit_record_no_replace BEFORE INSERT ON audit_record
  WHEN EXISTS (SELECT 1 FROM audit_record
               WHERE (device = NEW.device AND epoch = NEW.epoch AND seq = NEW.seq) OR id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TABLE seal (
  device TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (device, epoch)
) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE blob (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE receipt (
  cepoch INTEGER NOT NULL, n INTEGER NOT NULL, device TEXT NOT NULL, epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL, hash TEXT NOT NULL, issued_at TEXT NOT NULL, applied_at TEXT NOT NULL,
  PRIMARY KEY (cepoch, n, device, epoch)
) STRICT;
CREATE TABLE item_data (
  subject TEXT NOT NULL, "key" TEXT NOT NULL, cell_unit TEXT NOT NULL, value TEXT, missing TEXT, unit TEXT,
  state TEXT NOT NULL, head TEXT NOT NULL, heads TEXT NOT NULL, late TEXT NOT NULL, kind TEXT NOT NULL,
  "user" TEXT NOT NULL, at TEXT NOT NULL, steps INTEGER NOT NULL, PRIMARY KEY (subject, "key")
) STRICT;
CREATE INDEX item_data_unit ON item_data (cell_unit);
CREATE TABLE row_data (
  subject TEXT NOT NULL, "key" TEXT NOT NULL, cell_unit TEXT NOT NULL, state TEXT NOT NULL, n TEXT NOT NULL,
  heads TEXT NOT NULL, PRIMARY KEY (subject, "key")
) STRICT;
CREATE INDEX row_data_unit ON row_data (cell_unit);
CREATE TABLE form_data (
  cell_unit TEXT PRIMARY KEY, subject TEXT NOT NULL, event TEXT NOT NULL, form TEXT NOT NULL,
  status TEXT NOT NULL, heads TEXT NOT NULL, special INTEGER NOT NULL, unknown TEXT NOT NULL
) STRICT;
CREATE INDEX form_data_subject ON form_data (subject);
CREATE TABLE query (
  thread TEXT NOT NULL, subject TEXT NOT NULL, "key" TEXT NOT NULL, cell_unit TEXT NOT NULL,
  status TEXT NOT NULL, heads TEXT NOT NULL, "check" TEXT NOT NULL, opened_at TEXT NOT NULL,
  last_at TEXT NOT NULL, steps TEXT NOT NULL, PRIMARY KEY (cell_unit, thread)
) STRICT;
CREATE INDEX query_status ON query (status);
CREATE TABLE signature (
  id TEXT PRIMARY KEY, cell_unit TEXT NOT NULL, valid INTEGER NOT NULL, broken_by TEXT
) STRICT;
CREATE INDEX signature_unit ON signature (cell_unit);
CREATE TABLE subject (
  uid TEXT PRIMARY KEY, label TEXT NOT NULL, status TEXT NOT NULL, heads TEXT NOT NULL
) STRICT;
CREATE TABLE event_data (
  subject TEXT NOT NULL, event TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (subject, event)
) STRICT;
CREATE TABLE person (
  "user" TEXT PRIMARY KEY, value TEXT NOT NULL, state TEXT NOT NULL
) STRICT;
"""


#: Ids are random: an index of them touches a page of its own for each record, anywhere in the file.  A record
#: is found by its cell and its id, and two of one id are told by `verify`.  The guard also knows the row's
#: own number, by which a REPLACE could aim at any record.
_BY_CELL: Final = """
DROP TRIGGER audit_record_no_replace;
DROP INDEX audit_record_id;
CREATE TRIGGER audit_record_no_replace BEFORE INSERT ON audit_record
  WHEN EXISTS (SELECT 1 FROM audit_record
               WHERE (device = NEW.device AND epoch = NEW.epoch AND seq = NEW.seq) OR rowid = NEW.rowid)
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""

#: what was typed and is not saved: no record, and folded from none (`drafts.py`)
_DRAFTS: Final = """
CREATE TABLE draft (
  "user" TEXT NOT NULL, subject TEXT NOT NULL, "key" TEXT NOT NULL, "text" TEXT NOT NULL, unit TEXT,
  pending TEXT NOT NULL, base TEXT NOT NULL, at TEXT NOT NULL, "offset" TEXT NOT NULL, device TEXT NOT NULL,
  ended TEXT NOT NULL, PRIMARY KEY ("user", subject, "key")
) STRICT;
"""

#: The few answers that wait for somebody, among a hundred thousand that do not: without these the window
#: reads every answer of the study to show them.
_TO_DECIDE: Final = """
CREATE INDEX item_data_conflict ON item_data (subject, "key") WHERE state = 'conflict';
CREATE INDEX item_data_late ON item_data (subject, "key") WHERE late <> '[]';
"""


def migrate(db: Database) -> None:
    """Bring `db` to the newest step; inside a transaction of the caller all steps or none.  Raises TooNew."""
    refuse_newer(db)
    _steps().apply(db)


def pending(db: Database) -> list[str]:
    """The steps that are still to be done, in their order; nothing is written."""
    return [one.name for one in _steps().pending(db)]


def _steps() -> Migrations:
    from sqlite_utils import Migrations

    migrations = Migrations("crf_app")
    steps = m001_ledger, m002_records_by_cell, m003_drafts, m004_seals_of_people, m005_answers_to_decide
    for name, step in zip(STEPS, steps, strict=True):
        migrations(name=name)(step)
    return migrations


def in_memory() -> Any:
    """A connection to an empty store of today's schema that never touches a disk, to compare with."""
    from sqlcipher3 import dbapi2
    from sqlite_utils import Database

    conn = dbapi2.connect(":memory:", isolation_level=None)
    migrate(Database(conn, execute_plugins=False))
    return conn


def m001_ledger(db: Any) -> None:
    """The ledger, its guards, and the tables folded from it."""
    for statement in _statements(_LEDGER):
        db.conn.execute(statement)


def m002_records_by_cell(db: Any) -> None:
    """No index of ids: a record is found by its place or by its cell."""
    for statement in _statements(_BY_CELL):
        db.conn.execute(statement)


def m003_drafts(db: Any) -> None:
    """A place for what was typed and is not saved."""
    for statement in _statements(_DRAFTS):
        db.conn.execute(statement)


def m004_seals_of_people(db: Any) -> None:
    """A column for the seal that a person sets under a transaction; records of before have none."""
    db.conn.execute("ALTER TABLE audit_record ADD COLUMN seal TEXT")


def m005_answers_to_decide(db: Any) -> None:
    """Conflicts, and answers that arrived after a lock, are found without reading the others."""
    for statement in _statements(_TO_DECIDE):
        db.conn.execute(statement)


def refuse_newer(db: Database) -> None:
    """Raises TooNew when the store holds a step that this program does not know."""
    names = {
        row[0] for row in db.conn.execute("SELECT name FROM sqlite_master WHERE name = '_sqlite_migrations'")
    }
    if not names:
        return
    unknown = {row[0] for row in db.conn.execute("SELECT name FROM _sqlite_migrations")} - set(STEPS)
    if unknown:
        raise TooNew(
            "A newer program made this store. Start that program; nothing was changed here.",
            "此数据由更新版本的程序创建，请使用该版本打开；此处未作任何改动。",
            where=min(unknown),
        )


def _statements(script: str) -> list[str]:
    """The statements of a script; a trigger's own semicolons stay inside it."""
    out, current = [], ""
    for line in script.splitlines():
        current += line + "\n"
        complete = line.rstrip().endswith(";") and ("CREATE TRIGGER" not in current or "END;" in line)
        if complete:
            out.append(current)
            current = ""
    return [one for one in out if one.strip()]
