"""The log of every planned, skipped and no-op action (rules.md §7).

Does not belong here: the decisions themselves (``plan``), the file (``io/``).
"""

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.rules.columns import digest, holds
from autoresponder_dagster.schemas import ActionLogRow, PlannedWrite, SuppressionRow, WriteResult
from autoresponder_dagster.schemas.enums import Mode, WriteAction, WriteResultCode

_SUPPRESSION_IDENTITY = [
    ActionLogRow.partition,
    ActionLogRow.sender_email,
    ActionLogRow.action,
    ActionLogRow.new_value,
    ActionLogRow.message_id,
]


def log_actions(
    plan: DataFrame[PlannedWrite],
    results: DataFrame[WriteResult],
    suppression: DataFrame[SuppressionRow],
    *,
    sfmc_mode: Mode,
) -> DataFrame[ActionLogRow]:
    """Put each planned row beside how it ended; then the addresses that were tried over REST.

    Args:
        plan: the planned rows.
        results: one row for each of them.
        suppression: the suppressed addresses; those whose ``rest_result`` is not null were tried.
        sfmc_mode: effective mode of Marketing Cloud.

    Returns:
        The plan's rows in the plan's order, then ``add_suppression`` by address.
    """
    # A record that was changed in an earlier run looks as wanted by now: of what was changed the result tells.
    known = [WriteResult.partition, WriteResult.old_value]
    writes = plan.merge(results.drop(columns=known), on=PlannedWrite.action_id, how="left", validate="1:1")
    was_made = holds(writes[WriteResult.result].isin([WriteResultCode.APPLIED, WriteResultCode.REVERTED]))
    held = writes[PlannedWrite.action_id].map(results.set_index(WriteResult.action_id)[WriteResult.old_value])
    writes[ActionLogRow.old_value] = writes[PlannedWrite.old_value].mask(was_made, held)
    writes[ActionLogRow.skip_reason] = writes[PlannedWrite.skip_reason].mask(was_made)
    tried = suppression[suppression[SuppressionRow.rest_result].notna()]
    upserts = tried.rename(
        columns={
            SuppressionRow.email_address: ActionLogRow.sender_email,
            SuppressionRow.status: ActionLogRow.new_value,
            SuppressionRow.rest_result: ActionLogRow.result,
        }
    ).assign(action=WriteAction.ADD_SUPPRESSION.value, mode=sfmc_mode.value)
    upserts = upserts.assign(**{ActionLogRow.action_id: digest(upserts, _SUPPRESSION_IDENTITY)})
    rows = pd.concat([ActionLogRow.typed(writes), ActionLogRow.typed(upserts)])
    return ActionLogRow.typed(rows)
