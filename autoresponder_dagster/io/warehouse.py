"""The warehouse: one Parquet file per asset and day, kept apart by mode.

``<base>/<label>/<asset>/<YYYY-MM-DD>.parquet``. The label is made of the effective modes of a run, so
that frames of a mock and of a live run can never meet (rules.md §2).
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from autoresponder_dagster.errors import MissingPartitionError
from autoresponder_dagster.files import write_atomically
from autoresponder_dagster.schemas.bridge import arrow_schema


def to_parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Render a typed frame as Parquet: the same frame gives the same bytes."""
    table = pa.Table.from_pandas(frame, schema=arrow_schema(frame), preserve_index=False)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


class Warehouse:
    """Frames by asset and day under one base folder and one label."""

    def __init__(self, base: Path, label: str) -> None:
        self.folder = base / label
        self.label = label

    def path(self, asset: str, partition: str) -> Path:
        """Return where an asset's frame of a day is kept."""
        return self.folder / asset / f"{partition}.parquet"

    def write(self, asset: str, partition: str, frame: pd.DataFrame) -> Path:
        """Store a typed frame whole, replacing the day's previous one."""
        path = self.path(asset, partition)
        write_atomically(path, to_parquet_bytes(frame))
        return path

    def read(self, asset: str, partition: str) -> pd.DataFrame:
        """Load a frame as it was stored.

        Raises:
            MissingPartitionError: the asset was never materialized for that day under this label.
        """
        path = self.path(asset, partition)
        if not path.exists():
            raise MissingPartitionError(asset, partition, self.label)
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
        return frame

    def values_before(self, asset: str, column: str, partition: str) -> set[str]:
        """Return the values that a column holds in all earlier days of an asset."""
        earlier = sorted(path for path in (self.folder / asset).glob("*.parquet") if path.stem < partition)
        values: set[str] = set()
        for path in earlier:
            values.update(pq.read_table(path, columns=[column]).column(column).to_pylist())
        return values


def stored_frames(base: Path, asset: str, partition: str) -> list[pd.DataFrame]:
    """Return what is stored of an asset's day, under whatever label."""
    return [pq.read_table(path).to_pandas() for path in sorted(base.glob(f"*/{asset}/{partition}.parquet"))]
