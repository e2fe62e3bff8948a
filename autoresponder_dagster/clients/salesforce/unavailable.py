"""The stand-in of an org that could not be reached: empty, degraded, and deferring every write (rules.md §2)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from autoresponder_dagster.clients.matching import join_keys
from autoresponder_dagster.clients.salesforce.operations import SalesforceOperations
from autoresponder_dagster.clients.salesforce.protocol import NewContact, RecordState, UpdateBatch, WriteOutcome
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.schemas import SalesforceRecord
from autoresponder_dagster.schemas.enums import SObject, WriteResultCode


class UnavailableSalesforce(SalesforceOperations):
    """Holds no people, so that made-up ones can never be taken for real ones.

    Args:
        reason: why the org could not be opened, without secrets.
    """

    def __init__(self, reason: str) -> None:
        self._reason = reason

    @property
    def unavailable_reason(self) -> str | None:
        """Why the org could not be opened."""
        return self._reason

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """Return one row for every address, without a record and marked as degraded."""
        rows = [{SalesforceRecord.email: email, SalesforceRecord.is_degraded: True} for email in join_keys(emails)]
        return SalesforceRecord.from_rows(rows).drop(columns=SalesforceRecord.partition)

    def check_active_subscriptions(self, contact_ids: Iterable[str]) -> dict[str, bool]:
        """Refuse: that nothing is known here says nothing of the org.

        Raises:
            LookupFailedError: always.
        """
        raise LookupFailedError(f"Salesforce was not available: {len(list(contact_ids))} subscription(s) not read.")

    def read_records(self, ids: Mapping[SObject, Collection[str]]) -> dict[tuple[SObject, str], RecordState]:
        """Refuse: that a record is not here says nothing of the org.

        Raises:
            LookupFailedError: always.
        """
        raise LookupFailedError(f"Salesforce was not available: {sum(map(len, ids.values()))} record(s) not read.")

    def send(self, batch: UpdateBatch) -> list[WriteOutcome]:
        """Defer every update."""
        return [self._deferred(update.action_id) for update in batch]

    def add_contacts(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        """Defer every creation."""
        return [self._deferred(contact.action_id) for contact in contacts]

    def _deferred(self, action_id: str) -> WriteOutcome:
        return WriteOutcome(action_id, WriteResultCode.DEFERRED, "SERVER_UNAVAILABLE", "Salesforce was not available.")
