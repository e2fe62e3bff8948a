"""What the systems know of the people in a day's messages.

Looked up are the senders and every address that a message mentions: only so can a new address be checked
against the CRM before anything is written, and a fix replayed without asking any system again.
"""

import dagster as dg
from pandera.typing import DataFrame

from autoresponder_dagster.assets.frame_asset import CRM_OPERATIONS, Materialized, frame_asset
from autoresponder_dagster.assets.salesforce_calls import calls_metadata
from autoresponder_dagster.resources.ledger import Ledger
from autoresponder_dagster.resources.systems import Cupola, Multipub, Salesforce
from autoresponder_dagster.rules.identity import addresses_of_interest, count_orders, unify_contacts
from autoresponder_dagster.schemas import (
    CupolaPerson,
    EmailMessage,
    MultipubSubscriber,
    SalesforceRecord,
    UnifiedContact,
)
from autoresponder_dagster.writing.lookup import look_up

SALESFORCE_AVAILABLE = "salesforce_available"


@frame_asset(
    model=SalesforceRecord,
    group="contacts",
    kinds={"salesforce", "pandas"},
    owners=(CRM_OPERATIONS,),
    check_specs=[(SALESFORCE_AVAILABLE, "The org answered. Red: the day runs on an empty stand-in and is deferred.")],
)
def salesforce_records(
    context: dg.AssetExecutionContext,
    email_repository: DataFrame[EmailMessage],
    salesforce: Salesforce,
    ledger: Ledger,
) -> Materialized:
    """Contacts and Leads that carry one of the day's addresses, or carried it when the day was run before."""
    client = salesforce.client(context.partition_time_window.end)
    addresses = addresses_of_interest(email_repository)[UnifiedContact.email].tolist()
    if client.is_degraded:
        records = client.lookup_by_emails(addresses)
        frame = SalesforceRecord.typed(records.assign(partition=context.partition_key))
    else:
        with ledger.database() as database:
            frame = look_up(context.partition_key, addresses, ledger.writes_of(database, client), client)
    available = dg.AssetCheckResult(
        passed=not client.is_degraded,
        check_name=SALESFORCE_AVAILABLE,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"reason": client.unavailable_reason or ""},
    )
    return Materialized(
        frame,
        {"addresses": len(addresses), "degraded": client.is_degraded, **calls_metadata(client)},
        [available],
    )


@frame_asset(model=MultipubSubscriber, group="contacts", kinds={"sql", "pandas"})
def multipub_subscribers(
    context: dg.AssetExecutionContext, email_repository: DataFrame[EmailMessage], multipub: Multipub
) -> Materialized:
    """Subscribers among the day's addresses, with their orders counted as of the day."""
    addresses = addresses_of_interest(email_repository)
    found = multipub.client().lookup_by_emails(addresses[UnifiedContact.email].tolist())
    as_of = context.partition_time_window.start.date()
    return Materialized(count_orders(found.subscribers, found.orders, as_of), {"orders": len(found.orders)})


@frame_asset(model=CupolaPerson, group="contacts", kinds={"sql", "pandas"})
def cupola_people(
    context: dg.AssetExecutionContext, email_repository: DataFrame[EmailMessage], cupola: Cupola
) -> Materialized:
    """CUPOLA rows of the day's addresses: the gate for e-mail and title changes."""
    addresses = addresses_of_interest(email_repository)
    people = cupola.client().lookup_by_emails(addresses[UnifiedContact.email].tolist())
    return Materialized(CupolaPerson.typed(people.assign(partition=context.partition_key)))


@frame_asset(model=UnifiedContact, group="contacts", kinds={"pandas"})
def unified_contacts(
    context: dg.AssetExecutionContext,
    email_repository: DataFrame[EmailMessage],
    salesforce_records: DataFrame[SalesforceRecord],
    multipub_subscribers: DataFrame[MultipubSubscriber],
    cupola_people: DataFrame[CupolaPerson],
) -> Materialized:
    """One row per address and Salesforce record, joined with Multipub and CUPOLA."""
    return Materialized(
        unify_contacts(addresses_of_interest(email_repository), salesforce_records, multipub_subscribers, cupola_people)
    )
