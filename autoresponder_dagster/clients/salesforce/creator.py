"""Creating Contacts: search first, create once, and look again instead of repeating (rules.md §5).

Belongs here: find-or-create of Account and Contact. Does not belong here: changes of records that exist.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simple_salesforce.api import Salesforce

from autoresponder_dagster.addresses import normalize_email
from autoresponder_dagster.clients.matching import join_keys
from autoresponder_dagster.clients.salesforce.operations import split_name
from autoresponder_dagster.clients.salesforce.outcomes import API_ERRORS, NO_ANSWER, SalesforceProblem
from autoresponder_dagster.clients.salesforce.protocol import NewContact, WriteOutcome
from autoresponder_dagster.clients.salesforce.queries import InQuery
from autoresponder_dagster.clients.salesforce.reader import QueryError, RecordReader
from autoresponder_dagster.errors import InterceptedWriteError
from autoresponder_dagster.schemas.enums import ACTIVE_STATUS, STATUS_FIELD, SObject, WriteResultCode

_CONTACT_STATUS = STATUS_FIELD[SObject.CONTACT]

_LOGGER = logging.getLogger(__name__)


@dataclass
class _Found:
    """What a batch of creations has found or made: addresses of Contacts, ids of Accounts by lower-cased name.

    ``unconfirmed`` holds what was sent without a good answer: it may exist, so it is not sent again.
    """

    emails: set[str]
    account_ids: dict[str, list[str]]
    unconfirmed: set[str] = field(default_factory=set)


class ContactCreator:
    """Creates Contacts under Accounts of a name.

    Args:
        salesforce: the client whose session carries every call.
        reader: finds what is there.
    """

    def __init__(self, salesforce: Salesforce, reader: RecordReader) -> None:
        self._salesforce = salesforce
        self._reader = reader

    def add(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        """Create Contacts in order; one outcome each.

        A Contact that already carries the address is ``noop``; several Accounts of the name are a
        ``conflict``. A creation is never repeated, whatever its answer.
        """
        try:
            found = self._find(contacts)
        except QueryError as error:
            code = error.problem.code
            return [WriteOutcome(each.action_id, WriteResultCode.DEFERRED, code, "Not sent.") for each in contacts]
        outcomes: list[WriteOutcome] = []
        stop: SalesforceProblem | None = None
        for contact in contacts:
            if stop is not None:
                outcomes.append(WriteOutcome(contact.action_id, WriteResultCode.DEFERRED, stop.code, "Not sent."))
                continue
            try:
                outcomes.append(self._add_one(contact, found))
            except InterceptedWriteError:
                outcomes.append(WriteOutcome(contact.action_id, WriteResultCode.INTERCEPTED))
            except API_ERRORS as error:
                problem = SalesforceProblem.of(error)
                outcomes.append(problem.outcome(contact.action_id))
                stop = problem if problem.stops_everything else None
        return outcomes

    def _find(self, contacts: Sequence[NewContact]) -> _Found:
        """Search all addresses and names of Accounts in one call."""
        names = {contact.account_name.strip() for contact in contacts if contact.account_name}
        emails = join_keys(contact.email for contact in contacts)
        queries = [
            InQuery(("Id", "Email", _CONTACT_STATUS), SObject.CONTACT, "Email", tuple(emails)),
            InQuery(("Id", "Name"), "Account", "Name", tuple(names)),
        ]
        existing, accounts = self._reader.find(queries)
        account_ids: dict[str, list[str]] = {name.lower(): [] for name in names}
        for account in accounts:
            account_ids.setdefault(account["Name"].strip().lower(), []).append(account["Id"])
        return _Found({normalize_email(record["Email"]) or "" for record in existing}, account_ids)

    def _add_one(self, contact: NewContact, found: _Found) -> WriteOutcome:
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
            _CONTACT_STATUS: None
            if self._reader.lacks(SObject.CONTACT, _CONTACT_STATUS)
            else ACTIVE_STATUS[SObject.CONTACT],
        }
        self._create(SObject.CONTACT, {name: value for name, value in fields.items() if value}, email, found)
        found.emails.add(email)
        return WriteOutcome(contact.action_id, WriteResultCode.APPLIED)

    def _create(self, sobject: str, fields: Mapping[str, str], key: str, found: _Found) -> str:
        """Create a record and return its id; where its fate is unknown, ``key`` is unconfirmed from then on."""
        try:
            return str(getattr(self._salesforce, sobject).create(fields)["id"])
        except API_ERRORS as error:
            if SalesforceProblem.of(error).result is not WriteResultCode.DEFERRED:
                raise
            record_id = self._found_after_all(sobject, fields)
            if record_id is None:
                found.unconfirmed.add(key)
                raise
            return record_id

    def _found_after_all(self, sobject: str, fields: Mapping[str, str]) -> str | None:
        """Look whether a creation without an answer was carried out: the id of the one record that was made."""
        key = "Email" if sobject == SObject.CONTACT else "Name"
        try:
            (records,) = self._reader.find([InQuery(("Id",), sobject, key, (fields[key],))])
        except QueryError as error:
            _LOGGER.warning("A creation without an answer could not be looked for. %s", error)
            return None
        return str(records[0]["Id"]) if len(records) == 1 else None
