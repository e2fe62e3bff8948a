"""The write ledger: what the pipeline means to write, is writing, and has written (rules.md §6, reliability.md §1.2).

Belongs here: the journal of every write, its states, and who may send it now. Does not belong here: calling
Salesforce (``writing/``), what should be written (``rules/``).
"""

from autoresponder_dagster.ledger.database import DEFAULT_PATH, LEDGER_URL, LedgerDatabase, deployment_url, sqlite_url
from autoresponder_dagster.ledger.journal import DEFAULT_LEASE, WriteLedger
from autoresponder_dagster.ledger.keys import sender_digest
from autoresponder_dagster.ledger.write import IN_FLIGHT, STANDING, Head, Settlement, UnfinishedDay, Write, WriteState

__all__ = [
    "DEFAULT_LEASE",
    "DEFAULT_PATH",
    "IN_FLIGHT",
    "LEDGER_URL",
    "STANDING",
    "Head",
    "LedgerDatabase",
    "Settlement",
    "UnfinishedDay",
    "Write",
    "WriteLedger",
    "WriteState",
    "deployment_url",
    "sender_digest",
    "sqlite_url",
]
