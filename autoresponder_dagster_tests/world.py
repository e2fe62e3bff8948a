"""A small made-up world: messages and mock systems, written as fixture files for a run."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EMAIL_COLUMNS = ("Id", "AccountName", "Subject", "Body", "SenderEmail", "ReceivedDate", "InsertedDateTime", "MessageId")
CONTACT_COLUMNS = (
    "Id",
    "Email",
    "FirstName",
    "LastName",
    "Name",
    "Title",
    "Contact_Status__c",
    "AccountId",
    "RecordTypeId",
    "LastModifiedDate",
    "LastModifiedById",
    "HasActiveSubscription",
)
LEAD_COLUMNS = (
    "Id",
    "Email",
    "FirstName",
    "LastName",
    "Name",
    "Title",
    "Company",
    "Status",
    "IsConverted",
    "ConvertedContactId",
    "LastModifiedDate",
    "LastModifiedById",
)
MULTIPUB_SUBSCRIBER_COLUMNS = ("subsnum", "email", "name", "organization")
MULTIPUB_ORDER_COLUMNS = (
    "subsnum",
    "order_id",
    "product_code",
    "order_type",
    "status",
    "start_date",
    "expire_date",
    "is_single_issue",
    "purchase_date",
)
CUPOLA_COLUMNS = ("cupola_person_id", "email", "name", "organization", "title", "is_active", "updated_at")

LEFT = "I no longer work at Northfield Clinic. Please contact info@northfield.example instead."


@dataclass
class World:
    """Rows by file; ``write`` puts them into a folder."""

    emails: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    leads: list[dict[str, Any]] = field(default_factory=list)
    subscribers: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)

    def email(self, sender: str, body: str, received: str, **values: Any) -> None:
        number = len(self.emails) + 1
        self.emails.append(
            {
                "Id": str(number),
                "AccountName": "HospitalNews",
                "Subject": "Automatic reply: Hospital News",
                "Body": body,
                "SenderEmail": sender,
                "ReceivedDate": received,
                "InsertedDateTime": received,
                "MessageId": f"<{number}@mail.example>",
                **values,
            }
        )

    def contact(self, email: str, **values: Any) -> str:
        record_id = f"003{len(self.contacts) + 1:012d}AAA"
        self.contacts.append(
            {
                "Id": record_id,
                "Email": email,
                "Name": "Jane Doe",
                "Contact_Status__c": "Active",
                "LastModifiedDate": "2026-01-01T00:00:00Z",
                "LastModifiedById": "005000000000009AAA",
                **values,
            }
        )
        return record_id

    def lead(self, email: str, **values: Any) -> str:
        record_id = f"00Q{len(self.leads) + 1:012d}AAA"
        self.leads.append(
            {
                "Id": record_id,
                "Email": email,
                "Name": "Jane Doe",
                "Company": "Northfield Clinic",
                "Status": "Open - Not Contacted",
                "IsConverted": "false",
                "LastModifiedDate": "2026-01-01T00:00:00Z",
                "LastModifiedById": "005000000000009AAA",
                **values,
            }
        )
        return record_id

    def person(self, email: str, *, is_active: bool = True, **values: Any) -> None:
        self.people.append(
            {
                "cupola_person_id": str(len(self.people) + 1),
                "email": email,
                "name": "Jane Doe",
                "organization": "Northfield Clinic",
                "is_active": str(is_active).lower(),
                "updated_at": "2026-01-01T00:00:00Z",
                **values,
            }
        )

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        _write_csv(folder / "emails.csv", EMAIL_COLUMNS, self.emails)
        _write_csv(folder / "salesforce_contacts.csv", CONTACT_COLUMNS, self.contacts)
        _write_csv(folder / "salesforce_leads.csv", LEAD_COLUMNS, self.leads)
        _write_csv(folder / "multipub_subscribers.csv", MULTIPUB_SUBSCRIBER_COLUMNS, self.subscribers)
        _write_csv(folder / "multipub_orders.csv", MULTIPUB_ORDER_COLUMNS, self.orders)
        _write_csv(folder / "cupola_people.csv", CUPOLA_COLUMNS, self.people)
        return folder


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
