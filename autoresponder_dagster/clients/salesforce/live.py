"""A real org, over the REST API: the live form and, behind a session that lets no change out, read_only.

Belongs here: what is asked of the org. Does not belong here: how requests leave (``transport``), how
questions and changes travel (``reader``, ``writer``, ``creator``), what a code means (``outcomes``).

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from simple_salesforce.api import Salesforce

from autoresponder_dagster.addresses import normalize_email
from autoresponder_dagster.clients.matching import join_keys
from autoresponder_dagster.clients.salesforce.batching import (
    COLLECTION_RECORDS,
    by_record,
    chunked,
    collection_batches,
    conditional_batches,
)
from autoresponder_dagster.clients.salesforce.creator import ContactCreator
from autoresponder_dagster.clients.salesforce.operations import SalesforceOperations
from autoresponder_dagster.clients.salesforce.outcomes import API_ERRORS, SalesforceProblem
from autoresponder_dagster.clients.salesforce.protocol import (
    ApiBudget,
    AutoReplyNote,
    CallKind,
    FieldUpdate,
    NewContact,
    RecordState,
    UpdateBatch,
    WriteOutcome,
)
from autoresponder_dagster.clients.salesforce.queries import MAX_URI_BYTES, InQuery, SubscriptionLookup
from autoresponder_dagster.clients.salesforce.reader import RecordReader
from autoresponder_dagster.clients.salesforce.records import RECORD_FIELDS, Record, same_id, time_of, to_frame
from autoresponder_dagster.clients.salesforce.transport import GuardedSession
from autoresponder_dagster.clients.salesforce.writer import RecordWriter
from autoresponder_dagster.errors import InterceptedWriteError
from autoresponder_dagster.schemas.enums import STATUS_FIELD, WRITABLE_FIELDS, SObject, WriteResultCode

_CONTACT_STATUS = STATUS_FIELD[SObject.CONTACT]

_FIELDS_TO_READ_AGAIN = {
    sobject: ("Id", *WRITABLE_FIELDS[sobject], "LastModifiedDate", "LastModifiedById") for sobject in SObject
}

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiveOptions:
    """What an operator may set about the work on a real org.

    Args:
        subscription: where the org keeps subscriptions of Contacts; None where it keeps none.
        whole_object_above: with more addresses than this, Contacts and Leads are read whole by a bulk job.
        conditional_up_to: with more records to change than this, they travel as sObject Collections.
        writes_audit_fields: also set ``LastAutoResponseDate__c`` and ``AutoResponseCategory__c``.
        logs_tasks: also log the auto-reply as a completed Task on each record that was changed.
        max_uri_bytes: bound of a statement in an URI, for an org without composites.
    """

    subscription: SubscriptionLookup | None = None
    whole_object_above: int = 50_000
    conditional_up_to: int = 1_000
    writes_audit_fields: bool = False
    logs_tasks: bool = False
    max_uri_bytes: int = MAX_URI_BYTES


class LiveSalesforce(SalesforceOperations):
    """Lookups and writes on a real org.

    Whether a change can leave is the session's business: with a read-only one every write ends as
    ``intercepted``, and so does whatever else is asked of ``salesforce`` directly.
    """

    def __init__(
        self,
        salesforce: Salesforce,
        session: GuardedSession,
        *,
        org_id: str,
        own_user_id: str,
        options: LiveOptions,
    ) -> None:
        self.salesforce = salesforce
        self.session = session
        self.own_user_id = own_user_id
        self.options = options
        self._org_id = org_id
        self.reader = RecordReader(
            salesforce, optional_fields=[(SObject.CONTACT, _CONTACT_STATUS)], max_uri_bytes=options.max_uri_bytes
        )
        self._writer = RecordWriter(
            salesforce, session, self.reader, self.read_records, writes_audit_fields=options.writes_audit_fields
        )
        self._creator = ContactCreator(salesforce, self.reader)

    @property
    def org_id(self) -> str:
        """See ``SalesforceClient``."""
        return self._org_id

    @property
    def api_calls(self) -> int:
        """Number of calls so far that count against the org's limit."""
        return self.session.journal.api_calls

    def calls(self) -> list[CallKind]:
        """See ``SalesforceClient``."""
        return self.session.journal.kinds()

    def budget(self) -> ApiBudget | None:
        """See ``SalesforceClient``."""
        return self.session.journal.budget

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """See ``SalesforceClient``."""
        asked = join_keys(emails)
        records = self._records(asked)
        subscribed = self.check_active_subscriptions(record["Id"] for record in records[SObject.CONTACT])
        return to_frame(records, asked, own_user_id=self.own_user_id, subscribed=subscribed)

    def check_active_subscriptions(self, contact_ids: Iterable[str]) -> dict[str, bool]:
        """See ``SalesforceClient``. One question for all."""
        lookup = self.options.subscription
        if lookup is None:
            return {}
        ids = tuple(contact_ids)
        name = lookup.contact_field
        (found,) = self.reader.find([InQuery((name,), lookup.sobject, name, ids, lookup.condition)])
        active = {record[name] for record in found}
        return {contact_id: contact_id in active for contact_id in ids}

    def read_records(self, ids: Mapping[SObject, Collection[str]]) -> dict[tuple[SObject, str], RecordState]:
        """See ``SalesforceClient``."""
        asked = {sobject: list(of_one) for sobject, of_one in ids.items()}
        found = self.reader.retrieve(asked, _FIELDS_TO_READ_AGAIN)
        states = {
            (sobject, record["Id"][:15]): self._state(sobject, record) for sobject in asked for record in found[sobject]
        }
        return {
            (sobject, record_id): states[sobject, record_id[:15]]
            for sobject, of_one in asked.items()
            for record_id in of_one
            if (sobject, record_id[:15]) in states
        }

    def planned_calls(self, updates: Sequence[FieldUpdate], contacts: Sequence[NewContact]) -> int:
        """See ``SalesforceClient``.

        A collection is read before it is sent, Tasks follow each batch, and a Contact may need an Account.
        """
        calls = sum((1 if batch.is_conditional else 2) + self.options.logs_tasks for batch in self.batches(updates))
        return calls + (1 + 2 * len(contacts) if contacts else 0)

    def batches(self, updates: Sequence[FieldUpdate]) -> list[UpdateBatch]:
        """See ``SalesforceClient``."""
        is_large = len(by_record(updates)) > self.options.conditional_up_to
        return collection_batches(updates) if is_large else conditional_batches(updates)

    def send(self, batch: UpdateBatch) -> list[WriteOutcome]:
        """See ``SalesforceClient``."""
        outcomes = self._writer.send(batch)
        if self.options.logs_tasks:
            applied = {each.action_id for each in outcomes if each.result is WriteResultCode.APPLIED}
            self._log_tasks([update for update in batch if update.action_id in applied])
        return outcomes

    def add_contacts(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        """See ``SalesforceClient``.

        A Contact that already carries the address is ``noop``; several Accounts of the name are a
        ``conflict``. A creation is never repeated, whatever its answer.
        """
        return self._creator.add(contacts)

    def _records(self, asked: Collection[str]) -> dict[SObject, list[Record]]:
        """Return the records of the addresses; an org without ``Contact_Status__c`` has Contacts of unknown status."""
        if len(asked) > self.options.whole_object_above:
            # Fewer calls than asking for so many: the object is read whole, and joined here.
            wanted = set(asked)
            return {
                sobject: [
                    record
                    for record in self.reader.read_whole(sobject, RECORD_FIELDS[sobject], "Email != null")
                    if normalize_email(record["Email"]) in wanted
                ]
                for sobject in SObject
            }
        queries = [InQuery(RECORD_FIELDS[sobject], sobject, "Email", tuple(asked)) for sobject in SObject]
        return dict(zip(SObject, self.reader.find(queries), strict=True))

    def _state(self, sobject: SObject, record: Record) -> RecordState:
        return RecordState(
            values={name: record.get(name) for name in WRITABLE_FIELDS[sobject]},
            last_modified_at=time_of(record.get("LastModifiedDate")),
            is_last_modified_by_pipeline=same_id(record.get("LastModifiedById"), self.own_user_id),
        )

    def _log_tasks(self, updates: Sequence[FieldUpdate]) -> None:
        """Log the auto-reply on each changed record. Never repeated: a missing Task is better than two."""
        tasks = [_task(update, update.note) for update, *_ in by_record(updates).values() if update.note is not None]
        for chunk in chunked(tasks, COLLECTION_RECORDS):
            try:
                self.salesforce.restful(
                    "composite/sobjects", method="POST", json={"allOrNone": False, "records": list(chunk)}
                )
            except (InterceptedWriteError, *API_ERRORS) as error:
                problem = error if isinstance(error, InterceptedWriteError) else SalesforceProblem.of(error)
                _LOGGER.warning("%d auto-replies could not be logged as Tasks. %s", len(chunk), problem)


def _task(update: FieldUpdate, note: AutoReplyNote) -> dict[str, Any]:
    """Return the completed Task that stands for the auto-reply behind a change."""
    return {
        "attributes": {"type": "Task"},
        "WhoId": update.record_id,
        "Subject": f"Auto-reply: {note.category}",
        "Status": "Completed",
        "ActivityDate": note.received_at.date().isoformat(),
        "Description": note.text,
    }
