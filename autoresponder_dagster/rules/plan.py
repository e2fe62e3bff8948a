"""The write plan: each candidate write is sent, already so, or held back with its reason (rules.md §5, §9).

Does not belong here: which writes there could be (``candidates``), what holds them back (``guards``).
"""

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.rules.candidates import IS_NOOP, candidate_writes
from autoresponder_dagster.rules.guards import GATE, evaluate_guards
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas import PlannedWrite, SenderDetermination, UnifiedContact
from autoresponder_dagster.schemas.enums import Disposition, Gate, ReviewReason, WriteAction

SKIP_REASONS = {
    Gate.MULTIPUB_OWNED: "Skipped (Multipub/Marketing owns this contact)",
    ReviewReason.LOW_CONFIDENCE: "Skipped (not certain enough to write)",
    ReviewReason.SHARED_MAILBOX: "Skipped (the sender is a shared or role mailbox)",
    ReviewReason.TOO_MANY_RECORDS: "Skipped (too many Salesforce records carry this address)",
    ReviewReason.MULTIPUB_ACTIVE_SUBSCRIPTION: "Skipped (deferred: the sender has an active Multipub subscription)",
    ReviewReason.ACTIVE_NEW_CONTACT: "Skipped (CUPOLA has no row for the sender)",
    ReviewReason.UPDATE_ON_INACTIVE: "Skipped (CUPOLA's row for the sender is inactive)",
    ReviewReason.CUPOLA_AMBIGUOUS: "Skipped (CUPOLA has active rows of several organisations for the sender)",
    Gate.CUPOLA_NOT_ACTIVE: "Skipped (this change is set to require an active CUPOLA row)",
    ReviewReason.INVALID_TARGET_EMAIL: "Skipped (the new address is invalid or a role mailbox)",
    ReviewReason.DUPLICATE_TARGET_EMAIL: "Skipped (the new address belongs to somebody else, or might)",
    ReviewReason.DOMAIN_CHANGE: "Skipped (the new address is of a domain that the organisation is not known by)",
    Gate.DISQUALIFIED_LEAD: "Skipped (disqualified Leads are set to be left alone)",
    ReviewReason.LEAD_CONVERTED: "Skipped (the Lead is converted)",
    ReviewReason.STALE_EVIDENCE: "Skipped (somebody changed the record after the message was received)",
}
"""What the action log says of each gate."""

NOOP_REASONS = {WriteAction.REACTIVATE: "already active"}
"""What the action log says of a row that is already as wanted, where the documents give it a name."""


def plan_writes(
    senders: DataFrame[SenderDetermination], contacts: DataFrame[UnifiedContact], policy: Policy
) -> DataFrame[PlannedWrite]:
    """Plan the day's writes (rules.md §5 and §9).

    Args:
        senders: the settled senders.
        contacts: the records of the senders' addresses and of every address that a message mentions.
        policy: the switches.

    Returns:
        A row for every write that a determination would lead to, sorted by sender, object, record and field.

    Raises:
        LookupFailedError: a sender was never looked up.
    """
    candidates = candidate_writes(senders, contacts, policy)
    findings = evaluate_guards(candidates, senders, contacts, policy)
    gates = findings.rows.drop_duplicates(PlannedWrite.action_id).set_index(PlannedWrite.action_id)[GATE]
    gate = candidates[PlannedWrite.action_id].map(gates).astype("string")
    is_noop = candidates[IS_NOOP]
    disposition = (
        pd.Series(Disposition.SEND.value, index=candidates.index, dtype="string")
        .mask(gate.notna(), Disposition.SKIP.value)
        .mask(is_noop, Disposition.NOOP.value)
    )
    noop_reason = candidates[PlannedWrite.action].map(NOOP_REASONS).astype("string").where(is_noop)
    return PlannedWrite.typed(
        candidates.assign(
            **{
                PlannedWrite.disposition: disposition,
                PlannedWrite.gate: gate,
                PlannedWrite.skip_reason: gate.map(SKIP_REASONS).astype("string").fillna(noop_reason),
            }
        )
    )
