"""What every asset does with a frame that breaks its schema, a range of days, and an error for operators."""

from pathlib import Path

import dagster as dg

from autoresponder_dagster.assets.frame_asset import Materialized, csv_file, frame_asset
from autoresponder_dagster.build import build_resources
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.schemas import InactiveNewOrg

DAY = "2026-11-09"
SECRET = "jane.doe@northfield.example"


@frame_asset(model=InactiveNewOrg, group="test", kinds={"pandas"}, files=csv_file("people.csv"))
def people(context: dg.AssetExecutionContext) -> Materialized:
    """People of a test."""
    return Materialized(InactiveNewOrg.from_rows([{"email": SECRET}]), {"said": "so"})


@frame_asset(model=InactiveNewOrg, group="test", kinds={"pandas"}, files=csv_file("twice.csv"))
def twice(context: dg.AssetExecutionContext) -> Materialized:
    """The same person twice, which the schema forbids."""
    return Materialized(InactiveNewOrg.from_rows([{"email": SECRET}, {"email": SECRET}]))


@frame_asset(model=InactiveNewOrg, group="test", kinds={"pandas"})
def failing(context: dg.AssetExecutionContext) -> Materialized:
    """An asset whose source does not answer."""
    raise LookupFailedError("The database did not answer.")


def materialize(asset: dg.AssetsDefinition, tmp_path: Path, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [asset],
        partition_key=DAY,
        instance=instance,
        raise_on_error=False,
        resources=build_resources(),
        run_config={
            "resources": {
                "storage": {
                    "config": {"warehouse_dir": str(tmp_path / "warehouse"), "output_dir": str(tmp_path / "output")}
                }
            },
        },
    )


def test_a_good_frame_is_stored_and_described(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    result = materialize(people, tmp_path, instance)
    assert result.success
    assert (tmp_path / "warehouse" / "mock" / "people" / f"{DAY}.parquet").exists()
    assert (tmp_path / "output" / "mock" / DAY / "people.csv").exists()
    [event] = result.asset_materializations_for_node("people")
    assert event.metadata["dagster/row_count"].value == 1
    assert event.metadata["modes"].value == "mock"
    assert event.metadata["said"].value == "so"
    assert SECRET not in str(event.metadata), "metadata is kept for ever and holds no address"


def test_a_bad_frame_is_shown_and_stores_nothing(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    result = materialize(twice, tmp_path, instance)
    assert not result.success
    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.partition == DAY
    table = check.metadata["failures"].records
    assert {(record.data["column"], record.data["check"]) for record in table} == {("email", "field_uniqueness")}
    assert SECRET not in str(table)
    assert result.asset_materializations_for_node("twice") == []
    assert list(tmp_path.rglob("*")) == []
    failure = result.failure_data_for_node("twice").user_failure_data
    assert "InactiveNewOrg" in failure.description
    assert failure.metadata["failures"].records


def test_an_error_for_operators_is_the_failure_and_is_not_retried(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    result = materialize(failing, tmp_path, instance)
    data = result.failure_data_for_node("failing")
    assert data.user_failure_data.description == "The database did not answer."
    assert data.user_failure_data.label == "intentional-failure"


def test_a_range_of_days_in_one_run_is_refused_in_plain_words(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    result = dg.materialize(
        [people],
        instance=instance,
        raise_on_error=False,
        resources=build_resources(),
        tags={"dagster/asset_partition_range_start": "2026-11-09", "dagster/asset_partition_range_end": "2026-11-10"},
    )
    assert "one run per day" in result.failure_data_for_node("people").user_failure_data.description
