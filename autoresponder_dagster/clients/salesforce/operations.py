"""The operations on one record, by the names that the documentation of the process uses.

Belongs here: thin calls over the batch path of ``SalesforceClient``. Does not belong here: a second
way to write.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from autoresponder_dagster.clients.salesforce.batching import conditional_batches
from autoresponder_dagster.clients.salesforce.protocol import (
    ApiBudget,
    CallKind,
    FieldUpdate,
    NewContact,
    RecordState,
    UpdateBatch,
    WriteOutcome,
)
from autoresponder_dagster.schemas.enums import ACTIVE_STATUS, INACTIVE_STATUS, STATUS_FIELD, SObject


class SalesforceOperations(ABC):
    """What every form of the client has in common: the single-record operations."""

    @property
    def unavailable_reason(self) -> str | None:
        """Why this is only a stand-in of the org, without secrets; None where it is the org that was asked for."""
        return None

    @property
    def is_degraded(self) -> bool:
        """See ``SalesforceClient``."""
        return self.unavailable_reason is not None

    @property
    def api_calls(self) -> int:
        """See ``SalesforceClient``."""
        return 0

    def calls(self) -> list[CallKind]:
        """See ``SalesforceClient``."""
        return []

    @abstractmethod
    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """See ``SalesforceClient``."""

    @property
    def org_id(self) -> str:
        """See ``SalesforceClient``."""
        return ""

    def budget(self) -> ApiBudget | None:
        """See ``SalesforceClient``."""
        return None

    def planned_calls(self, updates: Sequence[FieldUpdate], contacts: Sequence[NewContact]) -> int:  # noqa: ARG002
        """See ``SalesforceClient``."""
        return 0

    def batches(self, updates: Sequence[FieldUpdate]) -> list[UpdateBatch]:
        """See ``SalesforceClient``."""
        return conditional_batches(updates)

    @abstractmethod
    def read_records(self, ids: Mapping[SObject, Collection[str]]) -> dict[tuple[SObject, str], RecordState]:
        """See ``SalesforceClient``."""

    @abstractmethod
    def send(self, batch: UpdateBatch) -> list[WriteOutcome]:
        """See ``SalesforceClient``."""

    def update(self, updates: Sequence[FieldUpdate]) -> list[WriteOutcome]:
        """See ``SalesforceClient``."""
        outcomes = {outcome.action_id: outcome for batch in self.batches(updates) for outcome in self.send(batch)}
        return [outcomes[update.action_id] for update in updates]

    @abstractmethod
    def add_contacts(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        """See ``SalesforceClient``."""

    def lookup_by_email(self, email: str) -> pd.DataFrame:
        """Return every Contact and Lead that carries an address: the columns of ``lookup_by_emails``."""
        return self.lookup_by_emails([email])

    @abstractmethod
    def check_active_subscriptions(self, contact_ids: Iterable[str]) -> dict[str, bool]:
        """See ``SalesforceClient``."""

    def check_active_subscription(self, contact_id: str) -> bool | None:
        """Tell whether the org shows an active subscription of a Contact; None where it keeps none."""
        return self.check_active_subscriptions([contact_id]).get(contact_id)

    def update_contact_status(self, contact_id: str, *, is_active: bool) -> WriteOutcome:
        """Set a Contact active or inactive."""
        return self._set_status(SObject.CONTACT, contact_id, is_active=is_active)

    def update_lead_status(self, lead_id: str, *, is_active: bool) -> WriteOutcome:
        """Reopen a Lead or set it inactive."""
        return self._set_status(SObject.LEAD, lead_id, is_active=is_active)

    def update_contact_email(self, contact_id: str, email: str) -> WriteOutcome:
        """Change the address of a Contact."""
        return self._set(SObject.CONTACT, contact_id, "Email", email)

    def update_lead_email(self, lead_id: str, email: str) -> WriteOutcome:
        """Change the address of a Lead."""
        return self._set(SObject.LEAD, lead_id, "Email", email)

    def update_contact_title(self, contact_id: str, title: str) -> WriteOutcome:
        """Change the title of a Contact."""
        return self._set(SObject.CONTACT, contact_id, "Title", title)

    def update_lead_title(self, lead_id: str, title: str) -> WriteOutcome:
        """Change the title of a Lead."""
        return self._set(SObject.LEAD, lead_id, "Title", title)

    def add_contact(self, email: str, name: str, title: str | None, account_name: str) -> WriteOutcome:
        """Create a Contact under the Account of that name, which is found or created."""
        return self.add_contacts([NewContact(f"add_contact/{email}", email, name, title, account_name)])[0]

    def _set_status(self, sobject: SObject, record_id: str, *, is_active: bool) -> WriteOutcome:
        value = ACTIVE_STATUS[sobject] if is_active else INACTIVE_STATUS
        return self._set(sobject, record_id, STATUS_FIELD[sobject], value)

    def _set(self, sobject: SObject, record_id: str, field: str, value: str) -> WriteOutcome:
        return self.update([FieldUpdate(f"{sobject}/{record_id}/{field}", sobject, record_id, field, value)])[0]


def split_name(name: str) -> tuple[str | None, str]:
    """Split a person's name into first and last name, as Contact wants it; the last word is the last name."""
    last, comma, first = (part.strip() for part in name.partition(","))
    if comma:
        return first or None, last
    first, _, last = name.strip().rpartition(" ")
    return first.strip() or None, last
