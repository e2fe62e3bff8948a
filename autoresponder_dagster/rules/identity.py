"""Who an address is: its orders, its CUPOLA row, and one row per Salesforce record (rules.md §3, §9).

Does not belong here: what may be done to a record (``guards``, ``plan``).
"""

from datetime import date

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.rules.columns import LIST_SEPARATOR, Column, folded, holds, joined, natural_order, normalized
from autoresponder_dagster.rules.duplicates import without_duplicates
from autoresponder_dagster.schemas import (
    CupolaPerson,
    EmailMessage,
    MultipubSubscriber,
    SalesforceRecord,
    SenderDetermination,
    UnifiedContact,
)
from autoresponder_dagster.schemas.enums import ACTIVE_STATUS, INACTIVE_STATUS, GateState, SObject

DISQUALIFIED = "Disqualified"
INACTIVE_LEAD_STATUSES = (DISQUALIFIED, INACTIVE_STATUS, "")
"""Statuses of a Lead that is not active; every other one is (rules.md §3)."""

CONTACT_ACTIVITY = {ACTIVE_STATUS[SObject.CONTACT]: True, INACTIVE_STATUS: False}
"""What ``Contact_Status__c`` says; any other value says nothing (rules.md §3)."""

RECENT_MONTHS = 12
"""Calendar months in which an expired order or a single issue still counts (rules.md §3)."""

_ORDER_COUNTS = [
    MultipubSubscriber.active_orders,
    MultipubSubscriber.recent_orders,
    MultipubSubscriber.single_issue_orders,
]
_ADDRESS_COLUMNS = [
    UnifiedContact.email,
    UnifiedContact.subsnum,
    *_ORDER_COUNTS,
    UnifiedContact.cupola_state,
    UnifiedContact.cupola_person_id,
    UnifiedContact.cupola_name,
    UnifiedContact.cupola_organization,
    UnifiedContact.cupola_is_ambiguous,
    UnifiedContact.cupola_domains,
]
_MULTIPUB_NAME = "multipub_name"
_MULTIPUB_ORGANIZATION = "multipub_organization"

RECORD_COUNT = "record_count"
CONTACT_IDS = "salesforce_contact_ids"
LEAD_IDS = "salesforce_lead_ids"


def count_orders(subscribers: pd.DataFrame, orders: pd.DataFrame, as_of: date) -> DataFrame[MultipubSubscriber]:
    """Count each subscriber's orders as of the partition's day, both ends included (rules.md §9, Orders).

    Dates decide, not the status, but that a cancelled order is never active. An order without an end is
    open-ended; one without a beginning counts as begun. A single issue counts as a single issue only.

    Args:
        subscribers: columns ``subsnum``, ``email``, ``name``, ``organization``; ``email`` normalised.
        orders: columns ``subsnum``, ``order_type``, ``status``, ``start_date``, ``expire_date``,
            ``is_single_issue``, ``purchase_date``; days are ISO 8601 text.
        as_of: the partition's day.

    Returns:
        One row per address and subscriber, with zero counts for a subscriber without orders.
    """
    # ISO 8601 days compare as text.
    partition = as_of.isoformat()
    year_ago = (pd.Timestamp(as_of) - pd.DateOffset(months=RECENT_MONTHS)).date().isoformat()
    start, expire, purchase = (
        orders[column].astype("string") for column in ("start_date", "expire_date", "purchase_date")
    )
    is_single = holds(orders["order_type"].eq("single_issue")) | holds(orders["is_single_issue"])
    is_cancelled = holds(folded(orders["status"]).eq("cancelled"))
    has_started = start.isna() | holds(start.le(partition))
    has_not_expired = expire.isna() | holds(expire.ge(partition))
    counted = pd.DataFrame(
        {
            MultipubSubscriber.subsnum: orders["subsnum"].astype("string"),
            MultipubSubscriber.active_orders: ~is_single & ~is_cancelled & has_started & has_not_expired,
            MultipubSubscriber.recent_orders: ~is_single & holds(expire.ge(year_ago)) & holds(expire.lt(partition)),
            MultipubSubscriber.single_issue_orders: is_single
            & holds(purchase.ge(year_ago))
            & holds(purchase.le(partition)),
        }
    )
    counts = counted.groupby(MultipubSubscriber.subsnum, as_index=False)[_ORDER_COUNTS].sum()
    key = [MultipubSubscriber.email, MultipubSubscriber.subsnum]
    known = subscribers.assign(subsnum=subscribers["subsnum"].astype("string"), partition=partition)
    rows = known.drop_duplicates(key).merge(counts, on=MultipubSubscriber.subsnum, how="left").sort_values(key)
    rows[_ORDER_COUNTS] = rows[_ORDER_COUNTS].astype("Int64").fillna(0)
    return MultipubSubscriber.typed(rows)


