"""Every frame model accepts its typed frames and rejects a frame that breaks it."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from autoresponder_dagster import schemas
from autoresponder_dagster.schemas.base import FrameModel
from autoresponder_dagster.schemas.bridge import arrow_schema, schema_failures, table_schema

MODELS: list[type[FrameModel]] = [getattr(schemas, name) for name in schemas.__all__]


def sample_value(model: type[FrameModel], name: str) -> Any:
    """A value that satisfies a column's checks."""
    column = model.to_schema().columns[name]
    for check in column.checks:
        if check.name == "isin":
            return min(check.statistics["allowed_values"])
        if check.name == "str_matches":
            pattern = check.statistics["pattern"]
            candidates = ["2026-11-09", "en", "N02", "a" * 64, "jane@example.com", "text"]
            return next(value for value in candidates if pd.Series([value]).str.match(pattern).all())
    kinds: dict[str, Any] = {
        "datetime64[us, UTC]": pd.Timestamp("2026-11-09T10:00:00Z"),
        "boolean": True,
        "Int64": 1,
        "float64": 0.5,
        "object": b"raw",
    }
    return kinds.get(str(column.dtype), "text")


def sample_frame(model: type[FrameModel]) -> pd.DataFrame:
    return model.from_rows([{name: sample_value(model, name) for name in model.columns()}])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_accepts_a_full_row_and_a_quiet_day(model: type[FrameModel]) -> None:
    assert schema_failures(model, sample_frame(model)).empty
    assert schema_failures(model, model.from_rows([])).empty


def _without_first_column(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:, 1:]


def _with_stranger(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(stranger="x")


def _in_other_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:, ::-1]


def _as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{frame.columns[0]: 1})


def _with_null(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{frame.columns[0]: pd.Series([None], dtype=frame.dtypes.iloc[0])})


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("spoil", [_without_first_column, _with_stranger, _in_other_order, _as_numbers, _with_null])
def test_rejects_a_bad_frame(model: type[FrameModel], spoil: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    assert not schema_failures(model, spoil(sample_frame(model))).empty


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_rejects_a_value_outside_each_check(model: type[FrameModel]) -> None:
    bad = {"isin": "no such value", "str_matches": "\x01", "greater_than_or_equal_to": -1, "less_than_or_equal_to": 99}
    spoiled = 0
    for name, column in model.to_schema().columns.items():
        for check in column.checks:
            if check.name in bad:
                frame = sample_frame(model)
                frame[name] = pd.Series([bad[check.name]], dtype=frame[name].dtype)
                failures = schema_failures(model, frame)
                assert name in failures["column"].tolist(), f"{name} accepts {bad[check.name]!r}"
                spoiled += 1
    assert spoiled or model in {schemas.InactiveNewOrg, schemas.EmailUpdateRequest, schemas.Undeliverable}


def test_failures_never_hold_the_value() -> None:
    frame = sample_frame(schemas.SuppressionRow).assign(
        email_address=pd.Series(["=cmd@secret.example"], dtype="string")
    )
    failures = schema_failures(schemas.SuppressionRow, frame)
    assert "email_address" in failures["column"].tolist()
    assert "secret" not in failures.to_csv()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_column_and_arrow_schemas_name_every_column(model: type[FrameModel]) -> None:
    assert [column.name for column in table_schema(model).columns] == model.columns()
    assert arrow_schema(model.from_rows([])).names == model.columns()
    assert arrow_schema(model.from_rows([])).equals(arrow_schema(sample_frame(model)))
