"""What stands between a determination and a write, in the documented order (rules.md §5 and §9, Guards).

One evaluation, two views: ``plan`` reads why a row is held back, ``review`` reads what a person is asked.
Guards hold back Salesforce writes only; suppression and the lists follow the determination.

Does not belong here: which writes a determination would lead to (``candidates``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.addresses import domain_of, is_same_or_related_domain
from autoresponder_dagster.rules.candidates import IS_NOOP
from autoresponder_dagster.rules.columns import LIST_SEPARATOR, Column, folded, holds
from autoresponder_dagster.rules.identity import DISQUALIFIED, RECORD_COUNT, profile_addresses, with_profile
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.senders import UPDATES, are_personal, at_write_confidence, deciding_senders
from autoresponder_dagster.schemas import PlannedWrite, SenderDetermination, UnifiedContact
from autoresponder_dagster.schemas.enums import (
    DEPARTURES,
    Category,
    Determination,
    Gate,
    GateState,
    ReviewReason,
    SObject,
    WriteAction,
)

OWNER_LEVEL: tuple[str, ...] = (Gate.MULTIPUB_OWNED,)
CONFIDENCE_LEVEL: tuple[str, ...] = (ReviewReason.LOW_CONFIDENCE,)
SENDER_LEVEL: tuple[str, ...] = (
    ReviewReason.SHARED_MAILBOX,
    ReviewReason.TOO_MANY_RECORDS,
    ReviewReason.MULTIPUB_ACTIVE_SUBSCRIPTION,
)
CUPOLA_LEVEL: tuple[str, ...] = (
    ReviewReason.ACTIVE_NEW_CONTACT,
    ReviewReason.UPDATE_ON_INACTIVE,
    ReviewReason.CUPOLA_AMBIGUOUS,
    Gate.CUPOLA_NOT_ACTIVE,
)
TARGET_LEVEL: tuple[str, ...] = (
    ReviewReason.INVALID_TARGET_EMAIL,
    ReviewReason.DUPLICATE_TARGET_EMAIL,
    ReviewReason.DOMAIN_CHANGE,
)
SWITCH_LEVEL: tuple[str, ...] = (Gate.DISQUALIFIED_LEAD,)
RECORD_LEVEL: tuple[str, ...] = (ReviewReason.LEAD_CONVERTED, ReviewReason.STALE_EVIDENCE)

LEVELS = (
    OWNER_LEVEL,
    CONFIDENCE_LEVEL,
    SENDER_LEVEL,
    CUPOLA_LEVEL,
    TARGET_LEVEL,
    SWITCH_LEVEL,
    RECORD_LEVEL,
)
"""The first level that fails decides; within a level the first guard names the gate."""

GATE = PlannedWrite.gate

_SENDER = SenderDetermination.sender_email
_LEVELS_BY_GATE = {str(gate): number for number, level in enumerate(LEVELS) for gate in level}
_ORDER = {gate: number for number, gate in enumerate(_LEVELS_BY_GATE)}


@dataclass(frozen=True)
class Findings:
    """Which guards failed, at the first level where any did, in documented order.

    Attributes:
        senders: columns ``sender_email`` and ``gate``: what is asked once per sender.
        rows: columns ``action_id`` and ``gate``: why a planned row is held back, the senders' guards included.
    """

    senders: pd.DataFrame
    rows: pd.DataFrame


def evaluate_guards(
    candidates: pd.DataFrame,
    senders: DataFrame[SenderDetermination],
    contacts: DataFrame[UnifiedContact],
    policy: Policy,
) -> Findings:
    """Evaluate every guard (rules.md §9); what is already as wanted passes none.

    Args:
        candidates: the rows of ``candidate_writes``.
        senders: the settled senders of the day.
        contacts: the records of their addresses, and of the addresses they mention.
        policy: the switches.
    """
    pending = candidates[~candidates[IS_NOOP]]
    people = with_profile(decided_senders(senders, policy), contacts)
    of_senders = _failing(_sender_guards(people, policy), people[_SENDER])
    of_rows = _failing(_row_guards(pending, senders, contacts, policy), pending[PlannedWrite.action_id])
    inherited = pending[[PlannedWrite.action_id, _SENDER]].merge(of_senders, on=_SENDER)
    asked = _first_level(of_senders[_is_asked(of_senders, people, pending)], _SENDER)
    held = _first_level(pd.concat([of_rows, inherited[[PlannedWrite.action_id, GATE]]]), PlannedWrite.action_id)
    return Findings(senders=asked, rows=held)


def decided_senders(senders: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Select the senders whose verdict may write: state-changing, unconflicted, at write confidence."""
    deciding = deciding_senders(senders)
    return deciding[at_write_confidence(deciding, policy)]


