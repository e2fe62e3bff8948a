"""The lists of a day for operations people (rules.md §7), the run summary and the notifications."""

from dataclasses import asdict
from typing import Any

import dagster as dg
import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.assets.frame_asset import (
    CRM_OPERATIONS,
    DATA_ENGINEERING,
    MARKETING_OPERATIONS,
    DeliverableFiles,
    Materialized,
    csv_file,
    frame_asset,
)
from autoresponder_dagster.assets.sfmc_suppression import suppression_files
from autoresponder_dagster.assets.versions import RULES_VERSION
from autoresponder_dagster.reporting.notifications import draft_notifications
from autoresponder_dagster.reporting.run_summary import summary_document, to_html, to_json
from autoresponder_dagster.resources.policy import PolicyResource
from autoresponder_dagster.resources.systems import Notifier
from autoresponder_dagster.rules import lists
from autoresponder_dagster.rules.summary import summarise
from autoresponder_dagster.schemas import (
    ActionLogRow,
    AlternateContact,
    DeterminationRow,
    EmailMessage,
    EmailUpdateRequest,
    InactiveNewOrg,
    InactiveNoCupolaMatch,
    InactivePerson,
    MultipubAudit,
    Notification,
    PlannedWrite,
    ReviewItem,
    SenderDetermination,
    SummaryCount,
    SuppressionRow,
    Undeliverable,
    UnifiedContact,
    WriteResult,
)

CSV_KINDS = {"csv", "pandas"}


@frame_asset(
    model=InactivePerson,
    group="deliverables",
    kinds=CSV_KINDS,
    owners=(CRM_OPERATIONS,),
    code_version=RULES_VERSION,
    files=csv_file("output_document_inactive_people.csv"),
)
def inactive_people(
    context: dg.AssetExecutionContext,
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    salesforce_write_plan: DataFrame[PlannedWrite],
    salesforce_writes: DataFrame[WriteResult],
    sfmc_suppression: DataFrame[SuppressionRow],
    policy: PolicyResource,
) -> Materialized:
    """People who are gone for good, with what was done about each."""
    return Materialized(
        lists.inactive_people(
            sender_determinations, unified_contacts, salesforce_write_plan, salesforce_writes, sfmc_suppression, policy
        )
    )


@frame_asset(
    model=EmailUpdateRequest,
    group="deliverables",
    kinds=CSV_KINDS,
    owners=(CRM_OPERATIONS,),
    code_version=RULES_VERSION,
    files=csv_file("output_document_email_update_requests.csv"),
)
def email_update_requests(
    context: dg.AssetExecutionContext,
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    salesforce_write_plan: DataFrame[PlannedWrite],
    salesforce_writes: DataFrame[WriteResult],
    policy: PolicyResource,
) -> Materialized:
    """Every changed address, also where a gate held the change back."""
    return Materialized(
        lists.email_update_requests(
            sender_determinations, unified_contacts, salesforce_write_plan, salesforce_writes, policy
        )
    )


@frame_asset(
    model=AlternateContact,
    group="deliverables",
    kinds=CSV_KINDS,
    owners=(CRM_OPERATIONS,),
    code_version=RULES_VERSION,
    files=csv_file("output_document_alternate_contacts.csv"),
)
def alternate_contacts(
    context: dg.AssetExecutionContext,
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    policy: PolicyResource,
) -> Materialized:
    """Who has taken over from whom."""
    return Materialized(lists.alternate_contacts(sender_determinations, unified_contacts, policy))


@frame_asset(
    model=InactiveNewOrg,
    group="deliverables",
    kinds=CSV_KINDS,
    owners=(CRM_OPERATIONS,),
    code_version=RULES_VERSION,
    files=csv_file("output_document_inactive_new_org.csv"),
)
def inactive_new_org(
    context: dg.AssetExecutionContext,
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    policy: PolicyResource,
) -> Materialized:
    """People who left and named their new employer."""
    return Materialized(lists.inactive_new_org(sender_determinations, unified_contacts, policy))


@frame_asset(
    model=Undeliverable,
    group="deliverables",
    kinds=CSV_KINDS,
    code_version=RULES_VERSION,
    files=csv_file("output_document_undeliverables.csv"),
)
def undeliverables(context: dg.AssetExecutionContext, determinations: DataFrame[DeterminationRow]) -> Materialized:
    """Delivery reports of the day: news about a mailbox, not about a person."""
    return Materialized(lists.undeliverables(determinations))


