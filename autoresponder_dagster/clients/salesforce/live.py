"""A real org, over the REST API: the live form and, behind a session that lets no change out, read_only.

Belongs here: what is asked of the org and what its answers mean. Does not belong here: how requests
leave (``transport``), what a code means (``outcomes``), the text of queries (``queries``).

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
"""

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd
from simple_salesforce.api import Salesforce

from autoresponder_dagster.addresses import normalize_email
from autoresponder_dagster.clients.matching import join_keys
from autoresponder_dagster.clients.salesforce.operations import SalesforceOperations, split_name
from autoresponder_dagster.clients.salesforce.outcomes import API_ERRORS, NO_ANSWER, SalesforceProblem
from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, NewContact, WriteOutcome
from autoresponder_dagster.clients.salesforce.queries import MAX_URI_BYTES, SubscriptionLookup, in_queries
from autoresponder_dagster.clients.salesforce.records import RECORD_FIELDS, Record, to_frame
from autoresponder_dagster.clients.salesforce.transport import GuardedSession
from autoresponder_dagster.errors import InterceptedWriteError, LookupFailedError
from autoresponder_dagster.schemas.enums import ACTIVE_STATUS, STATUS_FIELD, SObject, WriteResultCode

_CONTACT_STATUS = STATUS_FIELD[SObject.CONTACT]
_RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_NO_CONTENT = 204
_MOST_UNANSWERED = 3
"""So many writes in a row without an answer, and the rest of the batch is deferred."""

_LOGGER = logging.getLogger(__name__)

