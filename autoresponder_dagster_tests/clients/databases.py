"""Filling the real databases of the tests."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import NullPool, create_engine, text


def execute(url: str, *statements: str) -> None:
    """Run statements and commit."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def insert(url: str, table: str, *rows: Mapping[str, Any]) -> None:
    """Insert rows of the same columns."""
    columns = ", ".join(rows[0])
    values = ", ".join(f":{column}" for column in rows[0])
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), [dict(row) for row in rows])
