"""A preview of a frame for materialization metadata, without personal text."""

import dagster as dg
import pandas as pd

from autoresponder_dagster.reporting.tables import table
from autoresponder_dagster.schemas.base import FrameModel

PREVIEW_ROWS = 5


def preview(model: type[FrameModel], frame: pd.DataFrame) -> dg.TableMetadataValue:
    """Return the first rows, restricted to columns that cannot hold personal text.

    Shown are closed vocabularies, flags, counts, numbers and times; names, addresses and evidence are not.
    """
    shown = [
        name
        for name, column in model.to_schema().columns.items()
        if any(check.name == "isin" for check in column.checks)
        or not (isinstance(frame[name].dtype, pd.StringDtype) or frame[name].dtype == object)
    ]
    rows = frame[shown].head(PREVIEW_ROWS).astype("string").fillna("")
    return table(shown, rows.to_dict("records"))
