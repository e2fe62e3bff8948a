"""The frames of the lists that people import and read (rules.md §7 and §9, Lists).

Every list names confirmed senders only: at write confidence, not conflicting, not a shared mailbox.
Does not belong here: files and their formats (``io/``).
"""

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.addresses import is_valid_email
from autoresponder_dagster.rules.columns import Column, holds, joined
from autoresponder_dagster.rules.guards import is_deferred
from autoresponder_dagster.rules.identity import profile_addresses, with_profile
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.senders import confirmed_address_changes, confirmed_departures
from autoresponder_dagster.schemas import (
    AlternateContact,
    DeterminationRow,
    EmailUpdateRequest,
    InactiveNewOrg,
    InactiveNoCupolaMatch,
    InactivePerson,
    MultipubAudit,
    PlannedWrite,
    SenderDetermination,
    SuppressionRow,
    Undeliverable,
    UnifiedContact,
    WriteResult,
)
from autoresponder_dagster.schemas.enums import (
    DEPARTURES,
    Category,
    Determination,
    GateState,
    WriteAction,
    WriteResultCode,
)

NO_RECORD = "none"
"""Outcome where Salesforce has no record of the person (rules.md §9)."""

_SENDER = SenderDetermination.sender_email


def inactive_people(
    senders: DataFrame[SenderDetermination],
    contacts: DataFrame[UnifiedContact],
    plan: DataFrame[PlannedWrite],
    results: DataFrame[WriteResult],
    suppression: DataFrame[SuppressionRow],
    policy: Policy,
) -> DataFrame[InactivePerson]:
    """List the departed originals, with what became of their records.

    Args:
        senders: the settled senders.
        contacts: the records of their addresses.
        plan: the planned rows.
        results: how each of them ended.
        suppression: the suppressed addresses, with what became of each over REST.
        policy: the write confidence.
    """
    people = with_profile(confirmed_departures(senders, policy), contacts)
    is_added = holds(suppression[SuppressionRow.rest_result].eq(WriteResultCode.APPLIED))
    added = suppression.loc[is_added, SuppressionRow.email_address]
    warns = holds(people[UnifiedContact.has_active_subscription]) | holds(people[UnifiedContact.active_orders].gt(0))
    rows = people.assign(
        **{
            InactivePerson.email: people[_SENDER],
            InactivePerson.received_at: people[SenderDetermination.evidence_at],
            InactivePerson.salesforce_outcome: _outcomes(people, plan, results, WriteAction.SET_INACTIVE),
            InactivePerson.subscription_warning: _yes_no(warns),
            InactivePerson.sfmc_suppression_added: _yes_no(people[_SENDER].isin(added)),
        }
    )
    return InactivePerson.typed(rows.sort_values(InactivePerson.email))


def email_update_requests(
    senders: DataFrame[SenderDetermination],
    contacts: DataFrame[UnifiedContact],
    plan: DataFrame[PlannedWrite],
    results: DataFrame[WriteResult],
    policy: Policy,
) -> DataFrame[EmailUpdateRequest]:
    """List every changed address, also where a gate holds its write back.

    Not listed: a title alone, an address equal to the old one or of no valid form.
    """
    changed = confirmed_address_changes(senders, policy)
    changed = changed[
        holds(changed[SenderDetermination.new_email].ne(changed[_SENDER]))
        & holds(changed[SenderDetermination.new_email].map(is_valid_email, na_action="ignore"))
    ]
    people = with_profile(changed, contacts)
    rows = people.assign(
        **{
            EmailUpdateRequest.email: people[_SENDER],
            EmailUpdateRequest.outcome: _outcomes(people, plan, results, WriteAction.SET_EMAIL),
        }
    )
    return EmailUpdateRequest.typed(rows.sort_values(EmailUpdateRequest.email))


