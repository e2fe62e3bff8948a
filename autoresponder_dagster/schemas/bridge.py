"""From a frame model to what Dagster and Parquet need: column schema, schema check, typed failure.

The pattern is: validate lazily, yield a check result with a masked table, then raise. Nothing is stored
and nothing is retried (https://docs.dagster.io/guides/test/asset-checks). A failure table names row,
column and check but never the value: event logs are kept and may be read by people who must not see it.
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd
import pandera.errors
import pyarrow as pa
from pandas.api.types import is_object_dtype

from autoresponder_dagster.schemas.base import FrameModel

SCHEMA_CHECK = "schema"
MAX_FAILURE_ROWS = 20


def table_schema(model: type[FrameModel]) -> dg.TableSchema:
    """Return the column schema that Dagster shows for an asset."""
    columns = []
    for name, column in model.to_schema().columns.items():
        constraints = dg.TableColumnConstraints(
            nullable=column.nullable, unique=column.unique, other=[str(check.name) for check in column.checks]
        )
        columns.append(dg.TableColumn(name=name, type=str(column.dtype), constraints=constraints))
    return dg.TableSchema(columns=columns)


def arrow_schema(frame: pd.DataFrame) -> pa.Schema:
    """Return the Parquet schema of a typed frame, so that empty and all-null columns keep their type."""
    fields = []
    for name, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.StringDtype):
            arrow_type = pa.string()
        elif isinstance(dtype, pd.DatetimeTZDtype):
            arrow_type = pa.timestamp(dtype.unit, tz="UTC")
        elif is_object_dtype(dtype):
            arrow_type = pa.binary()
        else:
            arrow_type = pa.from_numpy_dtype(getattr(dtype, "numpy_dtype", dtype))
        fields.append(pa.field(str(name), arrow_type))
    return pa.schema(fields)


def schema_failures(model: type[FrameModel], frame: pd.DataFrame) -> pd.DataFrame:
    """Validate lazily and return one row per violation, without the offending values.

    Returns:
        Columns ``row`` (position, null for a whole column), ``column`` and ``check``; empty when valid.
    """
    try:
        model.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        # A missing or surplus column is reported under the model's name, the column being the "value".
        whole = cases["check"].isin(["column_in_schema", "column_in_dataframe", "column_ordered"])
        failures = pd.DataFrame(
            {
                "row": cases["index"],
                "column": cases["column"].where(~whole, cases["failure_case"]),
                "check": cases["check"],
            }
        )
        return failures.astype({"column": str, "check": str}).drop_duplicates(ignore_index=True)
    return pd.DataFrame({"row": [], "column": [], "check": []})


class SchemaViolation(dg.Failure):
    """A frame broke its schema. Not retried: the same inputs would give the same frame."""

    def __init__(self, model: type[FrameModel], failures: pd.DataFrame) -> None:
        columns = ", ".join(sorted(failures["column"].unique()))
        super().__init__(
            description=(
                f"The frame does not satisfy {model.__name__}: {len(failures)} violation(s) in {columns}. "
                "Nothing was stored. The failed check 'schema' lists rows and checks; fix the input or the "
                "code and materialize the partition again."
            ),
            metadata={"failures": _failure_table(failures)},
            allow_retries=False,
        )


def _failure_table(failures: pd.DataFrame) -> dg.TableMetadataValue:
    schema = dg.TableSchema(
        columns=[
            dg.TableColumn("row", "string", description="Position in the frame; empty for a whole column."),
            dg.TableColumn("column", "string"),
            dg.TableColumn("check", "string"),
        ]
    )
    records = [
        dg.TableRecord({"row": "" if pd.isna(row) else str(row), "column": column, "check": check})
        for row, column, check in failures.head(MAX_FAILURE_ROWS).itertuples(index=False)
    ]
    return dg.MetadataValue.table(records=records, schema=schema)


def enforce(model: type[FrameModel], frame: pd.DataFrame) -> Iterator[dg.AssetCheckResult]:
    """Yield the schema check's result; then raise if the frame broke its schema.

    Raises:
        SchemaViolation: after the failing check result was taken by the caller.
    """
    failures = schema_failures(model, frame)
    metadata: dict[str, dg.MetadataValue] = {"violations": dg.MetadataValue.int(len(failures))}
    if len(failures):
        metadata["failures"] = _failure_table(failures)
    yield dg.AssetCheckResult(
        passed=failures.empty, check_name=SCHEMA_CHECK, severity=dg.AssetCheckSeverity.ERROR, metadata=metadata
    )
    if len(failures):
        raise SchemaViolation(model, failures)
