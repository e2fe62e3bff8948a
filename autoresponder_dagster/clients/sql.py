"""Reading outside databases through SQLAlchemy: engine, errors without secrets, batched ``IN`` lookups.

Belongs here: what every SQL store needs. Does not belong here: the queries and columns of one system.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import URL, Connection, Engine, NullPool, Row, bindparam, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from autoresponder_dagster.clients.columns import InvalidCellError, Layout, MissingColumnsError, typed_columns
from autoresponder_dagster.errors import ConfigurationError, LookupFailedError

BATCH_SIZE = 500
"""Values per statement; SQL Server refuses more than 2,100 parameters."""

CONNECT_TIMEOUT_SECONDS = 15

_CONNECT_TIMEOUT_ARGUMENT = {"psycopg": "connect_timeout", "psycopg2": "connect_timeout", "pyodbc": "timeout"}
_EMAIL_ADDRESS = re.compile(r"[^\s'\"<>(),;:=]+@[^\s'\"<>(),;:=]+")
_ODBC_PASSWORD = re.compile(r"\b(?:pwd|password)\s*=\s*([^;]+)", re.IGNORECASE)
_LONGEST_DRIVER_MESSAGE = 300


class ReadOnlyDatabase:
    """One outside database. Nothing is ever committed, so that even a query that writes changes nothing.

    Each lookup opens a connection of its own and closes it: a day has few of them, and none can be stale.

    Args:
        name: what the database is called in error messages, such as ``CUPOLA``.
        url: SQLAlchemy database URL. It may hold a password and is never repeated in an error.
        connect_timeout_seconds: how long to wait for a connection.

    Raises:
        ConfigurationError: the URL is malformed, its driver is not installed, or its SQLite file is absent.
    """

    def __init__(self, name: str, url: str, *, connect_timeout_seconds: int = CONNECT_TIMEOUT_SECONDS) -> None:
        self._name = name
        self._engine = _create_engine(name, url, connect_timeout_seconds)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection; whatever the database or its driver raises inside becomes ``LookupFailedError``."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, ValueError, OverflowError) as error:
            # ``from None``: SQLAlchemy's own text holds the statement and may hold its parameters.
            raise LookupFailedError(
                f"The {self._name} database did not answer completely: {self._describe(error)}. "
                "Nothing was read as an absent row; run the partition again when the database is well."
            ) from None

    def select_in(self, query: str, parameter: str, values: Collection[str], layout: Layout) -> pd.DataFrame:
        """Run a query once per batch of values and return all its rows as one typed frame.

        Args:
            query: SQL whose ``:parameter`` stands for a list, as in ``WHERE email IN :emails``.
            parameter: name of that parameter.
            values: distinct values to look up; none gives the typed empty frame without a query.
            layout: the columns that the query returns.

        Raises:
            ConfigurationError: the query lacks the parameter or a column.
            LookupFailedError: the database failed, or returned a value that is not of its column's kind.
        """
        try:
            statement = text(query).bindparams(bindparam(parameter, expanding=True))
        except ArgumentError:
            raise ConfigurationError(
                f"The {self._name} query must look up a list with IN :{parameter}; it is {query.strip()!r}."
            ) from None
        storable = [value for value in values if _is_storable(value)]
        batches = [storable[start : start + BATCH_SIZE] for start in range(0, len(storable), BATCH_SIZE)]
        columns: Collection[str] = list(layout)
        rows: list[Row[Any]] = []
        if batches:
            with self.connect() as connection:
                for batch in batches:
                    result = connection.execute(statement, {parameter: batch})
                    columns = result.keys()
                    rows.extend(result)
        return self.typed_rows(rows, columns, layout)

    def typed_rows(
        self, rows: Iterable[Row[Any]], columns: Collection[str], layout: Layout, optional: Collection[str] = ()
    ) -> pd.DataFrame:
        """Return rows of a result as a typed frame with the columns of ``layout``; those in ``optional`` may be absent.

        Raises:
            ConfigurationError: the result lacks a column.
            LookupFailedError: a value is not of its column's kind.
        """
        frame = pd.DataFrame([tuple(row) for row in rows], columns=list(columns), dtype=object)
        try:
            return typed_columns(frame, layout, optional)
        except MissingColumnsError as error:
            raise ConfigurationError(
                f"The {self._name} query returns no such column: {error}. Name its columns {', '.join(layout)} with AS."
            ) from error
        except InvalidCellError as error:
            raise LookupFailedError(f"The {self._name} database returned a malformed value: {error}.") from error

    def _describe(self, error: Exception) -> str:
        """Return the driver's error as one line without the password and without addresses."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        lines = str(cause).strip().splitlines() or [""]
        message = lines[0]
        for password in _passwords(self._engine.url):
            message = message.replace(password, "***")
        message = _EMAIL_ADDRESS.sub("***@***", message)[:_LONGEST_DRIVER_MESSAGE]
        return f"{type(cause).__name__}: {message}" if message else type(cause).__name__


def _create_engine(name: str, url: str, connect_timeout_seconds: int) -> Engine:
    setting = name.upper().replace(" ", "_") + "_CONNECTION_STRING"
    try:
        parsed = make_url(url)
        timeout_argument = _CONNECT_TIMEOUT_ARGUMENT.get(parsed.get_dialect().driver)
        _require_sqlite_file(name, parsed)
        return create_engine(
            parsed,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={timeout_argument: connect_timeout_seconds} if timeout_argument else {},
        )
    except ImportError as error:
        raise ConfigurationError(
            f"The database driver that {setting} names is not installed ({error}). Install the extra of the database: "
            "pip install 'autoresponder-dagster[postgres]' or 'autoresponder-dagster[sqlserver]'."
        ) from error
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            f"{setting} is not a database URL. Write it as postgresql+psycopg://user:password@host/database, "
            "mssql+pyodbc://user:password@host/database?driver=ODBC+Driver+18+for+SQL+Server or "
            "sqlite:///path/to/file.db; special characters of the password are percent-encoded."
        ) from None


def _require_sqlite_file(name: str, url: URL) -> None:
    """SQLite would create an absent file and answer from the empty database."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise ConfigurationError(
            f"The SQLite file of the {name} database does not exist: {url.database or 'no file named'}."
        )


def _passwords(url: URL) -> list[str]:
    """Return the passwords of a URL: its own, one in its query, one in an ODBC connection string there."""
    passwords = [str(url.password or "")]
    for key, value in url.query.items():
        text_value = value if isinstance(value, str) else ";".join(value)
        passwords += [text_value] if "password" in key.lower() else _ODBC_PASSWORD.findall(text_value)
    return [password for password in passwords if password]


def _is_storable(value: str) -> bool:
    """Tell whether a database can hold a text at all; asking PostgreSQL for a NUL fails the whole batch."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
