from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from autoresponder_dagster.clients.columns import (
    DAY,
    FLAG,
    KEY,
    TEXT,
    UTC_TIME,
    VERBATIM,
    ColumnKind,
    InvalidCellError,
    MissingColumnsError,
    typed_columns,
)

BERLIN = timezone(timedelta(hours=2))
NAIVE = datetime(2026, 3, 31, 23, 59)  # noqa: DTZ001 - what many databases hand out


def read(kind: ColumnKind, *cells):
    return typed_columns(pd.DataFrame({"x": pd.Series(cells, dtype=object)}), {"x": kind})["x"]


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (TEXT, " Jane  Doe ", "Jane  Doe"),
        (TEXT, "00123", "00123"),
        (TEXT, 123, "123"),
        (TEXT, 123.0, "123"),
        (TEXT, 1.5, "1.5"),
        (TEXT, Decimal("123.00"), "123"),
        (TEXT, Decimal(12345678901234567890123456789012345), "12345678901234567890123456789012345"),
        (TEXT, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (VERBATIM, " as it is\r\n", " as it is\r\n"),
        (FLAG, True, True),
        (FLAG, 0, False),
        (FLAG, Decimal(1), True),
        (FLAG, "TRUE", True),
        (FLAG, "false", False),
        (FLAG, "Y", True),
        (DAY, "2026-03-31", "2026-03-31"),
        (DAY, date(2026, 3, 31), "2026-03-31"),
        (DAY, NAIVE, "2026-03-31"),
        (DAY, datetime(2026, 4, 1, 1, 0, tzinfo=BERLIN), "2026-03-31"),
        (UTC_TIME, "2026-03-31T08:15:00Z", datetime(2026, 3, 31, 8, 15, tzinfo=UTC)),
        (UTC_TIME, "2026-03-31 08:15:00.000123", datetime(2026, 3, 31, 8, 15, 0, 123, tzinfo=UTC)),
        (UTC_TIME, NAIVE, NAIVE.replace(tzinfo=UTC)),
        (UTC_TIME, datetime(2026, 3, 31, 8, 15, tzinfo=BERLIN), datetime(2026, 3, 31, 6, 15, tzinfo=UTC)),
        (UTC_TIME, date(2026, 3, 31), datetime(2026, 3, 31, tzinfo=UTC)),
    ],
)
def test_a_cell_is_read_as_its_kind(kind, cell, value):
    column = read(kind, cell, None)

    assert column[0] == value
    assert pd.isna(column[1])
    assert column.dtype == pd.Series([], dtype=kind.dtype).dtype


@pytest.mark.parametrize("null", [None, pd.NA, pd.NaT, np.nan, float("nan")])
@pytest.mark.parametrize("kind", [TEXT, FLAG, DAY, UTC_TIME])
def test_every_null_is_null(kind, null):
    assert read(kind, null).isna().all()


def test_empty_text_is_null():
    assert read(TEXT, "", "   ").isna().all()


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (FLAG, "maybe"),
        (FLAG, 2),
        (DAY, "31.03.2026"),
        (DAY, "2026-02-30"),
        (UTC_TIME, "yesterday"),
        (TEXT, b"\x00\x01"),
        (KEY, "  "),
        (KEY, None),
    ],
)
def test_a_cell_of_another_kind_is_an_error_that_does_not_repeat_it(kind, cell):
    with pytest.raises(InvalidCellError) as error:
        read(kind, "1" if kind in (FLAG, KEY, TEXT) else "2026-01-01", cell)

    assert "column x, data row 2" in str(error.value)
    assert str(cell).strip() not in str(error.value) or not str(cell).strip() or cell == 2 or cell is None


def test_missing_columns_are_named_together():
    with pytest.raises(MissingColumnsError, match="columns b, c missing"):
        typed_columns(pd.DataFrame({"a": ["1"]}), {"a": TEXT, "b": TEXT, "c": TEXT})


def test_an_optional_column_may_be_missing():
    frame = typed_columns(pd.DataFrame({"a": ["1"], "z": ["dropped"]}), {"a": TEXT, "b": UTC_TIME}, optional=["b"])

    assert list(frame.columns) == ["a", "b"]
    assert frame["b"].isna().all()
    assert str(frame["b"].dtype) == UTC_TIME.dtype
