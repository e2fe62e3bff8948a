"""The database under the ledger: opening it safely, its transactions, and the errors of both.

Belongs here: what holds for SQLite and PostgreSQL alike, and where they differ. Does not belong here: what a
row means.

https://www.sqlite.org/wal.html, https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-sqlite-transactions
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, delete, event, insert, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from autoresponder_dagster.errors import ConfigurationError, LedgerError
from autoresponder_dagster.files import private_folder
from autoresponder_dagster.ledger.migrations import migrate
from autoresponder_dagster.ledger.tables import database_time, realms, unfinished_days
from autoresponder_dagster.ledger.write import UnfinishedDay
from autoresponder_dagster.schemas.enums import Mode

LEDGER_URL = "AUTORESPONDER_LEDGER_URL"
DEFAULT_PATH = Path("data/ledger/ledger.db")

_BUSY_TIMEOUT_SECONDS = 60
_CONNECT_TIMEOUT_SECONDS = 15
_MIGRATION_LOCK = 4_711_082_026
"""Number of the PostgreSQL advisory lock under which the tables are brought up to date."""
_READING = "ledger_only_reads"
_NETWORK_FILE_SYSTEMS = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|lustre|gpfs|glusterfs|fuse\.(?!fuse-overlayfs).*"
)
_MOUNTS = Path("/proc/self/mounts")
_LONGEST_MESSAGE = 300


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string()


def deployment_url(path: Path = DEFAULT_PATH, environ: Mapping[str, str] = os.environ) -> str:
    """Return where the deployment keeps its ledger: ``AUTORESPONDER_LEDGER_URL``, else a SQLite file."""
    return environ.get(LEDGER_URL, "").strip() or sqlite_url(path)


class LedgerDatabase:
    """The tables of the ledger in one SQLite file or PostgreSQL database. Opened with ``open``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a ledger, and bring its tables up to date; several processes may do so at once.

        Args:
            url: SQLAlchemy URL of a SQLite file, which is created where it is absent, or of a PostgreSQL
                database. ``sqlite://`` is a ledger in memory.

        Raises:
            ConfigurationError: the URL is malformed, names another kind of database or a file on a network
                disk, or its driver is not installed.
            LedgerError: the database did not answer, or is of a newer version of this package.
        """
        database = cls(_create_engine(_checked(url)))
        try:
            with database.writing() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
                migrate(connection)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a transaction, committed at the end; on SQLite it is the only one that may write.

        Raises:
            LedgerError: the database failed.
        """
        with _plain_errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a transaction that keeps no writer waiting.

        Raises:
            LedgerError: the database failed.
        """
        with _plain_errors(), self._engine.connect().execution_options(**{_READING: True}) as connection:
            yield connection

    def realm_id(self, mode: Mode, org_id: str) -> int:
        """Return the number of an org in a mode; a new one where it is not known yet."""
        known = select(realms.c.realm_id).where(realms.c.mode == mode.value, realms.c.org_id == org_id)
        with self.reading() as connection:
            found = connection.scalar(known)
        if found is not None:
            return int(found)
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE realms IN EXCLUSIVE MODE"))
            found = connection.scalar(known)
            if found is None:
                found = connection.scalar(
                    insert(realms).values(mode=mode.value, org_id=org_id).returning(realms.c.realm_id)
                )
            return int(found or 0)

    def realms(self) -> list[tuple[Mode, str]]:
        """Return the mode and the org of every realm, the oldest first."""
        with self.reading() as connection:
            query = select(realms.c.mode, realms.c.org_id).order_by(realms.c.realm_id)
            return [(Mode(mode), org_id) for mode, org_id in connection.execute(query)]

    def note_unfinished(self, mode: Mode, partition: str, reason: str, run_id: str) -> None:
        """Remember that a day's writes are not all settled, and why; replaces an earlier note."""
        with self.writing() as connection:
            note_unfinished(connection, mode, partition, reason, run_id)

    def note_finished(self, mode: Mode, partition: str) -> None:
        """Remember that a day's writes are settled."""
        with self.writing() as connection:
            connection.execute(_note_of(mode, partition))

    def unfinished(self, mode: Mode) -> list[UnfinishedDay]:
        """Return the days whose writes are not all settled, in order."""
        columns = [unfinished_days.c[field.name] for field in fields(UnfinishedDay)]
        query = select(*columns).where(unfinished_days.c.mode == mode.value).order_by(unfinished_days.c.partition)
        with self.reading() as connection:
            return [UnfinishedDay(*row) for row in connection.execute(query)]