def is_deferred(people: pd.DataFrame, policy: Policy) -> Column:
    """Tell which departures wait for a person because of an active Multipub subscription (rules.md §5)."""
    return holds(people[UnifiedContact.active_orders].gt(0)) & (policy.active_subscription == "defer")


def _sender_guards(people: pd.DataFrame, policy: Policy) -> Mapping[str, Column]:
    """Tell which senders fail which guard; ``people`` are decided senders with their address's profile."""
    determination = people[SenderDetermination.determination]
    departs = determination.isin(DEPARTURES)
    updates = determination.isin(UPDATES)
    reactivates = holds(determination.eq(Determination.ACTIVE))
    state = people[UnifiedContact.cupola_state]
    needs_active_row = (departs & policy.inactive_requires_active_cupola) | (
        reactivates & policy.reactivate_requires_active_cupola
    )
    return {
        ReviewReason.SHARED_MAILBOX: holds(people[SenderDetermination.is_shared_mailbox]),
        ReviewReason.TOO_MANY_RECORDS: holds(people[RECORD_COUNT].gt(policy.max_records_per_address)),
        ReviewReason.MULTIPUB_ACTIVE_SUBSCRIPTION: departs & is_deferred(people, policy),
        ReviewReason.ACTIVE_NEW_CONTACT: updates & holds(state.eq(GateState.NO_ROW)),
        ReviewReason.UPDATE_ON_INACTIVE: updates & holds(state.eq(GateState.INACTIVE_ROW)),
        ReviewReason.CUPOLA_AMBIGUOUS: updates & holds(people[UnifiedContact.cupola_is_ambiguous]),
        Gate.CUPOLA_NOT_ACTIVE: needs_active_row & holds(state.ne(GateState.ACTIVE_ROW)),
    }


def _row_guards(
    pending: pd.DataFrame,
    senders: DataFrame[SenderDetermination],
    contacts: DataFrame[UnifiedContact],
    policy: Policy,
) -> Mapping[str, Column]:
    """Tell which candidate rows fail which guard of their own."""
    action = pending[PlannedWrite.action]
    is_lead = holds(pending[PlannedWrite.sobject].eq(SObject.LEAD))
    is_disqualified = is_lead & holds(pending[UnifiedContact.status].str.strip().eq(DISQUALIFIED))
    keeps_disqualified = (holds(action.eq(WriteAction.SET_INACTIVE)) & (not policy.inactivate_disqualified_leads)) | (
        holds(action.eq(WriteAction.REACTIVATE)) & (not policy.reactivate_disqualified_leads)
    )
    is_newer = holds(pending[UnifiedContact.last_modified_at].gt(pending[SenderDetermination.evidence_at]))
    return {
        Gate.MULTIPUB_OWNED: holds(pending[UnifiedContact.is_multipub_owned]),
        ReviewReason.LOW_CONFIDENCE: ~at_write_confidence(pending, policy),
        **_target_guards(pending, senders, contacts, policy),
        Gate.DISQUALIFIED_LEAD: is_disqualified & keeps_disqualified,
        ReviewReason.LEAD_CONVERTED: holds(pending[UnifiedContact.is_converted]),
        ReviewReason.STALE_EVIDENCE: is_newer & ~holds(pending[UnifiedContact.last_modified_by_pipeline]),
    }


def _target_guards(
    pending: pd.DataFrame,
    senders: DataFrame[SenderDetermination],
    contacts: DataFrame[UnifiedContact],
    policy: Policy,
) -> Mapping[str, Column]:
    """Tell which rows would write an address that is not fit for it; a new title goes on."""
    sets_email = holds(pending[PlannedWrite.action].eq(WriteAction.SET_EMAIL))
    creates = holds(pending[PlannedWrite.action].eq(WriteAction.CREATE_CONTACT))
    target = pending[PlannedWrite.new_value].where(sets_email | creates)

    determination = senders[SenderDetermination.determination]
    new = senders.loc[holds(determination.eq(Determination.EMAIL_UPDATE)), SenderDetermination.new_email]
    successors = senders.loc[holds(determination.eq(Determination.REPLACEMENT)), SenderDetermination.replacement_email]
    is_named_twice = (sets_email & target.isin(_repeated(new))) | (
        creates & target.isin(_repeated(pd.concat([new, successors])))
    )
    return {
        ReviewReason.INVALID_TARGET_EMAIL: sets_email & ~are_personal(target, policy),
        ReviewReason.DUPLICATE_TARGET_EMAIL: is_named_twice
        | _are_on_another_record(pending, target, contacts)
        | _are_another_person(pending, target, contacts),
        ReviewReason.DOMAIN_CHANGE: _leave_the_organization(pending, target.where(sets_email)),
    }


def _repeated(addresses: Column) -> Column:
    """Return the addresses that several senders name."""
    known = addresses.dropna()
    return known[known.duplicated()]


