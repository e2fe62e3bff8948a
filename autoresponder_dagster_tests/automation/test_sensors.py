"""Which days the sensor runs again, and when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from sqlalchemy import update

from autoresponder_dagster import definitions
from autoresponder_dagster.automation.sensors import REST, unfinished_days_sensor
from autoresponder_dagster.ledger.tables import unfinished_days
from autoresponder_dagster.resources.ledger import Ledger
from autoresponder_dagster.resources.modes import RunMode
from autoresponder_dagster.resources.systems import Salesforce
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.emulators.salesforce.app import SalesforceEmulator

MONDAY, TUESDAY = "2026-01-05", "2026-01-06"
LIVE_CONFIG = {"resources": {"run_mode": {"config": {"mode": "live"}}}}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(salesforce=Salesforce(run_mode=RunMode()), path=str(tmp_path / "ledger.db"))


@pytest.fixture
def note(ledger: Ledger) -> Callable[..., None]:
    def note(partition: str, reason: str, *, mode: Mode = Mode.LIVE, age: timedelta = REST, run_id: str = "") -> None:
        with ledger.deployment() as database:
            database.note_unfinished(mode, partition, reason, run_id)
            with database.writing() as connection:
                row = unfinished_days.c.partition == partition
                connection.execute(update(unfinished_days).where(row).values(noted_at=datetime.now(UTC) - age))

    return note


@pytest.fixture
def armed(monkeypatch: pytest.MonkeyPatch, salesforce_org: SalesforceEmulator) -> SalesforceEmulator:
    monkeypatch.setenv("AUTORESPONDER_ALLOW_LIVE", "1")
    return salesforce_org


def tick(instance: dg.DagsterInstance, ledger: Ledger) -> Any:
    repository = definitions.defs.get_repository_def()
    with dg.build_sensor_context(instance=instance, resources={"ledger": ledger}, repository_def=repository) as context:
        return unfinished_days_sensor.evaluate_tick(context)


def days(instance: dg.DagsterInstance, ledger: Ledger) -> list[str]:
    return [str(request.partition_key) for request in tick(instance, ledger).run_requests or []]


def test_it_is_stopped_until_somebody_starts_it() -> None:
    assert unfinished_days_sensor.default_status is dg.DefaultSensorStatus.STOPPED


def test_unfinished_live_days_are_run_again_when_salesforce_is_well(
    instance: dg.DagsterInstance, ledger: Ledger, note: Callable[..., None], armed: SalesforceEmulator
) -> None:
    note(MONDAY, "deferred")
    note(TUESDAY, "degraded")
    note("2026-01-07", "held")
    note("2026-01-08", "deferred", mode=Mode.READ_ONLY)
    note("2026-01-09", "interrupted", age=REST / 2)
    requests = tick(instance, ledger).run_requests
    assert [(request.partition_key, request.run_config) for request in requests] == [
        (MONDAY, LIVE_CONFIG),
        (TUESDAY, LIVE_CONFIG),
    ]


def test_a_day_is_run_again_as_it_was_run(
    instance: dg.DagsterInstance, ledger: Ledger, note: Callable[..., None], armed: SalesforceEmulator
) -> None:
    config = {"resources": {"policy": {"config": {"min_write_confidence": 0.9}}, **LIVE_CONFIG["resources"]}}
    job = definitions.defs.resolve_job_def("daily_hygiene")
    run = instance.create_run_for_job(job, run_config=config, tags={"dagster/partition": MONDAY})
    instance.report_run_failed(run)
    note(MONDAY, "deferred", run_id=run.run_id)
    [request] = tick(instance, ledger).run_requests
    assert request.run_config == config


def test_a_day_at_which_a_run_is_is_left_to_it(
    instance: dg.DagsterInstance, ledger: Ledger, note: Callable[..., None], armed: SalesforceEmulator
) -> None:
    note(MONDAY, "interrupted")
    note(TUESDAY, "interrupted")
    job = definitions.defs.resolve_job_def("daily_hygiene")
    instance.create_run_for_job(job, run_config=LIVE_CONFIG, tags={"dagster/partition": MONDAY})
    assert days(instance, ledger) == [TUESDAY]


def test_nothing_is_asked_of_salesforce_while_nothing_waits(
    instance: dg.DagsterInstance, ledger: Ledger, armed: SalesforceEmulator
) -> None:
    assert days(instance, ledger) == []
    assert armed.journal == []


@pytest.mark.parametrize("hindrance", ["unarmed", "down", "used up"])
def test_days_wait_while_salesforce_cannot_be_written(
    instance: dg.DagsterInstance,
    ledger: Ledger,
    note: Callable[..., None],
    armed: SalesforceEmulator,
    monkeypatch: pytest.MonkeyPatch,
    hindrance: str,
) -> None:
    note(MONDAY, "deferred")
    if hindrance == "unarmed":
        monkeypatch.delenv("AUTORESPONDER_ALLOW_LIVE")
    elif hindrance == "down":
        monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "wrong")
    else:
        armed.api_calls = armed.daily_limit - 100  # Others have used them up.
    skipped = tick(instance, ledger)
    assert not skipped.run_requests
    assert "1 day(s) wait for Salesforce" in str(skipped.skip_message)


def test_the_lease_is_shorter_than_a_killed_run_holds_its_place() -> None:
    settings = yaml.safe_load((Path(__file__).parents[2] / "dagster.yaml").read_text("utf-8"))
    held = settings["run_monitoring"]["free_slots_after_run_end_seconds"]
    assert Ledger.model_fields["lease_seconds"].default < held