def alternate_contacts(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy
) -> DataFrame[AlternateContact]:
    """List who has taken over; ``in_cupola`` is Yes for any CUPOLA row, active or not."""
    departed = confirmed_departures(senders, policy)
    rows = departed[holds(departed[SenderDetermination.determination].eq(Determination.REPLACEMENT))]
    address = rows[SenderDetermination.replacement_email]
    profiles = profile_addresses(contacts, address).set_index(UnifiedContact.email)
    state = address.map(profiles[UnifiedContact.cupola_state]).astype("string")
    rows = rows.assign(
        **{
            AlternateContact.email: rows[_SENDER],
            AlternateContact.in_cupola: _yes_no(holds(state.ne(GateState.NO_ROW))),
        }
    )
    return AlternateContact.typed(rows.sort_values(AlternateContact.email))


def inactive_new_org(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy
) -> DataFrame[InactiveNewOrg]:
    """List the departed people who named their new employer or an address there."""
    people = with_profile(confirmed_departures(senders, policy), contacts)
    rows = people.dropna(subset=[SenderDetermination.new_org, SenderDetermination.new_email], how="all")
    return InactiveNewOrg.typed(rows.assign(email=rows[_SENDER]).sort_values(InactiveNewOrg.email))


def undeliverables(determinations: DataFrame[DeterminationRow]) -> DataFrame[Undeliverable]:
    """List the delivery reports of a failure, also of one that says why: that the person left.

    A delay that may still end well is none.
    """
    is_failure = holds(determinations[DeterminationRow.category].eq(Category.UNDELIVERABLE))
    tells_departure = determinations[DeterminationRow.determination].isin(DEPARTURES)
    is_report = determinations[DeterminationRow.failed_recipient].notna()
    rows = determinations[is_failure | (tells_departure & is_report)]
    reason = rows[DeterminationRow.bounce_reason].fillna(Category.UNDELIVERABLE.value)
    return Undeliverable.typed(rows.assign(reason=reason).sort_values(Undeliverable.message_id))


def inactive_no_cupola_match(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy
) -> DataFrame[InactiveNoCupolaMatch]:
    """List the departed people whom CUPOLA does not know."""
    people = with_profile(confirmed_departures(senders, policy), contacts)
    rows = people[holds(people[UnifiedContact.cupola_state].eq(GateState.NO_ROW))]
    return InactiveNoCupolaMatch.typed(rows.assign(email=rows[_SENDER]).sort_values(InactiveNoCupolaMatch.email))


def multipub_audit(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy
) -> DataFrame[MultipubAudit]:
    """List every departed person with a Multipub record, and what an active subscription led to."""
    people = with_profile(confirmed_departures(senders, policy), contacts)
    rows = people[people[UnifiedContact.subsnum].notna()]
    outcome = (
        pd.Series("CLEAR", index=rows.index, dtype="string")
        .mask(holds(rows[UnifiedContact.active_orders].gt(0)), "WARNED")
        .mask(is_deferred(rows, policy), "DEFERRED")
    )
    return MultipubAudit.typed(
        rows.assign(**{MultipubAudit.email: rows[_SENDER], MultipubAudit.outcome: outcome}).sort_values(
            MultipubAudit.email
        )
    )


def _outcomes(
    people: pd.DataFrame, plan: DataFrame[PlannedWrite], results: DataFrame[WriteResult], action: WriteAction
) -> Column:
    """Return what became of each person's records: the distinct outcomes, in record order.

    Where Salesforce did not answer, nobody knows of records: everything is deferred (rules.md §2).
    """
    rows = plan[holds(plan[PlannedWrite.action].eq(action))].merge(
        results[[WriteResult.action_id, WriteResult.result]], on=PlannedWrite.action_id, validate="1:1"
    )
    is_skipped = holds(rows[WriteResult.result].eq(WriteResultCode.SKIPPED))
    skipped = ("skipped: " + rows[PlannedWrite.gate]).fillna("skipped")
    rows["outcome"] = rows[WriteResult.result].mask(is_skipped, skipped)
    distinct = rows.drop_duplicates([_SENDER, "outcome"])
    outcome = people[_SENDER].map(joined(distinct["outcome"], distinct[_SENDER])).astype("string")
    unwritten = pd.Series(NO_RECORD, index=people.index, dtype="string").mask(
        holds(people[UnifiedContact.is_degraded]), WriteResultCode.DEFERRED.value
    )
    return outcome.fillna(unwritten)


def _yes_no(flags: Column) -> Column:
    return pd.Series("No", index=flags.index, dtype="string").mask(flags, "Yes")
