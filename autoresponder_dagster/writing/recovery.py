"""Finding out what became of writes whose sender died, or got no answer: by looking (reliability.md §1.2).

Does not belong here: sending anything.
"""

from collections.abc import Iterable

from autoresponder_dagster.clients.salesforce.protocol import RecordState, SalesforceClient
from autoresponder_dagster.ledger import Settlement, Write, WriteLedger, WriteState
from autoresponder_dagster.schemas.enums import SObject
from autoresponder_dagster.writing.values import is_same

CHANGED_MEANWHILE = "CHANGED_MEANWHILE"
"""The field holds neither what it held before nor what was to be written: somebody else changed it."""

GONE = "NOT_FOUND"


def recover(ledger: WriteLedger, client: SalesforceClient) -> int:
    """Settle every write whose sender is dead, in whatever run; returns how many.

    The record holds the new value: it was applied. It holds the old one: the write is planned again, and sent
    when its day is run. It holds another one: a person must look.

    Raises:
        LookupFailedError: the org did not answer; the writes stay as they are until their lease runs out anew.
    """
    count = 0
    while stranded := ledger.take_over():
        states = client.read_records(ids_of(write for write in stranded if not write.is_creation))
        ledger.settle(_verdict(write, states.get((SObject(write.sobject), write.record_id))) for write in stranded)
        count += len(stranded)
    return count


def ids_of(writes: Iterable[Write]) -> dict[SObject, list[str]]:
    """Return the ids of the records that writes are about, each once."""
    ids: dict[SObject, list[str]] = {}
    for sobject, record_id in dict.fromkeys((SObject(write.sobject), write.record_id) for write in writes):
        ids.setdefault(sobject, []).append(record_id)
    return ids


def _verdict(write: Write, state: RecordState | None) -> Settlement:
    if write.is_creation:
        # A creation looks for the record first, so that it can be tried again.
        return Settlement(write.key, WriteState.PLANNED)
    if state is None:
        return Settlement(write.key, WriteState.REJECTED, GONE, "The record does not exist any more.")
    held = state.values.get(write.field)
    if is_same(write.field, held, write.value):
        return Settlement(write.key, WriteState.APPLIED)
    if is_same(write.field, held, write.previous):
        return Settlement(write.key, WriteState.PLANNED)
    return Settlement(write.key, WriteState.CONFLICT, CHANGED_MEANWHILE, "Somebody else changed the field meanwhile.")
