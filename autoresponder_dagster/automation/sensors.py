"""The sensor that completes what was left undone, once Salesforce is well again.

Does not belong here: what is left undone (``ledger/``), when Salesforce is well (``clients/``).
https://docs.dagster.io/guides/automate/sensors
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from autoresponder_dagster.automation.jobs import daily_hygiene
from autoresponder_dagster.clients.salesforce.connect import check_org
from autoresponder_dagster.ledger import UnfinishedDay
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster.writing.execution import HELD

REST = timedelta(minutes=15)
"""So long a day is left alone after its last run: whatever was wrong may pass, and the run may still go on."""

_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(
    name="unfinished_days_sensor",
    job=daily_hygiene,
    minimum_interval_seconds=int(REST.total_seconds()),
    default_status=dg.DefaultSensorStatus.STOPPED,
    required_resource_keys={"ledger"},
    description=(
        "Runs live days again whose writes were deferred, interrupted or planned without Salesforce, when Salesforce "
        "answers and has API calls to spare. Not days that a limit holds back: a person looks first. Stopped until an "
        "operator starts it."
    ),
)
def unfinished_days_sensor(
    context: dg.SensorEvaluationContext,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for a run of every live day that is unfinished, has rested, and that no run is at."""
    with context.resources.ledger.deployment() as database:
        days = database.unfinished(Mode.LIVE)
    now = datetime.now(UTC)
    due = [day for day in days if day.reason != HELD and now - day.noted_at >= REST and not _is_under_way(context, day)]
    if not due:
        yield dg.SkipReason(f"{len(days)} live day(s) are unfinished; none of them is to be run now.")
        return
    hindrance = _hindrance()
    if hindrance is not None:
        yield dg.SkipReason(f"{len(due)} day(s) wait for Salesforce. {hindrance}")
        return
    for day in due:
        yield dg.RunRequest(
            # Once for each note and hour: a run that ends before it can write a new note is tried again.
            run_key=f"{day.partition}/{day.noted_at.isoformat()}/{now:%Y-%m-%dT%H}",
            partition_key=day.partition,
            run_config=_config_of(context, day),
            tags={"autoresponder/unfinished": day.reason},
        )


def _is_under_way(context: dg.SensorEvaluationContext, day: UnfinishedDay) -> bool:
    runs = dg.RunsFilter(tags={"dagster/partition": day.partition}, statuses=_UNDER_WAY)
    return bool(context.instance.get_runs(runs, limit=1))


def _hindrance() -> str | None:
    """Say what keeps Salesforce from being written now; None where nothing does."""
    errors = check_org(Mode.LIVE).errors
    return " ".join(f"{error.check}: {error.found}. {error.cure}" for error in errors) or None


def _config_of(context: dg.SensorEvaluationContext, day: UnfinishedDay) -> dict[str, object]:
    """Return the run config of the day's last run, so that it is repeated with the same switches."""
    run = context.instance.get_run_by_id(day.run_id)
    if run is not None:
        return dict(run.run_config)
    return {"resources": {"run_mode": {"config": {"mode": Mode.LIVE.value}}}}
