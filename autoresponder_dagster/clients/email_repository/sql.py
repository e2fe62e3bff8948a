"""The email repository over SQL: the live and the read-only form, which are the same (it is never written).

Belongs here: the statement of a day and its rows. Does not belong here: what a row says (``rows.py``).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Column, Connection, DateTime, MetaData, Select, Table, and_, func, inspect, or_, select
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.elements import ColumnElement

from autoresponder_dagster.clients.email_repository.received import ReceivedMessage, to_frame
from autoresponder_dagster.clients.email_repository.rows import OPTIONAL_COLUMNS, ROW_LAYOUT, messages_of
from autoresponder_dagster.clients.sql import CONNECT_TIMEOUT_SECONDS, ReadOnlyDatabase
from autoresponder_dagster.errors import ConfigurationError

DEFAULT_TABLE = "EmailRepository"
ROWS_PER_FETCH = 500

_ID = "Id"
_RECEIVED = "ReceivedDate"
_INSERTED = "InsertedDateTime"


class SqlRepository:
    """The messages of a table or view with the columns of rules.md §3.

    Args:
        url: SQLAlchemy database URL.
        table: its name, with a schema where needed (``dbo.emails``).
        columns: the table's own name of each column whose name differs, as in ``{"SenderEmail": "sender"}``.
            Without regard to case. ``MessageId`` and ``Headers`` are read where the table has them.
        connect_timeout_seconds: how long to wait for a connection.

    Raises:
        ConfigurationError: the URL cannot be used, or ``columns`` names a column that the pipeline does not read.
    """

    def __init__(
        self,
        url: str,
        table: str = DEFAULT_TABLE,
        columns: Mapping[str, str] | None = None,
        *,
        connect_timeout_seconds: int = CONNECT_TIMEOUT_SECONDS,
    ) -> None:
        self._database = ReadOnlyDatabase("email repository", url, connect_timeout_seconds=connect_timeout_seconds)
        self._table = table
        self._column_names = dict(columns or {})
        unknown = sorted(set(self._column_names) - set(ROW_LAYOUT))
        if unknown:
            raise ConfigurationError(
                f"The columns of the email repository are {', '.join(ROW_LAYOUT)}; there is no {', '.join(unknown)}."
            )

    def fetch(self, day: date) -> pd.DataFrame:
        """Return every message received on a UTC day; see ``EmailRepository``.

        Raises:
            ConfigurationError: the table or a column does not exist, or a time column is not of a time type.
        """
        return to_frame(self._messages(day))

    def _messages(self, day: date) -> Iterator[ReceivedMessage]:
        with self._database.connect() as connection:
            statement = day_statement(self._columns(connection), day, connection.dialect.name)
            result = connection.execution_options(yield_per=ROWS_PER_FETCH).execute(statement)
            for partition in result.partitions():
                rows = self._database.typed_rows(partition, result.keys(), ROW_LAYOUT, OPTIONAL_COLUMNS)
                yield from messages_of(rows)

    def _columns(self, connection: Connection) -> dict[str, Column[Any]]:
        """Return the table's columns by the names of rules.md §3, with the types that the database states."""
        schema, _, name = self._table.rpartition(".")
        try:
            reflected = inspect(connection).get_columns(name, schema=schema or None)
        except NoSuchTableError:
            raise ConfigurationError(
                f"The email repository has no table {self._table}. Set its table (schema.name where needed)."
            ) from None
        table = Table(
            name, MetaData(), *(Column(found["name"], found["type"]) for found in reflected), schema=schema or None
        )
        by_name = {column.name.lower(): column for column in table.columns}
        wanted = {standard: self._column_names.get(standard, standard) for standard in ROW_LAYOUT}
        missing = [
            own
            for standard, own in wanted.items()
            if own.lower() not in by_name and (standard not in OPTIONAL_COLUMNS or standard in self._column_names)
        ]
        if missing:
            raise ConfigurationError(
                f"The table {self._table} of the email repository has no column {', '.join(missing)}. Map the "
                "columns of rules.md §3 to the table's own names in the resource's columns."
            )
        columns = {standard: by_name[own.lower()] for standard, own in wanted.items() if own.lower() in by_name}
        for standard in (_RECEIVED, _INSERTED):
            if not isinstance(columns[standard].type, DateTime):
                raise ConfigurationError(
                    f"Column {columns[standard].name} of {self._table} is {columns[standard].type}; a day can be "
                    "selected only by a date-and-time type."
                )
        return columns


def day_statement(columns: Mapping[str, Column[Any]], day: date, dialect_name: str) -> Select[Any]:
    """Return the statement that selects a UTC day, lowest id first, under the names of rules.md §3.

    Half open, ``[00:00, 24:00)``; a row without ``ReceivedDate`` belongs to the day of its insertion. The column
    itself is compared, so that its index serves. Times without a zone are UTC.

    Args:
        columns: the table's columns by their names in rules.md §3.
        day: the day.
        dialect_name: SQLAlchemy's name of the database.
    """
    received, inserted = (_comparable(columns[name], dialect_name) for name in (_RECEIVED, _INSERTED))
    is_of_the_day = or_(_is_within(received, day), and_(received.is_(None), _is_within(inserted, day)))
    selected = [column.label(name) for name, column in columns.items()]
    return select(*selected).where(is_of_the_day).order_by(columns[_ID])


def _comparable(column: Column[Any], dialect_name: str) -> ColumnElement[Any]:
    # SQLite keeps times as text of several forms; only its own function puts them in order.
    return func.datetime(column) if dialect_name == "sqlite" else column


def _is_within(moment: ColumnElement[Any], day: date) -> ColumnElement[bool]:
    start = datetime.combine(day, time.min, UTC)
    end = start + timedelta(days=1)
    if not isinstance(moment.type, DateTime):
        return and_(moment >= f"{start:%F %T}", moment < f"{end:%F %T}")
    if not moment.type.timezone:
        start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
    return and_(moment >= start, moment < end)
