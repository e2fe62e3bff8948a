"""Tables for materialization metadata and check results."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg


def table(columns: Sequence[str], rows: Sequence[Mapping[Any, Any]]) -> dg.TableMetadataValue:
    """Return rows as a table of text, whose columns stand in the given order also where there is no row."""
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns])
    # ``str`` of each cell: pandas 2 keeps an enum's member where its value was put into a text column.
    records = [dg.TableRecord({name: str(row[name]) for name in columns}) for row in rows]
    return dg.MetadataValue.table(records=records, schema=schema)
