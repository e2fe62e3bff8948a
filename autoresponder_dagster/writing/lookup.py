"""Looking a day's people up, also those whose address the pipeline itself has changed (rules.md §9, State).

Does not belong here: which addresses are looked up (``rules/identity``).
"""

from collections.abc import Collection

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.addresses import normalize_email
from autoresponder_dagster.clients.salesforce.protocol import SalesforceClient
from autoresponder_dagster.ledger import WriteLedger
from autoresponder_dagster.schemas import SalesforceRecord
from autoresponder_dagster.schemas.enums import SObject
from autoresponder_dagster.writing.values import EMAIL_FIELD


def look_up(
    partition: str, addresses: Collection[str], ledger: WriteLedger, client: SalesforceClient
) -> DataFrame[SalesforceRecord]:
    """Return the Contacts and Leads of a day's addresses.

    A record that an earlier run of the day was about belongs to its sender still, whatever address it carries
    by now: so a day that is run again finds what it found before.

    Args:
        partition: the day.
        addresses: normalised addresses.
        ledger: the ledger of the org.
        client: the org.

    Raises:
        LookupFailedError: a lookup did not complete.
    """
    found = client.lookup_by_emails(addresses)
    pairs = set(zip(found[SalesforceRecord.email], found[SalesforceRecord.record_id], strict=True))
    hidden = [
        (address, sobject, record_id)
        for address, records in ledger.records_of(partition, addresses).items()
        for sobject, record_id in records
        if (address, record_id) not in pairs
    ]
    if hidden:
        found = pd.concat([found, _by_id(hidden, found, addresses, client)], ignore_index=True)
    order = [SalesforceRecord.email, SalesforceRecord.sobject, SalesforceRecord.record_id]
    return SalesforceRecord.typed(found.assign(partition=partition).sort_values(order, ignore_index=True))


def _by_id(
    hidden: list[tuple[str, str, str]], found: pd.DataFrame, addresses: Collection[str], client: SalesforceClient
) -> pd.DataFrame:
    """Return the rows of records by id, under the addresses that they had."""
    ids: dict[SObject, list[str]] = {}
    for _, sobject, record_id in hidden:
        ids.setdefault(SObject(sobject), []).append(record_id)
    states = client.read_records(ids)
    current = {normalize_email(state.values.get(EMAIL_FIELD)) for state in states.values()} - {*addresses, None}
    known = pd.concat([found, client.lookup_by_emails(sorted(filter(None, current)))]) if current else found
    by_id = known.dropna(subset=[SalesforceRecord.record_id]).drop_duplicates(SalesforceRecord.record_id)
    wanted = pd.DataFrame(
        [(address, record_id) for address, _, record_id in hidden],
        columns=[SalesforceRecord.email, SalesforceRecord.record_id],
        dtype="string",
    )
    return wanted.merge(by_id.drop(columns=SalesforceRecord.email), on=SalesforceRecord.record_id)