def note_unfinished(connection: Connection, mode: Mode, partition: str, reason: str, run_id: str) -> None:
    """Do what ``LedgerDatabase.note_unfinished`` does, in a transaction that does more."""
    connection.execute(_note_of(mode, partition))
    connection.execute(
        insert(unfinished_days).values(
            mode=mode.value, partition=partition, reason=reason, run_id=run_id, noted_at=database_time()
        )
    )


def _note_of(mode: Mode, partition: str) -> Any:
    return delete(unfinished_days).where(unfinished_days.c.mode == mode.value, unfinished_days.c.partition == partition)


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # ``from None``: SQLAlchemy's own text holds the statement.
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        first_line = (str(cause).strip().splitlines() or [""])[0][:_LONGEST_MESSAGE]
        raise LedgerError(
            f"The write ledger did not answer ({type(cause).__name__}: {first_line}). Nothing is written to Salesforce "
            f"without it: check {LEDGER_URL} and its database, then run the partition again."
        ) from None


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        parsed.get_dialect()
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            f"{LEDGER_URL} is not a database URL. Write it as postgresql+psycopg://user:password@host/database or "
            "sqlite:///path/to/ledger.db; special characters of the password are percent-encoded."
        ) from None
    if backend not in {"sqlite", "postgresql"}:
        raise ConfigurationError(f"{LEDGER_URL} names {backend}. The ledger is kept in SQLite or PostgreSQL.")
    if backend == "sqlite" and not is_in_memory(parsed):
        path = Path(str(parsed.database)).absolute()
        file_system = network_file_system(path)
        if file_system is not None:
            raise ConfigurationError(
                f"The ledger {path} is on a network disk ({file_system}), where SQLite's locks do not hold. Keep it "
                f"on a local disk, or set {LEDGER_URL} to a PostgreSQL database."
            )
        private_folder(path.parent)
    return parsed


def is_in_memory(url: URL) -> bool:
    """Tell whether a SQLite database is nowhere but in memory."""
    return url.database in {None, "", ":memory:"}


def network_file_system(path: Path, mounts: str | None = None) -> str | None:
    """Return the kind of network file system that a path is on; None for a local disk, or where nothing says.

    Args:
        path: an absolute path, which need not exist.
        mounts: the table of mounts; that of this process where it is not given.
    """
    if mounts is None:
        mounts = _MOUNTS.read_text("utf-8") if _MOUNTS.exists() else ""
    points = [line.split()[1:3] for line in mounts.splitlines()]
    above = {str(path.resolve()), *(str(parent) for parent in path.resolve().parents)}
    found = [(point, kind) for point, kind in points if point in above]
    kind = max(found, key=lambda mount: len(mount[0]), default=("", ""))[1]
    return kind if _NETWORK_FILE_SYSTEMS.fullmatch(kind) else None


def _create_engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "postgresql":
            timeout = {"connect_timeout": _CONNECT_TIMEOUT_SECONDS}
            return create_engine(url, hide_parameters=True, connect_args=timeout, pool_pre_ping=True)
        in_memory: dict[str, Any] = {"poolclass": StaticPool} if is_in_memory(url) else {}
        arguments = {"timeout": _BUSY_TIMEOUT_SECONDS, "check_same_thread": not in_memory}
        engine = create_engine(url, hide_parameters=True, connect_args=arguments, **in_memory)
    except ImportError as error:
        raise ConfigurationError(
            f"The database driver that {LEDGER_URL} names is not installed ({error}). "
            "Install the extra: pip install 'autoresponder-dagster[postgres]'."
        ) from error
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later could not be let in any more: the write lock comes first.
    reads = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def chunks(values: Collection[str], size: int = 500) -> Iterator[list[str]]:
    """Yield values in portions that a statement takes as parameters."""
    ordered = list(values)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
