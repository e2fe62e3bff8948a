"""Everything that the pipeline did, or declined to do, for a person or a record.

Does not belong here: showing it (``reporting/history``).
"""

from dataclasses import dataclass

from autoresponder_dagster.ledger import LedgerDatabase, Write, WriteLedger
from autoresponder_dagster.schemas.enums import Mode


@dataclass(frozen=True)
class Entry:
    """One write, in the org and mode that it belongs to."""

    mode: Mode
    org_id: str
    write: Write


def history_of(database: LedgerDatabase, whom: str) -> list[Entry]:
    """Return what the ledger knows of somebody, in all orgs and modes, the oldest message first.

    Args:
        database: the ledger.
        whom: address of a sender, or id of a record. Of a sender's records everything is returned, also what
            messages from other addresses led to.
    """
    entries = []
    for mode, org_id in database.realms():
        ledger = WriteLedger(database, mode, org_id)
        found = ledger.of_sender(whom) if "@" in whom else ledger.of_record(whom)
        records = {write.record_id for write in found if not write.is_creation}
        by_key = {write.key: write for write in found}
        by_key |= {write.key: write for record_id in records for write in ledger.of_record(record_id)}
        entries += [Entry(mode, org_id, write) for write in by_key.values()]
    return sorted(entries, key=lambda entry: (entry.write.evidence_at, entry.write.settled_at, entry.write.key))
