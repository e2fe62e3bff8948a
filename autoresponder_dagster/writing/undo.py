"""Taking writes back: the previous value, where the record still holds what was written (rules.md §6).

Does not belong here: who asks for it (the command line), why (a person decides).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, SalesforceClient
from autoresponder_dagster.ledger import Write, WriteLedger, WriteState
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas.enums import SObject
from autoresponder_dagster.writing.limits import Breakers, Stop
from autoresponder_dagster.writing.recovery import ids_of, recover
from autoresponder_dagster.writing.sending import Sender
from autoresponder_dagster.writing.values import is_same


class Verdict(StrEnum):
    """What an undo does about one write, or why it leaves it alone."""

    REVERTED = "reverted"
    WOULD_REVERT = "would be reverted"
    NOT_WRITTEN = "nothing was written"
    CREATED = "a created record is not deleted"
    OVERTAKEN = "newer evidence has set or confirmed the field since"
    CHANGED = "the record does not hold what was written any more"
    GONE = "the record does not exist any more"
    NOT_SENT = "not sent"


@dataclass(frozen=True)
class Undone:
    """What came of one write; ``reason`` says more where it was not sent."""

    write: Write
    verdict: Verdict
    reason: str = ""


def undo(
    originals: Sequence[Write], run_id: str, ledger: WriteLedger, client: SalesforceClient, *, dry_run: bool
) -> list[Undone]:
    """Put back what fields held before these writes, where they still are as they were set.

    Args:
        originals: the writes, of whatever state.
        run_id: names this undo in the ledger.
        ledger: the ledger of the client's mode and org.
        client: the org.
        dry_run: only say what would be done.

    Returns:
        What was done about each write, in the order of ``originals``.

    Raises:
        LookupFailedError: the org did not answer; nothing was taken back.
        LedgerError: the ledger failed.
    """
    recover(ledger, client)
    originals = list(ledger.find([write.key for write in originals]).values())
    verdicts = {write.key: Undone(write, _known_of(write)) for write in originals}
    standing = ledger.standing(write for write in originals if not write.is_creation)
    held = _held(standing, client)
    for write in standing:
        verdicts[write.key] = Undone(write, held[write.key])
    revertible = [write for write in standing if held[write.key] is Verdict.WOULD_REVERT]
    if not dry_run:
        for done in _send(revertible, run_id, ledger, client):
            verdicts[done.write.key] = done
    return list(verdicts.values())


def _known_of(write: Write) -> Verdict:
    """Say what the ledger alone knows of a write that does not stand."""
    if write.is_creation:
        return Verdict.CREATED
    return Verdict.OVERTAKEN if write.state is WriteState.APPLIED else Verdict.NOT_WRITTEN


def _held(standing: Sequence[Write], client: SalesforceClient) -> dict[str, Verdict]:
    """Look whether the records still hold what was written."""
    verdicts = {}
    states = client.read_records(ids_of(standing)) if standing else {}
    for write in standing:
        state = states.get((SObject(write.sobject), write.record_id))
        if state is None:
            verdicts[write.key] = Verdict.GONE
        elif is_same(write.field, state.values.get(write.field), write.value):
            verdicts[write.key] = Verdict.WOULD_REVERT
        else:
            verdicts[write.key] = Verdict.CHANGED
    return verdicts


def _send(revertible: Sequence[Write], run_id: str, ledger: WriteLedger, client: SalesforceClient) -> list[Undone]:
    keys = ledger.plan_reverts(run_id, revertible)
    updates = [
        # An empty text empties a field.
        FieldUpdate(
            key, SObject(write.sobject), write.record_id, write.field, write.previous or "", expected=write.value
        )
        for key, write in zip(keys, revertible, strict=True)
    ]
    sender = Sender(ledger, client, Breakers(Policy(max_writes_per_run=max(len(updates), 1))))
    sender.send(updates)
    stop = sender.stop or Stop("BUSY", "Another run is at the record.", is_held=False)
    ledger.defer(keys, stop.code, stop.message)
    settled = ledger.find(keys)
    return [_outcome(write, settled[key]) for key, write in zip(keys, revertible, strict=True)]


def _outcome(original: Write, revert: Write) -> Undone:
    if revert.state in {WriteState.APPLIED, WriteState.NOOP}:
        return Undone(original, Verdict.REVERTED)
    if revert.state is WriteState.CONFLICT:
        return Undone(original, Verdict.CHANGED)
    return Undone(original, Verdict.NOT_SENT, revert.error_message or revert.error_code or revert.state.value)