@frame_asset(
    model=InactiveNoCupolaMatch,
    group="deliverables",
    kinds=CSV_KINDS,
    owners=(CRM_OPERATIONS,),
    code_version=RULES_VERSION,
    files=csv_file("output_document_inactive_no_cupola_match.csv"),
)
def inactive_no_cupola_match(
    context: dg.AssetExecutionContext,
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    policy: PolicyResource,
) -> Materialized:
    """Departed people whom CUPOLA does not know."""
    return Materialized(lists.inactive_no_cupola_match(sender_determinations, unified_contacts, policy))


@frame_asset(
    model=MultipubAudit,
    group="deliverables",
    kinds=CSV_KINDS,
    owners=(MARKETING_OPERATIONS,),
    code_version=RULES_VERSION,
    files=csv_file("output_document_multipub_audit.csv"),
)
def multipub_audit(
    context: dg.AssetExecutionContext,
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    policy: PolicyResource,
) -> Materialized:
    """Every departed person with a Multipub record, so that no paying subscriber goes unnoticed."""
    return Materialized(lists.multipub_audit(sender_determinations, unified_contacts, policy))


def _reported(context: dg.AssetExecutionContext) -> dict[str, dict[str, int]]:
    """Read what the day's Salesforce assets told of themselves when they were last materialized."""
    assets = ("salesforce_records", "salesforce_writes")
    return {
        "api_calls": {asset: _number(context, asset, "api_calls") for asset in assets},
        "last_run": {name: _number(context, "salesforce_writes", name) for name in ("sent", "recovered")},
    }


def _number(context: dg.AssetExecutionContext, asset: str, name: str) -> int:
    found = context.instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[context.partition_key]), limit=1
    ).records
    materialization = found[0].asset_materialization if found else None
    value = materialization.metadata.get(name) if materialization else None
    return int(value.value) if isinstance(value, dg.IntMetadataValue) and value.value else 0


def _summary(frame: pd.DataFrame, context: dg.AssetExecutionContext) -> dict[str, Any]:
    modes = context.resources.storage.effective_modes
    return summary_document(context.partition_key, asdict(modes), modes.label, frame)


def _summary_files(frame: pd.DataFrame, context: dg.AssetExecutionContext) -> dict[str, bytes]:
    document = _summary(frame, context)
    return {"run_summary.json": to_json(document), "run_summary.html": to_html(document)}


@frame_asset(
    model=SummaryCount,
    group="reporting",
    kinds={"html", "json"},
    code_version=RULES_VERSION,
    files=DeliverableFiles("run_summary.*", _summary_files),
)
def run_summary(
    context: dg.AssetExecutionContext,
    email_repository: DataFrame[EmailMessage],
    determinations: DataFrame[DeterminationRow],
    unified_contacts: DataFrame[UnifiedContact],
    action_log: DataFrame[ActionLogRow],
    human_review: DataFrame[ReviewItem],
    sfmc_suppression: DataFrame[SuppressionRow],
) -> Materialized:
    """What the day amounted to, in counts."""
    frame = summarise(
        context.partition_key,
        email_repository,
        determinations,
        unified_contacts,
        action_log,
        human_review,
        sfmc_suppression,
        reported=_reported(context),
    )
    return Materialized(frame)


@frame_asset(model=Notification, group="reporting", kinds={"email"}, owners=(DATA_ENGINEERING,), pool="notifications")
def notifications(
    context: dg.AssetExecutionContext,
    sfmc_suppression: DataFrame[SuppressionRow],
    inactive_people: DataFrame[InactivePerson],
    alternate_contacts: DataFrame[AlternateContact],
    human_review: DataFrame[ReviewItem],
    run_summary: DataFrame[SummaryCount],
    notifier: Notifier,
) -> Materialized:
    """The day's messages to the teams (N02 to N08). Nothing is mailed twice."""
    drafts = draft_notifications(
        context.partition_key,
        suppression_files=suppression_files(sfmc_suppression, context.partition_key),
        suppression_rows=len(sfmc_suppression),
        inactive_people=inactive_people,
        alternate_contacts=alternate_contacts,
        human_review=human_review,
        summary=_summary(run_summary, context),
    )
    day_folder = context.resources.storage.deliverables.day_folder(context.partition_key)
    rows = notifier.deliver(context.partition_key, drafts, day_folder, context.partition_time_window.end)
    return Materialized(Notification.from_rows(rows))
