"""The queue of questions for people, and the log of everything done and not done."""

from collections.abc import Mapping

import dagster as dg
import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.assets.frame_asset import (
    CRM_OPERATIONS,
    DeliverableFiles,
    Materialized,
    csv_file,
    frame_asset,
)
from autoresponder_dagster.assets.versions import RULES_VERSION
from autoresponder_dagster.io.csv_files import to_csv_bytes
from autoresponder_dagster.resources.policy import PolicyResource
from autoresponder_dagster.rules.action_log import log_actions
from autoresponder_dagster.rules.review import route_to_review
from autoresponder_dagster.schemas import (
    ActionLogRow,
    DeterminationRow,
    PlannedWrite,
    ReviewItem,
    SenderDetermination,
    SuppressionRow,
    UnifiedContact,
    UnsupportedWrite,
    WriteResult,
)

REVIEW_FILE = "output_document_human_review.csv"


def review_files(rows: pd.DataFrame) -> Mapping[str, bytes]:
    """Return the whole queue of the day and one file per reason (rules.md §7)."""
    by_reason = {
        f"human_review/reason={reason}/human_review.csv": to_csv_bytes(group)
        for reason, group in rows.groupby(ReviewItem.reason)
    }
    return {REVIEW_FILE: to_csv_bytes(rows), **by_reason}


@frame_asset(
    model=ReviewItem,
    group="deliverables",
    kinds={"csv", "pandas"},
    owners=(CRM_OPERATIONS,),
    code_version=RULES_VERSION,
    files=DeliverableFiles("human_review/reason=*/*.csv", lambda frame, _: review_files(frame)),
)
def human_review(
    context: dg.AssetExecutionContext,
    determinations: DataFrame[DeterminationRow],
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    salesforce_write_plan: DataFrame[PlannedWrite],
    salesforce_writes: DataFrame[WriteResult],
    unsupported_writes: DataFrame[UnsupportedWrite],
    policy: PolicyResource,
) -> Materialized:
    """Everything that a person must decide, with the evidence; partitioned by day and reason."""
    frame = route_to_review(
        determinations,
        sender_determinations,
        unified_contacts,
        salesforce_write_plan,
        salesforce_writes,
        policy,
        unsupported_writes,
    )
    reasons = frame[ReviewItem.reason].value_counts().sort_index()
    return Materialized(frame, {str(reason): int(count) for reason, count in reasons.items()})


@frame_asset(
    model=ActionLogRow,
    group="deliverables",
    kinds={"csv", "pandas"},
    owners=(CRM_OPERATIONS,),
    code_version=RULES_VERSION,
    files=csv_file("action_log.csv"),
)
def action_log(
    context: dg.AssetExecutionContext,
    salesforce_write_plan: DataFrame[PlannedWrite],
    salesforce_writes: DataFrame[WriteResult],
    sfmc_suppression: DataFrame[SuppressionRow],
) -> Materialized:
    """Every planned, skipped and no-op action, and how it ended."""
    sfmc_mode = context.resources.storage.effective_modes.sfmc
    return Materialized(log_actions(salesforce_write_plan, salesforce_writes, sfmc_suppression, sfmc_mode=sfmc_mode))
