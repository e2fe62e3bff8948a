"""An org in memory, loaded from two CSV files. It opens no socket.

Belongs here: the behaviour of the real org that the pipeline meets. Does not belong here: anything a
real org does not do.

The files are ``salesforce_contacts.csv`` and ``salesforce_leads.csv``: UTF-8, a header, an empty cell
is null, times in ISO 8601. Further columns are kept.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pandas as pd

from autoresponder_dagster.addresses import is_valid_email, normalize_email
from autoresponder_dagster.clients.columns import FLAG, KEY, TEXT, UTC_TIME, Layout
from autoresponder_dagster.clients.fixtures import read_fixture
from autoresponder_dagster.clients.matching import join_keys
from autoresponder_dagster.clients.salesforce.operations import SalesforceOperations, split_name
from autoresponder_dagster.clients.salesforce.preconditions import may_be_set
from autoresponder_dagster.clients.salesforce.protocol import (
    FieldUpdate,
    NewContact,
    RecordState,
    UpdateBatch,
    WriteOutcome,
)
from autoresponder_dagster.clients.salesforce.records import same_id, time_of, to_frame
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.files import write_atomically
from autoresponder_dagster.schemas.enums import (
    ACTIVE_STATUS,
    INACTIVE_STATUS,
    STATUS_FIELD,
    WRITABLE_FIELDS,
    SObject,
    WriteResultCode,
)

MOCK_ORG_ID = "00D000000000001AAA"
OWN_USER_ID = "005000000000001AAA"
"""``LastModifiedById`` of what the pipeline wrote in a mock org."""

LAYOUTS: dict[SObject, Layout] = {
    SObject.CONTACT: {
        "Id": KEY,
        "Email": TEXT,
        "FirstName": TEXT,
        "LastName": TEXT,
        "Name": TEXT,
        "Title": TEXT,
        STATUS_FIELD[SObject.CONTACT]: TEXT,
        "AccountId": TEXT,
        "RecordTypeId": TEXT,
        "LastModifiedDate": UTC_TIME,
        "LastModifiedById": TEXT,
        "HasActiveSubscription": FLAG,
    },
    SObject.LEAD: {
        "Id": KEY,
        "Email": TEXT,
        "FirstName": TEXT,
        "LastName": TEXT,
        "Name": TEXT,
        "Title": TEXT,
        "Company": TEXT,
        STATUS_FIELD[SObject.LEAD]: TEXT,
        "IsConverted": FLAG,
        "ConvertedContactId": TEXT,
        "LastModifiedDate": UTC_TIME,
        "LastModifiedById": TEXT,
    },
}
FILE_NAMES = {SObject.CONTACT: "salesforce_contacts.csv", SObject.LEAD: "salesforce_leads.csv"}

_MAX_LENGTH = {"Email": 80, "Title": 128}
_STANDARD_STATUSES = {
    SObject.CONTACT: {ACTIVE_STATUS[SObject.CONTACT], INACTIVE_STATUS},
    SObject.LEAD: {
        ACTIVE_STATUS[SObject.LEAD],
        INACTIVE_STATUS,
        *("Working - Contacted", "Closed - Converted", "Closed - Not Converted", "Disqualified"),
    },
}


@dataclass(frozen=True)
class _Table:
    """The records of one object by id, in the order of the file, every cell as written (null: empty)."""

    sobject: SObject
    columns: tuple[str, ...]
    rows: dict[str, dict[str, str]]
    statuses: frozenset[str]

    @classmethod
    def of(cls, sobject: SObject, columns: Sequence[str], rows: Iterable[Mapping[str, str | None]]) -> Self:
        """Take a copy of the rows.

        Raises:
            ConfigurationError: two records have the same id.
        """
        by_id: dict[str, dict[str, str]] = {}
        for row in rows:
            cells = {name: row.get(name) or "" for name in columns}
            if by_id.setdefault(cells["Id"], cells) is not cells:
                raise ConfigurationError(f"{FILE_NAMES[sobject]} has the Id {cells['Id']} twice. Ids must be unique.")
        used = {cells[STATUS_FIELD[sobject]] for cells in by_id.values()} - {""}
        return cls(sobject, tuple(columns), by_id, frozenset(used | _STANDARD_STATUSES[sobject]))

    def find(self, record_id: str) -> dict[str, str] | None:
        """Return the record of an id, in its 15- or 18-character form."""
        exact = self.rows.get(record_id)
        return exact or next((row for key, row in self.rows.items() if same_id(key, record_id)), None)


class MockSalesforce(SalesforceOperations):
    """Contacts and Leads in memory, to which writes are applied.

    Args:
        contacts: records by the column names of ``LAYOUTS``; a missing or empty cell is null.
        leads: the same for Leads.
        clock: gives the time of a write.
    """

    def __init__(
        self,
        contacts: Sequence[Mapping[str, str | None]] = (),
        leads: Sequence[Mapping[str, str | None]] = (),
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._clock = clock
        self._tables = {
            sobject: _Table.of(sobject, tuple(LAYOUTS[sobject]), rows)
            for sobject, rows in ((SObject.CONTACT, contacts), (SObject.LEAD, leads))
        }

    @classmethod
    def from_folder(cls, folder: Path, *, clock: Callable[[], datetime]) -> Self:
        """Load the two files of a fixture folder.

        Raises:
            ConfigurationError: a file is missing or malformed; the message names it.
        """
        org = cls(clock=clock)
        org._tables = {sobject: _read(sobject, folder) for sobject in SObject}
        return org

    def export(self, folder: Path) -> list[Path]:
        """Write the org in the form that ``from_folder`` reads; returns the paths of the two files."""
        return [_write(table, folder / FILE_NAMES[sobject]) for sobject, table in self._tables.items()]

    def lookup_by_emails(self, emails: Collection[str]) -> pd.DataFrame:
        """See ``SalesforceClient``."""
        asked = set(join_keys(emails))
        records = {
            sobject: [_record(sobject, row) for row in table.rows.values() if normalize_email(row["Email"]) in asked]
            for sobject, table in self._tables.items()
        }
        subscribed = self.check_active_subscriptions(record["Id"] for record in records[SObject.CONTACT])
        return to_frame(records, asked, own_user_id=OWN_USER_ID, subscribed=subscribed)

    @property
    def org_id(self) -> str:
        """See ``SalesforceClient``."""
        return MOCK_ORG_ID

    def check_active_subscriptions(self, contact_ids: Iterable[str]) -> dict[str, bool]:
        """See ``SalesforceClient``. A Contact whose cell is empty has no answer."""
        rows = {contact_id: self._tables[SObject.CONTACT].find(contact_id) for contact_id in contact_ids}
        answers = {key: _record(SObject.CONTACT, row)["HasActiveSubscription"] for key, row in rows.items() if row}
        return {contact_id: answer for contact_id, answer in answers.items() if answer is not None}

    def read_records(self, ids: Mapping[SObject, Collection[str]]) -> dict[tuple[SObject, str], RecordState]:
        """See ``SalesforceClient``."""
        found = {
            (sobject, record_id): self._tables[sobject].find(record_id)
            for sobject, of_one in ids.items()
            for record_id in of_one
        }
        return {key: _state(key[0], row) for key, row in found.items() if row is not None}

    def send(self, batch: UpdateBatch) -> list[WriteOutcome]:
        """See ``SalesforceClient``. Refuses what a real org refuses, with its codes."""
        states = self.read_records(_ids_of(batch))
        return [self._update_one(update, states.get((update.sobject, update.record_id))) for update in batch]

    def add_contacts(self, contacts: Sequence[NewContact]) -> list[WriteOutcome]:
        """See ``SalesforceClient``. A Contact that already carries the address is ``noop``."""
        return [self._add_one(contact) for contact in contacts]

    def _update_one(self, update: FieldUpdate, before: RecordState | None) -> WriteOutcome:
        """Set one field; ``before`` is the record before the batch, whose own changes are no conflict."""
        table = self._tables[update.sobject]
        row = table.find(update.record_id)
        if row is None or before is None:
            return _rejected(update.action_id, "NOT_FOUND", "The record does not exist any more.")
        if _record(update.sobject, row).get("IsConverted"):
            return _rejected(update.action_id, "CANNOT_UPDATE_CONVERTED_LEAD", "The Lead is converted.")
        if update.field not in WRITABLE_FIELDS[update.sobject]:
            return _rejected(update.action_id, "INVALID_FIELD", f"{update.sobject} has no such field to write.")
        if not may_be_set(update, before):
            return _held_by_somebody_else(update, before)
        code = self._refusal(table, update.field, update.value)
        if code:
            return _rejected(update.action_id, code, f"{update.field} does not take this value.")
        row[update.field] = update.value
        self._stamp(row)
        return WriteOutcome(update.action_id, WriteResultCode.APPLIED)

    def _refusal(self, table: _Table, field: str, value: str) -> str | None:
        """Return the code with which an org refuses a value; None where it takes it. An empty field is taken."""
        if not value:
            return None
        if field == STATUS_FIELD[table.sobject]:
            return None if value in table.statuses else "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        if field == "Email" and not is_valid_email(value):
            return "INVALID_EMAIL_ADDRESS"
        return "STRING_TOO_LONG" if len(value) > _MAX_LENGTH[field] else None

    def _add_one(self, contact: NewContact) -> WriteOutcome:
        table = self._tables[SObject.CONTACT]
        email = normalize_email(contact.email)
        if not email or not contact.account_name:
            return _rejected(contact.action_id, "REQUIRED_FIELD_MISSING", "Address or organisation unknown.")
        if any(normalize_email(row["Email"]) == email for row in table.rows.values()):
            return WriteOutcome(contact.action_id, WriteResultCode.NOOP)
        code = self._refusal(table, "Email", email) or self._refusal(table, "Title", contact.title or "")
        if code:
            return _rejected(contact.action_id, code, "The Contact does not take these values.")
        first_name, last_name = split_name(contact.name)
        row = dict.fromkeys(table.columns, "") | {
            "Id": _made_up_id("003", email),
            "Email": contact.email,
            "FirstName": first_name or "",
            "LastName": last_name,
            "Name": f"{first_name or ''} {last_name}".strip(),
            "Title": contact.title or "",
            STATUS_FIELD[SObject.CONTACT]: ACTIVE_STATUS[SObject.CONTACT],
            "AccountId": _made_up_id("001", contact.account_name.lower()),
        }
        self._stamp(row)
        table.rows[row["Id"]] = row
        return WriteOutcome(contact.action_id, WriteResultCode.APPLIED)

    def _stamp(self, row: dict[str, str]) -> None:
        row["LastModifiedDate"] = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        row["LastModifiedById"] = OWN_USER_ID


def _read(sobject: SObject, folder: Path) -> _Table:
    read_fixture(folder, FILE_NAMES[sobject], LAYOUTS[sobject])  # complete, and every cell of its kind
    # Kept as written, so that an export gives back the same cells, and further columns, too.
    with (folder / FILE_NAMES[sobject]).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return _Table.of(sobject, reader.fieldnames or (), reader)


def _write(table: _Table, path: Path) -> Path:
    """Write one file whole or not at all (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, table.columns)
    writer.writeheader()
    writer.writerows(table.rows.values())
    write_atomically(path, text.getvalue().encode())
    return path