_Item = TypeVar("_Item", FieldUpdate, NewContact)


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
        own_user_id: str,
        subscription: SubscriptionLookup | None = None,
        max_uri_bytes: int = MAX_URI_BYTES,
    ) -> None:
        self.salesforce = salesforce
        self._session = session
        self._own_user_id = own_user_id
        self._subscription = subscription
        self._max_uri_bytes = max_uri_bytes
        self._has_contact_status = True

    @property
    def api_calls(self) -> int:
        """Number of calls so far that count against the org's limit."""
        return self._session.api_calls

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """See ``SalesforceClient``."""
        asked = join_keys(emails)
        records = {sobject: self._records(sobject, asked) for sobject in SObject}
        subscribed = self.check_active_subscription(record["Id"] for record in records[SObject.CONTACT])
        return to_frame(records, asked, own_user_id=self._own_user_id, subscribed=subscribed)

    def check_active_subscription(self, contact_ids: Iterable[str]) -> dict[str, bool]:
        """Tell for each Contact whether the org shows an active subscription.

        Returns:
            An answer for every id; none at all where no ``SubscriptionLookup`` is configured.

        Raises:
            LookupFailedError: the lookup did not complete.
        """
        lookup = self._subscription
        if lookup is None:
            return {}
        ids = list(contact_ids)
        field = lookup.contact_field
        found = self._query_in([field], lookup.sobject, field, ids, condition=lookup.condition)
        active = {record[field] for record in found}
        return {contact_id: contact_id in active for contact_id in ids}

    def update(self, updates: Sequence[FieldUpdate]) -> list[WriteOutcome]:
        """See ``SalesforceClient``. One API call per update."""
        return _in_order(updates, self._update_one)

    def add_contacts(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        """See ``SalesforceClient``.

        A Contact that already carries the address is ``noop``; several Accounts of the name are a
        ``conflict``. A creation is never repeated, whatever its answer.
        """
        names = {contact.account_name.strip() for contact in contacts if contact.account_name}
        try:
            existing = self._records(SObject.CONTACT, join_keys(contact.email for contact in contacts))
            found = _Found({record["Email"].lower() for record in existing}, self._accounts(names))
        except _QueryError as error:
            code = error.problem.code
            return [WriteOutcome(each.action_id, WriteResultCode.DEFERRED, code, "Not sent.") for each in contacts]
        return _in_order(contacts, lambda contact: self._add_one(contact, found))

    def _records(self, sobject: SObject, asked: Collection[str]) -> list[Record]:
        """Return the records of the addresses; an org without ``Contact_Status__c`` has Contacts of unknown status."""
        fields = [name for name in RECORD_FIELDS[sobject] if self._has_contact_status or name != _CONTACT_STATUS]
        try:
            return self._query_in(fields, sobject, "Email", asked)
        except _QueryError as error:
            if not (self._has_contact_status and error.problem.is_missing_column(_CONTACT_STATUS)):
                raise
            _LOGGER.warning("The org has no Contact.%s, or hides it from this user: status unknown.", _CONTACT_STATUS)
            self._has_contact_status = False
            return self._records(sobject, asked)

    def _accounts(self, names: Collection[str]) -> dict[str, list[str]]:
        """Return the ids of the Accounts of each name, compared as Salesforce does: without regard to case."""
        accounts: dict[str, list[str]] = {name.lower(): [] for name in names}
        for record in self._query_in(["Id", "Name"], "Account", "Name", names):
            accounts.setdefault(record["Name"].lower(), []).append(record["Id"])
        return accounts

    def _query_in(
        self, fields: Sequence[str], sobject: str, key: str, values: Iterable[str], *, condition: str = ""
    ) -> list[Record]:
        """Ask for the records of some values and read every page of the answer.

        Raises:
            LookupFailedError: any page is missing.
        """
        records: list[Record] = []
        for soql in in_queries(fields, sobject, key, values, condition=condition, max_bytes=self._max_uri_bytes):
            try:
                records.extend(self.salesforce.query_all_iter(soql))
            except API_ERRORS as error:
                raise _QueryError(SalesforceProblem.of(error)) from None
        return records

    def _update_one(self, update: FieldUpdate) -> WriteOutcome:
        if not _RECORD_ID.fullmatch(update.record_id):
            return WriteOutcome(update.action_id, WriteResultCode.REJECTED, "MALFORMED_ID", "Not a record id.")
        status = getattr(self.salesforce, update.sobject).update(update.record_id, {update.field: update.value})
        if status != _NO_CONTENT:
            return WriteOutcome(
                update.action_id, WriteResultCode.DEFERRED, NO_ANSWER, f"The answer to the update was HTTP {status}."
            )
        return WriteOutcome(update.action_id, WriteResultCode.APPLIED)

    def _add_one(self, contact: NewContact, found: "_Found") -> WriteOutcome:
        email, account = normalize_email(contact.email), (contact.account_name or "").strip()
        if not email or not account:
            return WriteOutcome(
                contact.action_id,
                WriteResultCode.REJECTED,
                "REQUIRED_FIELD_MISSING",
                "Address or organisation unknown.",
            )
        if email in found.emails:
            return WriteOutcome(contact.action_id, WriteResultCode.NOOP)
        if {email, account.lower()} & found.unconfirmed:
            return WriteOutcome(contact.action_id, WriteResultCode.DEFERRED, NO_ANSWER, "Its creation is unconfirmed.")
        account_ids = found.account_ids[account.lower()]
        if len(account_ids) > 1:
            return WriteOutcome(
                contact.action_id, WriteResultCode.CONFLICT, "DUPLICATE_VALUE", "Several Accounts have this name."
            )
        if not account_ids:
            account_ids.append(self._create("Account", {"Name": account}, account.lower(), found))
        first_name, last_name = split_name(contact.name)
        fields = {
            "Email": contact.email,
            "FirstName": first_name,
            "LastName": last_name,
            "Title": contact.title,
            "AccountId": account_ids[0],
            _CONTACT_STATUS: ACTIVE_STATUS[SObject.CONTACT] if self._has_contact_status else None,
        }
        self._create(SObject.CONTACT, {name: value for name, value in fields.items() if value}, email, found)
        found.emails.add(email)
        return WriteOutcome(contact.action_id, WriteResultCode.APPLIED)

    def _create(self, sobject: str, fields: Mapping[str, str], key: str, found: "_Found") -> str:
        """Create a record and return its id; where its fate is unknown, ``key`` is unconfirmed from then on."""
        try:
            return str(getattr(self.salesforce, sobject).create(fields)["id"])
        except API_ERRORS as error:
            if SalesforceProblem.of(error).result is WriteResultCode.DEFERRED:
                found.unconfirmed.add(key)
            raise


@dataclass
class _Found:
    """What a batch of creations has found or made: addresses of Contacts, ids of Accounts by lower-cased name.

    ``unconfirmed`` holds what was sent without a good answer: it may exist, so it is not sent again.
    """

    emails: set[str]
    account_ids: dict[str, list[str]]
    unconfirmed: set[str] = field(default_factory=set)


class _QueryError(LookupFailedError):
    """A query was refused or not answered. The text holds no query, and so no address."""

    def __init__(self, problem: SalesforceProblem) -> None:
        self.problem = problem
        super().__init__(f"A Salesforce lookup failed. {problem}")


def _in_order(items: Sequence[_Item], write: Callable[[_Item], WriteOutcome]) -> list[WriteOutcome]:
    """Write each item and say how it ended; a failed one never stops the others.

    Where the org can take no more (limit reached, session over, no answer several times in a row) the
    rest is deferred unsent, with the same code.
    """
    outcomes: list[WriteOutcome] = []
    unanswered = 0
    stop: SalesforceProblem | None = None
    for item in items:
        if stop is not None:
            outcomes.append(WriteOutcome(item.action_id, WriteResultCode.DEFERRED, stop.code, "Not sent."))
            continue
        try:
            outcomes.append(write(item))
            unanswered = 0
        except InterceptedWriteError:
            outcomes.append(WriteOutcome(item.action_id, WriteResultCode.INTERCEPTED))
        except API_ERRORS as error:
            problem = SalesforceProblem.of(error)
            outcomes.append(problem.outcome(item.action_id))
            unanswered = unanswered + 1 if problem.code == NO_ANSWER else 0
            if problem.stops_everything or unanswered == _MOST_UNANSWERED:
                stop = problem
                _LOGGER.warning("Salesforce takes no more writes; the rest of the batch is deferred. %s", problem)
    return outcomes
