"""What a person must decide, one row per question (rules.md §5 and §9, Review).

Does not belong here: whether a guard failed (``guards``), the queue's files and pages (``io/``, ``reporting/``).
"""

import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.rules.candidates import EMAIL_FIELD, TITLE_FIELD, candidate_writes
from autoresponder_dagster.rules.columns import Column, digest, holds, usable
from autoresponder_dagster.rules.guards import (
    GATE,
    RECORD_LEVEL,
    SENDER_LEVEL,
    TARGET_LEVEL,
    Findings,
    decided_senders,
    evaluate_guards,
)
from autoresponder_dagster.rules.identity import profile_addresses, with_profile
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.senders import UPDATES, at_write_confidence
from autoresponder_dagster.rules.suppression import unsafe_addresses
from autoresponder_dagster.schemas import (
    DeterminationRow,
    PlannedWrite,
    ReviewItem,
    SenderDetermination,
    UnifiedContact,
    UnsupportedWrite,
    WriteResult,
)
from autoresponder_dagster.schemas.enums import (
    STATE_CHANGING,
    Category,
    Determination,
    GateState,
    ReviewReason,
    WriteResultCode,
)

SUGGESTED_ACTIONS = {
    ReviewReason.LOW_CONFIDENCE: "Read the evidence and make the change by hand if it is right.",
    ReviewReason.CONFLICTING_EVIDENCE: "Read all messages of this sender of the day and decide which one is true.",
    ReviewReason.UNDETERMINED_SENDER: "Find out whom the message is about; nothing was done.",
    ReviewReason.PARSE_PROBLEM: "Open the original message; it could not be read.",
    ReviewReason.OUT_OF_OFFICE: "Nothing to change; mail again after the return date.",
    ReviewReason.FUTURE_DEPARTURE: "Look again after the announced last day.",
    ReviewReason.UNSUBSCRIBE_REQUEST: "Unsubscribe the sender from the mailings.",
    ReviewReason.SHARED_MAILBOX: "Find out which person the message is about; a shared mailbox is not a person.",
    ReviewReason.TOO_MANY_RECORDS: "Merge the Salesforce records that carry this address, then make the change.",
    ReviewReason.ACTIVE_NEW_CONTACT: "Decide whether to add this person to CUPOLA, then make the change.",
    ReviewReason.UPDATE_ON_INACTIVE: "Decide whether the person's CUPOLA row should be active, then make the change.",
    ReviewReason.REACTIVATION_CANDIDATE: "Decide whether to reactivate the person in CUPOLA.",
    ReviewReason.CUPOLA_AMBIGUOUS: "Decide which organisation the person belongs to, then make the change.",
    ReviewReason.INVALID_TARGET_EMAIL: "Find out the person's own new address; the stated one cannot be it.",
    ReviewReason.DUPLICATE_TARGET_EMAIL: "Decide whose the new address is; merge the records if it is one person.",
    ReviewReason.DOMAIN_CHANGE: "Confirm that the new domain is the same organisation, then make the change.",
    ReviewReason.LEAD_CONVERTED: "Make the change on the Contact that the Lead was converted to, if it is right.",
    ReviewReason.STALE_EVIDENCE: "Compare with the newer change in Salesforce and keep what is right.",
    ReviewReason.WRITE_FAILED: "See the error code in the action log, fix the cause and run the day again.",
    ReviewReason.WRITE_NO_LONGER_SUPPORTED: "Put the previous value back (autoresponder undo), if it was right.",
    ReviewReason.MULTIPUB_ACTIVE_SUBSCRIPTION: "Settle the subscription with the subscriber's organisation first.",
    ReviewReason.UNSAFE_ADDRESS: "Unsubscribe the address by hand; it is not safe in an import file.",
}
"""What the reviewer is advised to do, in a plain sentence."""