def addresses_of_interest(messages: DataFrame[EmailMessage]) -> pd.DataFrame:
    """List the addresses to look up: the senders, and those that a message mentions as possible targets.

    Args:
        messages: rows of ``EmailMessage``; duplicates are passed over.

    Returns:
        Columns ``partition``, ``email`` (normalised, unique, sorted) and ``is_sender``.
    """
    counting = without_duplicates(messages)
    mentioned = counting.assign(mentioned=counting[EmailMessage.mentioned_emails].str.split(LIST_SEPARATOR)).explode(
        "mentioned"
    )
    rows = pd.concat(
        [
            _addresses(counting[EmailMessage.partition], counting[EmailMessage.sender_email], is_sender=True),
            _addresses(mentioned[EmailMessage.partition], mentioned["mentioned"], is_sender=False),
        ]
    )
    rows = rows.dropna(subset=[UnifiedContact.email]).drop_duplicates(UnifiedContact.email)
    return rows.sort_values(UnifiedContact.email).reset_index(drop=True)


def unify_contacts(
    addresses: pd.DataFrame,
    salesforce: DataFrame[SalesforceRecord],
    multipub: DataFrame[MultipubSubscriber],
    cupola: DataFrame[CupolaPerson],
) -> DataFrame[UnifiedContact]:
    """Join what the systems know: one row per address × Salesforce record, at least one per address (rules.md §3).

    Args:
        addresses: the frame of ``addresses_of_interest``.
        salesforce: the records of the addresses.
        multipub: the subscribers of the addresses; several on one address all count.
        cupola: the people of the addresses; the preferred row of each address speaks for it.

    Returns:
        Sorted by address, then Contacts before Leads, then record id.
    """
    records = salesforce.drop(columns=SalesforceRecord.partition).drop_duplicates(
        [SalesforceRecord.email, SalesforceRecord.sobject, SalesforceRecord.record_id]
    )
    rows = (
        addresses.merge(records, on=UnifiedContact.email, how="left")
        .merge(_subscriptions(multipub), on=UnifiedContact.email, how="left")
        .merge(_gates(cupola), on=UnifiedContact.email, how="left")
    )
    is_contact = holds(rows[UnifiedContact.sobject].eq(SObject.CONTACT))
    derived = {
        UnifiedContact.name: rows[SalesforceRecord.name]
        .fillna(rows[UnifiedContact.cupola_name])
        .fillna(rows[_MULTIPUB_NAME]),
        UnifiedContact.organization: rows[SalesforceRecord.company]
        .fillna(rows[UnifiedContact.cupola_organization])
        .fillna(rows[_MULTIPUB_ORGANIZATION]),
        UnifiedContact.is_active: _activity(rows[UnifiedContact.sobject], rows[UnifiedContact.status]),
        UnifiedContact.is_multipub_owned: is_contact & rows[UnifiedContact.subsnum].notna(),
        UnifiedContact.cupola_state: rows[UnifiedContact.cupola_state].fillna(GateState.NO_ROW),
        UnifiedContact.cupola_is_ambiguous: holds(rows[UnifiedContact.cupola_is_ambiguous]),
    } | {count: rows[count].fillna(0) for count in _ORDER_COUNTS}
    rows = rows.assign(**derived).sort_values(
        [UnifiedContact.email, UnifiedContact.sobject, UnifiedContact.record_id], na_position="last"
    )
    return UnifiedContact.typed(rows)


def profile_addresses(contacts: DataFrame[UnifiedContact], addresses: Column) -> pd.DataFrame:
    """Gather the rows of each of these addresses into one; an address without a row is left out.

    Returns:
        One row per ``email`` with ``name`` and ``organization`` (the first known, in record order), the
        Multipub and CUPOLA columns, ``has_active_subscription`` (true where any Contact's is),
        ``is_degraded`` (Salesforce did not answer), ``record_count``, and ``salesforce_contact_ids`` and
        ``salesforce_lead_ids`` (null where there are none).
    """
    rows = contacts[contacts[UnifiedContact.email].isin(addresses)]
    profiles = rows.drop_duplicates(UnifiedContact.email)[_ADDRESS_COLUMNS]
    names = [UnifiedContact.name, UnifiedContact.organization]
    first_known = rows.groupby(UnifiedContact.email, as_index=False)[names].first()
    profiles = profiles.merge(first_known, on=UnifiedContact.email)
    records = rows[rows[UnifiedContact.record_id].notna()]
    has_subscription = records.loc[holds(records[UnifiedContact.has_active_subscription]), UnifiedContact.email]
    profiles[UnifiedContact.has_active_subscription] = profiles[UnifiedContact.email].isin(has_subscription)
    degraded = rows.loc[holds(rows[UnifiedContact.is_degraded]), UnifiedContact.email]
    profiles[UnifiedContact.is_degraded] = profiles[UnifiedContact.email].isin(degraded)
    counts = records.groupby(UnifiedContact.email).size()
    profiles[RECORD_COUNT] = profiles[UnifiedContact.email].map(counts).astype("Int64").fillna(0)
    for column, sobject in ((CONTACT_IDS, SObject.CONTACT), (LEAD_IDS, SObject.LEAD)):
        of_kind = records[holds(records[UnifiedContact.sobject].eq(sobject))]
        ids = joined(of_kind[UnifiedContact.record_id], of_kind[UnifiedContact.email])
        profiles[column] = profiles[UnifiedContact.email].map(ids).astype("string")
    return profiles


