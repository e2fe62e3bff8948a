"""What every frame model shares: strictness, dtypes and typed construction.

Dtypes are the nullable ones that pandas 2.2 and 3.x have in common. A day is an ISO 8601 date in a
string column (``DAY``), because a frame's days are compared, sorted and printed, never computed with.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

import pandas as pd
import pandera.pandas as pa

if TYPE_CHECKING:
    from pandera.typing import DataFrame

    # On the class a column is its name: ``frame[UnifiedContact.email]``.
    Text: TypeAlias = str
    Flag: TypeAlias = str
    Count: TypeAlias = str
    Number: TypeAlias = str
    UtcTime: TypeAlias = str
    Binary: TypeAlias = str
else:
    Text = pd.StringDtype
    Flag = pd.BooleanDtype
    Count = pd.Int64Dtype
    Number = float
    UtcTime = pd.DatetimeTZDtype
    Binary = object

UTC_KWARGS = {"unit": "us", "tz": "UTC"}
DAY = r"^\d{4}-\d{2}-\d{2}$"
NO_CONTROL_CHARACTERS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


def required(**checks: Any) -> Any:
    """Declare a column without nulls."""
    return pa.Field(nullable=False, **checks)


def optional(**checks: Any) -> Any:
    """Declare a column whose cells may be null (the column itself is always there)."""
    return pa.Field(nullable=True, **checks)


def utc(*, nullable: bool = False) -> Any:
    """Declare a column of UTC times with microseconds."""
    return pa.Field(nullable=nullable, dtype_kwargs=UTC_KWARGS)


def one_of(values: Iterable[str], *, nullable: bool = False) -> Any:
    """Declare a column that holds only the values of an enum."""
    return pa.Field(nullable=nullable, isin=[str(value) for value in values])


def to_rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of a frame as plain mappings, a null as None: what ``FrameModel.from_rows`` takes."""
    # Column by column: many times faster than the rows of a frame.
    names = list(frame.columns)
    for row in zip(*(_cells(frame[name]) for name in names), strict=True):
        yield dict(zip(names, row, strict=True))


def _cells(column: "pd.Series[Any]") -> list[Any]:
    cells = column.to_numpy(dtype="object", copy=True)
    cells[column.isna().to_numpy()] = None
    return list(cells)


def _pandas_dtype(dtype: Any) -> Any:
    """Return the dtype to store: text is always the NA-valued string dtype, on pandas 2 and 3 alike."""
    return "string" if isinstance(dtype, pd.StringDtype) else dtype


class FrameModel(pa.DataFrameModel):
    """A frame of this house: exactly the declared columns, in their order, with their dtypes."""

    class Config:
        strict = True
        ordered = True

    @classmethod
    def columns(cls) -> list[str]:
        """Names of the columns, in order."""
        return list(cls.to_schema().columns)

    @classmethod
    def typed(cls, frame: pd.DataFrame) -> "DataFrame[Self]":
        """Select this model's columns in order and cast them, without checking the values.

        A declared column that ``frame`` lacks is added as nulls; further columns are dropped.

        Raises:
            TypeError, ValueError: a cell cannot be cast to its column's dtype.
        """
        columns = {}
        for name, column in cls.to_schema().columns.items():
            dtype = _pandas_dtype(column.dtype.type)
            if name in frame.columns:
                columns[name] = frame[name].astype(dtype)
            else:
                columns[name] = pd.Series([None] * len(frame), index=frame.index, dtype=dtype)
        return cast("DataFrame[Self]", pd.DataFrame(columns, index=frame.index).reset_index(drop=True))

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> "DataFrame[Self]":
        """Build a typed frame from row mappings; no rows give the typed empty frame."""
        frame = pd.DataFrame.from_records(list(rows), columns=cls.columns())
        return cls.typed(frame)
