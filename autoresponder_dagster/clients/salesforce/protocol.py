"""What the pipeline asks of Salesforce, whatever form answers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from autoresponder_dagster.schemas.enums import SObject, WriteResultCode


@dataclass(frozen=True)
class FieldUpdate:
    """One field of one record to be set. ``action_id`` ties the outcome to the plan."""

    action_id: str
    sobject: SObject
    record_id: str
    field: str
    value: str


@dataclass(frozen=True)
class NewContact:
    """A Contact to be created under the Account of that name, which is found or created (rules.md §5)."""

    action_id: str
    email: str
    name: str
    title: str | None
    account_name: str | None


@dataclass(frozen=True)
class WriteOutcome:
    """How one write ended: ``applied``, ``intercepted``, ``deferred``, ``rejected`` or ``conflict``.

    A Contact to be created that was there already is ``noop``. ``error_code`` is Salesforce's own;
    ``error_message`` is its text without personal data.
    """

    action_id: str
    result: WriteResultCode
    error_code: str | None = None
    error_message: str | None = None


class SalesforceClient(Protocol):
    """Lookups and writes on Contact and Lead."""

    @property
    def is_degraded(self) -> bool:
        """True for the empty stand-in of an org that could not be reached (rules.md §2, fallback)."""

    @property
    def unavailable_reason(self) -> str | None:
        """Why the org could not be reached, without secrets; None unless ``is_degraded``."""

    @property
    def api_calls(self) -> int:
        """Number of API calls made so far; 0 where no API is used."""

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """Return every Contact and Lead that carries one of the addresses.

        Returns:
            The columns of ``SalesforceRecord`` but ``partition``. A degraded form answers every address with
            one row without a record.

        Raises:
            LookupFailedError: a lookup did not complete; never reported as "no record".
        """

    def update(self, updates: Sequence[FieldUpdate]) -> list[WriteOutcome]:
        """Set fields, in order; one outcome per update, in the same order. Never raises for one record's failure."""

    def add_contacts(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        """Create Contacts, in order; one outcome per contact, in the same order."""
