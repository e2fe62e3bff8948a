"""From what became of each write to how each planned row ended."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.schemas import PlannedWrite, WriteResult
from autoresponder_dagster.schemas.enums import Disposition, Mode, WriteResultCode


@dataclass(frozen=True)
class Outcome:
    """How one write ended; ``old_value`` and ``executed_at`` (UTC) are null where nothing was attempted."""

    result: WriteResultCode
    error_code: str | None = None
    error_message: str | None = None
    old_value: str | None = None
    executed_at: datetime | None = None


_COLUMNS = [
    WriteResult.result,
    WriteResult.error_code,
    WriteResult.error_message,
    WriteResult.old_value,
    WriteResult.executed_at,
]
_NEVER_SENT = {
    Disposition.NOOP: Outcome(WriteResultCode.NOOP),
    Disposition.SKIP: Outcome(WriteResultCode.SKIPPED),
}


def write_results(
    plan: DataFrame[PlannedWrite], outcomes: Mapping[str, Outcome], *, partition: str, mode: Mode
) -> DataFrame[WriteResult]:
    """Return one result per planned row, in the plan's order.

    A row that the plan holds back is ``skipped``, whatever became of it in an earlier run. A row that is
    already as wanted tells of the write that made it so, where there was one.

    Args:
        plan: what was planned.
        outcomes: by action id, of every row that was to be sent, and of others where something is known.
        partition: the day.
        mode: effective mode of Salesforce.

    Raises:
        ValueError: a row was to be sent and has no outcome, or an outcome belongs to no row.
    """
    rows = zip(plan[PlannedWrite.action_id], plan[PlannedWrite.disposition], strict=True)
    ended = {action_id: _ended(Disposition(disposition), outcomes.get(action_id)) for action_id, disposition in rows}
    unknown = outcomes.keys() - ended.keys()
    missing = [action_id for action_id, outcome in ended.items() if outcome is None]
    if unknown or missing:
        raise ValueError(f"{len(missing)} planned write(s) without an outcome, {len(unknown)} outcome(s) of none")
    records = [astuple(outcome) for outcome in ended.values() if outcome is not None]
    answers = pd.DataFrame.from_records(records, columns=_COLUMNS)
    return WriteResult.typed(
        answers.assign(
            **{
                WriteResult.partition: partition,
                WriteResult.action_id: list(ended),
                WriteResult.mode: mode.value,
            }
        )
    )


def _ended(disposition: Disposition, outcome: Outcome | None) -> Outcome | None:
    if disposition is Disposition.SKIP or (disposition is Disposition.NOOP and outcome is None):
        return _NEVER_SENT[disposition]
    return outcome
