"""The plan of changes to Salesforce, and their execution.

The plan is the preview: materialize it alone to see what a run would write.
"""

import dagster as dg
import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.assets.frame_asset import CRM_OPERATIONS, Materialized, frame_asset
from autoresponder_dagster.assets.versions import RULES_VERSION
from autoresponder_dagster.clients.salesforce.protocol import AutoReplyNote, FieldUpdate, NewContact
from autoresponder_dagster.resources.policy import PolicyResource
from autoresponder_dagster.resources.systems import Salesforce
from autoresponder_dagster.rules.outcomes import write_results
from autoresponder_dagster.rules.plan import plan_writes
from autoresponder_dagster.schemas import PlannedWrite, SenderDetermination, UnifiedContact, WriteResult
from autoresponder_dagster.schemas.enums import Disposition, SObject, WriteAction

NOTHING_REJECTED = "no_write_rejected"


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
    check_specs=[(NOTHING_REJECTED, "Salesforce accepted every write; rejected ones are in Human Review.")],
)
def salesforce_writes(
    context: dg.AssetExecutionContext, salesforce_write_plan: DataFrame[PlannedWrite], salesforce: Salesforce
) -> Materialized:
    """Executes the plan: the only asset that changes Salesforce."""
    client = salesforce.client(context.partition_time_window.end)
    calls_before = client.api_calls
    to_send = salesforce_write_plan[salesforce_write_plan[PlannedWrite.disposition].eq(Disposition.SEND)]
    creates = to_send[PlannedWrite.action].eq(WriteAction.CREATE_CONTACT)
    outcomes = [*client.update(_updates(to_send[~creates])), *client.add_contacts(_contacts(to_send[creates]))]
    salesforce.keep(client)
    frame = write_results(
        salesforce_write_plan,
        ((outcome.action_id, outcome.result, outcome.error_code, outcome.error_message) for outcome in outcomes),
        partition=context.partition_key,
        mode=salesforce.effective_mode,
        executed_at=salesforce.now(context.partition_time_window.end),
    )
    results = frame[WriteResult.result].value_counts().sort_index()
    rejected = int(results.get("rejected", 0))
    return Materialized(
        frame,
        {"api_calls": client.api_calls - calls_before, **{str(name): int(count) for name, count in results.items()}},
        [
            dg.AssetCheckResult(
                passed=not rejected,
                check_name=NOTHING_REJECTED,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"rejected": rejected},
            )
        ],
    )


def _updates(rows: pd.DataFrame) -> list[FieldUpdate]:
    """Return what to set, with the value and the time of the last change that the plan was made on."""
    columns = [
        PlannedWrite.action_id,
        PlannedWrite.sobject,
        PlannedWrite.record_id,
        PlannedWrite.field,
        PlannedWrite.new_value,
        PlannedWrite.old_value,
        PlannedWrite.last_modified_at,
        PlannedWrite.determination,
        PlannedWrite.evidence_at,
        PlannedWrite.evidence,
    ]
    return [
        FieldUpdate(
            action_id,
            SObject(sobject),
            record_id,
            field,
            value,
            expected=None if pd.isna(old) else old,
            unmodified_since=None if pd.isna(modified) else modified.to_pydatetime(),
            note=AutoReplyNote(determination, received.to_pydatetime(), "" if pd.isna(evidence) else evidence),
        )
        for action_id, sobject, record_id, field, value, old, modified, determination, received, evidence in rows[
            columns
        ].itertuples(index=False)
    ]


def _contacts(rows: pd.DataFrame) -> list[NewContact]:
    columns = [
        PlannedWrite.action_id,
        PlannedWrite.new_value,
        PlannedWrite.contact_name,
        PlannedWrite.account_name,
    ]
    return [
        NewContact(action_id, email, name, None, None if pd.isna(account) else account)
        for action_id, email, name, account in rows[columns].itertuples(index=False)
    ]
