"""The plan of changes to Salesforce, and their execution.

The plan is the preview: materialize it alone to see what a run would write.
"""

from collections.abc import Mapping

import dagster as dg
from pandera.typing import DataFrame

from autoresponder_dagster.assets.frame_asset import CRM_OPERATIONS, Materialized, frame_asset
from autoresponder_dagster.assets.salesforce_calls import calls_metadata
from autoresponder_dagster.assets.versions import RULES_VERSION
from autoresponder_dagster.clients.salesforce.preflight import Finding, Preflight, Severity
from autoresponder_dagster.clients.salesforce.protocol import SalesforceClient
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.reporting.tables import table
from autoresponder_dagster.resources.ledger import Ledger
from autoresponder_dagster.resources.policy import PolicyResource
from autoresponder_dagster.resources.systems import Salesforce
from autoresponder_dagster.rules.plan import plan_writes
from autoresponder_dagster.schemas import (
    PlannedWrite,
    SenderDetermination,
    UnifiedContact,
    UnsupportedWrite,
    WriteResult,
)
from autoresponder_dagster.schemas.enums import Disposition, Mode, WriteResultCode
from autoresponder_dagster.writing.corrections import unsupported_writes_of
from autoresponder_dagster.writing.execution import DayRun, execute, put_off
from autoresponder_dagster.writing.limits import not_ready

PREFLIGHT = "preflight"
NOTHING_REJECTED = "no_write_rejected"
NOTHING_DEFERRED = "no_write_deferred"


@frame_asset(model=PlannedWrite, group="writes", kinds={"pandas"}, owners=(CRM_OPERATIONS,), code_version=RULES_VERSION)
def salesforce_write_plan(
    context: dg.AssetExecutionContext,
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    policy: PolicyResource,
) -> Materialized:
    """What each determination would change, and which gate holds it back. Writes nothing."""
    frame = plan_writes(sender_determinations, unified_contacts, policy)
    dispositions = frame[PlannedWrite.disposition].value_counts().sort_index()
    return Materialized(
        frame, {"policy": policy.model_dump(), **{str(name): int(count) for name, count in dispositions.items()}}
    )


@frame_asset(
    model=WriteResult,
    group="writes",
    kinds={"salesforce"},
    owners=(CRM_OPERATIONS,),
    pool="salesforce_org",
    check_specs=[
        (PREFLIGHT, "The org has the fields, values and rights that the writes need, and API calls are left."),
        (NOTHING_REJECTED, "Salesforce accepted every write; rejected ones are in Human Review."),
        (NOTHING_DEFERRED, "Every write was sent; deferred ones are sent when the day is run again."),
    ],
)
def salesforce_writes(
    context: dg.AssetExecutionContext,
    salesforce_write_plan: DataFrame[PlannedWrite],
    unified_contacts: DataFrame[UnifiedContact],
    salesforce: Salesforce,
    ledger: Ledger,
    policy: PolicyResource,
) -> Materialized:
    """Executes the plan through the ledger: the only asset that changes Salesforce."""
    partition_end = context.partition_time_window.end
    client = salesforce.client(partition_end)
    day = DayRun(
        context.partition_key,
        context.run.run_id,
        salesforce.effective_mode,
        is_degraded=bool(unified_contacts[UnifiedContact.is_degraded].any()),
        executed_at=partition_end if salesforce.effective_mode is Mode.MOCK else None,
    )
    report = _look_at_the_org(salesforce, client, salesforce_write_plan)
    errors = report.errors if salesforce.effective_mode is Mode.LIVE else ()
    with ledger.database() as database:
        if client.is_degraded:
            done = put_off(salesforce_write_plan, day, database, client.unavailable_reason)
        else:
            writes = ledger.writes_of(database, client)
            stop = not_ready([f"{error.check}: {error.found}. {error.cure}" for error in errors]) if errors else None
            done = execute(salesforce_write_plan, day, writes, client, policy, stop=stop)
    salesforce.keep(client)
    results = done.results[WriteResult.result].value_counts().sort_index()
    counts = {str(name): int(count) for name, count in results.items()}
    return Materialized(
        done.results,
        {**calls_metadata(client), "sent": done.sent, "recovered": done.recovered, **counts},
        [
            _preflight_check(report, blocks=bool(errors)),
            _check(NOTHING_REJECTED, counts, WriteResultCode.REJECTED),
            _check(NOTHING_DEFERRED, counts, WriteResultCode.DEFERRED, done.stop.message if done.stop else ""),
        ],
    )


def _look_at_the_org(salesforce: Salesforce, client: SalesforceClient, plan: DataFrame[PlannedWrite]) -> Preflight:
    """Ask the org whether it is ready, where there is anything to send; that it does not answer is a finding, too."""
    if client.is_degraded or not plan[PlannedWrite.disposition].eq(Disposition.SEND).any():
        return Preflight(())
    try:
        return salesforce.preflight(client)
    except LookupFailedError as error:
        return Preflight((Finding("Connection", Severity.ERROR, str(error), "Run the day again later."),))


def _preflight_check(report: Preflight, *, blocks: bool) -> dg.AssetCheckResult:
    """Tell what was found; an error where it kept the writes from being sent."""
    findings = [
        {"check": each.check, "result": each.severity, "found": each.found, "how to fix it": each.cure}
        for each in report.findings
    ]
    return dg.AssetCheckResult(
        passed=not report.errors,
        check_name=PREFLIGHT,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        metadata={"findings": table(("check", "result", "found", "how to fix it"), findings)},
    )


@frame_asset(
    model=UnsupportedWrite, group="writes", kinds={"pandas"}, owners=(CRM_OPERATIONS,), deps=["salesforce_writes"]
)
def unsupported_writes(
    context: dg.AssetExecutionContext,
    salesforce_write_plan: DataFrame[PlannedWrite],
    unified_contacts: DataFrame[UnifiedContact],
    salesforce: Salesforce,
    ledger: Ledger,
) -> Materialized:
    """Writes of earlier runs of the day that its messages, as they are read now, do not bear out."""
    client = salesforce.client(context.partition_time_window.end)
    if client.is_degraded:
        return Materialized(UnsupportedWrite.from_rows([]))
    with ledger.database() as database:
        writes = ledger.writes_of(database, client)
        return Materialized(
            unsupported_writes_of(context.partition_key, salesforce_write_plan, unified_contacts, writes)
        )


def _check(name: str, counts: Mapping[str, int], result: WriteResultCode, reason: str = "") -> dg.AssetCheckResult:
    """Tell whether no write ended in a way; the reason is in the words of whatever stopped the run."""
    count = counts.get(result.value, 0)
    return dg.AssetCheckResult(
        passed=not count,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={result.value: count, "reason": reason},
    )
