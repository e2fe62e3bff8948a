"""The write ledger as a resource: which database it is kept in, by the mode of Salesforce.

Live and rehearsed (read_only) writes are kept in the deployment's ledger, each under its mode. A mock org has a
ledger of its own that lives as long as the org does: what was written to a world that is gone must not be
remembered in the next one (rules.md §9, State).
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import dagster as dg
from pydantic import Field

from autoresponder_dagster.clients.salesforce.protocol import SalesforceClient
from autoresponder_dagster.ledger import (
    DEFAULT_LEASE,
    DEFAULT_PATH,
    LedgerDatabase,
    WriteLedger,
    deployment_url,
    sqlite_url,
)
from autoresponder_dagster.resources.systems import Salesforce
from autoresponder_dagster.schemas.enums import Mode

IN_MEMORY = "sqlite://"


class Ledger(dg.ConfigurableResource):
    """The journal of every write. AUTORESPONDER_LEDGER_URL names its database; without it it is a SQLite file."""

    salesforce: dg.ResourceDependency[Salesforce]
    path: str = Field(default=str(DEFAULT_PATH), description="SQLite file, where AUTORESPONDER_LEDGER_URL is not set.")
    lease_seconds: float = Field(
        default=DEFAULT_LEASE.total_seconds(),
        gt=0,
        description=(
            "How long a write may be on its way before its run is taken for dead. At least four times the longest "
            "answer, and less than free_slots_after_run_end_seconds of dagster.yaml."
        ),
    )

    @contextmanager
    def database(self) -> Iterator[LedgerDatabase]:
        """Yield the database of the effective mode of Salesforce, open."""
        with closing(LedgerDatabase.open(self._url())) as database:
            yield database

    @contextmanager
    def deployment(self) -> Iterator[LedgerDatabase]:
        """Yield the database of the deployment, of live and read_only writes, whatever the mode is now."""
        with closing(LedgerDatabase.open(deployment_url(Path(self.path)))) as database:
            yield database

    def writes_of(self, database: LedgerDatabase, client: SalesforceClient) -> WriteLedger:
        """Return the ledger of an org; a mock org has no id of its own."""
        mode = self.salesforce.effective_mode
        lease = timedelta(seconds=self.lease_seconds)
        return WriteLedger(database, mode, client.org_id or mode.value, lease=lease)

    def _url(self) -> str:
        if self.salesforce.effective_mode is Mode.MOCK:
            kept = self.salesforce.mock_org_dir
            return sqlite_url(Path(f"{kept.rstrip('/')}.ledger.db")) if kept else IN_MEMORY
        return deployment_url(Path(self.path))
