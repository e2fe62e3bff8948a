"""The addresses that Marketing Cloud must not mail any more.

Depends on the plan, not on the writes: an outage of Salesforce does not hold Marketing's file.
"""

from collections.abc import Mapping

import dagster as dg
import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.assets.frame_asset import MARKETING_OPERATIONS, DeliverableFiles, Materialized, frame_asset
from autoresponder_dagster.assets.versions import RULES_VERSION
from autoresponder_dagster.io.csv_files import to_csv_bytes
from autoresponder_dagster.resources.policy import PolicyResource
from autoresponder_dagster.resources.systems import Sfmc
from autoresponder_dagster.rules.suppression import suppress
from autoresponder_dagster.schemas import SenderDetermination, SuppressionRow, UnifiedContact

FILE_COLUMNS = {
    SuppressionRow.email_address: "Email Address",
    SuppressionRow.status: "Status",
    SuppressionRow.date_added: "Date Added",
}


def suppression_files(rows: pd.DataFrame, partition: str) -> Mapping[str, bytes]:
    """Return one import file per business unit; none on a day without rows (rules.md §7)."""
    return {
        f"{unit}_NoLongerThere_{partition}.csv": to_csv_bytes(
            group[list(FILE_COLUMNS)].rename(columns=FILE_COLUMNS), neutralise=False
        )
        for unit, group in rows.groupby(SuppressionRow.business_unit)
    }


@frame_asset(
    model=SuppressionRow,
    group="deliverables",
    kinds={"csv", "pandas"},
    owners=(MARKETING_OPERATIONS,),
    deps=["salesforce_write_plan"],
    code_version=RULES_VERSION,
    files=DeliverableFiles(
        "*_NoLongerThere_*.csv", lambda frame, context: suppression_files(frame, context.partition_key)
    ),
)
def sfmc_suppression(
    context: dg.AssetExecutionContext,
    sender_determinations: DataFrame[SenderDetermination],
    unified_contacts: DataFrame[UnifiedContact],
    policy: PolicyResource,
    sfmc: Sfmc,
) -> Materialized:
    """Confirmed departures only, as the file that Marketing imports."""
    end = context.partition_time_window.end
    frame = suppress(sender_determinations, unified_contacts, policy, run_date=sfmc.now(end).date())
    return Materialized(sfmc.upsert(frame))
