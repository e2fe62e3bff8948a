"""Executing a day's plan.

Does not belong here: the single steps (``sending``, ``recovery``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.clients.salesforce.protocol import AutoReplyNote, FieldUpdate, NewContact, SalesforceClient
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.ledger import STANDING, LedgerDatabase, Write, WriteLedger, WriteState
from autoresponder_dagster.rules.outcomes import Outcome, write_results
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas import PlannedWrite, WriteResult
from autoresponder_dagster.schemas.base import to_rows
from autoresponder_dagster.schemas.enums import Disposition, Mode, SObject, WriteAction, WriteResultCode
from autoresponder_dagster.writing.limits import Breakers, Stop
from autoresponder_dagster.writing.recovery import CHANGED_MEANWHILE, ids_of, recover
from autoresponder_dagster.writing.sending import Sender
from autoresponder_dagster.writing.values import is_same

DEGRADED = "degraded"
DEFERRED = "deferred"
HELD = "held"
"""Why a day is unfinished: the org could not be reached; it could not take everything; a person must look."""

SERVER_UNAVAILABLE = "SERVER_UNAVAILABLE"
_BUSY = "BUSY"
_PLANNED = WriteState.PLANNED
_STILL_OPEN = (WriteState.PLANNED, WriteState.CLAIMED, WriteState.SENDING)
_ATTEMPTED = (
    WriteState.APPLIED,
    WriteState.REJECTED,
    WriteState.CONFLICT,
    WriteState.INTERCEPTED,
    WriteState.UNKNOWN,
    WriteState.REVERTED,
)
"""States that were reached by trying, so that the time says something."""


@dataclass(frozen=True)
class Execution:
    """What came of a day's plan.

    Attributes:
        results: how each planned row ended.
        stop: why not everything was sent; None where nothing stood in the way.
        recovered: writes of dead runs that were settled first.
        sent: writes that were sent, by this run.
    """

    results: DataFrame[WriteResult]
    stop: Stop | None
    recovered: int
    sent: int


@dataclass(frozen=True)
class DayRun:
    """A run of one day.

    Attributes:
        partition: the day.
        run_id: the run.
        mode: effective mode of Salesforce.
        is_degraded: the plan was made without the org's records; the day is unfinished, whatever is sent.
        executed_at: time (UTC) of every attempt in a world that has no clock of its own; else the ledger's.
    """

    partition: str
    run_id: str
    mode: Mode
    is_degraded: bool = False
    executed_at: datetime | None = None


def execute(
    plan: DataFrame[PlannedWrite],
    day: DayRun,
    ledger: WriteLedger,
    client: SalesforceClient,
    policy: Policy,
    *,
    stop: Stop | None = None,
) -> Execution:
    """Carry a day's plan out, as often as it is asked for: each write is made once (rules.md §6).

    A row whose write was made before, by whatever run, ends as it ended then. What cannot be sent now is
    ``deferred``, and the day is noted as unfinished.

    Args:
        plan: the day's planned rows.
        day: which day, and the run.
        ledger: the ledger of the client's mode and org.
        client: the org.
        policy: the limits.
        stop: why nothing may be sent from the beginning; None where it may.

    Raises:
        LedgerError: the ledger failed. Nothing is sent without it.
    """
    recovered = 0
    try:
        recovered = recover(ledger, client)
    except LookupFailedError as error:
        stop = stop or Stop(SERVER_UNAVAILABLE, str(error), is_held=False)
    keys = ledger.plan(day.partition, day.run_id, plan)
    entered = _of_plan(ledger, day.partition, keys)
    changed: dict[str, Outcome] = {}
    sender = Sender(ledger, client, Breakers(policy))
    if stop is None:
        try:
            changed = _changed_since(plan, keys, entered, ledger, client)
        except LookupFailedError as error:
            stop = Stop(SERVER_UNAVAILABLE, str(error), is_held=False)
    if stop is None:
        is_pending = plan[PlannedWrite.action_id].map(lambda action_id: entered[keys[action_id]].state).eq(_PLANNED)
        is_creation = plan[PlannedWrite.action].eq(WriteAction.CREATE_CONTACT)
        sender.send(_updates(plan[is_pending & ~is_creation], keys), _contacts(plan[is_pending & is_creation], keys))
        stop = sender.stop
    code, message = (stop.code, stop.message) if stop else (_BUSY, "Another run is at the record.")
    ledger.defer(entered, code, message)

    writes = _of_plan(ledger, day.partition, keys)
    outcomes = {
        action_id: changed.get(key) or _outcome(writes[key], day.executed_at) for action_id, key in keys.items()
    }
    reason = DEGRADED if day.is_degraded else _unfinished(writes.values(), stop)
    ledger.finish(day.partition, reason, day.run_id)
    results = write_results(plan, outcomes, partition=day.partition, mode=day.mode)
    return Execution(results, stop, recovered, sender.sent)


def put_off(plan: DataFrame[PlannedWrite], day: DayRun, database: LedgerDatabase, reason: str | None) -> Execution:
    """Defer a day's plan because the org could not be reached; the day is noted as unfinished.

    Args:
        plan: the day's planned rows.
        day: which day, and the run.
        database: where the day is noted. Without an org there is no ledger of it.
        reason: why the org could not be reached, without secrets.
    """
    stop = Stop(SERVER_UNAVAILABLE, reason or "Salesforce was not available.", is_held=False)
    outcome = Outcome(WriteResultCode.DEFERRED, stop.code, stop.message)
    to_send = plan[plan[PlannedWrite.disposition].eq(Disposition.SEND)]
    database.note_unfinished(day.mode, day.partition, DEGRADED, day.run_id)
    results = write_results(
        plan, dict.fromkeys(to_send[PlannedWrite.action_id], outcome), partition=day.partition, mode=day.mode
    )
    return Execution(results, stop, recovered=0, sent=0)


def _of_plan(ledger: WriteLedger, partition: str, keys: Mapping[str, str]) -> dict[str, Write]:
    """Return the writes of a plan by key."""
    wanted = set(keys.values())
    # Those of a day are few more than those of its plan; one that was made on another day is asked for by key.
    found = {write.key: write for write in ledger.of_partition(partition) if write.key in wanted}
    return found | ledger.find(wanted - found.keys())


def _updates(rows: pd.DataFrame, keys: Mapping[str, str]) -> list[FieldUpdate]:
    return [
        FieldUpdate(
            action_id=keys[row[PlannedWrite.action_id]],
            sobject=SObject(row[PlannedWrite.sobject]),
            record_id=row[PlannedWrite.record_id],
            field=row[PlannedWrite.field],
            value=row[PlannedWrite.new_value],
            expected=row[PlannedWrite.old_value],
            note=AutoReplyNote(
                row[PlannedWrite.determination], row[PlannedWrite.evidence_at], row[PlannedWrite.evidence] or ""
            ),
        )
        for row in to_rows(rows)
    ]


def _contacts(rows: pd.DataFrame, keys: Mapping[str, str]) -> list[NewContact]:
    return [
        NewContact(
            action_id=keys[row[PlannedWrite.action_id]],
            email=row[PlannedWrite.new_value],
            name=row[PlannedWrite.contact_name],
            title=None,
            account_name=row[PlannedWrite.account_name],
        )
        for row in to_rows(rows)
    ]


def _changed_since(
    plan: DataFrame[PlannedWrite],
    keys: Mapping[str, str],
    entered: Mapping[str, Write],
    ledger: WriteLedger,
    client: SalesforceClient,
) -> dict[str, Outcome]:
    """Look at what was made before and is planned again, because the record did not show it: who is right?

    Nobody but a person can have changed a field for which the ledger knows no newer news: that is not undone.

    Returns:
        The conflicts, by key.
    """
    to_send = plan.loc[plan[PlannedWrite.disposition].eq(Disposition.SEND), PlannedWrite.action_id]
    made = [entered[keys[action_id]] for action_id in to_send if entered[keys[action_id]].state in STANDING]
    heads = ledger.heads_of([write.key for write in made])
    newest = [write for write in made if write.key in heads and heads[write.key].key == write.key]
    changed = {}
    states = client.read_records(ids_of(newest)) if newest else {}
    for write in newest:
        state = states.get((SObject(write.sobject), write.record_id))
        if state is None or not is_same(write.field, state.values.get(write.field), write.value):
            changed[write.key] = Outcome(
                WriteResultCode.CONFLICT, CHANGED_MEANWHILE, "Somebody changed the field after it was written."
            )
    return changed


def _outcome(write: Write, executed_at: datetime | None) -> Outcome:
    """Say of one write how it ended, in the words of the action log."""
    code = WriteResultCode.DEFERRED if write.state in _STILL_OPEN else WriteResultCode(write.state.value)
    if write.state not in _ATTEMPTED:
        return Outcome(code, write.error_code, write.error_message)
    return Outcome(code, write.error_code, write.error_message, write.previous, executed_at or write.settled_at)


def _unfinished(writes: Iterable[Write], stop: Stop | None) -> str | None:
    """Say why the day must be run again; None where it need not be."""
    if stop is not None and stop.is_held:
        return HELD
    is_open = any(write.state in {*_STILL_OPEN, WriteState.DEFERRED, WriteState.UNKNOWN} for write in writes)
    return DEFERRED if is_open else None