def _are_on_another_record(pending: pd.DataFrame, target: Column, contacts: DataFrame[UnifiedContact]) -> Column:
    """Tell whether the target is on a record that is not the sender's own."""
    records = contacts.loc[contacts[UnifiedContact.record_id].notna(), [UnifiedContact.email, UnifiedContact.record_id]]
    wanted = pd.DataFrame({_SENDER: pending[_SENDER], UnifiedContact.email: target}).dropna()
    occupied = wanted.drop_duplicates().merge(records, on=UnifiedContact.email)
    own = pd.MultiIndex.from_frame(records)
    is_own = pd.MultiIndex.from_frame(occupied[[_SENDER, UnifiedContact.record_id]]).isin(own)
    others = pd.MultiIndex.from_frame(occupied.loc[~is_own, [_SENDER, UnifiedContact.email]])
    pairs = pd.MultiIndex.from_arrays([pending[_SENDER], target])
    return pd.Series(pairs.isin(others), index=pending.index)


def _are_another_person(pending: pd.DataFrame, target: Column, contacts: DataFrame[UnifiedContact]) -> Column:
    """Tell whether CUPOLA has the target for another name or organisation, or was never asked about it."""
    people = profile_addresses(contacts, target).set_index(UnifiedContact.email)
    state = target.map(people[UnifiedContact.cupola_state])
    is_same_name, is_same_organization = (
        holds(folded(target.map(people[column])).eq(folded(pending[column])))
        for column in (UnifiedContact.cupola_name, UnifiedContact.cupola_organization)
    )
    is_new_person = holds(pending[PlannedWrite.action].eq(WriteAction.CREATE_CONTACT))
    return (
        target.notna() & ~holds(state.eq(GateState.NO_ROW)) & (is_new_person | ~(is_same_name & is_same_organization))
    )


def _leave_the_organization(pending: pd.DataFrame, target: Column) -> Column:
    """Tell whether the target's domain is unknown to the sender's organisation and no rename was announced."""
    is_renamed = holds(pending[SenderDetermination.category].eq(Category.ORGANIZATION_RENAMED))
    moving = pending[target.notna() & ~is_renamed]
    # Domains are compared pairwise, by their labels; only the day's few new addresses come here.
    leaves = [
        not is_same_or_related_domain(domain_of(new), domain_of(old))
        and domain_of(new) not in domains.split(LIST_SEPARATOR)
        for new, old, domains in zip(
            moving[PlannedWrite.new_value],
            moving[_SENDER],
            moving[UnifiedContact.cupola_domains].str.lower().fillna(""),
            strict=True,
        )
    ]
    return pd.Series(leaves, index=moving.index, dtype=bool).reindex(pending.index, fill_value=False)


def _is_asked(of_senders: pd.DataFrame, people: pd.DataFrame, pending: pd.DataFrame) -> Column:
    """Tell which findings become a question to a person: where the text would otherwise change something.

    A departure also suppresses, which a shared mailbox and a deferred subscription hold back.
    """
    determination = of_senders[_SENDER].map(people.set_index(_SENDER)[SenderDetermination.determination])
    record_count = of_senders[_SENDER].map(people.set_index(_SENDER)[RECORD_COUNT])
    writable = pending.loc[~holds(pending[UnifiedContact.is_multipub_owned]), _SENDER]
    changes_record = of_senders[_SENDER].isin(pending[_SENDER]) | holds(record_count.eq(0))
    holds_back_suppression = determination.isin(DEPARTURES) & of_senders[GATE].isin(
        [ReviewReason.SHARED_MAILBOX, ReviewReason.MULTIPUB_ACTIVE_SUBSCRIPTION]
    )
    reactivates_nothing = holds(determination.eq(Determination.ACTIVE)) & ~of_senders[_SENDER].isin(writable)
    return (changes_record | holds_back_suppression) & ~reactivates_nothing


def _failing(guards: Mapping[str, Column], ids: Column) -> pd.DataFrame:
    """List the failed guards: the column of ``ids``, and ``gate``."""
    table = pd.DataFrame(guards).assign(**{str(ids.name): ids})
    long = table.melt(id_vars=str(ids.name), var_name=GATE, value_name="fails")
    return long.loc[holds(long["fails"]), [str(ids.name), GATE]].astype("string")


def _first_level(findings: pd.DataFrame, key: str) -> pd.DataFrame:
    """Keep of each key the findings of the first level that failed, in documented order."""
    level = findings[GATE].map(_LEVELS_BY_GATE).astype("Int64")
    kept = findings[level.eq(level.groupby(findings[key]).transform("min"))]
    return kept.assign(order=kept[GATE].map(_ORDER)).sort_values([key, "order"])[[key, GATE]].reset_index(drop=True)
