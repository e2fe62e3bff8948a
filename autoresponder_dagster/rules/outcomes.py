"""From what the client answered to how each planned row ended."""

from collections.abc import Iterable
from datetime import datetime

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.rules.columns import holds
from autoresponder_dagster.schemas import PlannedWrite, WriteResult
from autoresponder_dagster.schemas.enums import Disposition, Mode, WriteResultCode

UNSENT = {Disposition.NOOP: WriteResultCode.NOOP, Disposition.SKIP: WriteResultCode.SKIPPED}


def write_results(
    plan: DataFrame[PlannedWrite],
    outcomes: Iterable[tuple[str, WriteResultCode, str | None, str | None]],
    *,
    partition: str,
    mode: Mode,
    executed_at: datetime,
) -> DataFrame[WriteResult]:
    """Return one result per planned row, in the plan's order.

    Args:
        plan: what was planned.
        outcomes: action id, result, error code and error message of every row that was sent.
        partition: the day.
        mode: effective mode of Salesforce.
        executed_at: time of the attempt, UTC.

    Raises:
        ValueError: a row was to be sent and has no outcome, or an outcome belongs to no such row.
    """
    columns = [WriteResult.action_id, WriteResult.result, WriteResult.error_code, WriteResult.error_message]
    answered = pd.DataFrame.from_records(list(outcomes), columns=columns).astype("string")
    answered = answered.set_index(WriteResult.action_id)
    answers = answered.reindex(plan[PlannedWrite.action_id]).set_axis(plan.index)
    sent = holds(plan[PlannedWrite.disposition].eq(Disposition.SEND))
    to_send = set(plan.loc[sent, PlannedWrite.action_id])
    if to_send != set(answered.index):
        raise ValueError(f"{len(to_send.symmetric_difference(answered.index))} planned write(s) without an outcome")
    unsent = (
        plan[PlannedWrite.disposition].map({key.value: code.value for key, code in UNSENT.items()}).astype("string")
    )
    attempted = sent & ~holds(answers[WriteResult.result].eq(WriteResultCode.DEFERRED))
    return WriteResult.typed(
        pd.DataFrame(
            {
                WriteResult.partition: partition,
                WriteResult.action_id: plan[PlannedWrite.action_id],
                WriteResult.result: answers[WriteResult.result].where(sent, unsent),
                WriteResult.error_code: answers[WriteResult.error_code],
                WriteResult.error_message: answers[WriteResult.error_message],
                WriteResult.mode: mode.value,
                WriteResult.executed_at: pd.Series(pd.Timestamp(executed_at), index=plan.index).where(attempted),
            }
        )
    )
