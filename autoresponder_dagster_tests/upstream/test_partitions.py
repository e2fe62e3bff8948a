"""How days behave.

Rests on it: the single daily partitions definition (docs/adr/0001), the schedule, and one day per run.
"""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.errors import DagsterInvalidDefinitionError, DagsterUnknownPartitionError

daily = dg.DailyPartitionsDefinition("2026-01-01", timezone="UTC")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        ("2026-01-02T00:00:00", "2026-01-01"),
        ("2026-01-02T23:59:59", "2026-01-01"),
        ("2026-01-03T00:00:00", "2026-01-02"),
    ],
)
def test_a_day_exists_once_it_has_ended(now, newest):
    with dg.partition_loading_context(effective_dt=utc(now)):
        assert daily.get_last_partition_key() == newest


def test_a_run_for_a_day_that_has_not_ended_is_refused():
    @dg.asset(partitions_def=daily)
    def frame() -> None: ...

    today = datetime.now(UTC).date().isoformat()

    with pytest.raises(DagsterUnknownPartitionError):
        dg.materialize([frame], partition_key=today)


def test_the_schedule_of_a_partitioned_job_asks_for_the_day_before():
    @dg.asset(partitions_def=daily)
    def frame() -> None: ...

    job = dg.define_asset_job("job", selection="*")
    schedule = dg.build_schedule_from_partitioned_job(job, hour_of_day=6)
    definitions = dg.Definitions([frame], jobs=[job], schedules=[schedule])
    context = dg.build_schedule_context(
        scheduled_execution_time=utc("2026-01-05T06:00:00"), repository_def=definitions.get_repository_def()
    )

    (request,) = definitions.resolve_schedule_def("job_schedule").evaluate_tick(context).run_requests

    assert request.partition_key == "2026-01-04"


def test_a_second_kind_of_partition_breaks_a_job_over_the_whole_graph():
    @dg.asset(partitions_def=daily)
    def by_day() -> None: ...

    @dg.asset(
        partitions_def=dg.MultiPartitionsDefinition(
            {"day": daily, "reason": dg.StaticPartitionsDefinition(["CONFLICT", "STALE"])}
        )
    )
    def by_day_and_reason() -> None: ...

    definitions = dg.Definitions([by_day, by_day_and_reason], jobs=[dg.define_asset_job("everything", "*")])

    with pytest.raises(DagsterInvalidDefinitionError) as failure:
        definitions.resolve_job_def("everything")
    assert "must have the same partitions" in str(failure.value.__cause__)


def test_a_check_has_a_partition_only_where_it_declares_one():
    @dg.asset(
        partitions_def=daily,
        check_specs=[
            dg.AssetCheckSpec("declared", asset="frame", partitions_def=daily),
            dg.AssetCheckSpec("undeclared", asset="frame"),
        ],
    )
    def frame():
        yield dg.Output(None)
        yield dg.AssetCheckResult(passed=True, check_name="declared")
        yield dg.AssetCheckResult(passed=True, check_name="undeclared")

    result = dg.materialize([frame], partition_key="2026-01-01")

    partitions = {check.check_name: check.partition for check in result.get_asset_check_evaluations()}
    assert partitions == {"declared": "2026-01-01", "undeclared": None}


def test_in_a_run_over_several_days_metadata_is_stamped_on_every_day():
    @dg.asset(partitions_def=daily, backfill_policy=dg.BackfillPolicy.single_run())
    def frame(context: dg.AssetExecutionContext) -> None:
        context.add_output_metadata({"rows": len(context.partition_keys)})
        context.add_asset_metadata({"own": 1}, partition_key="2026-01-02")

    result = dg.materialize(
        [frame],
        tags={"dagster/asset_partition_range_start": "2026-01-01", "dagster/asset_partition_range_end": "2026-01-03"},
    )

    by_day = {event.partition: event.materialization.metadata for event in result.get_asset_materialization_events()}
    assert {day: metadata["rows"].value for day, metadata in by_day.items()} == dict.fromkeys(by_day, 3)
    assert [day for day, metadata in by_day.items() if "own" in metadata] == ["2026-01-02"]
