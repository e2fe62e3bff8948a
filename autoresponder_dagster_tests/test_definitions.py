"""The shape of the graph: keys, groups, partitions, dependencies, jobs and the schedule."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from syrupy.assertion import SnapshotAssertion

from autoresponder_dagster import definitions
from autoresponder_dagster.automation.partitions import daily
from autoresponder_dagster.schemas.bridge import SCHEMA_CHECK

NO_OUTSIDE_SYSTEM = {"unified_contacts", "determinations", "sender_determinations", "salesforce_write_plan"}
OUTSIDE = {"email_repository", "salesforce", "multipub", "cupola", "notifier"}


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    return definitions.defs.resolve_asset_graph()


def test_shape(graph: AssetGraph, snapshot: SnapshotAssertion) -> None:
    shape = {
        key.to_user_string(): {
            "group": graph.get(key).group_name,
            "kinds": sorted(graph.get(key).kinds),
            "owners": sorted(graph.get(key).owners),
            "upstream": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
            "checks": sorted(check.name for check in graph.get(key).check_keys),
        }
        for key in sorted(graph.get_all_asset_keys())
    }
    assert shape == snapshot


def test_every_asset_is_complete(graph: AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.partitions_def == daily, key
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key
        assert "dagster/column_schema" in node.metadata, key
        assert SCHEMA_CHECK in {check.name for check in node.check_keys}, key


def test_every_check_belongs_to_a_day(graph: AssetGraph) -> None:
    assert graph.asset_check_keys
    assert all(graph.get(key).partitions_def == daily for key in graph.asset_check_keys)


def test_rebuild_decisions_touches_no_outside_system() -> None:
    rebuild = definitions.defs.resolve_job_def("rebuild_decisions")
    selected = {key.to_user_string() for key in rebuild.asset_layer.selected_asset_keys}
    assert selected >= NO_OUTSIDE_SYSTEM
    for key in rebuild.asset_layer.selected_asset_keys:
        node = definitions.defs.resolve_assets_def(key)
        assert not OUTSIDE & {*node.node_def.required_resource_keys}, key


def test_the_schedule_is_stopped_and_asks_for_the_day_that_ended() -> None:
    schedule = definitions.defs.resolve_schedule_def("daily_hygiene_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    tick = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 10, 6, tzinfo=UTC))
    [request] = schedule.evaluate_tick(tick).run_requests or []
    assert request.partition_key == "2026-11-09"


def test_steps_run_in_one_process() -> None:
    assert definitions.defs.resolve_job_def("daily_hygiene").executor_def is dg.in_process_executor
