"""The tables of the ledger. ``migrations/`` brings a database to them; a test compares the two.

No personal text beyond what an undo needs: the values of a field, and nothing of the message but its id.
https://docs.sqlalchemy.org/en/20/core/metadata.html
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from autoresponder_dagster.ledger.write import IN_FLIGHT


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC, on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; SQLite has no zone to store."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return what was stored as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class database_time(FunctionElement[datetime]):  # noqa: N801 (an SQL function)
    """The time by the database's clock: the only one that all writers share."""

    type = UtcTime()
    inherit_cache = True


@compiles(database_time, "postgresql")
def _postgresql_time(_element: Any, _compiler: Any, **_: Any) -> str:
    return "clock_timestamp()"


@compiles(database_time, "sqlite")
def _sqlite_time(_element: Any, _compiler: Any, **_: Any) -> str:
    # Milliseconds, written with the six digits that SQLAlchemy reads.
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

realms = Table(
    "realms",
    metadata,
    Column("realm_id", Integer, primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("org_id", String(18), nullable=False),
    UniqueConstraint("mode", "org_id"),
    comment="One org in one mode. Whoever changes anything of a realm locks its row first.",
)

writes = Table(
    "writes",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("realm_id", ForeignKey(realms.c.realm_id), nullable=False),
    Column("sobject", String(16), nullable=False),
    Column("record_id", String(18), nullable=False),
    Column("field", String(64), nullable=False),
    Column("value", Text),
    Column("previous", Text),
    Column("action", String(32), nullable=False),
    Column("determination", String(32), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("inbox_source", Text, nullable=False),
    Column("sender", String(32), nullable=False),
    Column("evidence_at", UtcTime, nullable=False),
    Column("evidence_id", Text, nullable=False),
    Column("partition", String(10), nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("gate", String(64)),
    Column("attempts", Integer, nullable=False),
    Column("owner", String(32)),
    Column("lease_until", UtcTime),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("planned_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime, nullable=False),
    Column("reverts", String(32)),
    comment="Every write that was ever planned, and where it stands.",
)
Index(None, writes.c.realm_id, writes.c.partition)
Index(None, writes.c.realm_id, writes.c.record_id)
Index(None, writes.c.realm_id, writes.c.sender)
Index(None, writes.c.realm_id, writes.c.run_id)
_is_in_flight = writes.c.state.in_([state.value for state in IN_FLIGHT])
Index("ix_writes_in_flight", writes.c.realm_id, postgresql_where=_is_in_flight, sqlite_where=_is_in_flight)

heads = Table(
    "heads",
    metadata,
    Column("realm_id", ForeignKey(realms.c.realm_id), primary_key=True),
    Column("sobject", String(16), primary_key=True),
    Column("record_id", String(18), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("key", String(32), nullable=False),
    Column("value", Text),
    Column("evidence_at", UtcTime, nullable=False),
    Column("evidence_id", Text, nullable=False),
    comment="The newest evidence that a field was set by, and the value that it was given.",
)

unfinished_days = Table(
    "unfinished_days",
    metadata,
    Column("mode", String(16), primary_key=True),
    Column("partition", String(10), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("noted_at", UtcTime, nullable=False),
    comment="Days whose writes are not all settled, and why.",
)