# Reports of mail systems: they speak for no person, so that no sender is missed.
_REPORTS = (
    Category.UNDELIVERABLE,
    Category.DELAYED,
    Category.DELIVERED,
    Category.FEEDBACK_REPORT,
    Category.READ_RECEIPT,
)
_MESSAGE_REASONS = {
    Category.UNSUBSCRIBE_REQUEST: ReviewReason.UNSUBSCRIBE_REQUEST,
    Category.FUTURE_DEPARTURE: ReviewReason.FUTURE_DEPARTURE,
}
_FAILED_RESULTS = {
    WriteResultCode.REJECTED: ReviewReason.WRITE_FAILED,
    WriteResultCode.CONFLICT: ReviewReason.STALE_EVIDENCE,
}
_IDENTITY = [
    ReviewItem.partition,
    ReviewItem.reason,
    ReviewItem.message_id,
    ReviewItem.sobject,
    ReviewItem.record_id,
    ReviewItem.field,
]
_ORDER = [
    ReviewItem.reason,
    ReviewItem.sender_email,
    ReviewItem.sobject,
    ReviewItem.record_id,
    ReviewItem.field,
    ReviewItem.message_id,
]
_SENDER = SenderDetermination.sender_email
_REASON = ReviewItem.reason


def route_to_review(
    determinations: DataFrame[DeterminationRow],
    senders: DataFrame[SenderDetermination],
    contacts: DataFrame[UnifiedContact],
    plan: DataFrame[PlannedWrite],
    results: DataFrame[WriteResult] | None,
    policy: Policy,
    unsupported: DataFrame[UnsupportedWrite] | None = None,
) -> DataFrame[ReviewItem]:
    """Collect the day's questions: per sender, per planned row and per message (rules.md §5 and §9).

    A conflicting sender has the conflict row and nothing else.

    Args:
        determinations: the verdicts of the messages.
        senders: the settled senders of the same messages.
        contacts: the records of their addresses, and of the addresses they mention.
        plan: the plan made of these senders and contacts with the same policy.
        results: how the planned rows ended; null before anything was written.
        policy: the switches.
        unsupported: writes of earlier runs that the plan does not bear out; null where there was no earlier run.

    Returns:
        Sorted by reason, sender, record and field.
    """
    findings = evaluate_guards(candidate_writes(senders, contacts, policy), senders, contacts, policy)
    unsafe = unsafe_addresses(senders, contacts, policy)
    people = with_profile(senders, contacts)
    corrections = UnsupportedWrite.from_rows([]) if unsupported is None else unsupported
    rows = pd.concat(
        [
            _describe_senders(_sender_questions(people, plan, findings, policy), people),
            _describe_senders(_ask(unsafe[_SENDER], ReviewReason.UNSAFE_ADDRESS), people),
            _describe_writes(_write_questions(findings, results), plan, people),
            _describe_messages(_message_questions(determinations, senders, policy), determinations, contacts),
            _describe_corrections(corrections, determinations, contacts),
        ]
    )
    rows = rows.assign(suggested_action=rows[_REASON].map(SUGGESTED_ACTIONS)).sort_values(_ORDER, na_position="last")
    rows = rows.reset_index(drop=True)
    return ReviewItem.typed(rows.assign(**{ReviewItem.review_id: digest(rows, _IDENTITY)}))


def _sender_questions(
    people: pd.DataFrame, plan: DataFrame[PlannedWrite], findings: Findings, policy: Policy
) -> pd.DataFrame:
    """List what is asked once per sender: columns ``sender_email`` and ``reason``."""
    is_conflicting = holds(people[SenderDetermination.is_conflicting])
    is_absent = holds(people[SenderDetermination.determination].eq(Determination.OUT_OF_OFFICE))
    asked = findings.senders[findings.senders[GATE].isin(list(ReviewReason))]
    return pd.concat(
        [
            _ask(people.loc[is_conflicting, _SENDER], ReviewReason.CONFLICTING_EVIDENCE),
            _ask(people.loc[is_absent & ~is_conflicting, _SENDER], ReviewReason.OUT_OF_OFFICE),
            _ask(people.loc[_is_uncertain(people, plan, policy), _SENDER], ReviewReason.LOW_CONFIDENCE),
            asked.rename(columns={GATE: _REASON}),
            _presence_questions(decided_senders(people, policy), asked),
        ]
    )


