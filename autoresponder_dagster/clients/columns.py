"""From what a store holds to the dtypes of the frames: one parser per kind of column.

Belongs here: the kinds of columns of SQL results and fixture files, and the errors of cells that are not of
their kind. Does not belong here: reading (``sql.py``, ``fixtures.py``) or the columns of one system.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pandas as pd

from autoresponder_dagster.errors import AutoResponderError


class MissingColumnsError(AutoResponderError):
    """Declared columns are absent; whoever reads the store turns this into an error that says where."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        super().__init__(f"column{'s' if len(columns) > 1 else ''} {', '.join(columns)} missing")


class InvalidCellError(AutoResponderError):
    """A cell is not of its column's kind. The value itself is not repeated: it may be personal."""

    def __init__(self, column: str, row: int, expected: str) -> None:
        self.column = column
        self.row = row
        super().__init__(f"column {column}, data row {row}: expected {expected}")


@dataclass(frozen=True)
class ColumnKind:
    """How the cells of a column are read.

    Attributes:
        dtype: pandas dtype of the column in the frame.
        parse: returns the value of one cell; raises ``ValueError`` or ``TypeError`` where it is not of this kind.
        expected: what a cell must be, in words.
        nullable: whether a cell may be empty.
    """

    dtype: str
    parse: Callable[[Any], Any]
    expected: str
    nullable: bool = True


Layout = Mapping[str, ColumnKind]
"""The columns of a table that are read, in the order of the frame."""


def parse_text(cell: Any) -> str | None:
    """Return a cell as text: trimmed, null where empty; a whole number without decimals (an id stays an id)."""
    if isinstance(cell, bytes | bytearray | memoryview):
        raise TypeError("binary")
    if isinstance(cell, float | Decimal) and cell == int(cell):
        cell = int(cell)
    return str(cell).strip() or None


def parse_verbatim(cell: Any) -> str:
    """Return a cell as text, unchanged (the body of a message)."""
    return str(cell)


_FLAGS = {"true": True, "t": True, "yes": True, "y": True, "1": True}
_FLAGS |= {"false": False, "f": False, "no": False, "n": False, "0": False}


def parse_flag(cell: Any) -> bool:
    """Return a boolean from a database's boolean, bit or number, or from ``true`` and ``false`` in a file."""
    try:
        return _FLAGS[str(parse_text(cell)).lower()]
    except KeyError:
        raise ValueError("not a flag") from None


def parse_utc(cell: Any) -> datetime:
    """Return a moment in UTC; one without a zone is UTC already, a day is its midnight."""
    if isinstance(cell, datetime):
        moment = cell
    elif isinstance(cell, date):
        moment = datetime.combine(cell, time.min)
    else:
        moment = datetime.fromisoformat(str(cell).strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_day(cell: Any) -> str:
    """Return an ISO 8601 day; of a moment, the day in UTC."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.isoformat()
    return parse_utc(cell).date().isoformat()


TEXT = ColumnKind("string", parse_text, "text")
VERBATIM = ColumnKind("string", parse_verbatim, "text")
FLAG = ColumnKind("boolean", parse_flag, "true or false")
DAY = ColumnKind("string", parse_day, "a day in ISO 8601, such as 2026-03-31")
UTC_TIME = ColumnKind("datetime64[us, UTC]", parse_utc, "a time in ISO 8601, such as 2026-03-31T08:15:00Z")
KEY = replace(TEXT, expected="an identifier, never empty", nullable=False)


def typed_columns(rows: pd.DataFrame, layout: Layout, optional: Collection[str] = ()) -> pd.DataFrame:
    """Return the columns of a layout, in its order and with its dtypes; further columns are dropped.

    Args:
        rows: cells as a store handed them out.
        layout: the columns wanted.
        optional: those of them that ``rows`` may lack; they are then null.

    Raises:
        MissingColumnsError: ``rows`` lacks other columns of the layout.
        InvalidCellError: a cell is not of its column's kind.
    """
    missing = [name for name in layout if name not in rows.columns]
    if not set(missing) <= set(optional):
        raise MissingColumnsError([name for name in missing if name not in optional])
    rows = rows.assign(**dict.fromkeys(missing))
    return pd.DataFrame({name: _typed_column(rows[name], kind) for name, kind in layout.items()})


def _typed_column(cells: pd.Series, kind: ColumnKind) -> pd.Series:
    # Cell by cell: a database hands out Python objects of whatever type its driver chose.
    values = []
    for row, cell in enumerate(cells, start=1):
        try:
            value = None if _is_null(cell) else kind.parse(cell)
        except (TypeError, ValueError, ArithmeticError):
            raise InvalidCellError(str(cells.name), row, kind.expected) from None
        if value is None and not kind.nullable:
            raise InvalidCellError(str(cells.name), row, kind.expected)
        values.append(value)
    return pd.Series(values, dtype=kind.dtype)


def _is_null(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))
