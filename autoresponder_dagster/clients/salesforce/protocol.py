"""What the pipeline asks of Salesforce, whatever form answers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pandas as pd

from autoresponder_dagster.schemas.enums import SObject, WriteResultCode


@dataclass(frozen=True)
class AutoReplyNote:
    """What is noted on a record beside the change, where the settings ask for it (rules.md §5).

    ``category`` is what the auto-reply was found to say, ``received_at`` its time (UTC), ``text`` the evidence.
    """

    category: str
    received_at: datetime
    text: str


@dataclass(frozen=True)
class FieldUpdate:
    """One field of one record to be set; an empty ``value`` empties it. ``action_id`` ties the outcome to the plan.

    ``expected`` is the value that the field held when the change was planned (None: none was, or it is
    not known), and ``unmodified_since`` the moment (UTC) after which nobody else may have changed the
    record (None: whoever changed it, the value is set).
    """

    action_id: str
    sobject: SObject
    record_id: str
    field: str
    value: str
    expected: str | None = None
    unmodified_since: datetime | None = None
    note: AutoReplyNote | None = None


@dataclass(frozen=True)
class UpdateBatch:
    """Updates that travel in one API call. All fields of one record are in the same batch.

    ``is_conditional``: each record is changed only where nobody changed it meanwhile, judged by the org
    itself. Otherwise the records are read again just before they are changed, unless ``is_just_read`` says
    that the caller has done so.
    """

    updates: tuple[FieldUpdate, ...]
    is_conditional: bool = True
    is_just_read: bool = False

    def __iter__(self) -> Iterator[FieldUpdate]:
        """Yield the updates in order."""
        return iter(self.updates)


@dataclass(frozen=True)
class RecordState:
    """What Salesforce holds of a record now: its fields by API name, and who changed it last and when (UTC)."""

    values: Mapping[str, str | None]
    last_modified_at: datetime | None
    is_last_modified_by_pipeline: bool


@dataclass(frozen=True)
class ApiBudget:
    """API calls of the rolling 24 hours: used so far by everybody, and the most that there may be.

    The pipeline takes no more than leaves a fifth of them, and at least 2,000, to everybody else
    (salesforce.md §5.6).
    """

    used: int
    limit: int

    @property
    def room(self) -> int:
        """Calls that the pipeline may still make; 0 where it has overdrawn its share."""
        return max(0, min(self.limit * 4 // 5, self.limit - 2_000) - self.used)


@dataclass(frozen=True)
class CallKind:
    """Calls of one kind: method, path without ids, how many there were, and the seconds that they took in total."""

    method: str
    path: str
    calls: int
    seconds: float


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
    """How one write ended.

    ``applied``; ``noop``: the value was there already; ``intercepted``: the mode lets no change out;
    ``conflict``: somebody else changed the record; ``rejected``: the org refuses it; ``deferred``: not
    carried out, to be tried later; ``unknown``: sent, and neither an answer nor a second look told
    whether it was carried out. ``error_code`` is Salesforce's own; ``error_message`` is its text
    without personal data.
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
    def org_id(self) -> str:
        """Id of the org, in its 18-character form; empty for the stand-in."""

    @property
    def api_calls(self) -> int:
        """Number of API calls made so far; 0 where no API is used."""

    def calls(self) -> list[CallKind]:
        """Return what was asked of the org so far, by kind; none where no API is used."""

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """Return every Contact and Lead that carries one of the addresses.

        Returns:
            The columns of ``SalesforceRecord`` but ``partition``. A degraded form answers every address with
            one row without a record.

        Raises:
            LookupFailedError: a lookup did not complete; never reported as "no record".
        """

    def check_active_subscriptions(self, contact_ids: Iterable[str]) -> dict[str, bool]:
        """Tell for each Contact whether the org shows an active subscription.

        Returns:
            An answer for every id; none at all where the org keeps no subscriptions that are known to us.

        Raises:
            LookupFailedError: the lookup did not complete.
        """

    def read_records(self, ids: Mapping[SObject, Collection[str]]) -> dict[tuple[SObject, str], RecordState]:
        """Return what Salesforce holds now of records, by object and id as given.

        Returns:
            The fields that the pipeline may write (``WRITABLE_FIELDS``), for every record that is there.

        Raises:
            LookupFailedError: the reading did not complete; never reported as "no record".
        """

    def budget(self) -> ApiBudget | None:
        """Return the org's API budget as of its last answer; None where no API is used or the org does not say."""

    def planned_calls(self, updates: Sequence[FieldUpdate], contacts: Sequence[NewContact]) -> int:
        """Return the most API calls that writing these takes where nothing goes wrong."""

    def batches(self, updates: Sequence[FieldUpdate]) -> list[UpdateBatch]:
        """Split updates, in order, into what travels in one call each."""

    def send(self, batch: UpdateBatch) -> list[WriteOutcome]:
        """Carry one batch out; one outcome per update, in the same order. Never raises for one record's failure."""

    def update(self, updates: Sequence[FieldUpdate]) -> list[WriteOutcome]:
        """Carry every batch out; one outcome per update, in the same order."""

    def add_contacts(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        """Create Contacts, in order; one outcome per contact, in the same order."""