def _is_uncertain(people: pd.DataFrame, plan: DataFrame[PlannedWrite], policy: Policy) -> Column:
    """Tell whose verdict would write if it were certain; ACTIVE writes only where a record is inactive."""
    held = plan.loc[holds(plan[PlannedWrite.gate].eq(ReviewReason.LOW_CONFIDENCE)), _SENDER]
    is_active = holds(people[SenderDetermination.determination].eq(Determination.ACTIVE))
    would_write = people[SenderDetermination.determination].isin(STATE_CHANGING) & (
        ~is_active | people[_SENDER].isin(held)
    )
    is_conflicting = holds(people[SenderDetermination.is_conflicting])
    return would_write & ~is_conflicting & ~at_write_confidence(people, policy)


def _presence_questions(decided: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """Ask about people who are there but whom CUPOLA has as inactive or not at all; it is never written."""
    is_stopped = decided[_SENDER].isin(asked.loc[asked[GATE].isin(SENDER_LEVEL), _SENDER])
    present = decided[holds(decided[SenderDetermination.determination].eq(Determination.ACTIVE)) & ~is_stopped]
    state = present[UnifiedContact.cupola_state]
    return pd.concat(
        [
            _ask(present.loc[holds(state.eq(GateState.INACTIVE_ROW)), _SENDER], ReviewReason.REACTIVATION_CANDIDATE),
            _ask(present.loc[holds(state.eq(GateState.NO_ROW)), _SENDER], ReviewReason.ACTIVE_NEW_CONTACT),
        ]
    )


def _write_questions(findings: Findings, results: DataFrame[WriteResult] | None) -> pd.DataFrame:
    """List what is asked per planned row: columns ``action_id`` and ``reason``."""
    held = findings.rows[findings.rows[GATE].isin([*TARGET_LEVEL, *RECORD_LEVEL])]
    questions = held.rename(columns={GATE: _REASON})
    if results is None:
        return questions
    failed = results[results[WriteResult.result].isin(list(_FAILED_RESULTS))]
    reason = failed[WriteResult.result].map(_FAILED_RESULTS).astype("string")
    return pd.concat([questions, failed.assign(reason=reason)[[PlannedWrite.action_id, _REASON]]])


def _message_questions(
    determinations: DataFrame[DeterminationRow], senders: DataFrame[SenderDetermination], policy: Policy
) -> pd.DataFrame:
    """List what is asked per message: columns ``message_id`` and ``reason``."""
    sender = usable(determinations[DeterminationRow.sender_email])
    category = determinations[DeterminationRow.category]
    ids = determinations[DeterminationRow.message_id]
    is_conflicting = sender.isin(senders.loc[holds(senders[SenderDetermination.is_conflicting]), _SENDER])
    lacks_sender = sender.isna() & ~category.isin(_REPORTS)
    is_undetermined = lacks_sender | holds(category.eq(Category.UNDETERMINED_SENDER))
    is_unreadable = holds(category.eq(Category.PARSE_PROBLEM)) & sender.notna()
    is_outvoted = _is_outvoted(determinations.assign(sender_email=sender), senders, policy)
    masks = {
        **{reason: holds(category.eq(kind)) for kind, reason in _MESSAGE_REASONS.items()},
        ReviewReason.UNDETERMINED_SENDER: is_undetermined,
        ReviewReason.PARSE_PROBLEM: is_unreadable,
        ReviewReason.LOW_CONFIDENCE: is_outvoted,
    }
    return pd.concat([_ask(ids[mask & ~is_conflicting], reason) for reason, mask in masks.items()])


def _is_outvoted(determinations: pd.DataFrame, senders: DataFrame[SenderDetermination], policy: Policy) -> Column:
    """Tell which uncertain messages say more than the certain ones that the sender was settled by."""
    certain = senders[at_write_confidence(senders, policy)].set_index(_SENDER)[SenderDetermination.determination]
    settled = determinations[DeterminationRow.sender_email].map(certain)
    says_more = determinations[DeterminationRow.determination].isin([Determination.REPLACEMENT, *UPDATES])
    differs = holds(determinations[DeterminationRow.determination].ne(settled)) & settled.notna()
    return says_more & differs & ~at_write_confidence(determinations, policy)


def _ask(keys: Column, reason: ReviewReason) -> pd.DataFrame:
    return pd.DataFrame({str(keys.name): keys, _REASON: pd.Series(reason.value, index=keys.index, dtype="string")})


def _describe_senders(questions: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Fill in the sender's columns, and the change that an update would have made."""
    rows = questions.merge(people, on=_SENDER).rename(columns={SenderDetermination.evidence_at: ReviewItem.received_at})
    is_update = rows[SenderDetermination.determination].isin(UPDATES) & ~holds(rows[SenderDetermination.is_conflicting])
    new_email = rows[SenderDetermination.new_email].where(is_update)
    new_title = rows[SenderDetermination.new_title].where(is_update & new_email.isna())
    field = pd.Series(pd.NA, index=rows.index, dtype="string")
    return _items(
        rows.assign(
            **{
                ReviewItem.field: field.mask(new_email.notna(), EMAIL_FIELD).mask(new_title.notna(), TITLE_FIELD),
                ReviewItem.current_value: rows[_SENDER].where(new_email.notna()),
                ReviewItem.proposed_value: new_email.fillna(new_title),
            }
        )
    )


def _describe_writes(questions: pd.DataFrame, plan: DataFrame[PlannedWrite], people: pd.DataFrame) -> pd.DataFrame:
    """Fill in the planned row's columns and its sender's."""
    known = [column for column in plan.columns if column != _SENDER and column in people.columns]
    rows = questions.merge(plan, on=PlannedWrite.action_id).merge(people.drop(columns=known), on=_SENDER)
    return _items(
        rows.rename(
            columns={
                PlannedWrite.evidence_at: ReviewItem.received_at,
                PlannedWrite.old_value: ReviewItem.current_value,
                PlannedWrite.new_value: ReviewItem.proposed_value,
            }
        )
    )


def _describe_messages(
    questions: pd.DataFrame, determinations: DataFrame[DeterminationRow], contacts: DataFrame[UnifiedContact]
) -> pd.DataFrame:
    """Fill in the message's columns, and what is known of its sender."""
    rows = questions.merge(determinations, on=DeterminationRow.message_id)
    rows = rows.assign(sender_email=usable(rows[DeterminationRow.sender_email]))
    profiles = profile_addresses(contacts, rows[_SENDER])
    return _items(rows.merge(profiles, left_on=_SENDER, right_on=UnifiedContact.email, how="left"))


def _describe_corrections(
    unsupported: DataFrame[UnsupportedWrite],
    determinations: DataFrame[DeterminationRow],
    contacts: DataFrame[UnifiedContact],
) -> pd.DataFrame:
    """Fill in what the message is read as now; one that is no longer there keeps what it was read as."""
    known = [DeterminationRow.partition, DeterminationRow.inbox_source, DeterminationRow.received_at]
    told = determinations.drop(columns=known)
    rows = unsupported.merge(told, on=DeterminationRow.message_id, how="left", suffixes=("_then", ""))
    rows = rows.rename(
        columns={
            UnsupportedWrite.evidence_at: ReviewItem.received_at,
            UnsupportedWrite.written_value: ReviewItem.current_value,
            UnsupportedWrite.previous_value: ReviewItem.proposed_value,
        }
    ).assign(
        reason=pd.Series(ReviewReason.WRITE_NO_LONGER_SUPPORTED.value, index=rows.index, dtype="string"),
        sender_email=usable(rows[DeterminationRow.sender_email]),
        category=rows[DeterminationRow.category].fillna(Category.UNCLEAR),
        determination=rows[DeterminationRow.determination].fillna(rows["determination_then"]),
        confidence=rows[DeterminationRow.confidence].fillna(rows["confidence_then"]),
    )
    profiles = profile_addresses(contacts, rows[_SENDER])
    return _items(rows.merge(profiles, left_on=_SENDER, right_on=UnifiedContact.email, how="left"))


def _items(rows: pd.DataFrame) -> pd.DataFrame:
    """Shape rows as review items, so that the three kinds can be put together."""
    return ReviewItem.typed(rows)