def _ids_of(batch: UpdateBatch) -> dict[SObject, list[str]]:
    return {sobject: [each.record_id for each in batch if each.sobject is sobject] for sobject in SObject}


def _state(sobject: SObject, row: Mapping[str, str]) -> RecordState:
    record = _record(sobject, row)
    return RecordState(
        values={name: record[name] for name in WRITABLE_FIELDS[sobject]},
        last_modified_at=time_of(record["LastModifiedDate"]),
        is_last_modified_by_pipeline=same_id(record["LastModifiedById"], OWN_USER_ID),
    )


def _record(sobject: SObject, row: Mapping[str, str]) -> dict[str, Any]:
    """Return a row as an org would: null for an empty cell, a boolean for a flag."""
    return {name: kind.parse(row[name]) if row[name].strip() else None for name, kind in LAYOUTS[sobject].items()}


def _held_by_somebody_else(update: FieldUpdate, before: RecordState) -> WriteOutcome:
    """Return the outcome of an update that came too late: somebody set the same value, or another one."""
    if (before.values[update.field] or "") == update.value:
        return WriteOutcome(update.action_id, WriteResultCode.NOOP)
    message = "Somebody else changed the record."
    return WriteOutcome(update.action_id, WriteResultCode.CONFLICT, "PRECONDITION_FAILED", message)


def _rejected(action_id: str, code: str, message: str) -> WriteOutcome:
    return WriteOutcome(action_id, WriteResultCode.REJECTED, code, message)


def _made_up_id(prefix: str, name: str) -> str:
    """Return an id of the right form that depends on the name alone, so that two runs create the same record."""
    return f"{prefix}{hashlib.sha256(name.encode()).hexdigest()[:12]}AAA"
