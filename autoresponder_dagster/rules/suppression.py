"""Who is given to Marketing Cloud to unsubscribe (rules.md §5 and §7).

Does not belong here: the file's name and bytes (``io/``), the REST upsert (``clients/sfmc``).
"""

from datetime import date

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.addresses import is_valid_email
from autoresponder_dagster.rules.columns import Column, holds
from autoresponder_dagster.rules.guards import is_deferred
from autoresponder_dagster.rules.identity import with_profile
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.senders import confirmed_departures
from autoresponder_dagster.schemas import SenderDetermination, SuppressionRow, UnifiedContact
from autoresponder_dagster.schemas.deliverables import SAFE_ADDRESS

UNSUBSCRIBED = "Unsubscribed"


def suppress(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy, run_date: date
) -> DataFrame[SuppressionRow]:
    """List the departed originals to suppress (rules.md §7); a replacement's address never is one.

    Left out: what is uncertain or conflicting, shared mailboxes, addresses that are invalid, of the
    publisher's own domains or unsafe in a spreadsheet, and deferred subscribers.

    Args:
        senders: the settled senders.
        contacts: the records of their addresses.
        policy: own domains, business units, the meaning of the date.
        run_date: the day of the run, for ``date_added: run``.

    Returns:
        One row per address, sorted by it.
    """
    people = _departed(senders, contacts, policy)
    rows = people[~_is_unsafe(people) & _is_valid(people)].sort_values(SenderDetermination.sender_email)
    units = rows[SenderDetermination.inbox_source].map(policy.business_units).astype("string")
    rows[SuppressionRow.business_unit] = units.fillna(policy.default_business_unit)
    rows[SuppressionRow.email_address] = rows[SenderDetermination.sender_email]
    rows[SuppressionRow.status] = UNSUBSCRIBED
    rows[SuppressionRow.date_added] = rows[SenderDetermination.partition]
    if policy.date_added == "run":
        rows[SuppressionRow.date_added] = run_date.isoformat()
    return SuppressionRow.typed(rows)


def unsafe_addresses(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy
) -> pd.DataFrame:
    """Select the senders left out because a spreadsheet would run or break their address (rules.md §9, Review)."""
    people = _departed(senders, contacts, policy)
    return people[_is_unsafe(people)]


def _departed(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy
) -> pd.DataFrame:
    """Select the confirmed departures, with their profiles, that are nobody's own and not deferred."""
    people = with_profile(confirmed_departures(senders, policy), contacts)
    return people[~_is_own(people[SenderDetermination.sender_email], policy) & ~is_deferred(people, policy)]


def _is_own(addresses: Column, policy: Policy) -> Column:
    own = [domain.strip().lower().removeprefix("@") for domain in policy.own_domains]
    endings = tuple(ending for domain in own for ending in (f"@{domain}", f".{domain}"))
    return holds(addresses.str.endswith(endings))


def _is_unsafe(people: pd.DataFrame) -> Column:
    return ~holds(people[SenderDetermination.sender_email].str.match(SAFE_ADDRESS))


def _is_valid(people: pd.DataFrame) -> Column:
    # The form of an address is no column operation; only the day's departures come here.
    return people[SenderDetermination.sender_email].map(is_valid_email).astype(bool)
