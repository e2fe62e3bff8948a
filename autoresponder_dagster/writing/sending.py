"""Sending planned writes: claim, look, mark, send, write down, in this order and batch by batch.

A kill at any point leaves a ledger from which the next run knows what to do: what was only claimed is planned
again, what was marked is looked up (``recovery``). Does not belong here: which writes (``execution``, ``undo``).
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from autoresponder_dagster.clients.salesforce.protocol import (
    FieldUpdate,
    NewContact,
    RecordState,
    SalesforceClient,
    UpdateBatch,
    WriteOutcome,
)
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.ledger import Settlement, Write, WriteLedger, WriteState
from autoresponder_dagster.schemas.enums import SObject, WriteResultCode
from autoresponder_dagster.writing.limits import Breakers, Stop, over_budget
from autoresponder_dagster.writing.recovery import CHANGED_MEANWHILE, GONE, ids_of, recover
from autoresponder_dagster.writing.values import is_same

_RECORDS_PER_LOOK = 200
_CREATIONS_PER_CALL = 25
_FENCE = 0.25
"""Share of the lease within which a marked batch must have been handed to the connection."""
_LEASES_TO_WAIT = 2
_PAUSE_SECONDS = 0.25


class Sender:
    """Sends the writes of one run, and stops when it must.

    Args:
        ledger: where each step is written down.
        client: the org of the same mode and id.
        breakers: when it is enough.
    """

    def __init__(self, ledger: WriteLedger, client: SalesforceClient, breakers: Breakers) -> None:
        self._ledger = ledger
        self._client = client
        self._breakers = breakers
        self.stop: Stop | None = None
        """Why nothing more is sent; what is left is still planned."""

    @property
    def sent(self) -> int:
        """Writes that were sent so far."""
        return self._breakers.sent

    def send(self, updates: Sequence[FieldUpdate], contacts: Sequence[NewContact] = ()) -> None:
        """Send planned writes; afterwards the ledger says what became of each.

        Another run that is at a record is waited for, as long as it can be alive. A write of which nobody could
        tell whether it was carried out is looked up when it cannot be on its way any more.

        Args:
            updates: what to set. ``action_id`` is the key, ``expected`` what the field held when the write was
                planned.
            contacts: what to create; ``action_id`` is the key.
        """
        waiting = list(updates)
        looks = len(list(_groups(self._client.batches(waiting))))
        self.stop = over_budget(self._client.budget(), self._client.planned_calls(waiting, contacts) + looks)
        last_moment = time.monotonic() + _LEASES_TO_WAIT * self._ledger.lease.total_seconds()
        while waiting and self.stop is None:
            left = [update for group in _groups(self._client.batches(waiting)) for update in self._send_group(group)]
            if left and time.monotonic() > last_moment:
                break
            if len(left) == len(waiting):
                time.sleep(_PAUSE_SECONDS)
                self._recover()
            waiting = left
        for start in range(0, len(contacts), _CREATIONS_PER_CALL):
            self._create(contacts[start : start + _CREATIONS_PER_CALL])

    def _recover(self) -> None:
        try:
            recover(self._ledger, self._client)
        except LookupFailedError as error:
            self.stop = _unavailable(error)

    def _send_group(self, group: Sequence[UpdateBatch]) -> Iterator[FieldUpdate]:
        """Send some batches after one look at their records; yields what must wait for another run."""
        if self.stop is not None:
            return
        updates = {update.action_id: update for batch in group for update in batch.updates}
        claimed = self._ledger.claim(updates)
        yield from self._still_planned(updates.keys() - claimed, updates)
        known = self._ledger.find(claimed)
        try:
            states = self._client.read_records(ids_of(known.values()))
        except LookupFailedError as error:
            self._ledger.release(claimed)
            self.stop = _unavailable(error)
            return
        heads = self._ledger.heads_of(claimed)
        ready: dict[str, FieldUpdate] = {}
        unsent = []
        for key, write in known.items():
            state = states.get((SObject(write.sobject), write.record_id))
            planned_from = updates[key].expected
            expected = (planned_from, heads[key].value if key in heads else planned_from)
            settlement = look(write, state, expected)
            if settlement is not None:
                unsent.append(settlement)
            elif state is not None:
                ready[key] = replace(
                    updates[key], expected=state.values.get(write.field), unmodified_since=state.last_modified_at
                )
        self._ledger.settle(unsent)
        for batch in group:
            yield from self._send_batch(batch, ready)

    def _send_batch(self, batch: UpdateBatch, ready: Mapping[str, FieldUpdate]) -> Iterator[FieldUpdate]:
        """Send one batch, if it may be sent; yields what lost its claim meanwhile, and what nobody knows of."""
        updates = [ready[update.action_id] for update in batch.updates if update.action_id in ready]
        self.stop = self.stop or self._breakers.tripped()
        allowed = updates[: self._breakers.remaining] if self.stop is None else []
        self._ledger.release(update.action_id for update in updates[len(allowed) :])
        if not allowed:
            return
        started = time.monotonic()
        marked = self._ledger.begin({update.action_id: update.expected for update in allowed})
        if time.monotonic() - started > self._ledger.lease.total_seconds() * _FENCE:
            # This process stood still. Others may take it for dead by now: nothing is sent on an old mark.
            self._ledger.release(marked)
            marked = set()
        by_key = {update.action_id: update for update in allowed}
        yield from self._still_planned(by_key.keys() - marked, by_key)
        if marked:
            sent = tuple(update for update in allowed if update.action_id in marked)
            outcomes = self._client.send(replace(batch, updates=sent, is_just_read=True))
            self._settle(outcomes)
            yield from (by_key[each.action_id] for each in outcomes if each.result is WriteResultCode.UNKNOWN)

    def _create(self, contacts: Sequence[NewContact]) -> None:
        self.stop = self.stop or self._breakers.tripped()
        if self.stop is not None:
            return
        claimed = self._ledger.claim([contact.action_id for contact in contacts[: self._breakers.remaining]])
        marked = self._ledger.begin(dict.fromkeys(claimed))
        outcomes = self._client.add_contacts([contact for contact in contacts if contact.action_id in marked])
        self._settle(outcomes, is_creation=True)

    def _settle(self, outcomes: Sequence[WriteOutcome], *, is_creation: bool = False) -> None:
        """Write down the answers, and stop where the org takes nothing at all."""
        self._ledger.settle(_settlement(outcome, is_creation=is_creation) for outcome in outcomes)
        self._breakers.sent += len(outcomes)
        self._breakers.rejected += sum(outcome.result is WriteResultCode.REJECTED for outcome in outcomes)
        if outcomes and all(outcome.result is WriteResultCode.DEFERRED for outcome in outcomes):
            self.stop = Stop(
                outcomes[0].error_code or "SERVER_UNAVAILABLE",
                f"Salesforce takes no writes now ({outcomes[0].error_code}). The rest is deferred and tried again "
                "when Salesforce is well.",
                is_held=False,
            )

    def _still_planned(self, keys: Iterable[str], updates: Mapping[str, FieldUpdate]) -> Iterator[FieldUpdate]:
        """Yield the updates that are neither settled nor superseded, but at which another run is."""
        for key, write in self._ledger.find(list(keys)).items():
            if write.state in {WriteState.PLANNED, WriteState.CLAIMED, WriteState.SENDING, WriteState.UNKNOWN}:
                yield updates[key]


def look(write: Write, state: RecordState | None, expected: Iterable[str | None]) -> Settlement | None:
    """Decide by what a record holds now whether a write must be sent.

    Args:
        write: what is to be set.
        state: the record; None where it is gone.
        expected: what the field may hold: as it was planned from, and as the pipeline itself set it.

    Returns:
        What becomes of the write without sending it; None where it is to be sent.
    """
    if state is None:
        return Settlement(write.key, WriteState.REJECTED, GONE, "The record does not exist any more.")
    held = state.values.get(write.field)
    if is_same(write.field, held, write.value):
        return Settlement(write.key, WriteState.NOOP)
    is_newer = state.last_modified_at is not None and state.last_modified_at > write.evidence_at
    if is_newer and not state.is_last_modified_by_pipeline and write.reverts is None:
        return Settlement(
            write.key, WriteState.CONFLICT, CHANGED_MEANWHILE, "Somebody else changed the record after the message."
        )
    if not any(is_same(write.field, held, value) for value in expected):
        return Settlement(
            write.key, WriteState.CONFLICT, CHANGED_MEANWHILE, "Somebody else changed the field after it was planned."
        )
    return None


def _settlement(outcome: WriteOutcome, *, is_creation: bool) -> Settlement:
    state = WriteState(outcome.result.value)
    if state is WriteState.NOOP and not is_creation:
        # It held another value when it was marked: the answer to this very write got lost.
        state = WriteState.APPLIED
    return Settlement(outcome.action_id, state, outcome.error_code, outcome.error_message)


def _groups(batches: Sequence[UpdateBatch]) -> Iterator[list[UpdateBatch]]:
    """Put batches together whose records are read with one look."""
    group: list[UpdateBatch] = []
    size = 0
    for batch in batches:
        records = len({update.record_id for update in batch.updates})
        if group and size + records > _RECORDS_PER_LOOK:
            yield group
            group, size = [], 0
        group.append(batch)
        size += records
    if group:
        yield group


def _unavailable(error: LookupFailedError) -> Stop:
    return Stop(
        "SERVER_UNAVAILABLE",
        f"{error} The writes are deferred and tried again when Salesforce is well.",
        is_held=False,
    )