def with_profile(senders: pd.DataFrame, contacts: DataFrame[UnifiedContact]) -> pd.DataFrame:
    """Add to each sender the profile of its address.

    Args:
        senders: rows with ``sender_email`` of ``SenderDetermination``.
        contacts: the rows of the same partition.

    Returns:
        The senders' rows and columns, then those of ``profile_addresses``.

    Raises:
        LookupFailedError: a sender was never looked up, which is not the same as having no record.
    """
    addresses = senders[SenderDetermination.sender_email]
    profiles = profile_addresses(contacts, addresses)
    missing = (~addresses.isin(profiles[UnifiedContact.email])).sum()
    if missing:
        raise LookupFailedError(
            f"{missing} of {len(senders)} senders have no row in unified_contacts, so nothing may be decided "
            "about them. Materialize unified_contacts again from the same messages."
        )
    return senders.merge(profiles, left_on=SenderDetermination.sender_email, right_on=UnifiedContact.email, how="left")


def _addresses(partition: Column, addresses: Column, *, is_sender: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            UnifiedContact.partition: partition,
            UnifiedContact.email: normalized(addresses),
            UnifiedContact.is_sender: pd.Series(is_sender, index=addresses.index, dtype="boolean"),
        }
    )


def _activity(sobject: Column, status: Column) -> Column:
    """Tell whether each record is active; null where its status does not say (rules.md §3)."""
    lead_is_active = ~status.fillna("").str.strip().isin(INACTIVE_LEAD_STATUSES)
    contact_is_active = status.map(CONTACT_ACTIVITY).astype("boolean")
    return contact_is_active.mask(holds(sobject.eq(SObject.LEAD)), lead_is_active)


def _subscriptions(multipub: DataFrame[MultipubSubscriber]) -> pd.DataFrame:
    """Gather the subscribers of each address: numbers joined, counts summed, the first known name."""
    ordered = multipub.assign(order=natural_order(multipub[MultipubSubscriber.subsnum])).sort_values(
        [MultipubSubscriber.email, "order"]
    )
    by_address = ordered.groupby(MultipubSubscriber.email)
    rows = by_address[_ORDER_COUNTS].sum()
    rows[UnifiedContact.subsnum] = joined(ordered[MultipubSubscriber.subsnum], ordered[MultipubSubscriber.email])
    rows[_MULTIPUB_NAME] = by_address[MultipubSubscriber.name].first()
    rows[_MULTIPUB_ORGANIZATION] = by_address[MultipubSubscriber.organization].first()
    return rows.reset_index()


def _gates(cupola: DataFrame[CupolaPerson]) -> pd.DataFrame:
    """Return each address's preferred row: active first, then newest update, then lowest id (rules.md §3)."""
    ordered = cupola.assign(
        order=natural_order(cupola[CupolaPerson.cupola_person_id]),
        organization_key=folded(cupola[CupolaPerson.organization]),
    ).sort_values(
        [CupolaPerson.email, CupolaPerson.is_active, CupolaPerson.updated_at, "order"],
        ascending=[True, False, False, True],
        na_position="last",
    )
    active = ordered[holds(ordered[CupolaPerson.is_active])]
    organizations = active.groupby(CupolaPerson.email)["organization_key"].nunique()
    preferred = ordered.drop_duplicates(CupolaPerson.email)
    is_active = holds(preferred[CupolaPerson.is_active])
    state = pd.Series(GateState.INACTIVE_ROW, index=preferred.index, dtype="string").mask(
        is_active, GateState.ACTIVE_ROW
    )
    return pd.DataFrame(
        {
            UnifiedContact.email: preferred[CupolaPerson.email],
            UnifiedContact.cupola_state: state,
            UnifiedContact.cupola_person_id: preferred[CupolaPerson.cupola_person_id],
            UnifiedContact.cupola_name: preferred[CupolaPerson.name],
            UnifiedContact.cupola_organization: preferred[CupolaPerson.organization],
            UnifiedContact.cupola_is_ambiguous: preferred[CupolaPerson.email].isin(
                organizations.index[organizations > 1]
            ),
            UnifiedContact.cupola_domains: preferred[CupolaPerson.organization_domains],
        }
    )
