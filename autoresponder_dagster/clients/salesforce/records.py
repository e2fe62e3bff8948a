"""From Salesforce records to the frame of the house, the same for a real org and the mock one.

Belongs here: which fields are read, and how a record becomes a row. Does not belong here: where
records come from.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from autoresponder_dagster.addresses import normalize_email
from autoresponder_dagster.clients.columns import parse_utc
from autoresponder_dagster.schemas import SalesforceRecord
from autoresponder_dagster.schemas.enums import STATUS_FIELD, SObject

Record = Mapping[str, Any]
"""One record, by Salesforce's field names, as the REST API returns it."""

RECORD_FIELDS = {
    SObject.CONTACT: (
        "Id",
        "Email",
        "Name",
        "Title",
        STATUS_FIELD[SObject.CONTACT],
        "AccountId",
        "RecordTypeId",
        "LastModifiedDate",
        "LastModifiedById",
    ),
    SObject.LEAD: (
        "Id",
        "Email",
        "Name",
        "Title",
        STATUS_FIELD[SObject.LEAD],
        "Company",
        "IsConverted",
        "ConvertedContactId",
        "LastModifiedDate",
        "LastModifiedById",
    ),
}
"""The fields that a lookup reads (rules.md §3)."""


def to_frame(
    records: Mapping[SObject, Iterable[Record]],
    asked: Collection[str],
    *,
    own_user_id: str,
    subscribed: Mapping[str, bool | None],
) -> pd.DataFrame:
    """Build the rows of the records that carry an address that was asked for.

    Args:
        records: Contacts and Leads, in any order.
        asked: normalised addresses; a record with another address is left out.
        own_user_id: the user whose changes are the pipeline's own.
        subscribed: answer of ``check_active_subscriptions`` by Contact id; unknown where it has none.

    Returns:
        The columns of ``SalesforceRecord`` but ``partition``, sorted by address, object and id.
    """
    keys = set(asked)
    rows = [
        _row(sobject, record, own_user_id, subscribed)
        for sobject, found in records.items()
        for record in found
        if normalize_email(record["Email"]) in keys
    ]
    rows.sort(key=lambda row: (row["email"], row["sobject"], row["record_id"]))
    return SalesforceRecord.from_rows(rows).drop(columns=SalesforceRecord.partition)


def same_id(left: str | None, right: str | None) -> bool:
    """Tell whether two record ids are the same, each in its 15- or 18-character form."""
    return bool(left and right) and str(left)[:15] == str(right)[:15]


def _row(sobject: SObject, record: Record, own_user_id: str, subscribed: Mapping[str, bool | None]) -> dict[str, Any]:
    is_contact = sobject is SObject.CONTACT
    return {
        SalesforceRecord.email: normalize_email(record["Email"]),
        SalesforceRecord.sobject: sobject,
        SalesforceRecord.record_id: record["Id"],
        SalesforceRecord.name: record.get("Name"),
        SalesforceRecord.title: record.get("Title"),
        SalesforceRecord.company: record.get("Company"),
        SalesforceRecord.status: record.get(STATUS_FIELD[sobject]),
        SalesforceRecord.account_id: record.get("AccountId"),
        SalesforceRecord.record_type_id: record.get("RecordTypeId"),
        SalesforceRecord.is_converted: bool(record.get("IsConverted")),
        SalesforceRecord.converted_contact_id: record.get("ConvertedContactId"),
        SalesforceRecord.last_modified_at: time_of(record.get("LastModifiedDate")),
        SalesforceRecord.last_modified_by_pipeline: same_id(record.get("LastModifiedById"), own_user_id),
        SalesforceRecord.has_active_subscription: subscribed.get(record["Id"]) if is_contact else None,
        SalesforceRecord.is_degraded: False,
    }


def time_of(value: str | datetime | None) -> datetime | None:
    """Read a time as the API writes it (``2026-01-31T09:00:00.000+0000``)."""
    return parse_utc(value) if value else None
